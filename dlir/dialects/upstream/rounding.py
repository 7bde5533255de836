"""Arithmetic that rounds exactly once, where numpy alone would round twice.

The tool is *round to odd*: an inexact intermediate result takes whichever of its two neighbours has
an odd last bit. When the intermediate has at least two bits more than the final type, rounding it
to nearest afterwards gives the correctly rounded result (Boldo and Melquiond, "Emulation of FMA and
correctly rounded sums: proved algorithms using rounding to odd", IEEE Transactions on Computers
57(4), 2008).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from dlir.numpy_types import BFLOAT16, CUSTOM_FLOATS, Array, Value, choose

_BITS = {np.dtype(np.float32): np.dtype(np.int32), np.dtype(np.float64): np.dtype(np.int64)}


def _round_to_odd(nearest: Array, error: Array) -> Array:
    """`nearest` was rounded from `nearest + error`; move it to the odd neighbour when inexact."""
    even = (nearest.view(_BITS[nearest.dtype]) & 1) == 0
    move = (error != 0) & even & np.isfinite(nearest) & np.isfinite(error)
    towards = np.copysign(np.inf, error).astype(nearest.dtype)
    return choose(move, np.nextafter(nearest, towards), nearest)


def narrow(value: Value, dtype: np.dtype[Any]) -> Value:
    """Round floats to a narrower float type, once, to nearest even."""
    if dtype in CUSTOM_FLOATS and value.dtype == np.float64:
        # The conversions of ml_dtypes go through float32 and would round twice.
        wide = np.asarray(value)
        nearest = wide.astype(np.float32)
        value = _round_to_odd(nearest, wide - nearest.astype(np.float64))
    return value.astype(dtype)[()]


def from_integer(value: Value, dtype: np.dtype[Any]) -> Value:
    """Integers as floats, rounded once to nearest even."""
    if dtype != BFLOAT16:
        return value.astype(dtype)  # numpy rounds once
    if value.dtype.itemsize == 8:
        large, rest = np.abs(value.astype(np.float64)) >= 2.0**40, value & 0xFFFF
        marked = (value - rest) | 0x8000  # rounds alike and fits into float64
        value = choose(large & (rest != 0), marked, value)
    return narrow(value.astype(np.float64), dtype)


def fma(a: Value, b: Value, c: Value) -> Value:
    """`a * b + c` rounded once, element by element."""
    if a.dtype == np.float64:
        return np.asarray(_FMA64(a, b, c)).astype(np.float64)[()]
    x, y, z = (np.asarray(v).astype(np.float64) for v in (a, b, c))
    product = x * y  # exact: twice the bits of float32, float16 or bfloat16 fit into float64
    total = product + z
    back = total - product
    error = (product - (total - back)) + (z - back)  # Knuth's two-sum
    return narrow(_round_to_odd(total, error), a.dtype)


def _fma64(a: float, b: float, c: float) -> float:
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        return a * b + c  # exact here too, and the sign of zero is right
    try:
        return float(exact) or math.copysign(0.0, exact)
    except OverflowError:
        return math.copysign(math.inf, exact)


_FMA64 = np.frompyfunc(_fma64, 3, 1)
