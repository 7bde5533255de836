"""Per line of a memory and per stream: which event last wrote it, which last read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.isa.fields import HOST_BASE
from dlir.targets.accel.simulator.accesses import Accesses
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Ints
from dlir.targets.accel.verifier.segments import Segments
from dlir.targets.accel.verifier.touches import Lines, Touches, dram_touches, lines_of

Columns: TypeAlias = dict[str, Ints]
"""Accesses to DRAM: `event`, `write`, and rows of `len` bytes, `stride` apart, from `start` on."""
WALK = ("start", "nx", "sx", "ny", "sy", "width")

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
        return lines_of(*(int(getattr(accesses, name)[i]) for name in WALK))

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


def stored_accesses(streams: Sequence[Events], host: bool) -> list[Columns] | None:
    """Per stream, its accesses to DRAM (or host memory) around what is stored there.

    None when nothing is stored: only what is stored to can race.
    """
    columns = [_dram_columns(stream, host) for stream in streams]
    stores = [t["write"] == 1 for t in columns]
    pairs = list(zip(columns, stores, strict=True))
    low = min((int(_low(t)[s].min()) for t, s in pairs if s.any()), default=None)
    if low is None:
        return None
    high = max(int(_high(t)[s].max()) for t, s in pairs if s.any())
    for t in columns:
        used = (_high(t) > low) & (_low(t) < high)
        t.update({name: column[used] for name, column in t.items()})
    return columns


def dram_touches_of(columns: Sequence[Columns], segments: Segments) -> tuple[list[Touches], int]:
    """What the segments touch at most: each access all between its first byte and its last.

    Touches are in pieces that no access begins or ends inside of; also gives how many there are.
    """
    low, high = (np.concatenate([end(t) for t in columns]) for end in (_low, _high))
    write = np.concatenate([t["write"] for t in columns])
    segment = np.concatenate([segments.of(k, t["event"]) for k, t in enumerate(columns)])
    cuts = np.unique(np.concatenate([low, high]))
    low, high = np.searchsorted(cuts, low), np.searchsorted(cuts, high)
    change = np.zeros(len(cuts), np.int64)
    np.add.at(change, low, write)
    np.add.at(change, high, -write)
    stored = np.append(0, np.cumsum(np.cumsum(change) > 0))
    used = stored[high] > stored[low]
    touches = dram_touches(segment[used], write[used], low[used], high[used])
    return [touches], len(cuts)


def dram_table(columns: Sequence[Columns], number: int) -> tuple[LineTable, list[Accesses]]:
    """DRAM in grains that no access covers only a part of, and its accesses to memory `number`.

    When there would be more than MAX_GRAINS grains they are made larger: races may then be seen
    where there are none, never the reverse.
    """
    low = min(int(_low(t).min()) for t in columns if len(t["event"]))
    high = max(int(_high(t).max()) for t in columns if len(t["event"]))
    parts = [part for t in columns for part in (t["start"] - low, t["len"], t["stride"])]
    grain = int(np.gcd.reduce(np.concatenate(parts)))
    grain = max(grain, 1, -(-(high - low) // MAX_GRAINS))
    table = LineTable("dram", -(-(high - low) // grain), len(columns), grain, low)
    return table, [_in_grains(t, table, number) for t in columns]


def _dram_columns(stream: Events, host: bool) -> Columns:
    """Loads and stores as rows in DRAM; gathers are left to the check of the symbols."""
    chosen = np.flatnonzero(stream.is_op("ld", "st") & ((stream["dram"] >= HOST_BASE) == host))
    columns = {name: stream[name][chosen] for name in ("rows", "len", "stride")}
    return {
        "event": chosen,
        "start": stream["dram"][chosen],
        "write": stream.is_op("st")[chosen].astype(np.int64),
        **columns,
    }


def _low(t: Columns) -> Ints:
    return t["start"] + np.minimum(0, (t["rows"] - 1) * t["stride"])


def _high(t: Columns) -> Ints:
    return t["start"] + np.maximum(0, (t["rows"] - 1) * t["stride"]) + t["len"]


def _in_grains(t: Columns, table: LineTable, number: int) -> Accesses:
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
