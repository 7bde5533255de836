"""The one rule by which accumulators become 8 bits, for every level: tensors, loops and machines.

    y = saturate(zero_point + x * multiplier / 2^(31 + shift))

The product is exact in 64 bits and the quotient is rounded once, halves away from zero. A real
scale becomes a pair (multiplier, shift) by `multiplier_and_shift`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.numpy_types import Array

SHIFTS = (-31, 31)
"""The least and the greatest shift: the quotient is by 2^0 at least and by 2^62 at most."""

INT8 = (-128, 127)
"""The least and the greatest int8."""


def requantize(
    x: Array, multiplier: Array, shift: Array, zero_point: Any, limits: tuple[int, int] = INT8
) -> Array:
    """int32 to 8 bits by one rounding: `saturate(zero_point + x * multiplier / 2**(31 + shift))`.

    The product is exact in int64 (`|x * multiplier| <= 2**62`); halves go away from zero. `shift`
    is in -31..31; `multiplier`, `shift` and `zero_point` are int32 and broadcast against x. The
    result has int32 elements within the limits, which are those of int8 or of uint8.
    """
    product = x.astype(np.int64) * multiplier.astype(np.int64)
    rounded = shift_right_rounded(product, shift.astype(np.int64) + 31)
    return np.clip(rounded + zero_point, *limits).astype(np.int32)


def shift_right_rounded(x: Array, bits: Array) -> Array:
    """`x / 2**bits` to nearest, halves away from zero, for int64 up to 2**62 and bits in 0..62."""
    bits = bits.astype(np.int64)
    half = (np.int64(1) << bits) >> 1
    # A shift rounds down, so a half of a negative number, which has to go down, needs one less.
    return (x + half - ((x < 0) & (half > 0))) >> bits


def multiplier_and_shift(scale: Any) -> tuple[Array, Array]:
    """(multiplier, shift) as int32 with `multiplier / 2**(31 + shift)` nearest to each real scale.

    With `scale = f * 2**e`, 0.5 <= |f| < 1: shift = -e and multiplier = f * 2**31 rounded to
    nearest even, which is right to 31 bits; a multiplier that rounds up to 2**31 is halved, and e
    one more. A scale below 2**-32 keeps shift = 31 and has fewer bits; 0 is (0, 0). Raises
    ValueError for scales that are not finite or too large: `|scale| >= 2**31 - 0.5`.
    """
    real = np.asarray(scale, np.float64)
    if not np.isfinite(real).all():
        raise ValueError("a scale is not finite")
    fraction, exponent = np.frexp(real)
    exponent = np.where(np.abs(np.rint(fraction * 2.0**31)) == 2.0**31, exponent + 1, exponent)
    if (exponent > SHIFTS[1]).any():
        raise ValueError(f"a scale is too large: {np.abs(real).max()}")
    shift = np.where(real == 0, 0, np.minimum(-exponent, SHIFTS[1]))
    multiplier = np.rint(np.ldexp(real, 31 + shift))
    return multiplier.astype(np.int32), shift.astype(np.int32)
