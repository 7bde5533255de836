"""Fake quantisation and its gradient: halves, ends of ranges, zero points, axes, sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric.cases import BITS, Case
from numeric.quantization_cases import reals

from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops import fake_quantization as f

RANGES = [(-128, 127, 0), (0, 255, 255), (-7, 7, 3), (0, 1, 1), (-(2**15), 2**16 - 1, -5)]
COLUMNS = [[0.1, 1.0, 3e-39, 2e38, 0.5]]


def fake_quantization_cases() -> list[Case]:
    x = reals()
    count = len(x)
    made: list[Case] = []
    for kind in ("fake_quantize", "fake_quantize_grad"):
        for low, high, zero in RANGES:
            made.append(case(kind, f"{count}?xf32", "f32", [x, [0.7]], zero, low, high))
        given = case(kind, f"{count}xf32", "f32 i32", [x, [0.5], [4]], None, -9, 9)
        columns = case(kind, f"{count}x5?xf32", "5?xf32 5?xi32",
                       [np.repeat(x, 5), COLUMNS, [range(5)]], None, 0, 255, 1)  # fmt: skip
        rows = case(kind, f"5x{count}xf32", "5xf32", [np.tile(x, 5), COLUMNS], None, -8, 7, 0)
        none = case(kind, "0?x3xf32", "3xf32", [[], [1.0] * 3], None, 0, 3, 1)
        made += [given, columns, rows, none, case(kind, "f32", "f32", [[-2.5], [1.0]], 0, -4, 3)]
    return made


def case(
    kind: str, x: str, others: str, values: list[Any],
    zero: int | None, low: int, high: int, axis: int | None = None,
) -> Case:  # fmt: skip
    """One op; a zero point that is given is a constant. The gradient is x, too."""
    options: dict[str, Any] = {"low": low, "high": high, "axis": axis}

    def make(x: Any, *p: Any) -> Any:
        points = [] if zero is None else [constant(np.array(zero, np.int32))]
        if kind == "fake_quantize":
            return [*points, f.FakeQuantizeOp(x, *p, *points, **options)]
        return [*points, f.FakeQuantizeGradOp(x, x, *p, *points, **options)]

    return Case(kind, f"{x} {others}", make, BITS, values=values)
