"""`dl-raise-composites` changes results by rounding only: every graph of its lit test is run before
and after it, the graphs that must not match as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.interpreter import Interpreter
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_decompose import DlDecompose
from dlir.transforms.dl_raise_composites import DlRaiseComposites

LIT = Path(__file__).parents[1] / "transforms/dl-raise-composites.mlir"
REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
GRAPHS = parse_module(LIT.read_text(), CONTEXT, LIT.name)
FUNCTIONS = [op.sym_name.data for op in GRAPHS.body.block.ops if isinstance(op, FuncOp)]
RAISED = ("gelu", "softmax", "log_softmax", "layer_norm", "attention")


def inputs(function: FuncOp, size: int, special: float | None) -> list[Any]:
    """Random numbers for each argument; `?` is the size; one element is the special number."""
    rng = np.random.default_rng(size)
    arrays: list[Any] = []
    for type in function.function_type.inputs:
        shape = [size if n == DYNAMIC_INDEX else n for n in type.get_shape()]  # type: ignore
        array = np.asarray(2 * rng.standard_normal(shape), np.float32)
        if special is not None and array.size:
            array.flat[array.size // 2] = special
        arrays.append(array)
    return arrays


def outcome(module: ModuleOp, name: str, arrays: list[Any]) -> Any:
    module.verify()
    with np.errstate(all="ignore"):
        return Interpreter(module, REGISTRY).call(name, *arrays)


@pytest.mark.parametrize("special", [None, np.nan, np.inf, -np.inf, 80.0, -80.0, 0.0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_same_values(name: str, special: float | None) -> None:
    raised = GRAPHS.clone()
    DlRaiseComposites().apply(CONTEXT, raised)
    function = next(op for op in GRAPHS.body.block.ops if op.sym_name.data == name)  # type: ignore
    for size in (0, 1, 2, 17):
        if size == 0 and "over_the_first_axis" in name:
            continue  # the mean of nothing
        arrays = inputs(function, size, special)  # type: ignore
        for old, new in zip(
            outcome(GRAPHS, name, arrays), outcome(raised, name, arrays), strict=True
        ):
            assert new.dtype == old.dtype
            np.testing.assert_allclose(new, old, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", RAISED)
def test_what_was_decomposed_is_found_again(name: str) -> None:
    """The formulas of `dl-decompose` are among those that are recognised."""
    raised = GRAPHS.clone()
    DlRaiseComposites().apply(CONTEXT, raised)
    count = sum(op.name == f"dl.{name}" for op in raised.walk())
    DlDecompose(ops=(name,)).apply(CONTEXT, raised)
    assert not any(op.name == f"dl.{name}" for op in raised.walk())
    DlRaiseComposites().apply(CONTEXT, raised)
    assert sum(op.name == f"dl.{name}" for op in raised.walk()) == count > 0
