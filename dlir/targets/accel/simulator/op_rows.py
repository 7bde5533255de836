"""What each op of the model cost: when it ran, what it did, and what held it.

Engines work on several ops at once, so the spans of ops overlap. `time` does not: the chain of
events that decides when the program ends goes through the ops, and each has the part of it that is
its own. A load can run long before what it is for; the span of an op begins with its first
instruction on another engine, where it has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dlir.dialects.isa.fields import MATRIX_TYPES
from dlir.targets.accel.simulator.accounts import gaps_of
from dlir.targets.accel.simulator.critical_path import Segment
from dlir.targets.accel.simulator.simulation import Simulation

LOADS = "ld"
"""The stream that runs ahead."""
UNMARKED = "(unmarked)"
"""The op of instructions without a MARK."""


@dataclass(frozen=True)
class OpRow:
    """What one op of the model cost. Engines overlap, so spans of ops may too."""

    op: str
    """From the MARK in front of its instructions; `(unmarked)` without one."""
    start: int
    end: int
    macs: int
    dram_bytes: int
    busy: dict[str, int]
    """Cycles per engine."""
    percent_of_peak: float
    """Useful multiply-accumulates per cycle of the span, of those of the full array in int8."""
    time: int
    """Cycles of the critical path; those of all ops are the program's."""
    bound: str
    """The roof that the op needs most of."""
    percent_of_bound: float
    """The cycles of that roof, of the span; for `dram`, of the span with its loads."""


@dataclass
class _Sums:
    """What the instructions of an op have been added up to."""

    spans: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Stream -> first start, last end."""
    busy: dict[str, int] = field(default_factory=dict[str, int])
    macs: int = 0
    moved: int = 0
    roofs: dict[str, float] = field(default_factory=dict[str, float])

    def span(self, loads: bool) -> tuple[int, int]:
        """First start and last end, with or without the loads that run ahead."""
        chosen = [span for name, span in self.spans.items() if loads or name != LOADS]
        starts, ends = zip(*(chosen or self.spans.values()), strict=True)
        return min(starts), max(ends)


def op_rows(simulation: Simulation, path: Sequence[Segment]) -> list[OpRow]:
    """One row per origin of instructions, in the order in which they start."""
    sums: dict[str, _Sums] = {}
    for k in range(len(simulation.streams)):
        _add_stream(simulation, k, sums)
    time = time_of_ops(path, simulation.cycles)
    rows = [_row(simulation, name, one, time.get(name, 0)) for name, one in sums.items()]
    return sorted(rows, key=lambda row: (row.start, row.end))


def time_of_ops(path: Sequence[Segment], cycles: int) -> dict[str, int]:
    """Op -> cycles of the critical path from the start of each of its segments to the next."""
    result: dict[str, int] = {}
    ends = [*(segment.start for segment in path[1:]), cycles]
    at = 0
    for segment, end in zip(path, ends, strict=True):
        name = segment.origin or UNMARKED
        result[name] = result.get(name, 0) + max(0, end - at)
        at = max(at, end)
    return result


def _add_stream(simulation: Simulation, k: int, sums: dict[str, _Sums]) -> None:
    """Add the instructions of stream `k` to those of their ops."""
    stream, times = simulation.streams[k], simulation.times[k]
    chosen = np.flatnonzero(~stream.is_op("halt", "nop", "sync"))
    chosen = chosen[np.argsort(stream.tag[chosen], kind="stable")]
    if not len(chosen):
        return
    tag = stream.tag[chosen]
    first = np.flatnonzero(np.append(True, tag[1:] != tag[:-1]))
    starts = np.minimum.reduceat(times.start[chosen], first).tolist()
    ends = np.maximum.reduceat(times.end[chosen], first).tolist()
    counts = {
        name: np.add.reduceat(column[chosen], first).tolist()
        for name, column in _columns(simulation, k).items()
    }
    for i, number in enumerate(tag[first].tolist()):
        name = simulation.origins.get(number, f"mark {number}") if number else UNMARKED
        own = {key: values[i] for key, values in counts.items()}
        _add(sums.setdefault(name, _Sums()), stream.name, (starts[i], ends[i]), own)


def _columns(simulation: Simulation, k: int) -> dict[str, np.ndarray]:
    """What is added up, per event of stream `k`."""
    stream, machine = simulation.streams[k], simulation.machine
    busy = gaps_of(simulation, k).busy
    macs = stream["nx"] * stream["ny"] * stream["k"] * stream["n"] * stream.is_op("mm")
    rates = np.array([machine.peak_macs_per_cycle(name) for name in MATRIX_TYPES])
    moved = stream["rows"] * stream["len"] * stream.is_op("ld", "ldx", "st")
    return {
        "busy": busy,
        "macs": macs,
        "moved": moved,
        "compute": macs / rates[np.minimum(stream["dt"], len(rates) - 1)],
        "dram": moved / machine.dma.bytes_per_cycle,
        "array_load": stream["k"] * stream.is_op("lw") / machine.array.load_rows_per_cycle,
        "vector": busy * stream.is_op("vv", "vs"),
    }


def _add(sums: _Sums, stream: str, span: tuple[int, int], counts: Mapping[str, float]) -> None:
    """Add what an op has in one stream under one tag."""
    start, end = sums.spans.get(stream, span)
    sums.spans[stream] = min(start, span[0]), max(end, span[1])
    sums.busy[stream] = sums.busy.get(stream, 0) + int(counts["busy"])
    sums.macs += int(counts["macs"])
    sums.moved += int(counts["moved"])
    for roof in ("compute", "dram", "array_load", "vector"):
        sums.roofs[roof] = sums.roofs.get(roof, 0.0) + counts[roof]


def _row(simulation: Simulation, name: str, sums: _Sums, time: int) -> OpRow:
    array = simulation.machine.array
    start, end = sums.span(loads=False)
    bound = max(sums.roofs, key=lambda roof: sums.roofs[roof])
    first, last = sums.span(loads=bound == "dram")
    return OpRow(
        op=name,
        start=start,
        end=end,
        macs=sums.macs,
        dram_bytes=sums.moved,
        busy=sums.busy,
        percent_of_peak=100 * sums.macs / (array.rows * array.cols * max(1, end - start)),
        time=time,
        bound=bound,
        percent_of_bound=100 * sums.roofs[bound] / max(1, last - first),
    )
