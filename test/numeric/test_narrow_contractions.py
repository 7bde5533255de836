"""Sums of products of narrow numbers: what they stand for, summed in the accumulator's type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.number_format_cases import NARROW_FLOATS, dtype_named, every_number, is_integer

import dlir
from dlir.diagnostics import CompileError

TARGETS = ("ref", "cpu")
QUICK = ("f8E4M3FN", "f8E5M2", "f4E2M1FN")


def real(x: Any) -> Any:
    """The numbers in a type that numpy computes in."""
    return x.astype(np.int64) if "int" in x.dtype.name else x.astype(np.float64)


def small_numbers(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Numbers whose sums of products are exact in f32 and i32."""
    if is_integer(name):
        return rng.choice(every_number(name), shape)
    if name == "f8E8M0FNU":
        return np.array([1, 2, 4], np.float32)[rng.integers(0, 3, shape)].astype(dtype_named(name))
    if name == "tf32":
        return rng.integers(-8, 9, shape).astype(np.float32)
    return np.array([-2, -1.5, -1, 0, 0.5, 1, 2], np.float32)[rng.integers(0, 7, shape)].astype(
        dtype_named(name)
    )


def product(a: str, b: str, acc: str, shapes: tuple[str, str, str], options: str = "") -> str:
    x, y, z = shapes
    types = f"(tensor<{x}x{a}>, tensor<{y}x{b}>) -> tensor<{z}x{acc}>"
    return f"""func.func @main(%x: tensor<{x}x{a}>, %y: tensor<{y}x{b}>) -> tensor<{z}x{acc}> {{
  %z = dl.matmul %x, %y acc {acc} {options} : {types}
  func.return %z : tensor<{z}x{acc}>
}}"""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in NARROW_FLOATS]
)
def test_products_of_all_pairs(name: str, target: str) -> None:
    """Every number times every number, by a matmul with one term: exact in f32, rounded nowhere."""
    x = every_number(name)
    text = product(name, name, "f32", ("?x1", "1x?", "?x?"))
    got = dlir.compile(text, target=target, cache=False)(x[:, None], x[None, :])
    wide = x.astype(np.float32)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(got, wide[:, None] * wide[None, :])


PAIRS = [
    ("f8E4M3FN", "f8E4M3FN", "f32"),
    ("f8E4M3FN", "f8E5M2", "f32"),
    ("f4E2M1FN", "f8E4M3", "f32"),
    ("f6E3M2FN", "f6E2M3FN", "f64"),
    ("f8E8M0FNU", "f4E2M1FN", "f32"),
    ("tf32", "tf32", "f32"),
    ("i4", "i4", "i32"),
    ("i4", "i8", "i32"),
    ("ui8", "i4", "i32"),
    ("ui4", "ui4", "ui32"),
    ("i2", "ui4", "i32"),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("a", "b", "acc"), PAIRS)
def test_matmul(a: str, b: str, acc: str, target: str) -> None:
    rng = np.random.default_rng(0)
    run = dlir.compile(product(a, b, acc, ("?x?", "?x?", "?x?")), target=target, cache=False)
    for m, k, n in ((3, 5, 7), (1, 1, 1), (0, 4, 2), (4, 0, 3), (17, 33, 65)):
        x, y = small_numbers(a, (m, k), rng), small_numbers(b, (k, n), rng)
        got = run(x, y)
        assert got.dtype == dtype_named(acc)
        np.testing.assert_array_equal(real(got), real(x) @ real(y))


@pytest.mark.parametrize("target", TARGETS)
def test_batches_turned(target: str) -> None:
    rng = np.random.default_rng(1)
    text = product(
        "f8E5M2", "f8E4M3FN", "f32", ("2x1x4x3", "5x6x4", "2x5x3x6"),
        "{transpose_lhs, transpose_rhs}",
    )  # fmt: skip
    x = small_numbers("f8E5M2", (2, 1, 4, 3), rng)
    y = small_numbers("f8E4M3FN", (5, 6, 4), rng)
    got = dlir.compile(text, target=target, cache=False)(x, y)
    np.testing.assert_array_equal(real(got), real(x).swapaxes(-1, -2) @ real(y).swapaxes(-1, -2))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("a", "b", "acc"), [PAIRS[1], ("i4", "i4", "i32"), ("ui8", "i4", "i32")])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_convolution(
    a: str, b: str, acc: str, layout: str, groups: int, target: str
) -> None:  # fmt: skip
    """Beside the same convolution of the numbers in a wide type, on ref."""
    rng = np.random.default_rng(2)
    image = "2x4x5x6" if layout == "nchw" else "2x5x6x4"
    weight, result = f"4x{4 // groups}x3x3", "2x4x5x6" if layout == "nchw" else "2x5x6x4"
    x = small_numbers(a, tuple(map(int, image.split("x"))), rng)
    w = small_numbers(b, tuple(map(int, weight.split("x"))), rng)

    def text(a: str, b: str, acc: str) -> str:
        types = f"(tensor<{image}x{a}>, tensor<{weight}x{b}>) -> tensor<{result}x{acc}>"
        return f"""func.func @main(%x: tensor<{image}x{a}>, %w: tensor<{weight}x{b}>)
    -> tensor<{result}x{acc}> {{
  %y = dl.conv2d %x, %w acc {acc} {{padding = [1, 1, 1, 1], groups = {groups},
      layout = "{layout}"}} : {types}
  func.return %y : tensor<{result}x{acc}>
}}"""

    wide = "i64" if acc == "i32" else "f64"
    want = dlir.compile(text(wide, wide, wide), target="ref", cache=False)(real(x), real(w))
    got = dlir.compile(text(a, b, acc), target=target, cache=False)(x, w)
    assert got.dtype == dtype_named(acc)
    np.testing.assert_array_equal(real(got), want)


def test_the_accelerator_refuses_them() -> None:
    text = product("f8E4M3FN", "f8E4M3FN", "f32", ("4x4", "4x4", "4x4"))
    with pytest.raises(CompileError, match="target 'accel' has no f8E4M3FN"):
        dlir.compile(text, target="accel", machine="gemmini", cache=False)


def test_products_with_weights_of_other_types_are_not_merged() -> None:
    """Weights that are concatenated have one type."""
    heads = "\n".join(
        f"""  %m{i} = dl.matmul %x, %w{i} acc i32
      : (tensor<4x8xi8>, tensor<8x8x{t}>) -> tensor<4x8xi32>
  %r{i} = dl.reshape %m{i} : tensor<4x8xi32> -> tensor<4x2x4xi32>"""
        for i, t in enumerate(("i8", "i4"))
    )
    text = f"""func.func @main(%x: tensor<4x8xi8>) -> (tensor<4x2x4xi32>, tensor<4x2x4xi32>) {{
  %w0 = dl.constant dense<3> : tensor<8x8xi8>
  %w1 = dl.constant dense<-2> : tensor<8x8xi4>
{heads}
  func.return %r0, %r1 : tensor<4x2x4xi32>, tensor<4x2x4xi32>
}}"""
    first, second = dlir.compile(text, target="cpu", cache=False)(np.ones((4, 8), np.int8))
    assert (first == 24).all() and (second == -16).all()
