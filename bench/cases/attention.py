"""Attention as one operator: 12 heads, and as many keys as queries."""

from __future__ import annotations

from functools import partial

from bench import onnx_models
from bench.program import Case, Program, program_case
from bench.text import random

HEADS, WIDTH = 12, 64
LENGTHS = 128, 512, 2048
OPSET = 23  # the first one with the operator


def _attention(length: int, causal: bool) -> Program:
    inputs = {name: random(1, HEADS, length, WIDTH) for name in "qkv"}
    node = onnx_models.node("Attention", "qkv", scale=WIDTH**-0.5, is_causal=int(causal))
    model = onnx_models.model([node], inputs, {}, opset=OPSET)
    products = 4 * HEADS * length * length * WIDTH  # of all scores, seen or not
    return Program(model, inputs, lambda: model, kind="attention", flop=products)


CASES: list[Case] = [
    program_case(
        f"attention/{HEADS}x{length}x{WIDTH}{'-causal' if causal else ''}",
        partial(_attention, length, causal),
        suite=True,
    )
    for length in LENGTHS
    for causal in (False, True)
]
