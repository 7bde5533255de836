"""`dl-fold-constants` with weights: new ones in a new file, and the same results, bit by bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numeric.dl_meaning import BF16

import dlir
from dlir.diagnostics import CompileError
from dlir.params import Weights, param_ops, write_weights
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_fold_constants import DlFoldConstants, fold_constants

CONTEXT = default_registry().context()
TEXT = """
func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x8xf32>, tensor<8xbf16>, tensor<4x8xf32>) {
  %w = dl.param "fc.weight" : tensor<8x4xf32>
  %b = dl.param "fc.bias" : tensor<8xbf16>
  %two = dl.constant dense<2.0> : tensor<f32>
  %t = dl.transpose %w {perm = [1, 0]} : tensor<8x4xf32> -> tensor<4x8xf32>
  %u = dl.mul %t, %two : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
  %p = dl.matmul %x, %u acc f32 : (tensor<?x4xf32>, tensor<4x8xf32>) -> tensor<?x8xf32>
  %c = dl.cast %b : tensor<8xbf16> -> tensor<8xf32>
  %y = dl.add %p, %c : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %n = dl.neg %b : tensor<8xbf16>
  func.return %y, %n, %t : tensor<?x8xf32>, tensor<8xbf16>, tensor<4x8xf32>
}
"""
RANDOM = np.random.default_rng(5)
WEIGHTS = {
    "fc.weight": RANDOM.standard_normal((8, 4)).astype(np.float32),
    "fc.bias": RANDOM.standard_normal(8).astype(BF16),
    "unused": np.zeros(3, np.float32),
}
WEIGHTS["fc.weight"][0, 0] = np.nan
X = RANDOM.standard_normal((3, 4)).astype(np.float32)


def outcome(module: object, params: object) -> list[np.ndarray]:
    return [np.asarray(y) for y in dlir.compile(module, target="ref", params=params)(X)]


def test_weights_are_folded_into_new_ones(tmp_path: Path) -> None:
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    write_weights(old, WEIGHTS)
    module = parse_module(TEXT, CONTEXT, "model")
    before = outcome(TEXT, WEIGHTS)
    DlFoldConstants(params=str(old), output=str(new)).apply(CONTEXT, module)
    assert sorted(name for _, name in param_ops(module)) == [
        "fc.bias.cast",
        "fc.bias.neg",
        "fc.weight.mul",
        "fc.weight.transpose",
    ]
    assert sorted(Weights(new)) == sorted(name for _, name in param_ops(module))
    assert {op.name for op in module.walk() if op.name.startswith("dl.")} == {
        "dl.param",
        "dl.matmul",
        "dl.add",
    }
    for one, other in zip(before, outcome(module, str(new)), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one.astype(float), other.astype(float))


def test_names_do_not_collide() -> None:
    module = parse_module(TEXT, CONTEXT, "model")
    taken = WEIGHTS | {"fc.bias.neg": np.ones(2, np.float32)}
    folded = fold_constants(module, taken)
    assert "fc.bias.neg.2" in {name for _, name in param_ops(module)}
    assert np.array_equal(folded["fc.bias.neg"], taken["fc.bias.neg"])


def test_a_limit_of_size() -> None:
    module = parse_module(TEXT, CONTEXT, "model")
    fold_constants(module, WEIGHTS, max_bytes=32)
    names = {name for _, name in param_ops(module)}
    assert names == {"fc.weight", "fc.bias.cast", "fc.bias.neg"}


def test_weights_must_be_there_and_fit(tmp_path: Path) -> None:
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    write_weights(old, {"fc.weight": WEIGHTS["fc.weight"]})
    module = parse_module(TEXT, CONTEXT, "model")
    with pytest.raises(CompileError, match="no weight named"):
        DlFoldConstants(params=str(old), output=str(new)).apply(CONTEXT, module)
    assert not new.exists()


def test_narrow_weights_are_not_made_wide() -> None:
    """Unpacked and dequantised they would be eight times as large."""
    text = """func.func @main() -> tensor<64x300xf32> {
  %p = dl.param "w" : tensor<64x150xui8>
  %s = dl.param "s" : tensor<300xf32>
  %q = dl.unpack %p : tensor<64x150xui8> -> tensor<64x300xi4>
  %w = dl.dequantize %q, %s {axis = 1} : (tensor<64x300xi4>, tensor<300xf32>) -> tensor<64x300xf32>
  func.return %w : tensor<64x300xf32>
}"""
    module = parse_module(text, default_registry().context())
    weights = {"w": np.zeros((64, 150), np.uint8), "s": np.ones(300, np.float32)}
    fold_constants(module, weights)
    assert [op.name for op in module.walk() if op.name.startswith("dl.")] == [
        "dl.param",
        "dl.param",
        "dl.unpack",
        "dl.dequantize",
    ]
