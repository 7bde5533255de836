"""Numbers that are only stored: to and from types that numpy computes in.

Floats are rounded here by exact arithmetic in f64 on what `dlir.number_formats` says, and not by
ml_dtypes, which only holds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import FloatTF32Type
from xdsl.ir import Attribute

from dlir.dialects.dl.attrs import RoundMode
from dlir.number_formats import FloatFormat
from dlir.numpy_types import Array, is_integral

TF32_BITS = np.uint32(0xFFFFE000)
"""Those of an f32 that a tf32 has."""


def widened(x: Array, element: Attribute) -> Array:
    """The same numbers in f32, or in 8 bits for integers; of a tf32 19 bits count."""
    if isinstance(element, FloatTF32Type):
        return (x.view(np.uint32) & TF32_BITS).view(np.float32)
    if x.dtype.itemsize > 1 or x.dtype.kind in "biu":
        return x
    if not is_integral(x.dtype):
        return x.astype(np.float32)
    return x.astype(np.int8 if ml_dtypes.iinfo(x.dtype).min < 0 else np.uint8)


def low_bits(x: Array, dtype: np.dtype[Any]) -> Array:
    """Integers as narrow ones: what does not fit wraps around."""
    limits = ml_dtypes.iinfo(dtype)
    size = int(limits.max) - int(limits.min) + 1
    bits = x.astype(np.int64) & (size - 1)
    return np.where(bits > int(limits.max), bits - size, bits).astype(np.int8).astype(dtype)


@dataclass(frozen=True)
class Rounding:
    """How a number between two others becomes one of them."""

    mode: RoundMode = RoundMode.NEAREST
    saturate: bool = False
    random: Array | None = None
    """Fractions in [0, 1), for rounding by chance instead of by a mode."""

    def goes_up(self, rest: Array, odd: Array, negative: Array) -> Array:
        """Whether a magnitude becomes the number above it, from which it is 1 - rest away."""
        if self.random is not None:
            return self.random < rest
        if self.mode is RoundMode.NEAREST:
            return (rest > 0.5) | (rest == 0.5) & odd
        return (rest > 0) & (negative == (self.mode is RoundMode.DOWNWARD))

    def beyond(self, x: Array, format: FloatFormat) -> Array | float:
        """What becomes of numbers beyond the last one."""
        if self.saturate or not format.has_nan:
            return format.largest
        other = np.nan if format.infinite is None else np.inf
        if self.random is not None or self.mode is RoundMode.NEAREST:
            return other
        inward = np.signbit(x) != (self.mode is RoundMode.DOWNWARD)
        return np.where(np.isfinite(x) & inward, format.largest, other)


def rounded_to(x: Array, format: FloatFormat, how: Rounding) -> Array:
    """Numbers of f64 as numbers of a format, in f64."""
    size, negative = np.abs(x), np.signbit(x)
    exponent = np.maximum(np.frexp(size)[1] - 1, format.least_exponent)
    place = exponent - format.mantissa  # of the last bit
    with np.errstate(invalid="ignore", over="ignore"):
        units = np.ldexp(size, -place)
        below = np.floor(units)
        up = how.goes_up(units - below, below % 2 == 1, negative)
        number = np.ldexp(below + up, place)
    number = np.where(number > format.largest, how.beyond(x, format), number)
    if not format.signed:  # and no zero
        zero = format.smallest if how.saturate else np.nan
        number = np.where(x == 0, zero, np.maximum(number, format.smallest))
        return np.where(x < 0, np.nan, number)
    number = np.copysign(number, x)
    return number if format.has_nan else np.where(np.isnan(x), -0.0, number)
