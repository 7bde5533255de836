"""Reductions over whole axes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, TypeAlias

import numpy as np

from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.semantics.common import is_float, result_dtype, rounded, to_f64
from dlir.numpy_types import Array

Axes: TypeAlias = tuple[int, ...]


def least(dtype: np.dtype[Any]) -> Any:
    """The neutral element of max."""
    return _limits(dtype)[0]


def greatest(dtype: np.dtype[Any]) -> Any:
    """The neutral element of min."""
    return _limits(dtype)[1]


def _limits(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    if dtype.kind == "b":
        return False, True
    if dtype.kind not in "iu":
        return -np.inf, np.inf
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


# The functions: of an array, the axes, and whether to keep them


def total(x: Array, axes: Axes, keep: bool) -> Array:
    return np.sum(x, axes, dtype=x.dtype, keepdims=keep)


def product(x: Array, axes: Axes, keep: bool) -> Array:
    return np.prod(x, axes, dtype=x.dtype, keepdims=keep)


def mean(x: Array, axes: Axes, keep: bool) -> Array:
    """Sum over count: 0/0 of nothing is NaN."""
    return total(x, axes, keep) / np.float64(prod(x.shape[axis] for axis in axes))


def maximum(x: Array, axes: Axes, keep: bool) -> Array:
    return np.max(x, axes, keepdims=keep, initial=least(x.dtype))


def minimum(x: Array, axes: Axes, keep: bool) -> Array:
    return np.min(x, axes, keepdims=keep, initial=greatest(x.dtype))


FUNCTIONS: dict[type[r.ReduceOp], Callable[[Array, Axes, bool], Array]] = {
    r.ReduceSumOp: total,
    r.ReduceProdOp: product,
    r.ReduceMeanOp: mean,
    r.ReduceMaxOp: maximum,
    r.ReduceMinOp: minimum,
}


def reduce(_: Any, op: r.ReduceOp, x: Array) -> Array:
    """f over the axes, in f64 for floats"""
    value = to_f64(x) if is_float(op.x) else x
    result = FUNCTIONS[type(op)](value, op.axes.get_values(), op.keepdims is not None)
    return rounded(np.asarray(result), result_dtype(op))


SEMANTICS = dict.fromkeys(FUNCTIONS, reduce)
