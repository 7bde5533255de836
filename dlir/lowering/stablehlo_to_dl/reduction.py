"""Reductions over whole dimensions, by regions that are recognised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import IntegerType, i1
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.ordering import ArgmaxOp, ArgminOp
from dlir.dialects.dl.ops.source import IotaOp
from dlir.dialects.dl.rules import definer
from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.shapes import ints_of
from dlir.lowering.stablehlo_to_dl.elementwise import OF_BOOLEANS, Rule, combine
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Number, counts_along, known_number, peel
from dlir.lowering.stablehlo_to_dl.regions import arg_extreme, combiner
from dlir.lowering.stablehlo_to_dl.vectorized import applied, tree_reduced

REDUCTIONS: dict[str, type[r.ReduceOp]] = {
    "add": r.ReduceSumOp,
    "multiply": r.ReduceProdOp,
    "maximum": r.ReduceMaxOp,
    "minimum": r.ReduceMinOp,
}

PLACES = {"maximum": ArgmaxOp, "minimum": ArgminOp}

OF_BITS = {"or": "maximum", "and": "minimum"}
"""The reductions of i1 that `or` and `and` are."""


def least(element: Attribute) -> Number:
    """The number below all others."""
    if element == i1:
        return False
    if isinstance(element, IntegerType):
        signed = kind_of(cast(Attribute, element)) == "s"
        return -(1 << (element.bitwidth - 1)) if signed else 0
    return -math.inf


def greatest(element: Attribute) -> Number:
    """The number above all others."""
    if element == i1:
        return True
    if isinstance(element, IntegerType):
        signed = kind_of(cast(Attribute, element)) == "s"
        return (1 << (element.bitwidth - signed)) - 1
    return math.inf


def neutral(name: str, element: Attribute) -> Number:
    """The number that changes nothing."""
    if name in ("add", "or", "xor"):
        return False if element == i1 else 0
    if name == "multiply":
        return True if element == i1 else 1
    if name == "and":
        return greatest(element) if kind_of(element) in "bu" else -1
    return least(element) if name == "maximum" else greatest(element)


def recognised(op: Operation) -> str | None:
    """The combiner of a region of two arguments, under the name it has for the element type."""
    block = op.regions[0].block
    name = combiner(block)
    if name is None:
        return None
    element = element_of(block.args[0])
    name = OF_BOOLEANS.get(name, name) if element == i1 else name
    return name if _kind(name, element) is not None else None


def _kind(name: str, element: Attribute) -> type[r.ReduceOp] | None:
    return REDUCTIONS.get(OF_BITS.get(name, name) if element == i1 else name)


def reduce(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    axes = sorted(ints_of(op, "dimensions"))
    if (name := recognised(op)) is not None:
        x, init = op.operands
        made = reduced(e, name, x, axes)
        if known_number(init) != neutral(name, element_of(x)):
            made = combine(e, name, made, init)
        return [made]
    return arg_reduction(e, op, axes) or by_region(e, op, axes)


def by_region(e: Emitter, op: Operation, axes: Sequence[int]) -> Sequence[SSAValue]:
    """A reduction by any region, as a tree along one axis that holds all that are reduced."""
    count = len(op.operands) // 2
    inputs, inits = op.operands[:count], op.operands[count:]
    shape = e.shape(inputs[0])
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    rest = [shape[axis] for axis in kept]
    total = e.product([shape[axis] for axis in axes])
    starts = [e.broadcast(init, rest) for init in inits]
    if total == 0:
        return starts
    lines = [e.reshape(e.transpose(x, [*kept, *axes]), [*rest, total]) for x in inputs]
    found = [e.reshape(x, rest) for x in tree_reduced(e, op, lines, len(kept))]
    return applied(e, op, op.regions[0].block, [*starts, *found])


def reduced(e: Emitter, name: str, x: SSAValue, axes: Sequence[int]) -> SSAValue:
    """The reduction, made with its axes as ones, which later broadcasts ask for."""
    kind = _kind(name, element_of(x))
    assert kind is not None, "the reduction was recognised"
    if not axes:
        return x
    kept = e.emit(kind(x, axes, keepdims=True))
    return e.reshape(kept, [n for axis, n in enumerate(e.shape(x)) if axis not in axes])


def arg_reduction(e: Emitter, op: Operation, axes: Sequence[int]) -> Sequence[SSAValue] | None:
    """The extreme value along an axis, and the least of the indices where it is."""
    name = arg_extreme(op.regions[0].block)
    if name is None or not axes:
        return None
    x, index, x_init, index_init = op.operands
    element = element_of(x)
    plain = known_number(x_init) == neutral(name, element) and known_number(index_init) == 0
    if not plain or any(shape_of(x)[axis] == 0 for axis in axes):
        return None
    counting = definer(peel(index), IotaOp)
    if len(axes) == 1 and counting is not None and counts_along(counting, rank_of(x)) == axes[0]:
        place = e.emit(PLACES[name](x, axes[0]))
        return [reduced(e, name, x, axes), e.cast(place, element_of(index))]
    kept = e.emit(REDUCTIONS[name](x, axes, keepdims=True))
    found = e.compare("eq", x, kept)
    if kind_of(element) == "f":
        # A NaN wins, and is different from itself.
        found = e.emit(b.OrOp(found, e.compare("ne", x, x)))
    beyond = e.constant(greatest(element_of(index)), element_of(index))
    place = reduced(e, "minimum", e.select(found, index, beyond), axes)
    rest = [n for axis, n in enumerate(e.shape(x)) if axis not in axes]
    return [e.reshape(kept, rest), place]


RULES: dict[str, Rule] = {"stablehlo.reduce": reduce}
