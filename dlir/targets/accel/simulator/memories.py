"""The contents of a machine's memories while a program runs.

| memory | numpy | a row of C elements of type T |
|---|---|---|
| `spm`, `wbuf` | `uint8[lines, C]` | `sizeof(T)` lines |
| `acc` | `int32[rows, C]` (float32 by its bits) | one row, i32 or f32 |
| `dram` | `uint8[bytes]` per symbol | addressed by bytes |

Nothing outside a memory or a symbol is ever read or written: every access goes through a checked
slice and raises `OutOfMemory` otherwise (a verified program never does).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from dlir.dialects.accel.arithmetic import DTYPES, Array


class OutOfMemory(Exception):
    """An access outside its memory."""


@dataclass(frozen=True)
class Piece:
    """A symbol's bytes in DRAM, from `address` on."""

    name: str
    address: int
    data: Array


@dataclass
class Memories:
    """All memories of one chip."""

    cols: int
    spm: Array
    wbuf: Array
    acc: Array
    pieces: list[Piece]
    bases: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.pieces.sort(key=lambda piece: piece.address)
        self.bases = [piece.address for piece in self.pieces]

    @classmethod
    def empty(cls, cols: int, spm: int, wbuf: int, acc: int, pieces: list[Piece]) -> Memories:
        """Zeroed memories of `spm` and `wbuf` lines and `acc` rows."""
        return cls(
            cols,
            np.zeros((spm, cols), np.uint8),
            np.zeros((wbuf, cols), np.uint8),
            np.zeros((acc, cols), np.int32),
            pieces,
        )

    def lines(self, memory: str) -> Array:
        """The bytes of a memory, one row per line (of `acc`: per row)."""
        if memory == "acc":
            return self.acc.view(np.uint8)
        return self.spm if memory == "spm" else self.wbuf

    def dram(self, address: int, rows: int, length: int, stride: int) -> Array:
        """A view of `rows` pieces of `length` bytes, `stride` bytes apart."""
        last = address + (rows - 1) * stride
        low, high = min(address, last), max(address, last) + length
        index = bisect_right(self.bases, low) - 1
        if index < 0 or high > self.bases[index] + len(self.pieces[index].data):
            raise OutOfMemory(f"DRAM bytes {low}..{high - 1} lie in no symbol")
        piece = self.pieces[index]
        return np.lib.stride_tricks.as_strided(
            piece.data[address - piece.address :], (rows, length), (stride, 1)
        )

    def table(self, address: int, length: int) -> Array:
        """A view of all rows of `length` bytes from `address` to the end of its symbol."""
        index = bisect_right(self.bases, address) - 1
        if index < 0:
            raise OutOfMemory(f"DRAM byte {address} lies in no symbol")
        behind = self.pieces[index].data[address - self.bases[index] :]
        rows = len(behind) // length
        return behind[: rows * length].reshape(rows, length)

    def read_rows(self, memory: str, line: int, rows: int, dtype: str) -> Array:
        """`rows` consecutive rows of C elements."""
        return self._rows(memory, line, rows, dtype).copy()

    def write_rows(self, memory: str, line: int, values: Array, dtype: str) -> None:
        """Store rows of C elements that have the type already."""
        self._rows(memory, line, len(values), dtype)[...] = values

    def _rows(self, memory: str, line: int, rows: int, dtype: str) -> Array:
        element = DTYPES[dtype]
        per_row = 1 if memory == "acc" else element.itemsize
        bytes_ = slice_lines(self.lines(memory), line, rows * per_row)
        return bytes_.reshape(rows, -1).view(element)

    def walk(self, memory: str, first: int, walk: Walk, elements: int, dtype: str) -> Array:
        """The rows of a 2-D walk: `elements` elements from the start of each (a copy)."""
        element = DTYPES[dtype]
        lines = self.lines(memory)
        per_row = -(-elements * element.itemsize // lines.shape[1])
        index = walk.offsets + first
        if int(index.min()) < 0 or int(index.max()) + per_row > len(lines):
            raise OutOfMemory(f"{memory} lines up to {int(index.max()) + per_row - 1}")
        if per_row == 1:
            rows = lines[index]
        else:
            rows = lines[index[:, None] + np.arange(per_row)].reshape(len(index), -1)
        return rows.view(element)[:, :elements]


@dataclass(frozen=True)
class Walk:
    """Rows (y, x) at `y * sy + x * sx` from some first line, x fastest."""

    offsets: Array

    @classmethod
    def of(cls, nx: int, sx: int, ny: int, sy: int) -> Walk:
        """The walk over ny x nx rows."""
        return cls(np.add.outer(np.arange(ny) * sy, np.arange(nx) * sx).ravel())


def slice_lines(lines: Array, first: int, count: int) -> Array:
    """`count` lines from `first`, which must exist."""
    if first < 0 or first + count > len(lines):
        raise OutOfMemory(f"lines {first}..{first + count - 1} of {len(lines)}")
    return lines[first : first + count]
