"""`accel-prefetch`: loads go ahead of ops that they need not wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.accel.attrs import TOKEN, Memory, memory_of, rows_of
from dlir.dialects.accel.footprint import Footprints
from dlir.dialects.accel.lifetimes import live_lines, tiles_of
from dlir.dialects.accel.ops import (
    AllocOp,
    BinaryOp,
    EngineOp,
    GatherOp,
    LoadOp,
    ProgramOp,
    StoreOp,
)
from dlir.targets.accel.description import load_machine

SHARE = 0.75
"""How much of a memory loads may fill ahead of time. The rest lets the tiles of other engines take
turns, and leaves room for gaps between tiles."""


@dataclass(frozen=True)
class AccelPrefetch(ModulePass):
    """Move loads and gathers up by at most `depth` ops, as memory allows.

    The engine that loads takes its ops in order. So a load that waits for something of the program,
    such as a result that was spilled a moment ago, holds up the loads behind it, which may wait for
    nothing: these go first. A load stays behind the stores to the rows it reads, and behind all
    that uses its tile; values that are filled in around what is loaded come along. How far loads
    run ahead of what computes on them is up to the places of the tiles (`accel-allocate`).

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
    ops = [op for op in program.body.block.ops if isinstance(op, EngineOp)]
    for op in ops:
        if any(value.type == TOKEN for value in op.operands):
            fail(op, "has tokens; loads move before `accel-place-tokens`, not after it")
    queue = _Queue(program, ops, depth)
    for time, op in enumerate(ops):
        queue.add(time, op)
    order = sorted(range(len(ops)), key=lambda n: (queue.before[n], n in queue.fixed, n))
    if order != list(range(len(ops))):
        _reorder(program, [ops[n] for n in order])


def _reorder(program: ProgramOp, ops: Sequence[EngineOp]) -> None:
    """Put the ops of a program in order, each tile in front of the first op that uses it."""
    block = program.body.block
    allocs = [op for op in block.ops if isinstance(op, AllocOp)]
    for op in [*allocs, *ops]:
        op.detach()
    waiting: dict[SSAValue, AllocOp] = {alloc.tile: alloc for alloc in allocs}
    for op in ops:
        for value in op.operands:
            if value in waiting:
                block.add_op(waiting.pop(value))
        block.add_op(op)
    block.add_ops(waiting.values())


@dataclass
class _Uses:
    """The ops that touched a tile so far."""

    first: int
    """Where the first one stands now."""
    free: int = 0
    """What comes in front of this op comes in front of one that cannot move."""
    fills: list[int] = field(default_factory=list[int])
    """Fills with nothing but other fills and loads before them."""


class _Queue:
    """Where the ops of a program go, in one walk over it."""

    def __init__(self, program: ProgramOp, ops: Sequence[EngineOp], depth: int) -> None:
        self.depth = depth
        self.before = list(range(len(ops)))
        """Per op, the one that it stands in front of; its own number if it does not move."""
        self.fixed: set[int] = set()
        """Ops that never move. Loads in front of the same op keep their order."""
        self.footprints = Footprints()
        self.tiles: dict[SSAValue, _Uses] = {}
        self.lines: dict[SSAValue, tuple[Memory, int]] = {}
        self.live: dict[Memory, NDArray[np.int64]] = {}
        self.room: dict[Memory, int] = {}
        stored = {op.operands[-1] for op in ops if isinstance(op, StoreOp)}
        self.stored = {value: np.zeros(rows_of(value.type), np.int32) for value in stored}
        """Per row, the first op that stands behind the last store to it."""
        self._measure(program, len(ops))

    def _measure(self, program: ProgramOp, count: int) -> None:
        sizes = load_machine(program.machine.preset.data, program.machine.overrides).sizes
        tiles = tiles_of(program)
        self.lines = {tile.op.tile: (tile.memory, tile.lines) for tile in tiles}
        for memory in {tile.memory for tile in tiles}:
            live = live_lines(tile for tile in tiles if tile.memory is memory)
            self.live[memory] = np.append(live, np.zeros(count, np.int64))[:count]
            self.room[memory] = int(SHARE * sizes[memory.value])

    def add(self, time: int, op: EngineOp) -> None:
        """The next op."""
        if isinstance(op, LoadOp | GatherOp):
            self.load(time, op)
            return
        if isinstance(op, StoreOp):
            touch = list(self.footprints.of(op))[-1]
            self.stored[touch.value][touch.rows] = time + 1
        self.fixed.add(time)
        touched = dict.fromkeys(op.operands)
        filling = isinstance(op, BinaryOp) and op.field("fn") == "fill" and len(touched) == 1
        for value in touched:
            uses = self.tiles.setdefault(value, _Uses(time))
            if filling and not uses.free:
                uses.fills.append(time)
            else:
                uses.free = time + 1

    def load(self, time: int, op: LoadOp | GatherOp) -> None:
        """Move a load up, with the fills of its tile."""
        tile = op.operands[-1]
        uses = self.tiles.get(tile)
        least = max(time - self.depth, self.ready(op), 0 if uses is None else uses.free)
        if uses is None:
            uses = self.tiles[tile] = _Uses(time)
        place = self.earliest(tile, least, min(time, uses.first))
        place = min(time, max(place, least))
        self.before[time] = place
        for fill in uses.fills:
            if place <= self.before[fill]:
                self.before[fill] = place
                self.fixed.discard(fill)
        if isinstance(op, GatherOp):
            index = self.tiles.setdefault(op.operands[1], _Uses(time))
            index.free = max(index.free, place)
        if place < uses.first:
            memory, lines = self.lines[tile]
            self.live[memory][place : uses.first] += lines
            uses.first = place
        uses.free = max(uses.free, place)

    def ready(self, op: EngineOp) -> int:
        """The first op that a load may stand in front of, as far as what it reads goes."""
        ready = 0
        for value, write, rows in self.footprints.of(op):
            if value in self.stored:
                ready = max(ready, int(self.stored[value][rows].max()))
            elif not write and memory_of(value.type) is not None:
                ready = max(ready, self.tiles[value].free if value in self.tiles else 0)
        return ready

    def earliest(self, tile: SSAValue, least: int, first: int) -> int:
        """How far up a tile that begins with op `first` may begin, for the room it takes."""
        memory, lines = self.lines[tile]
        full = np.flatnonzero(self.live[memory][least:first] + lines > self.room[memory])
        return least + int(full[-1]) + 1 if len(full) else min(least, first)
