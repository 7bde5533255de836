"""Families of models for the accelerator: each op that it knows, in sizes around a row of lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numeric.accel_heads_cases import heads_cases
from numeric.accel_integer_cases import integer_cases
from numeric.accel_lanes_cases import lanes_cases
from numeric.accel_mixed_cases import mixed_cases
from numeric.accel_models import Build, Case, Model
from numeric.accel_quantized_cases import quantized_cases
from numeric.accel_split_cases import split_cases

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import reduction as r

SIZES = ((1, 1, 1), (2, 15, 16), (7, 16, 17), (13, 17, 15), (33, 1, 40), (50, 70, 3), (129, 48, 64))
"""Rows, terms and columns: 1, one less and one more than lanes, primes, several blocks."""


def _shape(*sizes: int) -> str:
    return "x".join(map(str, sizes))


def matmul(m_: int, k_: int, n_: int, weight: bool = True, **how: bool) -> Build:
    def build(g: Model) -> Any:
        left = (k_, m_) if how.get("transpose_lhs") else (m_, k_)
        right = (n_, k_) if how.get("transpose_rhs") else (k_, n_)
        x = g.arg(f"{_shape(*left)}xf32")
        text = f"{_shape(*right)}xf32"
        w = g.param(text, k_) if weight else g.arg(text)
        return g.add(k.MatmulOp(x, w, **how))

    return build


def linear(m_: int, k_: int, n_: int, act_op: Any = None) -> Build:
    """Product, bias and a function."""

    def build(g: Model) -> Any:
        x, w = g.arg(f"{m_}x{k_}xf32"), g.param(f"{k_}x{n_}xf32", k_)
        y = g.add(b.AddOp(g.add(k.MatmulOp(x, w)), g.param(f"{n_}xf32")))
        return g.add(act_op(y)) if act_op else y

    return build


def batched(x: str, y: str, weight: bool = False, **how: bool) -> Build:
    def build(g: Model) -> Any:
        left = g.arg(f"{x}xf32")
        right = g.param(f"{y}xf32") if weight else g.arg(f"{y}xf32")
        return g.add(k.MatmulOp(left, right, **how))

    return build


def conv(x: str, w: str, weight: bool = True, bias: bool = False, **how: Any) -> Build:
    def build(g: Model) -> Any:
        image = g.arg(f"{x}xf32")
        fan = int(np.prod([int(n) for n in w.split("x")[1:]]))
        kernel = g.param(f"{w}xf32", fan) if weight else g.arg(f"{w}xf32")
        y = g.add(k.Conv2dOp(image, kernel, **how))
        if bias:
            count = w.split("x")[0]
            y = g.add(act.ReluOp(g.add(b.AddOp(y, g.param(f"{count}x1x1xf32")))))
        return y

    return build


def conv_pair(x: str, w1: str, w2: str, **how: Any) -> Build:
    """The second reads the first where it lies, with its border."""

    def build(g: Model) -> Any:
        fans = [int(np.prod([int(n) for n in w.split("x")[1:]])) for w in (w1, w2)]
        y = g.add(k.Conv2dOp(g.arg(f"{x}xf32"), g.param(f"{w1}xf32", fans[0]), **how))
        y = g.add(act.ReluOp(y))
        return g.add(k.Conv2dOp(y, g.param(f"{w2}xf32", fans[1]), **how))

    return build


def unary(op: Any, x: str, positive: bool = False) -> Build:
    def build(g: Model) -> Any:
        value = g.arg(f"{x}xf32")
        if positive:
            g.inputs[-1] = np.abs(g.inputs[-1]) + np.float32(0.1)
        return g.add(op(value))

    return build


def binary(op: Any, x: str, y: str, divisor: bool = False, weight: bool = False) -> Build:
    def build(g: Model) -> Any:
        left = g.arg(f"{x}xf32")
        right = g.param(f"{y}xf32") if weight else g.arg(f"{y}xf32")
        if divisor:
            held = g.params["w0"] if weight else g.inputs[-1]
            held[...] = np.abs(held) + np.float32(0.5)
        return g.add(op(left, right))

    return build


def with_number(op: Any, x: str, number: float, first: bool = False) -> Build:
    def build(g: Model) -> Any:
        value, held = g.arg(f"{x}xf32"), g.constant("f32", [number])
        return g.add(op(held, value) if first else op(value, held))

    return build


def matmul_cases() -> list[Case]:
    return [
        *(Case(f"matmul {s}", matmul(*s), whole=True) for s in SIZES),
        *(Case(f"matmul args {s}", matmul(*s, weight=False), whole=True) for s in SIZES),
        *(
            Case(f"matmul {t} {w} {s}", matmul(*s, weight=w, **{t: True}), whole=True)
            for s in ((7, 16, 17), (33, 20, 40))
            for t in ("transpose_lhs", "transpose_rhs")
            for w in (True, False)
        ),
        *(
            Case(f"linear {f.__name__} {s}", linear(*s, f), depth=2)
            for s in ((1, 16, 17), (37, 33, 35))
            for f in (act.ReluOp, act.GeluOp, act.SigmoidOp, act.SiluOp, m.TanhOp)
        ),
        Case("linear", linear(37, 33, 35), whole=True),
        Case("batched", batched("3x5x17", "3x17x9"), whole=True),
        Case("batched broadcast", batched("3x5x17", "17x9"), whole=True),
        Case("batched broadcast x", batched("5x17", "3x17x9"), whole=True),
        Case("batched weight", batched("3x5x17", "3x17x9", weight=True), whole=True),
        Case("batched weight of one", batched("3x5x17", "17x9", weight=True), whole=True),
        Case("batched 4d", batched("2x3x5x32", "2x3x32x16", transpose_rhs=False), whole=True),
        Case("batched 4d t", batched("2x3x5x32", "2x3x9x32", transpose_rhs=True), whole=True),
    ]


def conv_cases() -> list[Case]:
    pads = ((0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 2, 3))
    return [
        *(
            Case(f"conv {pad} {stride}", conv("2x17x9x11", "19x17x3x3", padding=pad,
                 strides=stride), whole=True)
            for pad in pads for stride in ((1, 1), (2, 2), (1, 3))
        ),
        Case("conv dilated", conv("1x16x12x12", "16x16x3x3", dilations=(2, 3),
             padding=(2, 3, 2, 3)), whole=True),
        Case("conv 1x1", conv("2x33x7x7", "5x33x1x1"), whole=True),
        Case("conv 1x1 strided", conv("1x16x8x8", "16x16x1x1", strides=(2, 2)), whole=True),
        Case("conv stem", conv("1x3x20x20", "16x3x7x7", strides=(2, 2), padding=(3, 3, 3, 3)),
             whole=True),
        Case("conv bias relu", conv("1x16x10x10", "32x16x3x3", bias=True, padding=(1, 1, 1, 1)),
             whole=True),
        Case("conv groups", conv("1x32x6x6", "32x16x3x3", groups=2, padding=(1, 1, 1, 1)),
             whole=True),
        Case("conv small groups", conv("1x12x6x6", "8x3x3x3", groups=4), whole=True, programs=None),
        *(
            Case(f"depthwise {n} {s}", conv(f"1x{n}x9x9", f"{n}x1x3x3", groups=n, strides=s,
                 padding=(1, 1, 1, 1)), whole=True)
            for n in (5, 16, 35) for s in ((1, 1), (2, 2))
        ),
        Case("depthwise multiplier", conv("1x16x6x6", "32x1x3x3", groups=16), whole=True,
             programs=None),
        Case("conv weights argument", conv("1x16x6x6", "16x16x3x3", weight=False), whole=True,
             programs=None),
        *(
            Case(f"conv pair {pad}", conv_pair("1x8x9x9", "17x8x3x3", "9x17x3x3", padding=pad),
                 whole=True, depth=2)
            for pad in pads[1:]
        ),
        Case("conv pair strided", conv_pair("2x8x17x17", "17x8x3x3", "9x17x3x3",
             padding=(1, 1, 1, 1), strides=(2, 2)), whole=True, depth=2),
    ]  # fmt: skip


def elementwise_cases() -> list[Case]:
    functions: tuple[Any, ...] = (
        act.ReluOp,
        act.SigmoidOp,
        act.SiluOp,
        act.GeluOp,
        m.TanhOp,
        m.ExpOp,
        m.NegOp,
        m.AbsOp,
        lambda x: act.ClipOp(x, -0.7, 0.3),
        lambda x: act.ClipOp(x, 0, 6),
        act.HardSwishOp,
        act.HardSigmoidOp,
    )
    shapes = ("1", "17", "5x16", "3x15", "2x3x33", "70x130")
    pairs = (("5x16", "16"), ("5x17", "1"), ("5x1", "1x9"), ("4x1x3", "6x1"), ("3x4", "3x1"),
             ("3x1", "3x40"), ("16", "5x16"), ("2x3x5", "2x3x5"), ("1x1", "7x9"), ("2x3", "1"),
             ("1x17", "4x1"), ("6x1", "4x1x20"), ("40", "1"), ("1", "1"), ("17", "17"))  # fmt: skip
    return [
        *(
            Case(f"{getattr(f, '__name__', f'function {i}')} {s}", unary(f, s), depth=2)
            for i, f in enumerate(functions) for s in (shapes if i == 0 else shapes[3:5])
        ),
        *(
            Case(f"{f.__name__} {s}", unary(f, s, positive=True), depth=2)
            for f in (m.SqrtOp, m.RsqrtOp, m.ReciprocalOp) for s in ("3x17",)
        ),
        *(Case(f"add {x} {y}", binary(b.AddOp, x, y), whole=True) for x, y in pairs),
        *(Case(f"sub {x} {y}", binary(b.SubOp, x, y), whole=True) for x, y in pairs),
        *(Case(f"sub {x} weight {y}", binary(b.SubOp, x, y, weight=True), whole=True)
          for x, y in pairs),
        *(Case(f"div {x} {y}", binary(b.DivOp, x, y, divisor=True), depth=2) for x, y in pairs),
        *(Case(f"{f.__name__} {x} {y}", binary(f, x, y), whole=True)
          for f in (b.MulOp, b.MaxOp, b.MinOp) for x, y in pairs[:4]),
        *(
            Case(f"{f.__name__} {n} {first}", with_number(f, "3x17", n, first), depth=2)
            for f in (b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp)
            for n in (0.5, 0.1, 0.0, -1.0, 1e-3) for first in (False, True)
            if (f, n, first) != (b.SubOp, 0.0, False)  # which is nothing
        ),
        *(Case(f"DivOp {n}", with_number(b.DivOp, "3x17", n), depth=2) for n in (3.0, 0.1, 8.0)),
        Case("number / x", lambda g: _numerator(g), depth=2),
        *(
            Case(f"{f.__name__} of broadcast {x} {shape}", broadcast_first(f, x, shape), depth=2,
                 programs=None)
            for f in (act.ReluOp, m.ExpOp) for x, shape in (("7x1", (7, 20)), ("1", (5, 17)),
                                                            ("20", (3, 20)), ("3x1x4", (3, 5, 4)))
        ),
        Case("x / 0", with_number(b.DivOp, "3x17", 0.0), programs=None),
    ]  # fmt: skip


def broadcast_first(op: Any, x: str, shape: tuple[int, ...]) -> Build:
    return lambda g: g.add(op(g.add(mv.BroadcastOp(g.arg(f"{x}xf32"), shape))))


def _numerator(g: Model) -> Any:
    x = g.arg("3x17xf32")
    g.inputs[-1] = np.abs(g.inputs[-1]) + np.float32(0.5)
    return g.add(b.DivOp(g.constant("f32", [3.0]), x))


def reduction_cases() -> list[Case]:
    axes = ((0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2))
    return [
        *(
            Case(f"{op.__name__} {a} {s} {keep}",
                 lambda g, op=op, a=a, s=s, keep=keep: g.add(op(g.arg(f"{s}xf32"), a, keep)),
                 whole=True, depth=2)
            for op in (r.ReduceSumOp, r.ReduceMeanOp, r.ReduceMaxOp)
            for s, keep in (("3x5x17", True), ("2x33x16", False)) for a in axes
        ),
        Case("reduce min", lambda g: g.add(r.ReduceMinOp(g.arg("3x17xf32"), (1,))), programs=None),
        Case("sum of broadcast", lambda g: g.add(r.ReduceSumOp(
             g.add(mv.BroadcastOp(g.arg("7x1xf32"), (7, 20))), (1,))), programs=None),
        Case("reduce row", lambda g: g.add(r.ReduceSumOp(g.arg("40xf32"), (0,)))),
        Case("global mean", lambda g: g.add(r.ReduceMeanOp(g.arg("2x35x7x7xf32"), (2, 3)))),
        *(
            Case(f"max pool {pad} {s}", lambda g, pad=pad, s=s: g.add(
                 p.MaxPool2dOp(g.arg("2x17x9x9xf32"), (3, 3), padding=pad, strides=s)), whole=True)
            for pad in ((0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 1, 0)) for s in ((1, 1), (2, 2))
        ),
        Case("max pool dilated", lambda g: g.add(
             p.MaxPool2dOp(g.arg("1x16x9x9xf32"), (2, 3), dilations=(2, 1))), whole=True),
        *(
            Case(f"avg pool {pad} {count}", lambda g, pad=pad, count=count: g.add(
                 p.AvgPool2dOp(g.arg("1x17x9x9xf32"), (3, 3), padding=pad, strides=(2, 2),
                               count_include_pad=count)), programs=None)
            for pad in ((0, 0, 0, 0), (1, 1, 1, 1)) for count in (True, False)
        ),
        Case("conv then max pool", conv_then_pool, whole=True),
    ]  # fmt: skip


def conv_then_pool(g: Model) -> Any:
    y = g.add(k.Conv2dOp(g.arg("1x3x12x12xf32"), g.param("17x3x3x3xf32"), padding=(1, 1, 1, 1)))
    return g.add(p.MaxPool2dOp(y, (3, 3), strides=(2, 2), padding=(1, 1, 1, 1)))


def norm_cases() -> list[Case]:
    def layer_norm(x: str, n: int) -> Build:
        return lambda g: g.add(
            c.LayerNormOp(g.arg(f"{x}xf32"), g.param(f"{n}xf32"), g.param(f"{n}xf32"))
        )

    def batch_norm(g: Model) -> Any:
        x, s, o, mean = g.arg("2x17x5x5xf32"), *(g.param("17xf32") for _ in range(3))
        return g.add(c.BatchNormOp(x, s, o, mean, g.param("17xf32", values=np.arange(1.0, 18))))

    def conv_batch_norm(g: Model) -> Any:
        y = g.add(k.Conv2dOp(g.arg("1x8x6x6xf32"), g.param("17x8x3x3xf32", 72)))
        s, o, mean = (g.param("17xf32") for _ in range(3))
        y = g.add(c.BatchNormOp(y, s, o, mean, g.param("17xf32", values=np.arange(1.0, 18))))
        return g.add(act.ReluOp(y))

    return [
        *(Case(f"softmax {s}", lambda g, s=s: g.add(c.SoftmaxOp(g.arg(f"{s}xf32"))), depth=3)
          for s in ("1x1", "3x10", "2x5x16", "7x33", "129x70", "2x2x3x17")),
        Case("softmax rows", lambda g: g.add(c.SoftmaxOp(g.arg("9x17xf32"), 0)), depth=3),
        Case("log softmax", lambda g: g.add(c.LogSoftmaxOp(g.arg("3x17xf32"))), depth=3,
             programs=None),
        *(Case(f"layer norm {s}", layer_norm(s, n), depth=4)
          for s, n in (("3x16", 16), ("5x33", 33), ("2x7x40", 40), ("200x17", 17))),
        Case("batch norm", batch_norm, depth=3),
        Case("conv batch norm relu", conv_batch_norm, depth=3),
    ]  # fmt: skip


def attention(batch: int, rows: int, heads: int, size: int) -> Build:
    """Self attention with its projections."""
    width = heads * size

    def build(g: Model) -> Any:
        x = g.arg(f"{batch}x{rows}x{width}xf32")
        parts: list[Any] = []
        for perm in ((0, 2, 1, 3), (0, 2, 1, 3), (0, 2, 1, 3)):
            y = g.add(k.MatmulOp(x, g.param(f"{width}x{width}xf32", width)))
            y = g.add(b.AddOp(y, g.param(f"{width}xf32")))
            y = g.add(mv.ReshapeOp(y, [batch, rows, heads, size]))
            parts.append(g.add(mv.TransposeOp(y, perm)))
        scores = g.add(k.MatmulOp(parts[0], parts[1], transpose_rhs=True))
        scores = g.add(b.MulOp(scores, g.constant("f32", [size**-0.5])))
        y = g.add(k.MatmulOp(g.add(c.SoftmaxOp(scores)), parts[2]))
        y = g.add(mv.ReshapeOp(g.add(mv.TransposeOp(y, (0, 2, 1, 3))), [batch, rows, width]))
        y = g.add(k.MatmulOp(y, g.param(f"{width}x{width}xf32", width)))
        return g.add(b.AddOp(y, x))

    return build


def movement_cases() -> list[Case]:
    def after_relu(change: Callable[[Model, Any], Any], x: str, then: bool = True) -> Build:
        """Between two functions of the machine."""

        def build(g: Model) -> Any:
            y = change(g, g.add(act.ReluOp(g.arg(f"{x}xf32"))))
            return g.add(b.AddOp(y, y)) if then else y

        return build

    def gather(table: str, shape: str, low: int, high: int) -> Build:
        def build(g: Model) -> Any:
            w = g.param(f"{table}xf32")
            at = g.rng.integers(low, high, [int(n) for n in shape.split("x")])
            return g.add(mv.GatherOp(w, g.arg(f"{shape}xi64", at)))

        return build

    def embedded(g: Model) -> Any:
        y = gather("50x33", "2x7", -50, 50)(g)
        y = g.add(b.AddOp(y, g.param("7x33xf32")))
        return g.add(c.LayerNormOp(y, g.param("33xf32"), g.param("33xf32")))

    shapes = (
        ("2x3x16", (6, 16)), ("6x16", (2, 3, 16)), ("2x32", (4, 16)), ("4x16", (2, 32)),
        ("4x17", (68,)), ("3x32", (3, 2, 16)), ("2x2x8", (2, 16)), ("1x16", (16,)),
        ("2x1x3x20", (6, 1, 20)), ("5x1", (5,)), ("5", (5, 1)), ("6x5", (5, 6)),
    )  # fmt: skip
    perms = (("3x16", (1, 0)), ("2x3x20", (1, 0, 2)), ("2x3x20", (2, 1, 0)),
             ("2x3x4x17", (0, 2, 1, 3)), ("2x3x4x17", (0, 3, 1, 2)))  # fmt: skip
    return [
        *(Case(f"reshape {s} {t}", after_relu(lambda g, y, t=t: g.add(mv.ReshapeOp(y, t)), s),
               whole=True, programs=None) for s, t in shapes),
        *(Case(f"reshape out {s} {t}",
               after_relu(lambda g, y, t=t: g.add(mv.ReshapeOp(y, t)), s, then=False),
               whole=True, programs=None) for s, t in shapes),
        *(Case(f"transpose {s} {t}", after_relu(lambda g, y, t=t: g.add(mv.TransposeOp(y, t)), s),
               whole=True, programs=None) for s, t in perms),
        *(Case(f"slice {o} {n} {st}", after_relu(
              lambda g, y, o=o, n=n, st=st: g.add(mv.SliceOp(y, o, n, st)), "7x40"),
              whole=True, programs=None)
          for o, n, st in (((1, 0), (5, 40), (1, 1)), ((0, 16), (7, 16), (1, 1)),
                           ((0, 16), (7, 5), (1, 1)), ((0, 3), (7, 20), (1, 1)),
                           ((1, 0), (3, 40), (2, 1)), ((0, 0), (7, 20), (1, 2)),
                           ((6, 0), (4, 40), (-2, 1)), ((2, 32), (1, 1), (1, 1)),
                           ((2, 33), (1, 1), (1, 1)))),
        *(Case(f"pad {lo} {hi} {v}", after_relu(
              lambda g, y, lo=lo, hi=hi, v=v: g.add(mv.PadOp(y, lo, hi, v)), "5x16"),
              whole=True, programs=None)
          for lo, hi, v in (((1, 0), (2, 0), 0.0), ((0, 0), (0, 3), 1.0), ((0, 16), (0, 0), 0.0))),
        *(Case(f"concat {a} {s} {t}", after_relu(
              lambda g, y, a=a, t=t: g.add(mv.ConcatOp([y, g.arg(f"{t}xf32"), y], a)), s),
              whole=True, programs=None)
          for a, s, t in ((0, "3x16", "2x16"), (1, "3x16", "3x32"), (1, "3x5", "3x17"))),
        *(Case(f"gather {t} {s} {lo}", gather(t, s, lo, hi), whole=True)
          for t, s, lo, hi in (("50x33", "5", 0, 50), ("50x16", "2x20", -50, 50),
                               ("300x7", "129", -300, 300), ("9x1", "1", 0, 9))),
        Case("embedding", embedded, depth=4),
        Case("attention", attention(2, 7, 2, 16), depth=9),
        Case("attention 2", attention(1, 33, 3, 32), depth=9),
        Case("attention small heads", attention(1, 5, 4, 5), depth=9, programs=None),
    ]  # fmt: skip


CASES: dict[str, list[Case]] = {
    "matmul": matmul_cases(),
    "conv": conv_cases(),
    "elementwise": elementwise_cases(),
    "reduction": reduction_cases(),
    "norm": norm_cases(),
    "movement": movement_cases(),
    "mixed": mixed_cases(),
    "integer": integer_cases(),
    "quantized": quantized_cases(),
    "split": split_cases(),
    "heads": heads_cases(),
    "lanes": lanes_cases(),
}
