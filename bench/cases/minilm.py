"""all-MiniLM-L6-v2: the text of examples/minilm against an ONNX model of the same weights.

In eight bits it runs beside itself in float32.
"""

from __future__ import annotations

import runpy
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from bench.cases.process import cold_and_warm, once
from bench.harness import Settings, pinned, time_calls
from bench.program import (
    DLIR,
    Array,
    Case,
    Goal,
    Program,
    Row,
    WrongResult,
    dlir_call,
    program_case,
)

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "examples/minilm/embed.py"))
TOLERANCE = 1e-4
NEEDS = (EXAMPLE["PACKAGE"],)
FOLDER = EXAMPLE["ENCODER"].parent
WORDS = 30522
GOAL = Goal(2.0, "onnxruntime")
FLOAT32 = "dlir float32"
INT8_GOAL = Goal(1 / 2.0, FLOAT32)
LEAST_COSINE = 0.99
"""The mean, between the embeddings of one sentence by an encoder in eight bits and in float32."""


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


def _int8(recipe: str, batch: int, length: int, name: str, settings: Settings) -> Iterable[Row]:
    """What `dlir-quantize` writes, beside the encoder that it was made of."""
    program = _program(batch, length)
    with tempfile.TemporaryDirectory() as folder, pinned(settings.cores):
        file = Path(folder) / "encoder.mlir"
        _quantize(recipe, file)
        small = replace(program, source=file, params=None)
        cosine = _mean_cosine(program, small)
        if not cosine >= LEAST_COSINE:
            raise WrongResult(f"the mean cosine to float32 is {cosine:.4f}, below {LEAST_COSINE}")
        calls = {
            DLIR: dlir_call(small, settings.threads),
            FLOAT32: dlir_call(program, settings.threads),
        }
        times = time_calls(calls, settings)
    yield Row(name, times, goal=INT8_GOAL, details={"cosine": cosine})


def _quantize(recipe: str, file: Path) -> None:
    """Write the encoder in eight bits, and its weights beside it."""
    from dlir.api import load
    from dlir.executable import CompileOptions
    from dlir.targets.quantize.command import Request

    samples = str(FOLDER / "calibration.npz")
    request = Request(CompileOptions(), file.stem, recipe, samples, str(file), target=None)
    request.run(load(EXAMPLE["ENCODER"], weights_file()))


def _mean_cosine(one: Program, other: Program) -> float:
    """Between the embeddings, which have length 1, of sentences that no calibration saw."""
    lines = (FOLDER / "pairs.tsv").read_text().splitlines()
    sentences = [sentence for line in lines for sentence in line.split("\t")]
    tokens: tuple[Array, Array] = EXAMPLE["tokenize"](sentences, EXAMPLE["model_folder"]())
    inputs = dict(zip(("ids", "mask"), tokens, strict=True))
    a, b = (np.asarray(dlir_call(replace(p, inputs=inputs), 1)()) for p in (one, other))
    return float((a * b).sum(axis=1).mean())


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
    *(
        Case(f"minilm/{recipe}-{batch}x{length}", partial(_int8, recipe, batch, length), NEEDS)
        for recipe in ("int8-dynamic", "int8-static")
        for batch, length in ((8, 128), (1, 16))
    ),
    Case("minilm/first-embedding", _process, NEEDS),
]
