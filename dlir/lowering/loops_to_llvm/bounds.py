"""Bounds checks: an access that would leave its memref reports itself and is skipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import cast

from xdsl.dialects import llvm
from xdsl.dialects.builtin import (
    IntegerType,
    i1,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.llvm import intrinsics
from dlir.lowering.loops_to_llvm.control import report
from dlir.lowering.loops_to_llvm.rounding import select
from dlir.lowering.loops_to_llvm.state import (
    Buffer,
    Index,
    Lowering,
    Rows,
    shape_of,
)
from dlir.lowering.loops_to_llvm.vectors import lane_mask


def all_of(low: Lowering, conditions: Sequence[SSAValue]) -> SSAValue:
    """Whether all conditions hold."""
    result = low.integer(1, i1)
    for condition in conditions:
        result = low.emit(llvm.AndOp, (result, condition), i1)
    return result


def inside(
    low: Lowering, indices: Sequence[Index], extents: Sequence[Index], sizes: Sequence[Index]
) -> SSAValue:
    """Whether `0 <= index` and `index + extent <= size` in every dimension."""
    conditions: list[SSAValue] = []
    for index, extent, size in zip(indices, extents, sizes, strict=True):
        start = low.integer(index)
        conditions.append(low.compare(5, start, low.integer(0)))
        end = low.integer(low.plus(start, extent))
        conditions.append(low.compare(3, end, low.integer(size)))
    return all_of(low, conditions)


def when(
    low: Lowering, condition: SSAValue, otherwise: Sequence[SSAValue], access: Callable[[], Rows]
) -> Rows:
    """`access()` if the condition holds, else the rows `otherwise`."""
    then, merge = low.new_block(), low.new_block([row.type for row in otherwise])
    low.branch_if(condition, then, (), merge, otherwise)
    low.block = then
    low.branch(merge, access())
    low.block = merge
    return tuple(merge.args)


def report_unless(low: Lowering, op: Operation, condition: SSAValue, text: str) -> None:
    """Report the operation and its place unless the condition holds."""
    report(low, condition, f"{text}: {op.name} at {op.location}")


def guarded(
    low: Lowering,
    op: Operation,
    buffer: Buffer,
    indices: Sequence[Index],
    shape: tuple[int, ...],
    types: Sequence[Attribute],
    access: Callable[[], Rows],
) -> Rows:
    """The access itself, or guarded: zeros, and a message, where it would leave the memref."""
    if not low.module.checked:
        return access()
    extents = (1,) * (len(indices) - len(shape)) + shape
    allowed = inside(low, indices, extents, buffer.sizes)
    report_unless(low, op, allowed, "out of bounds")
    zeros = [low.splat_constant(0, type_) for type_ in types]
    return when(low, allowed, zeros, access)


def available(low: Lowering, offset: Index, size: Index, stride: Index, limit: Index) -> Index:
    """How many of `size` elements, `stride` apart from `offset` on, lie in 0..limit."""
    if all(isinstance(number, int) for number in (offset, size, stride, limit)):
        first, count, step, end = (cast(int, n) for n in (offset, size, stride, limit))
        return 0 if first < 0 else max(0, min(count, -((first - end) // step)))
    room = low.integer(low.plus(limit, low.times(offset, -1)))
    if stride != 1:
        rounded = low.plus(low.plus(room, stride), -1)
        room = low.emit(llvm.SDivOp, (low.integer(rounded), low.integer(stride)), i64)
    count = low.emit(intrinsics.SMinOp, (low.integer(size), room), i64)
    count = low.emit(intrinsics.SMaxOp, (count, low.integer(0)), i64)
    start_inside = low.compare(5, low.integer(offset), low.integer(0))
    return select(low, start_inside, count, low.integer(0))


def masks_inside(
    low: Lowering,
    op: Operation,
    buffer: Buffer,
    indices: Sequence[Index],
    shape: tuple[int, ...],
    masks: Rows,
) -> Rows:
    """The masks without the lanes outside the memref; reports if there were any."""
    outer = len(indices) - len(shape)
    result: list[SSAValue] = []
    for position, mask in zip(product(*map(range, shape[:-1])), masks, strict=True):
        places = [
            low.plus(index, position[i - outer] if 0 <= i - outer < len(position) else 0)
            for i, index in enumerate(indices)
        ]
        room = low.plus(buffer.sizes[-1], low.times(places[-1], -1))
        lanes = lane_mask(low, low.integer(room), shape[-1])
        before = lane_mask(low, low.integer(low.times(places[-1], -1)), shape[-1])
        lanes = low.emit(llvm.AndOp, (lanes, negated(low, before)), lanes.type)
        rows_inside = inside(low, places[:-1], [1] * (len(places) - 1), buffer.sizes[:-1])
        allowed = select(low, rows_inside, lanes, low.splat_constant(0, lanes.type))
        kept = low.emit(llvm.AndOp, (mask, allowed), mask.type)
        lost = low.emit(llvm.XOrOp, (mask, kept), mask.type)
        report_unless(low, op, _none_set(low, lost), "out of bounds")
        result.append(kept)
    return tuple(result)


def negated(low: Lowering, mask: SSAValue) -> SSAValue:
    """The lanes that are not in a mask."""
    return low.emit(llvm.XOrOp, (mask, low.splat_constant(1, mask.type)), mask.type)


def _none_set(low: Lowering, mask: SSAValue) -> SSAValue:
    """Whether no lane of a mask is set."""
    length = prod(shape_of(mask.type))
    bits = IntegerType(length)
    number = mask if mask.type == bits else low.emit(llvm.BitcastOp, (mask,), bits)
    return low.compare(0, number, low.integer(0, bits))
