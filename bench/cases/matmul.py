"""Matrix products; the right side is a weight, except in the batched one."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from bench import onnx_models
from bench.program import Case, Goal, Program, program_case
from bench.text import random, tensor

SPEED = 0.85  # of onnxruntime's
GOAL = Goal(1 / SPEED, "onnxruntime")
SIZES = ((256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (32, 1024, 1024), (1, 4096, 4096))
GOALS = {(512, 512, 512): GOAL, (1024, 1024, 1024): GOAL}


def _constant_rhs(rows: int, inner: int, columns: int) -> Program:
    x, w = random(rows, inner), random(inner, columns)
    types = f"({tensor(x)}, {tensor(w)}) -> {tensor((rows, columns))}"
    text = f"""
    func.func @main(%x: {tensor(x)}) -> {tensor((rows, columns))} {{
      %w = dl.param "w" : {tensor(w)}
      %r = dl.matmul %x, %w acc f32 : {types}
      func.return %r : {tensor((rows, columns))}
    }}"""
    return Program(
        text,
        {"x": x},
        lambda: onnx_models.model([onnx_models.node("MatMul", "xw")], {"x": x}, {"w": w}),
        params={"w": w},
        numpy=lambda x: x @ w,
        torch=_torch_matmul(w),
        flop=2 * rows * inner * columns,
    )


def _torch_matmul(w: np.ndarray):
    def matmul(x):
        import torch

        return x @ torch.from_numpy(w)

    return matmul


def _batched(batch: int, rows: int, inner: int, columns: int) -> Program:
    inputs = {"x": random(batch, rows, inner), "y": random(batch, inner, columns)}
    x, y = map(tensor, inputs.values())
    result = tensor((batch, rows, columns))
    text = f"""
    func.func @main(%x: {x}, %y: {y}) -> {result} {{
      %r = dl.matmul %x, %y acc f32 : ({x}, {y}) -> {result}
      func.return %r : {result}
    }}"""
    return Program(
        text,
        inputs,
        lambda: onnx_models.model([onnx_models.node("MatMul", "xy")], inputs, {}),
        numpy=np.matmul,
        torch=lambda x, y: x @ y,
        flop=2 * math.prod((batch, rows, inner, columns)),
    )


def _name(size: tuple[int, ...]) -> str:
    return str(size[0]) if len(set(size)) == 1 else "x".join(map(str, size))


CASES: list[Case] = [
    *(
        program_case(f"matmul/{_name(size)}", partial(_constant_rhs, *size), GOALS.get(size))
        for size in SIZES
    ),
    program_case("matmul/batched-12x128x64x128", partial(_batched, 12, 128, 64, 128)),
]
