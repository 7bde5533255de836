"""Elements read and written at computed places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from dlir.dialects.dl.attrs import Reduction
from dlir.dialects.dl.ops import scatter as s
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.semantics.common import result_dtype
from dlir.numpy_types import Array

UFUNCS: dict[Reduction, np.ufunc] = {
    Reduction.ADD: np.add,
    Reduction.MUL: np.multiply,
    Reduction.MAX: np.maximum,
    Reduction.MIN: np.minimum,
}


def checked(indices: Array, size: int, axis: int) -> Array:
    """The indices, if all lie in [-size, size); raises IndexError."""
    outside = (indices < -size) | (indices >= size)
    if np.any(outside):
        first = indices[outside].flat[0]
        raise IndexError(f"index {first} is outside [-{size}, {size}), dimension {axis}")
    return indices


def counted(shape: Sequence[int]) -> list[Array]:
    """0, 1, 2, ... along each dimension."""
    return [*cast("tuple[Array, ...]", np.ix_(*map(np.arange, shape)))]


def elements(x: Array, indices: Array, axis: int) -> tuple[Array, ...]:
    """The place of each index: its own, but for the axis."""
    for dim, (own, size) in enumerate(zip(indices.shape, x.shape, strict=True)):
        if dim != axis and own > size:
            raise ValueError(f"indices of size {own} in dimension {dim} of size {size}")
    places = counted(indices.shape)
    places[axis] = checked(indices, x.shape[axis], axis)
    return tuple(np.broadcast_arrays(*places))


def points(x: Array, indices: Array, skipped: int = 0) -> tuple[Array, ...]:
    """The numbers of the last dimension, one array each."""
    return tuple(
        checked(indices[..., n], x.shape[skipped + n], skipped + n)
        for n in range(indices.shape[-1])
    )


def gather_elements(_: Any, op: s.GatherElementsOp, x: Array, indices: Array) -> Array:
    """y[.., i, ..] = x[.., indices[i], ..]"""
    return x[elements(x, indices, op.axis.value.data)]


def gather_nd(_: Any, op: s.GatherNdOp, x: Array, indices: Array) -> Array:
    """y[b.., i..] = x[b.., indices[b.., i.., :]..]"""
    batch = op.batch_dims.value.data
    if x.shape[:batch] != indices.shape[:batch]:
        raise ValueError(f"batches of shapes {x.shape[:batch]} and {indices.shape[:batch]}")
    named = points(x, indices, batch)
    more = [1] * (named[0].ndim - batch)
    own = [n.reshape(*n.shape, *more) for n in counted(x.shape[:batch])]
    return x[(*own, *named)]


def put(x: Array, places: tuple[Array, ...], updates: Array, reduction: Reduction) -> Array:
    """x with the updates at the places, one after the other."""
    y = x.copy()
    if reduction is Reduction.NONE:
        y[places] = updates
    else:
        with np.errstate(all="ignore"):
            UFUNCS[reduction].at(y, places, updates)
    return y


def _require_shape(updates: Array, shape: Sequence[int]) -> None:
    if updates.shape != tuple(shape):
        raise ValueError(f"updates of shape {[*updates.shape]}, expected {[*shape]}")


def scatter_elements(
    _: Any, op: s.ScatterElementsOp, x: Array, indices: Array, updates: Array
) -> Array:
    """y[.., indices[i], ..] = updates[.., i, ..]"""
    _require_shape(updates, indices.shape)
    return put(x, elements(x, indices, op.axis.value.data), updates, op.reduction.data)


def scatter_nd(_: Any, op: s.ScatterNdOp, x: Array, indices: Array, updates: Array) -> Array:
    """y[indices[i.., :]..] = updates[i..]"""
    _require_shape(updates, (*indices.shape[:-1], *x.shape[indices.shape[-1] :]))
    return put(x, points(x, indices), updates, op.reduction.data)


def one_hot(_: Any, op: s.OneHotOp, indices: Array, *sizes: Any) -> Array:
    """y[.., j, ..] = 1 if j = index[..] else 0"""
    axis = op.axis.value.data
    depth = int(sizes[0]) if sizes else shape_of(op.result)[axis]
    if depth < 0:
        raise ValueError(f"a size is negative: {depth}")
    index = np.expand_dims(np.minimum(indices, np.iinfo(np.int64).max).astype(np.int64), axis)
    counted = np.arange(depth).reshape(-1, *[1] * (indices.ndim - axis))
    return (np.where(index < 0, index + depth, index) == counted).astype(result_dtype(op))


SEMANTICS = {
    s.GatherElementsOp: gather_elements,
    s.GatherNdOp: gather_nd,
    s.ScatterElementsOp: scatter_elements,
    s.ScatterNdOp: scatter_nd,
    s.OneHotOp: one_hot,
}
