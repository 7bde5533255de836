"""Affine int8. Floats are computed in f32, each step rounded: every machine gives the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops import quantization as q
from dlir.numpy_types import Array
from dlir.requantize import requantize as requantized


def aligned(op: q.AffineOp, x: Array, *parameters: Array) -> list[Array]:
    """The parameters as they broadcast against x; raises ValueError for those that break C5."""
    if not (good := op.RULE.holds(parameters[-1])).all():
        raise ValueError(f"expected {op.RULE.text}, got {parameters[-1][~good].flat[0]}")
    if op.axis is None:
        return [*parameters]
    axis = op.axis.value.data
    for p in parameters:
        if p.shape[0] != x.shape[axis]:
            raise ValueError(f"expected {x.shape[axis]} parameters, got {p.shape[0]}")
    return [p.reshape(-1, *[1] * (x.ndim - axis - 1)) for p in parameters]


def quantize(_: Any, op: q.QuantizeOp, x: Array, scale: Array) -> Array:
    """saturate(round(x / scale) + zero_point), NaN as 0"""
    (scale,) = aligned(op, x, scale)
    with np.errstate(over="ignore", invalid="ignore"):
        nearest = np.rint(x / scale)
    number = np.where(np.isnan(nearest), np.float32(0), nearest)
    moved = number + np.float32(op.zero_point.value.data)
    return np.asarray(np.clip(moved, -128, 127).astype(np.int8))


def dequantize(_: Any, op: q.DequantizeOp, x: Array, scale: Array) -> Array:
    """(x - zero_point) * scale"""
    (scale,) = aligned(op, x, scale)
    difference = (x.astype(np.int32) - op.zero_point.value.data).astype(np.float32)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(difference * scale)


def requantize(_: Any, op: q.RequantizeOp, x: Array, multiplier: Array, shift: Array) -> Array:
    """saturate(zero_point + x * multiplier / 2^(31 + shift)): see `dlir.requantize`"""
    multiplier, shift = aligned(op, x, multiplier, shift)
    y = requantized(x, multiplier, shift, op.zero_point.value.data)
    return np.asarray(y.astype(np.int8))


SEMANTICS = {q.QuantizeOp: quantize, q.DequantizeOp: dequantize, q.RequantizeOp: requantize}
