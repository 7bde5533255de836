"""Sorting by comparators that are recognised, and the greatest elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.ordering import SortOp, TopkOp
from dlir.dialects.dl.ops.scatter import GatherElementsOp
from dlir.dialects.dl.ops.source import IotaOp
from dlir.dialects.dl.rules import definer
from dlir.dialects.stablehlo.shapes import number_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, counts_along, peel, unsupported
from dlir.lowering.stablehlo_to_dl.regions import sort_direction, text_of


def sort(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """The key is sorted, and the others follow by its places.

    NaNs come after all numbers in rising order and before them in falling order, as exporters ask
    for; -0.0 and 0.0 are equal.
    """
    found = sort_direction(op.regions[0].block, len(op.operands))
    if found is None:
        unsupported(f"a comparator that is not known:\n{text_of(op)}",
                    "known are those that compare one pair of keys by < or >")  # fmt: skip
    key, descends = found
    rank = rank_of(op.operands[0])
    axis = number_of(op, "dimension", -1) % max(rank, 1)
    if rank == 0:
        return [*op.operands]
    sorted_ = e.insert(SortOp(op.operands[key], axis, descending=descends))
    values, places = sorted_.results
    return [values if index == key else _follow(e, x, places, axis)
            for index, x in enumerate(op.operands)]  # fmt: skip


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
