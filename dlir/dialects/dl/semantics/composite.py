"""Softmax and the normalisations, computed in f64 and rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.numpy_types import Array


def shifted(x: Array, axis: int) -> Array:
    """x - max x, so that no exponential overflows"""
    return x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)


def softmax(_: Any, op: c.SoftmaxOp, x: Array) -> Array:
    """e^(x - max x) / sum of e^(x - max x)"""
    axis = op.axis.value.data
    e = np.exp(shifted(to_f64(x), axis))
    return rounded(e / e.sum(axis=axis, keepdims=True), result_dtype(op))


def log_softmax(_: Any, op: c.LogSoftmaxOp, x: Array) -> Array:
    """(x - max x) - ln(sum of e^(x - max x))"""
    axis = op.axis.value.data
    s = shifted(to_f64(x), axis)
    return rounded(s - np.log(np.exp(s).sum(axis=axis, keepdims=True)), result_dtype(op))


def layer_norm(_: Any, op: c.LayerNormOp, x: Array, scale: Array, bias: Any = None) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias"""
    axes = tuple(range(op.axis.value.data, x.ndim))
    for companion in (scale, bias):
        check_companion(companion, x.shape[axes[0] :])
    x = to_f64(x)
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = (centred**2).mean(axis=axes, keepdims=True)
    y = centred / np.sqrt(variance + op.epsilon.value.data) * to_f64(scale)
    return rounded(y if bias is None else y + to_f64(bias), result_dtype(op))


def batch_norm(_: Any, op: c.BatchNormOp, x: Array, *statistics: Array) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias"""
    axis = op.axis.value.data
    for companion in statistics:
        check_companion(companion, x.shape[axis : axis + 1])
    along_axis = (-1, *[1] * (x.ndim - axis - 1))
    scale, bias, mean, variance = (to_f64(s).reshape(along_axis) for s in statistics)
    y = (to_f64(x) - mean) / np.sqrt(variance + op.epsilon.value.data) * scale + bias
    return rounded(y, result_dtype(op))


def check_companion(companion: Array | None, shape: tuple[int, ...]) -> None:
    """Scales, biases and statistics do not broadcast; raises ValueError."""
    if companion is not None and companion.shape != shape:
        raise ValueError(f"expected shape {[*shape]}, got {[*companion.shape]}")


def lrn(_: Any, op: c.LrnOp, x: Array) -> Array:
    """x[c] / (bias + alpha / size * sum of the squares of x around c)^beta"""
    size, axis = op.size.value.data, op.axis.value.data
    alpha, beta, bias = (v.value.data for v in (op.alpha, op.beta, op.bias))
    channels = np.moveaxis(to_f64(x), axis, 0)
    before, after = (size - 1) // 2, size // 2
    count = channels.shape[0]
    total = np.zeros_like(channels)
    for d in range(-before, after + 1):
        target = slice(max(0, -d), min(count, count - d))
        source = slice(max(0, d), min(count, count + d))
        total[target] += channels[source] ** 2
    y = channels / (bias + alpha / size * total) ** beta
    return rounded(np.moveaxis(y, 0, axis), result_dtype(op))


SEMANTICS = {
    c.SoftmaxOp: softmax,
    c.LogSoftmaxOp: log_softmax,
    c.LayerNormOp: layer_norm,
    c.BatchNormOp: batch_norm,
    c.LrnOp: lrn,
}
