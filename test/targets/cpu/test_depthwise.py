"""Depthwise convolutions by themselves, vectors along the rows of images, at every edge."""

import numpy as np
import pytest

import dlir

CONV = """
func.func @main(%x: tensor<{types[0]}>) -> tensor<{types[1]}> {{
  %w = dl.param "w" : tensor<{c}x1x3x3xf32>
  %r = dl.conv2d %x, %w acc f32 {{padding = [1, 2, 1, 0], groups = {c}}}
    : (tensor<{types[0]}>, tensor<{c}x1x3x3xf32>) -> tensor<{types[1]}>
  %e = dl.relu %r : tensor<{types[1]}>
  func.return %e : tensor<{types[1]}>
}}"""


def expected(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (2, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    return np.maximum(np.einsum("nchwij,cij->nchw", windows, w[:, 0]), 0)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "dynamic"])
@pytest.mark.parametrize("width", [1, 7, 16, 17, 63, 64, 65, 112])
def test_rows_of_images(width: int, dynamic: bool):
    rng = np.random.default_rng(width)
    x = rng.normal(size=(2, 3, 5, width)).astype(np.float32)
    w = rng.normal(size=(3, 1, 3, 3)).astype(np.float32)
    size = "?x3x?x?xf32" if dynamic else f"2x3x5x{width}xf32"
    model = dlir.load(CONV.format(c=3, types=(size, size)), {"w": w})
    run = dlir.compile(model, target="cpu")
    assert "copy_1" not in str(run.stage("buffers"))  # one copy at most, for the border
    assert np.allclose(run(x), expected(x, w), rtol=1e-5, atol=1e-5)
