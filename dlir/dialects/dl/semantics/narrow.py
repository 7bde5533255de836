"""Narrow numbers, in which nothing is computed: to and from types that numpy computes in."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from dlir.numpy_types import Array, is_integral


def is_narrow(dtype: np.dtype[Any]) -> bool:
    """Whether the dtype is one of those that are only stored."""
    return dtype.itemsize == 1 and dtype.kind not in "biu"


def widened(x: Array) -> Array:
    """The same numbers in f32, or in 8 bits for integers."""
    if not is_narrow(x.dtype):
        return x
    if not is_integral(x.dtype):
        return x.astype(np.float32)
    return x.astype(np.int8 if ml_dtypes.iinfo(x.dtype).min < 0 else np.uint8)


def low_bits(x: Array, dtype: np.dtype[Any]) -> Array:
    """Integers as narrow ones: what does not fit wraps around."""
    limits = ml_dtypes.iinfo(dtype)
    size = int(limits.max) - int(limits.min) + 1
    bits = x.astype(np.int64) & (size - 1)
    return np.where(bits > int(limits.max), bits - size, bits).astype(np.int8).astype(dtype)
