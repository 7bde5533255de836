"""Whole regions in int8: affine activations, branches of two scales, pools, and floats between."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numeric.accel_integer_cases import point
from numeric.accel_models import Build, Case, Model
from xdsl.dialects.builtin import i32

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops import reduction as r
from dlir.requantize import multiplier_and_shift


def requantized(
    g: Model, x: Any, terms: int, axis: int | None = 1, zero: int = 0, seed: int = 0
) -> Any:
    """By other factors for each channel, of sums of so many products."""
    channels = () if axis is None else (x.type.get_shape()[axis],)
    scale = np.random.default_rng(seed).uniform(0.5, 2.0, channels) / (64 * terms**0.5)
    text = "i32" if axis is None else f"{channels[0]}xi32"
    parts = [g.param(text, values=part) for part in multiplier_and_shift(scale)]
    return g.add(q.RequantizeOp(x, *parts, *point(g, zero, *channels), axis=axis))


def conv(
    g: Model, x: Any, channels: int, kernel: int = 3, zero: int = 0, out_zero: int = 0, **how: Any
) -> Any:
    """A convolution of numbers whose zero is `zero`, which is also what pads them."""
    before, groups = x.type.get_shape()[1], how.get("groups", 1)
    w = g.param(f"{channels}x{before // groups}x{kernel}x{kernel}xi8")
    around = kernel // 2
    padded = g.add(mv.PadOp(x, [0, 0, around, around], [0, 0, around, around], zero))
    total = g.add(k.Conv2dOp(padded, w, acc=i32, element_type=i32, **how))
    weights = g.params[f"w{len(g.params) - 1}"].astype(np.int64)
    bias = g.rng.integers(-(2**12), 2**12, channels) - zero * weights.sum((1, 2, 3))
    total = g.add(b.AddOp(total, g.param(f"{channels}x1x1xi32", values=bias.reshape(-1, 1, 1))))
    return requantized(g, total, before // groups * kernel**2, zero=out_zero)


def added(g: Model, x: Any, y: Any, zero: int = 0) -> Any:
    """The sum of numbers of two scales: round((3 x + 5 y) * m)."""
    wide = [g.add(b.CastOp(v, i32)) for v in (x, y)]
    factors = [g.constant("i32", [n]) for n in (3 << 12, 5 << 12)]
    terms = [g.add(b.MulOp(v, f)) for v, f in zip(wide, factors, strict=True)]
    mult, shift = multiplier_and_shift(np.array(1 / (7 << 12)))
    parts = [g.param("i32", values=v) for v in (mult, shift)]
    return g.add(q.RequantizeOp(g.add(b.AddOp(*terms)), *parts, *point(g, zero)))


def pooled(g: Model, x: Any) -> Any:
    """The mean of an image: a sum, of which the requantisation divides."""
    area = x.type.get_shape()[2] * x.type.get_shape()[3]
    total = g.add(r.ReduceSumOp(g.add(b.CastOp(x, i32)), (2, 3)))
    parts = [g.param("i32", values=v) for v in multiplier_and_shift(np.array(1.5 / area))]
    return g.add(q.RequantizeOp(total, *parts))


def average_pooled(g: Model, x: Any, kernel: int) -> Any:
    """Means of windows, as a depthwise convolution with ones."""
    channels = x.type.get_shape()[1]
    ones = g.param(
        f"{channels}x1x{kernel}x{kernel}xi8", values=np.ones((channels, 1, kernel, kernel))
    )
    how = {"groups": channels, "strides": (kernel, kernel)}
    total = g.add(k.Conv2dOp(x, ones, acc=i32, element_type=i32, **how))
    parts = [g.param("i32", values=v) for v in multiplier_and_shift(np.array(1 / kernel**2))]
    return g.add(q.RequantizeOp(total, *parts))


def padded(zero: int, channels: int) -> Build:
    return lambda g: conv(g, g.arg(f"1x{channels}x7x7xi8"), 19, zero=zero, out_zero=~zero)


def block(channels: int, size: int, zero: int) -> Build:
    """A residual block with affine activations, and a mean."""

    def build(g: Model) -> Any:
        x = conv(g, g.arg(f"1x3x{size}x{size}xi8"), channels, zero=-7, out_zero=zero)
        low = g.constant("i8", [zero])
        x = g.add(b.MaxOp(x, low))
        y = g.add(b.MaxOp(conv(g, x, channels, zero=zero, out_zero=zero), low))
        y = conv(g, y, channels, 1, zero=zero)
        return pooled(g, g.add(act.ReluOp(added(g, y, x))))

    return build


def mobile(channels: int) -> Build:
    """Expand, filter each channel by itself, project, add."""

    def build(g: Model) -> Any:
        x = g.arg(f"1x{channels}x6x6xi8")
        y = g.add(act.ReluOp(conv(g, x, 2 * channels, 1)))
        y = g.add(act.ReluOp(conv(g, y, 2 * channels, 3, groups=2 * channels)))
        return added(g, conv(g, y, channels, 1), x, 3)

    return build


def branches(first: int, second: int) -> Build:
    """Channels of two branches side by side, each in its own scale first; pools of both kinds."""

    def build(g: Model) -> Any:
        x = g.arg("1x16x8x8xi8")
        left, right = conv(g, x, first, 1), conv(g, x, second, 3)
        left = g.add(p.MaxPool2dOp(left, (2, 2), strides=(2, 2)))
        both = g.add(mv.ConcatOp([left, average_pooled(g, right, 2)], axis=1))
        return conv(g, both, 9, 1)

    return build


def perceptron(*widths: int) -> Build:
    def build(g: Model) -> Any:
        x = g.arg(f"3x{widths[0]}xi8")
        for before, after in pairwise(widths):
            total = g.add(k.MatmulOp(x, g.param(f"{before}x{after}xi8"), acc=i32, element_type=i32))
            x = g.add(act.ReluOp(requantized(g, total, before)))
        return x

    return build


def real_between(m_: int, k_: int, n_: int, zero: int, axis: int | None) -> Build:
    """int8 products with floats between, which never leave the chip: all bits, too."""

    def build(g: Model) -> Any:
        x = g.arg(f"{m_}x{k_}xi8")
        total = g.add(k.MatmulOp(x, g.param(f"{k_}x{n_}xi8"), acc=i32, element_type=i32))
        scales = g.param(f"{n_}xf32", values=g.rng.uniform(1, 3, n_) / 1000)
        real = g.add(act.ReluOp(g.add(q.DequantizeOp(total, scales, axis=1))))
        sizes = () if axis is None else ((m_, n_)[axis],)
        text = "x".join([*map(str, sizes), "f32"])
        scale = g.param(text, values=g.rng.uniform(1, 3, sizes) / (100 / k_**0.5))
        y = g.add(q.QuantizeOp(real, scale, *point(g, zero, *sizes), axis=axis))
        return g.add(k.MatmulOp(y, g.param(f"{n_}x5xi8"), acc=i32, element_type=i32))

    return build


def quantized_argument(g: Model) -> Any:
    """Not rounded to bf16 before: the host does it."""
    x = g.arg("5x17xf32", values=np.linspace(-3, 3, 85).reshape(5, 17))
    y = g.add(q.QuantizeOp(x, g.param("f32", values=0.02), *point(g, -9)))
    return g.add(k.MatmulOp(y, g.param("17x9xi8"), acc=i32, element_type=i32))


def real_numbers(g: Model) -> Any:
    """Of floats that the machine computes, infinities and no numbers among them."""
    x = g.arg("3x17xf32", values=np.r_[0.0, -0.0, np.inf, -np.inf, np.nan, 0.5:46.5].reshape(3, 17))
    y = g.add(b.MulOp(x, g.constant("f32", [2.0])))
    return g.add(q.QuantizeOp(y, g.constant("f32", [0.25]), *point(g, 4)))


def quantized_cases() -> list[Case]:
    def exact(name: str, build: Build, programs: int | None = 1) -> Case:
        return Case(name, build, exact=True, programs=programs)

    return [
        *(exact(f"padded by {zero}, {n}", padded(zero, n))
          for zero in (0, 5, -128) for n in (3, 17)),
        *(exact(f"block {s}", block(*s)) for s in ((16, 5, 3), (17, 6, -128), (33, 4, 0))),
        *(exact(f"mobile {n}", mobile(n)) for n in (1, 15, 24)),
        *(exact(f"branches {s}", branches(*s)) for s in ((16, 16), (8, 24), (5, 7))),
        *(exact(f"perceptron {s}", perceptron(*s)) for s in ((1, 1, 1), (40, 33, 16, 10))),
        *(exact(f"real {s}", real_between(*s)) for s in (
            (1, 1, 1, 0, None), (7, 40, 33, -5, None), (16, 16, 16, 9, 1), (9, 17, 18, 100, 0))),
        exact("quantized argument", quantized_argument),
        exact("quantized reals", real_numbers),
    ]  # fmt: skip
