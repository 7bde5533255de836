"""Regions that `dl` has no name for, in scatters, sorts and pooling, against a plain evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key

import numpy as np
import pytest

import dlir

TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])
RNG = np.random.default_rng(3)


def scatter_text(rows: int, places: int, *, unique: bool = False) -> str:
    """2 x - u for every update, whose order counts; and a second operand that the first one's old
    elements are added to."""
    x, u, i = f"tensor<{rows}x3xf32>", f"tensor<{places}x3xf32>", f"tensor<{places}x1xi32>"
    flag = ", unique_indices = true" if unique else ""
    return f"""func.func @main(%x: {x}, %z: {x}, %i: {i}, %u: {u}, %v: {u}) -> ({x}, {x}) {{
  %two = stablehlo.constant dense<2.0> : tensor<f32>
  %y:2 = "stablehlo.scatter"(%x, %z, %i, %u, %v) <{{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
      inserted_window_dims = [0], scatter_dims_to_operand_dims = [0],
      index_vector_dim = 1>{flag}}}> ({{
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<f32>, %d: tensor<f32>):
    %0 = stablehlo.multiply %two, %a : tensor<f32>
    %1 = stablehlo.subtract %0, %c : tensor<f32>
    %2 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %1, %2 : tensor<f32>, tensor<f32>
  }}) : ({x}, {x}, {i}, {u}, {u}) -> ({x}, {x})
  func.return %y#0, %y#1 : {x}, {x}
}}"""


@TARGETS
@pytest.mark.parametrize(
    "indices",
    [[], [2], [3, 0, 3, 9, -1, 3], [0] * 7, [4, 3, 2, 1, 0], [8, -1]],
    ids=lambda i: f"{len(i)}-{'_'.join(map(str, i))}",
)
def test_scatter(target: str, indices: list[int]) -> None:
    x, z = (RNG.standard_normal((5, 3)).astype(np.float32) for _ in range(2))
    u, v = (RNG.standard_normal((len(indices), 3)).astype(np.float32) for _ in range(2))
    places = np.array(indices, np.int32).reshape(-1, 1)
    wanted = x.copy(), z.copy()
    for index, update in zip(indices, u, strict=True):
        if 0 <= index < 5:
            wanted[1][index] += wanted[0][index]
            wanted[0][index] = 2 * wanted[0][index] - update
    given = dlir.run(scatter_text(5, len(indices)), x, z, places, u, v, target=target)
    for output, expected in zip(given, wanted, strict=True):
        np.testing.assert_allclose(output, expected, 1e-5, 1e-6)


@TARGETS
def test_scatter_of_unique_places(target: str) -> None:
    x, z, u, v = (RNG.standard_normal((4, 3)).astype(np.float32) for _ in range(4))
    places = np.array([[3], [7], [0], [-1]], np.int32)
    wanted = x.copy(), z.copy()
    for row, update in ((3, u[0]), (0, u[2])):
        wanted[0][row], wanted[1][row] = 2 * x[row] - update, x[row] + z[row]
    given = dlir.run(scatter_text(4, 4, unique=True), x, z, places, u, v, target=target)
    for output, expected in zip(given, wanted, strict=True):
        np.testing.assert_allclose(output, expected, 1e-5, 1e-6)


def sort_text(shape: Sequence[int], axis: int) -> str:
    """Rising by |key|, of equal ones falling by the second key."""
    sizes = "".join(f"{n}x" for n in shape)
    f, i = f"tensor<{sizes}f32>", f"tensor<{sizes}i32>"
    return f"""func.func @main(%x: {f}, %z: {i}) -> ({f}, {i}) {{
  %y:2 = "stablehlo.sort"(%x, %z) <{{dimension = {axis} : i64, is_stable = true}}> ({{
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %j: tensor<i32>, %k: tensor<i32>):
    %p = stablehlo.abs %a : tensor<f32>
    %q = stablehlo.abs %b : tensor<f32>
    %lt = stablehlo.compare LT, %p, %q : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %eq = stablehlo.compare EQ, %p, %q : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %gt = stablehlo.compare GT, %j, %k : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %r = stablehlo.select %eq, %gt, %lt : tensor<i1>, tensor<i1>
    stablehlo.return %r : tensor<i1>
  }}) : ({f}, {i}) -> ({f}, {i})
  func.return %y#0, %y#1 : {f}, {i}
}}"""


@TARGETS
@pytest.mark.parametrize("size", [0, 1, 2, 7, 16, 17])
def test_sort(target: str, size: int) -> None:
    keys = RNG.integers(-3, 4, size).astype(np.float32)
    others = RNG.integers(0, 3, size).astype(np.int32)

    def compare(m: int, n: int) -> float:
        return abs(keys[m]) - abs(keys[n]) or others[n] - others[m]

    order = sorted(range(size), key=cmp_to_key(compare))
    given = dlir.run(sort_text([size], 0), keys, others, target=target)
    np.testing.assert_array_equal(given[0], keys[order])
    np.testing.assert_array_equal(given[1], others[order])


@TARGETS
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_sort_along_each_axis(target: str, axis: int) -> None:
    x = RNG.standard_normal((3, 4, 5)).astype(np.float32)
    z = np.zeros((3, 4, 5), np.int32)
    order = np.argsort(np.abs(x), axis, kind="stable")
    given = dlir.run(sort_text(x.shape, axis), x, z, target=target)
    np.testing.assert_array_equal(given[0], np.take_along_axis(x, order, axis))


FOLDS: dict[str, Callable[[float, float], float]] = {
    "add": lambda total, value: total + value,
    "maximum": max,
    "subtract": lambda total, value: total - value,
}


@TARGETS
@pytest.mark.parametrize("init", [0.0, 2.5])
@pytest.mark.parametrize("fold", FOLDS)
def test_select_and_scatter(target: str, fold: str, init: float) -> None:
    """Overlapping windows of 3 with stride 2 over 8 elements, padded by 1 and 0."""
    x, source = (RNG.standard_normal(n).astype(np.float32) for n in (8, 4))
    text = f"""func.func @main(%x: tensor<8xf32>, %s: tensor<4xf32>) -> tensor<8xf32> {{
  %v = stablehlo.constant dense<{init:.1f}> : tensor<f32>
  %y = "stablehlo.select_and_scatter"(%x, %s, %v) <{{window_dimensions = array<i64: 3>,
    window_strides = array<i64: 2>, padding = dense<[[1, 0]]> : tensor<1x2xi64>}}> ({{
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }}, {{
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.{fold} %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }}) : (tensor<8xf32>, tensor<4xf32>, tensor<f32>) -> tensor<8xf32>
  func.return %y : tensor<8xf32>
}}"""
    wanted = np.full(8, init, np.float32)
    for window, value in enumerate(source):
        inside = [i for i in range(2 * window - 1, 2 * window + 2) if 0 <= i < 8]
        best = max(inside, key=lambda i: x[i])
        wanted[best] = FOLDS[fold](wanted[best], value)
    np.testing.assert_allclose(dlir.run(text, x, source, target=target), wanted, 1e-5, 1e-6)
