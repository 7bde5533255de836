"""Floats of 4 to 8 bits and integers of 2 and 4, to and from the `i8` that holds each, tf32 to and
from f32, and every rounding of a float that `arith.truncf` does not know.

A narrow float is decoded by moving its exponent and mantissa to where those of an f32 are and
multiplying by the power of two between the biases, which is exact for subnormal numbers, too. It is
encoded from f32 or f64 with one rounding: normal numbers by what is dropped from their bits,
subnormal ones by what is dropped when their unit is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    FloatTF32Type,
    IntegerType,
    UnrealizedConversionCastOp,
    f32,
    f64,
    i8,
    i32,
    i64,
)
from xdsl.ir import Attribute

from dlir.dialects.dl.attrs import RoundMode, ui8
from dlir.lowering.dl_to_structured.scalar import (
    Scalar,
    absf,
    compare,
    resize,
    where,
    width,
)
from dlir.number_formats import FloatFormat, Specials, format_of
from dlir.types import BYTE_FLOATS, Integer, is_unsigned

_BYTE = 0xFF
_TF32_PLACES = 13
"""Bits of an f32 that a tf32 does not have."""


@dataclass(frozen=True)
class Rounding:
    """How a number between two others becomes one of them."""

    mode: RoundMode = RoundMode.NEAREST
    saturate: bool = False
    random: Scalar | None = None
    """Bits, for rounding by chance instead of by a mode."""

    @property
    def to_nearest(self) -> bool:
        return self.random is None and self.mode is RoundMode.NEAREST


NEAREST = Rounding()


def as_type(x: Scalar, type: Attribute) -> Scalar:
    """The same bits under the name of another type: see holding.py."""
    return x.body.add(UnrealizedConversionCastOp.get([x.value], [type]))


def _bits(x: Scalar) -> Scalar:
    return x.body.add(arith.BitcastOp(x.value, IntegerType(width(x.type))))


def _float(x: Scalar, type: Attribute) -> Scalar:
    """Bits as the float that has them."""
    return x.body.add(arith.BitcastOp(x.value, type))


def _number(x: Scalar, type: Attribute) -> Scalar:
    """A signed integer as a float."""
    return x.body.add(arith.SIToFPOp(x.value, cast(Any, type)))


def _left(x: Scalar, count: int) -> Scalar:
    return x.body.add(arith.ShLIOp(x.value, x.like(count).value))


def _right(x: Scalar, count: int, kind: type = arith.ShRUIOp) -> Scalar:
    return x.body.add(kind(x.value, x.like(count).value))


def _low(x: Scalar, count: int) -> Scalar:
    """The last bits."""
    return x & x.like((1 << count) - 1)


# Decoding


def decoded(x: Scalar) -> Scalar:
    """A narrow float as an f32."""
    format = format_of(x.type)
    if isinstance(x.type, FloatTF32Type):
        bits = _bits(as_type(x, f32))
        return _float(_left(_right(bits, _TF32_PLACES), _TF32_PLACES), f32)
    code = as_type(x, i8)
    code = code.body.add(arith.ExtUIOp(code.value, i32))
    if not format.signed:
        return _decoded_power(code)
    size = code & code.like(format.sign - 1)
    moved = _left(size, format_of(f32).mantissa - format.mantissa)
    number = _float(moved, f32) * 2.0 ** (127 - format.bias)
    if format.infinite is not None:
        number = where(compare("ge", size, format.infinite), inf, number)
        number = where(compare("gt", size, format.infinite), nan, number)
    elif format.has_nan:
        whole = code if format.not_a_number == format.sign else size
        number = where(compare("eq", whole, format.not_a_number), nan, number)
    negative = compare("ne", code & code.like(format.sign), 0)
    return where(negative, -number, number)


def _decoded_power(code: Scalar) -> Scalar:
    """The exponent of an f32; the least one is that of a subnormal number."""
    least = code.like(1 << (format_of(f32).mantissa - 1))
    bits = where(compare("eq", code, 0), least, _left(code, format_of(f32).mantissa))
    return where(compare("eq", code, _BYTE), nan, _float(bits, f32))


# Encoding


def encoded(x: Scalar, type: Attribute, how: Rounding = NEAREST) -> Scalar:
    """An f32 or f64 as a float of fewer bits."""
    format = format_of(type)
    if not format.signed:
        return as_type(resize(_encoded_power(x, format, how), i8), type)
    bits, size = _bits(x), absf(x)
    negative = compare("lt", bits, 0)
    code = (_nearest if how.to_nearest else _directed)(size, negative, format, how)
    code = _limited(code, x, negative, format, how)
    if format.specials is Specials.NEGATIVE_ZERO:
        negative = negative & compare("ne", code, 0)
    code = where(negative, code | code.like(format.sign), code)
    return _held(code, type)


def _limited(
    code: Scalar, x: Scalar, negative: Scalar, format: FloatFormat, how: Rounding
) -> Scalar:
    """The code of what is beyond the last number, and of NaN."""
    beyond = code.like(format.greatest if how.saturate else format.beyond)
    if not how.saturate and how.random is None and how.mode is not RoundMode.NEAREST:
        inward = negative if how.mode is RoundMode.UPWARD else _not(negative)
        inward = inward & compare("lt", absf(x), inf)
        beyond = where(inward, code.like(format.greatest), beyond)
    code = where(compare("gt", code, format.greatest), beyond, code)
    return where(compare("eq", x, x), code, format.not_a_number)


def _not(x: Scalar) -> Scalar:
    return x ^ x.like(1)


def _held(code: Scalar, type: Attribute) -> Scalar:
    """A code as a number of the type."""
    if isinstance(type, FloatTF32Type):
        return as_type(_float(_left(resize(code, i32), _TF32_PLACES), f32), type)
    if isinstance(type, BYTE_FLOATS):
        return as_type(resize(code, i8), type)
    return _float(resize(code, IntegerType(width(type))), type)


def _nearest(size: Scalar, _negative: Scalar, format: FloatFormat, _how: Rounding) -> Scalar:
    """The code of a number >= 0, rounded to nearest even."""
    own = format_of(size.type)
    normal = _rounded(_bits(size), own.mantissa - format.mantissa)
    normal = normal - ((own.bias - format.bias) << format.mantissa)
    unit = 2.0 ** (own.mantissa + 1 - format.bias - format.mantissa)
    small = _bits(size + unit) - _bits(size.like(unit))
    return where(compare("lt", size, format.smallest_normal), small, normal)


def _rounded(bits: Scalar, places: int) -> Scalar:
    """Without that many last bits, rounded to nearest even."""
    odd = _low(_right(bits, places), 1)
    return _right(bits + odd + ((1 << (places - 1)) - 1), places)


def _directed(size: Scalar, negative: Scalar, format: FloatFormat, how: Rounding) -> Scalar:
    """The code of a number >= 0, rounded as the mode says or by chance."""
    own, bits = format_of(size.type), _bits(size)
    places = own.mantissa - format.mantissa
    code = _right(bits, places) - ((own.bias - format.bias) << format.mantissa)
    rest = _number(_low(bits, places), size.type) * 2.0**-places
    if own.bias != format.bias:  # else subnormal numbers look alike
        small = compare("lt", size, format.smallest_normal)
        units = where(small, size, 0) * 2.0 ** (format.bias + format.mantissa - 1)
        whole = units.body.add(arith.FPToSIOp(units.value, cast(Any, bits.type)))
        code = where(small, whole, code)
        rest = where(small, units - _number(whole, size.type), rest)
    return where(_goes_up(rest, negative, how), code + 1, code)


def _goes_up(rest: Scalar, negative: Scalar, how: Rounding) -> Scalar:
    """Whether a magnitude becomes the number above it, from which it is 1 - rest away."""
    if how.random is not None:
        return compare("lt", _fraction(how.random, rest.type), rest)
    outward = negative if how.mode is RoundMode.DOWNWARD else _not(negative)
    return outward & compare("gt", rest, 0)


def _fraction(random: Scalar, type: Attribute) -> Scalar:
    """The first 24 bits as a number in [0, 1)."""
    return _number(_right(random, 8), type) * 2.0**-24


def _encoded_power(x: Scalar, format: FloatFormat, how: Rounding) -> Scalar:
    """The code of a power of two; zero and all that is negative have none."""
    wide = resize(x, f64)  # where no number of f32 is subnormal
    negative, bits, own = compare("lt", wide, 0), _bits(absf(wide)), format_of(f64)
    if how.to_nearest:  # the significand of the lower of two powers is 1, which is odd
        up = compare("ne", _low(_right(bits, own.mantissa - 1), 1), 0)
    else:
        rest = _number(_low(bits, own.mantissa), f64) * 2.0**-own.mantissa
        up = _goes_up(rest, negative, how)
    code = _right(bits, own.mantissa) - (own.bias - format.bias)
    code = where(up, code + 1, code)
    code = where(compare("lt", code, 0), 0, code)
    code = _limited(code, wide, negative, format, how)
    good = compare("ge" if how.saturate else "gt", wide, 0)
    return where(good, code, format.not_a_number)


# Integers


def sticky(x: Scalar) -> Scalar:
    """An integer of 64 bits that f64 holds, and that every format with half the bits rounds alike:
    the last bits give way to one that says whether any of them was 1."""
    low = _low(x, 12)
    marked = (x - low) | where(compare("ne", low, 0), x.like(0x800), x.like(0))
    plain = as_type(x, i64) if is_unsigned(x.type) else x
    top = _right(plain, 53, arith.ShRUIOp if is_unsigned(x.type) else arith.ShRSIOp)
    small = compare("eq", top, 0)
    if not is_unsigned(x.type):
        small = small | compare("eq", top, -1)
    return where(small, x, marked)


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
