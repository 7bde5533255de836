"""GPTQ of layers: their results stay nearer than with weights rounded to nearest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.integer_models import quantized

import dlir
from dlir.api import Model
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.interpreter import Interpreter
from dlir.signature import entry_function
from dlir.targets.quantize.recipe import Activations, Recipe, WeightsPart
from dlir.transforms.quantization.grams import gram_of
from dlir.transforms.quantization.layers import layers_of

CONV = """
func.func @main(%x: tensor<?x{input}xf32>) -> tensor<?x{output}xf32> {{
  %w = dl.param "w" : tensor<{weight}xf32>
  %0 = dl.conv2d %x, %w acc f32 {{{attributes}}}
      : (tensor<?x{input}xf32>, tensor<{weight}xf32>) -> tensor<?x{output}xf32>
  func.return %0 : tensor<?x{output}xf32>
}}
"""
CASES = {
    "plain": ("4x9x9", "6x9x9", "6x4x3x3", "padding = [1, 1, 1, 1]"),
    "grouped": ("6x9x9", "8x9x9", "8x3x3x3", "padding = [1, 1, 1, 1], groups = 2"),
    "depthwise": ("6x9x9", "6x7x7", "6x1x3x3", "groups = 6"),
    "strided": ("3x9x9", "5x4x4", "5x3x2x2", "strides = [2, 2]"),
    "dilated": ("3x9x9", "5x5x5", "5x3x3x3", "dilations = [2, 2]"),
    "nhwc": ("9x9x4", "9x9x6", "6x4x3x3", 'padding = [1, 1, 1, 1], layout = "nhwc"'),
}


def model(case: str) -> Model:
    text = CONV.format(**dict(zip(("input", "output", "weight", "attributes"), CASES[case],
                                  strict=True)))  # fmt: skip
    shape = [int(size) for size in CASES[case][2].split("x")]
    weight = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return Model(dlir.load(text).module, {"w": weight})


def images(case: str) -> Any:
    """Neighbouring numbers are alike, as in real images."""
    shape = [int(size) for size in CASES[case][0].split("x")]
    white = np.random.default_rng(1).normal(size=(32, *shape))
    return np.cumsum(white, axis=2).astype(np.float32)


def result(one: Model, x: Any) -> Any:
    return Interpreter(one.module, params=one.params).call("main", x)[0]


@pytest.mark.parametrize("case", CASES)
def test_convolutions_lose_less(case: str) -> None:
    float_model, x = model(case), images(case)
    wanted = result(float_model, x)
    errors: dict[str, float] = {}
    for rounding in ("nearest", "gptq"):
        recipe = Recipe(Activations("none"), WeightsPart("i4", rounding=rounding))
        made = quantized(float_model.module, {"x": x}, float_model.params, recipe)
        errors[rounding] = float(np.square(result(made, x) - wanted).mean())
    assert errors["gptq"] < 0.9 * errors["nearest"]


@pytest.mark.parametrize("case", CASES)
def test_the_gram_is_of_the_rows_that_a_weight_meets(case: str) -> None:
    """The squared results of a convolution are w gram w."""
    one, x = model(case), images(case)
    (layer,) = layers_of(entry_function(one.module))
    assert isinstance(layer.op, Conv2dOp)
    gram = gram_of(layer, x)
    weight = one.params["w"]
    columns = weight.reshape(len(gram), -1, weight[0].size).astype(np.float64)
    got = np.einsum("gnk,gkl,gnl->gn", columns, gram, columns).ravel()
    channels = np.moveaxis(result(one, x), layer.channel_axis, 0)
    wanted = np.square(channels.astype(np.float64)).reshape(len(channels), -1).sum(axis=1)
    np.testing.assert_allclose(got, wanted, rtol=1e-4)
