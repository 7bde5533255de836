"""Matrix products and convolutions of `dl`."""

from __future__ import annotations

from typing import Any

from numeric.cases import (
    Case,
    Sum,
    elements_in,
)
from xdsl.dialects.builtin import f16, f32, i32
from xdsl.ir import Operation

from dlir.dialects.dl.ops import contraction as k


def matmul_cases() -> list[Case]:
    def case(types: str, terms: int, a: int = 0, c: int = 0, **kw: Any) -> Case:
        def make(x: Any, y: Any) -> Operation:
            return k.MatmulOp(x, y, transpose_lhs=bool(a), transpose_rhs=bool(c), **kw)

        accumulator = "f16" if kw.get("acc") == f16 else "f32"
        return Case("matmul", types, make, Sum(terms, "f64" if "f64" in types else accumulator))

    return [
        case("5?x7xf32 7x3xf32", 7),
        case("7x5?xf32 3x7xf32", 7, 1, 1),
        case("5x7?xf64 7?x3xf64", 7),
        case("2?x4x5xf32 2?x3x5xf32", 5, 0, 1),
        case("2x1x4x5xf32 3?x5x6xf32", 5),
        case("4x5xf32 2?x5x6xf32", 5),
        case("2x3x4x5xf32 5x6xf32", 5),
        case("1x5xf32 5x1xf32", 5),
        case("0?x5xf32 5x2xf32", 5),
        case("2x0xf32 0x3xf32", 0),
        case("13?x64xf32 64x65xf32", 64),
        case("6x63xf32 63x64?xf32", 63),
        case("7x1xf32 1x17xf32", 1),
        case("1?x65xf64 65x15xf64", 65),
        case("5?x17xbf16 17x3xbf16", 17),
        case("5?x17xbf16 17x3xbf16", 17, element_type=f32),
        case("5?x17xf16 17x3xf16", 17),
        case("5?x17xf16 17x3xf16", 17, acc=f16),
        case("5?x17xi8 17x3xi8", 17, element_type=i32),
        case("5?x17xi8 17x3xi8", 17),
        case("5?x17xi16 17x3xi16", 17),
        case("5?x17xi32 17x16xi32", 17),
        case("5?x17xi64 17x3xi64", 17),
    ]


CONVOLUTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("2?x3x9x8", "5x3x3x3", {}),
    ("2?x3x9x8", "5x3x3x3", {"padding": (1, 1, 1, 1)}),
    ("1x3x9x8", "5x3x3x2", {"padding": (2, 0, 1, 1), "strides": (2, 3)}),
    ("1x3x9?x8?", "5x3x3x2", {"padding": (0, 1, 2, 1), "strides": (2, 3)}),
    ("1x3x9?x8?", "5x3x2x2", {"dilations": (2, 3), "strides": (3, 1)}),
    ("2x6x5x5", "6x1x3x3", {"groups": 6, "padding": (1, 1, 1, 1)}),
    ("2x6x5?x5", "6x1x3x3", {"groups": 6, "padding": (1, 1, 1, 1), "strides": (2, 2)}),
    ("2x6x5x5", "12x1x3x3", {"groups": 6, "padding": (1, 1, 1, 1)}),
    ("2?x6x5x5", "4x3x3x3", {"groups": 2, "padding": (1, 0, 1, 0)}),
    ("2?x6x5?x5?", "9x2x1x1", {"groups": 3, "strides": (2, 2)}),
    ("0?x3x5x5", "2x3x1x1", {}),
    ("1x17x1x7", "16x17x1x3", {}),
]


def images(shape: str) -> list[tuple[str, str]]:
    """(layout, shape) for a shape given as n, c, h, w."""
    n, channels, h, w = shape.split("x")
    return [("nchw", shape), ("nhwc", f"{n}x{h}x{w}x{channels}")]


def convolution_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for shape, weight, kw in CONVOLUTIONS:
        check = Sum(elements_in(weight.partition("x")[2]), "f64" if element == "f64" else "f32")
        for layout, image in images(shape):
            make = lambda x, w, a=(layout, kw): k.Conv2dOp(x, w, layout=a[0], **a[1])  # noqa: E731
            cases.append(
                Case(f"conv_{layout}", f"{image}x{element} {weight}x{element}", make, check)
            )
    return cases
