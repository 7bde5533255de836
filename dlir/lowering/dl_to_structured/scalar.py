"""Scalar expressions that write themselves as `arith` and `math` ops.

`x / (1.0 + exp(-x))` on a `Scalar` x emits four ops into the body of a structured op. A Python
number takes the type of the scalar that it meets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    AnyFloat,
    BFloat16Type,
    Float16Type,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    LocationAttr,
    UnrealizedConversionCastOp,
    f32,
    i1,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.dialects.structured.ops import IndexOp, YieldOp
from dlir.types import is_integer, is_unsigned, limits_of

Number: TypeAlias = FloatAttr[Any] | IntegerAttr[Any]


def is_float(type: Attribute) -> bool:
    return isinstance(type, AnyFloat)


def computing_type(element: Attribute) -> Attribute:
    """The type in which values of an element type are computed: f32 for the half types."""
    return f32 if isinstance(element, Float16Type | BFloat16Type) else element


def number(value: float, type: Attribute) -> Number:
    """The value as an attribute of a float, integer or index type."""
    if is_float(type):
        return FloatAttr(float(value), cast(AnyFloat, type))
    return IntegerAttr(int(value), cast(IntegerType, type))


def width(type: Attribute) -> int:
    """The bits of a number."""
    if isinstance(type, IntegerType):
        return type.bitwidth
    if isinstance(type, Float64Type | IndexType):
        return 64
    return 16 if isinstance(type, Float16Type | BFloat16Type) else 32


def lowest(type: Attribute) -> float:
    """-inf, or the least integer; false for i1."""
    return limits_of(type)[0] if is_integer(type) else float("-inf")


def highest(type: Attribute) -> float:
    """inf, or the greatest integer; true for i1."""
    return limits_of(type)[1] if is_integer(type) else float("inf")


def is_nonnegative(type: Attribute) -> bool:
    """Whether integers of the type are extended with zeros and compared as numbers >= 0."""
    return type == i1 or is_unsigned(type)


class Body:
    """A region of one block under construction; every op gets the same location."""

    def __init__(self, types: Sequence[Attribute], location: LocationAttr):
        self.block = Block(arg_types=types)
        self.location = location
        self.arguments = [Scalar(argument, self) for argument in self.block.args]
        self._constants: dict[Number, Scalar] = {}

    def add(self, op: Operation) -> Scalar:
        op.location = self.location
        self.block.add_op(op)
        return Scalar(op.results[0], self)

    def effect(self, op: Operation) -> None:
        """Add an op without a result."""
        op.location = self.location
        self.block.add_op(op)

    def constant(self, value: Number) -> Scalar:
        """A constant, made once per body."""
        if value not in self._constants:
            self._constants[value] = self.add(arith.ConstantOp(value))
        return self._constants[value]

    def iterator(self, dim: int) -> Scalar:
        """The current position along an iterator, an index."""
        return self.add(IndexOp(dim))

    def finish(self, result: Scalar) -> Region:
        self.effect(YieldOp(result.value))
        return Region(self.block)


@dataclass(frozen=True, eq=False, slots=True)
class Scalar:
    """A number inside a body, with Python's operators."""

    value: SSAValue
    body: Body

    @property
    def type(self) -> Attribute:
        return self.value.type

    @property
    def is_float(self) -> bool:
        return is_float(self.value.type)

    def like(self, other: Scalar | float) -> Scalar:
        """A Python number as a scalar of this one's type."""
        return other if isinstance(other, Scalar) else self.body.constant(number(other, self.type))

    def apply(
        self, on_floats: Callable[..., Operation], on_ints: Callable[..., Operation],
        other: Scalar | float,
    ) -> Scalar:  # fmt: skip
        """One of two binary ops, by type."""
        kind = on_floats if self.is_float else on_ints
        return self.body.add(kind(self.value, self.like(other).value))

    def __add__(self, other: Scalar | float) -> Scalar:
        return self.apply(arith.AddfOp, arith.AddiOp, other)

    def __radd__(self, other: float) -> Scalar:
        return self.like(other) + self

    def __sub__(self, other: Scalar | float) -> Scalar:
        return self.apply(arith.SubfOp, arith.SubiOp, other)

    def __rsub__(self, other: float) -> Scalar:
        return self.like(other) - self

    def __mul__(self, other: Scalar | float) -> Scalar:
        return self.apply(arith.MulfOp, arith.MuliOp, other)

    def __rmul__(self, other: float) -> Scalar:
        return self.like(other) * self

    def __truediv__(self, other: Scalar | float) -> Scalar:
        """The quotient of floats; of integers rounded toward zero, the divisor not 0 or -1."""
        on_ints = arith.DivUIOp if is_unsigned(self.type) else arith.DivSIOp
        return self.apply(arith.DivfOp, on_ints, other)

    def __rtruediv__(self, other: float) -> Scalar:
        return self.like(other) / self

    def __neg__(self) -> Scalar:
        return self.body.add(arith.NegfOp(self.value)) if self.is_float else 0 - self

    def __and__(self, other: Scalar) -> Scalar:
        return self.body.add(arith.AndIOp(self.value, other.value))

    def __or__(self, other: Scalar) -> Scalar:
        return self.body.add(arith.OrIOp(self.value, other.value))

    def __xor__(self, other: Scalar) -> Scalar:
        return self.body.add(arith.XOrIOp(self.value, other.value))


Form: TypeAlias = (
    Callable[[Scalar], Scalar]
    | Callable[[Scalar, Scalar], Scalar]
    | Callable[[Scalar, Scalar, Scalar], Scalar]
    | Callable[[Scalar, Scalar, Scalar, Scalar], Scalar]
)
"""A body or an epilogue: some scalars in, one out."""


def maximum(a: Scalar, b: Scalar | float) -> Scalar:
    """The larger one; NaN if either is NaN; `or` of i1."""
    on_ints = arith.MaxUIOp if is_unsigned(a.type) else arith.MaxSIOp
    return a.apply(arith.MaximumfOp, arith.OrIOp if a.type == i1 else on_ints, b)


def minimum(a: Scalar, b: Scalar | float) -> Scalar:
    """The smaller one; NaN if either is NaN; `and` of i1."""
    on_ints = arith.MinUIOp if is_unsigned(a.type) else arith.MinSIOp
    return a.apply(arith.MinimumfOp, arith.AndIOp if a.type == i1 else on_ints, b)


_SAME = ("eq", "ne")


def compare(predicate: str, a: Scalar, b: Scalar | float) -> Scalar:
    """eq ne lt le gt ge; with a NaN only `ne` holds; i1 counts as 0 and 1."""
    x, y = a.value, a.like(b).value
    if a.is_float:
        name = "une" if predicate == "ne" else f"o{predicate}"
        return a.body.add(arith.CmpfOp(x, y, name))
    sign = "" if predicate in _SAME else "u" if is_nonnegative(a.type) else "s"
    return a.body.add(arith.CmpiOp(x, y, sign + predicate))


def where(condition: Scalar, a: Scalar | float, b: Scalar | float) -> Scalar:
    """`a` where the condition holds, else `b`; one of them at least is a scalar."""
    like = a if isinstance(a, Scalar) else b
    assert isinstance(like, Scalar)
    x, y = like.like(a).value, like.like(b).value
    return condition.body.add(arith.SelectOp(condition.value, x, y))


def function(kind: Callable[[SSAValue], Operation]) -> Callable[[Scalar], Scalar]:
    """A `math` op as a function of scalars."""
    return lambda x: x.body.add(kind(x.value))


exp, log = function(math.ExpOp), function(math.LogOp)
expm1, log1p = function(math.ExpM1Op), function(math.Log1pOp)
sqrt, rsqrt = function(math.SqrtOp), function(math.RsqrtOp)
tanh, erf, absf = function(math.TanhOp), function(math.ErfOp), function(math.AbsFOp)


def copysign(x: Scalar, y: Scalar) -> Scalar:
    """The magnitude of x with the sign of y."""
    return x.body.add(math.CopySignOp(x.value, y.value))


def power(a: Scalar, b: Scalar | float) -> Scalar:
    """`a ^ b`."""
    return a.apply(math.PowFOp, math.IPowIOp, b)


def resize(x: Scalar, type: Attribute) -> Scalar:
    """A float as another float type (rounded once), or an integer as another (wrapping)."""
    if x.type == type:
        return x
    wider = width(type) > width(x.type)
    if is_float(type):
        if width(type) == width(x.type):  # f16 and bf16 hold each other's values only by way of f32
            x, wider = resize(x, f32), False
        return x.body.add((arith.ExtFOp if wider else arith.TruncFOp)(x.value, cast(Any, type)))
    if width(type) == width(x.type):
        return x.body.add(UnrealizedConversionCastOp.get([x.value], [type]))  # see holding.py
    extend = arith.ExtUIOp if is_nonnegative(x.type) else arith.ExtSIOp
    return x.body.add((extend if wider else arith.TruncIOp)(x.value, cast(IntegerType, type)))


def from_index(x: Scalar, type: Attribute) -> Scalar:
    """An index as a number of any type."""
    whole = x.body.add(arith.IndexCastOp(x.value, i64))
    if is_float(type):
        return x.body.add(arith.SIToFPOp(whole.value, cast(AnyFloat, type)))
    return resize(whole, type)
