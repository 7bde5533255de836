"""Factorisations and solutions of triangular equations: loops that take a row or a column a time.

Each works on stacks of matrices, and computes f16 and bf16 in f32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from xdsl.dialects.builtin import i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.math import AbsOp, NegOp, SqrtOp
from dlir.dialects.dl.ops.ordering import ArgmaxOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp, ReduceSumOp
from dlir.dialects.dl.terms import Term
from dlir.dialects.stablehlo.shapes import flag_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter
from dlir.lowering.stablehlo_to_dl.loops import repeated
from dlir.lowering.stablehlo_to_dl.matrices import Matrices, product, transposed

# Cholesky


def cholesky(e: Emitter, op: Operation) -> SSAValue:
    """Of the lower triangle L L^T = x, of the upper one that of the transposed matrix."""
    x = op.operands[0]
    if flag_of(op, "lower"):
        return cholesky_factor(e, op, x)
    return transposed(e, cholesky_factor(e, op, transposed(e, x)))


def cholesky_factor(e: Emitter, op: Operation, x: SSAValue) -> SSAValue:
    """L from the lower triangle of x, with zeros above: column j is what the columns before leave
    of x's, divided by the root of its first element. All is NaN where x is not positive definite.
    """
    m = Matrices.like(e, x)
    wide = m.formula.term(x)

    def step(j: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        factor = m.formula.term(carried[0])
        rows, columns = m.row_numbers(), m.column_numbers()
        known = transposed(e, m.row(factor, j).value)
        rest = m.column(wide, j) - product(factor, m.formula.term(known))
        first = m.row(rest, j)
        is_positive = e.compare("gt", first.value, m.formula.constant(0.0).value)
        pivot = m.chosen(is_positive, first, math.nan).to(SqrtOp)
        below = m.chosen(e.compare("gt", rows, j), rest / pivot, 0.0)
        column = m.chosen(e.compare("eq", rows, j), pivot, below)
        return [m.chosen(e.compare("eq", columns, j), column, factor).value]

    (found,) = repeated(e, op, m.rows, [m.filled(0.0)], step)
    # 0 * NaN is NaN: so it gets everywhere.
    factor = m.formula.term(found)
    total = (factor * 0.0).reduce(ReduceSumOp, [m.row_axis, m.row_axis + 1])
    return e.cast((factor + total).value, element_of(x))


# Triangular equations


class Triangle(NamedTuple):
    """How a triangular matrix stands in an equation."""

    on_left: bool = True
    is_lower: bool = True
    has_unit_diagonal: bool = False
    is_transposed: bool = False


def triangular_solve(e: Emitter, op: Operation) -> SSAValue:
    transpose = cast(Any, op.properties["transpose_a"]).data.value
    triangle = Triangle(
        flag_of(op, "left_side"),
        flag_of(op, "lower"),
        flag_of(op, "unit_diagonal"),
        transpose != "NO_TRANSPOSE",
    )
    return solved(e, op, op.operands[0], op.operands[1], triangle)


def solved(e: Emitter, op: Operation, a: SSAValue, right: SSAValue, triangle: Triangle) -> SSAValue:
    """x of a x = b, or of x a = b, which is a^T x^T = b^T."""
    if triangle.is_transposed == triangle.on_left:
        a, triangle = transposed(e, a), triangle._replace(is_lower=not triangle.is_lower)
    if triangle.on_left:
        return _substituted(e, op, a, right, triangle)
    return transposed(e, _substituted(e, op, a, transposed(e, right), triangle))


def _substituted(
    e: Emitter, op: Operation, a: SSAValue, right: SSAValue, triangle: Triangle
) -> SSAValue:
    """Row by row, each from those that are known; the other triangle is not looked at."""
    square, m = Matrices.like(e, a), Matrices.like(e, right)
    matrix, wide = square.formula.term(a), m.formula.term(right)
    last = e.constant(m.rows - 1, i64)

    def step(number: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        x = m.formula.term(carried[0])
        j = number if triangle.is_lower else e.emit(b.SubOp(last, number))
        row = square.row(matrix, j)
        known = "lt" if triangle.is_lower else "gt"
        others = square.chosen(e.compare(known, square.column_numbers(), j), row, 0.0)
        rest = m.row(wide, j) - product(others, x)
        if not triangle.has_unit_diagonal:
            rest = rest / square.column(row, j)
        return [m.chosen(e.compare("eq", m.row_numbers(), j), rest, x).value]

    (found,) = repeated(e, op, m.rows, [m.filled(0.0)], step)
    return e.cast(found, element_of(right))


# LU


def lu(e: Emitter, op: Operation, x: SSAValue) -> tuple[SSAValue, SSAValue]:
    """L and U in one matrix, and the row that each was exchanged with, counted from 0 (i64)."""
    m = Matrices.like(e, x)
    count = min(m.rows, m.columns)
    numbers = e.iota([count], 0, i64)

    def step(j: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        matrix, places = m.formula.term(carried[0]), carried[1]
        rows, columns = m.row_numbers(), m.column_numbers()
        is_below, is_right = e.compare("gt", rows, j), e.compare("gt", columns, j)
        sizes = m.column(matrix, j).to(AbsOp)
        candidates = m.chosen(e.compare("ge", rows, j), sizes, -1.0)
        place = e.emit(ArgmaxOp(candidates.value, m.row_axis, keepdims=True))
        is_place = e.compare("eq", rows, place)
        best = m.chosen(is_place, matrix, 0.0).reduce(ReduceSumOp, [m.row_axis])
        other = m.chosen(is_place, m.row(matrix, j), matrix)
        matrix = m.chosen(e.compare("eq", rows, j), best, other)
        pivot = m.column(best, j)
        is_zero = e.compare("eq", pivot.value, m.formula.constant(0.0).value)
        quotients = m.column(matrix, j) / m.chosen(is_zero, m.formula.constant(1.0), pivot)
        factors = m.chosen(is_below, quotients, 0.0)
        eliminated = matrix - factors * m.chosen(is_right, best, 0.0)
        is_factor = m.both(is_below, e.compare("eq", columns, j))
        made = m.chosen(is_factor, factors, eliminated)
        here = e.compare("eq", numbers, j)
        places = e.select(here, e.reshape(place, [*m.batch, 1]), places)
        return [made.value, places]

    places = e.broadcast(e.constant(0, i64), [*m.batch, count])
    wide = m.formula.term(x).value
    found, places = repeated(e, op, count, [wide, places], step)
    return e.cast(found, element_of(x)), places


# QR


def householder(e: Emitter, op: Operation, x: SSAValue) -> tuple[SSAValue, SSAValue]:
    """R above the diagonal and the reflections below it, and the factor of each reflection."""
    m = Matrices.like(e, x)
    count = min(m.rows, m.columns)
    numbers = e.iota([count], 0, i64)

    def step(j: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        matrix, taus = m.formula.term(carried[0]), m.formula.term(carried[1])
        rows, columns = m.row_numbers(), m.column_numbers()
        is_below, here = e.compare("gt", rows, j), e.compare("eq", rows, j)
        column = m.column(matrix, j)
        beta, tau, tail = _reflector(m, m.row(column, j), m.chosen(is_below, column, 0.0))
        vector = m.chosen(here, m.formula.constant(1.0), tail)
        right = m.chosen(e.compare("gt", columns, j), _reflection(m, vector, tau, matrix), 0.0)
        new = m.chosen(here, beta, m.chosen(is_below, tail, column))
        made = m.chosen(e.compare("eq", columns, j), new, matrix - right)
        flat = m.formula.term(e.reshape(tau.value, [*m.batch, 1]))
        return [made.value, m.chosen(e.compare("eq", numbers, j), flat, taus).value]

    zeros = e.broadcast(m.formula.constant(0.0).value, [*m.batch, count])
    found, taus = repeated(e, op, count, [m.formula.term(x).value, zeros], step)
    return e.cast(found, element_of(x)), e.cast(taus, element_of(x))


def _reflector(m: Matrices, first: Term, tail: Term) -> tuple[Term, Term, Term]:
    """beta, tau and v with (1 - tau [1, v] [1, v]^T) [first, tail] = [beta, 0].

    All is divided by the largest element, so that no square is lost; of a tail of zeros tau is 0.
    """
    e, zero, one = m.e, m.formula.constant(0.0), m.formula.constant(1.0)

    def unless_zero(x: Term, condition: SSAValue) -> Term:
        return m.chosen(condition, one, x)

    largest = tail.to(AbsOp).reduce(ReduceMaxOp, [m.row_axis])
    is_flat = e.compare("eq", largest.value, zero.value)
    scale = unless_zero(largest.max(first.to(AbsOp)), is_flat)
    head, rest = first / scale, tail / scale
    length = (head * head + (rest * rest).reduce(ReduceSumOp, [m.row_axis])).to(SqrtOp)
    is_negative = e.compare("lt", head.value, zero.value)
    beta = m.chosen(is_negative, length, length.to(NegOp))
    tau = (beta - head) / unless_zero(beta, is_flat)
    vector = rest / unless_zero(head - beta, is_flat)
    return m.chosen(is_flat, first, beta * scale), m.chosen(is_flat, zero, tau), vector


def _reflection(m: Matrices, vector: Term, tau: Term, x: Term) -> Term:
    """tau v v^T x, which a reflection takes from x."""
    row = product(m.formula.term(transposed(m.e, vector.value)), x)
    return vector * (row * tau)


def reflections(e: Emitter, op: Operation, x: SSAValue, taus: SSAValue) -> SSAValue:
    """The first columns of Q, the product of the reflections: the last is applied first."""
    m = Matrices.like(e, x)
    matrix = m.formula.term(x)
    count = e.shape(taus)[-1]
    factors = e.reshape(m.formula.term(taus).value, [*m.batch, 1, count])
    last = e.constant(cast(int, count) - 1, i64)
    diagonal = e.compare("eq", m.row_numbers(), m.column_numbers())
    ones = e.cast(e.broadcast(diagonal, [*m.batch, m.rows, m.columns]), m.formula.element)

    def step(number: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        j = e.emit(b.SubOp(last, number))
        rows = m.row_numbers()
        below = m.chosen(e.compare("gt", rows, j), m.column(matrix, j), 0.0)
        vector = m.chosen(e.compare("eq", rows, j), m.formula.constant(1.0), below)
        q = m.formula.term(carried[0])
        return [(q - _reflection(m, vector, m.column(m.formula.term(factors), j), q)).value]

    (found,) = repeated(e, op, count, [ones], step)
    return e.cast(found, element_of(x))


RULES: dict[str, Rule] = {
    "stablehlo.cholesky": cholesky,
    "stablehlo.triangular_solve": triangular_solve,
}
