"""The two networks for handwritten digits: trained weights, real images, right everywhere."""

import sys
from pathlib import Path

import numpy as np
import pytest

import dlir

pytest.importorskip("sklearn")

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture(scope="module")
def judge(request):
    """The images that no training saw."""
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
