"""Quantised numbers. Floats are computed in f32, each step rounded: every machine gives the same
bits."""

from __future__ import annotations

from typing import Any, cast

import ml_dtypes
import numpy as np

from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.semantics.common import result_dtype, rounded
from dlir.dialects.dl.semantics.narrow import widened
from dlir.numpy_types import Array, is_integral
from dlir.requantize import requantize as requantized


def aligned(op: q.AffineOp, x: Array, zero_point: Array | None, *parameters: Array) -> list[Array]:
    """The parameters and the zero point, as an int32, as they broadcast against x.

    Raises ValueError for parameters that break C5.
    """
    last = parameters[-1]
    if last.dtype.itemsize == 1:  # powers of two
        parameters = (*parameters[:-1], last.astype(np.float32))
    elif not (good := op.RULE.holds(last)).all():
        raise ValueError(f"expected {op.RULE.text}, got {last[~good].flat[0]}")
    given = [] if zero_point is None else [widened(zero_point, op.code).astype(np.int32)]
    spread = [_spread(op, x, p) for p in (*parameters, *given)]
    return spread if given else [*spread, np.zeros((), np.int32)]


def _spread(op: q.AffineOp, x: Array, p: Array) -> Array:
    if op.axis is None:
        return p
    axis, block = op.axis.value.data, op.block_size
    size = x.shape[axis]
    if block is None:
        _require((size,), p.shape)
        return p.reshape(-1, *[1] * (x.ndim - axis - 1))
    _require((*x.shape[:axis], -(-size // block), *x.shape[axis + 1 :]), p.shape)
    return p.repeat(block, axis)[(slice(None),) * axis + (slice(size),)]


def _require(expected: tuple[int, ...], got: tuple[int, ...]) -> None:
    if expected != got:
        raise ValueError(f"expected parameters of shape {[*expected]}, got {[*got]}")


def quantize(
    _: Any, op: q.QuantizeOp, x: Array, scale: Array, zero_point: Array | None = None
) -> Array:
    """saturate(round(x / scale) + zero_point), NaN as 0"""
    scale, zero = aligned(op, x, zero_point, scale)
    return quantized(x, scale, zero, result_dtype(op))


def quantized(x: Array, scale: Array, zero: Array, dtype: np.dtype[Any]) -> Array:
    """Parameters are broadcast against x."""
    with np.errstate(over="ignore", invalid="ignore"):
        quotient = np.asarray(x / scale)
    if not is_integral(dtype):
        greatest = np.float32(cast(Any, ml_dtypes.finfo(dtype)).max)
        return rounded(np.clip(quotient, -greatest, greatest), dtype)
    nearest = np.rint(quotient)
    number = np.where(np.isnan(nearest), np.float32(0), nearest)
    limits = ml_dtypes.iinfo(dtype)
    moved = np.clip(number + zero.astype(np.float32), limits.min, limits.max)
    return np.asarray(moved.astype(np.int32).astype(dtype))


def dequantize(
    _: Any, op: q.DequantizeOp, x: Array, scale: Array, zero_point: Array | None = None
) -> Array:
    """(x - zero_point) * scale"""
    scale, zero = aligned(op, x, zero_point, scale)
    return dequantized(widened(x, op.code), scale, zero)


def dequantized(number: Array, scale: Array, zero: Array) -> Array:
    """Parameters are broadcast against the numbers."""
    if is_integral(number.dtype):
        number = number.astype(np.int32) - zero
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(number.astype(np.float32) * scale)


def requantize(
    _: Any, op: q.RequantizeOp, x: Array, multiplier: Array, shift: Array,
    zero_point: Array | None = None,
) -> Array:  # fmt: skip
    """saturate(zero_point + x * multiplier / 2^(31 + shift)): see `dlir.requantize`"""
    multiplier, shift, zero = aligned(op, x, zero_point, multiplier, shift)
    dtype = result_dtype(op)
    limits = (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    return np.asarray(requantized(x, multiplier, shift, zero, limits).astype(dtype))


SEMANTICS = {q.QuantizeOp: quantize, q.DequantizeOp: dequantize, q.RequantizeOp: requantize}
