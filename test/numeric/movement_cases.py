"""`dl` ops that move elements, and those that count."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numeric.cases import (
    BITS,
    ELEMENTS,
    UNSIGNED,
    Argument,
    Case,
    Make,
    typed,
)
from xdsl.ir import Operation

from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import source as s


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
