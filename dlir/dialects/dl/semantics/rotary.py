"""Rotary position embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.ir import Operation

from dlir.dialects.dl.ops.rotary import RotaryEmbeddingOp
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.numpy_types import Array


def rotary_embedding(_: Any, op: RotaryEmbeddingOp, x: Array, cos: Array, sin: Array) -> Array:
    """x * cos + rotated(x) * sin"""
    value, half = to_f64(x), x.shape[-1] // 2
    rotated = np.empty_like(value)
    if op.interleaved is None:
        rotated[..., :half], rotated[..., half:] = -value[..., half:], value[..., :half]
    else:
        rotated[..., ::2], rotated[..., 1::2] = -value[..., 1::2], value[..., ::2]
    return rounded(value * to_f64(cos) + rotated * to_f64(sin), result_dtype(op))


SEMANTICS: dict[type[Operation], Callable[..., Any]] = {RotaryEmbeddingOp: rotary_embedding}
