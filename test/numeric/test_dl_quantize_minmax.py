"""Models in int8 stay near their float form, and every target computes the same integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir.diagnostics import CompileError
from dlir.interpreter import Interpreter
from dlir.transforms.dl_quantize_minmax import quantize_minmax
from dlir.verifier import verify

RESIDUAL = """
func.func @main(%x: tensor<?x3x12x12xf32>) -> tensor<?x5xf32> {{
  %w0 = dl.param "w0" : tensor<8x3x3x3xf32>
  %b0 = dl.param "b0" : tensor<8xf32>
  %s = dl.param "scale" : tensor<8xf32>
  %v = dl.param "variance" : tensor<8xf32>
  %0 = dl.conv2d %x, %w0 acc f32 {{padding = [1, 1, 1, 1]}}
      : (tensor<?x3x12x12xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x12x12xf32>
  %c = dl.reshape %b0 : tensor<8xf32> -> tensor<8x1x1xf32>
  %1 = dl.add %0, %c : (tensor<?x8x12x12xf32>, tensor<8x1x1xf32>) -> tensor<?x8x12x12xf32>
  %2 = dl.batch_norm %1, %s, %b0, %b0, %v : (tensor<?x8x12x12xf32>, tensor<8xf32>, tensor<8xf32>,
      tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x12x12xf32>
  %3 = dl.relu %2 : tensor<?x8x12x12xf32>
  %w1 = dl.param "w1" : tensor<8x4x3x3xf32>
  %4 = dl.conv2d %3, %w1 acc f32 {{padding = [1, 1, 1, 1], groups = 2}}
      : (tensor<?x8x12x12xf32>, tensor<8x4x3x3xf32>) -> tensor<?x8x12x12xf32>
  %5 = dl.{join} : {join_type}
  %6 = dl.relu %5 : tensor<?x{n}x12x12xf32>
  %7 = dl.max_pool2d %6 {{kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]}}
      : tensor<?x{n}x12x12xf32> -> tensor<?x{n}x6x6xf32>
  %8 = dl.reduce_mean %7 {{axes = [2, 3]}} : tensor<?x{n}x6x6xf32> -> tensor<?x{n}xf32>
  %w2 = dl.param "w2" : tensor<5x{n}xf32>
  %b2 = dl.param "b2" : tensor<5xf32>
  %9 = dl.matmul %8, %w2 acc f32 {{transpose_rhs}}
      : (tensor<?x{n}xf32>, tensor<5x{n}xf32>) -> tensor<?x5xf32>
  %y = dl.add %9, %b2 : (tensor<?x5xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  func.return %y : tensor<?x5xf32>
}}
"""
EIGHT = "tensor<?x8x12x12xf32>"
JOINS = {
    "add": ("add %3, %4", EIGHT, 8),
    "add_itself": ("add %4, %4", EIGHT, 8),
    "concat": (
        "concat %3, %4, %3 {axis = 1}",
        f"({EIGHT}, {EIGHT}, {EIGHT}) -> tensor<?x24x12x12xf32>",
        24,
    ),
}


def residual(join: str) -> tuple[ModuleOp, dict[str, Any]]:
    text, type, n = JOINS[join]
    rng = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {
        "w0": (8, 3, 3, 3), "b0": (8,), "scale": (8,), "w1": (8, 4, 3, 3), "w2": (5, n), "b2": (5,)
    }  # fmt: skip
    weights = {name: rng.normal(size=s).astype(np.float32) * 0.5 for name, s in shapes.items()}
    weights["variance"] = rng.uniform(0.5, 2, 8).astype(np.float32)
    module = dlir.load(RESIDUAL.format(join=text, join_type=type, n=n)).module
    return module, weights


def images(count: int, seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=(count, 3, 12, 12)).astype(np.float32)


def quantised(module: ModuleOp, calibration: dict[str, Any], weights: dict[str, Any]) -> ModuleOp:
    result = module.clone()
    quantize_minmax(result, calibration, weights)
    verify(result)
    return result


def ref(module: ModuleOp, weights: dict[str, Any], *inputs: Any) -> Any:
    return Interpreter(module, params=weights).call("main", *inputs)[0]


@pytest.mark.parametrize("join", JOINS)
def test_near_the_float_model_and_equal_on_every_target(join: str) -> None:
    module, weights = residual(join)
    result = quantised(module, {"x": images(16, 2)}, weights)
    x = images(4, 3)
    wanted, got = ref(module, weights, x), ref(result, weights, x)
    assert np.abs(got - wanted).max() < 0.05 * np.abs(wanted).max()
    compiled = dlir.compile(dlir.load(result, weights), target="cpu", cache=False)
    np.testing.assert_array_equal(compiled(x), got)


@pytest.mark.parametrize("join", JOINS)
def test_everything_between_the_layers_is_integer(join: str) -> None:
    """One quantisation of the input and one per weight; floats come back at the end only."""
    module, weights = residual(join)
    names = [op.name for op in quantised(module, {"x": images(2, 2)}, weights).walk()]
    assert names.count("dl.quantize") == 4 and names.count("dl.dequantize") == 1
    assert not {"dl.batch_norm", "dl.reduce_mean"} & {*names}


def test_all_of_a_range_is_used() -> None:
    """What was seen in calibration does not saturate: an identity is right to half a step."""
    text = """
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %w = dl.param "w" : tensor<4x4xf32>
      %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
      func.return %0 : tensor<?x4xf32>
    }
    """
    weights = {"w": np.eye(4, dtype=np.float32)}
    x = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    result = quantised(dlir.load(text).module, {"x": x}, weights)
    half = np.abs(x).max() / 127 / 2
    assert np.abs(ref(result, weights, x) - x).max() <= half * 1.0001


@pytest.mark.parametrize("weight", [0.0, 1e-30, 1e-44])
@pytest.mark.parametrize("sample", [0.0, 1e-30, 1e30])
def test_channels_that_are_hardly_anything(weight: float, sample: float) -> None:
    """The bias alone is left, and right."""
    text = """
    func.func @main(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
      %w = dl.param "w" : tensor<4x2xf32>
      %b = dl.param "b" : tensor<2xf32>
      %v = dl.param "v" : tensor<2x2xf32>
      %0 = dl.matmul %x, %w acc f32 : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
      %1 = dl.add %0, %b : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
      %2 = dl.matmul %1, %v acc f32 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
      func.return %2 : tensor<1x2xf32>
    }
    """
    weights = {
        "w": np.full((4, 2), weight, np.float32),
        "b": np.array([3.0, -50.0], np.float32),
        "v": np.eye(2, dtype=np.float32),
    }
    module, x = dlir.load(text).module, np.full((1, 4), sample, np.float32)
    result = quantised(module, {"x": x}, weights)
    wanted = ref(module, weights, x)
    assert np.abs(ref(result, weights, x) - wanted).max() <= np.abs(wanted).max() / 127


def test_layers_that_stay_float() -> None:
    """Weights that are not known, stacks of them, other accumulators."""
    text = """
    func.func @main(%x: tensor<2x3x4xf32>, %u: tensor<4x4xf32>) -> tensor<2x3x4xf32> {
      %w = dl.param "w" : tensor<2x4x4xf32>
      %v = dl.param "v" : tensor<4x4xf32>
      %0 = dl.matmul %x, %w acc f32 : (tensor<2x3x4xf32>, tensor<2x4x4xf32>) -> tensor<2x3x4xf32>
      %1 = dl.matmul %0, %u acc f32 : (tensor<2x3x4xf32>, tensor<4x4xf32>) -> tensor<2x3x4xf32>
      %2 = dl.matmul %1, %v acc f64 : (tensor<2x3x4xf32>, tensor<4x4xf32>) -> tensor<2x3x4xf32>
      func.return %2 : tensor<2x3x4xf32>
    }
    """
    module = dlir.load(text).module
    weights = {"w": np.ones((2, 4, 4), np.float32), "v": np.ones((4, 4), np.float32)}
    calibration = {"x": np.ones((1, 2, 3, 4), np.float32), "u": np.ones((1, 4, 4), np.float32)}
    assert str(quantised(module, calibration, weights)) == str(module)


@pytest.mark.parametrize("name", ["w1", "b0", "scale"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38])
def test_weights_without_a_scale_stay_float(name: str, value: float) -> None:
    """What is not finite, alone or with the batch norm, is no weight or bias of an int8 layer."""
    module, weights = residual("add")
    weights[name] = weights[name].copy()
    weights[name].flat[0] = value
    try:
        result = quantised(module, {"x": images(2, 2)}, weights)
    except CompileError as error:
        assert "is not finite for some calibration sample" in str(error)
        return
    wanted, got = (ref(m, weights, images(2, 2)) for m in (module, result))
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(wanted))


def test_samples_are_batches_or_whole_inputs() -> None:
    """Along the first axis: slices of it, or inputs with an axis more."""
    module, weights = residual("add")
    x = images(6, 2)
    batches = quantised(module, {"x": x}, weights)
    assert str(batches) == str(quantised(module, {"x": x[:, None]}, weights))
    assert str(batches) == str(quantised(module, {"x": x.reshape(2, 3, *x.shape[1:])}, weights))


def test_weights_must_be_there() -> None:
    module, weights = residual("add")
    del weights["w1"]
    with pytest.raises(CompileError, match='no weight named "w1" was given'):
        quantize_minmax(module, {"x": images(1, 0)}, weights)
