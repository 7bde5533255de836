"""`dl` ops that sum over dimensions or windows: pooling, reductions, softmax, norms."""

from __future__ import annotations

from typing import Any

from numeric.cases import (
    EXACT,
    FLOATS,
    INTEGERS,
    UNSIGNED,
    Case,
    Make,
    Scaled,
    Sum,
    Ulps,
    elements_in,
)
from numeric.contraction_cases import images
from numeric.window_cases import LP_EXPONENTS

from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import reduction as r

WINDOWS: list[tuple[str, tuple[int, int], dict[str, Any]]] = [
    ("2?x3x7x6", (2, 3), {}),
    ("2?x3x7x6", (3, 3), {"strides": (2, 2), "padding": (1, 1, 1, 1)}),
    ("1x3x7?x6?", (3, 2), {"strides": (2, 1), "padding": (0, 1, 2, 0)}),
    ("1x2x7x6", (2, 2), {"dilations": (2, 3), "padding": (1, 1, 0, 2)}),
    ("1x2x3x3", (1, 1), {"padding": (1, 1, 1, 1)}),
    ("1x2x4x4", (4, 4), {}),
    ("1x17x5x5", (3, 3), {"padding": (1, 1, 1, 1)}),
]


def pooling_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for shape, kernel, kw in WINDOWS:
        for layout, image in images(shape):
            types, given = f"{image}x{element}", (kernel, layout, kw)
            make: Make = lambda x, a=given: p.MaxPool2dOp(x, a[0], layout=a[1], **a[2])  # noqa: E731
            cases.append(Case(f"max_{layout}", types, make, EXACT, True))
            if element not in FLOATS:
                continue
            check = Sum(kernel[0] * kernel[1] + 1, "f64" if element == "f64" else "f32")
            for include in (False, True):
                make = lambda x, a=given, i=include: p.AvgPool2dOp(  # noqa: E731
                    x, a[0], layout=a[1], count_include_pad=i, **a[2]
                )
                cases.append(Case(f"avg_{layout}", types, make, check))
            for exponent in LP_EXPONENTS:
                make = lambda x, a=given, e=exponent: p.LpPool2dOp(  # noqa: E731
                    x, a[0], layout=a[1], p=e, **a[2]
                )
                check = Ulps(kernel[0] * kernel[1] + 16)
                cases.append(Case(f"lp_{layout} p={exponent}", types, make, check, True))
    return cases


REDUCED: list[tuple[str, list[int]]] = [
    ("3?x4x5", [1]), ("3?x4x5", [0, 2]), ("3x4?x5", [0, 1, 2]), ("3x4x5", []), ("0?x4", [0]),
    ("3?x0", [1]), ("1x1", [0]), ("3x65", [1]), ("65?", [0]), ("17?x16", [0]), ("5?x63?", [1]),
]  # fmt: skip


def reduction_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for op in (r.ReduceSumOp, r.ReduceMeanOp, r.ReduceMaxOp, r.ReduceMinOp, r.ReduceProdOp):
        extreme = op in (r.ReduceMaxOp, r.ReduceMinOp)
        taken = FLOATS if op is r.ReduceMeanOp else (*FLOATS, *INTEGERS, *UNSIGNED)
        if element not in taken and not extreme:
            continue
        for shape, axes in REDUCED:
            terms = elements_in(shape)
            check = Ulps(terms + 4) if op is r.ReduceProdOp else Sum(terms, accumulator(element))
            for keep in (False, True):
                make = lambda x, a=(op, axes, keep): a[0](x, a[1], a[2])  # noqa: E731
                types = f"{shape}x{element}"
                cases.append(Case(op.name, types, make, EXACT if extreme else check))
        if extreme and element in FLOATS:
            cases.append(Case(op.name, f"4?x5x{element}", lambda x, a=op: a(x, [1]), EXACT, True))
    return cases


def accumulator(element: str) -> str:
    return "f64" if element == "f64" else "f32"


def softmax_cases(e: str) -> list[Case]:
    return [
        Case(op.name, f"{shape}x{e}", lambda x, a=(op, axis): a[0](x, a[1]), Scaled(17))
        for op in (c.SoftmaxOp, c.LogSoftmaxOp)
        for shape in ("2?x5x3", "2x5?x3?", "1x1x1", "2x3x17?", "0?x3x2")
        for axis in (0, 1, 2)
    ]


def normalization_cases(e: str) -> list[Case]:
    cases: list[Case] = []
    for shape, axis in (("2?x5x3", 2), ("2?x5x3", 1), ("2x5x3", 0), ("2x1x1", 1), ("3x65", 1)):
        rest = "x".join(shape.split("x")[axis:])
        scaled, check = f"{shape}x{e} {rest}x{e}", Scaled(65)
        with_bias = lambda x, s, bias, a=axis: c.LayerNormOp(x, s, bias, axis=a)  # noqa: E731
        plain = lambda x, s, a=axis: c.LayerNormOp(x, s, axis=a, epsilon=1e-3)  # noqa: E731
        cases.append(Case("layer_norm", f"{scaled} {rest}x{e}", with_bias, check))
        cases.append(Case("layer_norm", scaled, plain, check))
    last = lambda x, s: c.LayerNormOp(x, s, axis=1)  # noqa: E731
    cases.append(Case("layer_norm", f"3x7?x{e} 7?x{e}", last, Scaled(7)))
    for axis, n in ((1, 5), (2, 3)):
        types = " ".join([f"2?x5x3x{e}", *[f"{n}x{e}"] * 4])
        cases.append(Case("batch_norm", types, batch_norm(axis), Scaled(8)))
    for size, beta in ((5, 0.75), (4, 0.5), (1, 1.0), (3, 0.6)):
        make = lambda x, a=(size, beta): c.LrnOp(x, a[0], alpha=0.1, beta=a[1], bias=1.5)  # noqa: E731
        cases.append(Case("lrn", f"2?x7x3x2?x{e}", make, Scaled(8)))
    cases.append(Case("lrn", f"2x3x4?x{e}", lambda x: c.LrnOp(x, 3, axis=2), Scaled(8)))
    return cases


def batch_norm(axis: int) -> Make:
    """The variance is made positive first."""
    return lambda *xs: [
        variance := m.AbsOp(xs[-1]),
        c.BatchNormOp(*xs[:-1], variance, axis=axis, epsilon=1e-2),
    ]
