"""The chain of events whose delays delay the end, walked back from the last one.

An event starts when the last of its conditions holds: its token came, the bus or its unit was
released, the plane was loaded, the instruction before it was issued, a transfer slot was free. The
walk goes on with whatever made that condition true. It ends at a message from another chip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlir.targets.accel.simulator.accounts import token_arrivals
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.timing import Times, Unit

MAX_STEPS = 1_000_000
"""The walk ends here: the beginning of longer chains is left out."""


@dataclass
class Segment:
    """Consecutive events of the chain with one stream, instruction and origin."""

    stream: str
    op: str
    origin: str
    start: int
    end: int
    events: int = 1
    reason: str = ""
    """Why the first of them could not start earlier."""


class Chain:
    """Finds what each event of a run waited for."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.arrivals = [token_arrivals(simulation, k) for k in range(len(simulation.streams))]
        self.owners = _bus_order(simulation)
        self.loads = [_last(lane.unit == Unit.LOAD) for lane in simulation.lanes]
        self.ports = [_last_on_port(lane.unit) for lane in simulation.lanes]

    def cause(self, k: int, i: int) -> tuple[int, int, str] | None:
        """(stream, event, reason) of what let event `i` of stream `k` start when it did."""
        s = self.simulation
        lane, times = s.lanes[k], s.times[k]
        start, issue = int(times.start[i]), int(times.issue[i])
        if start > issue:
            return *self._before_on_bus(k, i), "bus"
        if lane.unit[i] == Unit.RECEIVE and start > _issued(times, i):
            return None
        if lane.dep[i] >= 0 and self.arrivals[k][i] == start:
            return *self._retiring(int(lane.dep[i])), "token"
        if lane.after[i] >= 0:
            other, event = self._retiring(int(lane.after[i]))
            if int(s.times[other].retire[event]) == start:
                return other, event, "outstanding"
        for before, reason in ((self.loads[k][i], "weights"), (self.ports[k][i], "unit")):
            needed = reason == "unit" or lane.unit[i] == Unit.SWAP
            if needed and before >= 0 and self._release(k, int(before)) == start:
                return k, int(before), reason
        if i == 0:
            return None
        if s.serial and int(times.retire[i - 1]) == start:
            return k, int(np.searchsorted(times.retire, start, "left")), "serial"
        return k, i - 1, "issue"

    def _release(self, k: int, i: int) -> int:
        return int(self.simulation.times[k].start[i] + self.simulation.lanes[k].occupancy[i])

    def _retiring(self, event: int) -> tuple[int, int]:
        """The event that ended when `event`, and all before it in its stream, had."""
        bases = self.simulation.bases
        k = int(np.searchsorted(bases, event, "right")) - 1
        retire = self.simulation.times[k].retire
        ended = int(retire[event - bases[k]])
        return k, int(np.searchsorted(retire, ended, "left"))

    def _before_on_bus(self, k: int, i: int) -> tuple[int, int]:
        starts, streams, events = self.owners[int(self.simulation.lanes[k].bus[i])]
        start = int(self.simulation.times[k].start[i])
        at = int(np.searchsorted(starts, start, "left")) - 1
        return int(streams[at]), int(events[at])


def _issued(times: Times, i: int) -> int:
    """When event `i` could have been issued after the one before it."""
    return int(times.issue[i - 1]) + 1 if i else 0


def _bus_order(simulation: Simulation) -> dict[int, tuple[np.ndarray, ...]]:
    """Per bus: starts, streams and events of its transfers in the order of service."""
    order: dict[int, tuple[np.ndarray, ...]] = {}
    for bus in {int(b) for lane in simulation.lanes for b in np.unique(lane.bus)}:
        parts: list[np.ndarray] = []
        for k, (lane, times) in enumerate(zip(simulation.lanes, simulation.times, strict=True)):
            mine = np.flatnonzero((lane.unit == Unit.TRANSFER) & (lane.bus == bus))
            parts.append(np.stack([times.start[mine], np.full_like(mine, k), mine]))
        table = np.concatenate(parts, axis=1)
        order[bus] = tuple(table[:, np.argsort(table[0], kind="stable")])
    return order


def _last(chosen: np.ndarray) -> np.ndarray:
    """The last chosen event before each; -1 without."""
    index = np.where(chosen, np.arange(len(chosen)), -1)
    return np.append(-1, np.maximum.accumulate(index))[:-1] if len(index) else index


def _last_on_port(unit: np.ndarray) -> np.ndarray:
    """The last event before each that held the same port: the load port, or the other unit."""
    load = unit == Unit.LOAD
    return np.where(load, _last(load), _last((unit != Unit.NONE) & ~load))


def critical_path(simulation: Simulation) -> list[Segment]:
    """The chain from the beginning to the end, equal neighbours joined."""
    last = [int(t.retire[-1]) if len(t.retire) else -1 for t in simulation.times]
    if max(last, default=-1) < 0:
        return []
    k = last.index(max(last))
    i = int(np.searchsorted(simulation.times[k].retire, last[k], "left"))
    chain, segments = Chain(simulation), list[Segment]()
    for _ in range(MAX_STEPS):
        cause = chain.cause(k, i)
        message = simulation.lanes[k].unit[i] == Unit.RECEIVE
        _join(segments, simulation, k, i, cause[2] if cause else "message" if message else "")
        if cause is None:
            break
        k, i = cause[:2]
    return segments[::-1]


def _join(segments: list[Segment], simulation: Simulation, k: int, i: int, reason: str) -> None:
    """Put event `i` of stream `k` before the segments."""
    stream, times = simulation.streams[k], simulation.times[k]
    tag = int(stream.tag[i])
    op, origin = stream.mnemonic(i), simulation.origins.get(tag, "")
    start = int(times.start[i])
    after = segments[-1] if segments else None
    if after is not None and (after.stream, after.op, after.origin) == (stream.name, op, origin):
        after.start, after.events, after.reason = start, after.events + 1, reason
        return
    segments.append(Segment(stream.name, op, origin, start, int(times.end[i]), 1, reason))
