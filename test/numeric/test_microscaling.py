"""The OCP MX formats, by blocks: scales and elements beside the formula of the specification."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numeric.number_format_cases import BY_NAME, dtype_named

import dlir
from dlir.dialects.dl.ops.microscaling import exponent_of

TARGETS = ("ref", "cpu")
EXPONENTS = {"f8E4M3FN": 8, "f8E5M2": 15, "f6E3M2FN": 4, "f6E2M3FN": 2, "f4E2M1FN": 2, "i8": 6}


def round_trip(element: str, shape: str, scale: str, axis: int, block: int = 32) -> str:
    """Scales, elements and the numbers that they stand for."""
    x, q, s = f"tensor<{shape}xf32>", f"tensor<{shape}x{element}>", f"tensor<{scale}xf8E8M0FNU>"
    by = f"axis = {axis}, block = {block}"
    return f"""func.func @main(%x: {x}) -> ({s}, {q}, {x}) {{
  %s = dl.mx_scale %x {{axis = {axis}, block = {block}, exponent = {EXPONENTS[element]}}}
      : {x} -> {s}
  %q = dl.quantize %x, %s {{{by}}} : ({x}, {s}) -> {q}
  %y = dl.dequantize %q, %s {{{by}}} : ({q}, {s}) -> {x}
  func.return %s, %q, %y : {s}, {q}, {x}
}}"""


def specified(x: Any, element: str) -> tuple[float, Any]:
    """The scale and the elements of one block of finite numbers, section 6.3 of OCP MX v1.0."""
    most = max((abs(float(v)) for v in x), default=0.0)
    power = math.frexp(most)[1] - 1 - EXPONENTS[element] if most else -127
    scale = 2.0 ** min(max(power, -127), 127)
    parts = np.array([float(v) / scale for v in x])
    if element == "i8":
        return scale, np.clip(np.rint(parts), -128, 127).astype(np.int8)
    dtype = dtype_named(element)
    last = float(ml_dtypes.finfo(dtype).max)
    return scale, np.clip(parts, -last, last).astype(np.float32).astype(dtype)


@pytest.mark.parametrize("name", EXPONENTS)
def test_exponents(name: str) -> None:
    """Those of the table of formats are those of the specification."""
    assert exponent_of(BY_NAME[name]) == EXPONENTS[name]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("element", EXPONENTS)
def test_blocks(element: str, target: str) -> None:
    """Rows of every length around a block; numbers of all sizes."""
    rng = np.random.default_rng(0)
    run = dlir.compile(round_trip(element, "?x?", "?x?", 1), target=target, cache=False)
    for rows, columns in ((3, 64), (2, 31), (2, 33), (1, 1), (5, 97), (0, 32)):
        x = rng.normal(size=(rows, columns)) * np.exp2(rng.integers(-20, 20, (rows, 1)))
        x = x.astype(np.float32)
        x[rng.random(x.shape) < 0.1] = 0
        scales, elements, numbers = run(x)
        assert scales.shape == (rows, -(-columns // 32)) and elements.shape == x.shape
        for row in range(rows):
            for number, start in enumerate(range(0, columns, 32)):
                part = slice(start, start + 32)
                scale, wanted = specified(x[row, part], element)
                assert float(scales[row, number]) == scale
                got = elements[row, part]
                assert got.tobytes() == wanted.tobytes()
                stands = wanted.astype(np.float32) * np.float32(scale)
                np.testing.assert_array_equal(numbers[row, part], stands)


@pytest.mark.parametrize("target", TARGETS)
def test_along_the_first_axis(target: str) -> None:
    x = np.arange(1, 41, dtype=np.float32).reshape(10, 4)
    text = round_trip("f4E2M1FN", "10x4", "3x4", 0, block=4)
    scales, elements, _ = dlir.compile(text, target=target, cache=False)(x)
    for column in range(4):
        for number in range(3):
            part = slice(4 * number, 4 * number + 4)
            scale, wanted = specified(x[part, column], "f4E2M1FN")
            assert float(scales[number, column]) == scale
            assert elements[part, column].tobytes() == wanted.tobytes()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("element", ["f8E4M3FN", "f8E5M2"])
def test_what_is_no_number(element: str, target: str) -> None:
    """Zeros, NaN, infinity, subnormal numbers and the largest one, in blocks of two."""
    x = np.array([0, -0.0, np.nan, 1, np.inf, 1, 1e-45, 0, 3.4e38, -1], np.float32)[None]
    run = dlir.compile(round_trip(element, "1x10", "1x5", 1, block=2), target=target, cache=False)
    scales, elements, numbers = run(x)
    wanted = [2.0**-127, np.nan, 2.0**127, 2.0**-127, 2.0 ** (127 - EXPONENTS[element])]
    np.testing.assert_array_equal(scales.astype(np.float64)[0], wanted)
    assert np.isnan(numbers[0, 2:4]).all() and np.isnan(elements[0, 2:4].astype(np.float32)).all()
    last = float(ml_dtypes.finfo(dtype_named(element)).max)
    assert float(elements[0, 4]) == last
    assert not numbers[0, :2].any() and not numbers[0, 7]
