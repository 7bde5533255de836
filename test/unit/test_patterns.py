"""Pattern files that are wrong say so at their lines, and many patterns on many ops stay linear."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import CompileError
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.apply_patterns import TABLES, ApplyPatterns
from dlir.transforms.patterns.matching import OpPattern
from dlir.transforms.patterns.native import CONSTRAINTS, REWRITES
from dlir.transforms.patterns.reading import read_rules

CONTEXT = default_registry().context()
MODEL = """
func.func @f(%x: tensor<4xf32>, %y: tensor<1xf32>) -> tensor<4xf32> {
  %0 = dl.exp %x : tensor<4xf32>
  %z = dl.add %0, %y : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  func.return %z : tensor<4xf32>
}
"""
LEFT = """pdl.pattern @p : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %root = pdl.operation "dl.exp" (%x : !pdl.value) -> (%t : !pdl.type)
"""
ADD = """pdl.pattern @p : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %root = pdl.operation "dl.add" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
"""
SAME = "  pdl.rewrite %root {\n    pdl.replace %root with (%x : !pdl.value)\n  }\n}\n"

WRONG = {
    "not a pattern": ("func.func private @f()", 1, "'func.func' is no pattern"),
    "bad text": ("pdl.pattern @p : benefit(1) {", 1, "expected"),
    "unknown op": (
        LEFT.replace("dl.exp", "dl.exq") + SAME, 4, "unknown op 'dl.exq'; did you mean 'dl.exp'?"
    ),
    "unknown dialect": (LEFT.replace("dl.exp", "no.exp") + SAME, 4, "unknown op 'no.exp'"),
    "no op name": (LEFT.replace('"dl.exp" ', "") + SAME, 4, "names no op"),
    "unknown attribute": (
        '''pdl.pattern @p : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %a = pdl.attribute
  %root = pdl.operation "dl.softmax" (%x : !pdl.value) {"axes" = %a} -> (%t : !pdl.type)
''' + SAME, 5, "unknown attribute 'axes'; did you mean 'axis'?",
    ),
    "unknown constraint": (
        LEFT + '  pdl.apply_native_constraint "is_flaot"(%t : !pdl.type)\n' + SAME,
        5, "unknown constraint 'is_flaot'; did you mean 'is_float'?",
    ),
    "constraint on another kind": (
        LEFT + '  pdl.apply_native_constraint "is_float"(%x : !pdl.value)\n' + SAME,
        5, "'is_float' takes (!pdl.type), got (!pdl.value)",
    ),
    "constraint with results": (
        LEFT + '  %r = pdl.apply_native_constraint "is_float"(%t : !pdl.type) : !pdl.type\n' + SAME,
        5, "has results",
    ),
    "unknown rewrite": (
        LEFT + '  pdl.rewrite %root {\n    %a = pdl.apply_native_rewrite "fill"(%t : !pdl.type)'
        " : !pdl.attribute\n    pdl.erase %root\n  }\n}",
        6, "unknown rewrite 'fill'; did you mean 'filled'?",
    ),
    "rewrite with another result": (
        LEFT + '  pdl.rewrite %root {\n    %a = pdl.apply_native_rewrite "reciprocal_of"('
        "%x : !pdl.value) : !pdl.type\n    pdl.erase %root\n  }\n}",
        6, "expected one result of type !pdl.attribute",
    ),
    "not reached from the root": (
        LEFT + '  %o = pdl.operation "dl.neg" (%x : !pdl.value) -> (%t : !pdl.type)\n'
        + SAME.replace("(%x : !pdl.value)", "%o"),
        5, "is not reached from the root",
    ),
    "no root": (
        LEFT + SAME.replace("rewrite %root", "rewrite"), 1, "does not end in a `pdl.rewrite` of a",
    ),
    "external function": (LEFT + '  pdl.rewrite %root with "f"\n}', 5, "calls a function"),
    "changes nothing": (
        LEFT + '  pdl.rewrite %root {\n    %n = pdl.operation "dl.neg" (%x : !pdl.value)\n  }\n}',
        5, "does not end in `pdl.replace` or `pdl.erase`",
    ),
    "ranges": (
        """pdl.pattern @p : benefit(1) {
  %t = pdl.type
  %x = pdl.operands
  %root = pdl.operation "dl.add" (%x : !pdl.range<value>) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.erase %root
  }
}""", 3, "is not supported in pattern files",
    ),
    "second of a name": (LEFT + SAME + LEFT + SAME, 1, 'Redefinition of symbol "p"'),
    "replaces another op": (
        LEFT.replace("@p", "@q").replace("%root", "%inner")
        + '  %y = pdl.result 0 of %inner\n'
        + '  %root = pdl.operation "dl.add" (%y, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)\n'
        + SAME.replace("replace %root", "replace %inner"),
        8, "is about another op than the root",
    ),
    # What only shows when the pattern is applied
    "wrong number of operands": (
        LEFT + '  pdl.rewrite %root {\n    %n = pdl.operation "dl.add" (%x : !pdl.value)\n'
        "    pdl.replace %root with %n\n  }\n}",
        6, "pattern 'p' cannot be applied: Expected 2 operands, but got 1",
    ),
    "missing property": (
        LEFT + '  pdl.rewrite %root {\n    %n = pdl.operation "dl.softmax" (%x : !pdl.value)\n'
        "    pdl.replace %root with %n\n  }\n}",
        6, "property 'axis' expected",
    ),
    "breaks a rule of the op": (
        LEFT + '  pdl.rewrite %root {\n    %a = pdl.attribute = 7 : i64\n'
        '    %n = pdl.operation "dl.softmax" (%x : !pdl.value) {"axis" = %a} -> (%t : !pdl.type)\n'
        "    pdl.replace %root with %n\n  }\n}",
        7, "error[dl-softmax-c3]",
    ),
    "another type": (
        ADD + SAME.replace("%x", "%y"),
        7, "would put tensor<1xf32> in the place of tensor<4xf32>",
    ),
    "result that is not there": (
        LEFT + '  pdl.rewrite %root {\n    %y = pdl.result 3 of %root\n'
        "    pdl.replace %root with (%y : !pdl.value)\n  }\n}",
        6, "'dl.exp' has 1 results, none with number 3",
    ),
    "erases what is used": (
        LEFT + "  pdl.rewrite %root {\n    pdl.erase %root\n  }\n}",
        6, "would erase 'dl.exp', whose result is used",
    ),
    "a rewrite that cannot": (
        LEFT + '  pdl.rewrite %root {\n    %a = pdl.apply_native_rewrite "reciprocal_of"('
        "%x : !pdl.value) : !pdl.attribute\n    pdl.erase %root\n  }\n}",
        6, "pattern 'p' cannot be applied: expected a constant",
    ),
}  # fmt: skip


def apply(path: str | Path, module: ModuleOp) -> None:
    ApplyPatterns(file=str(path)).apply(CONTEXT, module)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_at_its_line(name: str, tmp_path: Path) -> None:
    text, line, message = WRONG[name]
    path = tmp_path / "rules.mlir"
    path.write_text(text)
    with pytest.raises(CompileError) as caught:
        apply(path, parse_module(MODEL, CONTEXT, "model.mlir"))
    said = str(caught.value)
    assert re.match(rf"{re.escape(str(path))}:{line}:\d+: error", said), said
    assert message.lower() in said.lower(), said


def test_an_error_of_applying_names_the_op(tmp_path: Path) -> None:
    path = tmp_path / "rules.mlir"
    path.write_text(WRONG["wrong number of operands"][0])
    with pytest.raises(CompileError, match=r"model.mlir:3:8: note: it was applied to this"):
        apply(path, parse_module(MODEL, CONTEXT, "model.mlir"))


def test_a_missing_file() -> None:
    with pytest.raises(CompileError, match=r"cannot read 'none.mlir'"):
        apply("none.mlir", parse_module(MODEL, CONTEXT, "model.mlir"))


def test_a_pattern_without_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.mlir"
    swap = '%n = pdl.operation "dl.add" (%y, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)'
    path.write_text(
        ADD + f"  pdl.rewrite %root {{\n    {swap}\n    pdl.replace %root with %n\n  }}\n}}"
    )
    with pytest.raises(CompileError) as caught:
        apply(path, parse_module(MODEL, CONTEXT, "model.mlir"))
    said = str(caught.value)
    assert "model.mlir:4:8: error: pattern 'p' does not come to an end at 'dl.add'" in said
    assert f"{path}:1:1: note: the pattern is written here" in said


def test_natives_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/patterns.md").read_text()
    for name, native in [*CONSTRAINTS.items(), *REWRITES.items()]:
        arguments = ", ".join(kind.name.removeprefix("pdl.") for kind in native.arguments)
        assert native.summary
        assert f"| `{name}` | {arguments} | {native.summary} |" in page


def test_greater_benefit_goes_first(tmp_path: Path) -> None:
    path = tmp_path / "rules.mlir"
    path.write_text(
        LEFT.replace("@p", "@low")
        + SAME
        + LEFT.replace("@p", "@high").replace("benefit(1)", "benefit(5)")
        + SAME
    )
    assert [rule.name for rule in read_rules(str(path), CONTEXT)] == ["high", "low"]


def test_only_patterns_of_an_ops_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 patterns on n ops: each op meets those of its own name, so the tries grow as n."""
    tried: list[str] = []
    matches = OpPattern.matches

    def counted(self: OpPattern, op: object, bound: object) -> bool:
        tried.append(self.name)
        return matches(self, op, bound)  # type: ignore[arg-type]

    monkeypatch.setattr(OpPattern, "matches", counted)
    counts: list[int] = []
    for n in (100, 200):
        lines = "\n".join(f"%{i + 1} = dl.tanh %{i} : tensor<4xf32>" for i in range(n))
        text = f"func.func @f(%0: tensor<4xf32>) -> tensor<4xf32> {{\n{lines}\n"
        module = parse_module(text + f"func.return %{n} : tensor<4xf32>\n}}", CONTEXT, "m")
        tried.clear()
        apply(TABLES["algebra"], module)
        counts.append(len(tried))
    assert counts == [0, 0]  # no rule of the table is about tanh
