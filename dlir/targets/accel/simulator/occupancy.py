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
from dlir.targets.accel.simulator.timing import Ints, Times

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
    grain = -(-size // BLOCKS)
    pairs = zip(tables, simulation.times, strict=True)
    parts = [_touches(table, times, memory, grain) for table, times in pairs]
    block, time, write = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not len(block):
        return np.zeros(bins, np.int64)
    order = np.lexsort((write, time, block))
    block, time, write = block[order], time[order], write[order]
    # A new life begins where a block changes, or where a write follows a read.
    first = np.append(True, (block[1:] != block[:-1]) | (write[1:] & ~write[:-1]))
    life = np.cumsum(first) - 1
    begin = time[first]
    end = np.full(len(begin), -1, np.int64)
    np.maximum.at(end, life[~write], time[~write])
    kept = end > begin
    scale = bins / max(1, simulation.cycles)
    changes = np.zeros(bins + 1, np.int64)
    np.add.at(changes, np.minimum(bins, (begin[kept] * scale).astype(np.int64)), grain)
    np.add.at(changes, np.minimum(bins, np.ceil(end[kept] * scale).astype(np.int64)), -grain)
    return np.minimum(np.cumsum(changes)[:bins], size)


def _touches(
    table: Accesses, times: Times, memory: int, grain: int
) -> tuple[Ints, Ints, np.ndarray]:
    """(block, time, is a write) for every block an access covers: writes when they start, reads
    when they end."""
    mine = table.memory == memory
    low, high = table.low[mine] // grain, -(-table.high[mine] // grain)
    event, write = table.event[mine], table.write[mine]
    time = np.where(write, times.start[event], times.end[event])
    count = high - low
    offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(low, count) + offset, np.repeat(time, count), np.repeat(write, count)
