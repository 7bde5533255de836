"""The scales of blocks of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.attrs import RoundMode, powers
from dlir.dialects.dl.ops.microscaling import MxScaleOp
from dlir.dialects.dl.semantics.common import result_dtype, to_f64
from dlir.dialects.dl.semantics.narrow import Rounding, rounded_to
from dlir.number_formats import format_of
from dlir.numpy_types import Array


def mx_scale(_: Any, op: MxScaleOp, x: Array) -> Array:
    """2^(floor(log2 max |x|) - exponent), by blocks"""
    axis, block = op.axis.value.data, op.block.value.data
    size = x.shape[axis]
    blocks = -(-size // block)
    missing = [(0, blocks * block - size if i == axis else 0) for i in range(x.ndim)]
    parts = np.pad(to_f64(x), missing).reshape(*x.shape[:axis], blocks, block, *x.shape[axis + 1 :])
    most = np.abs(parts).max(axis + 1, initial=0.0) * 2.0**-op.exponent.value.data
    down = Rounding(RoundMode.DOWNWARD, saturate=True)
    return rounded_to(most, format_of(powers), down).astype(result_dtype(op))


SEMANTICS = {MxScaleOp: mx_scale}
