"""The rule of requantisation against exact fractions, and scales as multipliers and shifts."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlir.requantize import multiplier_and_shift, requantize

INT32 = st.integers(-(2**31), 2**31 - 1)


@given(INT32, INT32, st.integers(-31, 31), st.integers(-128, 127))
def test_requantize_is_the_exact_rule(x: int, multiplier: int, shift: int, zero: int) -> None:
    lanes = (np.array([value]) for value in (x, multiplier, shift))
    exact = Fraction(x * multiplier, 2 ** (31 + shift))
    rounded = math.floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
    assert requantize(*lanes, zero)[0] == max(-128, min(127, rounded + zero))


def test_requantize_rounds_halves_away_from_zero() -> None:
    x = np.array([3, 1, -1, -3])
    got = requantize(x, np.array([1]), np.array([-30]), 0)
    assert got.tolist() == [2, 1, -1, -2]


@given(st.floats(2.0**-32, 2.0**31 - 1), st.sampled_from([1, -1]))
def test_a_scale_has_31_bits(size: float, sign: int) -> None:
    scale = sign * size
    multiplier, shift = (int(part) for part in multiplier_and_shift(scale))
    assert -31 <= shift <= 31 and 2**30 <= abs(multiplier) < 2**31
    error = abs(Fraction(multiplier) / Fraction(2) ** (31 + shift) - Fraction(scale))
    assert error <= Fraction(size) / 2**31


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (0.0, (0, 0)),
        (1.0, (2**30, -1)),
        (0.5, (2**30, 0)),
        (-0.75, (-3 * 2**29, 0)),
        (1 - 2.0**-40, (2**30, -1)),
        (2.0**31 - 1, (2**31 - 1, -31)),
        (2.0**-33, (2**29, 31)),
        (2.0**-63, (0, 31)),
        (1e-300, (0, 31)),
    ],
)
def test_multiplier_and_shift(scale: float, expected: tuple[int, int]) -> None:
    assert tuple(int(part) for part in multiplier_and_shift(scale)) == expected


def test_scales_by_channel() -> None:
    multiplier, shift = multiplier_and_shift(np.array([0.5, 0.25], np.float32))
    assert multiplier.dtype == shift.dtype == np.int32
    assert multiplier.tolist() == [2**30, 2**30] and shift.tolist() == [0, 1]


@pytest.mark.parametrize("scale", [math.inf, math.nan, 2.0**31, -(2.0**31), 2.0**31 - 0.25])
def test_impossible_scales(scale: float) -> None:
    with pytest.raises(ValueError, match="a scale is"):
        multiplier_and_shift(scale)
