"""Observers on distributions whose best ranges are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlir.observers import BINS, OBSERVERS, Histogram, Range, Seen
from dlir.scales import choose, grid_of

RNG = np.random.default_rng(0)


def seen_of(*arrays: Any, momentum: float = 0.01) -> Seen:
    seen = Seen(momentum)
    for array in arrays:
        seen.add(np.asarray(array, np.float32))
    return seen


def found(name: str, seen: Seen, element: str = "i8", percentile: float = 99.0) -> Range:
    return OBSERVERS[name](seen, grid_of(element), percentile)


@pytest.mark.parametrize("reaches", [(1.0,), (1.0, 100.0), (1e-30, 1e30), (0.0, 5.0), (3.0, 1e-3)])
def test_a_histogram_counts_everything_whatever_the_order(reaches: tuple[float, ...]) -> None:
    histogram = Histogram()
    for reach in reaches:
        histogram.add(RNG.uniform(-reach, reach, 1000).astype(np.float32))
    assert histogram.counts.sum() == 1000 * len(reaches)
    assert histogram.reach >= max(reaches) * 0.9 and len(histogram.counts) == 2 * BINS


def test_bins_that_are_merged_keep_their_numbers() -> None:
    small, large = Histogram(), Histogram()
    numbers = RNG.normal(size=10_000).astype(np.float32)
    small.add(numbers)
    small.add(np.array([1000.0], np.float32))
    large.add(np.array([1000.0], np.float32))
    large.add(numbers)
    assert small.reach == large.reach
    # a bin's edge may round differently before it is merged: counts move by single numbers
    assert np.abs(small.counts - large.counts).sum() <= 2


def test_minmax_and_moving_average() -> None:
    seen = seen_of([-1, 2], [-3, 1], [0, 10], momentum=0.5)
    assert found("minmax", seen) == (-3, 10)
    assert found("moving-average", seen) == (-1.0, 5.75)


def test_percentile_leaves_out_what_it_says() -> None:
    seen = seen_of(np.linspace(-1, 1, 100_001))
    low, high = found("percentile", seen, "ui8", 90.0)
    assert low == pytest.approx(-0.9, abs=2e-3) and high == pytest.approx(0.9, abs=2e-3)
    assert found("percentile", seen, "i8", 50.0).high == pytest.approx(0.5, abs=2e-3)
    assert found("percentile", seen, "i8", 100.0) == (-1, 1)


@pytest.mark.parametrize("name", ["entropy", "mse", "percentile"])
def test_one_outlier_does_not_set_the_range(name: str) -> None:
    seen = seen_of(RNG.normal(size=100_000), [30.0])
    low, high = choose_reach(found(name, seen))
    assert 2.0 < high < 25.0 and low == -high


@pytest.mark.parametrize("name", ["entropy", "mse", "percentile"])
def test_equal_numbers_need_the_whole_range(name: str) -> None:
    """Of a uniform distribution nothing is worth cutting off."""
    seen = seen_of(RNG.uniform(-1, 1, 200_000))
    assert choose_reach(found(name, seen, percentile=99.999)).high > 0.95


def choose_reach(range: Range) -> Range:
    return grid_of("i8").clipped(range)


def test_mse_finds_the_optimum_of_a_normal_distribution() -> None:
    """The best 8-bit symmetric clip of N(0, 1) is at about 3.9 to 4.1 sigma."""
    numbers = RNG.normal(size=400_000).astype(np.float32)
    reach = choose_reach(found("mse", seen_of(numbers))).high

    def error(clip: float) -> float:
        step = clip / 127
        return float(((np.clip(np.rint(numbers / step), -127, 127) * step - numbers) ** 2).mean())

    best = min(np.linspace(2, 6, 81), key=error)
    assert error(reach) <= 1.02 * error(best)


@pytest.mark.parametrize("name", sorted(OBSERVERS))
@pytest.mark.parametrize("element", ["i8", "ui8"])
def test_zeros_and_constants(name: str, element: str) -> None:
    for number in (0.0, 2.5, -1e-30, 1e30):
        low, high = found(name, seen_of(np.full(100, number)), element)
        scale, _ = choose(Range(low, high), grid_of(element))
        assert np.isfinite(scale) and scale > 0
        assert low <= high


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    seen = seen_of([1, np.nan, np.inf, -np.inf, -2])
    assert seen.bad == 3 and found("minmax", seen) == (-2, 1)


@pytest.mark.parametrize(
    ("element", "range", "scale", "zero"),
    [
        ("i8", (-1.27, 0.5), 0.01, None),
        ("i8", (0, 0), 1.0, None),
        ("ui8", (0.0, 2.55), 0.01, 0),
        ("ui8", (-2.55, 0.0), 0.01, 255),
        ("ui8", (1.0, 2.55), 0.01, 0),
        ("ui8", (-1.0, 1.55), 0.01, 100),
        ("i8", (-3.4e38, 3.4e38), 3.4e38 / 127, None),
        ("ui8", (-3.4e38, 3.4e38), 6.8e38 / 255, 128),
        ("i8", (0, 1e-45), float(np.finfo(np.float32).tiny), None),
    ],
)
def test_scales(element: str, range: tuple[float, float], scale: float, zero: int | None) -> None:
    chosen = choose(Range(*range), grid_of(element))
    assert chosen.scale == pytest.approx(np.float32(scale), rel=1e-6)
    assert (None if chosen.zero_point is None else int(chosen.zero_point)) == zero
