"""What `dl-decompose` and `dl-simplify` make computes what the ops before meant."""

from typing import Any

import numpy as np
import pytest
from numeric.dl_meaning import BF16
from xdsl.dialects.builtin import ModuleOp

from dlir.interpreter import Interpreter
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_decompose import DECOMPOSITIONS, DlDecompose
from dlir.transforms.dl_simplify import DlSimplify

RANDOM = np.random.default_rng(11)
REGISTRY = default_registry()
CONTEXT = REGISTRY.context()

COMPOSITE = {
    "softmax": "dl.softmax %x {axis = 1} : T",
    "log_softmax": "dl.log_softmax %x {axis = 2} : T",
    "layer_norm": "dl.layer_norm %x, %s, %s {axis = 2} : (T, tensor<5xE>, tensor<5xE>) -> T",
    "batch_norm": "dl.batch_norm %x, %s, %s, %s, %s {axis = 2, epsilon = 9.0}"
    " : (T, tensor<5xE>, tensor<5xE>, tensor<5xE>, tensor<5xE>) -> T",
    "lrn": "dl.lrn %x {size = 4, alpha = 0.5} : T",
    "gelu": 'dl.gelu %x {approximate = "tanh"} : T',
    "elu": "dl.elu %x {alpha = 0.5} : T",
}


SHAPE_KEEPING = [
    kind for kind in DECOMPOSITIONS if kind.__module__.endswith((".activation", ".composite"))
]
"""The others are in test_dl_recurrent.py and test_dl_decompositions.py."""


def outcome(module: ModuleOp, *arrays: Any) -> Any:
    module.verify()
    return Interpreter(module, REGISTRY).call("f", *arrays)


@pytest.mark.parametrize(("element", "dtype"), [("f64", np.float64), ("f32", "f4"), ("bf16", BF16)])
@pytest.mark.parametrize("kind", SHAPE_KEEPING, ids=lambda kind: kind.name)
def test_decompositions(kind: Any, element: str, dtype: Any) -> None:
    name = kind.name.removeprefix("dl.")
    line = COMPOSITE.get(name, f"dl.{name} %x : T")
    text = f"""func.func @f(%x: T, %s: tensor<5xE>) -> T {{
      %y = {line}
      func.return %y : T
    }}""".replace("T", "tensor<?x7x5xE>").replace("tensor<?x7x5xE>ensor", "tensor")
    text = text.replace("E", element)
    module = parse_module(text, CONTEXT, "test")
    x = (3 * RANDOM.standard_normal((2, 7, 5))).astype(dtype)
    s = RANDOM.standard_normal(5).astype(dtype)
    (before,) = outcome(module, x, s)
    DlDecompose().apply(CONTEXT, module)
    assert kind not in {type(op) for op in module.walk()}
    (after,) = outcome(module, x, s)
    assert after.dtype == before.dtype
    tolerance = {"f64": 1e-12, "f32": 2e-6, "bf16": 8e-3}[element]
    before, after = before.astype(float), after.astype(float)
    np.testing.assert_allclose(after, before, rtol=tolerance, atol=tolerance)


def test_gelu_by_erf() -> None:
    text = """func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      %y = dl.gelu %x : tensor<?xf32>
      func.return %y : tensor<?xf32>
    }"""
    module = parse_module(text, CONTEXT, "test")
    x = np.linspace(-4, 4, 33, dtype=np.float32)
    (before,) = outcome(module, x)
    DlDecompose(ops=("gelu",)).apply(CONTEXT, module)
    np.testing.assert_allclose(outcome(module, x)[0], before, rtol=1e-5, atol=1e-6)


SIMPLIFIED = """
func.func @f(%x: tensor<?x4xf32>, %y: tensor<4x6xf32>)
    -> (tensor<3x?xf32>, tensor<2x2xf32>, tensor<4x?xf32>) {
  %i = dl.constant dense<[[2, 0, 5], [1, 1, 1]]> : tensor<2x3xi64>
  %row = dl.slice %i {offsets = [0, 0], strides = [1, 1]} : tensor<2x3xi64> -> tensor<1x3xi64>
  %index = dl.reshape %row : tensor<1x3xi64> -> tensor<3xi64>
  %t = dl.transpose %y {perm = [1, 0]} : tensor<4x6xf32> -> tensor<6x4xf32>
  %g = dl.gather %t, %index {axis = 0} : (tensor<6x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  %xt = dl.transpose %x {perm = [1, 0]} : tensor<?x4xf32> -> tensor<4x?xf32>
  %p = dl.matmul %g, %xt acc f32 : (tensor<3x4xf32>, tensor<4x?xf32>) -> tensor<3x?xf32>
  %a = dl.slice %y {offsets = [0, 5], strides = [1, -1]} : tensor<4x6xf32> -> tensor<4x5xf32>
  %b = dl.slice %a {offsets = [3, 0], strides = [-2, 3]} : tensor<4x5xf32> -> tensor<2x2xf32>
  %n = dl.dim %xt, 1 : tensor<4x?xf32>
  %w = dl.broadcast %xt [%n] : tensor<4x?xf32> -> tensor<4x?xf32>
  func.return %p, %b, %w : tensor<3x?xf32>, tensor<2x2xf32>, tensor<4x?xf32>
}
"""


def test_simplification_changes_no_bit() -> None:
    module = parse_module(SIMPLIFIED, CONTEXT, "test")
    x = RANDOM.standard_normal((5, 4)).astype(np.float32)
    y = RANDOM.standard_normal((4, 6)).astype(np.float32)
    before, count = outcome(module, x, y), len([*module.walk()])
    DlSimplify().apply(CONTEXT, module)
    assert len([*module.walk()]) < count - 3
    for old, new in zip(before, outcome(module, x, y), strict=True):
        assert np.array_equal(old, new) and old.dtype == new.dtype
