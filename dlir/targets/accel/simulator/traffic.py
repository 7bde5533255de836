"""Bytes moved: per memory, on the buses, and how many different bytes of DRAM there were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlir.dialects.isa.fields import HOST_BASE, MEMORIES
from dlir.targets.accel.simulator.accesses import accesses_of, line_bytes
from dlir.targets.accel.simulator.costs import message_bytes
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.fetches import fetches_of
from dlir.targets.accel.simulator.network import route
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.timing import Ints


@dataclass(frozen=True)
class Moved:
    """Bytes read from and written to a memory by the engines."""

    read: int = 0
    written: int = 0

    @property
    def total(self) -> int:
        """Both."""
        return self.read + self.written


def traffic_of(simulation: Simulation) -> dict[str, Moved]:
    """Bytes moved per memory; `dram` and `host` are counted as the program asks for them, `net` has
    the bytes received and sent. `unpacked` is what `dram` would be if no weight were packed, on
    machines that have packed weights."""
    machine = simulation.machine
    cols = machine.array.cols
    moved = {name: Moved() for name in ("dram", *MEMORIES, "host", "net", "unpacked")}
    for stream in simulation.streams:
        accesses = accesses_of(stream, cols)
        size = accesses.lines * line_bytes(accesses.memory, cols)
        for number, name in enumerate(MEMORIES):
            mine = accesses.memory == number
            read = int(size[mine & ~accesses.write].sum())
            moved[name] = _plus(moved[name], read, int(size[mine & accesses.write].sum()))
        for name, host in (("dram", False), ("host", True)):
            moved[name] = _plus(moved[name], *_outside(stream, host))
        if machine.dma.compression != "none":
            moved["unpacked"] = _plus(moved["unpacked"], *_outside(stream, False, packed=False))
        size = message_bytes(stream, cols)
        ways = (int(size[stream.is_op(name)].sum()) for name in ("recv", "send"))
        moved["net"] = _plus(moved["net"], *ways)
    return moved


def _plus(moved: Moved, read: int, written: int) -> Moved:
    return Moved(moved.read + read, moved.written + written)


def _outside(stream: Events, host: bool, *, packed: bool = True) -> tuple[int, int]:
    size = stream["rows"] * stream["len"]
    if packed:
        fetches = fetches_of(stream)
        size[fetches.events] = fetches.read
    size *= (stream["dram"] >= HOST_BASE) == host
    read = int(size[stream.is_op("ld", "ldx")].sum())
    return read, int(size[stream.is_op("st")].sum())


def messages_of(simulation: Simulation) -> list[tuple[list[int], int]]:
    """The links and the bytes of every message that the chip sends."""
    machine = simulation.machine
    messages: list[tuple[list[int], int]] = []
    for stream in simulation.streams:
        sends = stream.is_op("send")
        sizes = message_bytes(stream, machine.array.cols)[sends].tolist()
        for peer, size in zip(stream["peer"][sends].tolist(), sizes, strict=True):
            messages.append((route(simulation.chip, peer, machine.net.chips), size))
    return messages


def distinct_bytes(streams: Sequence[Events], host: bool) -> int:
    """Different bytes of DRAM (or host memory) read, plus different bytes written.

    A program that computes the same from the same data moves at least these. Rows of a gather
    depend on data and are not counted.
    """
    return sum(
        _union([_rows(stream, names, host) for stream in streams]) for names in (("ld",), ("st",))
    )


def _rows(stream: Events, names: tuple[str, ...], host: bool) -> Ints:
    """The different (start, length) of all rows, one per line."""
    chosen = np.flatnonzero(stream.is_op(*names) & ((stream["dram"] >= HOST_BASE) == host))
    columns = [stream[name][chosen] for name in ("dram", "rows", "len", "stride")]
    tiles = np.unique(np.stack(columns, 1), axis=0)
    start, rows, length, stride = tiles.T
    offset = np.arange(int(rows.sum())) - np.repeat(np.cumsum(rows) - rows, rows)
    starts = np.repeat(start, rows) + offset * np.repeat(stride, rows)
    lengths = np.repeat(length, rows)
    packed = stream.packed.holds(starts)
    starts[packed], lengths[packed] = stream.packed.pieces(starts[packed], lengths[packed])
    return np.unique(np.stack([starts, lengths], 1), axis=0)


def _union(parts: Sequence[Ints]) -> int:
    """The size of the union of intervals (start, length)."""
    pieces = np.concatenate(parts)
    pieces = pieces[np.argsort(pieces[:, 0], kind="stable")]
    start, end = pieces[:, 0], pieces[:, 0] + pieces[:, 1]
    before = np.maximum.accumulate(np.append(np.iinfo(np.int64).min, end))[:-1]
    return int(np.maximum(0, end - np.maximum(start, before)).sum())
