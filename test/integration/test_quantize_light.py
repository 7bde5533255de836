"""Whole convolutional networks in int8: near the float model, and the same bits on every target."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from integration.light_models import example_inputs, random_model  # noqa: E402
from numeric.integer_models import in_integers  # noqa: E402
from xdsl.dialects.builtin import ModuleOp  # noqa: E402

import dlir  # noqa: E402
from dlir.dialects.dl.ops.composite import SoftmaxOp  # noqa: E402

MODELS = {"squeezenet": 0.99, "resnet50": 0.95}
"""How much of the float model's logits remains (correlation). Disturbing every weight of the random
resnet50 by 1 %, about a step of int8, costs as much as int8 does."""


def without_softmax(module: ModuleOp) -> None:
    for op in [*module.walk()]:
        if isinstance(op, SoftmaxOp):
            op.result.replace_all_uses_with(op.x)
            op.detach()
            op.erase()


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_int8(name: str) -> None:
    source = random_model(name)
    (key, x), *_ = example_inputs(source).items()
    samples = np.concatenate([example_inputs(source, seed=seed)[key] for seed in (3, 4, 5)])
    model = dlir.load(source)
    without_softmax(model.module)
    int8 = in_integers(model.module, {key: samples}, model.params)
    wanted = dlir.compile(model, target="ref")(x)
    got = dlir.compile(int8, target="ref")(x)
    assert np.corrcoef(wanted.ravel(), got.ravel())[0, 1] > MODELS[name]
    compiled = dlir.compile(int8, target="cpu", cache=False)(x)
    if name == "resnet50":
        np.testing.assert_array_equal(compiled, got)
    else:  # the mean at its end is one of floats, summed in another order
        np.testing.assert_allclose(compiled, got, rtol=1e-4, atol=1e-5)
