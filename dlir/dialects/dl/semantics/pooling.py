"""Sliding windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.attrs import Layout
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, LpPool2dOp, MaxPool2dOp, PoolOp
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.dialects.dl.semantics.contraction import windows
from dlir.dialects.dl.semantics.reduction import least
from dlir.numpy_types import Array


def seen(op: PoolOp, x: Array, outside: Any) -> Array:
    """[b, c, i, j, u, v]: what window (i, j) sees; places around the image hold `outside`."""
    x = x.transpose(0, 3, 1, 2) if op.layout.data is Layout.NHWC else x
    top, left, bottom, right = op.padding.get_values()
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=outside)
    return windows(x, op.kernel.get_values(), op.strides.get_values(), op.dilations.get_values())


def in_layout(op: PoolOp, y: Array) -> Array:
    y = y.transpose(0, 2, 3, 1) if op.layout.data is Layout.NHWC else y
    return rounded(y, result_dtype(op))


def max_pool2d(_: Any, op: MaxPool2dOp, x: Array) -> Array:
    """The greatest value of each window"""
    return in_layout(op, seen(op, x, least(x.dtype)).max((4, 5)))


def avg_pool2d(_: Any, op: AvgPool2dOp, x: Array) -> Array:
    """The sum of each window over the number of places that count"""
    total = seen(op, to_f64(x), 0).sum((4, 5))
    inside = np.ones_like(x[:1], np.float64)
    count = seen(op, inside, 1 if op.count_include_pad is not None else 0).sum((4, 5))
    return in_layout(op, total / count)


def lp_pool2d(_: Any, op: LpPool2dOp, x: Array) -> Array:
    """(the sum of |x|^p of each window)^(1/p)"""
    p = op.p.value.data
    return in_layout(op, seen(op, np.abs(to_f64(x)) ** p, 0).sum((4, 5)) ** (1 / p))


SEMANTICS = {MaxPool2dOp: max_pool2d, AvgPool2dOp: avg_pool2d, LpPool2dOp: lp_pool2d}
