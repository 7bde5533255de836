"""Index arithmetic shared by `tensor`, `memref` and `vector`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, ArrayAttr, IntegerAttr
from xdsl.ir import Attribute

from dlir.numpy_types import Array, Value


def point(array: Array, indices: Sequence[Value]) -> tuple[Value, ...]:
    """`indices` as one element's position; raises IndexError outside the array."""
    for axis, (index, size) in enumerate(zip(indices, array.shape, strict=True)):
        if not 0 <= index < size:
            raise IndexError(f"index {index} is out of range [0, {size}) in dimension {axis}")
    return tuple(indices)


def points(array: Array, indices: Sequence[Value]) -> tuple[Value, ...]:
    """Like `point`, for arrays of positions as well."""
    for axis, (index, size) in enumerate(zip(indices, array.shape, strict=True)):
        wrong = np.asarray((index < 0) | (index >= size))
        if wrong.any():
            found = np.broadcast_to(index, wrong.shape)[wrong][0]
            raise IndexError(f"index {found} is out of range [0, {size}) in dimension {axis}")
    return tuple(indices)


def mixed(static: Any, dynamic: Iterator[Value]) -> list[int]:
    """MLIR's list of numbers and operands: every dynamic mark takes the next operand."""
    numbers = cast(tuple[int, ...], static.get_values())
    return [int(next(dynamic)) if n == DYNAMIC_INDEX else n for n in numbers]


def shape_of(type: Attribute, dynamic: Sequence[Value]) -> tuple[int, ...]:
    """A type's sizes with the operands in place of `?`; raises ValueError for a negative one."""
    operands = iter(dynamic)
    sizes = cast(tuple[int, ...], cast(Any, type).get_shape())
    shape = tuple(int(next(operands)) if n == DYNAMIC_INDEX else n for n in sizes)
    if any(n < 0 for n in shape):
        raise ValueError(f"sizes must not be negative, got {list(shape)}")
    return shape


def check_shape(type: Attribute, array: Array) -> None:
    """Raises ValueError when the array's sizes differ from the type's static ones."""
    sizes = cast(tuple[int, ...], cast(Any, type).get_shape())
    agrees = len(sizes) == array.ndim and all(
        size in (DYNAMIC_INDEX, actual) for size, actual in zip(sizes, array.shape, strict=True)
    )
    if not agrees:
        raise ValueError(f"expected {type}, got sizes {list(array.shape)}")


def box(
    array: Array, offsets: Sequence[int], sizes: Sequence[int], strides: Sequence[int]
) -> tuple[slice, ...]:
    """The slices of a hyper-rectangle; raises IndexError unless it lies inside the array."""
    slices: list[slice] = []
    for axis, (offset, size, stride) in enumerate(zip(offsets, sizes, strides, strict=True)):
        last, extent = offset + (size - 1) * stride, array.shape[axis]
        inside = 0 <= offset < extent and 0 <= last < extent
        if size < 0 or stride == 0 or (size > 0 and not inside):
            raise IndexError(
                f"offset {offset}, size {size}, stride {stride} "
                f"leaves dimension {axis} of size {extent}"
            )
        end = last + (1 if stride > 0 else -1)
        slices.append(slice(offset, end if end >= 0 else None, stride) if size else slice(0, 0))
    return tuple(slices)


def without_units(shape: Sequence[int], rank: int) -> list[int]:
    """Drop leading unit dimensions until `rank` are left (rank-reducing slices)."""
    kept, surplus = list[int](), len(shape) - rank
    for size in shape:
        if size == 1 and surplus > 0:
            surplus -= 1
        else:
            kept.append(size)
    return kept


def merged_shape(groups: ArrayAttr[ArrayAttr[IntegerAttr]], shape: Sequence[int]) -> list[int]:
    """The sizes after collapsing every group of dimensions into one."""
    sizes: list[int] = []
    for group in groups:
        size = 1
        for axis in group:
            size *= shape[axis.value.data]
        sizes.append(size)
    return sizes


def split_shape(
    groups: ArrayAttr[ArrayAttr[IntegerAttr]], sizes: Sequence[int], shape: Sequence[int]
) -> list[int]:
    """`sizes` (of the expanded value) checked against `shape` (before); raises ValueError."""
    if merged_shape(groups, sizes) != list(shape):
        raise ValueError(f"sizes {list(sizes)} do not split {list(shape)}")
    return list(sizes)
