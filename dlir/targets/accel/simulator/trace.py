"""A run as Chrome trace JSON, for ui.perfetto.dev and chrome://tracing.

One track per engine with a slice per instruction (bus, load port, stream port or vector unit held),
and counters for live memory and the use of the buses. Times are microseconds of the machine.

Long programs are thinned: neighbouring slices of an engine are joined until the file is small
enough. A joined slice says how many instructions it stands for.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from dlir.targets.accel.simulator.occupancy import occupancy_of
from dlir.targets.accel.simulator.report import utilization_of
from dlir.targets.accel.simulator.simulation import Simulation

MAX_BYTES = 100 << 20
"""The largest file, unless another limit is given."""
SLICE_BYTES = 220
"""What a slice takes in the file at most, with names of usual length."""
COUNTER_BINS = 1000


def trace_of(simulation: Simulation, max_bytes: int = MAX_BYTES) -> str:
    """The trace as JSON text of at most about `max_bytes`."""
    document = {"traceEvents": trace_events(simulation, max_bytes), "displayTimeUnit": "ns"}
    return json.dumps(document, separators=(",", ":"))


def trace_events(simulation: Simulation, max_bytes: int = MAX_BYTES) -> list[dict[str, Any]]:
    """The events of the trace, whose text has about `max_bytes` at most."""
    scale = 1 / simulation.machine.clock_mhz
    total = sum(map(len, simulation.streams))
    names = max((len(name) for name in simulation.origins.values()), default=0)
    slices = max(1, (max_bytes - 10 * COUNTER_BINS * 100) // (SLICE_BYTES + names))
    join = -(-total // slices)
    events: list[dict[str, Any]] = [_named(0, "process_name", simulation.machine.name)]
    for k, name in enumerate(simulation.names):
        events.append(_named(k, "thread_name", name))
        events.extend(_slices(simulation, k, join, scale))
    events.extend(_counters(simulation, scale))
    return events


def _named(k: int, what: str, name: str) -> dict[str, Any]:
    return {"ph": "M", "pid": 0, "tid": k, "name": what, "args": {"name": name}}


def _slices(simulation: Simulation, k: int, join: int, scale: float) -> list[dict[str, Any]]:
    """The slices of stream `k`, `join` instructions each at most."""
    stream, times, lane = simulation.streams[k], simulation.times[k], simulation.lanes[k]
    held = np.flatnonzero(lane.occupancy > 0)
    slices: list[dict[str, Any]] = []
    for first in range(0, len(held), join):
        group = held[first : first + join]
        i, last = int(group[0]), int(group[-1])
        start = int(times.start[i])
        end = int(times.start[last] + lane.occupancy[last])
        args: dict[str, Any] = {"instruction": int(stream.instruction[i]), "cycle": start}
        tag = int(stream.tag[i])
        if tag:
            args["op"] = simulation.origins.get(tag, f"mark {tag}")
        if len(group) > 1:
            args["instructions"] = len(group)
        slices.append(
            {
                "ph": "X", "pid": 0, "tid": k, "args": args,
                "name": stream.function(i) or stream.mnemonic(i),
                "ts": round(start * scale, 6), "dur": round((end - start) * scale, 6),
            }
        )  # fmt: skip
    return slices


def _counters(simulation: Simulation, scale: float) -> list[dict[str, Any]]:
    """Live lines per memory, and bus bytes per cycle, over time; only where they change."""
    bins = min(COUNTER_BINS, max(1, simulation.cycles))
    series: dict[str, list[float]] = {
        f"{name} live": live.tolist() for name, live in occupancy_of(simulation, bins).items()
    }
    busy = utilization_of(simulation, bins)
    buses = [busy[name] for name in ("ld", "st") if name in busy]
    rate = simulation.machine.dma.bytes_per_cycle
    series["bus bytes per cycle"] = [round(rate * sum(v), 3) for v in zip(*buses, strict=True)]
    step = simulation.cycles / bins * scale
    counters: list[dict[str, Any]] = []
    for name, values in series.items():
        before = None
        for i, value in enumerate(values):
            if value != before:
                args = {"value": value}
                ts = round(i * step, 6)
                counters.append({"ph": "C", "pid": 0, "name": name, "ts": ts, "args": args})
            before = value
    return counters
