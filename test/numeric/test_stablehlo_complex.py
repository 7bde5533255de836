"""Complex numbers where formulas are easily wrong, against numpy in twice the precision.

What JAX makes of ordinary ones is in test/data/stablehlo (complex_functions, complex_tensors,
fourier).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import dlir

TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])
INF, NAN = np.inf, np.nan
EDGES = np.array(
    [0, 1, -1, 1j, -1j, 1e30 + 1e30j, 1e-30 - 1e-30j, 3 + 4j, -3 - 4j, -3 + 0j, 50 + 1j, -50 + 2j,
     1e-7 + 1e-7j, 1e20j, -1e20, 1e-20 + 1e20j],
    np.complex64,
)  # fmt: skip


def parts(z: np.ndarray) -> np.ndarray:
    return np.stack([z.real, z.imag], -1).astype(np.float32)


def joined(pairs: np.ndarray) -> np.ndarray:
    return pairs[..., 0] + 1j * pairs[..., 1].astype(np.float64)


def run(line: str, *inputs: np.ndarray, target: str) -> np.ndarray:
    """`line` makes %z of %x and %y."""
    type = f"tensor<{inputs[0].size}xcomplex<f32>>"
    names = ("%x", "%y")[: len(inputs)]
    text = f"""func.func @main({", ".join(f"{n}: {type}" for n in names)}) -> {type} {{
  %z = {line} : {type}
  func.return %z : {type}
}}"""
    return dlir.run(text, *map(parts, inputs), target=target)


def log1p(z: np.ndarray) -> np.ndarray:
    """numpy's own loses real parts near 0."""
    x, y = z.real, z.imag
    near = np.log1p(x * (2 + x) + y * y) / 2
    return np.where(np.abs(z) < 0.1, near, np.log(np.abs(1 + z))) + 1j * np.angle(1 + z)


FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "stablehlo.sqrt": np.sqrt,
    "stablehlo.tanh": np.tanh,
    "stablehlo.exponential_minus_one": np.expm1,
    "stablehlo.log_plus_one": log1p,
}


@TARGETS
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name: str, target: str) -> None:
    """Each number is right to a few units of its size, 0 and what is infinite exactly."""
    z = EDGES if name in ("stablehlo.sqrt", "stablehlo.tanh") else EDGES[np.abs(EDGES) < 40]
    z = z[z != -1] if name == "stablehlo.log_plus_one" else z
    wide = np.clip(z.real, -300, 300) + 1j * z.imag if name == "stablehlo.tanh" else z
    with np.errstate(all="ignore"):
        wanted = FUNCTIONS[name](wide.astype(np.complex128))
    given = joined(run(f"{name} %x", z, target=target))
    np.testing.assert_array_less(np.abs(given - wanted), 2e-6 * np.abs(wanted) + 1e-38)


@TARGETS
def test_quotient_and_size(target: str) -> None:
    """Neither overflows where the result does not."""
    x, y = (z.ravel() for z in np.meshgrid(EDGES, EDGES[EDGES != 0]))
    with np.errstate(over="ignore"):
        wanted = x.astype(np.complex128) / y
    fits = np.abs(wanted) < 1e38
    given = joined(run("stablehlo.divide %x, %y", x[fits], y[fits], target=target))
    error = np.abs(given - wanted[fits])
    np.testing.assert_array_less(error, 4e-6 * np.abs(wanted[fits]) + 1e-37)
    type = f"tensor<{EDGES.size}x"
    text = f"""func.func @main(%x: {type}complex<f32>>) -> {type}f32> {{
  %y = stablehlo.abs %x : ({type}complex<f32>>) -> {type}f32>
  func.return %y : {type}f32>
}}"""
    given = dlir.run(text, parts(EDGES), target=target)
    np.testing.assert_allclose(given, np.abs(EDGES.astype(np.complex128)), 1e-6)


@TARGETS
def test_infinite_and_nan(target: str) -> None:
    z = np.array([INF + 0j, complex(-INF, 0), complex(INF, NAN), complex(0, -INF), complex(NAN, 0)])
    type = "tensor<5x"
    text = f"""func.func @main(%x: {type}complex<f32>>) -> ({type}f32>, {type}complex<f32>>) {{
  %y = stablehlo.abs %x : ({type}complex<f32>>) -> {type}f32>
  %z = stablehlo.exponential %x : {type}complex<f32>>
  func.return %y, %z : {type}f32>, {type}complex<f32>>
}}"""
    sizes, powers = dlir.run(text, parts(z), target=target)
    np.testing.assert_array_equal(sizes, [INF, INF, INF, INF, NAN])
    np.testing.assert_array_equal(powers[:2], [[INF, 0], [0, 0]])


@TARGETS
def test_no_numbers(target: str) -> None:
    text = """func.func @main(%x: tensor<2x0xcomplex<f32>>)
    -> (tensor<2x0xcomplex<f32>>, tensor<2xcomplex<f32>>) {
  %i = stablehlo.constant dense<(1.0, 2.0)> : tensor<complex<f32>>
  %y = stablehlo.fft %x, type = FFT, length = [0]
      : (tensor<2x0xcomplex<f32>>) -> tensor<2x0xcomplex<f32>>
  %s = stablehlo.reduce(%y init: %i) applies stablehlo.add across dimensions = [1]
      : (tensor<2x0xcomplex<f32>>, tensor<complex<f32>>) -> tensor<2xcomplex<f32>>
  func.return %y, %s : tensor<2x0xcomplex<f32>>, tensor<2xcomplex<f32>>
}"""
    none, sums = dlir.run(text, np.zeros((2, 0, 2), np.float32), target=target)
    assert none.shape == (2, 0, 2)
    np.testing.assert_array_equal(sums, [[1, 2], [1, 2]])


@TARGETS
def test_dynamic_size(target: str) -> None:
    text = """func.func @main(%x: tensor<?x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %y = stablehlo.dot_general %x, %x, contracting_dims = [0] x [0]
      : (tensor<?x2xcomplex<f64>>, tensor<?x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  %z = stablehlo.sine %y : tensor<2x2xcomplex<f64>>
  func.return %z : tensor<2x2xcomplex<f64>>
}"""
    pairs = np.random.default_rng(4).standard_normal((3, 2, 2))
    z = joined(pairs)
    given = joined(dlir.run(text, pairs, target=target))
    np.testing.assert_allclose(given, np.sin(z.T @ z), 1e-10)
