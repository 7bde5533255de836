"""`accel-allocate`: which lines of their memories the tiles of a program take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.passes import ModulePass

from dlir.diagnostics import fail, note
from dlir.dialects.accel.attrs import memory_of
from dlir.dialects.accel.lifetimes import Tile, live_lines, tiles_of, uses_of
from dlir.dialects.accel.ops import AllocOp, ProgramOp
from dlir.rewrite import current_statistics
from dlir.targets.accel.description import load_machine
from dlir.transforms.accel_packing import Block, Placement, place_blocks, place_early

UNITS = {"acc": "rows"}
"""What lines are called in a memory, where not lines."""


@dataclass(frozen=True)
class AccelAllocate(ModulePass):
    """Give every tile its lines; tiles that are not alive together may share them.

    A tile lives from its first use to its last, in program order. Places are used again as late as
    possible, so that engines can run ahead of each other: where memory allows, the tiles of one
    step lie elsewhere than those of the step before. With `early`, places are used again as soon as
    possible: the program is single-buffered, which is there to be compared with. Tiles that have a
    place keep it. Statistics: the peak of each memory and the bound that the lifetimes set.

    Before:
    ```mlir
    %a = accel.alloc : memref<64x16xi8, "spm">
    %0 = accel.load %x[0] to %a[0] {count = 64} : memref<128x16xi8>, memref<64x16xi8, "spm">
    ...
    %b = accel.alloc : memref<64x16xi8, "spm">
    %9 = accel.load %x[64] to %b[0] {count = 64} : memref<128x16xi8>, memref<64x16xi8, "spm">
    ```
    After:
    ```mlir
    %a = accel.alloc at 0 : memref<64x16xi8, "spm">
    %0 = accel.load %x[0] to %a[0] {count = 64} : memref<128x16xi8>, memref<64x16xi8, "spm">
    ...
    %b = accel.alloc at 64 : memref<64x16xi8, "spm">
    %9 = accel.load %x[64] to %b[0] {count = 64} : memref<128x16xi8>, memref<64x16xi8, "spm">
    ```
    """

    name = "accel-allocate"

    early: bool = False
    """Whether engines wait for each other rather than use more memory."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for program in op.ops:
            if isinstance(program, ProgramOp):
                allocate(program, early=self.early)


def allocate(program: ProgramOp, *, early: bool = False) -> None:
    """Give the tiles of a program their places. Raises CompileError when they do not fit."""
    sizes = load_machine(program.machine.preset.data, program.machine.overrides).sizes
    tiles = tiles_of(program)
    for name, size in sizes.items():
        mine = [tile for tile in tiles if tile.memory.value == name]
        if mine:
            _place(mine, name, size, place_early if early else place_blocks)
    _place_unused(program)
    for use in uses_of(tiles, sizes):
        unit = UNITS.get(use.memory, "lines")
        counts = {f"{use.memory} {unit} in use": use.peak, f"{use.memory} {unit} alive": use.live}
        current_statistics().update(counts)


Placer: TypeAlias = Callable[[Sequence[Block], int, dict[int, int]], Placement]


def _place(tiles: Sequence[Tile], memory: str, size: int, placer: Placer) -> None:
    blocks = [Block(tile.lines, tile.first, tile.last) for tile in tiles]
    fixed = {n: at for n, tile in enumerate(tiles) if (at := tile.at) is not None}
    placement = placer(blocks, size, fixed)
    if placement.missing is not None:
        _report(tiles, tiles[placement.missing], memory, size)
    for number, tile in enumerate(tiles):
        tile.op.properties["at"] = IntegerAttr(placement.at[number], i64)


def _place_unused(program: ProgramOp) -> None:
    """A tile that nothing touches lies anywhere."""
    for op in program.body.block.ops:
        if isinstance(op, AllocOp) and op.at is None and memory_of(op.tile.type) is not None:
            op.properties["at"] = IntegerAttr(0, i64)


def _report(tiles: Sequence[Tile], missing: Tile, memory: str, size: int) -> NoReturn:
    """Say which tiles are alive where memory is shortest."""
    live = live_lines(tiles)
    fullest = int(live.argmax())
    time = fullest if live[fullest] > size else missing.first
    there = sorted((t for t in tiles if t.first <= time <= t.last), key=lambda t: -t.lines)
    unit = UNITS.get(memory, "lines")
    notes = [note(t.op, f"{t.lines} {unit}: {t.op.tile.type}") for t in there[:8]]
    if len(there) > 8:
        rest = sum(tile.lines for tile in there[8:])
        notes.append(note(None, f"{rest} {unit}: {len(there) - 8} smaller tiles"))
    fail(
        missing.op,
        f"of {missing.lines} {unit} does not fit into {memory}: {len(there)} tiles of {live[time]} "
        f"{unit} are alive together, and the machine has {size}",
        rule="accel-allocate-fits",
        help=f"use smaller tiles, or a machine with more {memory} "
        f"({'acc.rows' if memory == 'acc' else f'{memory}.bytes'})",
        notes=notes,
    )
