"""The scalar bodies of named `linalg` ops, written for the element types of an op's operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import AnyFloat, FloatAttr, IndexType, IntegerType, i1
from xdsl.ir import Attribute, Block, Operation, SSAValue

Add: TypeAlias = Callable[[Operation], SSAValue]
"""Adds an op to the body under construction and gives its result."""

Make: TypeAlias = Callable[["Scalars"], SSAValue]
"""Writes a body: from the scalars of the operands to what is yielded."""


class Scalars:
    """The arguments of a body, and the arithmetic that fits the type of the result."""

    def __init__(self, block: Block, unsigned: bool) -> None:
        self.block, self.unsigned = block, unsigned
        self.type: Attribute = block.args[-1].type
        self.is_float = isinstance(self.type, AnyFloat)

    @property
    def inputs(self) -> Sequence[SSAValue]:
        """The scalars of the inputs, cast to the type of the result."""
        return [self.cast(argument) for argument in self.block.args[:-1]]

    @property
    def accumulator(self) -> SSAValue:
        return self.block.args[-1]

    def add(self, op: Operation) -> SSAValue:
        self.block.add_op(op)
        return op.results[0]

    def apply(
        self,
        on_floats: Callable[..., Operation],
        on_integers: Callable[..., Operation],
        on_booleans: Callable[..., Operation],
        *values: SSAValue,
    ) -> SSAValue:
        """One of three ops, by the type of the result."""
        if self.is_float:
            return self.add(on_floats(*values))
        return self.add((on_booleans if self.type == i1 else on_integers)(*values))

    def plus(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.apply(arith.AddfOp, arith.AddiOp, arith.OrIOp, a, b)

    def times(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.apply(arith.MulfOp, arith.MuliOp, arith.AndIOp, a, b)

    def minus(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.apply(arith.SubfOp, arith.SubiOp, arith.SubiOp, a, b)

    def cast(self, value: SSAValue) -> SSAValue:
        """The value as a number of the result's type."""
        if value.type == self.type:
            return value
        kind = _cast(value.type, self.type, self.unsigned)
        return self.add(kind(value, self.type))


def _cast(a: Attribute, b: Attribute, unsigned: bool) -> Callable[..., Operation]:
    if isinstance(a, IndexType) or isinstance(b, IndexType):
        return arith.IndexCastOp
    if isinstance(a, AnyFloat) and isinstance(b, AnyFloat):
        return arith.ExtFOp if b.bitwidth > a.bitwidth else arith.TruncFOp
    if isinstance(a, AnyFloat):
        return arith.FPToUIOp if unsigned else arith.FPToSIOp
    if isinstance(b, AnyFloat):
        return arith.UIToFPOp if unsigned else arith.SIToFPOp
    if cast(IntegerType, b).bitwidth > cast(IntegerType, a).bitwidth:
        return arith.ExtUIOp if unsigned else arith.ExtSIOp
    return arith.TruncIOp


def product(s: Scalars) -> SSAValue:
    """`acc + a * b`."""
    a, b = s.inputs
    return s.plus(s.accumulator, s.times(a, b))


def quantized_product(s: Scalars) -> SSAValue:
    """`acc + (a - zero point of a) * (b - zero point of b)`."""
    a, b, za, zb = s.inputs
    return s.plus(s.accumulator, s.times(s.minus(a, za), s.minus(b, zb)))


def total(s: Scalars) -> SSAValue:
    """`acc + a`; what stands beside `a` gives the size of the window."""
    return s.plus(s.accumulator, s.inputs[0])


def largest(s: Scalars) -> SSAValue:
    """`max(acc, a)`."""
    kind = arith.MaxUIOp if s.unsigned else arith.MaxSIOp
    return s.apply(arith.MaximumfOp, kind, kind, s.accumulator, s.inputs[0])


def smallest(s: Scalars) -> SSAValue:
    """`min(acc, a)`."""
    kind = arith.MinUIOp if s.unsigned else arith.MinSIOp
    return s.apply(arith.MinimumfOp, kind, kind, s.accumulator, s.inputs[0])


def copy(s: Scalars) -> SSAValue:
    """`a`, as a number of the result's type."""
    return s.inputs[0]


def select(s: Scalars) -> SSAValue:
    """`a ? b : c`."""
    condition, a, b = s.block.args[:3]
    return s.add(arith.SelectOp(condition, s.cast(a), s.cast(b)))


def binary(
    on_floats: Callable[..., Operation], on_integers: Callable[..., Operation] | None = None
) -> Make:
    """A function of two scalars; only of floats where there is no op for integers."""

    def make(s: Scalars) -> SSAValue:
        kind = on_floats if s.is_float or on_integers is None else on_integers
        return s.add(kind(*s.inputs))

    return make


def sums(s: Scalars) -> SSAValue:
    """`a + b`; `or` of i1."""
    return s.plus(*s.inputs)


def products(s: Scalars) -> SSAValue:
    """`a * b`; `and` of i1."""
    return s.times(*s.inputs)


def unary(kind: Callable[..., Operation]) -> Make:
    """A function of one scalar."""
    return lambda s: s.add(kind(s.inputs[0]))


def reciprocal(s: Scalars) -> SSAValue:
    """`1 / a`."""
    one = s.add(arith.ConstantOp(FloatAttr(1.0, cast(AnyFloat, s.type))))
    return s.add(arith.DivfOp(one, s.inputs[0]))


def square(s: Scalars) -> SSAValue:
    """`a * a`."""
    return s.times(s.inputs[0], s.inputs[0])


EXP, LOG, ABS = unary(math.ExpOp), unary(math.LogOp), unary(math.AbsFOp)
CEIL, FLOOR, NEGATE = unary(math.CeilOp), unary(math.FloorOp), unary(arith.NegfOp)
ROUND, SQRT, RSQRT = unary(math.RoundOp), unary(math.SqrtOp), unary(math.RsqrtOp)
TANH, ERF = unary(math.TanhOp), unary(math.ErfOp)
SUB = binary(arith.SubfOp, arith.SubiOp)
DIV = binary(arith.DivfOp, arith.DivSIOp)
DIV_UNSIGNED = binary(arith.DivfOp, arith.DivUIOp)
MAX = binary(arith.MaximumfOp, arith.MaxSIOp)
MIN = binary(arith.MinimumfOp, arith.MinSIOp)
POWER = binary(math.PowFOp)
