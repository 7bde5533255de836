"""When every instruction starts and ends: event-driven, one step of constant work per instruction.

The rules, for an array of R x C cells that takes one row in `rate` cycles (all times are whole
cycles, counted from 0):

1. *Issue*: in order within a stream, at most one per cycle. An instruction is issued when its token
   is there and its unit can take it; one that cannot start holds up those behind it.
2. *Transfer* (LD, LDX, ST): asks for the bus when issued; the bus serves by time of asking (LD
   before ST at the same time) and is held for `occupancy` cycles; the data arrive `latency` later.
   At most `outstanding` transfers of a stream are under way. LDX reads its indices after all
   earlier loads have arrived.
3. *LW* waits for the load port. The shadow plane it fills is free: the MM with `swap` before it has
   started, so the plane that was in use until then has streamed its last row.
4. *MM* waits for the stream port and, with `swap`, for the last LW; it holds the port for
   `rows * rate` cycles and ends R + C - 2 cycles later. Back-to-back MMs leave no gap.
5. *Vector*: holds the unit for `occupancy` cycles, ends `depth` later.
6. *Signals* are given in stream order: when the instruction and all before it in its stream have
   ended. The token is seen `sem_latency` cycles after that. (A latency, not an occupancy: two
   signals of the same cycle arrive in the same cycle.)

7. *Messages* (SEND, RECV) are in network.py.

`serial=True` is the strict systolic rule: nothing in the matrix stream starts before everything
earlier in it has ended, as in SCALE-Sim's weight-stationary model.

Only the bus is shared, so only transfers have to be taken in order of time across streams. The
other streams advance as far as their tokens allow, which gives the same times as always taking the
globally earliest instruction (the tests hold both against each other).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Engine: TypeAlias = Generator[int, int, None]

PENDING = -1
"""In place of the time of an event that has not been taken yet."""
NEVER = 1 << 62
"""Later than every time."""


class Unit(IntEnum):
    """What an event occupies."""

    NONE = 0
    """NOP, SYNC, HALT: one issue slot."""
    TRANSFER = 1
    LOAD = 2
    """The weight-load port (LW)."""
    MATRIX = 3
    """The stream port of the array (MM on the plane in use)."""
    SWAP = 4
    """The same, after exchanging the planes."""
    VECTOR = 5
    SEND = 6
    """Links of the network."""
    RECEIVE = 7
    """Nothing but an issue slot: waits for a message."""


@dataclass(frozen=True)
class Lane:
    """The events of one stream, one array element each; an event is an executed instruction.

    `dep` and `after` name events by their number over all lanes (-1: none; the number of all
    events: one that never comes). `dep` must have given its signal; `after` must have retired,
    without the latency of a semaphore.
    """

    unit: Ints
    occupancy: Ints
    """Cycles for which the unit is held."""
    lag: Ints
    """Cycles from the release of the unit to the end."""
    dep: Ints
    after: Ints
    bus: Ints
    """Which bus a transfer uses."""

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True)
class Times:
    """The times of one lane's events."""

    issue: Ints
    """When the event left the head of its stream (for a transfer: asked for the bus)."""
    start: Ints
    end: Ints
    retire: Ints
    """When the event and all before it in its lane have ended."""


Starter: TypeAlias = "Callable[[int, Shared, list[int], list[int]], Engine]"
"""Begins a lane: from the number of its first event, what is shared, and the lists of issue and
start times that it fills."""


class Deadlock(Exception):
    """No stream can go on; `waiting` has, per lane, the event it waits for (-1: ended)."""

    def __init__(self, waiting: Sequence[int]) -> None:
        super().__init__("deadlock")
        self.waiting = tuple(waiting)


@dataclass
class Shared:
    """What the engines share."""

    retired: list[int]
    signals: list[bool]
    buses: list[int]
    sem_latency: int
    serial: bool


def simulate(
    lanes: Sequence[Lane],
    *,
    sem_latency: int,
    serial: bool = False,
    network: Mapping[int, Starter] = MappingProxyType({}),
) -> list[Times]:
    """Time all events of `lanes`; lanes with transfers are served in the order given when tied.

    `network` has the engines of the lanes that send and receive (network.py).

    Raises `Deadlock` when the events wait for each other.
    """
    bases = lane_bases(lanes)
    state = Shared(
        retired=[PENDING] * (bases[-1] + 1),  # the last: what is never given
        signals=_signals(lanes, bases[-1]).tolist(),
        buses=[0] * (1 + max((int(lane.bus.max(initial=0)) for lane in lanes), default=0)),
        sem_latency=sem_latency,
        serial=serial,
    )
    issues: list[list[int]] = [[] for _ in lanes]
    starts: list[list[int]] = [[] for _ in lanes]
    shared: dict[int, Engine] = {}
    private: dict[int, Engine] = {}
    for k, lane in enumerate(lanes):
        if k in network:
            shared[k] = network[k](bases[k], state, issues[k], starts[k])
        elif (lane.unit == Unit.TRANSFER).any():
            shared[k] = _transfers(lane, bases[k], state, issues[k], starts[k])
        else:
            private[k] = _computes(lane, bases[k], state, starts[k])
            issues[k] = starts[k]
    _drive(private, shared, state, len(lanes))
    return [_times(lane, issues[k], starts[k]) for k, lane in enumerate(lanes)]


def lane_bases(lanes: Sequence[Sized]) -> list[int]:
    """The number of each lane's first event, and behind them the number of all events."""
    return [0, *np.cumsum([len(lane) for lane in lanes]).tolist()]


def ranges(begins: Ints, counts: Ints) -> Ints:
    """The numbers `begin .. begin + count - 1` of all pairs, one after the other."""
    before = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) + np.repeat(begins - before, counts)


def _signals(lanes: Sequence[Lane], total: int) -> NDArray[np.bool_]:
    """Whether anybody waits for an event."""
    awaited = np.zeros(total + 1, bool)
    for lane in lanes:
        awaited[lane.dep[lane.dep >= 0]] = True
    return awaited


def _times(lane: Lane, issue: list[int], start: list[int]) -> Times:
    starts = np.array(start, np.int64)
    ends = starts + lane.occupancy + lane.lag
    return Times(np.array(issue, np.int64), starts, ends, np.maximum.accumulate(ends))


def _drive(
    private: dict[int, Engine], shared: dict[int, Engine], state: Shared, lanes: int
) -> None:
    """Advance every engine to its end, or until all that is left waits for each other."""
    awaited = {k: next(engine, PENDING) for k, engine in private.items()}
    heads = {k: _ask(engine) for k, engine in shared.items()}
    while True:
        _advance(private, awaited, state.retired)
        for k, head in heads.items():
            if head < PENDING and state.retired[-2 - head] >= 0:
                heads[k] = _ask(shared[k])
        ready = [(at, k) for k, at in heads.items() if 0 <= at < NEVER]
        if not ready:
            break
        _, k = min(ready)
        others = (at - (other < k) for at, other in ready if other != k)
        heads[k] = _ask(shared[k], min(others, default=NEVER - 1))
    awaited |= {k: -2 - head if head < PENDING else PENDING for k, head in heads.items()}
    if any(event >= 0 for event in awaited.values()):
        raise Deadlock([awaited[k] for k in range(lanes)])


def _advance(private: dict[int, Engine], awaited: dict[int, int], retired: list[int]) -> None:
    """Let the engines that share nothing go on until each waits for a transfer or has ended."""
    moved = True
    while moved:
        moved = False
        for k, event in awaited.items():
            if event >= 0 and retired[event] >= 0:
                awaited[k] = next(private[k], PENDING)
                moved = True


def _ask(engine: Engine, limit: int | None = None) -> int:
    """Let an engine with transfers commit what asks for the bus up to `limit`.

    Returns when its next event asks for the bus, `-2 - event` when that waits for `event`, or NEVER
    when none is left.
    """
    try:
        return next(engine) if limit is None else engine.send(limit)
    except StopIteration:
        return NEVER


def _transfers(
    lane: Lane, base: int, state: Shared, issues: list[int], starts: list[int]
) -> Engine:
    """Rule 2. Commits its head, and those after it that ask before the limit, up to a signal."""
    retired, signals, buses = state.retired, state.signals, state.buses
    issue, last, limit, event = -1, 0, -1, base
    columns = (lane.unit, lane.dep, lane.after, lane.occupancy, lane.lag, lane.bus)
    for unit, dep, after, occupancy, lag, bus in rows_of(columns):
        at = issue + 1
        if dep >= 0:
            if retired[dep] < 0:
                limit = -1
                yield -2 - dep
            at = max(at, retired[dep] + state.sem_latency)
        if after >= 0:
            at = max(at, retired[after])
        if at > limit:
            limit = yield at
        start = at
        if unit:
            start = max(at, buses[bus])
            buses[bus] = start + occupancy
        issue = at
        last = max(last, start + occupancy + lag)
        retired[event] = last
        issues.append(at)
        starts.append(start)
        if signals[event]:
            limit = -1
        event += 1


def _computes(lane: Lane, base: int, state: Shared, starts: list[int]) -> Engine:
    """Rules 3 to 5. Nothing here is shared, so it advances until a token is missing."""
    retired, serial = state.retired, state.serial
    sem_latency, append = state.sem_latency, starts.append
    issue, last, event = -1, 0, base
    port_free = loaded = 0
    load, swap = int(Unit.LOAD), int(Unit.SWAP)
    columns = (lane.unit, lane.dep, lane.occupancy, lane.lag)
    for unit, dep, occupancy, lag in rows_of(columns):
        start = issue + 1
        if dep >= 0:
            if retired[dep] < 0:
                yield dep
            start = max(start, retired[dep] + sem_latency)
        if serial and load <= unit <= swap and last > start:
            start = last
        if unit == load:
            if loaded > start:
                start = loaded
            loaded = start + occupancy
        elif unit:
            if port_free > start:
                start = port_free
            if unit == swap and loaded > start:
                start = loaded
            port_free = start + occupancy
        issue = start
        end = start + occupancy + lag
        last = end if end > last else last  # a third faster than `max`
        retired[event] = last
        append(start)
        event += 1


def rows_of(columns: Sequence[NDArray[Any]]) -> Iterator[tuple[int, ...]]:
    """One tuple of Python ints per event: faster to loop over than arrays."""
    return zip(*(column.tolist() for column in columns), strict=True)
