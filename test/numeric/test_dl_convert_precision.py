"""Models in half-sized types: near the f32 model, and the same on cpu as by their semantics."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dlir
from dlir.api import Model
from dlir.pipeline import PassManager
from dlir.registry import default_registry

MLP = """
func.func @main(%x: tensor<?x67xf32>) -> tensor<?x10xf32> {
  %w = dl.param "w" : tensor<67x129xf32>
  %v = dl.param "v" : tensor<129x10xf32>
  %b = dl.constant dense<0.25> : tensor<10xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x67xf32>, tensor<67x129xf32>) -> tensor<?x129xf32>
  %1 = dl.gelu %0 : tensor<?x129xf32>
  %2 = dl.matmul %1, %v acc f32 : (tensor<?x129xf32>, tensor<129x10xf32>) -> tensor<?x10xf32>
  %3 = dl.add %2, %b : (tensor<?x10xf32>, tensor<10xf32>) -> tensor<?x10xf32>
  %4 = dl.softmax %3 {axis = 1} : tensor<?x10xf32>
  func.return %4 : tensor<?x10xf32>
}"""
CONV = """
func.func @main(%x: tensor<2x3x13x11xf32>) -> tensor<2x17xf32> {
  %w = dl.param "w" : tensor<17x3x3x3xf32>
  %0 = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1]}
      : (tensor<2x3x13x11xf32>, tensor<17x3x3x3xf32>) -> tensor<2x17x13x11xf32>
  %1 = dl.relu %0 : tensor<2x17x13x11xf32>
  %2 = dl.max_pool2d %1 {kernel = [2, 2]} : tensor<2x17x13x11xf32> -> tensor<2x17x12x10xf32>
  %3 = dl.reduce_mean %2 {axes = [2, 3]} : tensor<2x17x12x10xf32> -> tensor<2x17xf32>
  func.return %3 : tensor<2x17xf32>
}"""
NORM = """
func.func @main(%x: tensor<5x65xf32>) -> tensor<5x65xf32> {
  %s = dl.param "s" : tensor<65xf32>
  %w = dl.param "w" : tensor<65x65xf32>
  %0 = dl.layer_norm %x, %s {axis = 1} : (tensor<5x65xf32>, tensor<65xf32>) -> tensor<5x65xf32>
  %1 = dl.matmul %0, %w acc f32 : (tensor<5x65xf32>, tensor<65x65xf32>) -> tensor<5x65xf32>
  %2 = dl.add %1, %x : (tensor<5x65xf32>, tensor<5x65xf32>) -> tensor<5x65xf32>
  func.return %2 : tensor<5x65xf32>
}"""
MODELS = {"mlp": (MLP, (7, 67)), "conv": (CONV, (2, 3, 13, 11)), "norm": (NORM, (5, 65))}
UNIT = {"bf16": 2.0**-8, "f16": 2.0**-11}
"""The relative error of one rounding."""
DTYPES = {"bf16": np.dtype(ml_dtypes.bfloat16), "f16": np.dtype(np.float16)}


def model(text: str) -> Model:
    rng = np.random.default_rng(3)
    loaded = dlir.load(text)
    params: dict[str, Any] = {}
    for op in loaded.module.walk():
        if op.name == "dl.param":
            shape = op.results[0].type.get_shape()  # pyright: ignore
            params[op.properties["name"].data] = (  # pyright: ignore
                rng.normal(size=shape) / np.sqrt(shape[0])
            ).astype(np.float32)
    return Model(loaded.module, params)


def converted(loaded: Model, options: str) -> Model:
    module = loaded.module.clone()
    PassManager(f"dl-convert-precision{{{options}}}").run(default_registry().context(), module)
    return Model(module, loaded.params)


@pytest.mark.parametrize("ops", ["all", "contractions"])
@pytest.mark.parametrize("to", ["bf16", "f16"])
@pytest.mark.parametrize("name", MODELS)
def test_near_the_model_in_f32(name: str, to: str, ops: str) -> None:
    text, shape = MODELS[name]
    whole = model(text)
    half = converted(whole, f"to={to} ops={ops}")
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    expected, meant = (dlir.run(m, x, target="ref") for m in (whole, half))
    largest = np.abs(expected).max()
    assert 0 < np.abs(meant - expected).max() <= 8 * UNIT[to] * largest
    executable = dlir.compile(half, target="cpu")
    assert np.abs(executable(x) - meant).max() <= 2 * UNIT[to] * largest
    packed = [c for c in executable.constants if c.size > 64]  # pyright: ignore
    assert packed and {c.dtype for c in packed if c.ndim > 1} == {DTYPES[to]}


@pytest.mark.parametrize("to", ["bf16", "f16"])
def test_special_values_pass(to: str) -> None:
    text = """
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.neg %x : tensor<?xf32>
  %1 = dl.abs %0 : tensor<?xf32>
  func.return %1 : tensor<?xf32>
}"""
    half = converted(dlir.load(text), f"to={to}")
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -3.4e38, 1e-45], np.float32)
    with np.errstate(over="ignore"):
        expected = np.abs(x.astype(DTYPES[to])).astype(np.float32)
    assert np.array_equal(dlir.run(half, x), expected, equal_nan=True)
    assert dlir.run(half, x[:0]).shape == (0,)


def test_an_option_of_compile() -> None:
    whole = model(MLP)
    x = np.random.default_rng(1).normal(size=(3, 67)).astype(np.float32)
    asked = dlir.compile(whole, precision="bf16")(x)
    assert np.array_equal(asked, dlir.compile(converted(whole, "to=bf16"))(x))
    assert not np.array_equal(asked, dlir.compile(whole)(x)), "the model itself is as it was"
    with pytest.raises(dlir.CompileError, match="no precision 'f8': there are bf16, f16"):
        dlir.compile(whole, precision="f8")
