"""Checks 2 and 10: every address is inside its memory or symbol; every MM has its own weights.

(Check 9, reads of what was never written, walks the same run as the race check, in concurrency.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlir.dialects.isa.fields import MATRIX_TYPES, MEMORIES
from dlir.targets.accel.simulator.accesses import accesses_of
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.planes import plane_uses
from dlir.targets.accel.simulator.timing import Ints
from dlir.targets.accel.verifier.subject import Range, Subject, lines_text


def check_lines(subject: Subject) -> None:
    """Check 2 on chip: no line outside its memory."""
    sizes = np.array(list(subject.machine.sizes.values()))
    for k, stream in enumerate(subject.streams):
        accesses = accesses_of(stream, subject.machine.array.cols)
        size = sizes[accesses.memory]
        wrong = np.flatnonzero((accesses.low < 0) | (accesses.high > size))
        for i in wrong.tolist():
            memory = int(accesses.memory[i])
            touched = lines_text(memory, int(accesses.low[i]), int(accesses.high[i]) - 1)
            verb = "writes" if accesses.write[i] else "reads"
            subject.report(
                "v2-address",
                f"{subject.place(k, int(accesses.event[i]))} {verb} {touched}; "
                f"{MEMORIES[memory]} has {int(size[i])}",
            )


def check_symbols(subject: Subject, symbols: Sequence[Range]) -> None:
    """Check 2 in DRAM: every access lies in one symbol, and stores go to writable ones."""
    ranges = sorted(symbols, key=lambda s: s.address)
    starts = np.array([s.address for s in ranges], np.int64)
    ends = np.array([s.address + s.size for s in ranges], np.int64)
    writable = np.array([s.writable for s in ranges], bool)
    for k, stream in enumerate(subject.streams):
        chosen = np.flatnonzero(stream.is_op("ld", "st", "ldx"))
        if not len(chosen):
            continue
        low, high = _dram_range(stream["dram"], stream["rows"], stream["len"], stream["stride"])
        low, high = low[chosen], high[chosen]
        symbol = np.searchsorted(starts, low, "right") - 1
        inside = (symbol >= 0) & (high <= np.append(ends, 0)[symbol])
        refused = stream.is_op("st")[chosen] & inside & ~np.append(writable, True)[symbol]
        for i in np.flatnonzero(~inside).tolist():
            subject.report(
                "v2-address",
                f"{subject.place(k, int(chosen[i]))} reaches dram bytes {int(low[i])}.."
                f"{int(high[i]) - 1}, which are not inside one symbol{_nearest(ranges, symbol, i)}",
            )
        for i in np.flatnonzero(refused).tolist():
            name = ranges[int(symbol[i])].name
            subject.report(
                "v2-address", f"{subject.place(k, int(chosen[i]))} stores to '{name}', read-only"
            )


def check_packed(subject: Subject, symbols: Sequence[Range]) -> None:
    """Check 2: packed weights are of the format that the DMA expands, and no gather reads them."""
    known = subject.machine.dma.compression
    for one in symbols:
        if one.packed and one.packed != known:
            subject.report(
                "v2-packed",
                f"'{one.name}' is packed as {one.packed}; {subject.machine.name} expands {known}",
                f"set dma.compression to {one.packed}, or compile the model again",
            )
    for k, stream in enumerate(subject.streams):
        chosen = stream.is_op("ldx") & stream.packed.holds(stream["dram"])
        for event in np.flatnonzero(chosen).tolist():
            subject.report(
                "v2-packed", f"{subject.place(k, event)} gathers from a packed weight, by rows"
            )


def _dram_range(start: Ints, rows: Ints, length: Ints, stride: Ints) -> tuple[Ints, Ints]:
    """First byte, and the byte behind the last. A gather (stride 0) shows the table's first row."""
    step = (rows - 1) * stride
    return start + np.minimum(0, step), start + np.maximum(0, step) + length


def _nearest(ranges: Sequence[Range], symbol: Ints, i: int) -> str:
    if symbol[i] < 0:
        return ""
    near = ranges[int(symbol[i])]
    return f"; '{near.name}' is {near.address}..{near.address + near.size - 1}"


def check_planes(subject: Subject) -> None:
    """Check 10: an MM multiplies by weights that are there, and no LW replaces unused ones."""
    for k, stream in enumerate(subject.streams):
        uses = plane_uses(stream)
        lost = uses.load & (uses.filled >= 0) & (uses.used < uses.filled)
        unfit = ~uses.load & ((uses.filled < 0) | ~uses.fits)
        for i in np.flatnonzero(lost | unfit).tolist():
            before = int(uses.filled[i])
            load = int(uses.event[before]) if before >= 0 else None
            _report_plane(subject, k, int(uses.event[i]), load)


def _report_plane(subject: Subject, k: int, event: int, load: int | None) -> None:
    """What is wrong with an LW or MM whose slot the LW `load` filled."""
    stream, place = subject.streams[k], subject.place(k, event)
    if load is None:
        message = f"{place} uses a plane that no lw has filled"
    elif stream.mnemonic(event) == "lw":
        before = subject.place(k, load)
        message = f"{place} overwrites the weights of {before}, which no mm has used"
    else:
        message = (
            f"{place} uses {_tile_text(stream, event)} of the plane that {subject.place(k, load)} "
            f"filled with {_tile_text(stream, load)}"
        )
    subject.report("v10-plane", message)


def _tile_text(stream: Events, event: int) -> str:
    k, n, dt = (int(stream[name][event]) for name in ("k", "n", "dt"))
    return f"{k} x {n} {MATRIX_TYPES[dt]}"
