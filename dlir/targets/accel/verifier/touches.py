"""What every segment touches in one memory, as intervals of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.targets.accel.simulator.accesses import Accesses
from dlir.targets.accel.simulator.timing import Ints
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


def on_chip_touches(tables: Sequence[Accesses], memory: int, segments: Segments) -> Touches:
    """All touches of a memory: unions over what each segment reads and writes.

    Loops and double buffers make the same segments again and again, so each list of accesses is
    looked at once only.
    """
    known: dict[bytes, int] = {}
    shapes: list[Ints] = []
    places: list[Ints] = []
    numbers: list[int] = []
    for k, table in enumerate(tables):
        chosen = np.flatnonzero(table.memory == memory)
        if not len(chosen):
            continue
        segment = segments.of(k, table.event[chosen])
        first = np.flatnonzero(np.append(True, segment[1:] != segment[:-1]))
        places.append(segment[first])
        walks = _walks(table, chosen)
        image, size = walks.tobytes(), walks.itemsize * walks.shape[1]
        ends = np.append(first[1:], len(chosen)).tolist()
        for begin, end in zip(first.tolist(), ends, strict=True):
            key = image[begin * size : end * size]
            if key not in known:
                known[key] = len(shapes)
                shapes.append(_union(walks[begin:end]))
            numbers.append(known[key])
    if not shapes:
        return dram_touches(*[np.zeros(0, np.int64)] * 4)
    return _spread(shapes, np.array(numbers), np.concatenate(places))


def _walks(table: Accesses, chosen: Ints) -> Ints:
    """The geometry of some accesses, one a row: whatever decides which lines they touch."""
    columns = (table.write, table.start, table.nx, table.sx, table.ny, table.sy, table.width)
    columns += (table.low, table.high)
    return np.stack([column[chosen].astype(np.int64) for column in columns], 1)


def _spread(shapes: list[Ints], numbers: Ints, places: Ints) -> Touches:
    """The intervals of every segment, given the number of its shape."""
    table = np.concatenate(shapes)
    counts = np.array([len(shape) for shape in shapes])
    begins = np.cumsum(counts) - counts
    order = np.argsort(places, kind="stable")
    places, numbers = places[order], numbers[order]
    each = counts[numbers]
    offset = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
    rows = table[np.repeat(begins[numbers], each) + offset]
    return Touches(np.repeat(places, each), rows[:, 0], rows[:, 1], rows[:, 2])


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
