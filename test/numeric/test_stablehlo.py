"""Models that JAX exported give what JAX computed (test/data/stablehlo), on ref and on cpu."""

from pathlib import Path

import numpy as np
import pytest

import dlir

DATA = Path(__file__).parents[1] / "data" / "stablehlo"
MODELS = sorted(path.stem for path in DATA.glob("*.mlir"))
TOLERANCES = {"halves": 2e-2}
"""bf16 has 8 bits; all others are in f32, and differ by the order of sums and by functions."""


def arrays(name: str, letter: str) -> list[np.ndarray]:
    with np.load(DATA / f"{name}.npz") as file:
        return [file[f"{letter}{n}"] for n in range(len([k for k in file if k[0] == letter]))]


@pytest.mark.parametrize("target", ["ref", "cpu"])
@pytest.mark.parametrize("name", MODELS)
def test_model(name: str, target: str) -> None:
    compiled = dlir.compile(DATA / f"{name}.mlir", target)
    outputs = compiled(*arrays(name, "i"))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    expected = arrays(name, "o")
    assert len(outputs) == len(expected)
    for number, (output, wanted) in enumerate(zip(outputs, expected, strict=True)):
        assert output.dtype == wanted.dtype and output.shape == wanted.shape, number
        tolerance = TOLERANCES.get(name, 2e-5)
        np.testing.assert_allclose(output, wanted, tolerance, tolerance, err_msg=str(number))
