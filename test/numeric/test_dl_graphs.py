"""Passes on `dl` graphs change results by rounding only: every function of their lit tests is run
before and after the pass, those that must not change as well."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.interpreter import Interpreter
from dlir.numpy_types import dtype_of
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_decompose import DlDecompose
from dlir.transforms.dl_raise_composites import DlRaiseComposites

FOLDER = Path(__file__).parents[1] / "transforms"
REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
SPECIAL = {"dl-raise-composites": [np.nan, np.inf, -np.inf, 80.0, -80.0, 0.0]}
"""Passes that must treat such numbers alike."""
PASSES = [
    "dl-fold-scale", "dl-merge-matmuls", "dl-raise-composites", "dl-sink-reshape",
    "dl-sink-transpose",
]  # fmt: skip


@cache
def graphs(name: str) -> tuple[ModuleOp, ModuleOp]:
    """The functions of a lit test before and after its pass."""
    path = FOLDER / f"{name}.mlir"
    module = parse_module(path.read_text(), CONTEXT, path.name)
    changed = module.clone()
    REGISTRY.find_pass(name)().apply(CONTEXT, changed)
    changed.verify()
    return module, changed


def functions(module: ModuleOp) -> dict[str, FuncOp]:
    return {op.sym_name.data: op for op in module.body.block.ops if isinstance(op, FuncOp)}


CASES = [(name, function) for name in PASSES for function in functions(graphs(name)[0])]


def numbers(type: Any, size: int, special: float | None = None) -> Any:
    """Random numbers of a type; `?` is the size; one element is the special number."""
    shape = [size if n == DYNAMIC_INDEX else n for n in type.get_shape()]
    array = np.asarray(2 * np.random.default_rng(size).standard_normal(shape))
    if special is not None and array.size:
        array.flat[array.size // 2] = special
    return array.astype(dtype_of(type))


def random_params(module: ModuleOp) -> dict[str, Any]:
    """By name and shape; positive, for some are variances."""
    params = [op for op in module.walk() if op.name == "dl.param"]
    return {op.param_name.data: _positive(op.result.type) for op in params}  # type: ignore


def _positive(type: Any) -> Any:
    array = numbers(type, 1)
    return (np.abs(array) + 0.5).astype(array.dtype)


def outcome(module: ModuleOp, name: str, params: Any, arrays: list[Any]) -> Any:
    with np.errstate(all="ignore"):
        return Interpreter(module, REGISTRY, params=params).call(name, *arrays)


@pytest.mark.parametrize(("name", "function"), CASES)
def test_same_values(name: str, function: str) -> None:
    before, after = graphs(name)
    one = functions(before)[function]
    params = random_params(one)  # type: ignore
    for special in (None, *SPECIAL.get(name, [])):
        for size in (0, 1, 2, 17):
            if size == 0 and "over_the_first_axis" in function:
                continue  # the mean of nothing
            arrays = [numbers(type, size, special) for type in one.function_type.inputs]
            results = [outcome(module, function, params, arrays) for module in (before, after)]
            for old, new in zip(*results, strict=True):
                assert new.dtype == old.dtype
                old, new = old.astype(float), new.astype(float)
                np.testing.assert_allclose(new, old, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["gelu", "softmax", "log_softmax", "layer_norm", "attention"])
def test_what_was_decomposed_is_found_again(name: str) -> None:
    """The formulas of `dl-decompose` are among those that are recognised."""
    raised = graphs("dl-raise-composites")[1].clone()
    count = sum(op.name == f"dl.{name}" for op in raised.walk())
    DlDecompose(ops=(name,)).apply(CONTEXT, raised)
    assert not any(op.name == f"dl.{name}" for op in raised.walk())
    DlRaiseComposites().apply(CONTEXT, raised)
    assert sum(op.name == f"dl.{name}" for op in raised.walk()) == count > 0
