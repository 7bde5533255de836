"""Operators whose result sizes follow from elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Constant, NeedsValue, Tensor, Unsupported

from ..node import Node, normalize_axis
from ..operator import Build, tensor


def _nonzero(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    if x.rank == 0:
        raise Unsupported("an input of rank 0")
    return context.emit(dl.NonzeroOp(x.ssa))


def _compress(context: Context, node: Node) -> Tensor:
    """The slices at the places where the condition holds; it may be shorter than the axis.

    How many they are is known where the condition is.
    """
    x, given = tensor(context, node, 0), node.input(1)
    if "axis" not in node.attributes:
        x = context.reshape(x, (d.product(x.dims),))
    axis = normalize_axis(node.int("axis", 0), x.rank)
    if given.rank != 1:
        raise Unsupported(f"a condition of rank {given.rank}")
    if isinstance(given, Constant):
        known = Constant(np.flatnonzero(given.array), f"{context.hint}.places")
        return context.gather(x, context.tensor(known), axis)
    places = context.emit(dl.NonzeroOp(context.tensor(given).ssa))
    return context.gather(x, context.reshape(places, places.dims[1:]), axis)


def _unique(context: Context, node: Node) -> Sequence[Tensor]:
    x = tensor(context, node, 0)
    axis = normalize_axis(node.int("axis", 0), x.rank) if "axis" in node.attributes else None
    op = dl.UniqueOp(x.ssa, axis, by_place=not node.int("sorted", 1))
    size = d.product(x.dims) if axis is None else x.dims[axis]
    values = None if axis is None else [None if n == axis else m for n, m in enumerate(x.dims)]
    return context.emit_all(op, [values, None, [size], None])


def _nms(context: Context, node: Node) -> Tensor:
    boxes, scores = tensor(context, node, 0), tensor(context, node, 1)
    most, overlap = int(_number(node, 2, 0)), float(_number(node, 3, 0.0))
    least = float(_number(node, 4, 0.0)) if node.has(4) else None
    centered = bool(node.int("center_point_box", 0))
    # a number below 0 means none, as 0 does
    op = dl.NmsOp(boxes.ssa, scores.ssa, max(most, 0), overlap, least, centered=centered)
    return context.emit(op)


def _number(node: Node, index: int, default: float) -> Any:
    """An optional operand of one element, which must be known at import."""
    if not node.has(index):
        return default
    value = node.input(index)
    if not isinstance(value, Constant):
        raise NeedsValue("numbers that are known at run time only", value)
    return value.array.reshape(-1)[0]


OPERATORS: dict[str, Build] = {
    "Compress": _compress,
    "NonMaxSuppression": _nms,
    "NonZero": _nonzero,
    "Unique": _unique,
}
