"""What loads read from memory: of packed weights, the blocks that hold what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np

from dlir.targets.accel.description import Dma
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Ints


@dataclass(frozen=True)
class Fetches:
    """The rows of all loads of packed weights."""

    events: Ints
    """The loads."""
    row: Ints
    """The load of each row, by its number in `events`."""
    address: Ints
    length: Ints
    """Where the blocks of each row are, and their bytes."""
    expanded: Ints
    """What each load asks for."""

    @property
    def read(self) -> Ints:
        """Bytes that each load reads."""
        return self._sums(self.length)

    def cycles(self, dma: Dma) -> Ints:
        """Whole cycles for which each load holds the bus: until all is read, and expanded."""
        rate = Fraction(str(dma.bytes_per_cycle))
        burst = -(-self.length // dma.burst) * dma.burst
        per_row = np.maximum(burst * rate.denominator, dma.row_cycles * rate.numerator)
        read = -(-self._sums(per_row) // rate.numerator)
        out = Fraction(str(dma.expand_bytes_per_cycle))
        return np.maximum(read, -(-self.expanded * out.denominator // out.numerator))

    def _sums(self, values: Ints) -> Ints:
        totals = np.zeros(len(self.events), np.int64)
        np.add.at(totals, self.row, values)
        return totals


def fetches_of(stream: Events) -> Fetches:
    """The loads of packed weights of a stream."""
    if "fetches" not in stream.derived:
        stream.derived["fetches"] = _fetches(stream)
    return cast(Fetches, stream.derived["fetches"])


def _fetches(stream: Events) -> Fetches:
    events = np.flatnonzero(stream.is_op("ld"))
    events = events[stream.packed.holds(stream["dram"][events])]
    start, rows, length, stride = (stream[n][events] for n in ("dram", "rows", "len", "stride"))
    row = np.repeat(np.arange(len(events)), rows)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(rows) - rows, rows)
    address = start[row] + offset * stride[row]
    return Fetches(events, row, *stream.packed.pieces(address, length[row]), rows * length)
