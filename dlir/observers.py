"""Which range of real numbers a quantised tensor has to hold: observers of values.

An observer is shown arrays, one after the other, and then asked for a range. It keeps a bounded
amount of memory whatever it is shown: two numbers, or a `Histogram`. NaN and infinities have no
place among equal steps; they are counted, and whoever asks for the range decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dlir.numpy_types import Array

BINS = 2048
"""Bins of a histogram on each side of zero."""


class Range(NamedTuple):
    """The least and the greatest number to be told apart."""

    low: float
    high: float


class Grid(NamedTuple):
    """The integers that stand for the numbers of a range."""

    least: int
    greatest: int
    symmetric: bool
    """Whether zero stands for zero, so that the steps reach as far down as up."""

    def clipped(self, found: Range) -> Range:
        """The range as this grid covers it: zero is always in it."""
        low, high = min(found.low, 0.0), max(found.high, 0.0)
        if not self.symmetric:
            return Range(low, high)
        reach = max(-low, high)
        return Range(-reach, reach)

    @property
    def steps(self) -> int:
        """How many steps cover a range; those of symmetric grids use as many down as up."""
        return 2 * self.greatest if self.symmetric else self.greatest - self.least


@dataclass
class Histogram:
    """How many numbers fell into each of `2 * BINS` equal bins of [-reach, reach).

    The reach doubles, and pairs of bins become one, when a larger number is seen; so counts stay
    exact, and the result depends on the order of the arrays only by how fine the bins are.
    """

    reach: float = 0.0
    counts: Array = field(default_factory=lambda: np.zeros(2 * BINS, np.int64))

    def add(self, values: Array) -> None:
        """Count finite numbers."""
        largest = float(np.abs(values).max(initial=0.0))
        if largest == 0.0 and self.reach == 0.0:
            self.counts[BINS] += values.size
            return
        self._reach_to(largest)
        place = np.floor(values.astype(np.float64) * (BINS / self.reach)).astype(np.int64) + BINS
        self.counts += np.bincount(place.reshape(-1).clip(0, 2 * BINS - 1), minlength=2 * BINS)

    def _reach_to(self, largest: float) -> None:
        if self.reach == 0.0:
            self.reach = 2.0 ** np.ceil(np.log2(largest)) if largest > _TINY else _TINY
        while self.reach < largest:
            self.reach *= 2
            pairs = self.counts.reshape(2, BINS // 2, 2).sum(axis=2)
            quarter = np.zeros(BINS // 2, np.int64)
            self.counts = np.concatenate([quarter, pairs[0], pairs[1], quarter])

    @property
    def width(self) -> float:
        """The width of a bin."""
        return self.reach / BINS

    def centres(self) -> Array:
        """The number in the middle of each bin."""
        return (np.arange(-BINS, BINS) + 0.5) * self.width

    def magnitudes(self) -> Array:
        """Counts of |x| in `BINS` bins from 0."""
        return self.counts[BINS:] + self.counts[:BINS][::-1]


_TINY = float(np.finfo(np.float32).tiny)


@dataclass
class Seen:
    """All that is remembered of the values of one tensor."""

    momentum: float = 0.01
    """The weight of the newest array in the moving averages."""
    low: float = np.inf
    high: float = -np.inf
    average: Range | None = None
    histogram: Histogram = field(default_factory=Histogram)
    bad: int = 0
    """How many were NaN or infinite."""
    count: int = 0

    def add(self, values: Array, *, histogram: bool = True) -> None:
        """Take one array into account."""
        finite = np.isfinite(values)
        if not finite.all():
            self.bad += int(values.size - finite.sum())
            values = values[finite]
        if not values.size:
            return
        low, high = float(values.min()), float(values.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        old, new = self.average, self.momentum
        self.average = (
            Range(low, high)
            if old is None
            else Range(old.low + new * (low - old.low), old.high + new * (high - old.high))
        )
        self.count += values.size
        if histogram:
            self.histogram.add(values)


# Observers ------------------------------------------------------------------------------------


def minmax(seen: Seen, grid: Grid, percentile: float) -> Range:
    """The least and the greatest number that were seen."""
    return Range(seen.low, seen.high)


def moving_average(seen: Seen, grid: Grid, percentile: float) -> Range:
    """The least and the greatest number of an array, averaged: `a += momentum * (new - a)`."""
    assert seen.average is not None
    return seen.average


def percentile_of(seen: Seen, grid: Grid, percentile: float) -> Range:
    """The range that leaves out `100 - percentile` of a hundred numbers, half on each side.

    On a symmetric grid it is that of the magnitudes. The ends are those of bins, but never outside
    of what was seen.
    """
    histogram = seen.histogram
    if grid.symmetric:
        share = histogram.magnitudes().cumsum() / max(seen.count, 1)
        bins = int(np.searchsorted(share, percentile / 100)) + 1
        reach = bins * histogram.width
        return _within(seen, -reach, reach)
    share = histogram.counts.cumsum() / max(seen.count, 1)
    left_out = (1 - percentile / 100) / 2
    first = int(np.searchsorted(share, left_out, side="right"))
    last = int(np.searchsorted(share, 1 - left_out))
    return _within(seen, (first - BINS) * histogram.width, (last + 1 - BINS) * histogram.width)


def entropy(seen: Seen, grid: Grid, percentile: float) -> Range:
    """The range whose quantised distribution is nearest to the seen one, by their KL divergence.

    The method of TensorRT (S. Migacz, "8-bit Inference with TensorRT", GTC 2017): of the histogram
    of magnitudes, the first i bins are the reference distribution P, all that is beyond counted in
    the last one; Q is the same bins merged into as many as there are levels, and spread over those
    bins again that are not empty. The i with the least KL(P || Q) is taken. An affine grid's range
    is cut at the same magnitude on both sides.
    """
    magnitudes = seen.histogram.magnitudes().astype(np.float64)
    magnitudes[0] = magnitudes[1]  # zeros, such as those of relu, say nothing about the range
    levels = (grid.steps + 1) // 2 if grid.symmetric else grid.steps
    total = int(np.flatnonzero(magnitudes).max(initial=0)) + 1
    candidates = range(min(levels, total), total + 1)
    best = min(candidates, key=lambda bins: _divergence(magnitudes, bins, levels))
    reach = best * seen.histogram.width
    return _within(seen, -reach, reach)


def _divergence(magnitudes: Array, bins: int, levels: int) -> float:
    """KL(P || Q) when numbers beyond the first `bins` bins saturate."""
    inside = magnitudes[:bins]
    p = inside.copy()
    p[-1] += magnitudes[bins:].sum()
    level = np.arange(bins) * levels // bins
    full = inside > 0
    sums = np.bincount(level, inside, minlength=levels)
    places = np.bincount(level, full, minlength=levels)
    q = np.where(full, (sums / np.maximum(places, 1))[level], 0.0)
    p, q = p / max(p.sum(), 1), q / max(q.sum(), 1)
    where = p > 0
    # What Q says never happens, though it does, costs a great deal, but not infinitely much.
    return float((p[where] * np.log(p[where] / np.maximum(q[where], 1e-9))).sum())


SHRINKS = np.linspace(1.0, 0.2, 81)
"""The parts of the whole range that `mse` tries."""


def mse(seen: Seen, grid: Grid, percentile: float) -> Range:
    """Of ranges that shrink from the whole one, that with the least mean squared error.

    The numbers of a bin are taken to lie in its middle.
    """
    full = seen.histogram.counts > 0
    numbers, counts = seen.histogram.centres()[full], seen.histogram.counts[full]
    whole = grid.clipped(Range(seen.low, seen.high))

    def error(shrink: float) -> float:
        low, high = whole.low * shrink, whole.high * shrink
        step = max((high - low) / grid.steps, _TINY)
        rounded = np.clip(np.rint(numbers / step), np.rint(low / step), np.rint(high / step))
        return float((counts * (rounded * step - numbers) ** 2).sum())

    best = float(min(SHRINKS, key=error))
    return _within(seen, whole.low * best, whole.high * best)


def _within(seen: Seen, low: float, high: float) -> Range:
    return Range(max(low, seen.low), min(high, seen.high))


Observer = Callable[[Seen, Grid, float], Range]

OBSERVERS: Mapping[str, Observer] = {
    "entropy": entropy,
    "minmax": minmax,
    "moving-average": moving_average,
    "mse": mse,
    "percentile": percentile_of,
}
"""By the names that recipes use."""

NEEDS_HISTOGRAM = frozenset({"entropy", "mse", "percentile"})
