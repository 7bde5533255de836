"""Every convolution algorithm computes the direct convolution, within its stated rounding."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir.numpy_types import Array
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_convolution_algorithm import DlConvolutionAlgorithm

BOUNDS = {"im2col": 1e-6, "winograd-2x2": 1e-6, "winograd-4x4": 5e-6, "fft": 2e-6}
"""Largest error relative to the largest result, of the f32 algorithms against f64 sums."""


class Conv(NamedTuple):
    """Sizes and properties of a square or oblong convolution."""

    batch: int
    image: tuple[int, int]
    channels: tuple[int, int]
    kernel: tuple[int, int] = (3, 3)
    strides: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (1, 1, 1, 1)
    dilations: tuple[int, int] = (1, 1)
    nhwc: bool = True

    def text(self, algorithm: str, batch: str, element: str = "f32") -> str:
        (height, width), (c, o), (top, left, bottom, right) = (
            self.image,
            self.channels,
            self.padding,
        )
        totals = (height + top + bottom, width + left + right)
        parts = zip(totals, self.kernel, self.strides, self.dilations, strict=True)
        y, z = ((n - (k - 1) * d - 1) // s + 1 for n, k, s, d in parts)
        names = "{0}x{2}x{3}x{1}" if self.nhwc else "{0}x{1}x{2}x{3}"
        types = [
            f"tensor<{names.format(batch, *s)}x{element}>" for s in ((c, *self.image), (o, y, z))
        ]
        w = f"tensor<{o}x{c}x{self.kernel[0]}x{self.kernel[1]}x{element}>"
        properties = (
            f"strides = {[*self.strides]}, padding = {[*self.padding]}, "
            f'dilations = {[*self.dilations]}, layout = "{"nhwc" if self.nhwc else "nchw"}", '
            f'algorithm = "{algorithm}"'
        )
        return f"""func.func @main(%x: {types[0]}, %w: {w}) -> {types[1]} {{
          %y = dl.conv2d %x, %w acc {element} {{{properties}}} : ({types[0]}, {w}) -> {types[1]}
          func.return %y : {types[1]}
        }}"""

    def inputs(self) -> tuple[Array, Array]:
        (c, o), numbers = self.channels, np.random.default_rng(7)
        shape = (self.batch, *self.image, c) if self.nhwc else (self.batch, c, *self.image)
        weights = numbers.standard_normal((o, c, *self.kernel))
        scaled = weights * np.sqrt(2 / (c * self.kernel[0] * self.kernel[1]))
        return np.maximum(numbers.standard_normal(shape), 0), scaled


PLAIN = [
    Conv(1, (8, 8), (3, 5)),
    Conv(2, (7, 5), (4, 3), padding=(1, 0, 2, 1), nhwc=False),
    Conv(1, (3, 3), (8, 9), padding=(0, 0, 0, 0)),
    Conv(1, (1, 1), (2, 2)),
    Conv(1, (2, 13), (17, 16), padding=(2, 2, 2, 2)),
    Conv(0, (4, 4), (2, 3)),
]
"""What Winograd's algorithm takes: 3 x 3, one step at a time."""

ODD = [
    Conv(2, (9, 8), (3, 4), (5, 4), (2, 1), (2, 1, 0, 3), (1, 2)),
    Conv(1, (7, 7), (2, 3), (7, 7), padding=(3, 3, 3, 3), nhwc=False),
    Conv(1, (1, 1), (2, 2), (1, 1), padding=(0, 0, 0, 0)),
    Conv(1, (5, 11), (1, 2), (2, 3), (3, 2), (0, 1, 1, 0), (2, 2)),
]

POINTWISE = [
    Conv(batch, image, channels, (1, 1), padding=(0, 0, 0, 0), nhwc=False)
    for batch, image, channels in [
        (1, (16, 16), (3, 5)),
        (2, (17, 19), (33, 8)),
        (0, (16, 17), (2, 2)),
        (1, (1, 257), (1, 1)),
    ]
]
"""Products of weights and columns, which are images as they are."""

CASES = [
    *[(conv, "im2col") for conv in POINTWISE],
    *[(conv, algorithm) for conv in PLAIN for algorithm in BOUNDS],
    *[(conv, algorithm) for conv in ODD for algorithm in ("im2col", "fft")],
]


def parse(text: str) -> ModuleOp:
    return parse_module(text, default_registry().context())


def run(text: str, inputs: tuple[Array, Array], target: str, **options: Any) -> Array:
    """The function on a target, its convolution written out first."""
    module = parse(text)
    DlConvolutionAlgorithm().apply(default_registry().context(), module)
    return dlir.compile(module, target=target, **options)(*inputs)


def error(conv: Conv, algorithm: str, target: str, batch: str) -> float:
    x, w = conv.inputs()
    exact = run(conv.text("direct", batch, "f64"), (x, w), "ref")
    single = (x.astype(np.float32), w.astype(np.float32))
    got = run(conv.text(algorithm, batch), single, target)
    assert got.shape == exact.shape
    return float(np.abs(got - exact).max(initial=0) / np.abs(exact).max(initial=1e-30))


@pytest.mark.parametrize("batch", ["static", "?"])
@pytest.mark.parametrize(("conv", "algorithm"), CASES)
def test_on_ref(conv: Conv, algorithm: str, batch: str) -> None:
    size = str(conv.batch) if batch == "static" else "?"
    assert error(conv, algorithm, "ref", size) < BOUNDS[algorithm]


@pytest.mark.parametrize(("conv", "algorithm"), CASES)
def test_on_cpu(conv: Conv, algorithm: str) -> None:
    assert error(conv, algorithm, "cpu", str(conv.batch)) < BOUNDS[algorithm]


@pytest.mark.parametrize("algorithm", ["winograd-2x2", "winograd-4x4"])
@pytest.mark.parametrize("channels", [64, 512])
def test_rounding_with_many_channels(algorithm: str, channels: int) -> None:
    conv = Conv(1, (14, 14), (channels, 32))
    assert error(conv, algorithm, "ref", "1") < BOUNDS[algorithm]


RESIDUAL = """
func.func @main(%x: tensor<{image}xf32>) -> tensor<{image}xf32> {{
  %w = dl.param "w" : tensor<64x64x3x3xf32>
  %b = dl.param "b" : tensor<64xf32>
  %0 = dl.conv2d %x, %w acc f32
       {{padding = [1, 1, 1, 1], layout = "nhwc", algorithm = "{algorithm}"}}
       : (tensor<{image}xf32>, tensor<64x64x3x3xf32>) -> tensor<{image}xf32>
  %1 = dl.add %b, %0 : (tensor<64xf32>, tensor<{image}xf32>) -> tensor<{image}xf32>
  %2 = dl.add %1, %x : tensor<{image}xf32>
  %3 = dl.relu %2 : tensor<{image}xf32>
  %4 = dl.mul %3, %3 : tensor<{image}xf32>
  func.return %4 : tensor<{image}xf32>
}}
"""


@pytest.mark.parametrize("algorithm", [*BOUNDS])
@pytest.mark.parametrize(("batch", "height"), [("1", 8), ("2", 6), ("?", 8)])
def test_what_follows_point_by_point(algorithm: str, batch: str, height: int) -> None:
    numbers = np.random.default_rng(3)
    x = numbers.standard_normal((2 if batch == "?" else int(batch), height, 9, 64), np.float32)
    weights = {
        "w": numbers.standard_normal((64, 64, 3, 3), np.float32) / 24,
        "b": numbers.standard_normal(64, np.float32),
    }
    results = [
        dlir.compile(
            parse(RESIDUAL.format(image=f"{batch}x{height}x9x64", algorithm=name)),
            params=weights,
            winograd=False,
        )(x)
        for name in ("direct", algorithm)
    ]
    np.testing.assert_allclose(results[1], results[0], atol=1e-5 * float(results[0].max()))


def test_winograd_is_chosen_unless_it_is_refused() -> None:
    module = parse(RESIDUAL.format(image="1x32x9x64", algorithm="auto"))
    weights = {"w": np.zeros((64, 64, 3, 3), np.float32), "b": np.zeros(64, np.float32)}
    chosen, refused = (
        str(dlir.compile(module, params=weights, winograd=winograd).stage("structured"))
        for winograd in (True, False)
    )
    products = "tensor<6x1x6x24x64xf32>"
    assert products in chosen
    assert products not in refused


@pytest.mark.parametrize("algorithm", [*BOUNDS])
def test_f64(algorithm: str) -> None:
    conv = Conv(1, (6, 5), (3, 2))
    x, w = conv.inputs()
    exact = run(conv.text("direct", "1", "f64"), (x, w), "ref")
    got = run(conv.text(algorithm, "1", "f64"), (x, w), "ref")
    np.testing.assert_allclose(got, exact, atol=1e-13)


@pytest.mark.parametrize("element", ["f16", "i8"])
def test_im2col_of_narrow_types(element: str) -> None:
    conv = Conv(1, (4, 5), (3, 2))
    acc = {"f16": "f32", "i8": "i32"}[element]
    x, w = (
        np.round(v * 3).astype({"f16": np.float16, "i8": np.int8}[element]) for v in conv.inputs()
    )
    texts = [
        conv.text(algorithm, "1", element).replace(f"acc {element}", f"acc {acc}")
        for algorithm in ("direct", "im2col")
    ]
    direct, rows = (run(text, (x, w), "ref") for text in texts)
    np.testing.assert_array_equal(direct, rows)


@pytest.mark.parametrize("target", ["ref", "cpu"])
@pytest.mark.parametrize(
    "bias", ["tensor<f32>", "tensor<31xf32>", "tensor<12x1x1xf32>", "tensor<1x12x1x1xf32>"]
)
def test_what_follows_a_product_of_columns(bias: str, target: str) -> None:
    """An operand along the width of an image is none along its channels, nor along the columns."""
    text = f"""func.func @main(%x: tensor<?x7x30x31xf32>, %w: tensor<12x7x1x1xf32>, %b: {bias})
        -> tensor<?x12x30x31xf32> {{
      %y = dl.conv2d %x, %w acc f32
          : (tensor<?x7x30x31xf32>, tensor<12x7x1x1xf32>) -> tensor<?x12x30x31xf32>
      %z = dl.add %y, %b : (tensor<?x12x30x31xf32>, {bias}) -> tensor<?x12x30x31xf32>
      %r = dl.relu %z : tensor<?x12x30x31xf32>
      %s = dl.add %r, %y : tensor<?x12x30x31xf32>
      func.return %s : tensor<?x12x30x31xf32>
    }}"""
    numbers = np.random.default_rng(3)
    shape = [int(n) for n in bias.removeprefix("tensor<").split("x")[:-1]]
    x, w, b = (
        numbers.standard_normal(shape).astype(np.float32)
        for shape in ((2, 7, 30, 31), (12, 7, 1, 1), shape)
    )
    y = np.einsum("oc,bchw->bohw", w[:, :, 0, 0], x)
    got = dlir.compile(parse(text), target=target)(x, w, b)
    np.testing.assert_allclose(got, np.maximum(y + b, 0) + y, rtol=1e-5, atol=1e-5)
