"""Maximum pooling that says where each maximum stands."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import Attribute

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float, numpy_type_of
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported

from ..node import Node
from ..windows import Windows, window_dims

LARGEST_TABLE = 1 << 26
"""No table of places that is made at import has more numbers."""


def max_and_place(
    context: Context, node: Node, image: Tensor, windows: Windows
) -> tuple[Tensor, Tensor]:
    """The greatest value of each window and its index in the whole tensor.

    The first of several is taken, and NaN is greatest. `storage_order` 1 counts the places of an
    image from its first dimension on, as if it were stored by columns.
    """
    size = [n for n in image.dims[2:] if isinstance(n, int)]
    counts = [n for n in window_dims(image.dims[2:], windows) if isinstance(n, int)]
    if len(size) != image.rank - 2 or prod(counts) * prod(windows.kernel) > LARGEST_TABLE:
        raise Unsupported("the Indices result for an image of dynamic or enormous size")
    places, inside = _seen(size, counts, windows)
    rows = d.mul(image.dims[0], image.dims[1])
    flat = context.reshape(image, (rows, prod(size)))
    flat = context.pad(flat, (0, 0), (0, 1), _least(image.element))
    seen = context.gather(flat, _table(context, node, places, "places"), 1)
    top = context.emit(dl.ReduceMaxOp(seen.ssa, [2], keepdims=True), (*seen.dims[:2], 1))
    found = _found(context, seen, top, _table(context, node, inside, "inside"))
    index = _first(context, found, places.shape[1])
    first = context.iota((1, places.shape[0], 1), 1, i64)
    window = context.constant(places.shape[1], i64)
    cell = context.itemwise(dl.AddOp, context.itemwise(dl.MulOp, first, window), index)
    ordered = _stored(places, size) if node.int("storage_order", 0) else places
    names = _table(context, node, ordered.reshape(-1), "order")
    own = context.gather(names, context.reshape(cell, (rows, places.shape[0])), 0)
    start = context.itemwise(
        dl.MulOp, context.iota((rows, 1), 0, i64), context.constant(prod(size), i64)
    )
    shape = (*image.dims[:2], *counts)
    whole = context.itemwise(dl.AddOp, own, start)
    return context.reshape(top, shape), context.reshape(whole, shape)


def _table(context: Context, node: Node, table: Array, what: str) -> Tensor:
    return context.tensor(Constant(table, f"{node.name}.{what}"))


def _least(element: Attribute) -> float:
    if is_float(element):
        return -np.inf
    return int(np.iinfo(numpy_type_of(element)).min)


def _seen(size: Sequence[int], counts: Sequence[int], windows: Windows) -> tuple[Array, Array]:
    """[window, place of it]: the index in the image, and whether it is inside.

    Everything outside has the index behind the last one.
    """
    rank = len(size)
    index, inside = np.zeros((), np.int64), np.ones((), np.bool_)
    columns = zip(size, counts, windows.kernel, windows.strides, windows.dilations, strict=True)
    for axis, (n, count, kernel, stride, dilation) in enumerate(columns):
        starts = np.arange(count)[:, None] * stride - windows.padding[axis]
        place = starts + np.arange(kernel) * dilation
        shape = [1] * (2 * rank)
        shape[axis], shape[rank + axis] = place.shape
        place = place.reshape(shape)
        index, inside = index * n + place, inside & (place >= 0) & (place < n)
    flat = (prod(counts), prod(windows.kernel))
    return np.where(inside, index, prod(size)).reshape(flat), inside.reshape(flat)


def _stored(places: Array, size: Sequence[int]) -> Array:
    """The same places as they are counted from the first dimension on."""
    total, rest, step = np.zeros_like(places), np.minimum(places, prod(size) - 1), prod(size)
    for n in size[::-1]:
        step //= n
        total, rest = total + rest % n * step, rest // n
    return total


def _found(context: Context, seen: Tensor, top: Tensor, inside: Tensor) -> Tensor:
    """Which places hold the greatest value."""
    found = context.compare("eq", seen, top)
    if is_float(seen.element):
        nan = context.itemwise(dl.IsNanOp, seen)
        found = context.itemwise(dl.OrOp, found, nan)
    return context.itemwise(dl.AndOp, found, inside)


def _first(context: Context, found: Tensor, count: int) -> Tensor:
    """The first place of each window that is found."""
    places = context.iota((1, 1, count), 2, i64)
    last = context.constant(count - 1, i64)
    candidates = context.itemwise(dl.SelectOp, found, places, last)
    return context.emit(dl.ReduceMinOp(candidates.ssa, [2], keepdims=True), (*found.dims[:2], 1))
