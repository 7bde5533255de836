"""Quantised numbers: edge values and random ones, whose results must agree in every bit."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numeric.cases import BITS, ELEMENTS, NARROWS, UNSIGNED, Case, elements_in
from xdsl.dialects.builtin import i32

from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops.activation import ReluOp
from dlir.dialects.dl.ops.convolution import Conv3dOp
from dlir.numpy_types import dtype_of
from dlir.requantize import multiplier_and_shift
from dlir.types import BYTE_FLOATS

NUMBERS = {**ELEMENTS, **UNSIGNED, **NARROWS}

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


def point(value: int | None, element: str, like: Any) -> list[Any]:
    """A zero point as a constant of a scale's shape, if there is one."""
    if value is None:
        return []
    return [constant(np.full(like.type.get_shape(), value, dtype_of(NUMBERS[element])))]


def quantize(element: str, zero: int | None = None, **where: Any) -> Any:
    """On x and scales that are arguments."""

    def make(x: Any, s: Any) -> list[Any]:
        points = point(zero, element, s)
        return [*points, q.QuantizeOp(x, s, *points, element=NUMBERS[element], **where)]

    return make


def dequantize(element: str, zero: int | None = None, **where: Any) -> Any:
    def make(x: Any, s: Any) -> list[Any]:
        points = point(zero, element, s)
        return [*points, q.DequantizeOp(x, s, *points, **where)]

    return make


def requantize(element: str, zero: int | None = None, axis: int | None = 0) -> Any:
    def make(x: Any, m: Any, s: Any) -> list[Any]:
        points = point(zero, element, m)
        kind = NUMBERS[element]
        return [*points, q.RequantizeOp(x, m, s, *points, axis=axis, element=kind)]

    return make


def quantization_cases() -> list[Case]:
    x, sums = reals(), accumulators()
    places, count = len(sums[0]), len(x)
    bytes_ = [*range(-128, 128)]
    columns = [[0.1, 1.0, 3e-39, 2e38, 0.5]]
    return [
        *(
            Case("quantize", f"{count}?xf32 f32", quantize(element, zero), values=[x, [scale]])
            for element, zero, scale in (
                ("i8", None, 1.0), ("i8", None, 0.1), ("i8", 7, 0.5), ("i8", -128, 1e-38),
                ("i8", 127, 3.0), ("ui8", None, 0.25), ("ui8", 128, 1.0), ("ui8", 255, 0.1),
            )
        ),
        Case("quantize", f"{count}x5xf32 5xf32", quantize("i8", 3, axis=1),
             values=[np.repeat(x, 5), columns]),
        Case("quantize", f"5x{count}xf32 5xf32", quantize("i8", axis=0),
             values=[np.tile(x, 5), columns]),
        Case("quantize", "f32 f32", quantize("i8"), values=[[-2.5], [1.0]]),
        Case("quantize", "0?x3xf32 3xf32", quantize("i8", axis=1), values=[[], [1.0] * 3]),
        *(
            Case("dequantize", f"256x{e} f32", dequantize(e, z), BITS, values=[bytes_, [scale]])
            for e, z, scale in (
                ("i8", None, 0.1), ("i8", -128, 3e-45), ("i8", 5, 2e38), ("i32", None, 0.3),
            )
        ),
        Case("dequantize", "256xui8 f32", dequantize("ui8", 200), BITS, values=[range(256), [0.1]]),
        Case("dequantize", "256x5?xi8 5?xf32", dequantize_by_channel, BITS,
             values=[np.repeat(bytes_, 5), columns]),
        Case("dequantize", f"{places}?xi32 f32", dequantize("i32"), BITS, values=[sums[0], [0.3]]),
        *(
            Case("requantize", " ".join([f"{places}?xi32"] * 3), requantize_by_point(element),
                 values=sums)
            for element in ("i8", "ui8")
        ),
        *(
            Case("requantize", " ".join([f"{places}xi32"] * 3), requantize(element, zero),
                 values=sums)
            for element, zero in (
                ("i8", None), ("i8", 3), ("i8", -128), ("i8", 127), ("ui8", None), ("ui8", 255),
            )
        ),
        Case("requantize", f"{places}xi32 i32 i32", requantize("i8", axis=None),
             values=[sums[0], [2**30], [12]]),
        *all_element_types(x),
        *blocks(x),
        *layers(),
    ]  # fmt: skip


def dequantize_by_channel(x: Any, s: Any) -> Any:
    return q.DequantizeOp(x, s, axis=1)


def requantize_by_point(element: str) -> Any:
    """With a zero point that is computed: the low bits of the multipliers."""

    def make(x: Any, m: Any, s: Any) -> list[Any]:
        zero = b.CastOp(m, NUMBERS[element])
        return [zero, q.RequantizeOp(x, m, s, zero, axis=0)]

    return make


def all_element_types(x: list[float]) -> list[Case]:
    """To each type and back, without a zero point, with a constant one, and with an argument."""
    count = len(x)
    codes = [f"{sign}{width}" for sign in ("i", "ui") for width in (2, 4, 8, 16)]
    floats = [str(kind()) for kind in BYTE_FLOATS if kind.name != "f8E8M0FNU"]

    def both(element: str, given: bool) -> Any:
        def make(x: Any, s: Any, *points: Any) -> list[Any]:
            made = [] if given else point(1, element, s) if element in codes else []
            zero = [*points, *made]
            codes_of_x = q.QuantizeOp(x, s, *zero, element=NUMBERS[element])
            return [*made, codes_of_x, q.DequantizeOp(codes_of_x, s, *zero)]

        return make

    return [
        *(
            Case("round_trip", f"{count}?xf32 f32", both(element, False), BITS, values=[x, [0.7]])
            for element in (*codes, *floats)
        ),
        *(
            Case("quantize", f"{count}xf32 f32", quantize(element), values=[x, [0.7]])
            for element in (*codes, *floats)
        ),
        *(
            Case("round_trip", f"{count}?xf32 f32 {element}", both(element, True), BITS,
                 values=[x, [0.7], [1]])
            for element in codes
        ),
    ]  # fmt: skip


def blocks(x: list[float]) -> list[Case]:
    """Blocks that fill the axis and blocks that do not, of one place and of all, and none."""
    rng = np.random.default_rng(7)

    def case(sizes: str, axis: int, block: int, element: str) -> Case:
        shape = [int(n.rstrip("?")) for n in sizes.split("x")]
        scaled = [*sizes.split("x")]
        places = -(-shape[axis] // block)
        scaled[axis] = f"{places}?" if scaled[axis].endswith("?") else str(places)
        of_scales = "x".join(scaled)
        scales = rng.uniform(0.1, 2.0, elements_in(of_scales))
        points = rng.integers(0, 2, elements_in(of_scales))
        values = [np.resize(x, shape), scales, points]

        def make(x: Any, s: Any, z: Any) -> list[Any]:
            made = q.QuantizeOp(x, s, z, axis=axis, block=block)
            return [made, q.DequantizeOp(made, s, z, axis=axis, block=block)]

        types = f"{sizes}xf32 {of_scales}xf32 {of_scales}x{element}"
        return Case("blocks", types, make, BITS, values=values)

    return [
        case("4x64", 1, 32, "i4"), case("4x64", 1, 32, "i8"), case("3x33", 1, 32, "ui4"),
        case("3?x33?", 1, 32, "ui8"), case("64?x5", 0, 16, "i2"), case("7x5x3", 1, 2, "i16"),
        case("7?x5?x3?", 2, 2, "ui16"), case("5x7", 0, 1, "i8"), case("5x7", 1, 100, "ui2"),
        case("5?x0?", 1, 4, "i8"), case("17", 0, 4, "i8"), case("0x8", 1, 4, "i4"),
    ]  # fmt: skip


def layers() -> list[Case]:
    """Integer products with what follows them as epilogues: bias, requantisation, relu."""
    rng = np.random.default_rng(6)

    def bytes_(*shape: int) -> Any:
        return rng.integers(-128, 128, shape)

    def finish(total: Any, bias: Any, m: Any, s: Any, axis: int, zero: int) -> list[Any]:
        moved = b.AddOp(total, bias)
        points = point(zero, "i8", m)
        y = q.RequantizeOp(moved, m, s, *points, axis=axis)
        return [total, moved, *points, y, ReluOp(y)]

    def unsigned(x: Any, w: Any, bias: Any, m: Any, s: Any) -> list[Any]:
        total = k.MatmulOp(x, w, element_type=i32)
        moved = b.AddOp(total, bias)
        points = point(3, "ui8", m)
        return [total, moved, *points, q.RequantizeOp(moved, m, s, *points, axis=1)]

    def mixed_convolution(x: Any, w: Any) -> Any:
        return k.Conv2dOp(x, w, element_type=i32, padding=(1, 1, 1, 1))

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
        Case("mixed_matmul", "9?x40xui8 40x33xi8 33xi32 33xi32 33xi32", unsigned,
             values=[bytes_(9, 40) + 128, bytes_(40, 33), *pieces(33, 40)]),
        Case("mixed_matmul", "9x40xi8 40x33xui8", lambda x, w: k.MatmulOp(x, w, element_type=i32),
             values=[bytes_(9, 40), bytes_(40, 33) + 128]),
        Case("mixed_conv", "2x3x9x8xui8 17x3x3x3xi8", mixed_convolution,
             values=[bytes_(2, 3, 9, 8) + 128, bytes_(17, 3, 3, 3)]),
        Case("mixed_conv", "1x4x5x5x5xi8 2x4x3x3x3xui8",
             lambda x, w: Conv3dOp(x, w, element_type=i32),
             values=[bytes_(1, 4, 5, 5, 5), bytes_(2, 4, 3, 3, 3) + 128]),
    ]  # fmt: skip
