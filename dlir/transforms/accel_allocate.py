"""`accel-allocate`: which lines of their memories the tiles of a program take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.passes import ModulePass

from dlir.diagnostics import fail, note
from dlir.dialects.accel.lifetimes import Tile, live_lines, tiles_of, uses_of
from dlir.dialects.accel.listing import Listing, listing_of
from dlir.dialects.accel.ops import ProgramOp
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
    listing = listing_of(program)
    given = set(listing.places)
    allocate_listing(listing, early=early)
    for number, at in listing.places.items():
        if number not in given:
            listing.alloc(number).properties["at"] = IntegerAttr(at, i64)


def allocate_listing(listing: Listing, *, early: bool = False) -> None:
    """The same for a listing."""
    machine = listing.program.machine
    sizes = load_machine(machine.preset.data, machine.overrides).sizes
    tiles = tiles_of(listing)
    for name, size in sizes.items():
        mine = [tile for tile in tiles if tile.memory.value == name]
        if mine:
            _place(listing, mine, size, place_early if early else place_blocks)
    for number, memref in enumerate(listing.memrefs):
        if memref.memory is not None:  # a tile that nothing touches lies anywhere
            listing.places.setdefault(number, 0)
    for use in uses_of(tiles, listing.places, sizes):
        unit = UNITS.get(use.memory, "lines")
        counts = {f"{use.memory} {unit} in use": use.peak, f"{use.memory} {unit} alive": use.live}
        current_statistics().update(counts)


Placer: TypeAlias = Callable[[Sequence[Block], int, dict[int, int]], Placement]


def _place(listing: Listing, tiles: Sequence[Tile], size: int, placer: Placer) -> None:
    """Places for the tiles of one memory."""
    blocks = [Block(tile.lines, tile.first, tile.last) for tile in tiles]
    places = listing.places
    fixed = {n: places[tile.number] for n, tile in enumerate(tiles) if tile.number in places}
    placement = placer(blocks, size, fixed)
    if placement.missing is not None:
        _report(listing, tiles, tiles[placement.missing], size)
    for number, tile in enumerate(tiles):
        places[tile.number] = placement.at[number]


def _report(listing: Listing, tiles: Sequence[Tile], missing: Tile, size: int) -> NoReturn:
    """Say which tiles are alive where memory is shortest."""
    live = live_lines(tiles)
    fullest = int(live.argmax())
    time = fullest if live[fullest] > size else missing.first
    there = sorted((t for t in tiles if t.first <= time <= t.last), key=lambda t: -t.lines)
    memory = missing.memory.value
    unit = UNITS.get(memory, "lines")
    ops = [(tile, listing.alloc(tile.number)) for tile in there[:8]]
    notes = [note(op, f"{tile.lines} {unit}: {op.tile.type}") for tile, op in ops]
    if len(there) > 8:
        rest = sum(tile.lines for tile in there[8:])
        notes.append(note(None, f"{rest} {unit}: {len(there) - 8} smaller tiles"))
    fail(
        listing.alloc(missing.number),
        f"of {missing.lines} {unit} does not fit into {memory}: {len(there)} tiles of {live[time]} "
        f"{unit} are alive together, and the machine has {size}",
        rule="accel-allocate-fits",
        help=f"use smaller tiles, or a machine with more {memory} "
        f"({'acc.rows' if memory == 'acc' else f'{memory}.bytes'})",
        notes=notes,
    )
