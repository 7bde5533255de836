"""Images in other sizes, computed in f64 and rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.attrs import Interpolation
from dlir.dialects.dl.ops.resampling import ResizeOp
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.dialects.dl.taps import nearest
from dlir.numpy_types import Array


def resize(_: Any, op: ResizeOp, x: Array) -> Array:
    """Along each axis y[i] = sum of the taps of i, weighted"""
    axes, dtype = op.resized(), result_dtype(op)
    exact = op.mode.data is Interpolation.NEAREST
    y = x if exact else to_f64(x)
    for axis in axes:
        if exact:
            y = np.take(y, nearest(axis, op.rounding.data), axis.axis)
        elif not axis.is_identity():
            places, weights = (np.asarray(table) for table in op.filter().taps(axis))
            columns = weights.reshape(*weights.shape, *[1] * (x.ndim - axis.axis - 1))
            y = (np.take(y, places, axis.axis) * columns).sum(axis.axis + 1)
    if op.extrapolation is not None:
        for axis in axes:
            outside = np.asarray(axis.is_outside()).reshape(-1, *[1] * (x.ndim - axis.axis - 1))
            y = np.where(outside, rounded(np.asarray(op.extrapolation.value.data), dtype), y)
    return rounded(y, dtype)


SEMANTICS = {ResizeOp: resize}
