"""Normalisations by groups of channels, by the mean square, and of a whole batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops import normalization as n
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.dialects.dl.semantics.composite import check_companion
from dlir.numpy_types import Array


def standardised(x: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    """(x - mean) / sqrt(variance + epsilon)"""
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + epsilon)


def along(vector: Array, axis: int, rank: int) -> Array:
    """A number per channel, as it broadcasts"""
    return to_f64(vector).reshape(-1, *[1] * (rank - axis - 1))


def group_norm(_: Any, op: n.GroupNormOp, x: Array, scale: Array, bias: Array) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias, with the statistics of groups"""
    return _of_images(op, op.groups.value.data, x, scale, bias)


def instance_norm(_: Any, op: n.InstanceNormOp, x: Array, scale: Array, bias: Array) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias, with the statistics of channels"""
    return _of_images(op, x.shape[1], x, scale, bias)


def _of_images(op: n.ChannelNormOp, groups: int, x: Array, scale: Array, bias: Array) -> Array:
    batch, channels, *places = x.shape
    for companion in (scale, bias):
        check_companion(companion, (channels,))
    if groups and channels % groups:
        raise ValueError(f"{channels} channels cannot be divided into {groups} groups")
    grouped = to_f64(x).reshape(batch, groups, channels // groups if groups else 0, *places)
    y = standardised(grouped, tuple(range(2, grouped.ndim)), op.epsilon.value.data)
    y = y.reshape(x.shape) * along(scale, 1, x.ndim) + along(bias, 1, x.ndim)
    return rounded(y, result_dtype(op))


def rms_norm(_: Any, op: n.RmsNormOp, x: Array, scale: Array) -> Array:
    """x / sqrt(mean(x^2) + epsilon) * scale"""
    axis = op.axis.value.data
    check_companion(scale, x.shape[axis:])
    x = to_f64(x)
    square = (x**2).mean(axis=tuple(range(axis, x.ndim)), keepdims=True)
    y = x / np.sqrt(square + op.epsilon.value.data) * to_f64(scale)
    return rounded(y, result_dtype(op))


def batch_norm_training(
    _: Any, op: n.BatchNormTrainingOp, x: Array, scale: Array, bias: Array
) -> tuple[Array, ...]:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias, mean, variance"""
    axis, dtype = op.axis.value.data, result_dtype(op)
    for companion in (scale, bias):
        check_companion(companion, x.shape[axis : axis + 1])
    others = tuple(a for a in range(x.ndim) if a != axis)
    x = to_f64(x)
    y = standardised(x, others, op.epsilon.value.data)
    y = y * along(scale, axis, x.ndim) + along(bias, axis, x.ndim)
    return tuple(rounded(a, dtype) for a in (y, x.mean(axis=others), x.var(axis=others)))


SEMANTICS = {
    n.GroupNormOp: group_norm,
    n.InstanceNormOp: instance_norm,
    n.RmsNormOp: rms_norm,
    n.BatchNormTrainingOp: batch_norm_training,
}
