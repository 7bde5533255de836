"""Every `dl` op with every element type it takes, and with every kind of shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numeric.attention_cases import attention_cases
from numeric.bits_cases import bitcast_cases, shift_cases
from numeric.cases import (
    BITS,
    ELEMENTS,
    EXACT,
    FLOATS,
    INTEGERS,
    UNSIGNED,
    Argument,
    Case,
    Check,
    Scaled,
    Sum,
    Ulps,
    elements_in,
)
from numeric.fake_quantization_cases import fake_quantization_cases
from numeric.format_cases import format_cases
from numeric.linear_algebra_cases import linear_algebra_cases
from numeric.normalization_cases import more_normalization_cases
from numeric.quantization_cases import quantization_cases
from numeric.recurrent_cases import recurrent_cases
from numeric.rotary_cases import rotary_cases
from numeric.sampling_cases import resize_cases, sampling_cases
from numeric.sequential_cases import (
    embedding_cases,
    ordering_cases,
    random_cases,
    scan_cases,
    scatter_cases,
)
from numeric.unsigned_cases import unsigned_cases
from numeric.window_cases import LP_EXPONENTS, window_cases
from xdsl.dialects.builtin import f16, f32, i32
from xdsl.ir import Operation

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import rectifiers as rect
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops import source as s
from dlir.dialects.dl.ops import trigonometry as t

Make = Callable[..., Operation | Sequence[Operation]]

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


def typed(shape: str, element: str) -> str:
    return f"{shape}x{element}" if shape else element


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


def movement_cases(e: str) -> list[Case]:
    def with_size(axis: int, make: Callable[..., Operation]) -> Make:
        return lambda *xs: [n := s.DimOp(xs[0], axis), make(*xs, n)]

    table: list[tuple[str, str, Make]] = [
        ("transpose", "2?x3x4", lambda x: mv.TransposeOp(x, [2, 0, 1])),
        ("transpose", "3x4?", mv.TransposeOp),
        ("transpose", "17x33", mv.TransposeOp),
        ("transpose", "65?x64?", mv.TransposeOp),
        ("transpose", "2x0", mv.TransposeOp),
        ("broadcast", "1x4", lambda x: mv.BroadcastOp(x, [2, 3, 4])),
        ("broadcast", "3?x1", with_size(0, lambda x, n: mv.BroadcastOp(x, [n, 4]))),
        ("broadcast", "3?", with_size(0, lambda x, n: mv.BroadcastOp(x, [n, n]))),
        ("broadcast", "", lambda x: mv.BroadcastOp(x, [17])),
        ("slice", "6?x5", lambda x: mv.SliceOp(x, [1, 4], [3, 2], [2, -3])),
        ("slice", "5?x4", with_size(0, lambda x, n: mv.SliceOp(x, [0, 3], [n, 4], [1, -1]))),
        ("slice", "5", lambda x: mv.SliceOp(x, [2], [0])),
        ("slice", "2x65", lambda x: mv.SliceOp(x, [0, 1], [2, 64])),
        ("concat", "2?x3 2?x1 2?x4", lambda *x: mv.ConcatOp(x, 1)),
        ("concat", "2x3 4?x3", lambda *x: mv.ConcatOp(x, 0)),
        ("concat", "2x0 2x3", lambda *x: mv.ConcatOp(x, 1)),
        ("concat", "2x3?", lambda x: mv.ConcatOp([x], 1)),
        ("concat", "17x1 17x65", lambda *x: mv.ConcatOp(x, 1)),
        ("concat", "3?x2 2x2", lambda *x: mv.ConcatOp(x, 0)),
        ("concat", "2?x1 2?x17? 2?x0? 2x2?", lambda *x: mv.ConcatOp(x, 1)),
        ("split", "2?x7", lambda x: mv.SplitOp(x, 1, [4, 0, 3])),
        ("split", "7?x2", lambda x: mv.SplitOp(x, 0, [2, 5])),
        ("reshape", "2?x3x4", lambda x: mv.ReshapeOp(x, [-1, 12])),
        ("reshape", "6?x3", lambda x: mv.ReshapeOp(x, [-1, 9])),
        ("reshape", "2?x3?x4", lambda x: mv.ReshapeOp(x, [-1, 2])),
        ("reshape", "2?x12", with_size(0, lambda x, n: mv.ReshapeOp(x, [3, n, 4]))),
        ("reshape", "1x1", lambda x: mv.ReshapeOp(x, [])),
        ("reshape", "", lambda x: mv.ReshapeOp(x, [1, 1])),
        ("reshape", "0?x4", lambda x: mv.ReshapeOp(x, [-1, 2, 2])),
        ("pad", "2?x3", lambda x: mv.PadOp(x, [1, 0], [2, 3], 1)),
        ("pad", "5x17?", lambda x: mv.PadOp(x, [0, 2], [0, 1], 0)),
        ("pad", "0x2", lambda x: mv.PadOp(x, [1, 0], [0, 0], 0)),
    ]  # fmt: skip
    cases = [
        Case(name, " ".join(typed(shape, e) for shape in shapes.split(" ")), make, BITS)
        for name, shapes, make in table
    ]
    return cases + gather_cases(e) + (iota_cases(e) if e != "i1" else [])


def gather_cases(e: str) -> list[Case]:
    """Indices lie inside; negative ones count from the end."""
    table: list[tuple[str, str, int]] = [
        ("5x3", "2?x4xi64", 0), ("2x5?x3", "4?xi32", 1), ("2x5", "2x2xi8", 1), ("5", "i64", 0),
        ("5x65", "3xi64", 0), ("5?x17?", "0?xi64", 0), ("5x0", "2xi16", 0),
    ]  # fmt: skip
    cases: list[Case] = []
    for shape, index, axis in table:
        data, indices = Argument.read(f"{shape}x{e}"), Argument.read(index)
        rng = np.random.default_rng(0)
        values = [data.values(rng), np.asarray(rng.integers(-5, 5, indices.shape))]
        make = lambda x, i, axis=axis: mv.GatherOp(x, i, axis)  # noqa: E731
        cases.append(Case("gather", f"{shape}x{e} {index}", make, BITS, values=values))
    return cases


def iota_cases(e: str) -> list[Case]:
    element = (ELEMENTS | UNSIGNED)[e]
    return [
        Case("iota", f"3?x{e}", lambda x: [n := s.DimOp(x, 0), s.IotaOp([2, n], 1, element)]),
        Case("iota", f"1x{e}", lambda x: s.IotaOp([17], 0, element)),
        Case("dim", f"3?x5x{e}", lambda x: [n := s.DimOp(x, 0), s.IotaOp([n], 0, element)]),
    ]


REPRESENTATIVE: dict[str, list[Case]] = {
    **{f"float {e}": float_cases(e) for e in ("f32", "bf16")},
    **{f"integer {e}": integer_cases(e) for e in INTEGERS},
    "boolean": boolean_cases(),
    **{f"shape {e}": shape_cases(e) for e in ("f32", "i8", "i1")},
    **{f"compare {e}": compare_cases(e) for e in ("f32", "i8", "i1")},
    "select": select_cases(),
    "bitcast": bitcast_cases(),
    "shift": shift_cases(),
    "cast": cast_cases(),
    "matmul": matmul_cases(),
    "quantization": quantization_cases(),
    "fake quantization": fake_quantization_cases(),
    "formats": format_cases(),
    "convolution f32": convolution_cases("f32"),
    "pooling f32": pooling_cases("f32"),
    "reduction f32": reduction_cases("f32"),
    "reduction i8": reduction_cases("i8"),
    "softmax f32": softmax_cases("f32"),
    "normalization f32": normalization_cases("f32") + more_normalization_cases("f32"),
    "rotary f32": rotary_cases("f32"),
    "linear algebra f32": linear_algebra_cases("f32"),
    "resize f32": resize_cases("f32"),
    "sampling f32": sampling_cases("f32"),
    "windows f32": window_cases("f32"),
    "attention f32": attention_cases("f32"),
    "recurrent f32": recurrent_cases("f32"),
    **{f"movement {e}": movement_cases(e) for e in ("f32", "i1")},
    **{f"unsigned {e}": unsigned_cases(e) for e in UNSIGNED},
    "pooling ui8": pooling_cases("ui8"),
    "reduction ui8": reduction_cases("ui8"),
    "movement ui8": movement_cases("ui8"),
    **{f"scan {e}": scan_cases(e) for e in ("f32", "i8")},
    **{f"ordering {e}": ordering_cases(e) for e in ("f32", "i1")},
    **{f"scatter {e}": scatter_cases(e) for e in ("f32", "i1")},
    "embedding f32": embedding_cases("f32"),
    "random": random_cases(),
}
"""Every op, and every element type: what `make test` runs."""

REST: dict[str, list[Case]] = {
    **{f"float {e}": float_cases(e) for e in ("f64", "f16")},
    **{f"shape {e}": shape_cases(e) for e in ("f64", "f16", "bf16", "i64", "i32", "i16")},
    **{f"compare {e}": compare_cases(e) for e in ("f64", "f16", "bf16", "i64", "i32", "i16")},
    **{f"convolution {e}": convolution_cases(e) for e in ("f64", "f16", "bf16", "i8", "i64")},
    **{f"pooling {e}": pooling_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS)},
    **{f"reduction {e}": reduction_cases(e) for e in ("f64", "f16", "bf16", "i64", "i1")},
    **{f"reduction {e}": reduction_cases(e) for e in ("i32", "i16")},
    **{f"softmax {e}": softmax_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"normalization {e}": normalization_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"normalizations {e}": more_normalization_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"rotary {e}": rotary_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"linear algebra {e}": linear_algebra_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"sampling {e}": sampling_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"resize {e}": resize_cases(e) for e in ("f64", "f16", "bf16", "i8", "i64", "i1")},
    **{f"windows {e}": window_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS)},
    **{f"attention {e}": attention_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"recurrent {e}": recurrent_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"movement {e}": movement_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS)},
    **{f"shape {e}": shape_cases(e) for e in UNSIGNED},
    **{f"convolution {e}": convolution_cases(e) for e in UNSIGNED},
    **{f"pooling {e}": pooling_cases(e) for e in ("ui64", "ui32", "ui16")},
    **{f"reduction {e}": reduction_cases(e) for e in ("ui64", "ui32", "ui16")},
    **{f"movement {e}": movement_cases(e) for e in ("ui64", "ui32", "ui16")},
    **{f"scan {e}": scan_cases(e) for e in ("f64", "f16", "bf16", "i64", "i32", "i16", *UNSIGNED)},
    **{f"ordering {e}": ordering_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS, *UNSIGNED)},
    **{f"embedding {e}": embedding_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"scatter {e}": scatter_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS, *UNSIGNED)},
}  # fmt: skip
"""The other combinations."""
