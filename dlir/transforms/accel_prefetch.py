"""`accel-prefetch`: loads go ahead of ops that they need not wait for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.accel.attrs import Memory, Role
from dlir.dialects.accel.footprint import shifted
from dlir.dialects.accel.lifetimes import live_lines, tiles_of
from dlir.dialects.accel.listing import Line, Listing, reorder_program
from dlir.dialects.accel.ops import GatherOp, LoadOp, ProgramOp, StoreOp
from dlir.targets.accel.description import Machine, load_machine

SHARE = 0.75
"""How much of a memory loads may fill ahead of time. The rest lets the tiles of other engines take
turns, and leaves room for gaps between tiles."""

REACH = 4
"""Weights that are due within so many times the cycles of the host's loads go ahead of what is
computed in these; where inputs take little, they need not, and hold others up."""


@dataclass(frozen=True)
class AccelPrefetch(ModulePass):
    """Move loads and gathers up by at most `depth` ops, as memory allows.

    The engine that loads takes its ops in order. So a load that waits for something of the program,
    such as a result that was spilled a moment ago, holds up the loads behind it, which may wait for
    nothing: these go first. A load stays behind the stores to the rows it reads, and behind all
    that uses its tile; values that are filled in around what is loaded come along. How far loads
    run ahead of what computes on them is up to the places of the tiles (`accel-allocate`).

    Where inputs come over a channel of their own, loads of weights stand between those of inputs,
    however far up that is, so that neither channel waits for the other.

    Before:
    ```mlir
    %1 = accel.store %s[0] to %spilled[0] {count = 64} : memref<64x16xi8, "spm">, memref<64x16xi8>
    %2 = accel.load %spilled[0] to %a[0] {count = 64} : memref<64x16xi8>, memref<64x16xi8, "spm">
    %3 = accel.load %weights[0] to %w[0] {count = 16} : memref<16x16xi8>, memref<16x16xi8, "spm">
    ```
    After:
    ```mlir
    %3 = accel.load %weights[0] to %w[0] {count = 16} : memref<16x16xi8>, memref<16x16xi8, "spm">
    %1 = accel.store %s[0] to %spilled[0] {count = 64} : memref<64x16xi8, "spm">, memref<64x16xi8>
    %2 = accel.load %spilled[0] to %a[0] {count = 64} : memref<64x16xi8>, memref<64x16xi8, "spm">
    ```
    """

    name = "accel-prefetch"

    depth: int = 16
    """How many ops a load moves up at most."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for program in op.ops:
            if isinstance(program, ProgramOp):
                prefetch(program, self.depth)


def prefetch(program: ProgramOp, depth: int) -> None:
    """Reorder the loads of a program without tokens. Raises CompileError when it has some."""
    reorder_program(program, lambda listing: prefetch_listing(listing, depth))


def prefetch_listing(listing: Listing, depth: int) -> None:
    """The same for a listing."""
    queue = _Queue(listing, depth)
    for time, line in enumerate(listing.lines):
        queue.add(time, line)
    count = len(listing.lines)
    listing.reorder(sorted(range(count), key=queue.place))


class _Channels:
    """How far the loads of each channel are, where inputs come over one of their own.

    The engine takes its loads in order, so those of one channel stand between those of the other:
    else one bus is idle while the engine waits for the other.
    """

    def __init__(self, listing: Listing, machine: Machine) -> None:
        self.memrefs, self.cols = listing.memrefs, machine.array.cols
        self.rates = [c.bytes_per_cycle for c in (machine.dma, machine.host) if c is not None]
        roles = [role.data for role in listing.program.roles.data]
        self.of_host = {n for n, role in enumerate(roles) if role is not Role.WEIGHT}
        self.clocks = [0.0, 0.0]
        self.starts: list[float] = []
        self.ops: list[int] = []
        """The loads of the host, and when they start if their channel never waits."""

    def turn(self, time: int, line: Line) -> int | None:
        """The load of the host that one from DRAM comes right behind."""
        if len(self.rates) < 2:
            return None
        host = line.memrefs[0] in self.of_host
        start = self.clocks[host]
        held = dict(zip(line.form.kind.FIELDS, line.form.fields, strict=True))
        rows = prod(line.form.trips) * held["count"] * self.memrefs[line.memrefs[-1]].unit
        self.clocks[host] += rows * self.cols / self.rates[host]
        if host:
            self.starts.append(start)
            self.ops.append(time)
            return None
        if not self.ops or start > REACH * self.clocks[True]:
            return None
        return self.ops[bisect_right(self.starts, start) - 1]


@dataclass
class _Uses:
    """The ops that touched a tile so far."""

    first: int
    """Where the first one stands now."""
    free: int = 0
    """What comes in front of this op comes in front of one that cannot move."""
    loaded: float = 0
    """What comes in front of the same op as this load or gather comes behind it."""
    fills: list[int] = field(default_factory=list[int])
    """Fills with nothing but other fills and loads before them."""


class _Queue:
    """Where the ops of a program go, in one walk over it."""

    def __init__(self, listing: Listing, depth: int) -> None:
        self.depth, self.memrefs = depth, listing.memrefs
        count = len(listing.lines)
        self.before = list(range(count))
        """Per op, the one that it stands in front of; its own number if it does not move."""
        self.fixed: set[int] = set()
        """Ops that never move. Loads in front of the same op keep their order."""
        self.tiles: dict[int, _Uses] = {}
        self.live: dict[Memory, NDArray[np.int64]] = {}
        self.room: dict[Memory, int] = {}
        self.stored = {n: np.zeros(self.memrefs[n].rows, np.int32) for n in listing.stored}
        """Per row, the first op that stands behind the last store to it."""
        machine = listing.program.machine
        described = load_machine(machine.preset.data, machine.overrides)
        self.channels = _Channels(listing, described)
        self.behind: dict[int, float] = {}
        """Loads that come right behind a load of the other channel."""
        self._measure(listing, count, described.sizes)

    def place(self, op: int) -> tuple[int, bool, float, int]:
        """By what the ops are sorted."""
        return (self.before[op], op in self.fixed, self.behind.get(op, op), op)

    def _measure(self, listing: Listing, count: int, sizes: Mapping[str, int]) -> None:
        tiles = tiles_of(listing)
        for memory in {tile.memory for tile in tiles}:
            live = live_lines(tile for tile in tiles if tile.memory is memory)
            self.live[memory] = np.append(live, np.zeros(count, np.int64))[:count]
            self.room[memory] = int(SHARE * sizes[memory.value])

    def add(self, time: int, line: Line) -> None:
        """The next op."""
        kind = line.form.kind
        if kind is LoadOp or kind is GatherOp:
            self.load(time, line)
            return
        if kind is StoreOp:
            rows = shifted(line.form.touches[-1].rows, line.bases[-1])
            self.stored[line.memrefs[-1]][rows] = time + 1
        self.fixed.add(time)
        touched = dict.fromkeys(line.memrefs)
        filling = line.form.fills and len(touched) == 1
        for memref in touched:
            uses = self.tiles.get(memref)
            if uses is None:
                uses = self.tiles[memref] = _Uses(time)
            if filling and not uses.free:
                uses.fills.append(time)
            else:
                uses.free = time + 1

    def load(self, time: int, line: Line) -> None:
        """Move a load up, with the fills of its tile."""
        tile = line.memrefs[-1]
        uses = self.tiles.get(tile)
        furthest = time - self.depth
        turn = self.channels.turn(time, line) if line.form.kind is LoadOp else None
        if turn is not None and (uses is None or not uses.fills):
            furthest = min(furthest, self.before[turn])
            self.behind[time] = max(turn + 0.5, 0 if uses is None else uses.loaded)
        least = max(furthest, self.ready(line), 0 if uses is None else uses.free)
        if uses is None:
            uses = self.tiles[tile] = _Uses(time)
        place = self.earliest(tile, least, min(time, uses.first))
        place = min(time, max(place, least))
        self.before[time] = place
        uses.loaded = max(uses.loaded, self.behind.get(time, time))
        for fill in uses.fills:
            if place <= self.before[fill]:
                self.before[fill] = place
                self.fixed.discard(fill)
        if line.form.kind is GatherOp:
            index = self.tiles.setdefault(line.memrefs[1], _Uses(time))
            index.free, index.loaded = max(index.free, place), max(index.loaded, time)
        if place < uses.first:
            self.live[self.memory(tile)][place : uses.first] += self.memrefs[tile].lines
            uses.first = place
        uses.free = max(uses.free, place)

    def memory(self, tile: int) -> Memory:
        """Where a load writes to."""
        memory = self.memrefs[tile].memory
        assert memory is not None, "checked by the verifier"
        return memory

    def ready(self, line: Line) -> int:
        """The first op that a load may stand in front of, as far as what it reads goes."""
        ready = 0
        for position, write, rows in line.form.touches:
            memref = line.memrefs[position]
            if memref in self.stored:
                own = self.stored[memref][shifted(rows, line.bases[position])]
                ready = max(ready, int(own.max()))
            elif not write and self.memrefs[memref].memory is not None and memref in self.tiles:
                ready = max(ready, self.tiles[memref].free)
        return ready

    def earliest(self, tile: int, least: int, first: int) -> int:
        """How far up a tile that begins with op `first` may begin, for the room it takes."""
        memory = self.memory(tile)
        room = self.room[memory] - self.memrefs[tile].lines
        full = np.flatnonzero(self.live[memory][least:first] > room)
        return least + int(full[-1]) + 1 if len(full) else min(least, first)
