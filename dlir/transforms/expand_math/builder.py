"""Terms: SSA values on which Python's operators build `arith` and `math` operations.

The expansions read as formulas: `r = x - n * c` makes two operations.  A term is a scalar or an n-D
vector of floats, of integers of the same width, or of `i1`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    AnyFloat,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    f32,
    f64,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.llvm.intrinsics import LoadExpOp
from dlir.dialects.vectorized import as_vector, bit_width, dense, element_of, with_element_type


@dataclass(frozen=True)
class Format:
    """What the algorithms need to know about a float format."""

    width: int
    mantissa: int
    """Stored bits of the significand."""
    bias: int

    @property
    def suffix(self) -> str:
        """The end of the names in `coefficients.py`."""
        return f"F{self.width}"

    @property
    def magic(self) -> float:
        """Adding it rounds a small float to an integer, which then is in the low bits."""
        return 1.5 * 2.0**self.mantissa

    @property
    def smallest_normal(self) -> float:
        """Below it the exponent field is 0."""
        return 2.0 ** (1 - self.bias)

    def bits(self, value: float) -> int:
        """The bit pattern of a value, as a signed integer."""
        code = ("<f", "<i") if self.width == 32 else ("<d", "<q")
        return struct.unpack(code[1], struct.pack(code[0], value))[0]

    def split(self, high: float, low: float) -> tuple[float, float]:
        """A constant given as an f64 pair, as a pair of this format."""
        if self.width == 64:
            return high, low
        head: float = struct.unpack("<f", struct.pack("<f", high))[0]
        return head, (high - head) + low


FORMATS: dict[Attribute, Format] = {f32: Format(32, 23, 127), f64: Format(64, 52, 1023)}


class Builder:
    """Collects the operations of one expansion, in order.

    `ldexp` says that the machine multiplies f32 by powers of two in one instruction.
    """

    def __init__(self, ldexp: bool = False) -> None:
        self.ldexp = ldexp
        self.ops: list[Operation] = []
        self._constants: dict[tuple[str, float | int, Attribute], Term] = {}

    def add(self, op: Operation) -> Term:
        """Append an operation with one result."""
        self.ops.append(op)
        return Term(self, op.results[0])

    def constant(self, value: float | int, type_: Attribute) -> Term:
        """A constant of a scalar or vector type, made once."""
        key = (repr(value), value, type_)
        if key not in self._constants:
            attribute = cast(Any, _attribute(value, type_))
            self._constants[key] = self.add(arith.ConstantOp(attribute, type_))
        return self._constants[key]


def _attribute(value: float | int, type_: Attribute) -> Attribute:
    if as_vector(type_) is not None:
        return dense(type_, [value])
    if isinstance(type_, AnyFloat):
        return FloatAttr(float(value), type_)
    return IntegerAttr(int(value), cast(IntegerType, type_))


@dataclass(frozen=True, eq=False)
class Term:
    """A value of an expansion."""

    builder: Builder
    value: SSAValue

    @property
    def type(self) -> Attribute:
        """Its type: a scalar or a vector."""
        return self.value.type

    @property
    def element(self) -> Attribute:
        """Its element type."""
        return element_of(self.value.type)

    @property
    def format(self) -> Format:
        """The format of a float term, or the float format as wide as an integer term."""
        return FORMATS[f64 if bit_width(self.type) == 64 else f32]

    @property
    def is_float(self) -> bool:
        """Whether the elements are floats."""
        return isinstance(self.element, Float32Type | Float64Type)

    def like(self, value: float | int | Term) -> Term:
        """`value` as a term of this type."""
        return value if isinstance(value, Term) else self.builder.constant(value, self.type)

    def _binary(
        self, floats: type[Operation], integers: type[Operation], other: float | int | Term
    ) -> Term:
        op = floats if self.is_float else integers
        return self.builder.add(cast(Any, op)(self.value, self.like(other).value))

    def __add__(self, other: float | Term) -> Term:
        return self._binary(arith.AddfOp, arith.AddiOp, other)

    def __sub__(self, other: float | Term) -> Term:
        return self._binary(arith.SubfOp, arith.SubiOp, other)

    def __rsub__(self, other: float) -> Term:
        return self.like(other) - self

    def __mul__(self, other: float | Term) -> Term:
        return self._binary(arith.MulfOp, arith.MuliOp, other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: float | Term) -> Term:
        return self._binary(arith.DivfOp, arith.DivSIOp, other)

    def __rtruediv__(self, other: float) -> Term:
        return self.like(other) / self

    def __neg__(self) -> Term:
        return self.builder.add(arith.NegfOp(self.value))

    def __and__(self, other: int | Term) -> Term:
        return self._binary(arith.AndIOp, arith.AndIOp, other)

    def __or__(self, other: int | Term) -> Term:
        return self._binary(arith.OrIOp, arith.OrIOp, other)

    def __xor__(self, other: int | Term) -> Term:
        return self._binary(arith.XOrIOp, arith.XOrIOp, other)

    def __lshift__(self, count: int) -> Term:
        return self._binary(arith.ShLIOp, arith.ShLIOp, count)

    def __rshift__(self, count: int) -> Term:
        return self._binary(arith.ShRSIOp, arith.ShRSIOp, count)

    def _compare(self, floats: str, integers: str, other: float | int | Term) -> Term:
        right = self.like(other).value
        if self.is_float:
            return self.builder.add(arith.CmpfOp(self.value, right, floats))
        return self.builder.add(arith.CmpiOp(self.value, right, integers))

    def __lt__(self, other: float | Term) -> Term:
        return self._compare("olt", "slt", other)

    def __gt__(self, other: float | Term) -> Term:
        return self._compare("ogt", "sgt", other)

    def equals(self, other: float | Term) -> Term:
        """Ordered equality, `i1`."""
        return self._compare("oeq", "eq", other)

    def differs(self, other: float | Term) -> Term:
        """Unordered or unequal, `i1`; `x.differs(x)` finds NaN."""
        return self._compare("une", "ne", other)

    def below_or_nan(self, limit: float) -> Term:
        """Less than a constant or NaN, `i1`."""
        return self._compare("ult", "slt", limit)

    def where(self, then: Term, otherwise: float | Term) -> Term:
        """`self ? then : otherwise`, for an `i1` term."""
        return self.builder.add(arith.SelectOp(self.value, then.value, then.like(otherwise).value))

    def fma(self, factor: float | Term, addend: float | Term) -> Term:
        """`self * factor + addend`, rounded once."""
        a, b = self.like(factor).value, self.like(addend).value
        return self.builder.add(math.FmaOp(self.value, a, b))

    def horner(self, coefficients: Sequence[float]) -> Term:
        """The polynomial with these coefficients (lowest first) at this term."""
        result = self.like(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            result = result.fma(self, coefficient)
        return result

    def at_least(self, limit: float) -> Term:
        """The maximum with a constant; NaN stays."""
        return self.builder.add(arith.MaximumfOp(self.value, self.like(limit).value))

    def at_most(self, limit: float) -> Term:
        """The minimum with a constant; NaN stays."""
        return self.builder.add(arith.MinimumfOp(self.value, self.like(limit).value))

    def abs(self) -> Term:
        """The absolute value."""
        return self.builder.add(math.AbsFOp(self.value))

    def floor(self) -> Term:
        """Rounded down."""
        return self.builder.add(math.FloorOp(self.value))

    def sqrt(self) -> Term:
        return self.builder.add(math.SqrtOp(self.value))

    def with_sign_of(self, other: Term) -> Term:
        """This magnitude with the sign of `other`."""
        return self.builder.add(math.CopySignOp(self.value, other.value))

    def as_bits(self) -> Term:
        """The bits of a float as an integer."""
        type_ = with_element_type(self.type, IntegerType(self.format.width))
        return self.builder.add(arith.BitcastOp(self.value, type_))

    def as_float(self) -> Term:
        """The float whose bits an integer holds."""
        type_ = with_element_type(self.type, f64 if self.format.width == 64 else f32)
        return self.builder.add(arith.BitcastOp(self.value, type_))

    def times_two_to(self, power: Term) -> Term:
        """`self * 2^power`, rounded once, for a whole float `power`."""
        type_ = with_element_type(self.type, IntegerType(self.format.width))
        whole = self.builder.add(arith.FPToSIOp(power.value, cast(Any, type_)))
        return self.builder.add(LoadExpOp(self.value, whole.value))

    def to_float(self) -> Term:
        """An integer's value as a float of the same width."""
        type_ = with_element_type(self.type, f64 if self.format.width == 64 else f32)
        return self.builder.add(arith.SIToFPOp(self.value, cast(Any, type_)))

    def widened(self) -> Term:
        """f16, bf16 or f32 as the next wider format that expansions use (f32, f32, f64)."""
        wide = f64 if isinstance(self.element, Float32Type) else f32
        return self.builder.add(arith.ExtFOp(self.value, with_element_type(self.type, wide)))

    def narrowed(self, element: Attribute) -> Term:
        """A float rounded to a narrower format."""
        return self.builder.add(arith.TruncFOp(self.value, with_element_type(self.type, element)))

    def truncated(self, width: int) -> Term:
        """The low bits of an integer."""
        type_ = with_element_type(self.type, IntegerType(width))
        return self.builder.add(arith.TruncIOp(self.value, cast(Any, type_)))
