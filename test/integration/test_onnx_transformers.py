"""Transformer encoders as torch exports them, by both exporters, with dynamic batch and length.

The files in test/data/onnx were written by torch.onnx.export (`script`: the TorchScript exporter at
some operator set, `dynamo`: the newer one) from a BERT-like model with mean pooling and from
nn.TransformerEncoder, both with small random weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from xdsl.dialects.builtin import DYNAMIC_INDEX  # noqa: E402

import dlir  # noqa: E402
from dlir.frontends.onnx import import_onnx  # noqa: E402
from dlir.interpreter import Interpreter  # noqa: E402
from dlir.verifier import verify  # noqa: E402

DATA = Path(__file__).parents[1] / "data" / "onnx"
MODELS = sorted(path.stem for path in DATA.glob("*.onnx"))
SIZES = [(2, 7), (1, 7), (3, 4), (4, 11)]
MORE_SIZES = [(1, 1), (5, 1), (1, 13), (2, 2), (7, 31), (3, 32), (2, 7), (13, 7)]
POSITIONS = 32  # of the BERT-like models


def inputs_of(name: str, batch: int, length: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(batch * 100 + length)
    if name.startswith("encoder"):
        return {"x": rng.standard_normal((batch, length, 16), np.float32)}
    mask = np.ones((batch, length), np.int64)
    mask[-1, length // 2 :] = 0
    return {"input_ids": rng.integers(0, 40, (batch, length)), "attention_mask": mask}


def test_models_are_there():
    assert len(MODELS) == 9


def compare_with_onnxruntime(name: str, run: Callable, sizes: list[tuple[int, int]]) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(DATA / f"{name}.onnx")
    for batch, length in sizes:
        if name == "encoder_script_17" and length != 7:
            continue  # the exporter has baked the example's length into this one
        inputs = inputs_of(name, batch, length)
        expected = session.run(None, inputs)
        actual = run(*inputs.values())
        for a, b in zip(actual, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_agrees_with_onnxruntime(name: str):
    module, weights = import_onnx(DATA / f"{name}.onnx")
    verify(module)
    interpreter = Interpreter(module, params=weights)
    compare_with_onnxruntime(name, partial(interpreter.call, "main"), SIZES)


@pytest.mark.parametrize("name", MODELS)
def test_compiled_agrees_with_onnxruntime(name: str):
    """One executable serves all sizes, and refuses what the model has no positions for."""
    module, weights = import_onnx(DATA / f"{name}.onnx")
    executable = dlir.compile(module, target="cpu", params=weights, cache=False)

    def run(*inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        results = executable(*inputs)
        return results if isinstance(results, tuple) else (results,)

    compare_with_onnxruntime(name, run, [*SIZES, *MORE_SIZES])
    if name.startswith("bert"):
        with pytest.raises(ValueError):
            run(*inputs_of(name, 2, POSITIONS + 1).values())


@pytest.mark.parametrize("name", [name for name in MODELS if name != "encoder_script_17"])
def test_only_batch_and_length_stay_dynamic(name: str):
    """Every other size is found at import: the last dimension of each float tensor that is no
    score.
    """
    module, _ = import_onnx(DATA / f"{name}.onnx")
    for op in module.walk():
        if op.name in ("dl.layer_norm", "dl.matmul"):
            shape = op.operands[0].type.get_shape()
            assert op.name == "dl.matmul" or shape[-1] == 16
            assert shape.count(DYNAMIC_INDEX) <= 3


@pytest.mark.parametrize("name", ["bert_sdpa_script_17", "bert_sdpa_dynamo", "encoder_dynamo"])
def test_fixed_dimensions_leave_nothing_dynamic(name: str):
    model = onnx.load(DATA / f"{name}.onnx")
    names = {d.dim_param for i in model.graph.input for d in i.type.tensor_type.shape.dim}
    sizes = dict(zip(sorted(n for n in names if n), (2, 7), strict=True))
    module, weights = import_onnx(model, dims=sizes)
    text = str(module)
    assert "?" not in text and "dl.dim" not in text
    inputs = inputs_of(name, *(sizes[n] for n in sorted(sizes)))
    Interpreter(module, params=weights).call("main", *inputs.values())
