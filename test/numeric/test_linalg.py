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
from numeric.upstream_runner import MLIR_TRANSLATE, run_upstream
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir import doc
from dlir.dialects.structured.ops import ScanOp, ScatterOp, SortOp
from dlir.examples import example_module
from dlir.interpreter import Interpreter
from dlir.lowering.dl_to_structured import ConvertDlToStructured
from dlir.lowering.linalg_to_structured import ConvertLinalgToStructured
from dlir.lowering.structured_to_linalg import ConvertStructuredToLinalg
from dlir.numpy_types import dtype_of
from dlir.params import param_ops
from dlir.printer import print_module
from dlir.registry import default_registry
from dlir.targets.phases import TAKEN_APART
from dlir.transforms.dl_decompose import DlDecompose
from dlir.types import shape_of
from dlir.verifier import verify

needs_mlir_opt = pytest.mark.skipif(MLIR_OPT is None, reason="mlir-opt is not installed")
needs_runner = pytest.mark.skipif(
    MLIR_OPT is None or MLIR_TRANSLATE is None, reason="mlir-opt is not installed"
)


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


SEQUENTIAL = (ScanOp, SortOp, ScatterOp)
STUCK = {
    "dl.cumprod", "dl.cumsum", "dl.embedding_bag", "dl.scatter_elements", "dl.scatter_nd",
    "dl.sort", "dl.topk",  # linalg cannot say them
    "dl.nms", "dl.nonzero", "dl.unique",  # nor can the structured dialect
}  # fmt: skip
"""The ops of dl that do not go out."""


def has_no_form(module: ModuleOp) -> bool:
    """Whether a structured module holds sorts, scans or scatters, which linalg cannot say."""
    return any(isinstance(op, SEQUENTIAL) for op in module.walk())


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


NOT_UPSTREAM = ("arith_on_tensors", "slices")
"""Texts with ops that upstream's own way to memory does not take: select and concat of tensors."""


@needs_runner
@pytest.mark.parametrize(
    "path", [p for p in TEXTS if p.stem not in NOT_UPSTREAM], ids=lambda path: path.stem
)
def test_texts_mean_what_upstream_says(path: Path) -> None:
    """Lowered by mlir-opt alone and run, a text gives what the semantics here say."""
    text = path.read_text(encoding="utf-8")
    arrays, module = inputs(text), read(text)
    want = Interpreter(module).call(entry(module).sym_name.data, *arrays)
    for expected, got in zip(want, run_upstream(text, arrays), strict=True):
        np.testing.assert_allclose(expected, got, rtol=2e-5, atol=2e-5)


TOSA = Path(__file__).parents[1] / "data" / "tosa" / "layers.mlir"
TO_LINALG = (
    "builtin.module(func.func(tosa-optional-decompositions),"
    "func.func(tosa-infer-shapes,tosa-make-broadcastable,tosa-to-linalg-named),"
    "func.func(tosa-layerwise-constant-fold,tosa-make-broadcastable),func.func(tosa-to-linalg),"
    "func.func(tosa-to-arith{include-apply-rescale=true},tosa-to-tensor,tosa-to-scf))"
)


@needs_mlir_opt
@pytest.mark.parametrize("name", ["f", "g", "h", "q"])
def test_what_mlir_opt_makes_of_tosa(name: str) -> None:
    text = mlir_opt(TOSA.read_text(encoding="utf-8"), f"--pass-pipeline={TO_LINALG}")
    module = read(text)
    arrays = inputs(text, name, (0, 5))
    want = Interpreter(module).call(name, *arrays)
    for expected, got in zip(want, Interpreter(from_linalg(text)).call(name, *arrays), strict=True):
        np.testing.assert_array_equal(expected, got)
    results = dlir.compile(module, target="cpu", cache=False, function=name)(*arrays)
    results = results if isinstance(results, tuple) else (results,)
    for expected, got in zip(want, results, strict=True):
        np.testing.assert_allclose(expected, got, rtol=2e-5, atol=2e-5)


# Out and back -----------------------------------------------------------------------------------


def cases() -> list[Any]:
    """All cases; all but each sixteenth of the representative ones are slow, being so many."""
    return [
        pytest.param(case, id=f"{number}-{case}", marks=marks if number % 16 else often)
        for table, often in ((REPRESENTATIVE, []), (REST, [pytest.mark.slow]))
        for marks in [[pytest.mark.slow]]
        for number, case in enumerate(case for cases in table.values() for case in cases)
    ]


@pytest.mark.parametrize("case", cases())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_same_values(case: Case) -> None:
    """dl -> structured -> linalg -> structured keeps the results at each level."""
    below = structured(module_of([case]))
    if has_no_form(below):
        with pytest.raises(dlir.CompileError, match="has no form in linalg"):
            to_linalg(below)
        return
    arrays, text = case.inputs(), to_linalg(below)
    for module in (read(text), from_linalg(text)):
        problem = case.problem(arrays, Interpreter(module).call("f", *arrays))
        assert problem is None, problem


@needs_mlir_opt
@pytest.mark.slow
def test_mlir_opt_takes_every_op() -> None:
    modules = (structured(module_of([c])) for cases in REPRESENTATIVE.values() for c in cases)
    chunks = [to_linalg(module) for module in modules if not has_no_form(module)]
    mlir_opt("\n// -----\n".join(chunks), "--split-input-file", "-o", "/dev/null")


UPSTREAM_LACKS = {
    "dl.pow": "machine code for math.ipowi",
    "cast_f16": "a conversion from f64 outside of a compiler's runtime library",
    "dl.expm1": "an exact expm1: it is exp - 1",
    "celu_1": "the same",
    "dl.exp(5?x13xbf16)": "results that are denormal in bf16",
}
"""Cases that cannot be judged so, and what the way to machine code above has not."""


@needs_runner
@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{number}-{case}")
        for number, case in enumerate(case for cases in REPRESENTATIVE.values() for case in cases)
        if not {case.name, str(case)} & {*UPSTREAM_LACKS}
    ][::5],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_upstream_runs_what_goes_out(case: Case) -> None:
    """The text that dlir writes, lowered by mlir-opt alone and run, does what the dl op does."""
    arrays = case.inputs()
    below = structured(module_of([case]))
    if has_no_form(below):
        pytest.skip("linalg has no form for sorts, scans and scatters")
    got = run_upstream(to_linalg(below), arrays)
    wanted = case.reference(arrays)
    same = [a.view(w.dtype) if a.dtype.kind == "i" else a for a, w in zip(got, wanted, strict=True)]
    problem = case.problem(arrays, same)
    assert problem is None, problem


@pytest.mark.slow
def test_round_trip_of_every_example() -> None:
    """Each op of dl goes out and comes back; the examples of their docstrings show it."""
    registry, ops = default_registry(), doc.document_dialect(default_registry(), "dl").ops
    for op in ops:
        for text in op.examples:
            module = example_module(text, registry.context())
            if op.name in STUCK:
                with pytest.raises(dlir.CompileError, match=r"has no (form|lowering)"):
                    to_linalg(structured(module))
                continue
            name = entry(module).sym_name.data
            arrays = [_positive(a) for a in inputs(str(module), limits=(0, 2))]
            below = structured(module)
            want, upstream = _call(below, name, arrays), to_linalg(below)
            for result in (read(upstream), from_linalg(upstream)):
                for expected, got in zip(want, _call(result, name, arrays), strict=True):
                    np.testing.assert_array_equal(expected, got, err_msg=text)
    print(f"\n{len(ops) - len(STUCK)} of {len(ops)} ops of dl go out and come back")


def _positive(array: Any) -> Any:
    """Scales, for one, must be."""
    return np.abs(array) + array.dtype.type(0.5) if array.dtype.kind == "f" else array


def _call(module: ModuleOp, name: str, arrays: list[Any]) -> tuple[Any, ...]:
    """The results; weights are all ones, wherever the module has them."""
    params = {key: np.ones(p.type.get_shape(), dtype_of(p.type)) for p, key in param_ops(module)}
    weights = entry(module).body.block.args[len(arrays) :]
    ones = [np.ones(shape_of(a.type), dtype_of(a.type)) for a in weights]
    return Interpreter(module, params=params).call(name, *arrays, *ones)
