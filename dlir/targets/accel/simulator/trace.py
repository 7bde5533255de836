"""A run as Chrome trace JSON, for ui.perfetto.dev and chrome://tracing.

One track per unit with a slice per instruction that holds it (bus, stream port or vector unit; the
array's load port, which works beside its stream port, has a track of its own), and counters for
live memory and the use of the buses. Times are microseconds of the machine.

Long programs are thinned: neighbouring slices of an engine are joined until the file is small
enough. A joined slice says how many instructions it stands for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.occupancy import occupancy_of
from dlir.targets.accel.simulator.report import utilization_of
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.timing import Ints, Unit

MAX_BYTES = 100 << 20
"""The largest file, unless another limit is given."""
SLICE_BYTES = 220
"""What a slice takes in the file at most, with names of usual length."""
COUNTER_BINS = 1000


@dataclass(frozen=True)
class Place:
    """Where a run stands in a trace of several: its process, what that is called, its start."""

    process: int = 0
    title: str = ""
    start: int = 0
    """Cycles."""


def trace_of(simulation: Simulation, max_bytes: int = MAX_BYTES) -> str:
    """The trace as JSON text of at most about `max_bytes`."""
    return trace_text(trace_events(simulation, max_bytes))


def trace_text(events: Iterable[str]) -> str:
    """The trace of these events."""
    return f'{{"traceEvents":[{",".join(events)}],"displayTimeUnit":"ns"}}'


def trace_events(
    simulation: Simulation, max_bytes: int = MAX_BYTES, place: Place | None = None
) -> list[str]:
    """The events as JSON texts, of about `max_bytes` at most together."""
    place = place or Place(title=simulation.machine.name)
    scale = 1 / simulation.machine.clock_mhz
    total = sum(map(len, simulation.streams))
    names = max((len(name) for name in simulation.origins.values()), default=0)
    slices = max(1, (max_bytes - 10 * COUNTER_BINS * 100) // (SLICE_BYTES + names))
    join = -(-total // slices)
    texts = [_json(_named(place, 0, "process_name", place.title))]
    for k, name in enumerate(simulation.names):
        texts.extend(_track_texts(simulation, k, name, join, scale, place))
    texts.extend(map(_json, _counters(simulation, scale, place)))
    return texts


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _named(place: Place, k: int, what: str, name: str) -> dict[str, Any]:
    return {"ph": "M", "pid": place.process, "tid": k, "name": what, "args": {"name": name}}


def _track_texts(
    simulation: Simulation, k: int, name: str, join: int, scale: float, place: Place
) -> Iterator[str]:
    """The tracks of stream `k`: the array loads weights beside its work, on a port of its own."""
    held, loads = simulation.lanes[k].occupancy > 0, simulation.lanes[k].unit == Unit.LOAD
    tracks = {name: held & ~loads, f"{name} load port": held & loads}
    for n, (title, chosen) in enumerate(tracks.items()):
        if n == 0 or chosen.any():
            track = k + n * len(simulation.names)
            yield _json(_named(place, track, "thread_name", title))
            order = {"name": "thread_sort_index", "args": {"sort_index": 2 * k + n}}
            yield _json({"ph": "M", "pid": place.process, "tid": track, **order})
            yield from _slices(simulation, (k, track), np.flatnonzero(chosen), join, scale, place)


def _slices(
    simulation: Simulation, at: tuple[int, int], held: Ints, join: int, scale: float, place: Place
) -> list[str]:
    """The slices of the events `held` of a (stream, track), `join` instructions each at most, as
    JSON texts."""
    k, track = at
    stream, times, lane = simulation.streams[k], simulation.times[k], simulation.lanes[k]
    first = held[::join]
    last = held[np.minimum(np.arange(len(first)) * join + join, len(held)) - 1]
    start, end = times.start[first], times.start[last] + lane.occupancy[last]
    count = np.minimum(join, len(held) - np.arange(len(first)) * join)
    columns = (
        _names(stream, first),
        np.round((start + place.start) * scale, 6).tolist(),
        np.round((end - start) * scale, 6).tolist(),
        stream.instruction[first].tolist(),
        start.tolist(),
        _origins(simulation, stream.tag[first]),
        [f',"instructions":{each}' if each > 1 else "" for each in count.tolist()],
    )
    head = f'{{"ph":"X","pid":{place.process},"tid":{track},"name":'
    return [
        f'{head}{name},"ts":{ts!r},"dur":{dur!r},"args":'
        f'{{"instruction":{instruction},"cycle":{cycle}{origin}{more}}}}}'
        for name, ts, dur, instruction, cycle, origin, more in zip(*columns, strict=True)
    ]


def _names(stream: Events, events: Ints) -> list[str]:
    """The function or the mnemonic of every event, as JSON."""
    kind = np.where(stream.is_op("vv", "vs"), stream["fn"], 0) + (stream.opcode << 32)
    kinds, example, place = np.unique(kind[events], return_index=True, return_inverse=True)
    examples = events[example[: len(kinds)]].tolist()
    names = [_json(stream.function(i) or stream.mnemonic(i)) for i in examples]
    return [names[i] for i in place.tolist()]


def _origins(simulation: Simulation, tags: Ints) -> list[str]:
    """What a slice says about the origin of its first instruction."""
    names = {0: ""}
    for tag in np.unique(tags).tolist():
        if tag:
            names[tag] = f',"op":{_json(simulation.origins.get(tag, f"mark {tag}"))}'
    return [names[tag] for tag in tags.tolist()]


def _counters(simulation: Simulation, scale: float, place: Place) -> list[dict[str, Any]]:
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
                ts = round(place.start * scale + i * step, 6)
                where = {"pid": place.process, "name": name, "ts": ts}
                counters.append({"ph": "C", **where, "args": args})
            before = value
    return counters
