"""Formulas of `dl` ops: `x * (x + 1.0).exp()` instead of three constructors.

    make = Formula(rewriter.insert, f32)
    x = make.term(op.x)
    y = x / (1.0 + (-x).exp())

A number in a formula becomes a constant of rank 0, which broadcasts to every shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.attrs import Predicate
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of
from dlir.dialects.dl.ops.elementwise import PlainUnaryOp
from dlir.dialects.dl.ops.reduction import ReduceOp
from dlir.dialects.dl.ops.source import ConstantOp


@dataclass(frozen=True)
class Formula:
    """Where the ops of a formula go, and the element type it is computed in."""

    insert: Callable[[Operation], object]
    element: Attribute

    def term(self, value: SSAValue) -> Term:
        """A value in the formula's element type: converted if it has another."""
        term = Term(self, value)
        return term if element_of(value) == self.element else term.then(b.CastOp, self.element)

    def apply(self, op: DlOp) -> Term:
        """The result of an op that is inserted here."""
        self.insert(op)
        return Term(self, op.results[0])

    def constant(self, number: float) -> Term:
        """The number as a tensor of rank 0."""
        type = cast(TensorType[Any], TensorType(self.element, ()))
        return self.apply(ConstantOp(DenseIntOrFPElementsAttr.from_list(type, [number])))


@dataclass(frozen=True)
class Term:
    """A value in a formula."""

    formula: Formula
    value: SSAValue

    def then(self, kind: Callable[..., DlOp], *arguments: object, **options: object) -> Term:
        """The op `kind(self, *arguments, **options)`."""
        return self.formula.apply(kind(self.value, *arguments, **options))

    def _with(self, kind: Callable[[Operand, Operand], DlOp], other: Term | float) -> Term:
        right = other if isinstance(other, Term) else self.formula.constant(other)
        return self.formula.apply(kind(self.value, right.value))

    def __add__(self, other: Term | float) -> Term:
        return self._with(b.AddOp, other)

    def __sub__(self, other: Term | float) -> Term:
        return self._with(b.SubOp, other)

    def __mul__(self, other: Term | float) -> Term:
        return self._with(b.MulOp, other)

    def __truediv__(self, other: Term | float) -> Term:
        return self._with(b.DivOp, other)

    def __pow__(self, other: Term | float) -> Term:
        return self._with(b.PowOp, other)

    def __rtruediv__(self, number: float) -> Term:
        return self.formula.constant(number) / self

    def __neg__(self) -> Term:
        return self.to(m.NegOp)

    def max(self, other: Term | float) -> Term:
        return self._with(b.MaxOp, other)

    def to(self, kind: type[PlainUnaryOp]) -> Term:
        """f(self), for a unary op without properties."""
        return self.formula.apply(kind(self.value))

    def reduce(self, kind: type[ReduceOp], axes: Sequence[int]) -> Term:
        """The reduction over the axes, which stay as ones."""
        return self.formula.apply(kind(self.value, axes, keepdims=True))

    def where(self, predicate: Predicate, number: float, otherwise: Term) -> Term:
        """self where `self P number` holds, else the other term."""
        bound = self.formula.constant(number)
        holds = self.formula.apply(b.CompareOp(predicate, self.value, bound.value))
        return self.formula.apply(b.SelectOp(holds.value, self.value, otherwise.value))

    def where_true(self, holds: SSAValue, otherwise: float) -> Term:
        """self where the condition holds, else the number."""
        other = self.formula.constant(otherwise)
        return self.formula.apply(b.SelectOp(holds, self.value, other.value))
