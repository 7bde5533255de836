"""Intervals of lines cut where any of them begins or ends: each covers some pieces as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlir.targets.accel.simulator.timing import Ints, ranges

CHUNK = 8192
"""Intervals taken together; with fewer the work per chunk dominates, with more the cutting does."""
MAX_PIECES = 1 << 21
"""A chunk with more pieces is halved: memory stays bounded whatever a hostile program does."""


class Pieces:
    """The pieces that some intervals `low..high-1` are cut into."""

    def __init__(self, low: Ints, high: Ints) -> None:
        base = int(low.min())
        ends = np.zeros(int(high.max()) - base + 1, np.int64)
        ends[low - base] = ends[high - base] = 1
        number = np.cumsum(ends) - 1
        self.cuts = np.flatnonzero(ends) + base
        """Where they begin; the last is the end."""
        self.first = number[low - base]
        self.counts = number[high - base] - self.first
        """How many each interval covers."""

    def __len__(self) -> int:
        return len(self.cuts) - 1

    @property
    def span(self) -> slice:
        """All lines from the first to the last."""
        return slice(int(self.cuts[0]), int(self.cuts[-1]))

    def by_place(self) -> tuple[Ints, Ints]:
        """(piece, interval) of everything that is covered, sorted."""
        bits = len(self.counts).bit_length()
        interval = np.repeat(np.arange(len(self.counts)), self.counts)
        key = np.sort(ranges(self.first, self.counts) << bits | interval)
        return key >> bits, key & ((1 << bits) - 1)

    def combine(self, how: np.ufunc, lines: NDArray[Any]) -> NDArray[Any]:
        """Per piece, the values of its lines combined."""
        return how.reduceat(lines[: self.cuts[-1]], self.cuts[:-1])

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Per line of the span, the value of its piece."""
        return np.repeat(values, np.diff(self.cuts))


def chunks(low: Ints, high: Ints) -> Iterator[tuple[int, int, Pieces]]:
    """(first, stop, pieces) of intervals in the order of time, few enough to be cut together."""
    pending = [(i, min(len(low), i + CHUNK)) for i in range(0, len(low), CHUNK)][::-1]
    while pending:
        first, stop = pending.pop()
        pieces = Pieces(low[first:stop], high[first:stop])
        if int(pieces.counts.sum()) > MAX_PIECES and stop - first > 1:
            middle = (first + stop) // 2
            pending += [(middle, stop), (first, middle)]
        else:
            yield first, stop, pieces
