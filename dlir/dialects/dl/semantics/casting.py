"""Conversions of the element type."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import f32

from dlir.dialects.dl.attrs import FLOATS, REALS
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import bits
from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.casting import StochasticCastOp
from dlir.dialects.dl.random import significant_bits
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.dialects.dl.semantics.narrow import Rounding, low_bits, rounded_to, widened
from dlir.dialects.dl.semantics.random import uniform
from dlir.dialects.upstream.rounding import from_integer
from dlir.number_formats import format_of
from dlir.numpy_types import Array, is_integral


def cast(_: Any, op: b.CastOp, x: Array) -> Array:
    """y[i] = x[i] in another type; see the table of `CastOp`"""
    x, target = widened(x, element_of(op.x)), result_dtype(op)
    if target == np.bool_:
        return x != 0
    if element_of(op.result) in REALS:
        return _as_float(op, x)
    if not is_integral(x.dtype) and x.dtype != np.bool_:
        return saturated(to_f64(x), target)
    if op.saturate is not None:
        x = clamped(x, target)
    return low_bits(x, target) if _is_narrow(target) else x.astype(target)


def _as_float(op: b.CastOp, x: Array) -> Array:
    element, target = element_of(op.result), result_dtype(op)
    if op.is_plain and element in FLOATS:
        floats = x.dtype.kind not in "biu"
        return rounded(x, target) if floats else np.asarray(from_integer(x, target))
    how = Rounding(op.round_mode.data, op.saturate is not None)
    return rounded_to(_real(x), format_of(element), how).astype(target)


def stochastic_cast(_: Any, op: StochasticCastOp, x: Array, random: Array) -> Array:
    """below + unit * (random < (|x| - below) / unit), with the sign of x"""
    if x.shape != random.shape:
        raise ValueError(f"expected bits of shape {[*x.shape]}, got {[*random.shape]}")
    how = Rounding(saturate=op.saturate is not None, random=uniform(random, significant_bits(f32)))
    number = to_f64(widened(x, element_of(op.x)))
    return rounded_to(number, format_of(element_of(op.result)), how).astype(result_dtype(op))


def bitcast(_: Any, op: bits.BitcastOp, x: Array) -> Array:
    """y[i] = the bits of x[i]"""
    return np.ascontiguousarray(x).reshape(x.shape).view(result_dtype(op))


def _real(x: Array) -> Array:
    """As f64. Integers of 64 bits lose their last bits to one that says whether any was 1, below
    all that a format with half the bits rounds by."""
    if x.dtype.kind in "iu" and x.dtype.itemsize == 8:
        low = x & 0xFFF
        large = np.abs(x.astype(np.float64)) >= 2.0**53
        x = np.where(large, (x - low) | np.where(low != 0, 0x800, 0).astype(x.dtype), x)
    return to_f64(x)


def _is_narrow(dtype: np.dtype[Any]) -> bool:
    """Whether numpy does not compute with it."""
    return dtype.kind not in "biuf"


def clamped(x: Array, target: np.dtype[Any]) -> Array:
    """The integers next to x that the target holds, in x's type."""
    least, most = (int(n) for n in (ml_dtypes.iinfo(target).min, ml_dtypes.iinfo(target).max))
    own = np.iinfo(x.dtype)
    return np.clip(x, max(least, own.min), min(most, own.max))


def saturated(x: Array, target: np.dtype[Any]) -> Array:
    """The integers next to x toward zero; NaN becomes 0, what lies beyond the last integer."""
    limits = ml_dtypes.iinfo(target)
    least, beyond = float(limits.min), float(int(limits.max) + 1)
    inside = (x > least) & (x < beyond)
    held = np.dtype(np.int8) if _is_narrow(target) else target
    result = np.where(inside, x, 0).astype(held)
    result[x >= beyond] = limits.max
    result[x <= least] = limits.min
    return result.astype(target, copy=False)


SEMANTICS = {b.CastOp: cast, StochasticCastOp: stochastic_cast, bits.BitcastOp: bitcast}
