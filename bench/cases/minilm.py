"""all-MiniLM-L6-v2: the text of examples/minilm against an ONNX model of the same weights."""

from __future__ import annotations

import runpy
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np

from bench.cases.process import cold_and_warm, once
from bench.harness import Settings
from bench.program import Case, Goal, Program, Row, program_case

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "examples/minilm/embed.py"))
TOLERANCE = 1e-4
NEEDS = (EXAMPLE["PACKAGE"],)
WORDS = 30522
GOAL = Goal(2.0, "onnxruntime")


def example_inputs(batch: int, length: int) -> dict[str, np.ndarray]:
    """Random tokens; sentences of all lengths from half of `length` up to it."""
    rng = np.random.default_rng(batch)
    lengths = np.linspace(length, length // 2, batch).astype(int)
    mask = np.arange(length) < lengths[:, None]
    return {"ids": rng.integers(1000, WORDS, mask.shape), "mask": mask.astype(np.int64)}


def weights_file() -> Path:
    return EXAMPLE["model_folder"]() / "model.safetensors"


def _program(batch: int, length: int) -> Program:
    from bench.models.minilm import build_from_package

    return Program(
        EXAMPLE["ENCODER"],
        example_inputs(batch, length),
        partial(build_from_package, weights_file()),
        params=weights_file(),
        tolerance=TOLERANCE,
    )


def _process(name: str, settings: Settings) -> Iterable[Row]:
    """From the start of Python to the first embedding."""
    import onnx

    from bench.models.minilm import build_from_package

    with tempfile.TemporaryDirectory() as folder:
        file, inputs = Path(folder) / "minilm.onnx", Path(folder) / "inputs.npz"
        onnx.save(build_from_package(weights_file()), file)
        np.savez(inputs, **example_inputs(1, 16))
        arguments = ["--inputs", str(inputs)]
        ours = once("dlir", EXAMPLE["ENCODER"], "--params", str(weights_file()), *arguments)
        theirs = once("onnxruntime", file, *arguments)
        yield from cold_and_warm(name, ours, theirs, settings, {})


CASES: list[Case] = [
    program_case(
        "minilm/8x128", partial(_program, 8, 128), GOAL, needs=NEEDS, suite=True, of="model"
    ),
    program_case("minilm/1x16", partial(_program, 1, 16), needs=NEEDS),
    Case("minilm/first-embedding", _process, NEEDS),
]
