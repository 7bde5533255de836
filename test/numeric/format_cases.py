"""Ops on narrow numbers: packed into bytes, rounded at random, and scales of blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric.cases import BITS, NARROWS, Case

from dlir.dialects.dl.ops.casting import StochasticCastOp
from dlir.dialects.dl.ops.microscaling import MxScaleOp
from dlir.dialects.dl.ops.packing import PackOp, UnpackOp
from dlir.numpy_types import dtype_of

BYTES = np.arange(256, dtype=np.uint8).reshape(32, 8)


def _unpack(element: str, size: int) -> Any:
    return lambda x: UnpackOp(x, NARROWS[element], size)


def _rounded(element: str) -> Any:
    return lambda x, bits: StochasticCastOp(x, bits, NARROWS[element])


def format_cases() -> list[Case]:
    rng = np.random.default_rng(9)
    reals = (rng.normal(size=(5, 70)) * 2.0 ** rng.integers(-20, 20, (5, 70))).astype(np.float32)
    bits = rng.integers(-(2**31), 2**31, (5, 70)).astype(np.int32)
    fours = rng.integers(-8, 8, (3, 7)).astype(dtype_of(NARROWS["i4"]))
    return [
        Case("pack", "3x7xi4", PackOp, BITS, values=[fours]),
        Case("unpack", "32x8xui8", _unpack("i4", 15), BITS, values=[BYTES]),
        Case("unpack", "32x8xui8", _unpack("ui2", 32), BITS, values=[BYTES]),
        Case("unpack", "32x8xui8", _unpack("f4E2M1FN", 16), BITS, values=[BYTES]),
        *(
            Case("stochastic_cast", "5x70xf32 5x70xi32", _rounded(e), BITS, values=[reals, bits])
            for e in ("f8E4M3FN", "f8E5M2")
        ),
        *(
            Case("mx_scale", "5x70xf32", lambda x, a=axis: MxScaleOp(x, a, NARROWS["f8E5M2"]),
                 BITS, values=[reals])
            for axis in (0, 1)
        ),
    ]  # fmt: skip
