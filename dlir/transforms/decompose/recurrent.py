"""Recurrent layers unrolled: one product for the inputs of all steps, then one per step.

All is done on matrices. The inputs of all steps are the rows of one matrix, a step takes its rows
(`dl.slice`), and the states after the steps are joined to a matrix again (`dl.concat`). The gates
are columns, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.dialects.builtin import DYNAMIC_INDEX

from dlir.diagnostics import fail
from dlir.dialects.dl.ops import recurrent as rec
from dlir.dialects.dl.ops.activation import SigmoidOp
from dlir.dialects.dl.ops.base import Operand, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import TanhOp
from dlir.dialects.dl.ops.movement import ConcatOp, ReshapeOp, SliceOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term


@dataclass(frozen=True)
class Unrolled:
    """A recurrent op about to be unrolled: its sizes, and how to cut and join its matrices."""

    op: rec.RecurrentOp
    make: Make
    steps: int
    rows: int
    """The batch; -1 if it is known at run time only."""
    hidden: int

    @staticmethod
    def of(op: rec.RecurrentOp, make: Make) -> Unrolled:
        """Raises CompileError if there is no step, or a size other than the batch is unknown."""
        steps, rows, hidden = shape_of(op.y)
        if min(steps - 1, hidden, _features(op)) < 0:
            expected = (
                "a sequence of one step or more, and sizes that are numbers but for the batch"
            )
            got = f"x of type {op.x.type} and r of type {op.r.type}"
            message = f"cannot be unrolled: expected {expected}, got {got}"
            fail(op, message, rule="dl-decompose", help="give the sequence a size in the model")
        return Unrolled(op, make, steps, -1 if rows == DYNAMIC_INDEX else rows, hidden)

    @property
    def order(self) -> Sequence[int]:
        """The places of the sequence, in the order in which they are walked."""
        return range(self.steps)[:: 1 if self.op.reverse is None else -1]

    def inputs(self, bias: Term) -> Term:
        """x * w' + bias, for all steps."""
        x, w = self.make.term(self.op.x), self.make.term(self.op.w)
        rows = -1 if self.rows < 0 else self.steps * self.rows
        matrix = x.then(ReshapeOp, [rows, _features(self.op)])
        product = times(matrix, w) + bias
        if self.rows >= 0:
            return product
        return product.then(ReshapeOp, [self.steps, -1, shape_of(product.value)[1]])

    def at(self, inputs: Term, step: int) -> Term:
        """The rows of one step."""
        columns = shape_of(inputs.value)[-1]
        if self.rows >= 0:
            return inputs.then(SliceOp, [step * self.rows, 0], [self.rows, columns])
        rows: Operand = self.make.apply(DimOp(inputs.value, 1)).value
        row = inputs.then(SliceOp, [step, 0, 0], [1, rows, columns])
        return row.then(ReshapeOp, [-1, columns])

    def gates(self, x: Term, first: int, count: int = 1) -> Term:
        """Some of the gates, which are columns or, of a vector, elements."""
        *rows, _ = shape_of(x.value)
        sizes: list[int | Operand] = [*rows, count * self.hidden]
        if rows and rows[0] == DYNAMIC_INDEX:
            sizes[0] = self.make.apply(DimOp(x.value, 0)).value
        return x.then(SliceOp, [*[0] * len(rows), first * self.hidden], sizes)

    def split(self, x: Term, count: int) -> list[Term]:
        return [self.gates(x, first) for first in range(count)]

    def joined(self, states: dict[int, Term]) -> Term:
        """The states by step as y."""
        rows = [states[step].value for step in range(self.steps)]
        return self.make.apply(ConcatOp(rows, 0)).then(
            ReshapeOp, [self.steps, self.rows, self.hidden]
        )


def _features(op: rec.RecurrentOp) -> int:
    """The size of one input: x or w knows it."""
    known = [n for n in (shape_of(op.x)[2], shape_of(op.w)[1]) if n != DYNAMIC_INDEX]
    return known[0] if known else DYNAMIC_INDEX


def times(x: Term, weight: Term) -> Term:
    """x * weight'"""
    return x.then(MatmulOp, weight.value, transpose_rhs=True)


def rnn(op: rec.RnnOp, make: Make) -> Sequence[Term]:
    """h = tanh(h * r' + x * w' + b + rb)"""
    layer, states = Unrolled.of(op, make), dict[int, Term]()
    r, h = make.term(op.r), make.term(op.h0)
    inputs = layer.inputs(make.term(op.b) + make.term(op.rb))
    for t in layer.order:
        states[t] = h = (times(h, r) + layer.at(inputs, t)).to(TanhOp)
    return layer.joined(states), h


def gru(op: rec.GruOp, make: Make) -> Sequence[Term]:
    """h = n + z * (h - n), which is (1 - z) * n + z * h"""
    layer, states = Unrolled.of(op, make), dict[int, Term]()
    h = make.term(op.h0)
    gates = _reset_before(layer, op) if op.linear_before_reset is None else _reset_after(layer, op)
    for t in layer.order:
        z, n = gates(t, h)
        states[t] = h = n + z * (h - n)
    return layer.joined(states), h


Gates: TypeAlias = Callable[[int, Term], tuple[Term, Term]]
"""(step, state) -> the update gate z and the new state n."""


def _reset_before(layer: Unrolled, op: rec.GruOp) -> Gates:
    """n = tanh((r * h) * rn' + xn), with two products per step"""
    make, size = layer.make, layer.hidden
    inputs = layer.inputs(make.term(op.b) + make.term(op.rb))
    weight = make.term(op.r)
    r_zr = weight.then(SliceOp, [0, 0], [2 * size, size])
    r_n = weight.then(SliceOp, [2 * size, 0], [size, size])

    def gates(step: int, h: Term) -> tuple[Term, Term]:
        x = layer.at(inputs, step)
        z, r = layer.split((times(h, r_zr) + layer.gates(x, 0, 2)).to(SigmoidOp), 2)
        return z, (times(r * h, r_n) + layer.gates(x, 2)).to(TanhOp)

    return gates


def _reset_after(layer: Unrolled, op: rec.GruOp) -> Gates:
    """n = tanh(xn + r * (h * rn' + rbn)), with one product per step"""
    make = layer.make
    inputs, weight, bias = layer.inputs(make.term(op.b)), make.term(op.r), make.term(op.rb)

    def gates(step: int, h: Term) -> tuple[Term, Term]:
        x, y = layer.at(inputs, step), times(h, weight) + bias
        z, r = layer.split((layer.gates(x, 0, 2) + layer.gates(y, 0, 2)).to(SigmoidOp), 2)
        return z, (layer.gates(x, 2) + r * layer.gates(y, 2)).to(TanhOp)

    return gates


def lstm(op: rec.LstmOp, make: Make) -> Sequence[Term]:
    """c = f * c + i * n, h = o * tanh c"""
    layer, states = Unrolled.of(op, make), dict[int, Term]()
    r, h, c = make.term(op.r), make.term(op.h0), make.term(op.c0)
    peepholes = None if op.p is None else layer.split(make.term(op.p), 3)
    inputs = layer.inputs(make.term(op.b) + make.term(op.rb))
    for t in layer.order:
        gates = times(h, r) + layer.at(inputs, t)
        n = layer.gates(gates, 3).to(TanhOp)
        if peepholes is None:
            i, o, f = layer.split(layer.gates(gates, 0, 3).to(SigmoidOp), 3)
            c = f * c + i * n
        else:
            (i, o, f), (p_i, p_o, p_f) = layer.split(gates, 3), peepholes
            c = (f + p_f * c).to(SigmoidOp) * c + (i + p_i * c).to(SigmoidOp) * n
            o = (o + p_o * c).to(SigmoidOp)
        states[t] = h = o * c.to(TanhOp)
    return layer.joined(states), h, c
