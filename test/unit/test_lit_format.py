"""The in-process lit format: it must fail whenever the same file fails under a real shell."""

from pathlib import Path

import numpy as np
import pytest
from xdsl.dialects.builtin import TensorType, f32, i1

from format import commands
from format.honesty import faults
from format.runner import run_file
from format.script import Line, Script, read_script
from format.shell import Unsupported, run_line
from format.values import parse_case, read_value, split_values


def script(text: str, name: str = "some.mlir") -> Script:
    return Script(Path("/nowhere") / name, text)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.mlir", "// CHECK: x", "no RUN line"),
        (
            "a.mlir",
            "// RUN: dlir-opt | filecheck %s\n// RUN: dlir-opt -p cse\n// CHECK: x",
            "line 2: RUN without %s",
        ),
        ("a.mlir", "// RUN: dlir-opt %t", "no RUN line reads %s"),
        ("a.mlir", "// RUN: dlir-opt %s\n// RUN-VALUES: @f() == 1", "line 2: no directive"),
        ("a.mlir", "// RUN: dlir-opt %s\n// RUN-VALUE @f() == 1", "line 2: no directive"),
        (
            "a.mlir",
            "// RUN: dlir-opt %s\n// CHECK: x",
            "line 2: no RUN line's filecheck reads the prefix CHECK",
        ),
        (
            "a.mlir",
            "// RUN: dlir-opt %s | filecheck %s\n// CHECK: x\n// LOOPS-NEXT: y",
            "reads the prefix LOOPS",
        ),
        (
            "a.mlir",
            "// RUN: dlir-opt %s | filecheck %s\n// CHECK: x\n// CHECK-NEXT y",
            "a check without its colon",
        ),
        ("a.mlir", "// RUN: dlir-opt %s | filecheck %s", "no `// CHECK:` line"),
        (
            "a.mlir",
            "// RUN: dlir-opt %s | filecheck %s --check-prefix=A1B\n// CHECK: x",
            "no `// A1B:` line",
        ),
        ("invalid.mlir", "// RUN: dlir-opt %s --verify-diagnostics", "without expected-error"),
        (
            "a.mlir",
            "// RUN: dlir-opt %s\n// expected-error@+1 {{x}}",
            "no RUN line has --verify-diagnostics",
        ),
    ],
)
def test_a_test_that_cannot_fail_is_refused(name: str, text: str, fault: str) -> None:
    assert any(fault in found for found in faults(script(text, name)))


@pytest.mark.parametrize(
    "text",
    [
        "// RUN: dlir-opt %s | filecheck %s\n// CHECK: x\n// CHECK-NEXT: y\n// NOTE: prose",
        "// RUN: dlir-opt %s | filecheck %s --check-prefixes=ONE,TWO\n// ONE: x\n// TWO-DAG: y",
        "// RUN: dlir-opt %s --verify-diagnostics\n// expected-error@+1 {{x}}",
        "// RUN: dlir-opt %s > %t\n// RUN: filecheck %s < %t\n// CHECK: x",
    ],
)
def test_an_honest_test_is_accepted(text: str) -> None:
    assert faults(script(text)) == []


def test_run_lines_continue_after_a_backslash() -> None:
    text = (
        "// RUN: dlir-opt %s \\\n// RUN:   | filecheck %s\n// RUN-VALUE: @f() == 1\n// RUN: cat %s"
    )
    assert script(text).runs == (Line(1, "dlir-opt %s | filecheck %s"), Line(4, "cat %s"))
    assert script(text).values == (Line(3, "@f() == 1"),)


def test_substitutions_quote_what_a_shell_would_split() -> None:
    found = Script(Path("/a b/c.mlir"), "").substitute("cat %s %S %t 100%%", Path("/tmp/t"))
    assert found == "cat '/a b/c.mlir' '/a b' /tmp/t 100%"


@pytest.mark.parametrize(
    ("line", "code", "log"),
    [
        ("echo hello | cat", 0, "hello\n"),
        ("echo one > a && echo two >> a && cat a", 0, "one\ntwo\n"),
        ("echo 'x y' > a; cat < a", 0, "x y\n"),
        ("echo same > a && echo same > b && diff a b", 0, ""),
        ("cat missing", 3, "No such file"),
        ("not diff a b", 1, "bug"),
        ("echo x > a && echo y > b && not diff a b", 0, "-x"),
        ("cat missing 2>&1 | cat", 3, "No such file"),
        ("cat missing 2> err || cat err", None, ""),
        ("launch-rocket --now", None, ""),
        ("echo *.mlir", None, ""),
    ],
)
def test_shell(line: str, code: int | None, log: str, tmp_path: Path) -> None:
    if code is None:
        with pytest.raises(Unsupported):
            run_line(line, tmp_path)
        return
    outcome = run_line(line, tmp_path)
    if log == "bug":  # a crash of the command does not satisfy `not`
        assert outcome.exit_code and "No such file" in outcome.log
    else:
        assert (outcome.exit_code, log in outcome.log) == (code, True)


def test_a_filecheck_that_does_not_match_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.mlir"
    path.write_text(
        "// RUN: cat %s | filecheck %s\nfunc\n// CHECK: {{^}}func\n// CHECK-NEXT: {{^}}return\n"
    )
    verdict = run_file(path)
    assert not verdict.passed
    assert "a.mlir:1: RUN: cat" in verdict.report and "return" in verdict.report


def test_streams_are_restored_after_a_command_that_dies(capsys: pytest.CaptureFixture[str]) -> None:
    def dies(_arguments: list[str]) -> int:
        raise SystemExit("gone")

    streams = commands.Streams()
    assert commands.call("dies", dies, [], streams) == 1
    print("still here")
    assert streams.stderr.getvalue() == b"gone\n"
    assert capsys.readouterr().out == "still here\n"


def test_an_unknown_command_goes_to_a_real_shell(tmp_path: Path) -> None:
    path = tmp_path / "a.mlir"
    path.write_text("// RUN: test -s %s\n")
    (tmp_path / "lit.cfg.py").write_text(
        "import lit.formats\nconfig.name, config.suffixes = 'x', ['.mlir']\n"
        "config.test_format = lit.formats.ShTest()\n"
    )
    assert run_file(path).passed
    path.write_text("// RUN: not test -s %s\n")
    assert not run_file(path).passed


def test_values() -> None:
    case = parse_case(
        Line(1, "@f.g(dense<[1.0, 2.0]> : tensor<2xf32>, 3) ~= [1, 2], nan within 1e-3")
    )
    assert case.arguments == ("dense<[1.0, 2.0]> : tensor<2xf32>", "3")
    assert (case.function, case.relation, case.tolerance) == ("f.g", "~=", 1e-3)
    assert split_values(case.expected) == ("[1, 2]", "nan")
    assert parse_case(Line(1, "[ref] @f() == 1")).targets == ("ref",)
    with pytest.raises(ValueError, match="not of the form"):
        parse_case(Line(1, "@f(1.0) = 2.0"))


def test_literals_take_the_stated_type() -> None:
    array = read_value("[[1, -inf], [nan, 2]]", TensorType(f32, [2, -1]))
    assert array.dtype == np.float32 and array.shape == (2, 2)
    assert read_value("true", i1) == np.bool_(True)
    splat = read_value("dense<7> : tensor<2x3xi8>", TensorType(f32, [2, 3]))
    assert splat.dtype == np.int8 and splat.shape == (2, 3) and (splat == 7).all()


def test_the_pytest_item_and_read_script_agree(tmp_path: Path) -> None:
    path = tmp_path / "b.mlir"
    path.write_text("// RUN: cat %s | filecheck %s\n// CHECK: RUN\n", encoding="utf-8")
    assert read_script(path).read_prefixes == {"CHECK"}
    assert run_file(path).passed


FUNCTIONS = """
// RUN: dlir-opt %s
// RUN-VALUE[ref]: LINE
func.func @double(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = dl.add %x, %x : tensor<?xf32>
  func.return %y : tensor<?xf32>
}
func.func @pick(%x: tensor<2xf32>, %i: tensor<i64>) -> tensor<f32> {
  %y = dl.gather %x, %i {axis = 0} : (tensor<2xf32>, tensor<i64>) -> tensor<f32>
  func.return %y : tensor<f32>
}
func.func @both(%a: f32, %b: i32) -> (i32, f32) {
  func.return %b, %a : i32, f32
}
"""


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ("@double([1, 2.5]) == [2, 5]", None),
        ("@double([nan]) == [nan]", None),
        ("@double(dense<[1.0, 2.0]> : tensor<2xf32>) == dense<[2.0, 4.0]> : tensor<2xf32>", None),
        ("@double([1.0]) ~= [2.00001]", None),
        ("@both(1.5, 7) == 7, 1.5", None),
        ('@pick([1, 2], 2) raises "outside"', None),
        ("@double([1, 2]) == [2, 4.0001]", "gives [2.0, 4.0], expected [2.0, 4.0001"),
        ("@double([1.0]) ~= [2.1]", "expected [2.09"),
        ("@double([1.0]) ~= [2.1] within 1e-2", "expected [2.09"),
        ("@double([1, 2]) == [2]", "gives shape (2,), expected (1,)"),
        ("@double([1.0]) == dense<2.0> : tensor<1xf64>", "gives element type float32"),
        ("@both(1.5, 7) == 7", "gives 2 results, expected 1"),
        ("@both(1.5) == 7, 1.5", "takes 2 arguments, not 1"),
        ('@pick([1, 2], 1) raises "outside"', "raises nothing"),
        ('@pick([1, 2], 2) raises "another"', "expected 'another'"),
        ("@absent() == 1", "no function @absent"),
        ("@double([1, 2]) = [2, 4]", "not of the form"),
    ],
)
def test_run_value(line: str, report: str | None, tmp_path: Path) -> None:
    path = tmp_path / "values.mlir"
    path.write_text(FUNCTIONS.replace("LINE", line))
    verdict = run_file(path)
    assert verdict.passed is (report is None), verdict.report
    assert (report or "") in verdict.report
