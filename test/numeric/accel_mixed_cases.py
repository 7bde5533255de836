"""Several programs, values that are read twice, numbers per row that meet rows of lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numeric.accel_models import Build, Case, Model

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import reduction as r


def host_between(g: Model) -> Any:
    y = g.add(k.MatmulOp(g.arg("5x17xf32"), g.param("17x9xf32", 17)))
    z = g.add(m.SinOp(y))
    return g.add(k.MatmulOp(z, g.param("9x33xf32", 9))), y, g.add(b.AddOp(y, z))


def both_read_and_given(g: Model) -> Any:
    y = g.add(act.ReluOp(g.add(k.MatmulOp(g.arg("5x17xf32"), g.param("17x20xf32", 17)))))
    return y, g.add(k.MatmulOp(y, g.param("20x9xf32", 20))), y


def residual(g: Model) -> Any:
    x = g.arg("2x17x8x8xf32")
    y = g.add(k.Conv2dOp(x, g.param("17x17x3x3xf32", 153), padding=(1, 1, 1, 1)))
    y = g.add(act.ReluOp(g.add(b.AddOp(y, x))))
    z = g.add(k.Conv2dOp(y, g.param("17x17x1x1xf32", 17)))
    return g.add(act.ReluOp(g.add(b.AddOp(z, y))))


def same_operand(g: Model) -> Any:
    x = g.arg("20x20xf32")
    return g.add(k.MatmulOp(x, x))


def two_layouts(g: Model) -> Any:
    x = g.arg("20x20xf32")
    y = g.add(k.MatmulOp(x, g.param("20x20xf32", 20)))
    z = g.add(k.MatmulOp(y, x))
    return g.add(b.AddOp(z, x))


def host_first(g: Model) -> Any:
    x = g.arg("5x17xf32")
    y = g.add(m.SinOp(x))
    return g.add(k.MatmulOp(y, g.param("17x9xf32", 17))), g.add(act.ReluOp(x))


def argument_out(g: Model) -> Any:
    x = g.arg("5x17xf32")
    return x, g.add(act.ReluOp(x))


def shared_statistics(g: Model) -> Any:
    x = g.arg("6x40xf32")
    mean = g.add(r.ReduceMeanOp(x, (1,), True))
    y = g.add(b.SubOp(x, mean))
    return g.add(b.MulOp(y, y)), g.add(b.AddOp(y, mean)), mean


def big_chain(g: Model) -> Any:
    y = g.arg("64x48xf32")
    for _ in range(4):
        y = g.add(act.ReluOp(g.add(k.MatmulOp(y, g.param("48x48xf32", 24)))))
    return y


def rows(then: Callable[[Model, Any], Any], x: str = "7x40", keep: bool = False) -> Build:
    """A number per row, and what is done with it."""

    def build(g: Model) -> Any:
        y = g.add(r.ReduceMeanOp(g.arg(f"{x}xf32"), (1,), keep))
        return then(g, y), y

    return build


def column(then: Callable[[Model, Any], Any]) -> Build:
    """A tensor of one column, with it on the lanes."""

    def build(g: Model) -> Any:
        y = g.add(k.MatmulOp(g.arg("7x20xf32"), g.param("20x1xf32", 20)))
        return then(g, y), y

    return build


def weight(op: Any, text: str, first: bool = False) -> Callable[[Model, Any], Any]:
    def then(g: Model, y: Any) -> Any:
        other = g.param(
            f"{text}xf32", values=g.rng.uniform(0.5, 2, [int(n) for n in text.split("x")])
        )
        return g.add(op(other, y) if first else op(y, other))

    return then


def argument(op: Any, text: str, first: bool = False) -> Callable[[Model, Any], Any]:
    def then(g: Model, y: Any) -> Any:
        other = g.arg(f"{text}xf32")
        return g.add(op(other, y) if first else op(y, other))

    return then


def broadcast(*shape: int) -> Callable[[Model, Any], Any]:
    return lambda g, y: g.add(act.ReluOp(g.add(mv.BroadcastOp(y, shape))))


def statistics(g: Model) -> Any:
    """Rows of one, lanes of another."""
    x = g.arg("7x40xf32")
    a = g.add(r.ReduceMeanOp(x, (1,), True))
    c_ = g.add(r.ReduceMeanOp(x, (0,), True))
    return (
        g.add(b.AddOp(a, c_)),
        g.add(b.SubOp(c_, a)),
        g.add(b.MulOp(g.add(act.ReluOp(a)), c_)),
    )


thens: dict[str, Callable[[Model, Any], Any]] = {
    "weight": weight(b.AddOp, "7"), "argument": argument(b.AddOp, "7"),
    "weight sub": weight(b.SubOp, "7", True), "argument sub": argument(b.SubOp, "7", True),
    "argument div": weight(b.DivOp, "7"), "outer": argument(b.MulOp, "5x7"),
    "relu": lambda g, y: g.add(act.ReluOp(y)),
    "again": lambda g, y: g.add(r.ReduceMaxOp(y, (0,))),
    "square": lambda g, y: g.add(b.MulOp(y, y)),
    "reshape": lambda g, y: g.add(act.ReluOp(g.add(mv.ReshapeOp(y, [7, 1])))),
    "row": lambda g, y: g.add(act.ReluOp(g.add(mv.ReshapeOp(y, [1, 7])))),
}  # fmt: skip
columns: dict[str, Callable[[Model, Any], Any]] = {
    "weight": weight(b.AddOp, "7x1"),
    "argument": argument(b.AddOp, "7x1"),
    "wide weight": weight(b.AddOp, "7x20"),
    "wide argument": argument(b.SubOp, "7x20", True),
    "wide argument 2": argument(b.SubOp, "7x20"),
    "wide row": argument(b.SubOp, "1x20"),
    "row weight": weight(b.SubOp, "20"),
    "one": argument(b.MulOp, "1x1"),
    "broadcast": broadcast(7, 20),
    "broadcast 3": broadcast(3, 7, 20),
    "square": lambda g, y: g.add(b.MulOp(y, y)),
    "wide matmul": lambda g, y: g.add(k.MatmulOp(y, g.param("1x20xf32"))),
    "max": lambda g, y: g.add(r.ReduceMaxOp(y, (0,))),
    "sum lanes": lambda g, y: g.add(r.ReduceSumOp(y, (1,))),
    "softmax": lambda g, y: g.add(c.SoftmaxOp(y, 0)),
}


def mixed_cases() -> list[Case]:
    """Several programs, values read twice, results that are also read."""
    return [
        *(Case(f"rows then {n}", rows(t), depth=2, programs=None) for n, t in thens.items()),
        *(
            Case(f"kept rows then {n}", rows(t, keep=True), depth=2, programs=None)
            for n, t in columns.items()
        ),
        *(Case(f"column then {n}", column(t), depth=2, programs=None) for n, t in columns.items()),
        Case("statistics", statistics, depth=2),
        Case("host between", host_between, depth=3, programs=2),
        Case("host first", host_first, depth=2, programs=None),
        Case("read and given", both_read_and_given, depth=2),
        Case("residual", residual, depth=4),
        Case("same operand", same_operand, whole=True, programs=None),
        Case("two layouts", two_layouts, depth=2),
        Case("argument out", argument_out),
        Case("shared statistics", shared_statistics, depth=3),
        Case("chain", big_chain, depth=4),
    ]
