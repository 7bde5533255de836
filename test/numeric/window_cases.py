"""Convolutions and poolings of volumes and transposed convolutions, with every kind of size."""

from __future__ import annotations

from typing import Any

from numeric.cases import EXACT, FLOATS, Case, Sum, Ulps, elements_in

from dlir.dialects.dl.ops import convolution as v
from dlir.dialects.dl.ops import pooling3d as p

VOLUMES: list[tuple[str, str, dict[str, Any]]] = [
    ("2?x3x4x5x6", "5x3x2x3x3", {}),
    ("2?x3x4x5x6", "5x3x3x3x3", {"padding": (1, 1, 1, 1, 1, 1)}),
    ("1x3x7x5x6", "4x3x3x2x2", {"strides": (2, 1, 3), "padding": (2, 0, 1, 0, 1, 1)}),
    ("2?x2x5?x4?x3?", "3x2x2x2x1", {"strides": (2, 1, 1), "padding": (0, 1, 0, 1, 0, 0)}),
    ("1x2x7x5x5", "3x2x2x2x2", {"dilations": (3, 2, 1)}),
    ("2?x4x3x4x4", "6x2x2x2x2", {"groups": 2}),
    ("1x5x3x4x4", "5x1x3x3x3", {"groups": 5, "padding": (1, 1, 1, 1, 1, 1)}),
    ("0?x2x3x3x3", "2x2x1x1x1", {}),
    ("1x17x1x1x7", "16x17x1x1x3", {}),
    ("1x1x1x1x1", "1x1x1x1x1", {}),
]

TRANSPOSED: list[tuple[str, str, dict[str, Any]]] = [
    ("2?x3x5x4", "3x2x3x3", {}),
    ("2?x3x5x4", "3x2x3x3", {"padding": (1, 1, 1, 1)}),
    ("2?x3x5x4", "3x2x4x4", {"strides": (2, 2), "padding": (1, 1, 1, 1)}),
    ("2?x3x5x4", "3x2x3x3", {"strides": (2, 2), "padding": (1, 1, 1, 1),
                              "output_padding": (1, 1)}),
    ("1x3x5?x4?", "3x2x2x2", {"strides": (2, 2)}),
    ("2?x3x5?x4?", "3x2x3x2", {"strides": (3, 2), "padding": (1, 0, 2, 1)}),
    ("1x2x3x4", "2x3x2x2", {"strides": (3, 5)}),
    ("1x2x3x4", "2x3x3x2", {"dilations": (2, 3)}),
    ("1x2x3x4", "2x3x3x3", {"dilations": (2, 3), "strides": (3, 2)}),
    ("1x2x3x4", "2x3x3x4", {"dilations": (2, 3), "strides": (4, 6), "padding": (3, 2, 1, 5)}),
    ("1x2x3x4", "2x3x5x5", {"padding": (4, 3, 2, 2)}),
    ("1x2x4x4", "2x3x3x3", {"strides": (2, 2), "padding": (3, 3, 4, 3)}),
    ("1x2x3x4", "2x3x1x1", {"strides": (2, 2), "output_padding": (1, 4)}),
    ("2?x4x3x3", "4x3x3x3", {"groups": 2, "strides": (2, 1)}),
    ("2?x6x3x3", "6x1x2x2", {"groups": 6, "strides": (2, 2)}),
    ("0?x2x3x3", "2x3x2x2", {"strides": (2, 2)}),
    ("2?x3x7", "3x2x4", {"strides": (2,), "padding": (1, 1)}),
    ("1x3x7?", "3x2x3", {"strides": (3,), "dilations": (2,)}),
    ("2?x2x3x2x4", "2x3x2x3x2", {"strides": (2, 1, 2)}),
    ("1x4x2x3x2", "4x1x3x3x3", {"groups": 4, "strides": (2, 2, 1), "padding": (1, 0, 1, 0, 1, 1),
                                 "output_padding": (1, 0, 0)}),
    ("1x17x1x1", "17x16x2x2", {"strides": (2, 2)}),
]  # fmt: skip


def window_cases(element: str) -> list[Case]:
    accumulator = "f64" if element == "f64" else "f32"
    cases: list[Case] = []
    for kind, table in ((v.Conv3dOp, VOLUMES), (v.ConvTransposeOp, TRANSPOSED)):
        for shape, weight, kw in table:
            make = lambda x, w, a=(kind, kw): a[0](x, w, **a[1])  # noqa: E731
            types = f"{shape}x{element} {weight}x{element}"
            cases.append(Case(kind.name, types, make, Sum(elements_in(weight), accumulator)))
    return cases + pool3d_cases(element)


LP_EXPONENTS = (1.0, 2.0, 2.5, 3.0)
POOLED: list[tuple[str, tuple[int, int, int], dict[str, Any]]] = [
    ("2?x3x4x5x6", (2, 2, 3), {}),
    ("2?x3x4x5x6", (3, 3, 3), {"strides": (2, 2, 2), "padding": (1, 1, 1, 1, 1, 1)}),
    ("1x2?x5?x6?x7?", (2, 3, 2), {"strides": (2, 1, 3), "padding": (1, 0, 1, 0, 2, 0)}),
    ("1x2x5x6x7", (2, 2, 2), {"dilations": (3, 2, 1)}),
    ("1x1x2x2x2", (1, 1, 1), {"padding": (1, 1, 1, 1, 1, 1)}),
    ("0?x2x2x2x2", (2, 2, 2), {}),
]


def pool3d_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for shape, kernel, kw in POOLED:
        types, given = f"{shape}x{element}", (kernel, kw)
        make: Any = lambda x, a=given: p.MaxPool3dOp(x, a[0], **a[1])  # noqa: E731
        cases.append(Case("max_pool3d", types, make, EXACT, True))
        if element not in FLOATS:
            continue
        check = Sum(
            elements_in("x".join(map(str, kernel))) + 2, "f64" if element == "f64" else "f32"
        )
        for include in (False, True):
            make = lambda x, a=given, i=include: p.AvgPool3dOp(  # noqa: E731
                x, a[0], count_include_pad=i, **a[1]
            )
            cases.append(Case("avg_pool3d", types, make, check))
        for exponent in LP_EXPONENTS:
            make = lambda x, a=given, e=exponent: p.LpPool3dOp(x, a[0], p=e, **a[1])  # noqa: E731
            cases.append(Case(f"lp_pool3d p={exponent}", types, make, Ulps(64), True))
    return cases
