"""Instruments, and `dlir-opt` called in process with them."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import stat
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from dlir.files import write_text
from dlir.help import docstring
from dlir.optimizer import split_input
from dlir.registry import default_registry, load_attribute
from dlir.summaries import summary_in_source
from dlir.tools.opt import main

TEXT = """\
func.func @f(%a: i32) -> i32 {
  %x = arith.constant 1 : i32
  %y = arith.constant 1 : i32
  %z = arith.addi %x, %y : i32
  %r = arith.addi %a, %z : i32
  func.return %r : i32
}
func.func @g() {
  func.return
}
"""


@dataclass
class Done:
    code: int
    out: str
    err: str


def opt(*arguments: object, text: str = TEXT) -> Done:
    """Run dlir-opt on a text given as standard input."""
    out, err = io.StringIO(), io.StringIO()
    code = main([str(a) for a in arguments], io.StringIO(text), out, err)
    return Done(code, out.getvalue(), err.getvalue())


BREAKER = """
from dataclasses import dataclass
from xdsl.passes import ModulePass
from xdsl.universe import Universe

@dataclass(frozen=True)
class Breaker(ModulePass):
    \"\"\"Breaks.\"\"\"
    name = "breaker"
    how: str = "bug"
    def apply(self, ctx, op):
        if self.how == "bug":
            raise KeyError("lost")
        for inner in list(op.walk()):
            if inner.name == "func.return":
                inner.detach()
                inner.erase()

PLUGIN = Universe(all_passes={"breaker": lambda: Breaker})
"""


@pytest.fixture(name="breaker")
def make_breaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin with a pass that breaks; reproducers go to `tmp_path`."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "breaker.py"
    path.write_text(BREAKER)
    return path


# --- dumps ------------------------------------------------------------------------------------


def headers(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("// -----//")]


def test_dumps_have_mlirs_header_and_stdout_stays_ir() -> None:
    done = opt("--mlir-print-ir-before=cse", "--mlir-print-ir-after-all", "-p", "cse,dce")
    assert headers(done.err) == [
        "// -----// IR Dump Before CommonSubexpressionElimination (cse) //----- //",
        "// -----// IR Dump After CommonSubexpressionElimination (cse) //----- //",
        "// -----// IR Dump After DeadCodeElimination (dce) //----- //",
    ]
    assert done.out.startswith("builtin.module {\n") and not headers(done.out)


def test_dumps_after_change_and_of_functions() -> None:
    done = opt("--mlir-print-ir-after-change", "-p", "func.func(cse,dce)")
    assert headers(done.err) == [
        "// -----// IR Dump After CommonSubexpressionElimination (cse) //----- //"
    ]
    assert "func.func @f" in done.err and "builtin.module" not in done.err


def test_dumps_of_the_whole_module() -> None:
    done = opt("--mlir-print-ir-after-all", "--mlir-print-ir-module-scope", "-p", "func.func(cse)")
    assert headers(done.err) == [
        "// -----// IR Dump After CommonSubexpressionElimination (cse) "
        f"('func.func' operation: @{name}) //----- //"
        for name in "fg"
    ]
    assert done.err.count("builtin.module {") == 2


def test_dumps_after_failure(breaker: Path) -> None:
    done = opt(f"--load-plugin={breaker}", "--mlir-print-ir-after-failure", "-p", "cse,breaker")
    assert headers(done.err) == ["// -----// IR Dump After Breaker Failed (breaker) //----- //"]


def test_tree_of_files(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    opt(f"--mlir-print-ir-tree-dir={tree}", "-p", "cse,func.func(dce,cse),dce")
    files = sorted(str(p.relative_to(tree)) for p in tree.rglob("*.mlir"))
    top = "builtin_module_no-symbol-name"
    assert files == [
        f"{top}/0_cse.mlir",
        f"{top}/2_dce.mlir",
        f"{top}/func_func_f/1_0_dce.mlir",
        f"{top}/func_func_f/1_1_cse.mlir",
        f"{top}/func_func_g/1_0_dce.mlir",
        f"{top}/func_func_g/1_1_cse.mlir",
    ]
    assert (tree / top / "func_func_g/1_0_dce.mlir").read_text().startswith("func.func @g()")


def test_diff() -> None:
    done = opt("--print-ir-diff", "-p", "cse,cse")
    first, second = done.err.split("// -----// IR Diff After ")[1:]
    assert "-    %y = arith.constant 1 : i32\n" in first and "+++ after cse" in first
    assert "// no change" in second


# --- measuring --------------------------------------------------------------------------------


def test_timing_tree() -> None:
    done = opt("--mlir-timing", "-p", "func.func(cse,dce),dce")
    names = re.findall(r"^ +[0-9.]+ \( *-?[0-9.]+%\)  (.*)$", done.err, re.MULTILINE)
    assert names == [
        "Parser", "Verifier", "'func.func' Pipeline", "  CommonSubexpressionElimination",
        "  DeadCodeElimination", "DeadCodeElimination", "Output", "Rest", "Total",
    ]  # fmt: skip
    assert "... Execution time report ..." in done.err


def test_timing_list_is_sorted_and_survives_failures(breaker: Path) -> None:
    done = opt(
        f"--load-plugin={breaker}", "--mlir-timing", "--mlir-timing-display=list", "-p",
        "func.func(cse),cse,breaker",
    )  # fmt: skip
    lines = re.findall(r"^ +([0-9.]+) \( *-?[0-9.]+%\)  (.*)$", done.err, re.MULTILINE)
    *rest, (_, last_but_one), (_, last) = lines
    assert (last_but_one, last) == ("Rest", "Total")
    assert [name for _, name in rest].count("CommonSubexpressionElimination") == 1
    assert "Breaker" in [name for _, name in rest]
    assert [t for t, _ in rest] == sorted((t for t, _ in rest), reverse=True)


def test_statistics() -> None:
    done = opt("--mlir-pass-statistics", "-p", "func.func(cse)")
    block = done.err.split("'func.func' Pipeline / CommonSubexpressionElimination (cse)\n")[1]
    assert re.findall(r"\(S\) +(\d+) (.*)", block) == [
        ("2", "runs"), ("6", "ops before"), ("5", "ops after"),
    ]  # fmt: skip


def test_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    opt(f"--trace={path}", "-p", "func.func(cse)")
    events = json.loads(path.read_text())["traceEvents"]
    depth = 0
    for event in events:
        depth += {"B": 1, "E": -1}[event["ph"]]
        assert depth >= 0
    assert depth == 0
    assert {"Parser", "CommonSubexpressionElimination", "Output"} <= {e["name"] for e in events}
    assert [e["ts"] for e in events] == sorted(e["ts"] for e in events)


# --- failures ---------------------------------------------------------------------------------


def test_a_bug_has_code_3_no_traceback_and_a_reproducer(
    breaker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DLIR_DEBUG", raising=False)
    done = opt(f"--load-plugin={breaker}", "--cse", "--breaker")
    assert done.code == 3 and done.out == ""
    assert f"bug in plugin '{breaker}': pass 'breaker' raised KeyError: 'lost'" in done.err
    assert "Traceback" not in done.err
    (path,) = tmp_path.glob("dlir-reproducer-*.mlir")
    assert f"reproducer written to {path}" in done.err
    assert "// Traceback (most recent call last):" in path.read_text()
    again = opt(f"--load-plugin={breaker}", "--run-reproducer", path)
    assert again.code == 3 and "KeyError: 'lost'" in again.err


def test_the_traceback_is_shown_on_demand(breaker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLIR_DEBUG", "1")
    assert "Traceback" in opt(f"--load-plugin={breaker}", "--breaker").err


def test_crash_reproducer_holds_the_module_before_the_pass(breaker: Path, tmp_path: Path) -> None:
    path = tmp_path / "crash.mlir"
    flag = f"--mlir-pass-pipeline-crash-reproducer={path}"
    done = opt(f"--load-plugin={breaker}", flag, "-p", "cse,func.func(breaker)")
    assert done.code == 3 and f"reproducer written to {path}" in done.err
    text = path.read_text()
    assert text.startswith("// dlir-reproducer: pipeline=builtin.module(func.func(breaker))\n")
    assert text.count("arith.constant") == 1, "cse has run"
    assert opt(f"--load-plugin={breaker}", "--run-reproducer", path).code == 3


def test_reproducer_without_failure(tmp_path: Path) -> None:
    path = tmp_path / "again.mlir"
    first = opt(f"--mlir-generate-reproducer={path}", "--cse", "--dce")
    assert first.code == 0
    assert path.read_text().startswith("// dlir-reproducer: pipeline=builtin.module(cse,dce)\n")
    assert opt(path, "--run-reproducer").out == first.out


def test_invalid_output_is_found_with_and_without_verify_each(breaker: Path) -> None:
    arguments = (f"--load-plugin={breaker}", "-p", "cse,breaker{how=invalid},dce")
    late = opt(*arguments)
    assert late.code == 1 and late.out == "" and "--verify-each finds out which one" in late.err
    early = opt(*arguments, "--verify-each")
    assert early.code == 1
    assert "the module was valid before pass 'breaker'" in early.err


def test_an_unwritable_file_is_a_diagnostic(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    for flag in ("-o=", "--trace=", "--mlir-generate-reproducer="):
        done = opt(f"{flag}{blocked}/x")
        assert done.code == 1 and "cannot write" in done.err and "Traceback" not in done.err


# --- files ------------------------------------------------------------------------------------


def test_writing_is_atomic_and_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.txt"
    write_text(path, "one")
    path.chmod(0o640)
    write_text(path, "two")
    assert path.read_text() == "two" and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]
    link = tmp_path / "link"
    link.symlink_to(path)
    write_text(link, "three")
    assert link.is_symlink() and path.read_text() == "three"


def test_a_failure_leaves_the_output_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.mlir"
    path.write_text("old")
    assert opt("-o", path, text="nonsense").code == 1
    assert path.read_text() == "old"
    assert opt("-o", path).code == 0
    assert path.read_text() == opt().out


# --- the command ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--no-such"], "unknown option or pass '--no-such'"),
        (["--canonicalise"], "did you mean 'canonicalize'?"),
        (["--verify-eech"], "did you mean 'verify-each'?"),
        (["--cse", "--pass-pipeline=cse"], "give the passes once"),
        (["--run-reproducer"], "is not a reproducer"),
        (["--emit-bytecode"], "MLIR bytecode is not supported by xDSL"),
        (["--mlir-timing-display=dots"], "invalid choice: 'dots'"),
        (["--help-pass=nothing"], "unknown pass 'nothing'"),
        (["a", "b"], "unrecognized arguments: b"),
        (["--load-plugin=no.py"], "plugin 'no.py' cannot be loaded"),
        (["--scf-for-loop-unroll=x=1"], "'scf-for-loop-unroll' has no option 'x'"),
    ],
)
def test_usage_errors_have_code_2(arguments: list[str], message: str) -> None:
    done = opt(*arguments)
    assert done.code == 2 and message in done.err and done.out == ""


def test_a_missing_input_is_a_diagnostic() -> None:
    done = opt("no/such/file.mlir")
    assert (done.code, done.out) == (1, "") and "cannot read 'no/such/file.mlir'" in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_diagnostic() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dlir.tools.opt"], input=TEXT, stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1 and "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "dlir.tools.opt"], input=TEXT, stdout=writer,
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writer)
    assert done.returncode == 1 and done.stderr == ""


def test_one_dash_two_dashes_and_order() -> None:
    done = opt("-dump-pass-pipeline", "--dce", "-p", "cse", "-canonicalize")
    assert "Pass Manager with 3 passes:\nbuiltin.module(dce,cse,canonicalize)\n" in done.err


def test_options_of_pass_flags() -> None:
    done = opt("--scf-parallel-loop-tiling=parallel-loop-tile-sizes=4,2", "--dump-pass-pipeline")
    assert "scf-parallel-loop-tiling{parallel-loop-tile-sizes=4,2}" in done.err


def test_nothing_is_kept_between_calls(breaker: Path) -> None:
    first = opt("--cse")
    assert opt(f"--load-plugin={breaker}", "--breaker").code == 3
    assert opt("--breaker").code == 2
    assert opt('"test.unknown"() : () -> ()').code == 1
    assert opt("--cse") == first


def test_version() -> None:
    output = opt("--version").out
    assert re.fullmatch(r"dlir-opt \S+ \(xdsl \d[\w.]*, llvmlite \d[\w.]*\)\n", output), output


def test_help_and_lists() -> None:
    assert "--mlir-print-ir-after-all" in opt("--help").out
    assert re.search(r"^canonicalize +Applies all", opt("--list-passes").out, re.MULTILINE)
    assert opt("--show-dialects").out.startswith("Available Dialects: ")
    assert opt("--help-pass=scf-parallel-loop-tiling").out.endswith(
        "Options:\n  parallel-loop-tile-sizes: [int,...]\n"
    )
    assert opt("--list-targets").code == 0


def test_split_input() -> None:
    text = "a\n// -----\nb\n\n// ----- x\n// -----  \n// -----// IR Dump\nc"
    assert list(split_input(text)) == [
        ("a\n", 1),
        ("b\n\n// ----- x\n", 3),
        ("// -----// IR Dump\nc", 7),
    ]


def test_parts_fail_alone_and_keep_their_lines() -> None:
    text = "func.func @f()\n{\n func.return\n}\n// -----\nnonsense\n// -----\n" + TEXT
    done = opt("--split-input-file", text=text)
    assert done.code == 1
    assert "<stdin>:6:1: error:" in done.err
    assert done.out.count("builtin.module") == 2 and done.out.count("// -----\n") == 1


def test_constants_are_elided() -> None:
    text = "%0 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>"
    done = opt("--mlir-elide-elementsattrs-if-larger=2", text=text)
    assert "dense_resource<__elided__> : tensor<3xi32>" in done.out


def test_a_small_file_is_fast_and_loads_nothing_heavy(tmp_path: Path) -> None:
    """0.35 s on a quiet machine; on a loaded one, compared with what xDSL alone needs."""
    path = tmp_path / "small.mlir"
    path.write_text(TEXT)
    program = (
        "import sys; from dlir.tools.opt import main; code = main([sys.argv[1], '--cse']);"
        "sys.exit(code or repr({'numpy', 'llvmlite', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "set()", done.stderr

    xdsl = "import xdsl.parser, xdsl.printer, xdsl.dialects.func, xdsl.dialects.arith"
    commands = {"xdsl": ["-c", xdsl], "ours": ["-m", "dlir.tools.opt", str(path)]}
    best = dict.fromkeys(commands, float("inf"))
    for name, command in [*commands.items()] * 3:
        best[name] = min(best[name], processor_seconds(command))
    assert best["ours"] <= max(0.35, 2 * best["xdsl"])


def test_passes_are_listed_from_their_sources() -> None:
    """As the imported classes would be, and within the time that a small file takes."""
    registry = default_registry()
    imported = {n: docstring(registry.find_pass(n)).split("\n")[0] for n in registry.pass_names()}
    lines = [line.partition(" ") for line in opt("--list-passes").out.splitlines()]
    assert {name: text.strip() for name, _, text in lines} == imported

    program = (
        "import sys; from dlir.tools.opt import main; main(['--list-passes']);"
        "sys.exit(repr([m for m in sys.modules if m.startswith('dlir.transforms.')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "[]", done.stderr
    commands = ("--list-passes", "--show-dialects")
    listed, known = (
        min(processor_seconds(["-m", "dlir.tools.opt", one]) for _ in range(3)) for one in commands
    )
    assert listed <= max(0.35, 2 * known)


SOURCE = '''
class Said(ModulePass):
    """One line.

    More.
    """

class Below(ModulePass):
    """
    Its first line.
    """

class Bare(ModulePass):
    name = "bare"

class Commented(ModulePass):
    # Why.
    """Text."""

class Raw(ModulePass):
    r"""A \\ b"""

class BareWithMore(ModulePass):
    """Not Bare."""

class Escaped(ModulePass):
    """A \\ b"""

class Short(ModulePass):
    "One line."

class Twice:
    """First."""

class Twice:
    """Second."""
'''


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("Said", "One line."),
        ("Below", "Its first line."),
        ("Bare", ""),
        ("Raw", "A \\ b"),
        ("Commented", None),
        ("Escaped", None),
        ("Short", None),
        ("Twice", None),
        ("Absent", None),
    ],
)
def test_a_summary_is_read_only_where_the_text_is_plain(
    name: str, summary: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package_of_summaries"
    package.mkdir()
    (package / "passes.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    load = partial(load_attribute, f"{package.name}.passes:{name}")
    assert summary_in_source(load) == summary
    assert summary_in_source(lambda: package) is None


def processor_seconds(command: list[str]) -> float:
    """The processor time of a Python process, which other processes change less than the clock."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return used() - before
