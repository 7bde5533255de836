"""When the tiles of a program are alive, and how much of each memory that takes.

Time counts engine ops: a tile lives from the first op that touches it to the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import SSAValue

from dlir.dialects.accel.attrs import Memory, memory_of, rows_of
from dlir.dialects.accel.ops import AllocOp, EngineOp, ProgramOp
from dlir.dialects.accel.verify import width_of


@dataclass(frozen=True)
class Tile:
    """A tile on the chip: its lines (accumulators: rows) and its life, both ends included."""

    op: AllocOp
    memory: Memory
    lines: int
    first: int
    last: int

    @property
    def at(self) -> int | None:
        """Its first line, where that is known."""
        return None if self.op.at is None else self.op.at.value.data


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


def lines_of(op: AllocOp) -> int:
    """Lines (accumulators: rows) of a tile."""
    width = 1 if memory_of(op.tile.type) is Memory.ACC else width_of(op.tile.type)
    return rows_of(op.tile.type) * width


def tiles_of(program: ProgramOp) -> list[Tile]:
    """The tiles on the chip that are used, by their first use."""
    tiles: dict[SSAValue, AllocOp] = {}
    first: dict[SSAValue, int] = {}
    last: dict[SSAValue, int] = {}
    time = 0
    for op in program.body.block.ops:
        if type(op) is AllocOp:  # most ops are no tiles, which isinstance takes long to find out
            tiles[op.tile] = op
        elif isinstance(op, EngineOp):
            for value in op.operands:
                if value in tiles:
                    first.setdefault(value, time)
                    last[value] = time
            time += 1
    found = ((tiles[tile], time, last[tile]) for tile, time in first.items())
    return [
        Tile(op, memory, lines_of(op), *life)
        for op, *life in found
        if (memory := memory_of(op.tile.type)) is not None
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
    return uses_of(tiles_of(program), sizes)


def uses_of(tiles: Sequence[Tile], sizes: Mapping[str, int]) -> list[MemoryUse]:
    """The same of tiles that are known already."""
    return [
        _use([tile for tile in tiles if tile.memory.value == name], name, size)
        for name, size in sizes.items()
        if any(tile.memory.value == name for tile in tiles)
    ]


def _use(tiles: Sequence[Tile], memory: str, lines: int) -> MemoryUse:
    peak = max(tile.at + tile.lines if tile.at is not None else 0 for tile in tiles)
    return MemoryUse(memory, lines, peak, int(live_lines(tiles).max()))
