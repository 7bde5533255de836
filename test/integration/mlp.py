"""A small model with weights, an unknown batch size and two results."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlir.params import write_weights

TEXT = """func.func @main(%x: tensor<?x20xf32>) -> (tensor<?x10xf32>, tensor<?xf32>) {
  %w0 = dl.param "w0" : tensor<20x17xf32>
  %b0 = dl.param "b0" : tensor<17xf32>
  %w1 = dl.param "w1" : tensor<17x10xf32>
  %h = dl.matmul %x, %w0 acc f32 : (tensor<?x20xf32>, tensor<20x17xf32>) -> tensor<?x17xf32>
  %i = dl.add %h, %b0 : (tensor<?x17xf32>, tensor<17xf32>) -> tensor<?x17xf32>
  %j = dl.tanh %i : tensor<?x17xf32>
  %k = dl.matmul %j, %w1 acc f32 : (tensor<?x17xf32>, tensor<17x10xf32>) -> tensor<?x10xf32>
  %p = dl.softmax %k {axis = 1} : tensor<?x10xf32>
  %m = dl.reduce_max %p {axes = [1]} : tensor<?x10xf32> -> tensor<?xf32>
  func.return %p, %m : tensor<?x10xf32>, tensor<?xf32>
}
"""
TANH_LINE = "mlp.mlir:7:8"

_RNG = np.random.default_rng(5)
WEIGHTS = {
    "w0": _RNG.normal(size=(20, 17)).astype(np.float32),
    "b0": _RNG.normal(size=17).astype(np.float32),
    "w1": _RNG.normal(size=(17, 10)).astype(np.float32),
}
X = _RNG.normal(size=(7, 20)).astype(np.float32)


def write_mlp(folder: Path) -> Path:
    """The model as `mlp.mlir`, its weights beside it."""
    path = folder / "mlp.mlir"
    path.write_text(TEXT)
    write_weights(folder / "mlp.safetensors", WEIGHTS)
    return path
