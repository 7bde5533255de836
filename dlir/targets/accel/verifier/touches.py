"""What every segment touches in one memory, as intervals of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.targets.accel.simulator.accesses import Accesses
from dlir.targets.accel.simulator.timing import Ints, ranges
from dlir.targets.accel.verifier.pieces import CHUNK
from dlir.targets.accel.verifier.segments import Segments

EXPOSED, WRITE, READ = range(3)
"""Kinds of touches, in their order within a segment: reads of what the segment has not written
itself before, writes, reads of what it has."""

Mask: TypeAlias = NDArray[np.bool_]
Lines: TypeAlias = "slice | Ints"


@dataclass(frozen=True)
class Touches:
    """Lines `low..high-1` are touched by a segment; in the order of segments and kinds."""

    segment: Ints
    kind: Ints
    low: Ints
    high: Ints

    def __len__(self) -> int:
        return len(self.segment)

    def part(self, first: int, stop: int) -> Touches:
        """Some of them."""
        columns = (self.segment, self.kind, self.low, self.high)
        return Touches(*(column[first:stop] for column in columns))


@dataclass
class _Shapes:
    """What segments touch, each different one once: `number` per segment, and its place."""

    seen: dict[bytes, int] = field(default_factory=dict[bytes, int])
    intervals: list[Ints] = field(default_factory=list[Ints])
    """Of each shape, rows of kind, low and high."""
    numbers: list[int] = field(default_factory=list[int])
    places: list[int] = field(default_factory=list[int])

    def add(self, walks: Ints, segment: Ints) -> None:
        """The accesses of a stream, which belong to `segment`."""
        first = np.flatnonzero(np.append(True, segment[1:] != segment[:-1]))
        self.places += segment[first].tolist()
        image, size = walks.tobytes(), walks.itemsize * walks.shape[1]
        ends = np.append(first[1:], len(segment)).tolist()
        for begin, end in zip(first.tolist(), ends, strict=True):
            key = image[begin * size : end * size]
            number = self.seen.setdefault(key, len(self.intervals))
            if number == len(self.intervals):
                self.intervals.append(_union(walks[begin:end]))
            self.numbers.append(number)


def on_chip_touches(
    tables: Sequence[Accesses], memory: int, segments: Segments
) -> Iterator[Touches]:
    """All touches of a memory in order, some segments at a time: unions over what each segment
    reads and writes.

    Loops and double buffers make the same segments again and again, so each list of accesses is
    looked at once only.
    """
    shapes = _Shapes()
    for k, table in enumerate(tables):
        chosen = np.flatnonzero(table.memory == memory)
        if len(chosen):
            shapes.add(_walks(table, chosen), segments.of(k, table.event[chosen]))
    if not shapes.numbers:
        return
    kind, low, high = np.concatenate(shapes.intervals).T
    counts = np.array([len(shape) for shape in shapes.intervals])
    begins = np.cumsum(counts) - counts
    places = np.array(shapes.places)
    order = np.argsort(places)
    places, numbers = places[order], np.array(shapes.numbers)[order]
    total: Ints = np.append(0, np.cumsum(counts[numbers]))
    first = 0
    while first < len(places):
        stop = int(np.searchsorted(total, int(total[first]) + CHUNK, "right")) - 1
        stop = max(stop, first + 1)
        part = slice(first, stop)
        rows: Ints = ranges(begins[numbers[part]], counts[numbers[part]])
        segment = np.repeat(places[part], counts[numbers[part]])
        yield Touches(segment, kind[rows], low[rows], high[rows])
        first = stop


def _walks(table: Accesses, chosen: Ints) -> Ints:
    """The geometry of some accesses, one a row: whatever decides which lines they touch."""
    columns = (table.write, table.start, table.nx, table.sx, table.ny, table.sy, table.width)
    columns += (table.low, table.high)
    return np.stack([column[chosen].astype(np.int64) for column in columns], 1)


def dram_touches(segment: Ints, write: Ints, low: Ints, high: Ints) -> Touches:
    """Touches of DRAM, whose contents are there from the start, from one interval per access."""
    order = np.argsort(segment, kind="stable")
    kind = np.where(write, WRITE, READ)
    return Touches(segment[order], kind[order], low[order], high[order])


def _union(walks: Ints) -> Ints:
    """(kind, low, high) of the intervals that these accesses of one segment touch together."""
    base, top = int(walks[:, 7].min()), int(walks[:, 8].max())
    masks = {kind: np.zeros(top - base + 2, bool) for kind in (EXPOSED, WRITE, READ)}
    exposed, written, read = masks.values()
    both = 0 < np.count_nonzero(walks[:, 0]) < len(walks)
    for write, start, *walk, _, _ in walks.tolist():
        lines = lines_of(start - base + 1, *walk)
        if write:
            written[lines] = True
        elif both:
            exposed[lines] |= ~written[lines]
            read[lines] |= written[lines]
        else:
            exposed[lines] = True
    return np.concatenate([_intervals(mask, kind, base) for kind, mask in masks.items()])


def _intervals(mask: Mask, kind: int, base: int) -> Ints:
    edges = np.flatnonzero(mask[1:] != mask[:-1]) + base
    return np.stack([np.full(len(edges) // 2, kind), edges[::2], edges[1::2]], 1)


def lines_of(start: int, nx: int, sx: int, ny: int, sy: int, width: int) -> Lines:
    """The lines of a walk: a slice where they follow each other."""
    if nx == 1 or sx == width:
        nx, width = 1, nx * width
    if nx == 1 and (ny == 1 or sy == width):
        return slice(start, start + ny * width)
    return _offsets(nx, sx, ny, sy, width) + start


@cache
def _offsets(nx: int, sx: int, ny: int, sy: int, width: int) -> Ints:
    rows = np.add.outer(np.arange(ny) * sy, np.arange(nx) * sx)
    return np.add.outer(rows, np.arange(width)).ravel()
