"""The two networks for handwritten digits: trained weights, real images, right everywhere."""

import sys
from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.tools.quantize import main

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture(scope="module")
def judge(request):
    """The images that no training saw."""
    pytest.importorskip("sklearn")
    sys.path.insert(0, str(DIGITS))
    request.addfinalizer(lambda: sys.path.remove(str(DIGITS)))
    from data import digits

    return digits()[1]


@pytest.mark.parametrize("target", ["cpu", "ref"])
@pytest.mark.parametrize(("name", "least"), [("mlp", 0.97), ("cnn", 0.98)])
def test_most_digits_are_read(judge, name, least, target):
    network = dlir.compile(dlir.load(DIGITS / f"{name}.mlir"), target=target)
    scores = network(judge.pixels)
    assert np.mean(scores.argmax(axis=1) == judge.labels) >= least


LOSES = {"int8-static": 0.003, "int8-dynamic": 0.003, "int4-weight-only": 0.01}
"""How much of the accuracy a recipe may take."""


@pytest.mark.parametrize("recipe", LOSES)
@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_few_bits_read_nearly_as_many(judge, name, recipe, tmp_path):
    from data import digits

    np.savez(tmp_path / "samples.npz", pixels=digits()[0].pixels)
    source, made = DIGITS / f"{name}.mlir", tmp_path / "made.mlir"
    options = [f"--calibration={tmp_path / 'samples.npz'}", f"--recipe={recipe}", "-o", str(made)]
    assert main([str(source), *options]) == 0
    right = [
        np.mean(dlir.compile(dlir.load(path))(judge.pixels).argmax(axis=1) == judge.labels)
        for path in (source, made)
    ]
    assert right[1] >= right[0] - LOSES[recipe]
