"""int8 products and what follows them, and what the machine has no types for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric.accel_models import Build, Case, Model
from xdsl.dialects.builtin import f32, i32

from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops import reduction as r
from dlir.requantize import multiplier_and_shift


def scales(g: Model, n: int, terms: int) -> list[Any]:
    scale = g.rng.uniform(0.5, 2.0, n) / (64 * terms**0.5)
    multiplier, shift = multiplier_and_shift(scale)
    bias = g.rng.integers(-(2**12), 2**12, n)
    return [g.param(f"{n}xi32", values=v) for v in (bias, multiplier, shift)]


def point(g: Model, value: int, *shape: int) -> list[Any]:
    """A zero point as a constant, if it is not 0."""
    return [g.add(constant(np.full(shape, value, np.int8)))] if value else []


def dense(m_: int, k_: int, n_: int, relu: bool = True, zero: int = 0) -> Build:
    def build(g: Model) -> Any:
        x, w = g.arg(f"{m_}x{k_}xi8"), g.param(f"{k_}x{n_}xi8")
        total = g.add(k.MatmulOp(x, w, acc=i32, element_type=i32))
        bias, mult, shift = scales(g, n_, k_)
        y = q.RequantizeOp(g.add(b.AddOp(total, bias)), mult, shift, *point(g, zero, n_), axis=1)
        return g.add(act.ReluOp(g.add(y))) if relu else g.add(y)

    return build


def image(how: dict[str, Any], pool: bool = False, n: int = 17, groups: int = 1) -> Build:
    def build(g: Model) -> Any:
        x, w = g.arg("2x17x9x9xi8"), g.param(f"{n}x{17 // groups}x3x3xi8")
        total = g.add(k.Conv2dOp(x, w, acc=i32, element_type=i32, groups=groups, **how))
        bias, mult, shift = scales(g, n, 153)
        bias = g.add(mv.ReshapeOp(bias, [n, 1, 1]))
        y = g.add(b.AddOp(total, bias))
        y = g.add(act.ReluOp(g.add(q.RequantizeOp(y, mult, shift, *point(g, 2, n), axis=1))))
        if pool:
            y = g.add(p.MaxPool2dOp(y, (3, 3), strides=(2, 2), padding=(1, 1, 1, 1)))
        return y

    return build


def tall(kernel: int, stride: int, height: int) -> Build:
    """Images of few lines, of which taps miss some or all."""

    def build(g: Model) -> Any:
        x, w = g.arg(f"1x16x{height}x5xi8"), g.param(f"16x16x{kernel}x{kernel}xi8")
        how: Any = {"strides": (stride, stride), "padding": (kernel // 2,) * 4}
        total = g.add(k.Conv2dOp(x, w, acc=i32, element_type=i32, **how))
        bias, mult, shift = scales(g, 16, 16 * kernel**2)
        total = g.add(b.AddOp(total, g.add(mv.ReshapeOp(bias, [16, 1, 1]))))
        return g.add(q.RequantizeOp(total, mult, shift, axis=1))

    return build


def plain(m_: int, k_: int, n_: int, weight: bool = True) -> Build:
    def build(g: Model) -> Any:
        x = g.arg(f"{m_}x{k_}xi8")
        w = g.param(f"{k_}x{n_}xi8") if weight else g.arg(f"{k_}x{n_}xi8")
        return g.add(k.MatmulOp(x, w, acc=i32, element_type=i32))

    return build


def per_tensor(g: Model) -> Any:
    x, w = g.arg("9x40xi8"), g.param("40x33xi8")
    total = g.add(k.MatmulOp(x, w, acc=i32, element_type=i32))
    mult, shift = multiplier_and_shift(np.array([1 / 400.0]))
    y = q.RequantizeOp(total, g.param("i32", values=mult[0]), g.param("i32", values=shift[0]))
    return g.add(y)


def two(op: Any, x: str, y: str, element: str) -> Build:
    return lambda g: g.add(op(g.arg(f"{x}x{element}"), g.arg(f"{y}x{element}")))


def residual(g: Model) -> Any:
    """Two requantised branches, added in i32 and requantised."""
    x, w = g.arg("9x40xi8"), g.param("40x40xi8")
    total = g.add(k.MatmulOp(x, w, acc=i32, element_type=i32))
    bias, mult, shift = scales(g, 40, 40)
    total = g.add(b.AddOp(total, bias))
    return g.add(q.RequantizeOp(total, mult, shift, axis=1)), total


def bottlenecks(narrow: int, wide: int, stride: int = 2) -> Build:
    """Pixels of few channels, between and behind pixels of whole blocks of lanes."""

    def conv(g: Model, x: Any, n: int, kernel: int = 1, stride: int = 1) -> Any:
        c = x.type.get_shape()[1]
        w = g.param(f"{n}x{c}x{kernel}x{kernel}xi8")
        how: Any = {"strides": (stride, stride), "padding": (kernel // 2,) * 4}
        total = g.add(k.Conv2dOp(x, w, acc=i32, element_type=i32, **how))
        bias, mult, shift = scales(g, n, c * kernel**2)
        total = g.add(b.AddOp(total, g.add(mv.ReshapeOp(bias, [n, 1, 1]))))
        return g.add(q.RequantizeOp(total, mult, shift, axis=1))

    def build(g: Model) -> Any:
        x = g.arg(f"1x{narrow}x8x8xi8")
        before = conv(g, x, wide)
        for _ in range(2):
            y = conv(g, g.add(act.ReluOp(conv(g, x, narrow))), narrow, 3)
            before = g.add(b.MaxOp(conv(g, y, wide), before))
            x = before
        return conv(g, before, wide, 1, stride)

    return build


def dequantized(g: Model) -> Any:
    return g.add(q.DequantizeOp(g.arg("5x17xi8"), g.param("f32", values=0.25)))


def dequantized_product(g: Model) -> Any:
    total = g.add(k.MatmulOp(g.arg("5x17xi8"), g.param("17x9xi8"), acc=i32, element_type=i32))
    return g.add(q.DequantizeOp(total, g.param("9xf32", values=np.arange(1, 10) / 8.0), axis=1))


def quantized(g: Model) -> Any:
    x = g.add(q.QuantizeOp(g.arg("5x17xf32"), g.param("f32", values=0.02)))
    return g.add(k.MatmulOp(x, g.param("17x9xi8"), acc=i32, element_type=i32))


shapes = ((1, 1, 1), (2, 15, 16), (7, 16, 17), (33, 100, 40))
pairs = (("5x16", "16"), ("5x17", "1"), ("3x1", "3x40"), ("2x3x5", "2x3x5"))


def integer_cases() -> list[Case]:
    """int8 products and what follows them: all bits."""
    return [
        *(Case(f"int8 matmul {s}", plain(*s), exact=True) for s in shapes),
        *(Case(f"int8 matmul args {s}", plain(*s, weight=False), exact=True) for s in shapes),
        *(Case(f"int8 dense {s}", dense(*s), exact=True) for s in shapes),
        Case("int8 dense zero", dense(9, 40, 33, False, -3), exact=True),
        Case("int8 conv", image({"padding": (1, 1, 1, 1)}), exact=True),
        Case("int8 conv strided", image({"strides": (2, 2), "padding": (0, 1, 1, 0)}), exact=True),
        Case("int8 conv pool", image({}, True), exact=True),
        *(Case(f"int8 bottlenecks {s}", bottlenecks(*s), exact=True)
          for s in ((4, 16), (8, 16), (4, 32, 1), (3, 16))),
        Case("int8 conv tall", tall(3, 1, 3), exact=True),
        Case("int8 conv tall strided", tall(5, 2, 1), exact=True),
        Case("int8 conv all border", tall(7, 1, 7), exact=True),
        Case("int8 depthwise", image({"padding": (1, 1, 1, 1)}, groups=17), exact=True),
        Case("int8 per tensor", per_tensor, exact=True),
        Case("int8 residual", residual, exact=True),
        Case("dequantize", dequantized, programs=None),
        Case("dequantize product", dequantized_product, programs=None),
        Case("quantize", quantized, exact=True),
        *(Case(f"i32 {f.__name__} {x} {y}", two(f, x, y, "i32"), exact=True)
          for f in (b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp) for x, y in pairs),
        *(Case(f"i8 {f.__name__} {x} {y}", two(f, x, y, "i8"), exact=True, programs=None)
          for f in (b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp) for x, y in pairs[:2]),
        Case("i32 relu", lambda g: g.add(act.ReluOp(g.arg("5x17xi32"))), exact=True),
        Case("i32 abs", lambda g: g.add(m.AbsOp(g.arg("5x17xi32"))), exact=True, programs=None),
        Case("i32 neg", lambda g: g.add(m.NegOp(g.arg("5x17xi32"))), exact=True, programs=None),
        Case("i8 sum", lambda g: g.add(r.ReduceSumOp(g.arg("50x17xi8"), (0,))), exact=True,
             programs=None),
        Case("i32 sum", lambda g: g.add(r.ReduceSumOp(g.arg("50x17xi32"), (0,))), exact=True),
        Case("i32 sum lanes", lambda g: g.add(r.ReduceSumOp(g.arg("5x40xi32"), (1,))), exact=True),
        Case("i32 max lanes", lambda g: g.add(r.ReduceMaxOp(g.arg("5x40xi32"), (1,))), exact=True),
        Case("i8 max lanes", lambda g: g.add(r.ReduceMaxOp(g.arg("5x40xi8"), (1,))), exact=True,
             programs=None),
        Case("i32 clip", lambda g: g.add(act.ClipOp(g.arg("5x17xi32"), -3, 70000)), exact=True,
             programs=None),
        Case("i32 matmul", lambda g: g.add(k.MatmulOp(g.arg("3x17xi32"), g.param("17x5xi32"))),
             exact=True, programs=0),
        Case("i8 products", lambda g: g.add(r.ReduceSumOp(g.add(b.MulOp(
             g.arg("5x17xi8"), g.arg("5x17xi8"))), (1,))), exact=True, programs=0),
        Case("products", lambda g: g.add(r.ReduceSumOp(g.add(b.MulOp(
             g.arg("5x17xf32"), g.arg("5x17xf32"))), (1,))), programs=None),
        Case("bf16 add", two(b.AddOp, "5x16", "16", "bf16")),
        Case("bf16 matmul", lambda g: g.add(k.MatmulOp(g.arg("3x17xbf16"), g.param("17x5xbf16")))),
        Case("bf16 softmax", lambda g: g.add(c.SoftmaxOp(g.arg("3x17xbf16"))), depth=3),
        Case("f16 add", two(b.AddOp, "5x16", "16", "f16"), programs=0),
        Case("i1 and", two(b.AndOp, "5x16", "16", "i1"), exact=True, programs=0),
        Case("compare", lambda g: g.add(b.CompareOp("lt", g.arg("5x16xf32"), g.arg("16xf32"))),
             exact=True, programs=0),
        Case("select", lambda g: g.add(b.SelectOp(g.arg("5x16xi1"), g.arg("16xf32"),
             g.arg("5x1xf32"))), programs=0),
        Case("i64 add", two(b.AddOp, "5x16", "16", "i64"), exact=True, programs=0),
        Case("f64 add", two(b.AddOp, "5x16", "16", "f64"), exact=True, programs=0),
        Case("cast i32", lambda g: g.add(m.ExpOp(g.add(_cast(g.arg("5x17xi32"))))), depth=2,
             programs=None),
    ]  # fmt: skip


def _cast(x: Any) -> Any:

    return b.CastOp(x, f32)
