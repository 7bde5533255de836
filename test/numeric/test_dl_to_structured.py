"""Every `dl` op means the same before and after `convert-dl-to-structured`.

An argument is written as its type; `3?` is a dynamic size that is 3 in this run: `"3?x4xf32"`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    FunctionType,
    ModuleOp,
    TensorType,
    bf16,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue

from dlir.diagnostics import CompileError, file_location
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops import source as s
from dlir.interpreter import ExecutionError, Interpreter
from dlir.lowering.dl_to_structured import RULES, ConvertDlToStructured
from dlir.numpy_types import dtype_of
from dlir.verifier import verify

ELEMENTS = {str(t): t for t in (f64, f32, f16, bf16, i64, i32, i16, i8, i1)}
TOLERANCE = {"f64": 1e-11, "f32": 5e-6, "f16": 2e-3, "bf16": 1.6e-2}
SPECIAL = (0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 0.5, 2.5, -1e-3, 90.0, -90.0)


@dataclass(frozen=True)
class Argument:
    """A parameter type and the shape of what is passed."""

    type: TensorType
    shape: tuple[int, ...]

    @staticmethod
    def read(text: str) -> Argument:
        *sizes, element = text.split("x")
        static = [DYNAMIC_INDEX if size.endswith("?") else int(size) for size in sizes]
        return Argument(
            TensorType(ELEMENTS[element], static), tuple(int(n.rstrip("?")) for n in sizes)
        )

    def values(self, rng: np.random.Generator, special: bool) -> np.ndarray:
        dtype = dtype_of(self.type)
        if dtype.kind == "b":
            return rng.integers(0, 2, self.shape).astype(bool)
        if dtype.kind == "i":
            return rng.integers(-9, 10, self.shape).astype(dtype)
        x = np.asarray(rng.normal(size=self.shape) * 2)
        if special:
            x.flat[: len(SPECIAL)] = SPECIAL[: x.size]
        return x.astype(dtype)


@dataclass(frozen=True)
class Case:
    """One op: arguments, and how to build it from their SSA values."""

    name: str
    types: str
    make: Callable[..., Operation | Sequence[Operation]]
    special: bool = False
    values: Sequence[Any] = field(default=())
    tolerance: float = 1.0


def module_of(arguments: Sequence[Argument], make: Callable[..., Any]) -> ModuleOp:
    block = Block(arg_types=[a.type for a in arguments])
    made = make(*block.args)
    ops = list(made) if isinstance(made, list | tuple) else [made]
    block.add_ops(ops)
    results = list(ops[-1].results)
    block.add_op(ReturnOp(*results))
    type = FunctionType.from_lists([a.type for a in arguments], [v.type for v in results])
    return ModuleOp([FuncOp("f", type, Region(block))])


def converted(module: ModuleOp) -> ModuleOp:
    result = module.clone()
    ConvertDlToStructured().apply(Context(), result)
    verify(result)
    left = {op.name for op in result.walk() if op.name.startswith("dl.")}
    assert left <= {"dl.param"}, left
    return result


def compare(case: Case) -> None:
    arguments = [Argument.read(t) for t in case.types.split()]
    module = module_of(arguments, case.make)
    verify(module)
    rng = np.random.default_rng(1)
    values = list(case.values) or [a.values(rng, case.special) for a in arguments]
    values = [np.asarray(v, dtype_of(a.type)) for v, a in zip(values, arguments, strict=True)]
    expected = Interpreter(module).call("f", *values)
    actual = Interpreter(converted(module)).call("f", *values)
    for want, got in zip(expected, actual, strict=True):
        assert (want.dtype, want.shape) == (got.dtype, got.shape)
        tolerance = TOLERANCE.get(str(want.dtype).replace("bfloat", "bf").replace("float", "f"), 0)
        wide = (want, got) if tolerance == 0 else (want.astype("f8"), got.astype("f8"))
        limit = tolerance * case.tolerance
        np.testing.assert_allclose(wide[1], wide[0], rtol=limit, atol=limit)


FLOAT_UNARY = (
    m.NegOp, m.AbsOp, m.SignOp, m.ExpOp, m.Expm1Op, m.LogOp, m.Log1pOp, m.SqrtOp, m.RsqrtOp,
    m.ReciprocalOp, m.SinOp, m.CosOp, m.TanOp, m.TanhOp, m.ErfOp, m.FloorOp, m.CeilOp, m.RoundOp,
    m.IsNanOp, m.IsInfOp, act.ReluOp, act.SigmoidOp, act.SiluOp, act.SoftplusOp, act.SoftsignOp,
    act.MishOp, act.SeluOp, act.HardSwishOp, act.GeluOp, act.EluOp, act.LeakyReluOp,
    act.HardSigmoidOp,
)  # fmt: skip
PARAMETRISED = {
    "gelu_tanh": lambda x: act.GeluOp(x, "tanh"),
    "elu": lambda x: act.EluOp(x, 0.3),
    "leaky_relu": lambda x: act.LeakyReluOp(x, 0.2),
    "hard_sigmoid": lambda x: act.HardSigmoidOp(x, 0.25, 0.4),
    "clip": lambda x: act.ClipOp(x, -1, 1),
    "clip_low": lambda x: act.ClipOp(x, 0),
    "clip_high": lambda x: act.ClipOp(x, None, 6),
    "clip_not": lambda x: act.ClipOp(x),
}
INT_UNARY = (m.NegOp, m.AbsOp, m.SignOp, m.NotOp, act.ReluOp)
FLOAT_BINARY = (
    b.AddOp, b.SubOp, b.MulOp, b.DivOp, b.PowOp, b.MaxOp, b.MinOp, b.Atan2Op, b.PreluOp,
    b.ModOp, b.FmodOp,
)  # fmt: skip
INT_BINARY = (b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp, b.PreluOp, b.AndOp, b.OrOp, b.XorOp)
DIVISIONS = (b.DivOp, b.ModOp, b.FmodOp)


def float_cases(element: str) -> list[Case]:
    x = f"5?x7x{element}"
    return [
        *(Case(op.name, x, op, special=True) for op in FLOAT_UNARY),
        *(Case(name, x, make, special=True) for name, make in PARAMETRISED.items()),
        *(Case(op.name, f"{x} 7x{element}", op, special=True) for op in FLOAT_BINARY),
    ]


def integer_cases(element: str) -> list[Case]:
    high = (1 << (int(element[1:]) - 1)) - 1
    edges = [-high - 1, -high, -7, -1, 0, 1, 6, high]
    divisors = [-1, 3, 2, -1, -5, 7, -4, high]
    powers = [[3, -1, 2, 1, -2, 0], [3, 3, 0, -2, -1, 5]]
    x = f"8x{element}"
    return [
        *(Case(op.name, x, op, values=[edges]) for op in INT_UNARY),
        *(Case(op.name, f"{x} 1x{element}", op, values=[edges, [-3]]) for op in INT_BINARY),
        *(Case(op.name, f"{x} {x}", op, values=[edges, divisors]) for op in DIVISIONS),
        Case("dl.pow", f"6x{element} 6x{element}", b.PowOp, values=powers),
    ]


def elementwise_cases() -> list[Case]:
    return [
        *(case for element in ("f64", "f32", "f16", "bf16") for case in float_cases(element)),
        *(case for element in ("i64", "i32", "i16", "i8") for case in integer_cases(element)),
        Case("dl.not", "2x3xi1", m.NotOp),
        *(Case(op.name, "4x1xi1 4xi1", op) for op in (b.AndOp, b.OrOp, b.XorOp)),
    ]


def compare_and_cast_cases() -> list[Case]:
    cases: list[Case] = []
    for element in ("f32", "bf16", "i8", "i1"):
        for predicate in ("eq", "ne", "lt", "le", "gt", "ge"):
            cases.append(
                Case(
                    f"compare_{predicate}", f"13x1x{element} 13x{element}",
                    lambda x, y, predicate=predicate: b.CompareOp(predicate, x, y), special=True,
                )
            )  # fmt: skip
    numbers = [0.0, -0.0, 0.4, -0.6, 1.5, -1.5, 127.9, -128.9, 3e4, -4e4, 3e9, -3e9, 1e19, -1e19,
               np.nan, np.inf, -np.inf]  # fmt: skip
    wholes = [0, 1, -1, 5, 127, -128, 100, -77]
    for source in ELEMENTS:
        for target in ELEMENTS.values():
            is_float = "f" in source
            values = numbers if is_float else [v % 2 for v in wholes] if source == "i1" else wholes
            with np.errstate(all="ignore"):
                cases.append(
                    Case(
                        f"cast_{target}", f"{len(values)}?x{source}",
                        lambda x, target=target: b.CastOp(x, target), values=[values],
                    )
                )  # fmt: skip
    for element in ELEMENTS:
        cases.append(Case("select", f"3x1xi1 4?x{element} 3x4?x{element}", b.SelectOp))
    return cases


def contraction_cases() -> list[Case]:
    def matmul(a: int = 0, c: int = 0, **kw: Any) -> Callable[..., Operation]:
        return lambda x, y: k.MatmulOp(x, y, transpose_lhs=bool(a), transpose_rhs=bool(c), **kw)

    cases = [
        Case("matmul", "5?x7xf32 7x3xf32", matmul()),
        Case("matmul", "7x5?xf32 3x7xf32", matmul(1, 1)),
        Case("matmul", "5x7?xf64 7?x3xf64", matmul()),
        Case("matmul", "2?x4x5xf32 2?x3x5xf32", matmul(0, 1)),
        Case("matmul", "2x1x4x5xf32 3?x5x6xf32", matmul()),
        Case("matmul", "4x5xf32 2?x5x6xf32", matmul()),
        Case("matmul", "2x3x4x5xf32 5x6xf32", matmul()),
        Case("matmul", "1x5xf32 5x1xf32", matmul()),
        Case("matmul", "0?x5xf32 5x2xf32", matmul()),
        Case("matmul", "2x0xf32 0x3xf32", matmul()),
        Case("matmul", "5?x17xbf16 17x3xbf16", matmul()),
        Case("matmul", "5?x17xbf16 17x3xbf16", matmul(element_type=f32)),
        Case("matmul", "5?x17xf16 17x3xf16", matmul(acc=f16), tolerance=8),
        Case("matmul", "5?x17xi8 17x3xi8", matmul(element_type=i32)),
        Case("matmul", "5?x17xi8 17x3xi8", matmul()),
        Case("matmul", "5?x17xi64 17x3xi64", matmul()),
    ]
    convolutions: list[tuple[str, str, str, dict[str, Any]]] = [
        ("2?x3x9x8", "3x2?x5", "5x3x3x3", {}),
        ("2?x3x9x8", "", "5x3x3x3", {"padding": (1, 1, 1, 1)}),
        ("1x3x9x8", "", "5x3x3x2", {"padding": (2, 0, 1, 1), "strides": (2, 3)}),
        ("1x3x9?x8?", "", "5x3x3x2", {"padding": (0, 1, 2, 1), "strides": (2, 3)}),
        ("1x3x9?x8?", "", "5x3x2x2", {"dilations": (2, 3), "strides": (3, 1)}),
        ("2x6x5x5", "", "6x1x3x3", {"groups": 6, "padding": (1, 1, 1, 1)}),
        ("2x6x5?x5", "", "6x1x3x3", {"groups": 6, "padding": (1, 1, 1, 1), "strides": (2, 2)}),
        ("2x6x5x5", "", "12x1x3x3", {"groups": 6, "padding": (1, 1, 1, 1)}),
        ("2?x6x5x5", "", "4x3x3x3", {"groups": 2, "padding": (1, 0, 1, 0)}),
        ("2?x6x5?x5?", "", "9x2x1x1", {"groups": 3, "strides": (2, 2)}),
        ("0?x3x5x5", "", "2x3x1x1", {}),
    ]
    for x, _, weight, kw in convolutions:
        n, ch, h, w = x.split("x")
        for layout, image in (("nchw", x), ("nhwc", f"{n}x{h}x{w}x{ch}")):
            make = lambda x, w, layout=layout, kw=kw: k.Conv2dOp(x, w, layout=layout, **kw)  # noqa: E731
            for element in ("f32", "bf16", "i8"):
                cases.append(Case(f"conv_{layout}", f"{image}x{element} {weight}x{element}", make))
    return cases


def pooling_cases() -> list[Case]:
    cases: list[Case] = []
    windows: list[tuple[str, tuple[int, int], dict[str, Any]]] = [
        ("2?x3x7x6", (2, 3), {}),
        ("2?x3x7x6", (3, 3), {"strides": (2, 2), "padding": (1, 1, 1, 1)}),
        ("1x3x7?x6?", (3, 2), {"strides": (2, 1), "padding": (0, 1, 2, 0)}),
        ("1x2x7x6", (2, 2), {"dilations": (2, 3), "padding": (1, 1, 0, 2)}),
        ("1x2x3x3", (1, 1), {"padding": (1, 1, 1, 1)}),
        ("1x2x4x4", (4, 4), {}),
    ]
    for x, kernel, kw in windows:
        n, ch, h, w = x.split("x")
        for layout, image in (("nchw", x), ("nhwc", f"{n}x{h}x{w}x{ch}")):
            for element in ("f32", "f16", "i8"):
                cases.append(
                    Case(
                        f"max_{layout}", f"{image}x{element}",
                        lambda x, a=(kernel, layout, kw): p.MaxPool2dOp(
                            x, a[0], layout=a[1], **a[2]),
                        special=True,
                    )
                )  # fmt: skip
            for include in (False, True):
                for element in ("f32", "bf16"):
                    cases.append(
                        Case(
                            f"avg_{layout}", f"{image}x{element}",
                            lambda x, a=(kernel, layout, kw), include=include: p.AvgPool2dOp(
                                x, a[0], layout=a[1], count_include_pad=include, **a[2]),
                        )
                    )  # fmt: skip
    return cases


def reduction_cases() -> list[Case]:
    cases: list[Case] = []
    all_ops = (r.ReduceSumOp, r.ReduceMeanOp, r.ReduceMaxOp, r.ReduceMinOp, r.ReduceProdOp)
    for op in all_ops:
        for shape, axes in (
            ("3?x4x5", [1]), ("3?x4x5", [0, 2]), ("3x4?x5", [0, 1, 2]), ("3x4x5", []),
            ("0?x4", [0]), ("3?x0", [1]), ("1x1", [0]),
        ):  # fmt: skip
            for keep in (False, True):
                for element in ("f32", "f16", "bf16", "f64", "i8", "i64"):
                    if op is r.ReduceMeanOp and element[0] == "i":
                        continue
                    cases.append(
                        Case(
                            op.name, f"{shape}x{element}",
                            lambda x, a=(op, axes, keep): a[0](x, a[1], a[2]),
                        )
                    )  # fmt: skip
        if op in (r.ReduceMaxOp, r.ReduceMinOp):
            cases.append(Case(op.name, "4x3xi1", lambda x, op=op: op(x, [1])))
            cases.append(Case(op.name, "4?x5xf32", lambda x, op=op: op(x, [1]), special=True))
    return cases


def composite_cases() -> list[Case]:
    cases: list[Case] = []
    for e in ("f32", "f64", "f16", "bf16"):
        for op in (c.SoftmaxOp, c.LogSoftmaxOp):
            for axis in (0, 1, 2):
                for shape in ("2?x5x3", "2x5?x3?", "1x1x1"):
                    cases.append(
                        Case(op.name, f"{shape}x{e}", lambda x, a=(op, axis): a[0](x, a[1]))
                    )
        for shape, axis in (("2?x5x3", 2), ("2?x5x3", 1), ("2x5x3", 0), ("2x1x1", 1)):
            rest = "x".join(shape.split("x")[axis:])
            cases += [
                Case(
                    "layer_norm", f"{shape}x{e} {rest}x{e} {rest}x{e}",
                    lambda x, s, bias, axis=axis: c.LayerNormOp(x, s, bias, axis=axis),
                ),
                Case(
                    "layer_norm", f"{shape}x{e} {rest}x{e}",
                    lambda x, s, axis=axis: c.LayerNormOp(x, s, axis=axis, epsilon=1e-3),
                ),
            ]  # fmt: skip
        cases.append(
            Case("layer_norm", f"3x7?x{e} 7?x{e}", lambda x, s: c.LayerNormOp(x, s, axis=1))
        )
        for axis in (1, 2):
            n = (0, 5, 3)[axis]
            cases.append(
                Case(
                    "batch_norm", " ".join([f"2?x5x3x{e}", *[f"{n}x{e}"] * 4]),
                    lambda *xs, axis=axis: [
                        variance := m.AbsOp(xs[-1]),
                        c.BatchNormOp(*xs[:-1], variance, axis=axis, epsilon=1e-2),
                    ],
                )
            )  # fmt: skip
        for size, beta in ((5, 0.75), (4, 0.5), (1, 1.0), (3, 0.6)):
            cases.append(
                Case(
                    "lrn", f"2?x7x3x2?x{e}",
                    lambda x, a=(size, beta): c.LrnOp(x, a[0], alpha=0.1, beta=a[1], bias=1.5),
                )
            )  # fmt: skip
        cases.append(Case("lrn", f"2x3x4?x{e}", lambda x: c.LrnOp(x, 3, axis=2)))
    return cases


def movement_cases() -> list[Case]:
    def with_size(axis: int, make: Callable[..., Operation]) -> Callable[..., Any]:
        return lambda *xs: [n := s.DimOp(xs[0], axis), make(*xs, n)]

    cases: list[Case] = []
    for e in ("f32", "i8", "i1"):
        cases += [
            Case("transpose", f"2?x3x4x{e}", lambda x: mv.TransposeOp(x, [2, 0, 1])),
            Case("transpose", f"3x4?x{e}", mv.TransposeOp),
            Case("broadcast", f"1x4x{e}", lambda x: mv.BroadcastOp(x, [2, 3, 4])),
            Case("broadcast", f"3?x1x{e}", with_size(0, lambda x, n: mv.BroadcastOp(x, [n, 4]))),
            Case("broadcast", f"3?x{e}", with_size(0, lambda x, n: mv.BroadcastOp(x, [n, n]))),
            Case("slice", f"6?x5x{e}", lambda x: mv.SliceOp(x, [1, 4], [3, 2], [2, -3])),
            Case("slice", f"5?x4x{e}",
                 with_size(0, lambda x, n: mv.SliceOp(x, [0, 3], [n, 4], [1, -1]))),
            Case("slice", f"5x{e}", lambda x: mv.SliceOp(x, [2], [0])),
            Case("concat", f"2?x3x{e} 2?x1x{e} 2?x4x{e}", lambda *x: mv.ConcatOp(x, 1)),
            Case("concat", f"2x3x{e} 4?x3x{e}", lambda *x: mv.ConcatOp(x, 0)),
            Case("concat", f"2x0x{e} 2x3x{e}", lambda *x: mv.ConcatOp(x, 1)),
            Case("concat", f"2x3?x{e}", lambda x: mv.ConcatOp([x], 1)),
            Case("concat", f"3?x2x{e} 2x2x{e}", lambda *x: mv.ConcatOp(x, 0)),
            Case("concat", f"2x1x{e} 2x3?x{e} 2x0?x{e} 2x2?x{e}", lambda *x: mv.ConcatOp(x, 1)),
            Case("split", f"2?x7x{e}", lambda x: mv.SplitOp(x, 1, [4, 0, 3])),
            Case("split", f"7?x2x{e}", lambda x: mv.SplitOp(x, 0, [2, 5])),
            Case("reshape", f"2?x3x4x{e}", lambda x: mv.ReshapeOp(x, [-1, 12])),
            Case("reshape", f"6?x3x{e}", lambda x: mv.ReshapeOp(x, [-1, 9])),
            Case("reshape", f"2?x3?x4x{e}", lambda x: mv.ReshapeOp(x, [-1, 2])),
            Case("reshape", f"2?x12x{e}", with_size(0, lambda x, n: mv.ReshapeOp(x, [3, n, 4]))),
            Case("reshape", f"1x1x{e}", lambda x: mv.ReshapeOp(x, [])),
            Case("gather", f"5x3x{e} 2?x4xi64", mv.GatherOp),
            Case("gather", f"2x5?x3x{e} 4?xi32", lambda x, i: mv.GatherOp(x, i, 1)),
            Case("gather", f"2x5x{e} 2x2xi8", lambda x, i: mv.GatherOp(x, i, 1)),
            Case("gather", f"5x{e} i64", mv.GatherOp),
        ]  # fmt: skip
        value = 0 if e != "f32" else 1.5
        cases.append(Case("pad", f"2?x3x{e}", lambda x, v=value: mv.PadOp(x, [1, 0], [2, 3], v)))
    for e in ("f32", "bf16", "i8", "i64"):
        type = ELEMENTS[e]
        counted = with_size(0, lambda x, n, type=type: s.IotaOp([2, n], 1, type))
        cases.append(Case("iota", f"3?x{e}", counted))
        cases.append(Case("iota", f"1x{e}", lambda x, type=type: s.IotaOp([5], 0, type)))
    return [indexed(case) for case in cases]


def indexed(case: Case) -> Case:
    """Indices of gathers lie inside, negative ones too."""
    if case.name != "gather":
        return case
    data, indices = (Argument.read(t) for t in case.types.split())
    rng = np.random.default_rng(0)
    positions = np.asarray(rng.integers(-5, 5, indices.shape))
    return Case(case.name, case.types, case.make, values=[data.values(rng, False), positions])


CASES = [
    *elementwise_cases(), *compare_and_cast_cases(), *contraction_cases(), *pooling_cases(),
    *reduction_cases(), *composite_cases(), *movement_cases(),
]  # fmt: skip


def identity(case: Case) -> str:
    return re.sub(r"[ ]", ",", f"{case.name}({case.types})")


@pytest.mark.parametrize("case", CASES, ids=identity)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_same_values(case: Case) -> None:
    compare(case)


def constant(values: Any, type: TensorType) -> s.ConstantOp:
    data = np.asarray(values, dtype_of(type)).reshape(-1).tolist()
    return s.ConstantOp(DenseIntOrFPElementsAttr.from_list(type, data))


def test_splat_constants_enter_bodies() -> None:
    """No tensor of a constant number is left, and squares need no power function."""

    def make(x: SSAValue) -> list[Operation]:
        two = constant([2.0], TensorType(f32, [1]))
        return [two, square := b.PowOp(x, two), b.AddOp(square, two)]

    module = module_of([Argument.read("3?x4xf32")], make)
    result = converted(module)
    text = str(result)
    assert "dense" not in text and "math" not in text
    x = np.arange(12, dtype="f4").reshape(3, 4)
    np.testing.assert_array_equal(Interpreter(result).call("f", x)[0], x * x + 2)


def test_constants_only() -> None:
    """An op on constants alone still computes."""

    def make() -> list[Operation]:
        a, d = constant(2.0, TensorType(f32, [])), constant([1, 1], TensorType(f32, [2]))
        return [a, d, b.AddOp(a, d)]

    module = module_of([], make)
    np.testing.assert_array_equal(Interpreter(converted(module)).call("f")[0], [3, 3])


def test_dimensions_are_asked_of_arguments_only() -> None:
    def make(x: SSAValue) -> list[Operation]:
        flat = mv.ReshapeOp(x, [-1, 6])
        return [flat, y := act.ReluOp(flat), mv.ConcatOp([constant_row, y], 0)]

    constant_row = constant(np.zeros((1, 6)), TensorType(f32, [1, 6]))
    module = module_of([Argument.read("2?x3?x6xf32")], lambda x: [constant_row, *make(x)])
    dims = [op for op in converted(module).walk() if op.name == "tensor.dim"]
    assert len(dims) == 2 and all(isinstance(op.operands[0], BlockArgument) for op in dims)


SPECIAL_PAIRS = np.meshgrid([*SPECIAL, 7.0, -7.0, 1e30, 1e-40], [*SPECIAL, 3.0, -3.0, 0.1])


@pytest.mark.parametrize("element", ["f32", "f64"])
@pytest.mark.parametrize(("op", "function"), [(b.ModOp, np.mod), (b.FmodOp, np.fmod)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_float_remainders_are_numpys(op: Any, function: Any, element: str) -> None:
    """To the bit, infinities, NaN and the signs of zeros too."""
    dtype = {"f32": np.float32, "f64": np.float64}[element]
    x, y = (a.ravel().astype(dtype) for a in SPECIAL_PAIRS)
    module = converted(module_of([Argument.read(f"{len(x)}x{element}")] * 2, op))
    (got,), want = Interpreter(module).call("f", x, y), function(x, y)
    np.testing.assert_array_equal(got, want)
    number = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got)[number], np.signbit(want)[number])


@pytest.mark.parametrize(
    ("types", "make", "message"),
    [
        ("3x4?xf32 2x5?xf32", lambda *x: mv.ConcatOp(x, 0), "size 1 of operand 1 does not fit"),
        ("3x5?xf32 2x4?xf32", lambda *x: mv.ConcatOp(x, 0), "size 1 of operand 1 does not fit"),
        ("4?x3xf32 5?x2?xf32", lambda *x: mv.ConcatOp(x, 1), "size 0 of operand 1 does not fit"),
        (
            "1x4?xf32 3?xf32",
            lambda x, y: [n := s.DimOp(y, 0), mv.BroadcastOp(x, [2, n.result])],
            "size 1 does not fit",
        ),
    ],
)
def test_sizes_that_differ_fail_at_run_time(
    types: str, make: Callable[..., Operation], message: str
) -> None:
    arguments = [Argument.read(t) for t in types.split()]
    module = converted(module_of(arguments, make))
    values = [np.zeros(a.shape, "f4") for a in arguments]
    with pytest.raises(ExecutionError, match=message):
        Interpreter(module).call("f", *values)


@pytest.mark.parametrize("op", DIVISIONS)
def test_division_by_zero_fails_at_run_time(op: Callable[..., Operation]) -> None:
    module = converted(module_of([Argument.read("3xi32")] * 2, op))
    with pytest.raises(ExecutionError, match="division by zero"):
        Interpreter(module).call("f", np.array([1, 2, 3], "i4"), np.array([1, 0, 2], "i4"))


def test_locations_are_kept() -> None:
    """Every op that a rule makes, inside bodies too, has the location of the op it came from."""
    module = module_of([Argument.read("3?x4xf32")], lambda x: c.SoftmaxOp(x, 1))
    place = file_location("model.mlir", 3, 1)
    for op in module.walk():
        op.location = place
    made = [op for op in converted(module).walk() if op.name.partition(".")[0] != "builtin"]
    unknown = {op.name for op in made if op.location != place}
    assert unknown <= {"tensor.dim", "arith.constant"}  # sizes of arguments belong to no op


def test_every_op_has_a_rule() -> None:
    from dlir.dialects.dl import OPS

    assert {op for op in OPS if op not in RULES} == {s.ConstantOp, s.ParamOp}
