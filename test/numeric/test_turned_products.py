"""Weights times a few columns: lanes run along the weights' rows, and the result is turned."""

from __future__ import annotations

import numpy as np
import pytest

import dlir

SIZES = [
    (64, 8),
    (63, 8),
    (64, 5),
    (65, 7),
    (127, 3),
    (1000, 11),
    (64, 15),
    (64, 16),
    (64, 2),
    (70, 1),
]
"""Rows of the weight and columns, around the least and the greatest numbers that are turned."""


@pytest.mark.parametrize("element", ["f32", "f64"])
@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_products(rows: int, columns: int, element: str) -> None:
    check(rows, columns, (), element)


@pytest.mark.parametrize("batch", [(0,), (1,), (3,), (2, 2)])
def test_stacks_of_products(batch: tuple[int, ...]) -> None:
    check(70, 8, batch, "f32")


@pytest.mark.parametrize("batch", [0, 1, 5])
def test_a_stack_of_unknown_height(batch: int) -> None:
    check(66, 7, (batch,), "f32", is_static=False)


def check(
    rows: int, columns: int, batch: tuple[int, ...], element: str, *, is_static: bool = True
) -> None:
    """relu(w x + bias of a row), and NaN and infinity where they belong."""
    terms, numbers = 37, np.random.default_rng(5)
    dtype = np.dtype({"f32": "f4", "f64": "f8"}[element])
    w, x, b = (
        numbers.standard_normal(shape).astype(dtype)
        for shape in ((rows, terms), (*batch, terms, columns), (rows, 1))
    )
    x[..., 3, 0], w[rows // 2, 0] = np.nan, np.inf
    head = "".join(f"{n if is_static else '?'}x" for n in batch)
    given, result = (f"tensor<{head}{n}x{columns}x{element}>" for n in (terms, rows))
    weight, bias = f"tensor<{rows}x{terms}x{element}>", f"tensor<{rows}x1x{element}>"
    text = f"""func.func @main(%x: {given}, %b: {bias}) -> {result} {{
      %w = dl.param "w" : {weight}
      %p = dl.matmul %w, %x acc {element} : ({weight}, {given}) -> {result}
      %s = dl.add %p, %b : ({result}, {bias}) -> {result}
      %y = dl.relu %s : {result}
      func.return %y : {result}
    }}"""
    got = dlir.compile(text, target="cpu", params={"w": w})(x, b)
    want = dlir.compile(text, target="ref", params={"w": w})(x, b)
    np.testing.assert_allclose(got, want, rtol=1e-4 if element == "f32" else 1e-12, atol=1e-5)
