"""The machine's arithmetic against exact integers and against the rounding it documents."""

from __future__ import annotations

import numpy as np
import pytest

from dlir.dialects.accel import arithmetic
from dlir.numpy_types import BFLOAT16


@pytest.mark.parametrize("k", [1, 16, 512, 1024, 1500])
def test_int8_products_are_exact(k: int) -> None:
    rows = np.full((3, k), -128, np.int8)
    plane = np.full((k, 2), -128, np.int8)
    plane[0, 1] = 127
    got = arithmetic.multiply_planes(rows, plane)
    np.testing.assert_array_equal(got, rows.astype(np.int64) @ plane.astype(np.int64))


def test_bf16_sums_run_from_the_first_row() -> None:
    """1 + 2**-24 is 1 in float32, so the order can be seen."""
    tiny = 2.0**-24
    rows = np.array([[1.0, 1.0, 1.0]]).astype(BFLOAT16)
    down = np.array([[1.0], [tiny], [tiny]]).astype(BFLOAT16)
    assert arithmetic.multiply_planes(rows, down)[0, 0] == 1.0
    assert arithmetic.multiply_planes(rows, down[::-1])[0, 0] == np.float32(1 + 2 * tiny)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (300, "i8", 127),
        (-300, "i8", -128),
        (2.5, "i8", 2),
        (3.5, "i32", 4),
        (float("nan"), "i32", 0),
        (float("inf"), "i32", 2**31 - 1),
        (-float("inf"), "i8", -128),
        (1 + 2.0**-8, "bf16", 1.0),
        (1 + 3 * 2.0**-8, "bf16", 1 + 2.0**-6),
        (2**24 + 1, "f32", 2.0**24),
    ],
)
def test_conversions(value: float, dtype: str, expected: float) -> None:
    source = np.array([value], np.int32 if isinstance(value, int) else np.float32)
    assert arithmetic.convert(source, arithmetic.DTYPES[dtype])[0] == expected


def test_row_sum_is_a_tree() -> None:
    x = np.array([[1.0, 2.0**-24, 1.0, 2.0**-24]], np.float32)
    # lanes 0+2 and 1+3 first: 2 + 2**-23, which float32 rounds to 2
    assert arithmetic.row_sum(x)[0, 0] == np.float32(2)
    ints = np.random.default_rng(0).integers(-99, 99, (4, 13)).astype(np.int32)
    np.testing.assert_array_equal(arithmetic.row_sum(ints)[:, 0], ints.sum(1))


def test_float_functions_round_once() -> None:
    x = np.linspace(-4, 4, 1001, dtype=np.float32)
    got = arithmetic.float_unary("tanh", x)
    np.testing.assert_array_equal(got, np.tanh(x.astype(np.float64)).astype(np.float32))
