"""What each event holds, and for how long: from a program's events to the lanes of `timing`.

A VV or VS of `rows` rows of C elements holds the vector unit for `ceil(rows * C / lanes) * cost`
cycles, and a reduction of rows for `log2 C` more. The unit takes elements as they follow each
other: a unit with more lanes than C takes several rows in a cycle, one with fewer begins the next
row in the cycle in which a row ends. (Whole cycles per row, the rule at first, would leave 896 of
`large128`'s 1024 lanes idle. Where C is a multiple of the lanes both rules are the same.)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from dlir.dialects.isa.fields import HOST_BASE, MATRIX_TYPES, VECTOR
from dlir.targets.accel.description import Dma, Machine
from dlir.targets.accel.simulator.accesses import line_bytes
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.fetches import fetches_of
from dlir.targets.accel.simulator.timing import Ints, Lane, Unit, lane_bases
from dlir.targets.accel.simulator.tokens import match_tokens

DRAM_BUS, HOST_BUS = 0, 1
REDUCTIONS = ("rowsum", "rowmax")
"""Functions that pass a row through a tree over the lanes."""


def lanes_of(streams: Sequence[Events], machine: Machine, *, serial: bool = False) -> list[Lane]:
    """One lane per stream. With `serial`, every LW takes the array's full height."""
    bases = lane_bases(streams)
    deps = match_tokens(streams)
    lanes: list[Lane] = []
    for base, stream, dep in zip(bases, streams, deps, strict=False):
        unit, occupancy, lag, bus = _costs(stream, machine, serial)
        after = _after(stream, machine, base)
        lanes.append(Lane(unit, occupancy, lag, dep, after, bus))
    return lanes


def transfer_cycles(rows: Ints, length: Ints, dma: Dma) -> Ints:
    """Whole cycles of the bus for `rows` rows of `length` bytes, rounded up once per transfer."""
    burst = -(-length // dma.burst) * dma.burst
    rate = Fraction(str(dma.bytes_per_cycle))
    per_row = np.maximum(burst * rate.denominator, dma.row_cycles * rate.numerator)
    return -(-rows * per_row // rate.numerator)


def is_transfer(stream: Events) -> np.ndarray:
    """Which events use a bus."""
    return stream.is_op("ld", "ldx", "st")


def _costs(stream: Events, machine: Machine, serial: bool) -> tuple[Ints, Ints, Ints, Ints]:
    unit, occupancy, lag, bus = (np.zeros(len(stream), np.int64) for _ in range(4))
    transfer = is_transfer(stream)
    unit[transfer] = Unit.TRANSFER
    if machine.host is not None:
        bus[transfer & (stream["dram"] >= HOST_BASE)] = HOST_BUS
    for number, dma in ((DRAM_BUS, machine.dma), (HOST_BUS, machine.host or machine.dma)):
        chosen = transfer & (bus == number)
        occupancy[chosen] = transfer_cycles(stream["rows"][chosen], stream["len"][chosen], dma)
        lag[chosen] = dma.latency
    fetches = fetches_of(stream)
    occupancy[fetches.events] = fetches.cycles(machine.dma)
    lag[fetches.events] += machine.dma.latency * (machine.dma.compression == "bitmask")
    load, matrix = stream.is_op("lw"), stream.is_op("mm")
    unit[load] = Unit.LOAD
    height = machine.array.rows if serial else stream["k"][load]
    occupancy[load] = -(-height // machine.array.load_rows_per_cycle)
    unit[matrix] = np.where(stream["swap"][matrix], Unit.SWAP, Unit.MATRIX)
    occupancy[matrix] = matrix_cycles(stream, machine)[matrix]
    lag[matrix] = machine.array.rows + machine.array.cols - 2
    vector = stream.is_op(*VECTOR)
    unit[vector] = Unit.VECTOR
    occupancy[vector] = vector_cycles(stream, machine)[vector]
    lag[vector] = machine.vector.depth
    send = stream.is_op("send")
    unit[send], unit[stream.is_op("recv")] = Unit.SEND, Unit.RECEIVE
    occupancy[send], lag[send] = message_cycles(stream, machine)[send], machine.net.latency
    return unit, occupancy, lag, bus


def message_cycles(stream: Events, machine: Machine) -> Ints:
    """Whole cycles for which each SEND holds a link; 0 for other events."""
    rate = Fraction(str(machine.net.bytes_per_cycle))
    size = message_bytes(stream, machine.array.cols) * stream.is_op("send")
    return -(-size * rate.denominator // max(1, rate.numerator))


def message_bytes(stream: Events, cols: int) -> Ints:
    """The size of the message of each SEND and RECV; 0 for other events."""
    size = stream["lines"] * line_bytes(stream["mem"], cols)
    return np.where(stream.is_op("send", "recv"), size, 0)


def matrix_cycles(stream: Events, machine: Machine) -> Ints:
    """Cycles for which each MM streams rows; 0 for other events."""
    rates = np.array([machine.array.rate.get(name, 1) for name in MATRIX_TYPES])
    rows = stream["nx"] * stream["ny"] * rates[stream["dt"] % len(rates)]
    return np.where(stream.is_op("mm"), rows, 0)


def vector_cycles(stream: Events, machine: Machine) -> Ints:
    """Cycles for which each event holds the vector unit; 0 for those of other units."""
    beats = -(-vector_rows(stream) * machine.array.cols // machine.vector.lanes)
    depth = max(0, machine.array.cols - 1).bit_length()
    cycles = np.zeros(len(stream), np.int64)
    for mnemonic, functions in VECTOR.items():
        chosen = stream.is_op(mnemonic)
        cost = np.array([machine.vector.cost_of(name) for name in functions])
        tree = np.array([depth * (name in REDUCTIONS) for name in functions])
        fn = stream["fn"][chosen]
        cycles[chosen] = beats[chosen] * cost[fn] + tree[fn]
    return cycles


def vector_rows(stream: Events) -> Ints:
    """Rows that each event of the vector unit reads: `rows`, or those of a walk."""
    rows = np.where(stream.is_op("vs"), stream["nx"] * stream["ny"], stream["rows"])
    return np.where(stream.is_op(*VECTOR), rows, 0)


def _after(stream: Events, machine: Machine, base: int) -> Ints:
    """The transfer that must have ended before each: `outstanding` earlier; for LDX, the last."""
    after = np.full(len(stream), -1, np.int64)
    transfers = np.flatnonzero(is_transfer(stream))
    window = machine.dma.outstanding
    after[transfers[window:]] = base + transfers[: max(0, len(transfers) - window)]
    gathers = np.flatnonzero(stream.is_op("ldx")[transfers])
    gathers = gathers[gathers > 0]
    after[transfers[gathers]] = base + transfers[gathers - 1]
    return after
