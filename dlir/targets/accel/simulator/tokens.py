"""Which signal each wait takes its token from, and an order in which everything can be executed.

A semaphore has one producing and one consuming stream, both in order, so the k-th token taken is
the k-th token given, whatever the timing. The matching is therefore a property of the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Deadlock, Ints, lane_bases

SEMAPHORES = range(1, 32)
DIRECTIONS = ("take", "give")
"""The choices of the `dir` field of SYNC, in order of their bits."""


@dataclass(frozen=True)
class Uses:
    """The signals or the waits of one semaphore in one stream, in order."""

    stream: int
    events: Ints
    """The number of each event in its stream."""
    total: Ints
    """How many tokens were given (taken) up to and including each event."""


def signals_of(streams: Sequence[Events], semaphore: int) -> list[Uses]:
    """Who gives tokens of a semaphore."""
    return _users(streams, semaphore, "give")


def waits_of(streams: Sequence[Events], semaphore: int) -> list[Uses]:
    """Who takes tokens of a semaphore."""
    return _users(streams, semaphore, "take")


def _users(streams: Sequence[Events], semaphore: int, dir: str) -> list[Uses]:
    tables = [_tokens_of(stream, dir) for stream in streams]
    return [Uses(k, *table[semaphore]) for k, table in enumerate(tables) if semaphore in table]


def _tokens_of(stream: Events, dir: str) -> dict[int, tuple[Ints, Ints]]:
    """Semaphore -> the events of a stream that use it, and the tokens up to and including each."""
    if dir not in stream.derived:
        header = stream.wait if dir == "take" else stream.sig
        named = np.flatnonzero(header)
        sync = np.flatnonzero(stream.is_op("sync") & (stream["dir"] == DIRECTIONS.index(dir)))
        event = np.concatenate([named, sync])
        semaphore = np.concatenate([header[named], stream["sem"][sync]])
        count = np.concatenate([np.ones_like(named), stream["count"][sync]])
        order = np.argsort(event, kind="stable")
        columns = event[order], semaphore[order], count[order]
        stream.derived[dir] = {s: _uses_of(s, *columns) for s in np.unique(semaphore).tolist()}
    return stream.derived[dir]


def _uses_of(number: int, event: Ints, semaphore: Ints, count: Ints) -> tuple[Ints, Ints]:
    mine = semaphore == number
    events, total = event[mine], np.cumsum(count[mine])
    last = np.append(events[1:] != events[:-1], True)  # of the two uses that a SYNC may have
    return events[last], total[last]


def match_tokens(streams: Sequence[Events]) -> list[Ints]:
    """Per stream and event, the event (numbered over all streams) whose signal it waits for.

    -1 where nothing is waited for; the number of all events where the token is never given. When
    a semaphore has several producers or consumers, the first of each is taken: the verifier
    refuses such programs.
    """
    bases = lane_bases(streams)
    never = bases[-1]
    deps = [np.full(len(stream), -1, np.int64) for stream in streams]
    for semaphore in SEMAPHORES:
        waits = waits_of(streams, semaphore)
        if not waits:
            continue
        signals = signals_of(streams, semaphore)
        wait = waits[0]
        if not signals:
            deps[wait.stream][wait.events] = never
            continue
        given = signals[0]
        givers = np.append(bases[given.stream] + given.events, never)
        deps[wait.stream][wait.events] = givers[np.searchsorted(given.total, wait.total)]
    return deps


class Run(NamedTuple):
    """Events `first..stop-1` of one stream, of which only the first may wait."""

    stream: int
    first: int
    stop: int


def execution_order(deps: Sequence[Ints]) -> list[Run]:
    """One order in which all events can be executed: the untimed run of the program.

    The order is the same for every call. Raises `Deadlock` when there is none.
    """
    bases = lane_bases(deps)
    stops = [np.append(np.flatnonzero(dep >= 0), len(dep)).tolist() for dep in deps]
    waits = [dep.tolist() for dep in deps]
    done = [0] * len(deps)
    cursor = [0] * len(deps)
    order: list[Run] = []
    owner = range(len(deps))
    moved = True
    while moved:
        moved = False
        for k in owner:
            while done[k] < len(waits[k]) and _given(waits[k][done[k]], bases, done):
                if stops[k][cursor[k]] == done[k]:
                    cursor[k] += 1
                stop = stops[k][cursor[k]]
                order.append(Run(k, done[k], stop))
                done[k] = stop
                moved = True
    blocked = [waits[k][done[k]] if done[k] < len(waits[k]) else -1 for k in owner]
    if any(event >= 0 for event in blocked):
        raise Deadlock(blocked)
    return order


def _given(event: int, bases: Sequence[int], done: Sequence[int]) -> bool:
    """Whether an event has been executed; no event (-1) always has."""
    if event < 0:
        return True
    if event >= bases[-1]:
        return False
    k = _stream_of(event, bases)
    return event - bases[k] < done[k]


def _stream_of(event: int, bases: Sequence[int]) -> int:
    k = 0
    while bases[k + 1] <= event:
        k += 1
    return k


def wait_cycle(blocked: Sequence[int], bases: Sequence[int]) -> list[int]:
    """The streams of a deadlock that wait for each other, in order; ends at a missing token."""
    k = next(k for k, event in enumerate(blocked) if event >= 0)
    seen: list[int] = []
    while k not in seen:
        seen.append(k)
        if not 0 <= blocked[k] < bases[-1]:
            return seen
        k = _stream_of(blocked[k], bases)
    return seen[seen.index(k) :]
