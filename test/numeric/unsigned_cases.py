"""Ops on unsigned integers: at 0, at the greatest number and where results wrap around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric.cases import BITS, ELEMENTS, EXACT, UNSIGNED, Case
from xdsl.dialects.builtin import i32
from xdsl.ir import Operation

from dlir.dialects.dl.attrs import WIDTHS
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import reduction as r

UNARY = (m.NegOp, m.AbsOp, m.SignOp, m.NotOp, act.ReluOp)
BINARY = (b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp, b.PreluOp, b.AndOp, b.OrOp, b.XorOp)
DIVISIONS = (b.DivOp, b.ModOp, b.FmodOp)
REDUCTIONS = (r.ReduceSumOp, r.ReduceProdOp, r.ReduceMaxOp, r.ReduceMinOp)
FLOATS = [0.0, -0.0, 0.9, -0.9, -1.0, 1.5, 127.5, 128.0, 255.9, 256.0, 65535.9, 65536.0, 3e9, 4.2e9,
          2.0**32, 1e10, 9e18, 2.0**63, 1.8e19, 2.0**64, 1e20, np.nan, np.inf, -np.inf]  # fmt: skip


def edges(element: str) -> list[int]:
    top = (1 << WIDTHS[UNSIGNED[element]]) - 1
    return [0, 1, 2, 3, 7, top // 2, top // 2 + 1, top - 1, top]


def pairs(element: str, right: list[int]) -> tuple[list[int], list[int]]:
    """Every edge with every number."""
    left = edges(element)
    return [x for x in left for _ in right], [y for _ in left for y in right]


def unsigned_cases(element: str) -> list[Case]:
    return [*elementwise(element), *contractions(element), *moved(element), *casts(element)]


def elementwise(element: str) -> list[Case]:
    number, pair = edges(element), pairs(element, edges(element))
    divisible = pairs(element, edges(element)[1:])
    powers = pairs(element, [0, 1, 2, 5, 33, *edges(element)[-4:]])
    x, rows = f"9x{element}", f"81?x{element}"
    compare = [
        Case(f"compare_{p}", f"{rows} {rows}", lambda x, y, p=p: b.CompareOp(p, x, y), values=pair)
        for p in ("eq", "ne", "lt", "le", "gt", "ge")
    ]
    return [
        *(Case(op.name, x, op, values=[number]) for op in UNARY),
        Case("clip", x, lambda x: act.ClipOp(x, 2, 100), values=[number]),
        *(Case(op.name, f"{rows} {rows}", op, values=pair) for op in BINARY),
        *(Case(op.name, f"72?x{element} 72?x{element}", op, values=divisible) for op in DIVISIONS),
        Case("dl.pow", f"{rows} {rows}", b.PowOp, values=powers),
        *compare,
        *(Case(op.name, f"3x3x{element}", lambda x, op=op: op(x, [1]), values=[number])
          for op in REDUCTIONS),
        *(Case(op.name, f"3x0x{element}", lambda x, op=op: op(x, [1])) for op in REDUCTIONS),
    ]  # fmt: skip


def contractions(element: str) -> list[Case]:
    def matmul(**options: Any) -> Any:
        return lambda x, y: k.MatmulOp(x, y, **options)

    table: list[dict[str, Any]] = [{}]
    if WIDTHS[UNSIGNED[element]] <= 32:
        table += [{"element_type": UNSIGNED["ui32"]}, {"acc": i32, "element_type": i32}]
    shapes = ("5?x17x{e} 17x3x{e}", "64x64x{e} 64x65x{e}", "2x1x7?x{e} 2x7?x1x{e}")
    conv: dict[str, Any] = {"padding": (1, 1, 1, 1)}
    return [
        *(Case("matmul", shape.format(e=element), matmul(**options))
          for options in table for shape in shapes),
        Case("conv", f"1x3x5x5x{element} 4x3x3x3x{element}",
             lambda x, w: k.Conv2dOp(x, w, **conv)),
    ]  # fmt: skip


def moved(element: str) -> list[Case]:
    def gather(x: Any, index: Any) -> Operation:
        return mv.GatherOp(x, index, 0)

    top = edges(element)[-1]
    return [
        Case("select", f"3x1xi1 4?x{element} 3x4?x{element}", b.SelectOp, BITS),
        Case("pad", f"3x{element}", lambda x: mv.PadOp(x, [1], [2], min(top, 2**63 - 1)), BITS),
        Case("gather", f"5x3xf32 4?x{element}", gather, BITS, values=[np.arange(15), [4, 0, 3, 0]]),
    ]


def casts(element: str) -> list[Case]:
    target = UNSIGNED[element]
    cases: list[Case] = []
    for name, other in (ELEMENTS | UNSIGNED).items():
        to = lambda x, t=target: b.CastOp(x, t)  # noqa: E731
        back = lambda x, t=other: b.CastOp(x, t)  # noqa: E731
        if name in UNSIGNED:
            values: list[Any] = edges(name)
        else:
            values = (
                FLOATS if "f" in name else [0, 1, 0, 1] if name == "i1" else [0, 1, -1, 127, -128]
            )
        cases += [
            Case(f"cast_{target}", f"{len(values)}?x{name}", to, EXACT, values=[values]),
            Case(f"cast_{other}", f"9?x{element}", back, BITS, values=[edges(element)]),
        ]
    return cases
