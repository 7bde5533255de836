"""`dlir-prune` on networks with trained weights: files that run, and a report that is true."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.tools.prune import main

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_errors_and_sizes(name: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).random((20, 64)).astype(np.float32)
    np.savez(tmp_path / "data.npz", pixels=pixels)
    output, report = tmp_path / "small.mlir", tmp_path / "r.json"
    arguments = [
        str(DIGITS / f"{name}.mlir"),
        "--sparsity=0.5",
        "--data",
        str(tmp_path / "data.npz"),
    ]
    arguments += ["-o", str(output), "--report", str(report)]
    assert main([*arguments, "--encode"], stdout=io.StringIO()) == 0
    told = json.loads(report.read_text())
    real, pruned = (dlir.load(DIGITS / f"{name}.mlir"), dlir.load(output))
    a, b = (np.asarray(dlir.compile(m, target="ref")(pixels), np.float64) for m in (real, pruned))
    noise = 10 * np.log10((a * a).sum() / ((a - b) ** 2).sum())
    assert abs(told["sqnr_db"] - noise) < 0.01
    assert told["bytes_after"] == sum(array.nbytes for array in pruned.params.values())
    for layer in told["layers"]:
        assert 0.49 < layer["zeros_after"] <= 0.51 and layer["smallest"] < 0.6 * layer["dense"]
    np.testing.assert_allclose(dlir.compile(pruned)(pixels), b, rtol=1e-4, atol=1e-3)
