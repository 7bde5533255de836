"""The floating-point formats: one table that says what every element type's bits stand for.

A code is a number's bits: a sign, an exponent and a mantissa. What is computed from the table (the
casts of the lowering and of the semantics, the documentation's table) is nowhere written again.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, auto

from xdsl.dialects.builtin import (
    BFloat16Type,
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E3M4Type,
    Float8E4M3B11FNUZType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E4M3Type,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatTF32Type,
)
from xdsl.ir import Attribute


class Specials(Enum):
    """Which codes are no finite numbers."""

    IEEE = auto()
    """The greatest exponent: infinity with mantissa 0, else NaN."""
    ONE_NAN = auto()
    """The code of ones alone is NaN (`FN`); there is no infinity."""
    NEGATIVE_ZERO = auto()
    """-0 is NaN (`FNUZ`); there is no infinity, and no -0."""
    NONE = auto()
    """Every code is a finite number."""


@dataclass(frozen=True)
class FloatFormat:
    """Codes are without the sign, unless the text says so."""

    exponent: int
    """Bits of it."""
    mantissa: int
    """Bits of it."""
    bias: int
    specials: Specials
    dtype: str
    """numpy's or ml_dtypes' name of the type that holds it."""
    signed: bool = True
    """A format without a sign has no zero either: its numbers are powers of two."""

    @property
    def bits(self) -> int:
        return self.signed + self.exponent + self.mantissa

    @property
    def sign(self) -> int:
        """The bit of the sign."""
        return 1 << (self.exponent + self.mantissa)

    @property
    def infinite(self) -> int | None:
        """The code of infinity."""
        has = self.specials is Specials.IEEE
        return self.sign - (1 << self.mantissa) if has else None

    @property
    def greatest(self) -> int:
        """The code of the largest finite number."""
        if self.infinite is not None:
            return self.infinite - 1
        return self.sign - (2 if self.specials is Specials.ONE_NAN else 1)

    @property
    def not_a_number(self) -> int:
        """The code of NaN, with its sign; in a format without NaN -0 stands for it."""
        if self.infinite is not None:
            return self.infinite | 1 << (self.mantissa - 1)
        return self.sign - 1 if self.specials is Specials.ONE_NAN else self.sign

    @property
    def has_nan(self) -> bool:
        return self.specials is not Specials.NONE

    @property
    def beyond(self) -> int:
        """The code of what is larger than the largest number, where nothing saturates."""
        if self.infinite is not None:
            return self.infinite
        return self.not_a_number if self.has_nan else self.greatest

    @property
    def least_exponent(self) -> int:
        """The power of two of the smallest normal number."""
        return 1 - self.bias if self.signed else -self.bias

    @property
    def largest(self) -> float:
        """The largest finite number."""
        exponent, mantissa = divmod(self.greatest, 1 << self.mantissa)
        return (1 + mantissa * self.epsilon) * 2.0 ** (exponent - self.bias)

    @property
    def greatest_exponent(self) -> int:
        """That of the largest power of two."""
        return (self.greatest >> self.mantissa) - self.bias

    @property
    def smallest_normal(self) -> float:
        return 2.0**self.least_exponent

    @property
    def smallest(self) -> float:
        """The smallest number above 0."""
        return 2.0 ** (self.least_exponent - self.mantissa)

    @property
    def epsilon(self) -> float:
        """From 1 to the next number."""
        return 2.0**-self.mantissa


_IEEE, _FN, _FNUZ = Specials.IEEE, Specials.ONE_NAN, Specials.NEGATIVE_ZERO

FORMATS: dict[type[Attribute], FloatFormat] = {
    Float64Type: FloatFormat(11, 52, 1023, _IEEE, "float64"),
    Float32Type: FloatFormat(8, 23, 127, _IEEE, "float32"),
    FloatTF32Type: FloatFormat(8, 10, 127, _IEEE, "float32"),
    BFloat16Type: FloatFormat(8, 7, 127, _IEEE, "bfloat16"),
    Float16Type: FloatFormat(5, 10, 15, _IEEE, "float16"),
    Float8E5M2Type: FloatFormat(5, 2, 15, _IEEE, "float8_e5m2"),
    Float8E5M2FNUZType: FloatFormat(5, 2, 16, _FNUZ, "float8_e5m2fnuz"),
    Float8E4M3Type: FloatFormat(4, 3, 7, _IEEE, "float8_e4m3"),
    Float8E4M3FNType: FloatFormat(4, 3, 7, _FN, "float8_e4m3fn"),
    Float8E4M3FNUZType: FloatFormat(4, 3, 8, _FNUZ, "float8_e4m3fnuz"),
    Float8E4M3B11FNUZType: FloatFormat(4, 3, 11, _FNUZ, "float8_e4m3b11fnuz"),
    Float8E3M4Type: FloatFormat(3, 4, 3, _IEEE, "float8_e3m4"),
    Float8E8M0FNUType: FloatFormat(8, 0, 127, _FN, "float8_e8m0fnu", signed=False),
    Float6E3M2FNType: FloatFormat(3, 2, 3, Specials.NONE, "float6_e3m2fn"),
    Float6E2M3FNType: FloatFormat(2, 3, 1, Specials.NONE, "float6_e2m3fn"),
    Float4E2M1FNType: FloatFormat(2, 1, 1, Specials.NONE, "float4_e2m1fn"),
}  # fmt: skip

COMPUTED = (Float64Type, Float32Type, Float16Type, BFloat16Type)
"""The formats in which numbers are computed; the others are stored, moved and converted."""


def format_of(type_: Attribute) -> FloatFormat:
    """The format of a float type of the table."""
    return FORMATS[type(type_)]


def fit(value: float, code: str) -> float:
    """The value, or an infinity if the format `code` cannot hold it."""
    try:
        struct.pack(code, value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    return value


def bf16_bits(value: float) -> int:
    """The upper half of the f32 bits, rounded to nearest, ties to even."""
    bits: int = struct.unpack("<I", struct.pack("<f", fit(value, "f")))[0]
    if value != value:
        return (bits >> 16) | 0x40
    return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16


HEADS = (
    "type", "sign", "exponent", "mantissa", "bias", "infinity", "NaN", "largest",
    "smallest normal", "smallest", "epsilon",
)  # fmt: skip


def table() -> str:
    """The formats, a line each."""
    rows = [HEADS, *(_row(kind.name, one) for kind, one in FORMATS.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    return "\n".join("  ".join(line) for line in lines)


def _row(name: str, one: FloatFormat) -> tuple[str, ...]:
    fields = (int(one.signed), one.exponent, one.mantissa, one.bias)
    numbers = (one.largest, one.smallest_normal, one.smallest, one.epsilon)
    infinity = "no" if one.infinite is None else "yes"
    return (name, *map(str, fields), infinity, _nan_text(one), *(f"{n:.5g}" for n in numbers))


def _nan_text(one: FloatFormat) -> str:
    """Which codes are NaN."""
    if one.specials is Specials.NEGATIVE_ZERO:
        return "-0"
    return "many" if one.infinite is not None else "ones" if one.has_nan else "no"


if __name__ == "__main__":
    print(table())
