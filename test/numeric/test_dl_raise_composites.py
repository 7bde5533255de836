"""What `dl-decompose` takes apart, `dl-raise-composites` puts together again: the same ops."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from dlir.interpreter import Interpreter
from dlir.parser import parse_module
from dlir.printer import print_module
from dlir.registry import default_registry
from dlir.transforms.dl_decompose import DlDecompose
from dlir.transforms.dl_raise_composites import DlRaiseComposites

REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
RANDOM = np.random.default_rng(2)

LINES = {
    "sigmoid": "dl.sigmoid %x : T",
    "gelu": "dl.gelu %x : T",
    "gelu_tanh": 'dl.gelu %x {approximate = "tanh"} : T',
    "silu": "dl.silu %x : T",
    "softplus": "dl.softplus %x : T",
    "softsign": "dl.softsign %x : T",
    "mish": "dl.mish %x : T",
    "elu": "dl.elu %x {alpha = 0.5} : T",
    "elu_1": "dl.elu %x : T",
    "selu": "dl.selu %x : T",
    "leaky_relu": "dl.leaky_relu %x {alpha = 0.25} : T",
    "hard_sigmoid": "dl.hard_sigmoid %x {alpha = 0.25, beta = 0.625} : T",
    "hard_swish": "dl.hard_swish %x : T",
    "softmax": "dl.softmax %x {axis = 1} : T",
    "log_softmax": "dl.log_softmax %x {axis = 2} : T",
    "layer_norm": "dl.layer_norm %x, %s, %s {axis = 2, epsilon = 0.5}"
    " : (T, tensor<SxE>, tensor<SxE>) -> T",
    "rotary_embedding": "dl.rotary_embedding %x, %s, %r : (T, tensor<SxE>, tensor<6x1xE>) -> T",
    "rms_norm": "dl.rms_norm %x, %s {axis = 2, epsilon = 0.5} : (T, tensor<SxE>) -> T",
    "instance_norm": "dl.instance_norm %x, %c, %c {epsilon = 0.5}"
    " : (T, tensor<6xE>, tensor<6xE>) -> T",
    "group_norm": "dl.group_norm %x, %c, %c {groups = 2, epsilon = 0.5}"
    " : (T, tensor<6xE>, tensor<6xE>) -> T",
}


@pytest.mark.parametrize("element", ["f64", "f32"])
@pytest.mark.parametrize("name", LINES)
def test_decomposed_and_raised_is_the_same_op(name: str, element: str) -> None:
    text = f"""func.func @f(%x: T, %s: tensor<SxE>, %c: tensor<6xE>, %r: tensor<6x1xE>) -> T {{
      %y = {LINES[name]}
      func.return %y : T
    }}"""
    text = re.sub(r"\bT\b", "tensor<?x6xSxE>", text).replace("xE>", f"x{element}>")
    text = text.replace("xSx", "x4x").replace("<Sx", "<4x")
    module = parse_module(text, CONTEXT, name)
    before = print_module(module)
    DlDecompose().apply(CONTEXT, module)
    assert print_module(module) != before
    DlRaiseComposites().apply(CONTEXT, module)
    raised = parse_module(print_module(module), CONTEXT, name)
    assert raised.is_structurally_equivalent(parse_module(before, CONTEXT, name))


GROUPED = """
func.func @f(%q: tensor<2x4x3x8xf32>, %k: tensor<2x2x5x8xf32>, %v: tensor<2x2x5x6xf32>,
    %mask: tensor<MASKxf32>) -> tensor<2x4x3x6xf32> {
  %k1 = dl.reshape %k : tensor<2x2x5x8xf32> -> tensor<2x2x1x5x8xf32>
  %k2 = dl.broadcast %k1 : tensor<2x2x1x5x8xf32> -> tensor<2x2x2x5x8xf32>
  %k3 = dl.reshape %k2 : tensor<2x2x2x5x8xf32> -> tensor<2x4x5x8xf32>
  %v1 = dl.reshape %v : tensor<2x2x5x6xf32> -> tensor<2x2x1x5x6xf32>
  %v2 = dl.broadcast %v1 : tensor<2x2x1x5x6xf32> -> tensor<2x2x2x5x6xf32>
  %v3 = dl.reshape %v2 : tensor<2x2x2x5x6xf32> -> tensor<2x4x5x6xf32>
  %y = dl.attention %q, %k3, %v3, %mask {scale = 0.5} : (tensor<2x4x3x8xf32>,
    tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<MASKxf32>) -> tensor<2x4x3x6xf32>
  func.return %y : tensor<2x4x3x6xf32>
}
"""


def outcome(module: ModuleOp, *arrays: Any) -> Any:
    return Interpreter(module, REGISTRY).call("f", *arrays)[0]


@pytest.mark.parametrize("mask", [(3, 5), (1, 5), (2, 1, 3, 5), (1, 4, 1, 5), (4, 3, 5)])
def test_grouped_attention_repeats_nothing_and_means_the_same(mask: tuple[int, ...]) -> None:
    text = GROUPED.replace("MASK", "x".join(map(str, mask)))
    module = parse_module(text, CONTEXT, "grouped")
    shapes = [(2, 4, 3, 8), (2, 2, 5, 8), (2, 2, 5, 6), mask]
    arrays = [RANDOM.standard_normal(shape).astype(np.float32) for shape in shapes]
    before = outcome(module, *arrays)
    DlRaiseComposites().apply(CONTEXT, module)
    module.verify()
    assert "dl.broadcast" not in {op.name for op in module.walk()}
    np.testing.assert_allclose(outcome(module, *arrays), before, rtol=1e-6, atol=1e-6)
