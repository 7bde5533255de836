"""Matrices in the last two dimensions, and what the steps of their factorisations are made of.

A step knows its number at run time only. So it reads a row or a column by its number, and writes
one by choosing it from all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import bf16, f16, f32, i64
from xdsl.ir import SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.movement import GatherOp
from dlir.dialects.dl.terms import Formula, Term
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, unsupported


@dataclass(frozen=True)
class Matrices:
    """Tensors of one batch whose matrices have so many rows and columns."""

    e: Emitter
    formula: Formula
    batch: Sequence[Size]
    rows: int
    columns: int

    @staticmethod
    def like(e: Emitter, x: SSAValue) -> Matrices:
        """Of x's shape, computed in f32 at least."""
        element, shape = element_of(x), e.shape(x)
        rows, columns = shape_of(x)[-2:]
        if min(rows, columns) < 0:
            unsupported("matrices of unknown size")
        formula = Formula(e.insert, f32 if element in (f16, bf16) else element)
        return Matrices(e, formula, shape[:-2], rows, columns)

    @property
    def row_axis(self) -> int:
        return len(self.batch)

    def filled(self, number: float) -> SSAValue:
        shape = [*self.batch, self.rows, self.columns]
        return self.e.broadcast(self.formula.constant(number).value, shape)

    def row_numbers(self) -> SSAValue:
        return self.e.iota([self.rows, 1], 0, i64)

    def column_numbers(self) -> SSAValue:
        return self.e.iota([1, self.columns], 1, i64)

    def row(self, x: Term, number: SSAValue) -> Term:
        """[.., 1, columns]"""
        return x.then(GatherOp, self.e.reshape(number, [1]), self.row_axis)

    def column(self, x: Term, number: SSAValue) -> Term:
        """[.., rows, 1]"""
        return x.then(GatherOp, self.e.reshape(number, [1]), self.row_axis + 1)

    def chosen(self, condition: SSAValue, x: Term, y: Term | float) -> Term:
        """x where the condition holds, else y."""
        other = y if isinstance(y, Term) else self.formula.constant(y)
        return self.formula.apply(b.SelectOp(condition, x.value, other.value))

    def both(self, x: SSAValue, y: SSAValue) -> SSAValue:
        return self.e.emit(b.AndOp(x, y))


def product(x: Term, y: Term) -> Term:
    return x.then(MatmulOp, y.value)


def transposed(e: Emitter, x: SSAValue) -> SSAValue:
    """The matrices of x with rows and columns exchanged."""
    rank = rank_of(x)
    return e.transpose(x, [*range(rank - 2), rank - 1, rank - 2])
