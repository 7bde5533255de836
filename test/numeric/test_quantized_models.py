"""Models in int8 stay near their float form, and every target computes the same integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.integer_models import in_integers

import dlir
from dlir.api import Model
from dlir.diagnostics import CompileError
from dlir.interpreter import Interpreter

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


def residual(join: str) -> Model:
    text, type, n = JOINS[join]
    rng = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {
        "w0": (8, 3, 3, 3), "b0": (8,), "scale": (8,), "w1": (8, 4, 3, 3), "w2": (5, n), "b2": (5,)
    }  # fmt: skip
    weights = {name: rng.normal(size=s).astype(np.float32) * 0.5 for name, s in shapes.items()}
    weights["variance"] = rng.uniform(0.5, 2, 8).astype(np.float32)
    module = dlir.load(RESIDUAL.format(join=text, join_type=type, n=n)).module
    return Model(module, weights)


def images(count: int, seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=(count, 3, 12, 12)).astype(np.float32)


def ref(model: Model, *inputs: Any) -> Any:
    return Interpreter(model.module, params=model.params).call("main", *inputs)[0]


def int8(model: Model, **calibration: Any) -> Model:
    return in_integers(model.module, calibration, model.params)


@pytest.mark.parametrize("join", JOINS)
def test_near_the_float_model_and_equal_on_every_target(join: str) -> None:
    model = residual(join)
    result = int8(model, x=images(16, 2))
    x = images(4, 3)
    wanted, got = ref(model, x), ref(result, x)
    assert np.abs(got - wanted).max() < 0.05 * np.abs(wanted).max()
    compiled = dlir.compile(result, target="cpu", cache=False)
    np.testing.assert_array_equal(compiled(x), got)


@pytest.mark.parametrize("join", JOINS)
def test_everything_between_the_layers_is_integer(join: str) -> None:
    """The input is quantised; floats come back at the end only."""
    model = residual(join)
    names = [op.name for op in int8(model, x=images(2, 2)).module.walk()]
    assert names.count("dl.quantize") == 1 and names.count("dl.dequantize") == 1
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
    result = int8(Model(dlir.load(text).module, weights), x=x)
    half = np.abs(x).max() / 127 / 2
    assert np.abs(ref(result, x) - x).max() <= half * 1.0001


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
    model, x = Model(dlir.load(text).module, weights), np.full((1, 4), sample, np.float32)
    result = int8(model, x=x)
    wanted = ref(model, x)
    assert np.abs(ref(result, x) - wanted).max() <= np.abs(wanted).max() / 127


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
    weights = {"w": np.ones((2, 4, 4), np.float32), "v": np.ones((4, 4), np.float32)}
    model = Model(dlir.load(text).module, weights)
    x, u = np.ones((1, 2, 3, 4), np.float32), np.ones((1, 4, 4), np.float32)
    assert str(int8(model, x=x, u=u).module) == str(model.module)


def with_number(name: str, value: float) -> Model:
    model = residual("add")
    weight = np.array(model.params[name])
    weight.flat[0] = value
    return Model(model.module, {**model.params, name: weight})


@pytest.mark.parametrize("name", ["w1", "b0", "scale"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(name: str, value: float) -> None:
    with pytest.raises(CompileError, match="NaN or infinit"):
        int8(with_number(name, value), x=images(2, 2))


@pytest.mark.parametrize("name", ["w1", "b0"])
def test_weights_that_are_huge(name: str) -> None:
    """What overflows as floats is refused or does so in int8, and nothing else does."""
    model = with_number(name, 1e38)
    with np.errstate(all="ignore"):
        wanted, got = (ref(one, images(2, 2)) for one in (model, int8(model, x=images(2, 2))))
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(wanted))


def test_samples_are_batches_or_whole_inputs() -> None:
    """Along the first axis: slices of it, or inputs with an axis more."""
    model = residual("add")
    x = images(6, 2)
    batches = int8(model, x=x)
    others = [x[:, None], x.reshape(2, 3, *x.shape[1:])]
    assert {str(int8(model, x=other).module) for other in others} == {str(batches.module)}


def test_weights_must_be_there() -> None:
    model = residual("add")
    weights = {name: model.params[name] for name in model.params if name != "w1"}
    with pytest.raises(CompileError, match='no weight named "w1" was given'):
        int8(Model(model.module, weights), x=images(1, 0))
