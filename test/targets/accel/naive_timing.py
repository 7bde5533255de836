"""The timing rules in their plainest form: always take the globally earliest head.

Slow and without any cleverness, so that the fast simulator has something to be wrong against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from dlir.targets.accel.simulator.timing import Lane, Unit, lane_bases


@dataclass
class Stream:
    """What one stream remembers."""

    position: int = 0
    issue: int = -1
    retire: int = 0
    port_free: int = 0
    loaded: int = 0
    starts: list[int] = field(default_factory=list)
    retires: list[int] = field(default_factory=list)


def naive_simulate(
    lanes: Sequence[Lane],
    sem_latency: int,
    serial: bool = False,
    routes: Mapping[tuple[int, int], Sequence[int]] = MappingProxyType({}),
    hop: int = 0,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(start, retire) of every event, per lane; fails when no head can start.

    `routes`: (lane, event) -> the links of a SEND, each taken `hop` cycles after the one before.
    """
    bases = lane_bases(lanes)
    retired: dict[int, int] = {}
    buses: dict[int, int] = {}
    links: dict[int, int] = {}
    ends: dict[int, int] = {}
    streams = [Stream() for _ in lanes]
    for _ in range(bases[-1]):
        heads = [
            (at, k)
            for k, lane in enumerate(lanes)
            if streams[k].position < len(lane)
            and (at := request(lane, streams[k], retired, ends, sem_latency, serial)) is not None
        ]
        assert heads, "deadlock"
        at, k = min(heads)
        lane, stream = lanes[k], streams[k]
        i = stream.position
        start = at
        occupancy, unit = int(lane.occupancy[i]), lane.unit[i]
        if unit == Unit.TRANSFER:
            bus = int(lane.bus[i])
            start = max(at, buses.get(bus, 0))
            buses[bus] = start + occupancy
        elif unit == Unit.LOAD:
            stream.loaded = start + occupancy
        elif unit == Unit.SEND:
            way = routes[k, i]
            start = max([at, *(links.get(link, 0) - n * hop for n, link in enumerate(way))])
            links |= {link: start + n * hop + occupancy for n, link in enumerate(way)}
            at = start
        elif unit != Unit.NONE:
            stream.port_free = start + occupancy
        stream.issue = at
        stream.retire = max(stream.retire, start + occupancy + int(lane.lag[i]))
        stream.starts.append(start)
        stream.retires.append(stream.retire)
        retired[bases[k] + i] = stream.retire
        ends[bases[k] + i] = start + occupancy + int(lane.lag[i])
        stream.position += 1
    return [(np.array(s.starts), np.array(s.retires)) for s in streams]


def request(
    lane: Lane,
    stream: Stream,
    retired: dict[int, int],
    ends: dict[int, int],
    sem_latency: int,
    serial: bool,
) -> int | None:
    """When the head of a stream could start (ask for the bus); None while a token is missing."""
    i = stream.position
    at = stream.issue + 1
    unit = lane.unit[i]
    message = unit == Unit.RECEIVE
    for event, latency in ((int(lane.dep[i]), sem_latency), (int(lane.after[i]), 0)):
        if event >= 0:
            if event not in retired:
                return None
            at = max(at, ends[event] if message else retired[event] + latency)
    if serial and unit in (Unit.LOAD, Unit.MATRIX, Unit.SWAP):
        at = max(at, stream.retire)
    if unit == Unit.LOAD:
        at = max(at, stream.loaded)
    if unit in (Unit.MATRIX, Unit.SWAP, Unit.VECTOR):
        at = max(at, stream.port_free)
    if unit == Unit.SWAP:
        at = max(at, stream.loaded)
    return at
