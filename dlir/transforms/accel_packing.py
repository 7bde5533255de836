"""Places for things that live for some time, so that places are used again as late as possible.

An engine that runs ahead writes into a place as soon as its last tile is done with; the longer ago
that was in the program, the further it runs ahead. So a tile goes where nothing has been for the
longest time, even where that spreads the tiles over the whole memory. What lives so long that the
memory is given out anew meanwhile is placed first, at the upper end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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
    dense = _densest(blocks, capacity, start)
    if dense.missing is not None:
        return dense
    return Placement(spread(blocks, capacity, dense.at, set(start)))


ROUNDS = 4.0
"""How often a memory is given out anew during a life that counts as long. Blocks that are placed
as long-lived do not take turns, so it should be few; but too few leave gaps of odd sizes."""


def place_early(
    blocks: Sequence[Block], capacity: int, fixed: dict[int, int] | None = None
) -> Placement:
    """Lines for all blocks, each as low as it can: what is used again is used again at once."""
    start = {n: _placed(blocks, n, at) for n, at in (fixed or {}).items()}
    live, at = list(start.values()), dict(fixed or {})
    for number, block in enumerate(blocks):
        if number in at:
            continue
        live = [one for one in live if one.last >= block.first]
        line = lowest(blockers(block, live), block.size, capacity)
        if line is None:
            return _densest(blocks, capacity, start)
        at[number] = line
        live.append(_placed(blocks, number, line))
    return Placement(at)


def _placed(blocks: Sequence[Block], number: int, at: int) -> Placed:
    size, first, last = blocks[number]
    return Placed(at, at + size, first, last, number)


class _Moment(NamedTuple):
    """What a ring knew when it came to a block."""

    number: int
    long: list[Placed]
    live: list[Placed]
    starts: list[int]
    lasts: list[int]


@dataclass
class _Ring:
    """Long-lived blocks at the upper end, the others in turns around them.

    Where a block finds no room, the ring goes back by some blocks and places it first, like a
    long-lived one; where that does not help, it goes back further.
    """

    blocks: Sequence[Block]
    capacity: int
    placed: dict[int, Placed]
    long: list[Placed] = field(default_factory=list[Placed])
    live: list[Placed] = field(default_factory=list[Placed])
    """Short-lived blocks that are alive."""
    starts: list[int] = field(default_factory=lambda: [0])
    lasts: list[int] = field(default_factory=lambda: [-1])
    """The memory in pieces: where each begins, and when it was last in use, or will be."""
    moments: list[_Moment] = field(default_factory=list[_Moment])
    """To go back to, every `STRIDE` blocks."""
    first: set[int] = field(default_factory=set[int])
    """Blocks that found no room in their turn."""
    furthest: int = -1
    """The last of them."""
    back: int = 1
    """How many moments to go back."""

    def run(self) -> bool:
        """Place everything; False when something found no room."""
        self.long = list(self.placed.values())
        if not self.place_first(self.long_lived()):
            return False
        number = 0
        while number < len(self.blocks):
            if number % STRIDE == 0 and (not self.moments or self.moments[-1].number < number):
                self.moments.append(self.moment(number))
            if number in self.placed or self.add(number):
                number += 1
            elif (number := self.before(number)) < 0:
                return False
        return True

    def moment(self, number: int) -> _Moment:
        """The state as it is."""
        return _Moment(number, [*self.long], [*self.live], [*self.starts], [*self.lasts])

    def place_first(self, numbers: Iterable[int]) -> bool:
        """Place blocks at the upper end, the largest first, whenever they begin."""
        for number in sorted(numbers, key=lambda n: -self.blocks[n].size):
            block = self.blocks[number]
            around = blockers(block, [*self.long, *self.live])
            at = highest(around, block.size, self.capacity)
            if at is None:
                return False
            self.placed[number] = _placed(self.blocks, number, at)
            self.long.append(self.placed[number])
        return True

    def before(self, number: int) -> int:
        """Go back, and place a block first that found no room; where to go on, or -1."""
        self.first.add(number)
        self.back = 1 if number > self.furthest else 2 * self.back
        self.furthest = max(self.furthest, number)
        while len(self.first) <= MOST_FIRST:
            del self.moments[max(1, len(self.moments) + 1 - self.back) :]
            last = self.moments[-1]
            self.restore(last)
            if self.place_first(n for n in self.first if n not in self.placed):
                return last.number
            if last.number == 0:
                break
            self.back *= 2
        return -1

    def restore(self, moment: _Moment) -> None:
        """The state of an earlier moment, with nothing placed that comes behind it in its turn."""
        self.long, self.live = [*moment.long], [*moment.live]
        self.starts, self.lasts = [*moment.starts], [*moment.lasts]
        kept = {one.number for one in self.long}
        self.placed = {
            n: one for n, one in self.placed.items() if n < moment.number or n in kept
        } | {one.number: one for one in self.live}

    def long_lived(self) -> list[int]:
        """Blocks during whose life the memory is given out anew `rounds` times."""
        sizes = np.array([block.size for block in self.blocks], np.int64)
        given = np.append(0, np.cumsum(sizes))
        firsts = [block.first for block in self.blocks]
        lasts = [block.last for block in self.blocks]
        during = given[np.searchsorted(firsts, lasts, "right")] - given[1:]
        long = np.flatnonzero(during >= ROUNDS * self.capacity).tolist()
        return [n for n in long if n not in self.placed]

    def add(self, number: int) -> bool:
        """Place a short-lived block, or move those that are alive as well."""
        block = self.blocks[number]
        for one in self.long:
            if one.last < block.first:
                self.paint(one.at, one.end, one.last)
        self.long = [p for p in self.long if p.last >= block.first]
        self.live = [p for p in self.live if p.last >= block.first]
        at = self.oldest(block, blockers(block, self.long))
        if at is None:
            return self.repack(number)
        self.set(number, at)
        return True

    def oldest(self, block: Block, around: Sequence[Placed]) -> int | None:
        """Where a block fits into what has been free for the longest time."""
        best, found = block.first, None
        for i, (at, last) in enumerate(zip(self.starts, self.lasts, strict=True)):
            end = at + block.size
            if end > self.capacity:
                break
            if last >= best:
                continue
            worst = max(self.lasts[i : bisect_left(self.starts, end)])
            if worst < best and not any(p.at < end and at < p.end for p in around):
                best, found = worst, at
        return found if found is not None else self.beside(block, around)

    def beside(self, block: Block, around: Sequence[Placed]) -> int | None:
        """The lowest gap between what is alive; it may begin behind a long-lived block."""
        return lowest(sorted([*around, *self.live]), block.size, self.capacity)

    def set(self, number: int, at: int) -> None:
        one = self.placed[number] = _placed(self.blocks, number, at)
        self.live.append(one)
        self.paint(at, one.end, one.last)

    def paint(self, at: int, end: int, last: int) -> None:
        """Note when some lines are last in use."""
        starts, lasts = self.starts, self.lasts
        low, high = bisect_left(starts, at), bisect_right(starts, end - 1)
        behind = lasts[high - 1]
        after = end < (starts[high] if high < len(starts) else self.capacity)
        starts[low:high] = [at, end] if after else [at]
        lasts[low:high] = [last, behind] if after else [last]
        if len(starts) > MOST_PIECES:
            self.coarsen()

    def coarsen(self) -> None:
        """Join pieces by two; each as if it had all been used as late as any of it."""
        pairs = [self.lasts[i : i + 2] for i in range(0, len(self.lasts), 2)]
        self.starts, self.lasts = self.starts[::2], [max(pair) for pair in pairs]

    def repack(self, number: int) -> bool:
        """Give the blocks that are alive other lines, the largest first, so that one more fits."""
        moving = {p.number for p in self.live} | {number}
        first = min(self.blocks[n].first for n in moving)
        around = [p for n, p in self.placed.items() if n not in moving and p.last >= first]
        for one in self.live:
            self.paint(one.at, one.end, self.blocks[number].first - 1)
        self.live = []
        for n in sorted(moving, key=lambda n: -self.blocks[n].size):
            block = self.blocks[n]
            at = lowest(blockers(block, [*around, *self.live]), block.size, self.capacity)
            if at is None:
                return False
            self.set(n, at)
        return True


def spread(
    blocks: Sequence[Block], capacity: int, dense: dict[int, int], fixed: set[int]
) -> dict[int, int]:
    """The same blocks, where possible in places that have been free for longer.

    Those that are still to be moved keep their places free, so there is always room.
    """
    ring = _Ring(blocks, capacity, {})
    firsts = [block.first for block in blocks]
    old = [_placed(blocks, number, dense[number]) for number in range(len(blocks))]
    for number, block in enumerate(blocks):
        ring.live = [one for one in ring.live if one.last >= block.first]
        behind = bisect_right(firsts, block.last)
        at: int | None = None
        if number not in fixed and behind - number <= MOST_AHEAD:
            at = ring.oldest(block, sorted([*ring.live, *old[number + 1 : behind]]))
        ring.set(number, old[number].at if at is None else at)
    return {number: one.at for number, one in ring.placed.items()}


STRIDE = 32
"""Blocks between two moments that a ring can go back to."""

MOST_FIRST = 2048
"""Blocks that find no room in their turn, until a ring gives up."""

MOST_AHEAD = 256
"""Blocks that begin during the life of one that is moved; one that lives longer stays."""


MOST_PIECES = 256
"""Pieces of a memory that are told apart; so the work per block does not grow with the memory."""


def blockers(block: Block, placed: Iterable[Placed]) -> list[Placed]:
    """What is in the way of a block, by lines."""
    return sorted(p for p in placed if p.first <= block.last and block.first <= p.last)


def lowest(around: Sequence[Placed], size: int, capacity: int) -> int | None:
    """The first gap of `size` lines between blocks sorted by line."""
    at = 0
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


def _densest(blocks: Sequence[Block], capacity: int, fixed: dict[int, Placed]) -> Placement:
    """A packing that does not mind how soon a place is used again.

    Long-lived blocks go first, by size, the others in order of time. A block that finds no room
    goes in front of all others at the next try.
    """
    firsts = [block.first for block in blocks]
    during = [bisect_right(firsts, b.last) - n for n, b in enumerate(blocks)]
    order = [n for n in range(len(blocks)) if during[n] > MOST_DURING and n not in fixed]
    order.sort(key=lambda n: -blocks[n].size)
    best = Placement({n: one.at for n, one in fixed.items()}, _first_over(blocks, capacity))
    for _ in range(TRIES if best.missing is None else 0):
        found = _in_order(blocks, capacity, fixed, order)
        if found.missing is None:
            return found
        best = max(best, found, key=lambda one: len(one.at))
        order = [found.missing, *(n for n in order if n != found.missing)]
    return best


MOST_DURING = 64
"""Blocks that begin during the life of one that is placed in its turn."""

TRIES = 256
"""Packings until one fits; a large model on a small chip takes a hundred."""


def _first_over(blocks: Sequence[Block], capacity: int) -> int | None:
    """The first block beside which more is alive than there is room for."""
    last = max((block.last for block in blocks), default=0)
    change = np.zeros(last + 2, np.int64)
    np.add.at(change, [b.first for b in blocks], [b.size for b in blocks])
    np.subtract.at(change, [b.last + 1 for b in blocks], [b.size for b in blocks])
    over = np.flatnonzero(np.cumsum(change) > capacity)
    if not len(over):
        return None
    return bisect_right([block.first for block in blocks], int(over[0])) - 1


def _in_order(
    blocks: Sequence[Block], capacity: int, fixed: dict[int, Placed], order: Sequence[int]
) -> Placement:
    """Each block as low as it can: first those of `order`, then the others as they begin."""
    placed = dict(fixed)
    for number in order:
        line = lowest(blockers(blocks[number], placed.values()), blocks[number].size, capacity)
        if line is None:
            return Placement({n: one.at for n, one in placed.items()}, number)
        placed[number] = _placed(blocks, number, line)
    coming = sorted(placed.values(), key=lambda one: -one.first)
    live: list[Placed] = []
    for number, block in enumerate(blocks):
        if number in placed:
            continue
        while coming and coming[-1].first <= block.last:
            live.append(coming.pop())
        live = [one for one in live if one.last >= block.first]
        line = lowest(blockers(block, live), block.size, capacity)
        if line is None:
            return Placement({n: one.at for n, one in placed.items()}, number)
        placed[number] = _placed(blocks, number, line)
        live.append(placed[number])
    return Placement({n: one.at for n, one in placed.items()})
