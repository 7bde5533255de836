"""Which lines of which memory every event reads and writes, as tables.

Lines are those of `spm` and `wbuf`, and the rows of `acc`. Every access is a 2-D walk: for
`y < ny`, `x < nx`, the `width` lines from `start + y * sy + x * sx`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.accel.arithmetic import DTYPES, TERNARY
from dlir.dialects.isa.fields import BINARY, MEMORIES, TYPES, UNARY, Y_MODES
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Ints

SPM, ACC, WBUF = range(len(MEMORIES))
ITEM_BYTES = np.array([DTYPES[name].itemsize for name in TYPES])
"""Bytes of an element, by the number of its type."""


@dataclass(frozen=True)
class Accesses:
    """Accesses of one stream in the order of its events; one array element each."""

    event: Ints
    memory: Ints
    """Index into MEMORIES."""
    write: NDArray[np.bool_]
    start: Ints
    nx: Ints
    sx: Ints
    ny: Ints
    sy: Ints
    width: Ints

    def __len__(self) -> int:
        return len(self.event)

    def part(self, chosen: Ints) -> Accesses:
        """Some of them."""
        return Accesses(*(getattr(self, f.name)[chosen] for f in fields(Accesses)))

    @property
    def lines(self) -> Ints:
        """How many lines each touches, counting repeated ones."""
        return self.nx * self.ny * self.width

    @property
    def low(self) -> Ints:
        """The first line."""
        return (
            self.start
            + np.minimum(0, (self.nx - 1) * self.sx)
            + np.minimum(0, (self.ny - 1) * self.sy)
        )

    @property
    def high(self) -> Ints:
        """The line behind the last."""
        return (
            self.start
            + np.maximum(0, (self.nx - 1) * self.sx)
            + np.maximum(0, (self.ny - 1) * self.sy)
            + self.width
        )


def concatenate(parts: Sequence[Accesses]) -> Accesses:
    """All accesses in the order of the events; of one event, the reads first."""
    columns = [np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Accesses)]
    order = np.lexsort((columns[2], columns[0]))
    return Accesses(*(column[order] for column in columns))


class Walks(NamedTuple):
    """The geometry of some accesses, before they are put in order."""

    memory: Ints | int
    write: bool
    start: Ints
    nx: Ints | int = 1
    sx: Ints | int = 0
    ny: Ints | int = 1
    sy: Ints | int = 0
    width: Ints | int = 1


class _Chosen:
    """The fields of the events of one instruction."""

    def __init__(self, stream: Events, mnemonic: str) -> None:
        self.stream = stream
        self.events = np.flatnonzero(stream.is_op(mnemonic))

    def __getattr__(self, field: str) -> Ints:
        return self.stream[field][self.events]


def line_bytes(memory: Ints, cols: int) -> Ints:
    """Bytes of a line, given the numbers of memories."""
    return np.where(memory == ACC, 4 * cols, cols)


def _row_lines(i: _Chosen, memory: str, dtype: str) -> Ints:
    """Lines of a row of C elements as the vector unit reads and writes them."""
    return np.where(getattr(i, memory) == ACC, 1, ITEM_BYTES[getattr(i, dtype)])


def _transfer(i: _Chosen, cols: int) -> list[Walks]:
    width = i.rows * -(-i.len // line_bytes(i.mem, cols))
    return [Walks(i.mem, i.stream.name != "st", i.line, width=width)]


def _gather(i: _Chosen, cols: int) -> list[Walks]:
    return [Walks(SPM, False, i.idx, width=-(-i.rows * 4 // cols)), *_transfer(i, cols)]


def _load(i: _Chosen, cols: int) -> list[Walks]:
    rows, elements = np.where(i.tr, i.n, i.k), np.where(i.tr, i.k, i.n)
    width = -(-elements * ITEM_BYTES[i.dt] // cols)
    return [Walks(i.mem, False, i.line, rows, i.step, width=width)]


def _matrix(i: _Chosen, cols: int) -> list[Walks]:
    width = -(-i.k * ITEM_BYTES[i.dt] // cols)
    rows = i.nx * i.ny
    return [
        Walks(SPM, False, i.a, i.nx, i.sx, i.ny, i.sy, width),
        Walks(ACC, False, i.c, width=np.where(i.acc, rows, 0)),
        Walks(ACC, True, i.c, width=rows),
    ]


def _binary(i: _Chosen, cols: int) -> list[Walks]:
    requant = i.fn == BINARY.index("requant")
    first = np.where(i.fn == BINARY.index("fill"), 0, i.rows)
    modes = [i.ymode == Y_MODES.index(mode) for mode in ("all", "imm")]
    second = np.where(requant, 2, np.select(modes, [1, 0], i.rows))
    second_lines = np.where(i.y_mem == ACC, 1, np.where(requant, 4, ITEM_BYTES[i.dt_s]))
    result = i.rows * _row_lines(i, "d_mem", "dt_d")
    old = np.isin(i.fn, [BINARY.index(name) for name in TERNARY])
    return [
        Walks(i.x_mem, False, i.x, width=first * _row_lines(i, "x_mem", "dt_s")),
        Walks(i.y_mem, False, i.y, width=second * second_lines),
        Walks(i.d_mem, False, i.d, width=np.where(old, result, 0)),
        Walks(i.d_mem, True, i.d, width=result),
    ]


def _unary(i: _Chosen, cols: int) -> list[Walks]:
    pitch = _row_lines(i, "x_mem", "dt_s")
    walks = np.isin(i.fn, [UNARY.index(name) for name in ("maxinto", "addinto")])
    transpose = i.fn == UNARY.index("transpose")
    rows = np.where(transpose, np.where(i.n == 0, cols, i.n), np.where(walks, 1, i.nx) * i.ny)
    return [
        Walks(i.x_mem, False, i.x, i.nx, i.sx * pitch, i.ny, i.sy * pitch, pitch),
        Walks(i.d_mem, True, i.d, width=rows * _row_lines(i, "d_mem", "dt_d")),
    ]


def _message(i: _Chosen, cols: int) -> list[Walks]:
    return [Walks(i.mem, bool(i.stream.is_op("recv")[i.events[0]]), i.line, width=i.lines)]


_TABLE = {
    "ld": _transfer,
    "ldx": _gather,
    "st": _transfer,
    "lw": _load,
    "mm": _matrix,
    "vv": _binary,
    "vs": _unary,
    "send": _message,
    "recv": _message,
}


def accesses_of(stream: Events, cols: int) -> Accesses:
    """All on-chip accesses of a stream in order; of one event, the reads come first.

    Made once per stream and number of columns: several checks and reports read it.
    """
    key = f"accesses of {cols} columns"
    if key not in stream.derived:
        stream.derived[key] = _accesses(stream, cols)
    return stream.derived[key]


def _accesses(stream: Events, cols: int) -> Accesses:
    columns: list[list[Ints]] = []
    for mnemonic, walks in _TABLE.items():
        chosen = _Chosen(stream, mnemonic)
        if len(chosen.events):
            for rank, walk in enumerate(walks(chosen, cols)):
                row = [np.broadcast_to(np.asarray(v), chosen.events.shape) for v in walk]
                columns.append([chosen.events, np.full_like(chosen.events, rank), *row])
    if not columns:
        columns.append([np.zeros(0, np.int64)] * 10)
    event, rank, *rest = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    order = np.lexsort((rank, event))
    order = order[rest[-1][order] > 0]
    memory, write, *walk = (column[order] for column in rest)
    return Accesses(event[order], memory, write.astype(bool), *walk)
