"""The chain of events whose delays delay the end, walked back from the last one.

An event starts when the last of its conditions holds: its token came, the bus or its unit was
released, the plane was loaded, the instruction before it was issued, a transfer slot was free. The
walk goes on with whatever made that condition true. It ends at a message from another chip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlir.targets.accel.simulator.accounts import token_arrivals
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.timing import Ints, Unit

MAX_STEPS = 1_000_000
"""The walk ends here: the beginning of longer chains is left out."""


@dataclass(frozen=True)
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


REASONS = ("", "issue", "serial", "unit", "weights", "outstanding", "token", "bus", "message")
"""Why an event starts when it does; of several that hold, the last one here is named."""


def causes_of(simulation: Simulation) -> tuple[Ints, Ints]:
    """For every event of all streams, what let it start when it did, and why (see REASONS).

    Events are numbered over all streams; -1 where there is nothing before.
    """
    settled = np.concatenate(
        [
            base + np.searchsorted(times.retire, times.retire, "left")
            for base, times in zip(simulation.bases, simulation.times, strict=False)
        ]
    )
    retired = np.concatenate([times.retire for times in simulation.times])
    before = _before_on_bus(simulation)
    parts = [_causes(simulation, k, settled, retired, before) for k in range(len(simulation.lanes))]
    causes, reasons = (np.concatenate(column) for column in zip(*parts, strict=True))
    return causes, reasons


def _causes(
    simulation: Simulation, k: int, settled: Ints, retired: Ints, before: Ints
) -> tuple[Ints, Ints]:
    """The same for one stream. `settled` has the event that ended when one and all before it in its
    stream had, `retired` the time of that, `before` the transfer served before each."""
    lane, times, base = simulation.lanes[k], simulation.times[k], simulation.bases[k]
    start, own = times.start, np.arange(len(lane)) + base
    # Where a condition does not hold, event 0 stands in; nothing is read from it.
    dep, after = (np.where(events >= 0, events, 0) for events in (lane.dep, lane.after))
    port, load = _last_on_port(lane.unit), _last(lane.unit == Unit.LOAD)
    release = start + lane.occupancy
    issuable = np.append(-1, times.issue[:-1])[: len(lane)] + 1
    serial = np.append(-1, times.retire[:-1])[: len(lane)] == start
    conditions: dict[str, tuple[NDArray[np.bool_], Ints]] = {
        "issue": (own > base, own - 1),
        "serial": (serial & simulation.serial, base + np.searchsorted(times.retire, start, "left")),
        "unit": ((port >= 0) & (release[port] == start), base + port),
        "weights": (
            (lane.unit == Unit.SWAP) & (load >= 0) & (release[load] == start), base + load
        ),
        "outstanding": ((lane.after >= 0) & (retired[after] == start), settled[after]),
        "token": (
            (lane.dep >= 0) & (token_arrivals(simulation, k) == start), settled[dep]
        ),
        "bus": (start > times.issue, before[own]),
        "message": ((lane.unit == Unit.RECEIVE) & (start > issuable), np.full_like(own, -1)),
    }  # fmt: skip
    cause, reason = (np.full(len(lane), value, np.int64) for value in (-1, 0))
    for name, (holds, event) in conditions.items():
        cause[holds] = event[holds]
        reason[holds] = REASONS.index(name)
    return cause, reason


def _before_on_bus(simulation: Simulation) -> Ints:
    """The transfer that its bus served before each event, numbered over all streams."""
    columns = [
        np.concatenate([getattr(lane, name) for lane in simulation.lanes])
        for name in ("unit", "bus")
    ]
    unit, bus = columns
    start = np.concatenate([times.start for times in simulation.times])
    before = np.full(len(unit), -1, np.int64)
    for number in np.unique(bus).tolist():
        mine = np.flatnonzero((unit == Unit.TRANSFER) & (bus == number))
        mine = mine[np.argsort(start[mine], kind="stable")]
        earlier = np.searchsorted(start[mine], start[mine], "left") - 1
        before[mine] = np.where(earlier >= 0, mine[earlier], -1)
    return before


def _last(chosen: NDArray[np.bool_]) -> Ints:
    """The last chosen event before each; -1 without."""
    index = np.where(chosen, np.arange(len(chosen)), -1)
    return np.append(-1, np.maximum.accumulate(index))[:-1] if len(index) else index


def _last_on_port(unit: Ints) -> Ints:
    """The last event before each that held the same port: the load port, or the other unit."""
    load = unit == Unit.LOAD
    return np.where(load, _last(load), _last((unit != Unit.NONE) & ~load))


def critical_path(simulation: Simulation) -> list[Segment]:
    """The chain from the beginning to the end, equal neighbours joined."""
    last = [int(t.retire[-1]) if len(t.retire) else -1 for t in simulation.times]
    if max(last, default=-1) < 0:
        return []
    k = last.index(max(last))
    event = simulation.bases[k] + int(np.searchsorted(simulation.times[k].retire, last[k], "left"))
    causes, reasons = causes_of(simulation)
    chain, before = list[int](), causes.tolist()
    while event >= 0 and len(chain) < MAX_STEPS:
        chain.append(event)
        event = before[event]
    return _segments(simulation, np.array(chain[::-1], np.int64), reasons)


def _segments(simulation: Simulation, chain: Ints, reasons: Ints) -> list[Segment]:
    """The chain, in order of time, as segments."""
    stream = np.searchsorted(simulation.bases, chain, "right") - 1
    event = chain - np.array(simulation.bases)[stream]
    columns = np.stack([stream, *_kinds(simulation, stream, event)])
    differs = (columns[:, 1:] != columns[:, :-1]).any(0)
    firsts = np.flatnonzero(np.append(True, differs)).tolist()
    stops = [*firsts[1:], len(chain)]
    return [
        _segment(simulation, (int(stream[first]), int(event[first])),
                 (int(stream[stop - 1]), int(event[stop - 1])), stop - first,
                 REASONS[int(reasons[chain[first]])])
        for first, stop in zip(firsts, stops, strict=True)
    ]  # fmt: skip


def _kinds(simulation: Simulation, stream: Ints, event: Ints) -> tuple[Ints, Ints]:
    """Per event of a chain, the opcode and the number of the origin."""
    opcode, tag = np.zeros_like(event), np.zeros_like(event)
    for k, one in enumerate(simulation.streams):
        mine = stream == k
        opcode[mine] = one.expanded.opcode[one.chosen[event[mine]]]
        tag[mine] = one.tag[event[mine]]
    tags, place = np.unique(tag, return_inverse=True)
    numbers: dict[str, int] = {}
    names = [simulation.origins.get(each, "") for each in tags.tolist()]
    return opcode, np.array([numbers.setdefault(name, len(numbers)) for name in names])[place]


def _segment(
    simulation: Simulation, first: tuple[int, int], last: tuple[int, int], count: int, reason: str
) -> Segment:
    """`count` events of a chain, given the (stream, event) of the first and of the last."""
    k, i = first
    stream = simulation.streams[k]
    return Segment(
        stream.name,
        stream.mnemonic(i),
        simulation.origins.get(int(stream.tag[i]), ""),
        int(simulation.times[k].start[i]),
        int(simulation.times[last[0]].end[last[1]]),
        count,
        reason,
    )
