"""Tensors made of nothing but sizes and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.dialects.builtin import f64, i1, i64

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Expr
from dlir.frontends.builder.elements import is_float, numpy_type_of
from dlir.frontends.builder.values import Constant, Tensor, Unsupported, Value

from ..call import Build, Call


def _filled(name: str) -> Build:
    """The number that argument `name` gives, everywhere."""

    def build(context: Context, call: Call) -> Tensor:
        return context.broadcast(call.operand(context, name, call.element), call.dims)

    return build


def _constant(number: int) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        return context.broadcast(context.constant(number, call.element), call.dims)

    return build


def _arange(context: Context, call: Call) -> Tensor:
    """start + i * step, for floats computed in f64 and rounded once."""
    work = f64 if is_float(call.element) else i64
    x = context.iota(call.dims, 0, work)
    for name, default, make in (("step", 1, dl.MulOp), ("start", 0, dl.AddOp)):
        given = call.value(name) if call.has(name) else default
        if isinstance(given, Expr) or given != default:
            x = context.itemwise(make, x, call.operand(context, name, work))
    return context.cast(x, call.element)


def _eye(context: Context, call: Call) -> Tensor:
    rows, columns = (context.iota(call.dims, axis, i64) for axis in (0, 1))
    return context.cast(context.compare("eq", rows, columns), call.element)


def _one_hot(context: Context, call: Call) -> Tensor:
    """Where the class is i, element i is 1. Classes out of range, an error in PyTorch, give 0."""
    if call.int("num_classes") < 0:
        raise Unsupported("num_classes that depends on elements at run time")
    x = call.tensor(context)
    classes = context.iota(call.dims[-1:], 0, x.element)
    hot = context.compare("eq", context.reshape(x, (*x.dims, 1)), classes)
    return context.cast(hot, call.element)


def _triangle(predicate: str) -> Build:
    """The part on one side of a diagonal; the rest is 0."""

    def build(context: Context, call: Call) -> Tensor:
        x = call.tensor(context)
        rows, columns = (context.iota(x.dims[-2:], axis, i64) for axis in (0, 1))
        distance = context.itemwise(dl.SubOp, columns, rows)
        bound = call.operand(context, "diagonal", i64)
        kept = context.compare(predicate, distance, bound)
        zero = context.constant(False if x.element == i1 else 0, x.element)
        return context.itemwise(dl.SelectOp, kept, x, zero)

    return build


def _triangle_indices(find: Callable[..., Any]) -> Build:
    """Rows and columns of the places in a triangle, as numpy lists them."""

    def build(context: Context, call: Call) -> Value:
        places = find(call.int("row"), call.int("offset"), call.int("col"))
        array = np.stack(places).astype(numpy_type_of(call.element))
        return Constant(array, context.hint or "indices")

    return build


OPERATORS: dict[str, Build] = {
    **dict.fromkeys(
        ("aten.arange.default", "aten.arange.start", "aten.arange.start_step"), _arange
    ),
    **dict.fromkeys(
        (
            "aten.empty.memory_format",
            "aten.empty_like.default",
            "aten.new_empty.default",
            "aten.new_zeros.default",
            "aten.zeros.default",
            "aten.zeros_like.default",
        ),
        _constant(0),
    ),
    "aten.eye.default": _eye,
    "aten.eye.m": _eye,
    "aten.fill.Scalar": _filled("value"),
    "aten.fill.Tensor": _filled("value"),
    "aten.full.default": _filled("fill_value"),
    "aten.full_like.default": _filled("fill_value"),
    "aten.new_full.default": _filled("fill_value"),
    "aten.new_ones.default": _constant(1),
    "aten.one_hot.default": _one_hot,
    "aten.ones.default": _constant(1),
    "aten.ones_like.default": _constant(1),
    "aten.scalar_tensor.default": _filled("s"),
    "aten.tril.default": _triangle("le"),
    "aten.tril_indices.default": _triangle_indices(np.tril_indices),
    "aten.triu.default": _triangle("ge"),
    "aten.triu_indices.default": _triangle_indices(np.triu_indices),
}
