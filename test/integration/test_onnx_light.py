"""The nine light models: they import, verify, and compute what onnxruntime computes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from integration.light_models import (  # noqa: E402
    LIGHT_MODELS,
    example_inputs,
    light_model,
    onnxruntime_session,
    random_model,
)
from xdsl.dialects.builtin import ModuleOp  # noqa: E402

import dlir  # noqa: E402
from dlir.frontends.onnx import check_support, import_onnx  # noqa: E402
from dlir.interpreter import Interpreter  # noqa: E402
from dlir.verifier import verify  # noqa: E402

ON_REF = sorted(set(LIGHT_MODELS) - {"vgg19", "zfnet512"})
"""vgg19 and zfnet512 have no operator that alexnet lacks, and half a gigabyte of weights."""

FAST = ("shufflenet", "squeezenet")
"""Compiled in seconds."""


@pytest.mark.parametrize("name", LIGHT_MODELS)
def test_imports(name: str):
    model = light_model(name)
    module, weights = import_onnx(model)
    verify(module)
    used = {op.param_name.data for op in module.walk() if op.name == "dl.param"}
    assert used == set(weights)
    assert all(row.supported for row in check_support(model))


Run = Callable[..., np.ndarray]


def compare_with_onnxruntime(name: str, make: Callable[[ModuleOp, dict], Run]) -> None:
    pytest.importorskip("onnxruntime")
    model = random_model(name)
    inputs, others = example_inputs(model), example_inputs(model, seed=5)
    session = onnxruntime_session(model)
    (expected,), (other,) = session.run(None, inputs), session.run(None, others)
    actual = make(*import_onnx(model))(*inputs.values())
    sensitivity = np.abs(expected - other).max()
    assert sensitivity > 1e-3, "the output hardly depends on the input"
    assert np.abs(actual - expected).max() < 1e-3 * sensitivity


def interpreted(module: ModuleOp, weights: dict) -> Run:
    interpreter = Interpreter(module, params=weights)
    return lambda *inputs: interpreter.call("main", *inputs)[0]


def compiled(module: ModuleOp, weights: dict) -> Run:
    return dlir.compile(module, target="cpu", params=weights, cache=False)


@pytest.mark.parametrize("name", ON_REF)
def test_agrees_with_onnxruntime(name: str):
    compare_with_onnxruntime(name, interpreted)


def models() -> list:
    return [pytest.param(n, marks=[] if n in FAST else [pytest.mark.slow]) for n in LIGHT_MODELS]


@pytest.mark.parametrize("name", models())
def test_compiled_agrees_with_onnxruntime(name: str):
    compare_with_onnxruntime(name, compiled)
