"""Affine int8: edge values and random ones, whose results must agree in every bit."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numeric.cases import BITS, Case
from xdsl.dialects.builtin import i32

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops.activation import ReluOp
from dlir.requantize import multiplier_and_shift

LEAST, GREATEST = -(2**31), 2**31 - 1
SUMS = [LEAST, LEAST + 1, -(2**30), -3, -2, -1, 0, 1, 2, 3, 5, 127, 128, 2**30, GREATEST]
MULTIPLIERS = [LEAST, -(2**30), -3, -1, 0, 1, 2, 3 * 2**29, 2**30, GREATEST]
SHIFTS = [-31, -30, -29, -2, -1, 0, 1, 2, 30, 31]
"""With shift -30 an odd product is a half, with 31 and the least integers the quotient is 1."""


def accumulators() -> list[list[int]]:
    """(x, multiplier, shift), one of each per place."""
    rng = np.random.default_rng(4)
    edges = np.array([*product(SUMS, MULTIPLIERS, SHIFTS)])
    count = 1000
    shifts = rng.integers(-31, 32, count)
    random = [rng.integers(LEAST, GREATEST, count, endpoint=True) for _ in range(2)]
    likely = [rng.integers(-(2**20), 2**20, count), rng.integers(2**30, 2**31, count)]
    some = [np.stack([*random, shifts]), np.stack([*likely, rng.integers(5, 15, count)])]
    return np.concatenate([edges.T, *some], axis=1).tolist()


def reals() -> list[float]:
    """Halves, what saturates, what is no number, and random ones."""
    rng = np.random.default_rng(5)
    halves = [n / 2 for n in range(-300, 300)]
    near = [float(np.nextafter(np.float32(n), np.float32(s))) for n in halves for s in (-999, 999)]
    special = [np.nan, np.inf, -np.inf, -0.0, 3e38, -3e38, 1e-45, 16777217.0]
    return [*halves, *near, *special, *rng.normal(size=1000) * 100]


def quantization_cases() -> list[Case]:
    x, sums = reals(), accumulators()
    places, count = len(sums[0]), len(x)
    bytes_ = [*range(-128, 128)]
    columns = [[0.1, 1.0, 3e-39, 2e38, 0.5]]

    def quantize(x: Any, s: Any, axis: int | None = None, zero: int = 0) -> Any:
        return q.QuantizeOp(x, s, axis=axis, zero_point=zero)

    def dequantize(x: Any, s: Any, axis: int | None = None, zero: int = 0) -> Any:
        return q.DequantizeOp(x, s, axis=axis, zero_point=zero)

    def requantize(zero: int) -> Any:
        return lambda x, m, s: q.RequantizeOp(x, m, s, axis=0, zero_point=zero)

    return [
        *(
            Case("quantize", f"{count}?xf32 f32", lambda x, s, z=z: quantize(x, s, None, z),
                 values=[x, [scale]])
            for z, scale in ((0, 1.0), (0, 0.1), (7, 0.5), (-128, 1e-38), (127, 3.0))
        ),
        Case("quantize", f"{count}x5xf32 5xf32", lambda x, s: quantize(x, s, 1, 3),
             values=[np.repeat(x, 5), columns]),
        Case("quantize", f"5x{count}xf32 5xf32", lambda x, s: quantize(x, s, 0),
             values=[np.tile(x, 5), columns]),
        Case("quantize", "f32 f32", quantize, values=[[-2.5], [1.0]]),
        Case("quantize", "0?x3xf32 3xf32", lambda x, s: quantize(x, s, 1), values=[[], [1.0] * 3]),
        *(
            Case("dequantize", f"256x{e} f32", lambda x, s, z=z: dequantize(x, s, None, z), BITS,
                 values=[bytes_, [scale]])
            for e, z, scale in (
                ("i8", 0, 0.1), ("i8", -128, 3e-45), ("i8", 5, 2e38), ("i32", 0, 0.3),
            )
        ),
        Case("dequantize", "256x5?xi8 5?xf32", lambda x, s: dequantize(x, s, 1, -7), BITS,
             values=[np.repeat(bytes_, 5), columns]),
        Case("dequantize", f"{places}?xi32 f32", dequantize, BITS, values=[sums[0], [0.3]]),
        *(
            Case("requantize", " ".join([f"{places}?xi32"] * 3), requantize(zero), values=sums)
            for zero in (0, 3, -128, 127)
        ),
        Case("requantize", f"{places}xi32 i32 i32", lambda x, m, s: q.RequantizeOp(x, m, s),
             values=[sums[0], [2**30], [12]]),
        *layers(),
    ]  # fmt: skip


def layers() -> list[Case]:
    """Integer products with what follows them as epilogues: bias, requantisation, relu."""
    rng = np.random.default_rng(6)

    def bytes_(*shape: int) -> Any:
        return rng.integers(-128, 128, shape)

    def finish(total: Any, bias: Any, m: Any, s: Any, axis: int, zero: int) -> list[Any]:
        moved = b.AddOp(total, bias)
        y = q.RequantizeOp(moved, m, s, axis=axis, zero_point=zero)
        return [total, moved, y, ReluOp(y)]

    def dense(x: Any, w: Any, bias: Any, m: Any, s: Any) -> list[Any]:
        return finish(k.MatmulOp(x, w, acc=i32, element_type=i32), bias, m, s, 1, 0)

    def convolution(x: Any, w: Any, bias: Any, m: Any, s: Any) -> list[Any]:
        total = k.Conv2dOp(x, w, acc=i32, element_type=i32, padding=(1, 1, 1, 1), strides=(2, 2))
        return finish(total, bias, m, s, 1, 2)

    def pieces(n: int, terms: int) -> list[Any]:
        scale = rng.uniform(0.5, 2.0, n) / (64 * terms**0.5) * np.where(np.arange(n) % 5, 1, -1)
        return [rng.integers(-(2**12), 2**12, n), *multiplier_and_shift(scale)]

    bias, m, s = pieces(17, 27)
    return [
        Case("int8_matmul", "9?x40xi8 40x33xi8 33xi32 33xi32 33xi32", dense,
             values=[bytes_(9, 40), bytes_(40, 33), *pieces(33, 40)]),
        Case("int8_conv", "2?x3x9x8xi8 17x3x3x3xi8 17x1x1xi32 17xi32 17xi32", convolution,
             values=[bytes_(2, 3, 9, 8), bytes_(17, 3, 3, 3), bias, m, s]),
    ]  # fmt: skip
