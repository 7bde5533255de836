"""Places for things that live for some time, so that places are used again as late as possible.

An engine that runs ahead writes into a place as soon as its last tile is done with; the longer ago
that was in the program, the further it runs ahead. So tiles take turns around the memory, like
slots of a ring, even where lower lines are free. What lives so long that the ring would come round
to it is placed first, at the other end.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Block(NamedTuple):
    """Something that needs `size` lines from time `first` to `last`, both included."""

    size: int
    first: int
    last: int


class Placed(NamedTuple):
    """A block from line `at` up to `end`."""

    at: int
    end: int
    first: int
    last: int
    number: int


@dataclass
class Placement:
    """The lines of some blocks, by their number; `missing` is the first that found no room."""

    at: dict[int, int]
    missing: int | None = None


def place_blocks(
    blocks: Sequence[Block], capacity: int, fixed: dict[int, int] | None = None
) -> Placement:
    """Lines for all blocks; those of `fixed` have theirs. Blocks are in order of `first`."""
    start = {n: _placed(blocks, n, at) for n, at in (fixed or {}).items()}
    ring = _Ring(blocks, capacity, dict(start))
    if ring.run():
        return Placement({n: one.at for n, one in ring.placed.items()})
    return _by_size(blocks, capacity, start)


def _placed(blocks: Sequence[Block], number: int, at: int) -> Placed:
    size, first, last = blocks[number]
    return Placed(at, at + size, first, last, number)


@dataclass
class _Ring:
    """Long-lived blocks at the upper end, the others round and round."""

    blocks: Sequence[Block]
    capacity: int
    placed: dict[int, Placed]
    long: list[Placed] = field(default_factory=list[Placed])
    live: list[Placed] = field(default_factory=list[Placed])
    """Short-lived blocks that are alive, by their lines."""
    cursor: int = 0

    def run(self) -> bool:
        """Place everything; False when something found no room."""
        self.long = list(self.placed.values())
        for number in sorted(self.long_lived(), key=lambda n: -self.blocks[n].size):
            block = self.blocks[number]
            at = highest(self.blockers(block, self.long), block.size, self.capacity)
            if at is None:
                return False
            self.placed[number] = _placed(self.blocks, number, at)
            self.long.append(self.placed[number])
        self.long.sort()
        return all(self.add(n) for n in range(len(self.blocks)) if n not in self.placed)

    def long_lived(self) -> list[int]:
        """Blocks during whose life half of the memory is given out anew."""
        sizes = np.array([block.size for block in self.blocks], np.int64)
        given = np.append(0, np.cumsum(sizes))
        firsts = [block.first for block in self.blocks]
        lasts = [block.last for block in self.blocks]
        during = given[np.searchsorted(firsts, lasts, "right")] - given[1:]
        long = np.flatnonzero(2 * during >= self.capacity).tolist()
        return [n for n in long if n not in self.placed]

    def blockers(self, block: Block, placed: Iterable[Placed]) -> list[Placed]:
        """What is in the way of a block, by lines."""
        return sorted(p for p in placed if p.first <= block.last and block.first <= p.last)

    def add(self, number: int) -> bool:
        """Place a short-lived block behind the one before it, or move those that are alive."""
        block = self.blocks[number]
        self.live = [p for p in self.live if p.last >= block.first]
        around = self.blockers(block, self.long)
        around = sorted([*around, *self.live]) if around else self.live
        at = lowest(around, block.size, self.capacity, self.cursor)
        if at is None:
            at = lowest(around, block.size, self.capacity)
        if at is None:
            return self.repack(number)
        self.set(number, at)
        self.cursor = at + block.size
        return True

    def set(self, number: int, at: int) -> None:
        self.placed[number] = _placed(self.blocks, number, at)
        insort(self.live, self.placed[number])

    def repack(self, number: int) -> bool:
        """Give the blocks that are alive other lines, the largest first, so that one more fits."""
        moving = {p.number for p in self.live} | {number}
        first = min(self.blocks[n].first for n in moving)
        around = [p for n, p in self.placed.items() if n not in moving and p.last >= first]
        self.live = []
        for n in sorted(moving, key=lambda n: -self.blocks[n].size):
            block = self.blocks[n]
            at = lowest(self.blockers(block, [*around, *self.live]), block.size, self.capacity)
            if at is None:
                return False
            self.set(n, at)
        return True


def lowest(around: Sequence[Placed], size: int, capacity: int, above: int = 0) -> int | None:
    """The first gap of `size` lines from `above` on, between blocks sorted by line."""
    at = above
    for one in around:
        if one.at - at >= size:
            return at
        at = max(at, one.end)
    return at if at + size <= capacity else None


def highest(around: Sequence[Placed], size: int, capacity: int) -> int | None:
    """The last gap of `size` lines; its upper end."""
    best, at = None, 0
    for one in around:
        if one.at - at >= size:
            best = one.at - size
        at = max(at, one.end)
    return capacity - size if at + size <= capacity else best


def _by_size(blocks: Sequence[Block], capacity: int, fixed: dict[int, Placed]) -> Placement:
    """The densest packing: the largest first, each as low as it can."""
    count = len(blocks)
    table = np.zeros((4, count), np.int64)  # at, end, first, last; nothing is alive yet
    table[3] = -1
    for number, one in fixed.items():
        table[:, number] = one[:4]
    at = {number: one.at for number, one in fixed.items()}
    for number in sorted(range(count), key=lambda n: (-blocks[n].size, blocks[n].first)):
        if number in at:
            continue
        size, first, last = blocks[number]
        near = table[:, (table[2] <= last) & (table[3] >= first)]
        near = near[:, np.argsort(near[0])].T.tolist()
        line = lowest([Placed(*row, 0) for row in near], size, capacity)
        if line is None:
            return Placement(at, number)
        at[number] = line
        table[:, number] = _placed(blocks, number, line)[:4]
    return Placement(at)
