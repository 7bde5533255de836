"""A few columns, or rows, of a product with lanes along the sum: what is read once for all."""

from __future__ import annotations

import numpy as np
import pytest

import dlir
from dlir.numpy_types import Array

COUNTS = [1, 2, 3, 5, 6, 7, 8, 9]
"""Results that are computed together, up to 8; more are a contraction of tiles."""
LENGTHS = [64, 65, 79, 128, 257]
"""Terms of a sum, from the fewest that lanes run along."""


def check(x: Array, w: Array, is_turned: bool, is_weight: bool, threads: int = 1) -> None:
    """relu(x w + bias), where w lies as [terms, columns] or, turned, as [columns, terms]."""
    element = {"float32": "f32", "float64": "f64"}[x.dtype.name]
    rows, columns = len(x), len(w) if is_turned else w.shape[1]
    given, other, result = (
        f"tensor<{a}x{b}x{element}>" for a, b in (x.shape, w.shape, (rows, columns))
    )
    b = np.linspace(-1, 1, columns).astype(x.dtype)
    argument, weight = ("", f'%w = dl.param "w" : {other}')
    if not is_weight:
        argument, weight = f", %w: {other}", ""
    text = f"""func.func @main(%x: {given}, %b: tensor<{columns}x{element}>{argument})
        -> {result} {{
      {weight}
      %p = dl.matmul %x, %w acc {element} {"{transpose_rhs}" if is_turned else ""}
          : ({given}, {other}) -> {result}
      %s = dl.add %p, %b : ({result}, tensor<{columns}x{element}>) -> {result}
      %y = dl.relu %s : {result}
      func.return %y : {result}
    }}"""
    inputs, params = ([x, b], {"w": w}) if is_weight else ([x, b, w], {})
    got = dlir.compile(text, target="cpu", params=params, threads=threads)(*inputs)
    exact = x.astype(np.float64) @ (w.T if is_turned else w).astype(np.float64) + b
    bound = 1e-4 if element == "f32" else 1e-11
    np.testing.assert_allclose(got, np.maximum(exact, 0), rtol=bound, atol=bound)


def numbers(*shape: int, element: str = "f4") -> Array:
    return np.random.default_rng(shape[0]).standard_normal(shape).astype(element)


@pytest.mark.parametrize("terms", LENGTHS)
@pytest.mark.parametrize("columns", COUNTS)
def test_few_columns(columns: int, terms: int) -> None:
    check(numbers(11, terms), numbers(terms, columns), is_turned=False, is_weight=True)


@pytest.mark.parametrize("terms", LENGTHS)
@pytest.mark.parametrize("rows", COUNTS)
def test_few_rows_and_a_side_that_is_read_as_it_lies(rows: int, terms: int) -> None:
    check(numbers(rows, terms), numbers(23, terms), is_turned=True, is_weight=False)


@pytest.mark.parametrize("is_weight", [True, False])
@pytest.mark.parametrize("columns", [3, 8])
def test_of_f64_by_two_threads(columns: int, is_weight: bool) -> None:
    x, w = numbers(1000, 300, element="f8"), numbers(300, columns, element="f8")
    check(x, w, is_turned=False, is_weight=is_weight, threads=2)


@pytest.mark.parametrize("rows", [0, 1])
def test_few_columns_of_few_rows(rows: int) -> None:
    check(numbers(1, 70)[:rows], numbers(70, 6), is_turned=False, is_weight=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none(bad: float) -> None:
    """In one column of one side: they stay there."""
    x, w = numbers(5, 100), numbers(100, 7)
    w[99, 3] = bad
    x[4] = np.abs(x[4])
    check(x, w, is_turned=False, is_weight=True)


def test_maxima_of_what_a_few_results_share() -> None:
    """Not only sums: the greatest of x + w, for three w."""
    text = """func.func @main(%x: tensor<9x1x200xf32>, %w: tensor<3x200xf32>) -> tensor<9x3xf32> {
      %s = dl.add %x, %w : (tensor<9x1x200xf32>, tensor<3x200xf32>) -> tensor<9x3x200xf32>
      %y = dl.reduce_max %s {axes = [2]} : tensor<9x3x200xf32> -> tensor<9x3xf32>
      func.return %y : tensor<9x3xf32>
    }"""
    x, w = numbers(9, 1, 200), numbers(3, 200)
    np.testing.assert_array_equal(dlir.compile(text, target="cpu")(x, w), (x + w).max(-1))
