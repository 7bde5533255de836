"""When the tiles of a program are alive, and how much of each memory that takes.

Time counts engine ops: a tile lives from the first op that touches it to the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.accel.attrs import Memory
from dlir.dialects.accel.listing import Listing, listing_of
from dlir.dialects.accel.ops import ProgramOp


class Tile(NamedTuple):
    """A tile on the chip: its lines (accumulators: rows) and its life, both ends included."""

    number: int
    """That of the memref."""
    memory: Memory
    lines: int
    first: int
    last: int


@dataclass(frozen=True)
class MemoryUse:
    """How a program uses one memory."""

    memory: str
    lines: int
    """What the machine has."""
    peak: int
    """The line behind the last one in use, or 0 before tiles have places."""
    live: int
    """The most lines of tiles that are alive together: no placement can do with less."""

    @property
    def ratio(self) -> float:
        """Peak over the bound; 1 is perfect packing."""
        return self.peak / self.live if self.live else 1.0


def tiles_of(listing: Listing) -> list[Tile]:
    """The tiles on the chip that are used, by their first use."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for time, line in enumerate(listing.lines):
        for memref in line.memrefs:
            last[memref] = time
            if memref not in first:
                first[memref] = time
    memrefs = listing.memrefs
    return [
        Tile(number, memory, memrefs[number].lines, begin, last[number])
        for number, begin in first.items()
        if (memory := memrefs[number].memory) is not None
    ]


def live_lines(tiles: Iterable[Tile]) -> NDArray[np.int64]:
    """The lines that are alive at every op, up to the last use of any tile."""
    tiles = list(tiles)
    change = np.zeros(2 + max((tile.last for tile in tiles), default=0), np.int64)
    np.add.at(change, [tile.first for tile in tiles], [tile.lines for tile in tiles])
    np.subtract.at(change, [tile.last + 1 for tile in tiles], [tile.lines for tile in tiles])
    return np.cumsum(change)[:-1]


def memory_uses(program: ProgramOp, sizes: Mapping[str, int]) -> list[MemoryUse]:
    """How a program uses the memories of a machine of these sizes; unused ones are left out."""
    listing = listing_of(program)
    return uses_of(tiles_of(listing), listing.places, sizes)


def uses_of(
    tiles: Sequence[Tile], places: Mapping[int, int], sizes: Mapping[str, int]
) -> list[MemoryUse]:
    """The same of tiles that are known already."""
    return [
        _use([tile for tile in tiles if tile.memory.value == name], places, name, size)
        for name, size in sizes.items()
        if any(tile.memory.value == name for tile in tiles)
    ]


def _use(tiles: Sequence[Tile], places: Mapping[int, int], memory: str, lines: int) -> MemoryUse:
    ends = (at + tile.lines for tile in tiles if (at := places.get(tile.number)) is not None)
    return MemoryUse(memory, lines, max(ends, default=0), int(live_lines(tiles).max()))
