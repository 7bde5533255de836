"""Nothing half-done: every op, pass and rule of dlir has its documentation and its tests.

pytest test/unit/test_completeness.py -k status -s        prints the status table
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dlir import doc, doc_text
from dlir.examples import example_module
from dlir.printer import print_module
from dlir.registry import DIALECTS, PASSES, REPLACES, builtin_registry
from dlir.status import COLUMNS, DESCENT, dialect_status, status_table

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "test"
REGISTRY = builtin_registry()
EXTENDED = REPLACES
"""xDSL's dialects with additions of ours: only the additions are documented here."""

SIMULATED = frozenset({"isa"})
"""Dialects whose ops mean something only together: a simulator runs whole programs of them."""

FOREIGN = frozenset({"chlo", "stablehlo"})
"""Dialects that other tools write: their ops mean what their conversion makes of them."""

OWN_DIALECTS = [name for name in DIALECTS if name not in EXTENDED]
OPS = [op for name in OWN_DIALECTS for op in doc.document_dialect(REGISTRY, name).ops]
ADDED_OPS = [
    op for name in sorted(EXTENDED) for op in doc.document_dialect(REGISTRY, name, "dlir").ops
]
PASS_NAMES = sorted(PASSES)


@cache
def lit_text(name: str, kind: str) -> str:
    """The text of test/dialects/<name>/<kind>*.mlir, of the files in a folder <kind> as well."""
    folder = TESTS / "dialects" / name
    files = sorted([*folder.glob(f"{kind}*.mlir"), *folder.glob(f"{kind}/**/*.mlir")])
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_op(op: doc.OpDoc) -> None:
    missing = [*_undocumented(op), *_untested(op)]
    assert not missing, f"{op.name} lacks: " + "; ".join(missing)


def _undocumented(op: doc.OpDoc) -> Iterator[str]:
    if not op.summary:
        yield "a docstring"
    if not op.examples:
        yield "an example in its docstring (a fence marked mlir)"
    numbers = [rule.id.rpartition("-c")[2] for rule in op.rules]
    if numbers != [str(n) for n in range(1, len(numbers) + 1)]:
        yield f"rules numbered C1, C2, ... (found {', '.join(numbers)})"


def _untested(op: doc.OpDoc) -> Iterator[str]:
    dialect, _, short = op.name.partition(".")
    if not re.search(rf"\b{re.escape(op.name)}\b", lit_text(dialect, "roundtrip")):
        yield f"a line in test/dialects/{dialect}/roundtrip.mlir"
    invalid = lit_text(dialect, "invalid")
    for rule in op.rules:
        name = f"{short}_c{rule.id.rpartition('-c')[2]}"
        if not re.search(rf"@{re.escape(name)}\b", invalid):
            yield f"an invalid case @{name} ({rule.text})"


@pytest.mark.parametrize("op", ADDED_OPS, ids=lambda op: op.name)
def test_added_op(op: doc.OpDoc) -> None:
    missing = [*_untested(op)]
    assert op.summary and not missing, f"{op.name} lacks: " + "; ".join(missing)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_examples_verify_and_survive_printing(op: doc.OpDoc) -> None:
    for text in op.examples:
        module = example_module(text, REGISTRY.context())
        module.verify()
        assert op.name in {found.name for found in module.walk()}
        printed = print_module(module)
        assert print_module(example_module(printed, REGISTRY.context())) == printed


@pytest.mark.parametrize("dialect", OWN_DIALECTS)
def test_status(dialect: str) -> None:
    """Every op runs on the reference target and goes down a level."""
    statuses = dialect_status(REGISTRY, dialect)
    print("\n" + doc_text.table(COLUMNS, status_table(statuses)))
    bare = [s.name for s in statuses if not s.semantics and not _runs_in_another(s.name)]
    if dialect in SIMULATED | FOREIGN:
        bare = []
    stuck = [s.name for s in statuses if s.lowered is False]
    assert not bare, f"no semantics: {', '.join(bare)}"
    assert not stuck, f"still there after {DESCENT[dialect]}: {', '.join(stuck)}"


def _runs_in_another(name: str) -> bool:
    """Terminators, and symbols, which another op calls."""
    kinds = {"IsTerminator", "SymbolOpInterface"}
    return any(op.name == name and kinds & {*op.traits} for op in OPS)


@pytest.mark.parametrize("name", PASS_NAMES)
def test_pass(name: str) -> None:
    missing = list(_missing_of_pass(name))
    assert not missing, f"{name} lacks: " + "; ".join(missing)


def _missing_of_pass(name: str) -> Iterator[str]:
    found = REGISTRY.find_pass(name)
    text = doc.document_pass(found)
    if not text.summary:
        yield "a docstring"
    if not _is_pipeline(found) and "%" not in text.text:
        yield "the text before and after in its docstring"
    if found.name != name:
        yield f"its own name (it calls itself {found.name})"
    module = PASSES[name].partition(":")[0].split(".")
    if module[1] in ("transforms", "lowering") and not _follows_the_law(name, module[1:]):
        yield f"a file named after it (it is in {'.'.join(module)})"
    if not any(TESTS.rglob(f"{name.removeprefix('convert-')}.mlir")):
        yield f"a test {name.removeprefix('convert-')}.mlir"


def _is_pipeline(found: type) -> bool:
    """Whether a pass is made of passes; those are shown in full by `--dump-pass-pipeline`."""
    return any(base.__name__ == "PipelinePass" for base in found.__mro__)


def _follows_the_law(name: str, module: list[str]) -> bool:
    prefix = "convert-" if module[0] == "lowering" and name.startswith("convert-") else ""
    return module[1] == name.removeprefix(prefix).replace("-", "_")


def test_op_names_follow_the_law() -> None:
    """`dl.conv2d` is Conv2dOp."""
    wrong = [
        f"{op.name}: {op.class_name}"
        for op in OPS
        if op.class_name.lower() != re.sub("[_-]", "", op.name.partition(".")[2]).lower() + "op"
    ]
    assert not wrong, ", ".join(wrong)


def test_nothing_is_left_to_do() -> None:
    """No marks of unfinished work, no `NotImplementedError`: what is unsupported is diagnosed."""
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK|raise NotImplementedError)\b")
    files = [p for f in ("dlir", "tools", "bench", "examples") for p in (ROOT / f).rglob("*.py")]
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if marks.search(line)
    ]
    assert not wrong, ", ".join(wrong)
