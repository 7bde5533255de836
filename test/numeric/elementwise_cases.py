"""`dl` ops that compute each element by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numeric.cases import (
    BITS,
    ELEMENTS,
    EXACT,
    Case,
    Check,
    Ulps,
    typed,
)
from xdsl.ir import Operation

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import rectifiers as rect
from dlir.dialects.dl.ops import trigonometry as t

FORMULA = Ulps(8, least=1e-30)  # 1 / (1 + e^-x) is 0 a little before it must be: e^-x overflows
CANCELLING = Ulps(8, least=1.0)  # 1 + erf(x), alpha x + beta: absolute error near 0
FLOAT_UNARY: dict[type[Operation], Check] = {
    **dict.fromkeys((m.NegOp, m.AbsOp), BITS),
    **dict.fromkeys((m.SignOp, m.FloorOp, m.CeilOp, m.RoundOp, act.ReluOp), EXACT),
    **dict.fromkeys((m.IsNanOp, m.IsInfOp), EXACT),
    **dict.fromkeys((m.ExpOp, m.Expm1Op, m.LogOp, m.Log1pOp, m.SqrtOp, m.RsqrtOp), Ulps()),
    **dict.fromkeys((m.ReciprocalOp, m.SinOp, m.CosOp, m.TanOp, m.TanhOp, m.ErfOp), Ulps()),
    **dict.fromkeys((t.SinhOp, t.CoshOp, t.AsinOp, t.AcosOp), Ulps()),
    **dict.fromkeys((t.AtanOp, t.AsinhOp, t.AcoshOp, t.AtanhOp), Ulps()),
    **dict.fromkeys((act.SigmoidOp, act.SiluOp, act.SoftplusOp, act.SoftsignOp), FORMULA),
    **dict.fromkeys((act.EluOp, act.SeluOp, act.LeakyReluOp, act.MishOp), FORMULA),
    **dict.fromkeys((act.HardSwishOp, act.HardSigmoidOp, act.GeluOp), CANCELLING),
}
PARAMETRISED: dict[str, tuple[Callable[..., Operation], Check]] = {
    "gelu_tanh": (lambda x: act.GeluOp(x, "tanh"), CANCELLING),
    "elu": (lambda x: act.EluOp(x, 0.3), FORMULA),
    "leaky_relu": (lambda x: act.LeakyReluOp(x, 0.2), FORMULA),
    "hard_sigmoid": (lambda x: act.HardSigmoidOp(x, 0.25, 0.4), CANCELLING),
    "celu": (lambda x: rect.CeluOp(x, -0.7), FORMULA),
    "celu_1": (rect.CeluOp, FORMULA),
    "thresholded_relu": (lambda x: rect.ThresholdedReluOp(x, 0.75), EXACT),
    "clip": (lambda x: act.ClipOp(x, -1, 1), EXACT),
    "clip_low": (lambda x: act.ClipOp(x, 0), EXACT),
    "clip_high": (lambda x: act.ClipOp(x, None, 6), EXACT),
    "clip_not": (lambda x: act.ClipOp(x), EXACT),
}
INT_UNARY = (m.NegOp, m.AbsOp, m.SignOp, m.NotOp, act.ReluOp)
FLOAT_BINARY: dict[type[Operation], Check] = {
    **dict.fromkeys((b.AddOp, b.SubOp, b.MulOp, b.DivOp, b.MaxOp, b.MinOp), EXACT),
    b.FmodOp: EXACT,
    b.ModOp: Ulps(1),
    **dict.fromkeys((b.PowOp, b.Atan2Op, b.PreluOp), Ulps()),
}
INT_BINARY = (b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp, b.PreluOp, b.AndOp, b.OrOp, b.XorOp)
DIVISIONS = (b.DivOp, b.ModOp, b.FmodOp)


def float_cases(element: str) -> list[Case]:
    """Five rows of 13: full vectors and a rest when they are seen as 65 numbers."""
    x = f"5?x13x{element}"
    return [
        *(Case(op.name, x, op, check, True) for op, check in FLOAT_UNARY.items()),
        *(Case(name, x, make, check, True) for name, (make, check) in PARAMETRISED.items()),
        *(
            Case(op.name, f"{x} 13x{element}", op, check, True)
            for op, check in FLOAT_BINARY.items()
        ),
    ]


def integer_cases(element: str) -> list[Case]:
    high = (1 << (int(element[1:]) - 1)) - 1
    edges = [-high - 1, -high, -7, -1, 0, 1, 6, high]
    divisors = [-1, 3, 2, -1, -5, 7, -4, high]
    powers = [[3, -1, 2, 1, -2, 0, -3, 7], [3, 3, 0, -2, -1, 5, 40, 1]]
    x = f"8x{element}"
    return [
        *(Case(op.name, x, op, values=[edges]) for op in INT_UNARY),
        *(Case(op.name, f"{x} 1x{element}", op, values=[edges, [-3]]) for op in INT_BINARY),
        *(Case(op.name, f"{x} {x}", op, values=[edges, divisors]) for op in DIVISIONS),
        Case("dl.pow", f"8x{element} 8x{element}", b.PowOp, values=powers),
    ]


def boolean_cases() -> list[Case]:
    return [
        Case("dl.not", "2x3xi1", m.NotOp),
        *(Case(op.name, "4x1xi1 4xi1", op) for op in (b.AndOp, b.OrOp, b.XorOp)),
    ]


SHAPES = (
    "1", "2", "13", "15", "16", "17", "63", "64", "65", "131", "0", "",
    "1?", "15?", "16?", "17?", "65?", "0?", "0x5", "5?x0", "3x1x17", "2?x3?x5?", "7x16", "16x7?",
)  # fmt: skip
"""Static, empty, one, prime, and one less and one more than the lanes of a vector; rank 0."""

BROADCASTS = (
    ("5?x16", "16"), ("5x17?", "1"), ("5?x1", "1x9"), ("4?x1x3", "6x1"), ("2x3", ""), ("", "3?x5"),
    ("1x1", "1"), ("3?x4", "3?x1"), ("0?x5", "5"), ("2x1x4", "2x3x1"), ("65", "1"),
    ("3x65?", "3x1"),
)  # fmt: skip


def shape_cases(element: str) -> list[Case]:
    """All kinds of shape and of broadcasting, with cheap ops."""
    unary = m.NotOp if element == "i1" else m.NegOp
    binary = b.XorOp if element == "i1" else b.AddOp
    return [
        *(Case(unary.name, typed(shape, element), unary) for shape in SHAPES),
        *(
            Case(binary.name, f"{typed(x, element)} {typed(y, element)}", binary)
            for x, y in BROADCASTS
        ),
    ]


def compare_cases(element: str) -> list[Case]:
    types = f"13x1x{element} 13x{element}"
    return [
        Case(f"compare_{name}", types, lambda x, y, name=name: b.CompareOp(name, x, y), EXACT, True)
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    ]


def select_cases() -> list[Case]:
    return [
        Case("select", f"3x1xi1 4?x{element} 3x4?x{element}", b.SelectOp, BITS, True)
        for element in ELEMENTS
    ]


NUMBERS = [0.0, -0.0, 0.4, -0.6, 1.5, -1.5, 127.9, -128.9, 3e4, -4e4, 3e9, -3e9, 1e19, -1e19,
           np.nan, np.inf, -np.inf, 1.00390625, 1.00390625000001, 6e-8, 65519.999]  # fmt: skip
"""Among others: beyond each integer type, and ties of half types that a wider type would break."""
WHOLES = [0, 1, -1, 5, 127, -128, 100, -77]


def cast_cases() -> list[Case]:
    cases: list[Case] = []
    for source in ELEMENTS:
        values = NUMBERS if "f" in source else WHOLES
        values = [v % 2 for v in values] if source == "i1" else values
        for target in ELEMENTS.values():
            make = lambda x, target=target: b.CastOp(x, target)  # noqa: E731
            types = f"{len(values)}?x{source}"
            cases.append(Case(f"cast_{target}", types, make, BITS, values=[values]))
    return cases
