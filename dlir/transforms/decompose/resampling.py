"""Resized images: along one axis after the other, the taps of all places by one gather."""

from __future__ import annotations

from functools import reduce
from itertools import chain

from dlir.dialects.dl.attrs import Interpolation, Predicate
from dlir.dialects.dl.ops.base import rank_of
from dlir.dialects.dl.ops.binary import CompareOp
from dlir.dialects.dl.ops.movement import GatherOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.dialects.dl.ops.resampling import ResizeOp
from dlir.dialects.dl.taps import ResizedAxis, nearest
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.constants import indices, numbers

FEW_TAPS = 8
"""So many taps of the last axis are written out."""


def resize(op: ResizeOp, make: Make) -> Term:
    """The axes one after the other, then the value of what lies outside"""
    axes = op.resized()
    if op.mode.data is Interpolation.NEAREST:
        y = Term(make, op.x)
        for axis in sorted(axes, key=_growth):
            places = indices(make, nearest(axis, op.rounding.data), [axis.new])
            y = y.then(GatherOp, places.value, axis.axis)
    else:
        y = make.term(op.x)
        for axis in axes:
            y = y if axis.is_identity() else _mixed(op, make, y, axis)
    outside = [axis for axis in axes if any(axis.is_outside())]
    if op.extrapolation is None or not outside:
        return y
    return _replaced(make.term(y.value), outside, op.extrapolation.value.data)


def _growth(axis: ResizedAxis) -> tuple[float, int]:
    """The order in which nearest places are gathered: the less an axis grows the sooner.

    Of two the later one, since elements of the last axis are moved one by one, and rows at once.
    """
    return axis.new / axis.old, -axis.axis


def _replaced(y: Term, axes: list[ResizedAxis], number: float) -> Term:
    """The number in all places that come from outside of one of the axes."""
    make, rank = y.formula, rank_of(y.value)
    count = make.constant(0.0)
    for axis in axes:
        shape = [axis.new, *[1] * (rank - axis.axis - 1)]
        count = count + numbers(make, [float(out) for out in axis.is_outside()], shape)
    inside = make.apply(CompareOp(Predicate.EQ, count.value, make.constant(0.0).value))
    return y.where_true(inside.value, number)


def _mixed(op: ResizeOp, make: Make, x: Term, axis: ResizedAxis) -> Term:
    """The weighted sum of the taps: all of them by one gather, which moves rows.

    Along the last axis there are no rows; few taps are added one by one there.
    """
    places, weights = op.filter().taps(axis)
    count, trailing = len(places[0]), [1] * (rank_of(op.x) - axis.axis - 1)
    if not trailing and count <= FEW_TAPS:
        return _added(make, x, axis, places, weights)
    shape = [axis.new, count]
    seen = x.then(GatherOp, indices(make, list(chain(*places)), shape).value, axis.axis)
    mixed = seen * numbers(make, list(chain(*weights)), [*shape, *trailing])
    return mixed.then(ReduceSumOp, [axis.axis + 1])


def _added(
    make: Make, x: Term, axis: ResizedAxis, places: list[list[int]], weights: list[list[float]]
) -> Term:
    """The sum of the taps, each gathered for itself."""
    terms: list[Term] = []
    for tap in range(len(places[0])):
        table = indices(make, [row[tap] for row in places], [axis.new])
        factor = numbers(make, [row[tap] for row in weights], [axis.new])
        terms.append(x.then(GatherOp, table.value, axis.axis) * factor)
    return reduce(Term.__add__, terms)
