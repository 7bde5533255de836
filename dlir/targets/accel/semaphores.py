"""Tokens of `accel` as semaphores: one for each ordered pair of engines that have to meet.

Streams are in order. So of all the ops of another engine that an op waits for, the last one counts,
and only if nothing earlier in its own stream has waited for it. The k-th such wait of a pair takes
the token that the op it waits for, the k-th of the pair, gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dlir.diagnostics import fail
from dlir.dialects.accel.listing import Listing

MAX_TOKENS = 65_535
"""What a semaphore counts to."""

Pair = tuple[str, str]
"""The engine that gives, and the one that takes."""


@dataclass
class Semaphores:
    """Op -> the semaphores it takes from before it starts, and gives to when it has ended."""

    takes: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    gives: dict[int, list[int]] = field(default_factory=dict[int, list[int]])


@dataclass
class _Meetings:
    """The waits of one pair, in order: which op waits for which."""

    takers: list[int] = field(default_factory=list[int])
    givers: list[int] = field(default_factory=list[int])
    """Numbers of ops within their streams."""


def semaphores_of(listing: Listing) -> Semaphores:
    """The semaphores of a program. Raises CompileError if one could count too far."""
    engines = [line.form.kind.ENGINE for line in listing.lines]
    numbers: list[int] = []
    streams: dict[str, list[int]] = defaultdict(list)
    meetings: dict[Pair, _Meetings] = defaultdict(_Meetings)
    for op, (engine, tokens) in enumerate(zip(engines, listing.after, strict=True)):
        number = len(streams[engine])
        numbers.append(number)
        streams[engine].append(op)
        for other, giver in _awaited(engine, tokens, engines, numbers):
            met = meetings[other, engine]
            if not met.givers or met.givers[-1] < giver:
                met.givers.append(giver)
                met.takers.append(number)
    result = Semaphores()
    for semaphore, (pair, met) in enumerate(sorted(meetings.items()), 1):
        _check_count(listing, streams, meetings, pair)
        for taker, giver in zip(met.takers, met.givers, strict=True):
            result.takes.setdefault(streams[pair[1]][taker], []).append(semaphore)
            result.gives.setdefault(streams[pair[0]][giver], []).append(semaphore)
    return result


def _awaited(
    engine: str, tokens: Iterable[int], engines: list[str], numbers: list[int]
) -> Iterable[tuple[str, int]]:
    """Per other engine, the last op that an op takes the token of."""
    last: dict[str, int] = {}
    for giver in tokens:
        other = engines[giver]
        if other != engine:
            last[other] = max(last.get(other, 0), numbers[giver])
    return last.items()


def _check_count(
    listing: Listing,
    streams: dict[str, list[int]],
    meetings: dict[Pair, _Meetings],
    pair: Pair,
) -> None:
    """Refuse a pair whose giver may run ahead too far of what it has itself waited for."""
    met, back = meetings[pair], meetings.get((pair[1], pair[0]), _Meetings())
    given = np.arange(1, len(met.givers) + 1)
    # Before the giver gives, it has waited for so many ops of the taker ...
    waits = np.searchsorted(back.takers, met.givers, "right")
    ended = np.append(-1, back.givers)[waits]
    # ... which have taken so many tokens.
    taken = np.searchsorted(met.takers, ended, "right")
    if len(given) and int((given - taken).max()) > MAX_TOKENS:
        worst = streams[pair[0]][met.givers[int((given - taken).argmax())]]
        fail(
            listing.op(worst),
            f"{pair[0]} can be {int((given - taken).max())} signals ahead of {pair[1]}; a "
            f"semaphore counts to {MAX_TOKENS}",
            rule="isa-v7-tokens",
            help=f"let {pair[0]} wait for {pair[1]} now and then",
        )
