"""linalg comes in and goes out with the same meaning, and upstream's mlir-opt takes what goes out.

pytest test/numeric/test_linalg.py -k round_trip -s       prints how many ops of dl make it
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numeric.cases import Case, module_of
from numeric.linalg_texts import MLIR_OPT, TEXTS, entry, inputs, mlir_opt, read
from numeric.op_cases import REPRESENTATIVE, REST
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir import doc
from dlir.examples import example_module
from dlir.interpreter import Interpreter
from dlir.lowering.dl_to_structured import ConvertDlToStructured
from dlir.lowering.linalg_to_structured import ConvertLinalgToStructured
from dlir.lowering.structured_to_linalg import ConvertStructuredToLinalg
from dlir.printer import print_module
from dlir.registry import default_registry
from dlir.targets.phases import TAKEN_APART
from dlir.transforms.dl_decompose import DlDecompose
from dlir.verifier import verify

needs_mlir_opt = pytest.mark.skipif(MLIR_OPT is None, reason="mlir-opt is not installed")


def structured(module: ModuleOp) -> ModuleOp:
    result = module.clone()
    DlDecompose(ops=TAKEN_APART).apply(Context(), result)
    ConvertDlToStructured().apply(Context(), result)
    verify(result)
    return result


def to_linalg(module: ModuleOp) -> str:
    """The upstream text of a structured module, which is left as it was."""
    result = module.clone()
    ConvertStructuredToLinalg().apply(Context(), result)
    verify(result)
    assert not {op.name for op in result.walk() if op.name.startswith(("structured.", "dl."))}
    return print_module(result)


def from_linalg(text: str) -> ModuleOp:
    module = read(text)
    ConvertLinalgToStructured().apply(Context(), module)
    verify(module)
    assert not {op.name for op in module.walk() if op.name.startswith("linalg.")}
    return module


# In ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_texts_run_on_cpu_as_on_ref(path: Path) -> None:
    """linalg's own semantics, those of what it becomes, and machine code agree."""
    text = path.read_text(encoding="utf-8")
    arrays, module = inputs(text), read(text)
    name = entry(module).sym_name.data
    want = Interpreter(module).call(name, *arrays)
    for expected, got in zip(want, Interpreter(from_linalg(text)).call(name, *arrays), strict=True):
        np.testing.assert_array_equal(expected, got)
    results = dlir.compile(module, target="cpu", cache=False)(*arrays)
    results = results if isinstance(results, tuple) else (results,)
    for expected, got in zip(want, results, strict=True):
        np.testing.assert_allclose(expected, got, rtol=2e-5, atol=2e-5)


@needs_mlir_opt
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "options",
    [
        ("--canonicalize", "--cse"),
        ("--linalg-generalize-named-ops", "--linalg-fuse-elementwise-ops"),
    ],
    ids=["canonicalized", "generalized"],
)
def test_texts_that_mlir_opt_wrote(path: Path, options: tuple[str, ...]) -> None:
    """Upstream takes the texts, and what its passes make of them means the same here."""
    text = path.read_text(encoding="utf-8")
    arrays, module = inputs(text), read(text)
    name = entry(module).sym_name.data
    want = Interpreter(module).call(name, *arrays)
    written = mlir_opt(text, *options)
    for result in (read(written), from_linalg(written)):
        for expected, got in zip(want, Interpreter(result).call(name, *arrays), strict=True):
            np.testing.assert_allclose(expected, got, rtol=1e-5, atol=1e-6)


# Out and back -----------------------------------------------------------------------------------


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{number}-{case}", marks=marks)
        for table, marks in ((REPRESENTATIVE, []), (REST, [pytest.mark.slow]))
        for number, case in enumerate(case for cases in table.values() for case in cases)
    ]


@pytest.mark.parametrize("case", cases())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_same_values(case: Case) -> None:
    """dl -> structured -> linalg -> structured keeps the results at each level."""
    arrays, text = case.inputs(), to_linalg(structured(module_of([case])))
    for module in (read(text), from_linalg(text)):
        problem = case.problem(arrays, Interpreter(module).call("f", *arrays))
        assert problem is None, problem


@needs_mlir_opt
def test_mlir_opt_takes_every_op() -> None:
    chunks = [
        to_linalg(structured(module_of([case])))
        for cases in REPRESENTATIVE.values()
        for case in cases
    ]
    mlir_opt("\n// -----\n".join(chunks), "--split-input-file", "-o", "/dev/null")


def test_round_trip_of_every_example() -> None:
    """Each op of dl goes out and comes back; the examples of their docstrings show it."""
    registry = default_registry()
    stuck: list[str] = []
    ops = doc.document_dialect(registry, "dl").ops
    for op in ops:
        for text in op.examples:
            module = example_module(text, registry.context())
            from_linalg(to_linalg(structured(module)))
    print(f"\n{len(ops) - len(stuck)} of {len(ops)} ops of dl go out to linalg and come back")
