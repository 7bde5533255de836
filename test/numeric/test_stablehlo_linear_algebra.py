"""Factorisations and triangular equations against numpy, on ref and on cpu."""

from __future__ import annotations

import numpy as np
import pytest

import dlir

TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])
RNG = np.random.default_rng(9)
TOLERANCES = {"f64": 1e-9, "f32": 2e-4, "bf16": 2e-2}


def numbers(element: str, *shape: int) -> np.ndarray:
    x = RNG.standard_normal(shape)
    return x if element == "f64" else x.astype(np.float32)


def cholesky(x: np.ndarray, lower: bool, target: str, element: str = "f32") -> np.ndarray:
    sizes = "x".join(map(str, x.shape))
    wide = f"tensor<{sizes}x{'f64' if element == 'f64' else 'f32'}>"
    type = f"tensor<{sizes}x{element}>"
    text = f"""func.func @main(%x: {wide}) -> {wide} {{
  %a = stablehlo.convert %x : ({wide}) -> {type}
  %y = stablehlo.cholesky %a, lower = {str(lower).lower()} : {type}
  %z = stablehlo.convert %y : ({type}) -> {wide}
  func.return %z : {wide}
}}"""
    return dlir.run(text, x, target=target)


@TARGETS
@pytest.mark.parametrize("element", ["f32", "f64", "bf16"])
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2, 7, 16, 17])
def test_cholesky(size: int, lower: bool, element: str, target: str) -> None:
    """The other triangle holds NaN, and is not looked at."""
    root = numbers(element, 2, size, size)
    x = root @ root.swapaxes(1, 2) + size * np.eye(size, dtype=root.dtype)
    wanted = np.linalg.cholesky(x.astype(np.float64))
    other = np.triu_indices(size, 1)
    read = x.copy()
    read[:, *(other if lower else other[::-1])] = np.nan
    given = cholesky(read, lower, target, element)
    wanted = wanted if lower else wanted.swapaxes(1, 2)
    tolerance = TOLERANCES[element]
    np.testing.assert_allclose(given, wanted, tolerance, tolerance * max(size, 1) ** 0.5)


@TARGETS
def test_cholesky_of_what_has_none(target: str) -> None:
    """NaN in all of a matrix that is not positive definite, and in no other of the stack."""
    x = np.stack([np.eye(3), np.diag([1, 1, 0]), np.diag([1, -1, 1]), np.diag([1, np.nan, 1])])
    given = cholesky(x.astype(np.float32), True, target)
    np.testing.assert_array_equal(given[0], np.eye(3))
    assert np.isnan(given[1:]).all()


def solve(a: np.ndarray, b: np.ndarray, target: str, **flags: object) -> np.ndarray:
    element = {"float32": "f32", "float64": "f64"}[a.dtype.name]
    types = ["tensor<" + "".join(f"{n}x" for n in x.shape) + f"{element}>" for x in (a, b)]
    words = {True: "true", False: "false"}
    given = ", ".join(f"{name} = {words[value]}" for name, value in flags.items() if name != "how")
    text = f"""func.func @main(%a: {types[0]}, %b: {types[1]}) -> {types[1]} {{
  %x = "stablehlo.triangular_solve"(%a, %b) <{{{given},
    transpose_a = #stablehlo<transpose {flags["how"]}>}}>
    : ({types[0]}, {types[1]}) -> {types[1]}
  func.return %x : {types[1]}
}}"""
    return dlir.run(text, a, b, target=target)


@TARGETS
@pytest.mark.parametrize("how", ["NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"])
@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("left", [True, False])
def test_triangular_solve(left: bool, lower: bool, unit: bool, how: str, target: str) -> None:
    """Neither the other triangle nor a diagonal of ones is looked at."""
    size = 5
    full = numbers("f64", 2, size, size) + 4 * np.eye(size)
    triangle = np.tril(full) if lower else np.triu(full)
    a = triangle + (np.triu(np.full_like(full, np.nan), 1) if lower else
                    np.tril(np.full_like(full, np.nan), -1))  # fmt: skip
    if unit:
        places = np.arange(size)
        triangle[:, places, places], a[:, places, places] = 1, np.nan
    matrix = triangle if how == "NO_TRANSPOSE" else triangle.swapaxes(1, 2)
    b = numbers("f64", 2, *((size, 3) if left else (3, size)))
    x = solve(a, b, target, left_side=left, lower=lower, unit_diagonal=unit, how=how)
    np.testing.assert_allclose(matrix @ x if left else x @ matrix, b, 1e-9, 1e-9)


@TARGETS
@pytest.mark.parametrize(("size", "count"), [(0, 2), (1, 1), (3, 0), (16, 1), (17, 4)])
def test_triangular_solve_of_sizes(size: int, count: int, target: str) -> None:
    a = np.tril(numbers("f32", size, size)) + 4 * np.eye(size, dtype=np.float32)
    b = numbers("f32", size, count)
    flags = {"left_side": True, "lower": True, "unit_diagonal": False, "how": "NO_TRANSPOSE"}
    x = solve(a, b, target, **flags)
    assert x.shape == b.shape
    np.testing.assert_allclose(a @ x, b, 1e-4, 1e-4)


@TARGETS
def test_triangular_solve_of_a_singular_matrix(target: str) -> None:
    a = np.array([[2, 0], [1, 0]], np.float32)
    flags = {"left_side": True, "lower": True, "unit_diagonal": False, "how": "NO_TRANSPOSE"}
    x = solve(a, np.array([[2, 2], [1, 3]], np.float32), target, **flags)
    np.testing.assert_array_equal(x, [[1, 1], [np.nan, np.inf]])


def factorise(call: str, x: np.ndarray, results: str, target: str) -> tuple[np.ndarray, ...]:
    type = f"tensor<{x.shape[0]}x{x.shape[1]}xf32>"
    count = len(results.split(" "))
    names = ", ".join(f"%y#{n}" for n in range(count))
    types = results.replace("SELF", type).replace(" ", ", ")
    text = f"""func.func @main(%x: {type}) -> ({types}) {{
  %y:{count} = stablehlo.custom_call @lapack_s{call}_ffi(%x) {{mhlo.backend_config = {{}}}}
      : ({type}) -> ({types})
  func.return {names} : {types}
}}"""
    return dlir.run(text, x, target=target)


SHAPES = pytest.mark.parametrize(("rows", "columns"), [(1, 1), (4, 4), (7, 3), (3, 7), (17, 16)])


@TARGETS
@SHAPES
def test_lu(rows: int, columns: int, target: str) -> None:
    """P x = L U; factors are at most 1."""
    x, count = numbers("f32", rows, columns), min(rows, columns)
    made, pivots, info = factorise("getrf", x, f"SELF tensor<{count}xi32> tensor<i32>", target)
    lower = np.tril(made[:, :count], -1) + np.eye(rows, count)
    assert info == 0 and np.abs(lower).max() <= 1
    swapped = x.copy()
    for row, pivot in enumerate(pivots):
        swapped[[row, pivot - 1]] = swapped[[pivot - 1, row]]
    np.testing.assert_allclose(lower @ np.triu(made[:count]), swapped, 1e-4, 1e-4)


@TARGETS
def test_lu_of_a_singular_matrix(target: str) -> None:
    x = np.array([[1, 2, 3], [2, 4, 7], [1, 2, 4]], np.float32)
    made, pivots, info = factorise("getrf", x, "SELF tensor<3xi32> tensor<i32>", target)
    assert info == 2 and [*pivots] == [2, 2, 3]
    assert np.isfinite(made).all() and made[1, 1] == 0


@TARGETS
@SHAPES
@pytest.mark.parametrize("scale", [1.0, 1e-25, 1e25])
def test_householder(rows: int, columns: int, scale: float, target: str) -> None:
    """R^T R = x^T x, and the first row of R has the columns' lengths' sign of LAPACK."""
    x = numbers("f32", rows, columns) * np.float32(scale)
    count = min(rows, columns)
    made, taus = factorise("geqrf", x, f"SELF tensor<{count}xf32>", target)
    r, exact = np.triu(made[:count]).astype(np.float64) / scale, x.astype(np.float64) / scale
    np.testing.assert_allclose(r.T @ r, exact.T @ exact, 1e-4, 1e-4)
    assert rows == 1 or np.sign(made[0, 0]) == -np.sign(x[0, 0])
    q = np.eye(rows)
    for j, tau in enumerate(taus):
        v = np.concatenate([np.zeros(j), [1], made[j + 1 :, j]])
        q = q @ (np.eye(rows) - tau * np.outer(v, v))
    np.testing.assert_allclose(q[:, :count] @ r, exact, 1e-4, 1e-4)


@TARGETS
def test_householder_of_zeros(target: str) -> None:
    made, taus = factorise("geqrf", np.zeros((3, 2), np.float32), "SELF tensor<2xf32>", target)
    assert not made.any() and not taus.any()
