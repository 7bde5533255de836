"""Depthwise convolutions, vectors along the rows of images or along channels, at every edge."""

import numpy as np
import pytest

import dlir
from dlir.targets.cpu import target
from dlir.targets.cpu.description import describe, host

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


WINDOW = """
func.func @main(%x: tensor<1x2x{h}x{w}x{t}>) -> tensor<1x2x{oh}x{ow}xf32> {{
  %w = dl.param "w" : tensor<2x1x{kh}x{kw}xf32>
  %r = dl.conv2d %x, %w acc f32 {{padding = [{p}, {p}, {p}, {p}], groups = 2,
    strides = [{s}, {s}], dilations = [{d}, {d}]}}
    : (tensor<1x2x{h}x{w}x{t}>, tensor<2x1x{kh}x{kw}xf32>) -> tensor<1x2x{oh}x{ow}xf32>
  func.return %r : tensor<1x2x{oh}x{ow}xf32>
}}"""


def window_case(
    height: int,
    width: int,
    kernel: tuple[int, int],
    pad: int = 0,
    stride: int = 1,
    dilation: int = 1,
):
    """A model, its input, and what float64 makes of it."""
    rng = np.random.default_rng(height * 100 + width)
    x = rng.normal(size=(1, 2, height, width)).astype(np.float32)
    w = rng.normal(size=(2, 1, *kernel)).astype(np.float32)
    reach = [dilation * (k - 1) + 1 for k in kernel]
    padded = np.pad(x.astype(np.float64), [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, (2, 3))
    windows = windows[:, :, ::stride, ::stride, ::dilation, ::dilation]
    want = np.einsum("nchwij,cij->nchw", windows, w[:, 0])
    text = WINDOW.format(
        h=height, w=width, t="f32", kh=kernel[0], kw=kernel[1], p=pad, s=stride, d=dilation,
        oh=want.shape[2], ow=want.shape[3],
    )  # fmt: skip
    return dlir.load(text, {"w": w}), x, want


@pytest.mark.parametrize("height", [1, 2, 7, 8, 9, 16, 17, 23])
@pytest.mark.parametrize("width", [1, 15, 16, 17, 33])
def test_tiles_of_rows(height: int, width: int):
    model, x, want = window_case(height, width, (3, 3), pad=1)
    run = dlir.compile(model, target="cpu")
    assert f"vector = [{min(height, 8)}, " in str(run.stage("buffers"))
    assert np.allclose(run(x), want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kernel", [(1, 1), (1, 5), (5, 1), (5, 5), (2, 3), (7, 7)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_windows(kernel: tuple[int, int], stride: int, dilation: int):
    model, x, want = window_case(20, 37, kernel, 1, stride, dilation)
    assert np.allclose(dlir.compile(model, target="cpu")(x), want, rtol=1e-5, atol=1e-5)


def test_what_is_not_a_number_stays_in_its_windows():
    model, x, want = window_case(19, 35, (3, 3), pad=1)
    x[0, 0, 9, 20], x[0, 1, 0, 0] = np.nan, np.inf
    got = dlir.compile(model, target="cpu")(x)
    reached = np.zeros(want.shape, bool)
    reached[0, 0, 8:11, 19:22] = reached[0, 1, :2, :2] = True
    assert np.array_equal(~np.isfinite(got), reached)
    assert np.allclose(got[~reached], want[~reached], rtol=1e-5, atol=1e-5)


@pytest.mark.skipif("+avx2" not in host().features.split(","), reason="no AVX2")
@pytest.mark.parametrize("height", [1, 8, 13])
def test_windows_in_fewer_registers(height: int, monkeypatch: pytest.MonkeyPatch):
    features = "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+popcnt,+movbe"
    narrow = describe(host().triple, "haswell", features)
    monkeypatch.setattr(target, "host", lambda: narrow)
    model, x, want = window_case(height, 29, (3, 3), pad=1)
    run = dlir.compile(model, target="cpu")
    assert f"vector = [{min(height, 8)}, 8]" in str(run.stage("buffers"))
    assert np.allclose(run(x), want, rtol=1e-5, atol=1e-5)


CHANNELS = """
func.func @main(%x: tensor<1x{h}x{w}x{c}x{t}>) -> tensor<1x{oh}x{ow}x{c}x{t}> {{
  %w = dl.param "w" : tensor<{c}x1x3x3x{t}>
  %b = dl.param "b" : tensor<{c}x{t}>
  %r = dl.conv2d %x, %w acc {acc} {{padding = [1, 0, 1, 2], groups = {c}, layout = "nhwc",
    strides = [{s}, {s}]}}
    : (tensor<1x{h}x{w}x{c}x{t}>, tensor<{c}x1x3x3x{t}>) -> tensor<1x{oh}x{ow}x{c}x{t}>
  %a = dl.add %r, %b : (tensor<1x{oh}x{ow}x{c}x{t}>, tensor<{c}x{t}>) -> tensor<1x{oh}x{ow}x{c}x{t}>
  %e = dl.relu %a : tensor<1x{oh}x{ow}x{c}x{t}>
  func.return %e : tensor<1x{oh}x{ow}x{c}x{t}>
}}"""


def channels_case(
    width: int, channels: int, stride: int = 1, kind: str = "f32", dynamic: bool = False
):
    """A model, its input, and what float64 makes of it."""
    rng = np.random.default_rng(width * 100 + channels)
    dtype = {"f64": np.float64, "f32": np.float32, "f16": np.float16}[kind]
    x, w, b = (
        rng.normal(size=shape).astype(dtype)
        for shape in ((1, 5, width, channels), (channels, 1, 3, 3), (channels,))
    )
    padded = np.pad(x.astype(np.float64), [(0, 0), (1, 1), (0, 2), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    windows = windows[:, ::stride, ::stride]
    want = np.maximum(np.einsum("nhwcij,cij->nhwc", windows, w[:, 0].astype(np.float64)) + b, 0)
    sizes = dict.fromkeys(("h", "w", "oh", "ow"), "?") if dynamic else {}
    text = CHANNELS.format(**{
        "h": 5, "w": width, "c": channels, "t": kind, "s": stride, "oh": want.shape[1],
        "ow": want.shape[2], "acc": "f64" if kind == "f64" else "f32", **sizes,
    })  # fmt: skip
    return dlir.load(text, {"w": w, "b": b}), x, want


@pytest.mark.parametrize("width", [1, 3, 4, 5, 7, 9])
@pytest.mark.parametrize("channels", [1, 7, 16, 31, 32, 33, 65])
def test_tiles_of_pixels(width: int, channels: int):
    model, x, want = channels_case(width, channels)
    assert np.allclose(dlir.compile(model, target="cpu")(x), want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_strides_of_pixels(stride: int, dynamic: bool, threads: int):
    model, x, want = channels_case(13, 40, stride, dynamic=dynamic)
    run = dlir.compile(model, target="cpu", threads=threads)
    assert "kernel = vector, pack = [1], vector = [4, " in str(run.stage("buffers"))
    assert np.allclose(run(x), want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("kind", "tolerance"), [("f64", 1e-12), ("f16", 5e-3)])
def test_other_floats(kind: str, tolerance: float):
    model, x, want = channels_case(9, 33, kind=kind)
    got = dlir.compile(model, target="cpu")(x)
    assert np.allclose(got, want, rtol=tolerance, atol=tolerance)


def test_what_is_not_a_number_stays_in_its_channel():
    model, x, want = channels_case(11, 20)
    x[0, 2, 5, 3], x[0, 0, 0, 19] = np.nan, np.inf
    got = dlir.compile(model, target="cpu")(x)
    assert np.isnan(got[0, 1:4, 3:6, 3]).all()
    others = [c for c in range(20) if c not in (3, 19)]
    assert np.allclose(got[..., others], want[..., others], rtol=1e-5, atol=1e-5)
