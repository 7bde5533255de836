"""Rotary position embedding is what ONNX's own evaluator computes."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from dlir.interpreter import Interpreter  # noqa: E402
from dlir.parser import parse_module  # noqa: E402
from dlir.registry import default_registry  # noqa: E402

REGISTRY = default_registry()
TEXT = """
func.func @f(%x: tensor<2x3x5x8xf32>, %c: tensor<2x1x5x8xf32>, %s: tensor<2x1x5x8xf32>)
    -> tensor<2x3x5x8xf32> {
  %y = dl.rotary_embedding %x, %c, %s OPTIONS
    : (tensor<2x3x5x8xf32>, tensor<2x1x5x8xf32>, tensor<2x1x5x8xf32>) -> tensor<2x3x5x8xf32>
  func.return %y : tensor<2x3x5x8xf32>
}
"""


@pytest.mark.parametrize("interleaved", [0, 1])
def test_like_onnx(interleaved: int) -> None:
    random = np.random.default_rng(3)
    x = random.standard_normal((2, 3, 5, 8), np.float32)
    angle = random.standard_normal((2, 5, 4), np.float32)
    cos, sin = np.cos(angle), np.sin(angle)
    names = {"x": x, "cos": cos, "sin": sin}
    node = helper.make_node("RotaryEmbedding", [*names], ["y"], interleaved=interleaved)
    infos = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
        for name, array in names.items()
    ]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)
    graph = helper.make_graph([node], "g", infos, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)])
    (expected,) = ReferenceEvaluator(model).run(None, names)
    text = TEXT.replace("OPTIONS", "{interleaved}" if interleaved else "")
    module = parse_module(text, REGISTRY.context(), "rotary")

    def both(half: np.ndarray) -> np.ndarray:
        """One angle per number, from one per pair."""
        whole = np.repeat(half, 2, -1) if interleaved else np.concatenate([half, half], -1)
        return whole[:, None]

    (found,) = Interpreter(module, REGISTRY).call("f", x, both(cos), both(sin))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
