"""Running sums and products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlir.dialects.dl.ops import scan as s
from dlir.dialects.dl.semantics.common import is_float, result_dtype, rounded, to_f64
from dlir.numpy_types import Array

FUNCTIONS: dict[type[s.ScanOp], tuple[Callable[..., Array], int]] = {
    s.CumsumOp: (np.cumsum, 0),
    s.CumprodOp: (np.cumprod, 1),
}
"""Op class -> the fold of all up to a place, and that of nothing."""


def scan(_: Any, op: s.ScanOp, x: Array) -> Array:
    """f of the elements up to each place, in f64 for floats"""
    function, neutral = FUNCTIONS[type(op)]
    value = to_f64(x) if is_float(op.x) else x
    rows = np.moveaxis(value, op.axis.value.data, 0)
    if op.reverse is not None:
        rows = rows[::-1]
    if op.exclusive is not None:
        first = np.full_like(rows[:1], neutral)
        rows = np.concatenate([first, rows[:-1]])
    folded = function(rows, axis=0, dtype=rows.dtype)
    if op.reverse is not None:
        folded = folded[::-1]
    return rounded(np.moveaxis(folded, 0, op.axis.value.data), result_dtype(op))


SEMANTICS = dict.fromkeys(FUNCTIONS, scan)
