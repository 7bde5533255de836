"""Matrix products; the right side is an input, or a weight where the name says `constant`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from bench import onnx_models
from bench.program import Case, Goal, Program, program_case
from bench.text import random, tensor

SPEED = 0.85  # of onnxruntime's
GOAL = Goal(1 / SPEED, "onnxruntime")


def product(x: Sequence[int], y: Sequence[int], constant: bool) -> Program:
    """`x @ y`; a constant right side is a weight."""
    left, right = random(*x), random(*y)
    inputs, weights = {"x": left, "y": right}, {}
    if constant:
        weights["y"] = inputs.pop("y")
    result = tensor((*x[:-1], y[-1]))
    types = f"({tensor(x)}, {tensor(y)}) -> {result}"
    arguments = ", ".join(f"%{name}: {tensor(array)}" for name, array in inputs.items())
    weight = f'%y = dl.param "y" : {tensor(y)}' if constant else ""
    text = f"""
    func.func @main({arguments}) -> {result} {{
      {weight}
      %r = dl.matmul %x, %y acc f32 : {types}
      func.return %r : {result}
    }}"""
    return Program(
        text,
        inputs,
        lambda: onnx_models.model([onnx_models.node("MatMul", "xy")], inputs, weights),
        params=weights,
        kind="matmul",
        flop=2 * math.prod(x) * y[-1],
    )


def _case(rows: int, inner: int, columns: int, constant: bool = False) -> Case:
    square = rows == inner == columns
    name = str(rows) if square else f"{rows}x{inner}x{columns}"
    return program_case(
        f"matmul/{name}{'-constant' if constant else ''}",
        partial(product, (rows, inner), (inner, columns), constant),
        GOAL if square and constant else None,
        suite=constant or square,
    )


CASES: list[Case] = [
    *(_case(size, size, size) for size in (256, 512, 1024, 2048)),
    _case(1024, 1024, 1024, constant=True),
    _case(1, 4096, 4096, constant=True),
    _case(32, 1024, 1024, constant=True),
    program_case(
        "matmul/batched-12x128x64x128",
        partial(product, (12, 128, 64), (12, 64, 128), constant=False),
        suite=True,
    ),
    _case(1, 4096, 4096),
    _case(32, 1024, 1024),
    _case(256, 256, 256, constant=True),
    _case(512, 512, 512, constant=True),
    # long sums
    _case(512, 8192, 512),
    _case(512, 8192, 512, constant=True),
    _case(64, 32768, 64),
    # narrow and skinny ones
    *(_case(1024, 1024, columns) for columns in (1, 8, 32)),
    *(_case(1024, 1024, columns, constant=True) for columns in (1, 8, 32)),
    *(_case(rows, 1024, 1024, constant=True) for rows in (1, 2, 4, 8)),
    _case(1, 1024, 1024),
    _case(4096, 4096, 1),
    # few rows of a large right side that is no weight
    *(_case(rows, 4096, 4096) for rows in (4, 32)),
]
