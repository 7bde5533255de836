"""Per line of a memory and per stream: which event last wrote it, which last read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.isa.fields import HOST_BASE
from dlir.targets.accel.simulator.accesses import Accesses, concatenate
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Ints

Lines: TypeAlias = "slice | Ints"

MAX_GRAINS = 1 << 21
"""DRAM is looked at in at most so many pieces; more would make a hostile program expensive."""


class LineTable:
    """The history of one memory."""

    def __init__(self, name: str, size: int, streams: int, grain: int = 0, base: int = 0) -> None:
        self.name, self.grain, self.base = name, grain, base
        self.writes = np.zeros((streams, size), np.int32)
        self.reads = np.zeros((streams, size), np.int32)
        """Event + 1; 0 when there was none."""
        self.writers: set[int] = set()
        self.readers: set[int] = set()
        self.raced: set[tuple[int, int]] = set()
        """(stream, event) of accesses that a race was reported for already."""
        self.initialised: NDArray[np.bool_] | None = None if grain else np.zeros(size, bool)

    def name_of(self, line: int) -> str:
        """How people call a line."""
        if self.grain:
            first = self.base + line * self.grain
            return f"dram bytes {first}..{first + self.grain - 1}"
        return f"{self.name} {'row' if self.name == 'acc' else 'line'} {line}"

    def lines(self, accesses: Accesses, i: int) -> Lines:
        """The lines of an access: a slice where they follow each other."""
        start, width = int(accesses.start[i]), int(accesses.width[i])
        nx, ny = int(accesses.nx[i]), int(accesses.ny[i])
        sx, sy = int(accesses.sx[i]), int(accesses.sy[i])
        if nx == 1 or sx == width:
            nx, width = 1, nx * width
        if nx == 1 and (ny == 1 or sy == width):
            return slice(start, start + ny * width)
        rows = np.add.outer(np.arange(ny) * sy, np.arange(nx) * sx).ravel() + start
        return rows if width == 1 else np.add.outer(rows, np.arange(width)).ravel()

    def conflicts(
        self, k: int, clock: Sequence[int], lines: Lines, write: bool
    ) -> Iterator[tuple[int, int]]:
        """(other stream, line) of accesses that stream `k` at `clock` does not know to be over."""
        before = ((self.writes, self.writers), (self.reads, self.readers))
        for history, streams in before if write else before[:1]:
            for other in streams:
                if other == k:
                    continue
                part = history[other, lines]
                if int(part.max()) > clock[other]:
                    at = int(np.argmax(part > clock[other]))
                    yield other, lines.start + at if isinstance(lines, slice) else int(lines[at])

    def unwritten(self, lines: Lines) -> tuple[int, int] | None:
        """First and last of the lines that nothing has written; None for DRAM, which is filled."""
        if self.initialised is None:
            return None
        part = self.initialised[lines]
        if part.all():
            return None
        missing = np.flatnonzero(~part)
        if isinstance(lines, slice):
            return int(lines.start + missing[0]), int(lines.start + missing[-1])
        return int(lines[missing].min()), int(lines[missing].max())

    def record(self, k: int, event: int, lines: Lines, write: bool) -> None:
        """Note an access."""
        (self.writes if write else self.reads)[k, lines] = event + 1
        (self.writers if write else self.readers).add(k)
        if write and self.initialised is not None:
            self.initialised[lines] = True


def dram_tables(streams: Sequence[Events], first: int) -> tuple[list[LineTable], list[Accesses]]:
    """DRAM (and host memory) in pieces that no access covers only a part of, and its accesses.

    The tables get the numbers `first`, `first + 1`. Only what is stored to can race, so the rest
    is left out. When there would be more than MAX_GRAINS pieces they are made larger: races may
    then be seen where there are none, never the reverse.
    """
    tables: list[LineTable] = []
    accesses: list[list[Accesses]] = [[_no_accesses()] for _ in streams]
    for host in (False, True):
        columns = [_dram_columns(stream, host) for stream in streams]
        table = _stored_part(columns)
        if table is not None:
            for k, t in enumerate(columns):
                accesses[k].append(_in_grains(t, table, first + len(tables)))
            tables.append(table)
    return tables, [concatenate(parts) for parts in accesses]


def _stored_part(columns: list[dict[str, Ints]]) -> LineTable | None:
    """A table of the bytes around all stores; drops the accesses elsewhere from `columns`."""
    stores = [t["write"] == 1 for t in columns]
    low = min(
        (int(_low(t)[s].min()) for t, s in zip(columns, stores, strict=True) if s.any()),
        default=None,
    )
    if low is None:
        return None
    high = max(int(_high(t)[s].max()) for t, s in zip(columns, stores, strict=True) if s.any())
    for t in columns:
        used = (_high(t) > low) & (_low(t) < high)
        t.update({name: column[used] for name, column in t.items()})
    low = min(int(_low(t).min(initial=low)) for t in columns)
    high = max(int(_high(t).max(initial=high)) for t in columns)
    parts = [part for t in columns for part in (t["start"] - low, t["len"], t["stride"])]
    grain = int(np.gcd.reduce(np.concatenate(parts)))
    grain = max(grain, 1, -(-(high - low) // MAX_GRAINS))
    return LineTable("dram", -(-(high - low) // grain), len(columns), grain, low)


def _dram_columns(stream: Events, host: bool) -> dict[str, Ints]:
    """Loads and stores as rows in DRAM; gathers are left to the check of the symbols."""
    chosen = np.flatnonzero(stream.is_op("ld", "st") & ((stream["dram"] >= HOST_BASE) == host))
    columns = {name: stream[name][chosen] for name in ("rows", "len", "stride")}
    return {
        "event": chosen,
        "start": stream["dram"][chosen],
        "write": stream.is_op("st")[chosen].astype(np.int64),
        **columns,
    }


def _low(t: dict[str, Ints]) -> Ints:
    return t["start"] + np.minimum(0, (t["rows"] - 1) * t["stride"])


def _high(t: dict[str, Ints]) -> Ints:
    return t["start"] + np.maximum(0, (t["rows"] - 1) * t["stride"]) + t["len"]


def _in_grains(t: dict[str, Ints], table: LineTable, number: int) -> Accesses:
    low, grain = table.base, table.grain
    start = (t["start"] - low) // grain
    width = -(-(t["start"] - low + t["len"]) // grain) - start
    exact = t["stride"] % grain == 0
    one = np.ones_like(start)
    span = -(-(_high(t) - low) // grain) - (_low(t) - low) // grain
    return Accesses(
        event=t["event"],
        memory=np.full_like(start, number),
        write=t["write"].astype(bool),
        start=np.where(exact, start, (_low(t) - low) // grain),
        nx=one,
        sx=np.zeros_like(start),
        ny=np.where(exact, t["rows"], one),
        sy=np.where(exact, t["stride"] // grain, 0),
        width=np.where(exact, width, span),
    )


def _no_accesses() -> Accesses:
    empty = np.zeros(0, np.int64)
    return Accesses(empty, empty, empty.astype(bool), *([empty] * 6))
