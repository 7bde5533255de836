"""Dimensions whose size is set while a model runs, and collectives of one process."""

from __future__ import annotations

import numpy as np
import pytest

import dlir

TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])

BOUNDED = """func.func @main(%x: tensor<2x5xf32>, %n: tensor<i32>)
    -> (tensor<2x?xf32, #stablehlo.bounds<?, 5>>, tensor<2xf32>, tensor<i32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y = stablehlo.set_dimension_size %x, %n, dim = 1
      : (tensor<2x5xf32>, tensor<i32>) -> tensor<2x?xf32, #stablehlo.bounds<?, 5>>
  %z = stablehlo.multiply %y, %y : tensor<2x?xf32, #stablehlo.bounds<?, 5>>
  %s = stablehlo.reduce(%z init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<2x?xf32, #stablehlo.bounds<?, 5>>, tensor<f32>) -> tensor<2xf32>
  %m = stablehlo.get_dimension_size %z, dim = 1
      : (tensor<2x?xf32, #stablehlo.bounds<?, 5>>) -> tensor<i32>
  func.return %z, %s, %m
      : tensor<2x?xf32, #stablehlo.bounds<?, 5>>, tensor<2xf32>, tensor<i32>
}"""


@TARGETS
@pytest.mark.parametrize("size", [0, 1, 3, 5])
def test_bounded(size: int, target: str) -> None:
    x = np.arange(10, dtype=np.float32).reshape(2, 5)
    squares, sums, given = dlir.run(BOUNDED, x, np.int32(size), target=target)
    np.testing.assert_array_equal(squares, x[:, :size] ** 2)
    np.testing.assert_array_equal(sums, (x[:, :size] ** 2).sum(1))
    assert given == size


@TARGETS
@pytest.mark.parametrize("size", [-1, 6])
def test_bounded_beyond(size: int, target: str) -> None:
    x = np.zeros((2, 5), np.float32)
    with pytest.raises((ValueError, dlir.CompileError), match="within the dimension"):
        dlir.run(BOUNDED, x, np.int32(size), target=target)


ALONE = "replica_groups = dense<0> : tensor<1x1xi64>"
COLLECTIVES = f"""func.func @main(%x: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<ui32>) {{
  %a = "stablehlo.all_reduce"(%x) <{{{ALONE}}}> ({{
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = stablehlo.add %p, %q : tensor<f32>
    stablehlo.return %r : tensor<f32>
  }}) : (tensor<4xf32>) -> tensor<4xf32>
  %b = "stablehlo.all_gather"(%a) <{{all_gather_dim = 0 : i64, {ALONE}}}>
      : (tensor<4xf32>) -> tensor<4xf32>
  %c = "stablehlo.collective_permute"(%x) <{{source_target_pairs = dense<0> : tensor<1x2xi64>}}>
      : (tensor<4xf32>) -> tensor<4xf32>
  %d = "stablehlo.collective_permute"(%x) <{{source_target_pairs = dense<0> : tensor<0x2xi64>}}>
      : (tensor<4xf32>) -> tensor<4xf32>
  %i = stablehlo.replica_id : tensor<ui32>
  func.return %a, %b, %c, %d, %i
      : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<ui32>
}}"""


@TARGETS
def test_collectives_of_one(target: str) -> None:
    x = np.arange(4, dtype=np.float32)
    *given, number = dlir.run(COLLECTIVES, x, target=target)
    for output, wanted in zip(given, (x, x, x, 0 * x), strict=True):
        np.testing.assert_array_equal(output, wanted)
    assert number == 0 and number.dtype == np.uint32
