"""Recurrent layers of 256 units on sequences of 64 steps: calls, and compiling them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bench.cases.process import cold_and_warm, once
from bench.harness import Settings
from bench.program import Case, Program, Row, measure_program

STEPS, HIDDEN = 64, 256
GATES = {"lstm": 4, "gru": 3}
NEEDS = ("onnxruntime",)


def _measure(name: str, settings: Settings) -> Iterable[Row]:
    import onnx

    from bench.onnx_models import model, node

    kind, _, batch = name.partition("/")[2].partition("-")
    rows = GATES[kind] * HIDDEN
    rng = np.random.default_rng(1)
    shapes = {"W": (1, rows, HIDDEN), "R": (1, rows, HIDDEN), "B": (1, 2 * rows)}
    weights = {n: 0.05 * rng.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    inputs = {"X": rng.normal(size=(STEPS, int(batch), HIDDEN)).astype(np.float32)}
    layer = node(kind.upper(), ["X", "W", "R", "B"], hidden_size=HIDDEN)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        onnx.save(model([layer], inputs, weights), file)
        flop = 4.0 * STEPS * int(batch) * rows * HIDDEN
        yield measure_program(Row(name), Program(file, inputs, lambda: file, flop=flop), settings)
        if batch == "1":
            ours, theirs = once("dlir", file), once("onnxruntime", file)
            yield from cold_and_warm(f"{name}/compile", ours, theirs, settings, {})


CASES: list[Case] = [
    Case(f"recurrent/{kind}-{batch}", _measure, NEEDS) for kind in GATES for batch in (1, 16)
]
