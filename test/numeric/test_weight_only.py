"""Products with weights of 2, 4 and 8 bits on cpu: every edge of panels, blocks and rows.

The reference dequantises first; the kernel multiplies sums of integers by their scales, so that
results agree to rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import dlir
from dlir.dialects.dl.ops.packing import PARTS
from dlir.numpy_types import dtype_named

WIDTHS = {str(t): t.bitwidth for t in PARTS.types if not str(t).startswith("f")} | {
    "i8": 8,
    "ui8": 8,
}


class Product(NamedTuple):
    """`x @ dequantize(w)`; `block` along the sum, else a scale per column."""

    rows: int | None
    depth: int
    columns: int
    element: str
    block: int | None = None
    zero_points: bool = False
    transposed: bool = False
    ending: str = ""
    """More ops on %y."""

    def __str__(self) -> str:
        return "-".join(str(part) for part in self if part not in (None, False, ""))

    @property
    def shape(self) -> tuple[int, int]:
        shape = (self.depth, self.columns)
        return shape[::-1] if self.transposed else shape

    @property
    def packed(self) -> tuple[int, int]:
        return self.shape[0], -(-self.shape[1] * WIDTHS[self.element] // 8)

    @property
    def scales(self) -> tuple[int, ...]:
        if self.block is None:
            return (self.columns,)
        blocks = -(-self.depth // self.block)
        return (self.columns, blocks) if self.transposed else (blocks, self.columns)

    def text(self) -> str:
        whole, scales = tensor(self.shape, self.element), tensor(self.scales, "f32")
        axis = int(self.transposed)
        place = f"axis = {axis}, block = {self.block}" if self.block else f"axis = {1 - axis}"
        x, y = (tensor((self.rows, n), "f32") for n in (self.depth, self.columns))
        lines = [f'%s = dl.param "s" : {scales}']
        if WIDTHS[self.element] == 8:
            lines.append(f'%q = dl.param "w" : {whole}')
        else:
            packed = tensor(self.packed, "ui8")
            lines.append(f'%p = dl.param "w" : {packed}')
            lines.append(f"%q = dl.unpack %p : {packed} -> {whole}")
        operands, types = "%q, %s", f"{whole}, {scales}"
        if self.zero_points:
            zeros = tensor(self.scales, self.element)
            lines.append(f'%z = dl.param "z" : {zeros}')
            operands, types = f"{operands}, %z", f"{types}, {zeros}"
        wide = tensor(self.shape, "f32")
        lines.append(f"%w = dl.dequantize {operands} {{{place}}} : ({types}) -> {wide}")
        transposed = " {transpose_rhs}" if self.transposed else ""
        lines.append(f"%y = dl.matmul %x, %w acc f32{transposed} : ({x}, {wide}) -> {y}")
        result = "%y"
        if self.ending:
            lines.append(f"%r = {self.ending} %y : {y}")
            result = "%r"
        body = "\n  ".join([*lines, f"func.return {result} : {y}"])
        return f"func.func @main(%x: {x}) -> {y} {{\n  {body}\n}}"

    def weights(self, seed: int = 0) -> dict[str, Any]:
        random = np.random.default_rng(seed)
        bytes = random.integers(0, 256, self.packed, dtype=np.uint8)
        weights = {
            "w": bytes.view(np.int8) if self.element == "i8" else bytes,
            "s": random.uniform(0.01, 0.1, self.scales).astype(np.float32),
        }
        if self.zero_points:
            zeros = random.integers(0, 2 ** (WIDTHS[self.element] - 1), self.scales)
            weights["z"] = zeros.astype(np.int8).astype(dtype_named(self.element))
        return weights


def tensor(shape: tuple[int | None, ...], element: str) -> str:
    sizes = ["?" if n is None else str(n) for n in shape]
    return f"tensor<{'x'.join([*sizes, element])}>"


def check(product: Product, rows: int, threads: int = 1) -> None:
    weights = product.weights()
    x = np.random.default_rng(rows).standard_normal((rows, product.depth)).astype(np.float32)
    want = dlir.compile(product.text(), target="ref", params=weights)(x)
    options: dict[str, Any] = {"params": weights, "cache": False, "threads": threads}
    compiled = dlir.compile(product.text(), target="cpu", **options)
    got = compiled(x)
    assert "kernel = weight_only" in str(compiled.stage("buffers"))
    scale = np.abs(x).max(initial=0) * np.abs(want).max(initial=1)
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-6 * max(scale, 1))


EVERY = [
    Product(1, 64, 64, "i4", 32),
    Product(1, 256, 130, "i4", 128),
    Product(2, 64, 33, "ui4", 32, zero_points=True),
    Product(3, 70, 17, "i4", 32),
    Product(5, 129, 5, "ui4", 64, zero_points=True),
    Product(4, 61, 40, "i4"),
    Product(1, 1, 1, "i4"),
    Product(1, 97, 65, "i8"),
    Product(3, 97, 65, "ui8", 32, zero_points=True),
    Product(8, 40, 31, "i2"),
    Product(2, 48, 31, "ui2", 16, zero_points=True),
    Product(3, 60, 20, "i4", 20),
    Product(0, 64, 32, "i4", 32),
    Product(6, 64, 47, "i4", 32, transposed=True),
    Product(1, 75, 47, "ui4", 32, zero_points=True, transposed=True),
    Product(2, 33, 16, "i8", transposed=True),
    Product(9, 64, 70, "i4", 32),
    Product(23, 130, 70, "ui4", 64, zero_points=True),
    Product(40, 66, 33, "i8"),
    Product(7, 64, 48, "i4", 32, ending="dl.relu"),
    Product(30, 64, 48, "i4", 32, ending="dl.gelu"),
]


@pytest.mark.parametrize("product", EVERY, ids=str)
def test_products(product: Product) -> None:
    assert product.rows is not None
    check(product, product.rows)


@pytest.mark.parametrize("rows", [0, 1, 2, 8, 9, 10, 31])
@pytest.mark.parametrize("element", ["i4", "i8"])
def test_rows_of_unknown_number_choose_at_run_time(element: str, rows: int) -> None:
    check(Product(None, 96, 70, element, 32), rows)


@pytest.mark.parametrize("rows", [1, 40])
def test_threads_divide_panels(rows: int) -> None:
    check(Product(rows, 512, 1000, "i4", 32), rows, threads=2)


def test_infinities_and_nan_stay_in_their_rows() -> None:
    """A last block that is not full reads zeros behind the end of x, not its next row."""
    product = Product(3, 70, 20, "i4", 32)
    weights = product.weights()
    x = np.ones((3, 70), np.float32)
    x[0, 69], x[1, 0] = np.inf, np.nan
    want = dlir.compile(product.text(), target="ref", params=weights)(x)
    got = dlir.compile(product.text(), target="cpu", params=weights, cache=False)(x)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(np.isinf(got), np.isinf(want))
    np.testing.assert_allclose(got[2], want[2], rtol=2e-5)


def test_weights_are_never_wide_in_memory() -> None:
    """Between levels there is no f32 of the weight's size, at load time neither."""
    product = Product(4, 256, 192, "i4", 32)
    compiled = dlir.compile(
        product.text(), target="cpu", params=product.weights(), cache=False, threads=1
    )
    text = str(compiled.stage("buffers"))
    assert "256x192xf32" not in text and "8x32x192xf32" not in text
    assert "xi32>" in text


@pytest.mark.parametrize("scale", [0.0, -1.0, np.inf, np.nan])
def test_scales_are_checked(scale: float) -> None:
    product = Product(1, 32, 16, "i4", 32)
    weights = product.weights()
    weights["s"][0, 3] = scale
    with pytest.raises(Exception, match="scales that are finite and > 0"):
        dlir.compile(product.text(), target="cpu", params=weights, cache=False)(
            np.ones((1, 32), np.float32)
        )


@pytest.mark.parametrize("scales", ["rows", "blocks", "columns", "one"])
@pytest.mark.parametrize("element", ["i4", "ui4", "i8"])
def test_rows_of_a_packed_table(element: str, scales: str) -> None:
    """Embeddings: only the rows that are taken are ever real numbers."""
    rows, columns = 50, 33
    width = WIDTHS[element]
    packed = tensor((rows, -(-columns * width // 8)), "ui8" if width < 8 else element)
    whole = tensor((rows, columns), element)
    shape, place = {
        "rows": ((rows,), "{axis = 0}"),
        "blocks": ((rows, 2), "{axis = 1, block = 32}"),
        "columns": ((columns,), "{axis = 1}"),
        "one": ((), ""),
    }[scales]
    unpack = f"%q = dl.unpack %p : {packed} -> {whole}"
    parameter = "tensor<f32>" if not shape else tensor(shape, "f32")
    text = f"""func.func @main(%i: tensor<?x3xi64>) -> tensor<?x3x{columns}xf32> {{
  %{"p" if width < 8 else "q"} = dl.param "w" : {packed}
  {unpack if width < 8 else ""}
  %s = dl.param "s" : {parameter}
  %w = dl.dequantize %q, %s {place} : ({whole}, {parameter}) -> tensor<{rows}x{columns}xf32>
  %y = dl.gather %w, %i {{axis = 0}} : (tensor<{rows}x{columns}xf32>, tensor<?x3xi64>) -> tensor<?x3x{columns}xf32>
  func.return %y : tensor<?x3x{columns}xf32>
}}"""  # noqa: E501
    random = np.random.default_rng(3)
    table = random.integers(0, 256, (rows, -(-columns * width // 8)), dtype=np.uint8)
    params = {
        "w": table.view(np.int8) if element == "i8" else table,
        "s": np.asarray(random.uniform(0.1, 1, shape), np.float32),
    }
    on_ref = dlir.compile(text, target="ref", params=params)
    on_cpu = dlir.compile(text, target="cpu", params=params, cache=False)
    assert f"{rows}x{columns}xf32" not in str(on_cpu.stage("buffers"))
    for count in (0, 1, 4):
        indices = random.integers(-rows, rows, (count, 3))
        np.testing.assert_array_equal(on_cpu(indices), on_ref(indices))


CONVOLUTIONS = {
    "3x3": ("2x8x9x7", "20x8x3x3", "{padding = [1, 1, 1, 1]}", "2x20x9x7"),
    "1x1": ("1x16x5x5", "33x16x1x1", "", "1x33x5x5"),
    "strided": ("1x3x11x11", "16x3x5x5", "{strides = [2, 2], padding = [2, 1, 0, 1]}", "1x16x5x5"),
    "grouped": ("1x8x6x6", "16x4x3x3", "{groups = 2}", "1x16x4x4"),
    "depthwise": ("1x16x6x6", "16x1x3x3", "{groups = 16, padding = [1, 1, 1, 1]}", "1x16x6x6"),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("element", ["i8", "i4"])
def test_convolutions_with_narrow_weights(element: str, name: str) -> None:
    """A scale for each output channel; which kernel takes them is the schedule's choice."""
    image, kernel, properties, result = CONVOLUTIONS[name]
    filters = int(kernel.split("x")[0])
    text = f"""func.func @main(%x: tensor<{image}xf32>) -> tensor<{result}xf32> {{
  %q = dl.param "w" : tensor<{kernel}x{element}>
  %s = dl.param "s" : tensor<{filters}xf32>
  %w = dl.dequantize %q, %s {{axis = 0}} : (tensor<{kernel}x{element}>, tensor<{filters}xf32>) -> tensor<{kernel}xf32>
  %y = dl.conv2d %x, %w acc f32 {properties} : (tensor<{image}xf32>, tensor<{kernel}xf32>) -> tensor<{result}xf32>
  func.return %y : tensor<{result}xf32>
}}"""  # noqa: E501
    random = np.random.default_rng(5)
    shape = [int(n) for n in kernel.split("x")]
    codes = random.integers(-8, 8, shape).astype(np.int8)
    params = {
        "w": codes.astype(dtype_named(element)),
        "s": random.uniform(0.1, 1, filters).astype(np.float32),
    }
    x = random.standard_normal([int(n) for n in image.split("x")]).astype(np.float32)
    want = dlir.compile(text, target="ref", params=params)(x)
    got = dlir.compile(text, target="cpu", params=params, cache=False)(x)
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-5 * np.abs(want).max())


@pytest.mark.parametrize("batch", [1, 3, 20])
def test_batches_of_rows(batch: int) -> None:
    """All rows of all batches count when a panel is widened once for many."""
    for sizes in (("?", "2"), (str(batch), "?"), (str(batch), "1")):
        x, y = (f"tensor<{sizes[0]}x{sizes[1]}x{n}xf32>" for n in (64, 40))
        text = f"""func.func @main(%x: {x}) -> {y} {{
  %q = dl.param "w" : tensor<64x40xi4>
  %s = dl.param "s" : tensor<2x40xf32>
  %w = dl.dequantize %q, %s {{axis = 0, block = 32}} : (tensor<64x40xi4>, tensor<2x40xf32>) -> tensor<64x40xf32>
  %y = dl.matmul %x, %w acc f32 : ({x}, tensor<64x40xf32>) -> {y}
  func.return %y : {y}
}}"""  # noqa: E501
        random = np.random.default_rng(batch)
        codes = random.integers(-8, 8, (64, 40)).astype(np.int8).astype(dtype_named("i4"))
        params = {"w": codes, "s": random.uniform(0.1, 1, (2, 40)).astype(np.float32)}
        rows = 2 if sizes[1] == "?" else int(sizes[1])
        given = random.standard_normal((batch, rows, 64)).astype(np.float32)
        want = dlir.compile(text, target="ref", params=params)(given)
        compiled = dlir.compile(text, target="cpu", params=params, cache=False)
        assert "kernel = weight_only" in str(compiled.stage("buffers"))
        np.testing.assert_allclose(compiled(given), want, rtol=2e-5, atol=1e-4)
