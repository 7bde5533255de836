"""Semantics of `tensor`: a tensor is an array that nobody writes to."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from xdsl.dialects import tensor

from dlir.dialects.tensors import ExpandShapeOp, GenerateOp, ReshapeOp
from dlir.dialects.upstream.indexing import (
    box,
    check_shape,
    merged_shape,
    mixed,
    point,
    points,
    shape_of,
    split_shape,
    without_units,
)
from dlir.interpreter import Interpreter
from dlir.numpy_types import Array, Value, dtype_of, uninitialised


def empty(interp: Interpreter, op: tensor.EmptyOp, *sizes: Value) -> Array:
    """A tensor whose elements nobody may rely on: NaN or -1."""
    type = op.tensor.type
    return uninitialised(shape_of(type, sizes), dtype_of(type))


def splat(interp: Interpreter, op: tensor.SplatOp, value: Value, *sizes: Value) -> Array:
    """The same element everywhere."""
    return np.full(shape_of(op.result.type, sizes), value)


def from_elements(interp: Interpreter, op: tensor.FromElementsOp, *elements: Value) -> Array:
    """The operands in row-major order."""
    type = op.result.type
    return np.array(elements, dtype_of(type)).reshape(cast(Any, type).get_shape())


def cast_(interp: Interpreter, op: tensor.CastOp, value: Array) -> Array:
    """More or fewer `?` in the type; a size that contradicts it raises ValueError."""
    check_shape(op.dest.type, value)
    return value


def dim(interp: Interpreter, op: tensor.DimOp, value: Array, axis: Value) -> Value:
    """The size of one dimension."""
    if not 0 <= axis < value.ndim:
        raise IndexError(f"a tensor of rank {value.ndim} has no dimension {axis}")
    return np.int64(value.shape[axis])


def extract(interp: Interpreter, op: tensor.ExtractOp, value: Array, *indices: Value) -> Value:
    """One element; in a body that is run on whole arrays, one for each place."""
    return value[points(value, indices)]


def insert(
    interp: Interpreter, op: tensor.InsertOp, element: Value, into: Array, *indices: Value
) -> Array:
    """A copy with one element replaced."""
    result = into.copy()
    result[point(into, indices)] = element
    return result


def _box(op: tensor.ExtractSliceOp | tensor.InsertSliceOp, value: Array, *operands: Value):
    dynamic = iter(operands)
    offsets, sizes, strides = (
        mixed(static, dynamic) for static in (op.static_offsets, op.static_sizes, op.static_strides)
    )
    return sizes, box(value, offsets, sizes, strides)


def extract_slice(
    interp: Interpreter, op: tensor.ExtractSliceOp, value: Array, *operands: Value
) -> Array:
    """A hyper-rectangle; unit dimensions that the result type lacks are dropped."""
    sizes, where = _box(op, value, *operands)
    shape = op.result.type.get_shape()
    part = value[where]
    if len(shape) < len(sizes):
        part = part.reshape(without_units(sizes, len(shape)))
    check_shape(op.result.type, part)
    return part


def insert_slice(
    interp: Interpreter, op: tensor.InsertSliceOp, part: Array, into: Array, *operands: Value
) -> Array:
    """A copy with a hyper-rectangle replaced."""
    sizes, where = _box(op, into, *operands)
    result = into.copy()
    if part.size != int(np.prod(sizes, dtype=np.int64)):
        raise ValueError(f"inserts sizes {list(part.shape)} where {sizes} are replaced")
    result[where] = part.reshape(sizes)
    return result


def generate(interp: Interpreter, op: GenerateOp, *sizes: Value) -> Array:
    """Each element from its position, which the region sees."""
    type = op.result.type
    result = np.empty(shape_of(type, sizes), dtype_of(type))
    for place in np.ndindex(result.shape):
        (result[place],) = interp.run_region(op.body, *map(np.int64, place))
    return result


def reshape(interp: Interpreter, op: ReshapeOp, value: Array, shape: Array) -> Array:
    """The same elements in row-major order under the sizes of `shape`."""
    sizes = [int(size) for size in shape]
    if any(size < 0 for size in sizes) or int(np.prod(sizes, dtype=np.int64)) != value.size:
        raise ValueError(f"sizes {sizes} do not hold {value.size} elements")
    result = value.reshape(sizes)
    check_shape(op.result.type, result)
    return result


def expand_shape(interp: Interpreter, op: ExpandShapeOp, value: Array, *sizes: Value) -> Array:
    """Split dimensions."""
    wanted = mixed(op.static_output_shape, iter(sizes))
    return value.reshape(split_shape(op.reassociation, wanted, value.shape))


def collapse_shape(interp: Interpreter, op: tensor.CollapseShapeOp, value: Array) -> Array:
    """Join dimensions."""
    return value.reshape(merged_shape(op.reassociation, value.shape))


def concat(interp: Interpreter, op: tensor.ConcatOp, *values: Array) -> Array:
    """One after the other along `dim`."""
    return np.concatenate(values, axis=op.dim.value.data)


def pad(interp: Interpreter, op: tensor.PadOp, value: Array, *operands: Value) -> Array:
    """Grow each dimension by `low` before and `high` after; the region says what stands there."""
    dynamic = iter(operands)
    low, high = mixed(op.static_low, dynamic), mixed(op.static_high, dynamic)
    if min([0, *low, *high]) < 0:
        raise ValueError(f"padding must not be negative, got low {low}, high {high}")
    shape = [a + n + b for a, n, b in zip(low, value.shape, high, strict=True)]
    result = np.empty(shape, value.dtype)
    inside = tuple(slice(a, a + n) for a, n in zip(low, value.shape, strict=True))
    outside = np.ones(shape, np.bool_)
    outside[inside] = False
    result[inside] = value
    for where in np.argwhere(outside):
        (result[tuple(where)],) = interp.run_region(op.region, *where)
    return result


SEMANTICS: dict[type[Any], Any] = {
    tensor.EmptyOp: empty,
    tensor.SplatOp: splat,
    tensor.FromElementsOp: from_elements,
    tensor.CastOp: cast_,
    tensor.DimOp: dim,
    tensor.ExtractOp: extract,
    tensor.InsertOp: insert,
    tensor.ExtractSliceOp: extract_slice,
    tensor.InsertSliceOp: insert_slice,
    GenerateOp: generate,
    ReshapeOp: reshape,
    ExpandShapeOp: expand_shape,
    tensor.CollapseShapeOp: collapse_shape,
    tensor.ConcatOp: concat,
    tensor.PadOp: pad,
}
