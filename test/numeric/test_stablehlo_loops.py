"""Loops that count, on ref and on cpu, against Python's."""

from __future__ import annotations

import numpy as np
import pytest

import dlir

TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])


def loop(element: str) -> str:
    """Two values that change places, the counter seen, and a bound among what is carried."""
    i = f"tensor<{element}>"
    types = f"{i}, {i}, tensor<2xf32>, tensor<2xf32>"
    return f"""func.func @main(%s: {i}, %n: {i}, %x: tensor<2xf32>)
    -> ({i}, {i}, tensor<2xf32>, tensor<2xf32>) {{
  %one = stablehlo.constant dense<1> : {i}
  %y:4 = stablehlo.while(%i = %s, %m = %n, %a = %x, %b = %x) : {types}
  cond {{
    %c = stablehlo.compare LT, %i, %m : ({i}, {i}) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }} do {{
    %j = stablehlo.add %one, %i : {i}
    %k = stablehlo.convert %i : ({i}) -> tensor<f32>
    %l = stablehlo.broadcast_in_dim %k, dims = [] : (tensor<f32>) -> tensor<2xf32>
    %v = stablehlo.add %b, %l : tensor<2xf32>
    stablehlo.return %j, %m, %v, %a : {types}
  }}
  func.return %y#0, %y#1, %y#2, %y#3 : {types}
}}"""


@TARGETS
@pytest.mark.parametrize("element", ["i32", "i64"])
@pytest.mark.parametrize(("start", "bound"), [(0, 0), (0, 1), (0, 7), (-3, 4), (5, 2), (2, 18)])
def test_counted(start: int, bound: int, element: str, target: str) -> None:
    dtype = np.int32 if element == "i32" else np.int64
    x = np.array([1, 2], np.float32)
    i, a, b = start, x, x
    while i < bound:
        i, a, b = i + 1, b + np.float32(i), a
    given = dlir.run(loop(element), dtype(start), dtype(bound), x, target=target)
    for output, wanted in zip(given, (i, bound, a, b), strict=True):
        np.testing.assert_array_equal(output, wanted)
    assert given[0].dtype == dtype


@TARGETS
@pytest.mark.parametrize("rounds", [0, 1, 2, 50])
def test_repeated(rounds: int, target: str) -> None:
    """What JAX makes of `fori_loop(0, n, lambda i, z: z * w + i, x)`."""
    text = f"""func.func @main(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {{
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %y:2 = stablehlo.while(%i = %zero, %z = %x) : tensor<i32>, tensor<4xf32>
  cond {{
    %n = stablehlo.constant dense<{rounds}> : tensor<i32>
    %c = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }} do {{
    %one = stablehlo.constant dense<1> : tensor<i32>
    %k = stablehlo.convert %i : (tensor<i32>) -> tensor<f32>
    %l = stablehlo.broadcast_in_dim %k, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %p = stablehlo.multiply %z, %w : tensor<4xf32>
    %q = stablehlo.add %p, %l : tensor<4xf32>
    %j = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %j, %q : tensor<i32>, tensor<4xf32>
  }}
  func.return %y#1 : tensor<4xf32>
}}"""
    x, w = np.random.default_rng(8).random((2, 4)).astype(np.float32)
    z = x.astype(np.float64)
    for i in range(rounds):
        z = z * w + i
    np.testing.assert_allclose(dlir.run(text, x, w, target=target), z, 1e-5)
