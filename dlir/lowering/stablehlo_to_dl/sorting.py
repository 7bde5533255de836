"""Sorting by comparators that are recognised, and the greatest elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.ordering import SortOp, TopkOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.dialects.dl.ops.scatter import GatherElementsOp, ScatterElementsOp
from dlir.dialects.dl.ops.source import IotaOp
from dlir.dialects.dl.rules import definer
from dlir.dialects.stablehlo.shapes import number_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, counts_along, peel, unsupported
from dlir.lowering.stablehlo_to_dl.regions import sort_direction, sorts_by_two, text_of
from dlir.lowering.stablehlo_to_dl.vectorized import applied

MAX_COUNTED = 4096
"""Every two elements are compared."""


def sort(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """The key is sorted, and the others follow by its places.

    NaNs come after all numbers in rising order and before them in falling order, as exporters ask
    for; -0.0 and 0.0 are equal.
    """
    block, count = op.regions[0].block, len(op.operands)
    found = sort_direction(block, count)
    if found is None and count > 1 and sorts_by_two(block, count):
        return _by_two(e, op)
    if found is None:
        return _by_counting(e, op)
    key, descends = found
    axis = _axis(op)
    if rank_of(op.operands[0]) == 0:
        return [*op.operands]
    sorted_ = e.insert(SortOp(op.operands[key], axis, descending=descends))
    values, places = sorted_.results
    return [values if index == key else _follow(e, x, places, axis)
            for index, x in enumerate(op.operands)]  # fmt: skip


def _axis(op: Operation) -> int:
    return number_of(op, "dimension", -1) % max(rank_of(op.operands[0]), 1)


def _by_two(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """By the second key first: sorting by the first keeps that order among equal ones."""
    axis = _axis(op)
    if rank_of(op.operands[0]) == 0:
        return [*op.operands]
    _, by_second = e.insert(SortOp(op.operands[1], axis)).results
    first = e.emit(GatherElementsOp(op.operands[0], by_second, axis))
    _, by_first = e.insert(SortOp(first, axis)).results
    places = e.emit(GatherElementsOp(by_second, by_first, axis))
    return [_follow(e, x, places, axis) for x in op.operands]


def _by_counting(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """By any comparator: each element goes where as many are as come before it.

    Of two that no one comes before the other, the first one stays first; a comparator that is no
    order, as `LT` is none of NaNs, leaves open what comes out.
    """
    axis, shape = _axis(op), e.shape(op.operands[0])
    if not shape:
        return [*op.operands]
    size = shape[axis]
    if not isinstance(size, int) or size > MAX_COUNTED:
        unsupported(
            f"a comparator that is not known, along a dimension of size {size}:\n{text_of(op)}",
            f"known are those that compare one key by < or >, or two by <; others compare up to"
            f" {MAX_COUNTED} elements",
        )
    pairs = [*shape[: axis + 1], size, *shape[axis + 1 :]]
    sides = [[*pairs], [*pairs]]
    sides[0][axis + 1] = sides[1][axis] = 1
    arguments = [e.broadcast(e.reshape(x, side), pairs) for x in op.operands for side in sides]
    (precedes,) = applied(e, op, op.regions[0].block, arguments)
    order = [*range(len(pairs))]
    order[axis], order[axis + 1] = axis + 1, axis
    follows = e.transpose(precedes, order)
    own, other = (e.iota(pairs, where, i64) for where in (axis, axis + 1))
    is_tie = e.emit(b.AndOp(e.emit(m.NotOp(precedes)), e.compare("lt", other, own)))
    before = e.cast(e.emit(b.OrOp(follows, is_tie)), i64)
    places = e.emit(ReduceSumOp(before, [axis + 1]))
    return [e.emit(ScatterElementsOp(x, places, x, axis)) for x in op.operands]


def _follow(e: Emitter, x: SSAValue, places: SSAValue, axis: int) -> SSAValue:
    """x in the order of the places; what counts along the axis becomes the places themselves."""
    counting = definer(peel(x), IotaOp)
    if counting is not None and counts_along(counting, rank_of(x)) == axis:
        return e.cast(places, element_of(x))
    return e.emit(GatherElementsOp(x, places, axis))


def top_k(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """Of an op, or of a composite, whose attributes hold k."""
    attributes = cast(Any, op.properties.get("composite_attributes"))
    number = op.properties.get("k") if attributes is None else attributes.data.get("k")
    k, x = getattr(getattr(number, "value", None), "data", None), op.operands[0]
    shape = shape_of(x)
    if not isinstance(k, int) or not shape or not k >= 0 or k > shape[-1] >= 0:
        unsupported(f"k = {number} for a tensor of type {x.type}")
    values, places = e.insert(TopkOp(x, k)).results
    return [values, e.cast(places, element_of(op.results[1]))]


RULES: dict[str, Rule] = {"stablehlo.sort": sort, "chlo.top_k": top_k}
