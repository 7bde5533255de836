"""Attributes of the `dl` dialect, and the sets of element types its ops accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import auto
from typing import Any, TypeAlias

from xdsl.dialects.builtin import (
    DenseArrayBase,
    Float8E8M0FNUType,
    Float64Type,
    FloatAttr,
    FloatTF32Type,
    IntegerAttr,
    IntegerType,
    TensorType,
    bf16,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute
from xdsl.ir.core import SpacedOpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.utils.str_enum import StrEnum

from dlir.types import NARROW_FLOATS, is_integer, is_unsigned, unsigned

Tensor: TypeAlias = TensorType[Attribute]
IntList: TypeAlias = DenseArrayBase[IntegerType]
RealList: TypeAlias = DenseArrayBase[Float64Type]
Int: TypeAlias = IntegerAttr[IntegerType]
Float: TypeAlias = FloatAttr[Any]


class OpClass(StrEnum):
    """What an op mostly does; analyses such as the roofline go by it, not by op names."""

    CONTRACTION = auto()
    ELEMENTWISE = auto()
    REDUCTION = auto()
    MOVEMENT = auto()


class Layout(StrEnum):
    """The order of the dimensions of an image: batch, channels, height, width."""

    NCHW = "nchw"
    NHWC = "nhwc"


class Algorithm(StrEnum):
    """How a convolution is computed; `auto` leaves it to the target."""

    AUTO = "auto"
    DIRECT = "direct"
    IM2COL = "im2col"
    WINOGRAD_2X2 = "winograd-2x2"
    WINOGRAD_4X4 = "winograd-4x4"
    FFT = "fft"


class Approximation(StrEnum):
    """How gelu computes the normal distribution: exactly by erf, or by a polynomial in tanh."""

    NONE = "none"
    TANH = "tanh"


class Interpolation(StrEnum):
    """How a value between places is found: the next place, a line, or a cubic through four."""

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"


class Coordinates(StrEnum):
    """Which place of an image a place of its resized version comes from; see `dl.resize`."""

    HALF_PIXEL = "half_pixel"
    HALF_PIXEL_SYMMETRIC = "half_pixel_symmetric"
    PYTORCH_HALF_PIXEL = "pytorch_half_pixel"
    ALIGN_CORNERS = "align_corners"
    ASYMMETRIC = "asymmetric"
    CROP = "crop"


class Rounding(StrEnum):
    """Which of two places is the nearest one; the first two differ on ties alone."""

    PREFER_FLOOR = "prefer_floor"
    PREFER_CEIL = "prefer_ceil"
    FLOOR = "floor"
    CEIL = "ceil"


class RoundMode(StrEnum):
    """Which of the two numbers around one becomes it, where a cast rounds."""

    NEAREST = "nearest"
    UPWARD = "upward"
    DOWNWARD = "downward"


class Outside(StrEnum):
    """What an image holds outside of its border: zeros, the nearest place, or its mirror image."""

    ZEROS = "zeros"
    BORDER = "border"
    REFLECTION = "reflection"


class Predicate(StrEnum):
    """The comparisons of `dl.compare`; every one but `ne` is false when an operand is NaN."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


class Pooling(StrEnum):
    """How the rows of a bag become one."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"


class Reduction(StrEnum):
    """What a scatter does with an update: it replaces what is there, or is folded into it."""

    NONE = "none"
    ADD = "add"
    MUL = "mul"
    MAX = "max"
    MIN = "min"


@irdl_attr_definition
class LayoutAttr(EnumAttribute[Layout], SpacedOpaqueSyntaxAttribute):
    """`#dl<layout nchw>`, written `layout = "nchw"` inside an op."""

    name = "dl.layout"


@irdl_attr_definition
class AlgorithmAttr(EnumAttribute[Algorithm], SpacedOpaqueSyntaxAttribute):
    """`#dl<algorithm fft>`, written `algorithm = "fft"` inside an op."""

    name = "dl.algorithm"


@irdl_attr_definition
class ApproximationAttr(EnumAttribute[Approximation], SpacedOpaqueSyntaxAttribute):
    """`#dl<approximation tanh>`, written `approximate = "tanh"` inside an op."""

    name = "dl.approximation"


@irdl_attr_definition
class InterpolationAttr(EnumAttribute[Interpolation], SpacedOpaqueSyntaxAttribute):
    """`#dl<interpolation linear>`, written `mode = "linear"` inside an op."""

    name = "dl.interpolation"


@irdl_attr_definition
class CoordinatesAttr(EnumAttribute[Coordinates], SpacedOpaqueSyntaxAttribute):
    """`#dl<coordinates half_pixel>`, written `coordinates = "half_pixel"` inside an op."""

    name = "dl.coordinates"


@irdl_attr_definition
class RoundingAttr(EnumAttribute[Rounding], SpacedOpaqueSyntaxAttribute):
    """`#dl<rounding floor>`, written `rounding = "floor"` inside an op."""

    name = "dl.rounding"


@irdl_attr_definition
class RoundModeAttr(EnumAttribute[RoundMode], SpacedOpaqueSyntaxAttribute):
    """`#dl<round_mode upward>`, written `round_mode = "upward"` inside an op."""

    name = "dl.round_mode"


@irdl_attr_definition
class OutsideAttr(EnumAttribute[Outside], SpacedOpaqueSyntaxAttribute):
    """`#dl<outside zeros>`, written `outside = "zeros"` inside an op."""

    name = "dl.outside"


@irdl_attr_definition
class PredicateAttr(EnumAttribute[Predicate], SpacedOpaqueSyntaxAttribute):
    """`#dl<predicate lt>`, written `lt` after `dl.compare`."""

    name = "dl.predicate"


@irdl_attr_definition
class PoolingAttr(EnumAttribute[Pooling], SpacedOpaqueSyntaxAttribute):
    """`#dl<pooling mean>`, written `pooling = "mean"` inside an op."""

    name = "dl.pooling"


@irdl_attr_definition
class ReductionAttr(EnumAttribute[Reduction], SpacedOpaqueSyntaxAttribute):
    """`#dl<reduction add>`, written `reduction = "add"` inside an op."""

    name = "dl.reduction"


@dataclass(frozen=True)
class ElementSet:
    """A named set of element types; the name completes "expected ..." in messages."""

    name: str
    types: tuple[Attribute, ...]

    def __contains__(self, element: Attribute) -> bool:
        return element in self.types

    def __str__(self) -> str:
        return f"{self.name} element type ({' '.join(str(t) for t in self.types)})"


ui64, ui32, ui16, ui8 = (unsigned(width) for width in (64, 32, 16, 8))

tf32, powers = FloatTF32Type(), Float8E8M0FNUType()

_FLOATS = (f64, f32, f16, bf16)
_SIGNED = (i64, i32, i16, i8)
_UNSIGNED = (ui64, ui32, ui16, ui8)
_INTS = (*_SIGNED, *_UNSIGNED)

FLOATS = ElementSet("a float", _FLOATS)
UNSIGNED = ElementSet("an unsigned integer", _UNSIGNED)
INTS = ElementSet("an integer", _INTS)
NUMBERS = ElementSet("a numeric", (*_FLOATS, *_INTS))
BITS = ElementSet("an integer or boolean", (*_INTS, i1))
BOOLS = ElementSet("a boolean", (i1,))
ANY = ElementSet("a supported", (*_FLOATS, *_INTS, i1))
NARROW = ElementSet(
    "a narrow",
    (
        *(kind() for kind in NARROW_FLOATS),
        *(IntegerType(n) for n in (4, 2)),
        unsigned(4),
        unsigned(2),
    ),
)
"""What is only stored, moved, converted, and multiplied by contractions."""
REALS = ElementSet("a float or narrow float", (*_FLOATS, *(kind() for kind in NARROW_FLOATS)))
FACTORS = ElementSet("a numeric or narrow", (*NUMBERS.types, *NARROW.types))
SMALL_INTS = ElementSet("a small integer", (i8, ui8, *(t for t in NARROW.types if is_integer(t))))
STORABLE = ElementSet("a storable", (*ANY.types, *NARROW.types))

ACCUMULATORS: dict[Attribute, Attribute] = {
    f64: f64, f32: f32, f16: f32, bf16: f32,
    i64: i64, i32: i32, i16: i32, i8: i32,
    ui64: ui64, ui32: ui32, ui16: ui32, ui8: ui32,
    **{t: f32 if not is_integer(t) else ui32 if is_unsigned(t) else i32 for t in NARROW.types},
}  # fmt: skip
"""The type in which a contraction sums, unless another is written."""

WIDTHS: dict[Attribute, int] = {
    f64: 64, f32: 32, f16: 16, bf16: 16,
    i64: 64, i32: 32, i16: 16, i8: 8, i1: 1,
    ui64: 64, ui32: 32, ui16: 16, ui8: 8,
    **dict.fromkeys(NARROW.types, 8), tf32: 32,
}  # fmt: skip


def ints(values: Sequence[int]) -> IntList:
    """`[1, 2]` as a property."""
    return DenseArrayBase.from_list(i64, values)


def reals(values: Sequence[float]) -> RealList:
    """`[0.5, 2.0]` as a property."""
    return DenseArrayBase.from_list(f64, values)


def integer(value: int) -> Int:
    """`1` as a property."""
    return IntegerAttr(value, i64)


def real(value: float) -> Float:
    """`0.5` as a property (always f64)."""
    return FloatAttr(value, f64)


def number(value: float, element: Attribute) -> Int | Float:
    """A value for tensors of that element type: an integer for integers, else a float."""
    return integer(int(value)) if element in BITS else real(float(value))
