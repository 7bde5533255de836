"""Moving elements."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from dlir.dialects.dl import shapes
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.semantics.common import check_stretch, result_dtype, sizes_of
from dlir.numpy_types import Array


def reshape(_: Any, op: mv.ReshapeOp, x: Array, *sizes: Any) -> Array:
    """The elements in row-major order under another shape"""
    target = shape_of(op.result)
    if shapes.DYNAMIC in target and not sizes:
        sizes = (remaining(x.size, [dim for dim in target if dim != shapes.DYNAMIC]),)
    shape = sizes_of(target, sizes)
    if prod(shape) != x.size:
        raise ValueError(f"{x.size} elements do not fill shape {[*shape]}")
    return x.reshape(shape)


def remaining(count: int, known: list[int]) -> int:
    """The size that is left for the only `?`; raises ValueError when it is not determined."""
    if prod(known) == 0 or count % prod(known):
        raise ValueError(f"{count} elements cannot be divided by sizes {known}")
    return count // prod(known)


def transpose(_: Any, op: mv.TransposeOp, x: Array) -> Array:
    """Dimension i of y is dimension perm[i] of x"""
    return x.transpose(op.perm.get_values())


def broadcast(_: Any, op: mv.BroadcastOp, x: Array, *sizes: Any) -> Array:
    """numpy.broadcast_to"""
    shape = sizes_of(shape_of(op.result), sizes)
    check_stretch(shape_of(op.x), x.shape, shape)
    return np.broadcast_to(x, shape)


def slice_(_: Any, op: mv.SliceOp, x: Array, *sizes: Any) -> Array:
    """y[i] = x[offsets + i * strides]"""
    shape = sizes_of(shape_of(op.result), sizes)
    steps = zip(op.offsets.get_values(), shape, op.strides.get_values(), x.shape, strict=True)
    return x[tuple(places(*step) for step in steps)]


def places(offset: int, size: int, stride: int, limit: int) -> slice:
    """offset, offset + stride, ...: `size` of them; raises IndexError outside [0, limit)."""
    if size == 0:
        return slice(0, 0)
    last = offset + (size - 1) * stride
    if not (0 <= offset < limit and 0 <= last < limit):
        raise IndexError(f"places {offset} to {last} are outside a dimension of size {limit}")
    stop = last + (1 if stride > 0 else -1)
    return slice(offset, None if stop < 0 else stop, stride)


def pad(_: Any, op: mv.PadOp, x: Array) -> Array:
    """x surrounded by a value"""
    widths = list(zip(op.low.get_values(), op.high.get_values(), strict=True))
    value = np.asarray(op.value.value.data).astype(result_dtype(op))
    return np.pad(x, widths, constant_values=value) if widths else x


def gather(_: Any, op: mv.GatherOp, x: Array, indices: Array) -> Array:
    """y[a.., i.., b..] = x[a.., indices[i..], b..]"""
    axis = op.axis.value.data
    size = x.shape[axis]
    outside = (indices < -size) | (indices >= size)
    if np.any(outside):
        first = indices[outside].flat[0]
        raise IndexError(f"index {first} is outside [-{size}, {size}), dimension {axis}")
    return np.take(x, indices, axis)


def concat(_: Any, op: mv.ConcatOp, *inputs: Array) -> Array:
    """The inputs one after the other"""
    return np.concatenate(inputs, op.axis.value.data)


def split(_: Any, op: mv.SplitOp, x: Array) -> tuple[Array, ...]:
    """x cut after sizes[0], sizes[0] + sizes[1], ... elements"""
    axis, sizes = op.axis.value.data, op.sizes.get_values()
    if sum(sizes) != x.shape[axis]:
        raise ValueError(f"sizes {[*sizes]} do not add up to {x.shape[axis]}")
    return tuple(np.split(x, np.cumsum(sizes)[:-1], axis)) if sizes else ()


SEMANTICS = {
    mv.ReshapeOp: reshape,
    mv.TransposeOp: transpose,
    mv.BroadcastOp: broadcast,
    mv.SliceOp: slice_,
    mv.PadOp: pad,
    mv.GatherOp: gather,
    mv.ConcatOp: concat,
    mv.SplitOp: split,
}
