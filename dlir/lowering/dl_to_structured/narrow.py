"""Floats of 4 and 8 bits, and integers of 2 and 4, to and from the `i8` that holds each.

A narrow float is decoded by moving its exponent and mantissa to where those of an f32 are and
multiplying by the power of two between the biases, which is exact for subnormal numbers, too. It is
encoded from f32 or f64 with one rounding: normal numbers by adding half a unit to the bits,
subnormal ones by adding a number whose last place is their unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    Float4E2M1FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    IntegerType,
    UnrealizedConversionCastOp,
    f32,
    i8,
    i32,
)
from xdsl.ir import Attribute

from dlir.dialects.dl.attrs import ui8
from dlir.lowering.dl_to_structured.scalar import (
    Scalar,
    absf,
    compare,
    resize,
    where,
    width,
)
from dlir.types import Integer, is_unsigned


@dataclass(frozen=True)
class Format:
    """A sign, an exponent and a mantissa; codes are without the sign."""

    mantissa: int
    """Bits of it."""
    bias: int
    sign: int = 0x80
    """The bit of it."""
    greatest: int = 0x7F
    """The code of the last finite number."""
    infinite: int | None = None
    """The code of what is beyond, where that is a number."""
    not_a_number: int = 0x80
    """A code with the bit of the sign has no other sign."""


FORMATS: dict[type[Attribute], Format] = {
    Float8E4M3FNType: Format(3, 7, greatest=0x7E, not_a_number=0x7F),
    Float8E5M2Type: Format(2, 15, greatest=0x7B, infinite=0x7C, not_a_number=0x7E),
    Float8E4M3FNUZType: Format(3, 8),
    Float8E5M2FNUZType: Format(2, 16),
    Float4E2M1FNType: Format(1, 1, sign=0x8, greatest=0x7, infinite=0x7, not_a_number=0x8),
}
"""`f4E2M1FN` has neither: what is beyond is its last number, and NaN is -0."""


def last_number(type_: Attribute) -> float:
    """The greatest finite number of a narrow float type."""
    format = FORMATS[type(type_)]
    exponent, places = divmod(format.greatest, 1 << format.mantissa)
    return (1 + places / (1 << format.mantissa)) * 2.0 ** (exponent - format.bias)


_PARTS = {32: (23, 127), 64: (52, 1023)}
"""Bits -> those of the mantissa, and the bias."""


def as_type(x: Scalar, type: Attribute) -> Scalar:
    """The same `i8` under the name of another type: see holding.py."""
    return x.body.add(UnrealizedConversionCastOp.get([x.value], [type]))


def _bits(x: Scalar) -> Scalar:
    return x.body.add(arith.BitcastOp(x.value, IntegerType(width(x.type))))


def _left(x: Scalar, count: int) -> Scalar:
    return x.body.add(arith.ShLIOp(x.value, x.like(count).value))


def _right(x: Scalar, count: int, kind: type = arith.ShRUIOp) -> Scalar:
    return x.body.add(kind(x.value, x.like(count).value))


def decoded(x: Scalar) -> Scalar:
    """A narrow float as an f32."""
    format = FORMATS[type(x.type)]
    code = as_type(x, i8)
    code = code.body.add(arith.ExtUIOp(code.value, i32))
    size = code & code.like(format.sign - 1)
    moved = _left(size, _PARTS[32][0] - format.mantissa)
    number = code.body.add(arith.BitcastOp(moved.value, f32)) * 2.0 ** (127 - format.bias)
    if format.infinite is not None and format.infinite != format.greatest:
        number = where(compare("ge", size, format.infinite), inf, number)
        number = where(compare("gt", size, format.infinite), nan, number)
    elif format.infinite is None:
        whole = code if format.not_a_number == format.sign else size
        number = where(compare("eq", whole, format.not_a_number), nan, number)
    negative = compare("ne", code & code.like(format.sign), 0)
    return where(negative, -number, number)


def encoded(x: Scalar, type_: Attribute) -> Scalar:
    """An f32 or f64 as a narrow float."""
    format, bits = FORMATS[type(type_)], _bits(x)
    places, bias = _PARTS[width(x.type)]
    size = absf(x)
    normal = _rounded(_bits(size), places - format.mantissa)
    normal = normal - ((bias - format.bias) << format.mantissa)
    unit = 2.0 ** (places + 1 - format.bias - format.mantissa)
    small = _bits(size + unit) - _bits(size.like(unit))
    code = where(compare("lt", size, 2.0 ** (1 - format.bias)), small, normal)
    beyond = format.not_a_number if format.infinite is None else format.infinite
    code = where(compare("gt", code, format.greatest), beyond, code)
    code = where(compare("eq", x, x), code, format.not_a_number)
    negative = compare("lt", bits, 0)
    if format.not_a_number == format.sign and format.infinite is None:  # there is no -0
        negative = negative & compare("ne", code, 0)
    code = where(negative, code | code.like(format.sign), code)
    return as_type(resize(code, i8), type_)


def _rounded(bits: Scalar, places: int) -> Scalar:
    """Without that many last bits, rounded to nearest even."""
    odd = _right(bits, places) & bits.like(1)
    return _right(bits + odd + ((1 << (places - 1)) - 1), places)


def unpacked(x: Scalar, type_: Integer) -> Scalar:
    """An integer of 2 or 4 bits as one of 8."""
    whole = _extended(as_type(x, i8), type_)
    return as_type(whole, ui8) if is_unsigned(type_) else whole


def packed(x: Scalar, type_: Integer) -> Scalar:
    """The low bits of an integer of 8 bits."""
    return as_type(_extended(as_type(x, i8) if x.type != i8 else x, type_), type_)


def _extended(x: Scalar, type_: Integer) -> Scalar:
    """The low bits of an `i8`, extended as the type says."""
    rest = 8 - type_.bitwidth
    return _right(_left(x, rest), rest, arith.ShRUIOp if is_unsigned(type_) else arith.ShRSIOp)
