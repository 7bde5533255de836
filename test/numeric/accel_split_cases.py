"""Epilogues of which the machine computes a part, and functions that it makes of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric.accel_models import Build, Case, Model

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import reduction as r


def product(g: Model, rows: int, columns: int) -> Any:
    x, w = g.arg(f"{rows}x24xf32"), g.param(f"24x{columns}xf32", 24)
    return g.add(k.MatmulOp(x, w))


def bias_then_sine(rows: int, columns: int) -> Build:
    """The bias stays with the product; the sine and what follows it are one op of the host."""

    def build(g: Model) -> Any:
        y = g.add(b.AddOp(product(g, rows, columns), g.param(f"{columns}xf32")))
        y = g.add(b.MulOp(g.add(m.SinOp(y)), g.arg(f"{rows}x{columns}xf32")))
        return g.add(act.ReluOp(y))

    return build


def sine_beside(g: Model) -> Any:
    """No value but the sum itself leads to the result."""
    y = product(g, 7, 17)
    return g.add(b.AddOp(g.add(m.SinOp(y)), g.add(act.ReluOp(y))))


def sine_between(g: Model) -> Any:
    """A product, the host, and a product again."""
    y = g.add(m.CosOp(g.add(act.ReluOp(product(g, 5, 17)))))
    return g.add(k.MatmulOp(y, g.param("17x9xf32", 17)))


def convolution(g: Model) -> Any:
    x, w = g.arg("1x3x6x5xf32"), g.param("17x3x3x3xf32", 27)
    y = g.add(k.Conv2dOp(x, w, padding=(1, 1, 1, 1)))
    return g.add(m.SinOp(g.add(b.AddOp(y, g.param("17x1x1xf32")))))


def parts(g: Model) -> Any:
    """Two products that write one tensor: a part of a tensor is not split."""
    y = g.add(m.SinOp(product(g, 5, 16)))
    return g.add(mv.ConcatOp([y, g.add(act.ReluOp(product(g, 5, 16)))], 1))


def logarithm(g: Model) -> Any:
    x = g.arg("5x17xf32")
    return g.add(m.LogOp(g.add(r.ReduceSumOp(g.add(m.ExpOp(x)), (1,)))))


def residual_on_other_lanes(g: Model) -> Any:
    """The transposed product lies on other lanes than its sum."""
    y = product(g, 20, 20)
    return g.add(b.AddOp(g.add(k.MatmulOp(y, g.param("20x20xf32", 20))),
                         g.add(mv.TransposeOp(y, [1, 0]))))  # fmt: skip


EDGES = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 1e-3, -1e-3, 1e30, -1e30, 88.0,
         -88.0, 0.5, -0.5]  # fmt: skip


def at_edges(op: Any) -> Build:
    return lambda g: g.add(op(g.arg("1x17xf32", [EDGES])))


def prelu(g: Model) -> Any:
    return g.add(b.PreluOp(g.arg("5x17xf32"), g.param("17xf32")))


def prelu_behind(g: Model) -> Any:
    return g.add(b.PreluOp(product(g, 7, 17), g.param("17xf32")))


def split_cases() -> list[Case]:
    rectified = (
        ("leaky relu", act.LeakyReluOp), ("elu", act.EluOp), ("selu", act.SeluOp),
        ("leaky relu 1", lambda x: act.LeakyReluOp(x, 1.0)),
        ("elu -2", lambda x: act.EluOp(x, -2.0)),
        ("leaky relu 0", lambda x: act.LeakyReluOp(x, 0.0)),
        ("leaky relu 2", lambda x: act.LeakyReluOp(x, 2.0)),
        ("leaky relu -1", lambda x: act.LeakyReluOp(x, -1.0)),
    )  # fmt: skip
    return [
        *(Case(f"sine {s}", bias_then_sine(*s), depth=3)
          for s in ((1, 1), (7, 15), (7, 16), (13, 17), (33, 40))),
        Case("sine beside", sine_beside, depth=2),
        Case("sine between", sine_between, depth=3, programs=2),
        Case("convolution then sine", convolution, depth=3),
        Case("parts", parts, depth=2, programs=None),
        Case("logarithm", logarithm, depth=2),
        Case("residual on other lanes", residual_on_other_lanes, depth=3, programs=None),
        *(Case(n, at_edges(f), whole=True, depth=3) for n, f in rectified),
        Case("sign", at_edges(m.SignOp), whole=True, programs=0),
        Case("leaky relu inf", at_edges(lambda x: act.LeakyReluOp(x, np.inf)), whole=True,
             programs=0),
        Case("prelu", prelu, depth=2),
        Case("prelu behind a product", prelu_behind, depth=2),
    ]  # fmt: skip
