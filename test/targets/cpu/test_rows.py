"""Ops whose rows are walked together: blocks of rows at every edge, alone and among threads."""

import numpy as np
import pytest

import dlir
from dlir.targets.cpu import openmp

LAYERS = """
func.func @main(%x: tensor<{b}x{r}x{n}xf32>) -> tensor<{b}x{r}x{n}xf32> {{
  %s = dl.param "s" : tensor<{n}xf32>
  %a = dl.softmax %x {{axis = 2}} : tensor<{b}x{r}x{n}xf32>
  %r = dl.layer_norm %a, %s, %s {{axis = 2, epsilon = 1.0e-5}} :
    (tensor<{b}x{r}x{n}xf32>, tensor<{n}xf32>, tensor<{n}xf32>) -> tensor<{b}x{r}x{n}xf32>
  func.return %r : tensor<{b}x{r}x{n}xf32>
}}"""
ROWS = (0, 1, 2, 3, 4, 5, 31, 64, 65)
THREADS = (1, 2) if openmp.runtime() is not None else (1,)


def expected(x: np.ndarray, scale: np.ndarray) -> np.ndarray:
    x = x.astype(np.float64)
    powers = np.exp(x - x.max(-1, keepdims=True))
    a = powers / powers.sum(-1, keepdims=True)
    centred = a - a.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * scale + scale


@pytest.mark.parametrize("length", [1, 7, 64, 65, 1000])
@pytest.mark.parametrize("threads", THREADS)
def test_blocks_of_rows(length: int, threads: int):
    rng = np.random.default_rng(length)
    scale = rng.normal(size=length).astype(np.float32)
    model = dlir.load(LAYERS.format(b="?", r="?", n=length), {"s": scale})
    run = dlir.compile(model, target="cpu", threads=threads)
    for rows in ROWS:
        for batch in (0, 1, 3):
            x = rng.normal(size=(batch, rows, length)).astype(np.float32)
            assert np.allclose(run(x), expected(x, scale), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 5, 63])
@pytest.mark.parametrize("threads", THREADS)
def test_fixed_sizes(rows: int, threads: int):
    rng = np.random.default_rng(rows)
    scale = rng.normal(size=129).astype(np.float32)
    model = dlir.load(LAYERS.format(b=40, r=rows, n=129), {"s": scale})
    x = rng.normal(size=(40, rows, 129)).astype(np.float32)
    got = dlir.compile(model, target="cpu", threads=threads)(x)
    assert np.allclose(got, expected(x, scale), rtol=1e-4, atol=1e-5)


def test_rows_with_special_values():
    text = """func.func @main(%x: tensor<5x67xf32>) -> tensor<5x67xf32> {
      %r = dl.softmax %x {axis = 1} : tensor<5x67xf32>
      func.return %r : tensor<5x67xf32>
    }"""
    x = np.random.default_rng(1).normal(size=(5, 67)).astype(np.float32)
    x[0, 3], x[1, 66], x[2, 5], x[3, :] = np.nan, np.inf, -np.inf, -np.inf
    x[4, :] = 3e38
    got = dlir.compile(dlir.load(text), target="cpu")(x)
    for row in (0, 1, 3):  # inf - inf is NaN
        assert np.isnan(got[row]).any() and not np.isfinite(got[row]).all()
    assert np.isnan(got[0]).all() and np.isnan(got[3]).all()
    assert got[2, 5] == 0 and np.isclose(got[2].sum(), 1)
    assert np.allclose(got[4], 1 / 67)


def test_one_kernel_for_a_softmax():
    text = """func.func @main(%x: tensor<?x100xf32>) -> tensor<?x100xf32> {
      %r = dl.softmax %x {axis = 1} : tensor<?x100xf32>
      func.return %r : tensor<?x100xf32>
    }"""
    buffers = str(dlir.compile(dlir.load(text), target="cpu").stage("buffers"))
    assert buffers.count("func.call @rows_0") == buffers.count("func.call") == 1
