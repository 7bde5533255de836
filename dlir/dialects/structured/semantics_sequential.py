"""What the ops that go through elements one after the other mean, in numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import Operation

from dlir.dialects.structured.ops import ScanOp, ScatterOp, SortOp
from dlir.numpy_types import dtype_of
from dlir.types import is_number

Array = NDArray[Any]


def _written(op: Operation, outs: Array, value: Array) -> Array | None:
    """The value as a result, or put into the memory of `outs`."""
    if op.results:
        return value
    outs[...] = value
    return None


def scan(interp: Any, op: ScanOp, x: Array, outs: Array) -> Array | None:
    """acc = body(x[j], acc), one place along the axis after the other, the others all at once"""
    assert is_number(op.init)
    rows = np.moveaxis(x, op.axis.value.data, 0)
    places = np.arange(len(rows))[:: -1 if op.reverse is not None else 1]
    acc = np.full(rows.shape[1:], op.init.value.data, dtype_of(op.init.type))
    result = np.empty_like(rows, dtype=outs.dtype)
    for place in places:
        before, acc = acc, interp.run_block(op.body.block, rows[place], acc)[0]
        result[place] = before if op.exclusive is not None else acc
    return _written(op, outs, np.moveaxis(result, 0, op.axis.value.data))


def sort(interp: Any, op: SortOp, *values: Array) -> Array | None:
    """An element's place is the number of elements that come before it."""
    *inputs, outs = values
    axis = op.axis.value.data
    rows = [np.moveaxis(x, axis, -1) for x in inputs]
    size, room = int(rows[0].shape[-1]), outs.shape[axis]
    if room > size:
        raise ValueError(f"structured.sort gives the first {room} of {size} elements")
    a, b = ([x[..., :, None] for x in rows], [x[..., None, :] for x in rows])
    precedes = np.broadcast_to(
        interp.run_block(op.body.block, *a, *b)[0], (*rows[0].shape, size)
    ).astype(bool)
    later = np.tri(size, k=-1, dtype=bool)  # a stands behind b in the input
    before = np.swapaxes(precedes, -1, -2) | (later & ~precedes)
    place: Array = before.sum(-1)
    order = np.zeros(rows[0].shape, np.int64)
    np.put_along_axis(order, place, np.broadcast_to(np.arange(size), place.shape), -1)
    return _written(op, outs, np.moveaxis(order[..., :room], -1, axis))


def scatter(
    interp: Any, op: ScatterOp, indices: Array, updates: Array, outs: Array
) -> Array | None:
    """out[i] = body(out[i], update), one row after the other"""
    size = len(outs)
    if indices.size and not ((indices >= -size) & (indices < size)).all():
        raise IndexError(f"scatter index out of range for {size} rows")
    result = outs.copy() if op.results else outs
    for place in np.ndindex(*indices.shape):
        row = int(indices[place])
        result[row] = interp.run_block(op.body.block, result[row], updates[place])[0]
    return result if op.results else None


SEMANTICS: dict[type[Operation], Callable[..., Any]] = {
    ScanOp: scan,
    SortOp: sort,
    ScatterOp: scatter,
}
