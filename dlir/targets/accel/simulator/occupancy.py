"""How much of each memory holds something that will still be read, over time.

A line is live from the first write to the last read before it is written again. To stay fast on
long programs, memories are looked at in blocks of lines: a block counts whole while any line of it
is live, so the result is an upper bound, exact where the blocks are single lines.
"""

from __future__ import annotations

import numpy as np

from dlir.dialects.isa.fields import MEMORIES
from dlir.targets.accel.simulator.accesses import Accesses, accesses_of
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.timing import Ints, Times, ranges

BLOCKS = 2048
"""Blocks of a memory at most."""
BINS = 256
"""Points in time."""


def occupancy_of(simulation: Simulation, bins: int = BINS) -> dict[str, Ints]:
    """Memory -> live lines (accumulators: rows) in each of `bins` equal parts of the time."""
    cols = simulation.machine.array.cols
    tables = [accesses_of(stream, cols) for stream in simulation.streams]
    result: dict[str, Ints] = {}
    for number, name in enumerate(MEMORIES):
        size = simulation.machine.sizes[name]
        if size:
            result[name] = _live(simulation, tables, number, size, bins)
    return result


def _live(
    simulation: Simulation, tables: list[Accesses], memory: int, size: int, bins: int
) -> Ints:
    grain, scale = -(-size // BLOCKS), bins / max(1, simulation.cycles)
    pairs = zip(tables, simulation.times, strict=True)
    keys = [_touches(table, times, memory, grain, scale) for table, times in pairs]
    block, time, write = _parts(np.sort(np.concatenate(keys)))
    if not len(block):
        return np.zeros(bins, np.int64)
    # A new life begins where a block changes, or where a write follows a read.
    first = np.flatnonzero(
        np.append(True, (block[1:] != block[:-1]) | (write[1:] & ~write[:-1])),
    )
    begin = time[first]
    end = np.maximum.reduceat(np.where(write, -1, time), first)
    kept = end > begin
    opened = np.minimum(bins, (begin[kept] * scale).astype(np.int64))
    closed = np.minimum(bins, np.ceil(end[kept] * scale).astype(np.int64))
    changes = np.bincount(opened, minlength=bins + 1) - np.bincount(closed, minlength=bins + 1)
    return np.minimum(np.cumsum(changes)[:bins] * grain, size)


_TIME_BITS = 50


def _parts(key: Ints) -> tuple[Ints, Ints, np.ndarray]:
    """(block, time, is a write) of keys, whose order is theirs: reads before writes."""
    time = key >> 1 & ((1 << _TIME_BITS) - 1)
    return key >> (_TIME_BITS + 1), time, (key & 1).astype(bool)


def _touches(table: Accesses, times: Times, memory: int, grain: int, scale: float) -> Ints:
    """A key for every block an access covers: writes when they start, reads when they end.

    Of equal accesses in one part of the time only the first write and the last read are kept: what
    lies between them counts as live, which the parts could not show anyhow.
    """
    mine = np.flatnonzero(table.memory == memory)
    low, high = table.low[mine] // grain, -(-table.high[mine] // grain)
    event, write = table.event[mine], table.write[mine]
    time = np.where(write, times.start[event], times.end[event])
    part = (time * scale).astype(np.int64)
    same = np.lexsort((np.where(write, -time, time), low, high, part, write))
    keys = np.stack([low, high, part, write.astype(np.int64)])[:, same]
    kept = same[np.append((keys[:, 1:] != keys[:, :-1]).any(0), True)[: len(same)]]
    low, count = low[kept], (high - low)[kept]
    return ranges(low, count) << (_TIME_BITS + 1) | np.repeat(time[kept] << 1 | write[kept], count)
