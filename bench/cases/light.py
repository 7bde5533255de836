"""The light models of the onnx package with random weights: calls, and compiling them."""

from __future__ import annotations

import runpy
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bench.cases.process import cold_and_warm, once
from bench.harness import Settings
from bench.program import Case, Goal, Program, Row, measure_program

TOLERANCE = 1e-3
NEEDS = ("onnxruntime",)  # which also calibrates the batch norms
MODELS = runpy.run_path(str(Path(__file__).parents[2] / "test/integration/light_models.py"))
COMPILE_GOALS = {"resnet50": {"cold": Goal(15.0), "warm": Goal(1.0)}}


def _measure(name: str, settings: Settings) -> Iterable[Row]:
    import onnx

    model_name = name.rpartition("/")[2]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        model = MODELS["random_model"](model_name)
        onnx.save(model, file)
        inputs: dict[str, np.ndarray] = MODELS["example_inputs"](model)
        del model
        program = Program(file, inputs, lambda: file, tolerance=TOLERANCE)
        yield measure_program(Row(name), program, settings)
        goals = COMPILE_GOALS.get(model_name, {})
        ours, theirs = once("dlir", file), once("onnxruntime", file)
        yield from cold_and_warm(f"{name}/compile", ours, theirs, settings, goals)


CASES: list[Case] = [Case(f"light/{name}", _measure, NEEDS) for name in MODELS["LIGHT_MODELS"]]
