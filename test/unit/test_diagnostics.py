"""Text of diagnostics, handlers, conversion of exceptions, and expected-error matching."""

from pathlib import Path

import pytest
from xdsl.dialects.builtin import FusedLoc, NameLoc, NoneAttr, StringAttr, UnknownLoc
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.utils.exceptions import PassFailedException, VerifyException

from dlir.diagnostics import (
    CompileError,
    Diagnostic,
    RuleViolation,
    Severity,
    collect_diagnostics,
    compile_errors,
    fail,
    file_location,
    format_diagnostic,
    from_exception,
    note,
    remark,
    remember_source,
    require,
    warn,
)
from dlir.expected import check_expected


def test_the_four_parts_of_an_error():
    remember_source("model.mlir", "// first\n  %y = dl.conv2d %x, %w : T\n")
    place = file_location("model.mlir", 2, 8)
    node = NameLoc(StringAttr("features.0.conv"), file_location("model.onnx", 0, 0))
    diagnostic = Diagnostic(
        Severity.ERROR,
        "'dl.conv2d' input has 3 channels, weight expects 4",
        FusedLoc((place, node), NoneAttr()),
        rule="dl-conv2d-c3",
        help="the weight layout is [out, in, kh, kw]",
    )
    assert format_diagnostic(diagnostic).split("\n") == [
        "model.mlir:2:8: error[dl-conv2d-c3]: 'dl.conv2d' input has 3 channels, weight expects 4",
        "  %y = dl.conv2d %x, %w : T",
        "       ^",
        '  note: from node "features.0.conv" of model.onnx',
        "  help: the weight layout is [out, in, kh, kw]",
    ]


def test_a_name_without_a_file():
    text = format_diagnostic(
        Diagnostic(Severity.WARNING, "slow", NameLoc(StringAttr("conv"), UnknownLoc()))
    )
    assert text == 'warning: slow\n  note: from node "conv"'


def test_notes_have_places_of_their_own_and_tabs_keep_the_caret_right():
    remember_source("t.mlir", "\t%a = x\n\ty\t%a\n")
    definition = note(file_location("t.mlir", 1, 2), "defined here")
    text = format_diagnostic(
        Diagnostic(Severity.ERROR, "bad", file_location("t.mlir", 2, 4), notes=(definition,))
    )
    assert text.split("\n") == [
        "t.mlir:2:4: error: bad",
        "  y\t%a",
        "   \t^",
        "  t.mlir:1:2: note: defined here",
        "    %a = x",
        "    ^",
    ]


def test_long_lines_are_cut_around_the_column():
    remember_source("long.mlir", "a" * 500 + "X" + "b" * 500)
    lines = str(Diagnostic(Severity.ERROR, "m", file_location("long.mlir", 1, 501))).split("\n")
    assert len(lines[1]) < 170
    assert lines[1][lines[2].index("^")] == "X"


def test_lines_are_read_from_the_file_when_they_are_not_remembered(tmp_path: Path):
    path = tmp_path / "a.mlir"
    path.write_text("one\n  two\n")
    assert str(Diagnostic(Severity.ERROR, "m", file_location(str(path), 2, 3))).endswith(
        "a.mlir:2:3: error: m\n  two\n  ^"
    )
    assert str(Diagnostic(Severity.ERROR, "m", file_location(str(path), 9, 3))).endswith("m")
    assert str(Diagnostic(Severity.ERROR, "m", file_location(str(path), 0, 0))).endswith("m")


def test_the_lines_of_a_chunk_keep_their_numbers():
    remember_source("chunks.mlir", "second chunk", first_line=10)
    assert "second chunk" in str(
        Diagnostic(Severity.ERROR, "m", file_location("chunks.mlir", 10, 1))
    )
    assert "second chunk" not in str(
        Diagnostic(Severity.ERROR, "m", file_location("chunks.mlir", 1, 1))
    )


def test_require_raises_only_when_the_condition_fails():
    require(True, "dl-add-c1", "never")
    with pytest.raises(RuleViolation, match="shapes differ") as caught:
        require(False, "dl-add-c1", "shapes differ", "broadcast first")
    (diagnostic,) = from_exception(caught.value, AnyOp())
    assert diagnostic.rule == "dl-add-c1"
    assert diagnostic.help == "broadcast first"
    assert diagnostic.message == "'test.op' shapes differ"


def test_fail_names_the_op_once():
    with pytest.raises(CompileError) as caught:
        fail(AnyOp(), "'test.op' is odd", rule="r")
    assert [d.message for d in caught.value.diagnostics] == ["'test.op' is odd"]
    assert str(caught.value) == "error[r]: 'test.op' is odd"


def test_warnings_go_to_the_innermost_handler(capsys: pytest.CaptureFixture[str]):
    with collect_diagnostics() as outer:
        with collect_diagnostics() as inner:
            warn(None, "one")
        remark(None, "two")
    warn(None, "three")
    assert [d.message for d in inner] == ["one"]
    assert [(d.severity, d.message) for d in outer] == [(Severity.REMARK, "two")]
    assert capsys.readouterr().err == "warning: three\n"


@pytest.mark.parametrize("error", [VerifyException("no"), PassFailedException("no")])
def test_exceptions_of_xdsl_become_compile_errors(error: Exception):
    with pytest.raises(CompileError) as caught, compile_errors(file_location("f", 3, 1)):
        raise error
    assert str(caught.value) == "f:3:1: error: no"


def test_bugs_stay_bugs():
    with pytest.raises(ZeroDivisionError), compile_errors():
        raise ZeroDivisionError


# Expected diagnostics -------------------------------------------------------------------------


def error(line: int, message: str, rule: str | None = None, *notes: Diagnostic) -> Diagnostic:
    return Diagnostic(Severity.ERROR, message, file_location("f", line, 1), rule, notes=notes)


def failures(text: str, *diagnostics: Diagnostic, first_line: int = 1) -> list[str]:
    found = check_expected(text, diagnostics, "f", first_line=first_line)
    return [format_diagnostic(d) for d in found]


@pytest.mark.parametrize(
    "text",
    [
        "x // expected-error {{broken}}",
        "x // expected-error{{is broken thing}}",
        "x // expected-error-re {{is {{b[a-z]+}} thing}}",
        "x // expected-error-re {{is {{[a-z]{6}}} thing}}",
        "x // expected-error-re {{is broken {{[a-z]{5}}}}}",
        "x // expected-error {{thing [dl-a-c1]}}",
        "x\n// expected-error@-1 {{broken}}",
        "x\n// expected-error@above {{broken}}",
        "x\n// expected-error @above {{broken}}",
    ],
)
def test_an_expected_error_is_accepted(text: str):
    assert failures(text, error(1, "is broken thing", "dl-a-c1")) == []


@pytest.mark.parametrize(
    "text",
    [
        "// expected-error@+1 {{broken}}\nx",
        "// expected-error@below {{broken}}\nx",
    ],
)
def test_an_error_expected_below_is_accepted(text: str):
    assert failures(text, error(2, "broken")) == []


def test_above_and_below_skip_other_expectations():
    text = (
        "// expected-error@below {{one}}\n// expected-error@below {{two}}\nx\n"
        "// expected-error@above {{three}}\n// expected-error@above {{four}}"
    )
    said = [error(3, word) for word in ("one", "two", "three", "four")]
    assert failures(text, *said) == []
    assert len(failures(text, *said[:3])) == 1


def test_several_expectations_in_a_line():
    text = "x // expected-error {{one}} expected-error@+1 {{two}}\ny"
    assert failures(text, error(2, "two"), error(1, "one")) == []


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        (
            "x // expected-error {{broken}}",
            [],
            "f:1: error: expected error was not produced: broken",
        ),
        ("x", [error(1, "broken")], "f:1: error: unexpected error: broken"),
        ("x // expected-warning {{b}}", [error(1, "b")], "f:1: error: unexpected error: b"),
        ("x\ny // expected-error {{b}}", [error(1, "b")], "f:1: error: unexpected error: b"),
        ("x // expected-error {{b}}", [error(1, "b")] * 2, "f:1: error: unexpected error: b"),
        ("x // expected-error b", [], "f:1: error: 'expected-error' lacks its {{text}}"),
        ("x // expected-error {{b", [], "f:1: error: '{{' is not closed by '}}'"),
        ("x // expected-error-re {{a{{(}}}}", [], "f:1: error: bad regular expression"),
        ("// expected-error@below {{b}}", [], "f:1: error: '@below' has no line below"),
    ],
)
def test_a_wrong_expectation_fails(text: str, said: list[Diagnostic], why: str):
    assert failures(text, *said)[0].startswith(why)


def test_notes_must_be_expected_at_their_own_or_their_parents_place():
    said = error(1, "bad", None, note(None, "because"), note(file_location("f", 2, 1), "here"))
    text = "x // expected-error {{bad}} expected-note {{because}}\ny // expected-note {{here}}"
    assert failures(text, said) == []
    assert failures("x // expected-error {{bad}}\ny", said) == [
        "f:1: error: unexpected note: because",
        "f:2: error: unexpected note: here",
    ]


def test_unknown_places_and_chunks():
    assert failures("// expected-error@unknown {{b}}", Diagnostic(Severity.ERROR, "b")) == []
    assert failures("x // expected-error {{b}}", error(20, "b"), first_line=20) == []
    assert failures("x // expected-error {{b}}", error(1, "b"), first_line=20) != []
