"""Sliding windows over volumes."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops.pooling3d import AvgPool3dOp, LpPool3dOp, MaxPool3dOp, Pool3dOp
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.dialects.dl.semantics.contraction import windows
from dlir.dialects.dl.semantics.reduction import least
from dlir.numpy_types import Array

WINDOW = (5, 6, 7)


def seen(op: Pool3dOp, x: Array, outside: Any) -> Array:
    """[b, c, l, i, j, t, u, v]: what a window sees; places around the image hold `outside`."""
    padding = op.padding.get_values()
    ends = zip(padding[:3], padding[3:], strict=True)
    x = np.pad(x, ((0, 0), (0, 0), *ends), constant_values=outside)
    return windows(x, op.kernel.get_values(), op.strides.get_values(), op.dilations.get_values())


def max_pool3d(_: Any, op: MaxPool3dOp, x: Array) -> Array:
    """The greatest value of each window"""
    return rounded(seen(op, x, least(x.dtype)).max(WINDOW), result_dtype(op))


def avg_pool3d(_: Any, op: AvgPool3dOp, x: Array) -> Array:
    """The sum of each window over the number of places that count"""
    total = seen(op, to_f64(x), 0).sum(WINDOW)
    inside = np.ones((1, *x.shape[1:]))
    count = seen(op, inside, 1 if op.count_include_pad is not None else 0).sum(WINDOW)
    return rounded(total / count, result_dtype(op))


def lp_pool3d(_: Any, op: LpPool3dOp, x: Array) -> Array:
    """(the sum of |x|^p of each window)^(1/p)"""
    p = op.p.value.data
    total = seen(op, np.abs(to_f64(x)) ** p, 0).sum(WINDOW)
    return rounded(total ** (1 / p), result_dtype(op))


SEMANTICS = {MaxPool3dOp: max_pool3d, AvgPool3dOp: avg_pool3d, LpPool3dOp: lp_pool3d}
