"""Determinants by elimination, which is written out row by row."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i64

from dlir.diagnostics import fail
from dlir.dialects.dl.attrs import Predicate
from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.binary import CompareOp, OrOp, SelectOp
from dlir.dialects.dl.ops.linear_algebra import DetOp
from dlir.dialects.dl.ops.math import AbsOp, IsNanOp
from dlir.dialects.dl.ops.movement import BroadcastOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp, ReduceMinOp, ReduceSumOp
from dlir.dialects.dl.ops.source import IotaOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.constants import indices
from dlir.transforms.decompose.sizes import Size, reshaped, sizes_of, sliced

LARGEST_MATRIX = 64
"""About twenty ops are made per row."""


def det(op: DetOp, make: Make) -> Term:
    """The product of the pivots; every exchange of rows changes the sign"""
    size = shape_of(op.x)[-1]
    batch = sizes_of(op.x, make)[:-2]
    if size > LARGEST_MATRIX:
        message = f"cannot be written out: expected at most {LARGEST_MATRIX} rows, got {size}"
        fail(op, message, rule="dl-decompose")
    if size == 0:
        return make.constant(1.0).then(BroadcastOp, batch)
    rest, factors = make.term(op.x), list[Term]()
    for rows in range(size, 1, -1):
        pivot, sign, rest = _eliminated(rest, batch, rows)
        factors += [pivot, sign]
    result = rest
    for factor in factors:
        result = result * factor
    return reshaped(result, batch)


def _eliminated(x: Term, batch: Sequence[Size], rows: int) -> tuple[Term, Term, Term]:
    """One step on [.., rows, rows]: the pivot, 1 or -1 for the exchange, and what remains.

    The row with the largest first element is the pivot's; the first row takes its place. Where all
    first elements are 0, so is the determinant, and nothing is divided by it.
    """
    make, rank = x.formula, rank_of(x.value)

    def part(value: Term, row: int, column: int, height: int, width: int) -> Term:
        return sliced(value, [*[0] * len(batch), row, column], [*batch, height, width])

    is_pivot = _first_largest(part(x, 0, 0, rows, 1))
    pivot_row = x.where_true(is_pivot.value, 0.0).reduce(ReduceSumOp, [rank - 2])
    pivot = part(pivot_row, 0, 0, 1, 1)
    top, below = part(x, 0, 0, 1, rows), part(x, 1, 0, rows - 1, rows)
    exchanged = part(is_pivot, 1, 0, rows - 1, 1)
    others = make.apply(SelectOp(exchanged.value, top.value, below.value))
    one = make.constant(1.0)
    is_zero = make.apply(CompareOp(Predicate.EQ, pivot.value, make.constant(0.0).value))
    divisor = make.apply(SelectOp(is_zero.value, one.value, pivot.value))
    factors = part(others, 0, 0, rows - 1, 1) / divisor
    rest = part(others, 0, 1, rows - 1, rows - 1) - factors * part(pivot_row, 0, 1, 1, rows - 1)
    stays = part(is_pivot, 0, 0, 1, 1)
    return pivot, one.where_true(stays.value, -1.0), rest


def _first_largest(column: Term) -> Term:
    """Where the first element of largest size is in [.., rows, 1]; NaN is largest."""
    make, rank = column.formula, rank_of(column.value)
    rows = shape_of(column.value)[rank - 2]
    sizes = column.to(AbsOp)
    largest = sizes.reduce(ReduceMaxOp, [rank - 2])
    equal = make.apply(CompareOp(Predicate.EQ, sizes.value, largest.value))
    found = equal.then(OrOp, column.to(IsNanOp).value)
    places, last = make.apply(IotaOp([rows, 1], 0, i64)), indices(make, [rows - 1], [1, 1])
    candidates = make.apply(SelectOp(found.value, places.value, last.value))
    first = candidates.reduce(ReduceMinOp, [rank - 2])
    return make.apply(CompareOp(Predicate.EQ, places.value, first.value))
