"""Fake quantisation in f32, each step rounded, as `dl.quantize` and `dl.dequantize` compute it."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops import fake_quantization as f
from dlir.dialects.dl.semantics.quantization import aligned
from dlir.numpy_types import Array


def fake_quantize(
    _: Any, op: f.FakeQuantizeOp, x: Array, scale: Array, zero_point: Array | None = None
) -> Array:
    """(q - zero_point) * scale, with q = clip(round(x / scale) + zero_point, low, high)"""
    scale, zero, number = _moved(op, x, scale, zero_point)
    q = np.clip(np.where(np.isnan(number), zero, number), *op.range)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((q - zero).astype(np.float32) * scale)


def fake_quantize_grad(
    _: Any, op: f.FakeQuantizeGradOp, x: Array, gradient: Array, scale: Array,
    zero_point: Array | None = None,
) -> Array:  # fmt: skip
    """gradient where low <= round(x / scale) + zero_point <= high, else 0"""
    if x.shape != gradient.shape:
        raise ValueError(f"expected a gradient of shape {[*x.shape]}, got {[*gradient.shape]}")
    number = _moved(op, x, scale, zero_point)[2]
    low, high = op.range
    return np.where((number >= low) & (number <= high), gradient, np.float32(0))


def _moved(
    op: f.FakeOp, x: Array, scale: Array, zero_point: Array | None
) -> tuple[Array, Array, Array]:
    """(the scale and the zero point as they broadcast, round(x / scale) + zero_point)."""
    scale, zero = aligned(op, x, zero_point, scale)
    zero = zero.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        return scale, zero, np.rint(x / scale) + zero


SEMANTICS = {f.FakeQuantizeOp: fake_quantize, f.FakeQuantizeGradOp: fake_quantize_grad}
