"""Damaged StableHLO text: nothing but `CompileError` comes out, and soon; what loads is valid."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

import dlir
from dlir.diagnostics import CompileError

DATA = Path(__file__).parents[1] / "data" / "stablehlo"
MODELS = ["attention", "conv_net", "indexing", "lstm", "scatters", "sorting", "symbolic", "windows"]
SEEDS = range(25)
SECONDS = 10
"""No damaged model keeps the frontend longer than this."""

NUMBERS = ["-1", "0", "1", "2", "3", "7", "4096", "99999999999", "-9223372036854775808"]
TYPES = ["f32", "i32", "i1", "ui8", "bf16", "complex<f32>", "index", "f8E4M3"]
OPS = ["add", "compare", "reduce", "gather", "while", "return", "dot_general", "nothing", "iota"]


def damaged(text: str, seed: int) -> str:
    """The text with a few numbers, types, op names and lines changed."""
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 3)):
        kind, lines = rng.randrange(5), text.split("\n")
        if kind == 0:
            text = replaced(rng, r"(?<=[\[ x:,])\d+(?=[\], x:])", NUMBERS, text)
        elif kind == 1:
            text = replaced(rng, r"(?<=x)f32|i32", TYPES, text)
        elif kind == 2:
            text = replaced(rng, r"(?<=stablehlo\.)\w+", OPS, text)
        elif kind == 3:
            del lines[rng.randrange(len(lines))]
            text = "\n".join(lines)
        else:
            text = replaced(rng, r"%\w+", ["%arg0", "%0", "%cst", "%nothing"], text)
    return text


def replaced(rng: random.Random, pattern: str, choices: list[str], text: str) -> str:
    found = [*re.finditer(pattern, text)]
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + rng.choice(choices) + text[match.end() :]


@pytest.mark.parametrize("name", MODELS)
def test_damaged_models(name: str) -> None:
    text, loaded = (DATA / f"{name}.mlir").read_text(), 0
    for seed in SEEDS:
        start = time.monotonic()
        try:
            dlir.load(damaged(text, seed)).module.verify()
            loaded += 1
        except CompileError as error:
            assert error.diagnostics and "bug in dlir" not in str(error), (seed, str(error))
        assert time.monotonic() - start < SECONDS, seed
    assert loaded < len(SEEDS), "some damage must be found"
