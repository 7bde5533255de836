"""Check 8 for gathers, which may read any row of their table: they are ordered with every store to
that symbol."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Ints
from dlir.targets.accel.verifier.clocks import Clocks
from dlir.targets.accel.verifier.subject import Range, Subject


def check_gathers(subject: Subject, symbols: Sequence[Range], clocks: Clocks) -> None:
    """Report, per table, the first gather and store that are not ordered."""
    ranges = sorted(symbols, key=lambda s: s.address)
    starts = np.array([s.address for s in ranges], np.int64)
    stores = [_by_symbol(stream, "st", starts) for stream in subject.streams]
    for k, stream in enumerate(subject.streams):
        for table, gathers in _by_symbol(stream, "ldx", starts).items():
            for other, stored in enumerate(stores):
                if table in stored:
                    found = _unordered(clocks, (k, gathers), (other, stored[table]))
                    if found is not None:
                        gather, store = found
                        _report(subject, ranges[table].name, (k, gather), (other, store))


def _by_symbol(stream: Events, mnemonic: str, starts: Ints) -> dict[int, Ints]:
    """The events of an instruction by symbol; check 2 has found each to be inside of one."""
    events = np.flatnonzero(stream.is_op(mnemonic))
    symbol = np.searchsorted(starts, stream["dram"][events], "right") - 1
    return {table: events[symbol == table] for table in np.unique(symbol).tolist()}


def _unordered(
    clocks: Clocks, gathers: tuple[int, Ints], stores: tuple[int, Ints]
) -> tuple[int, int] | None:
    """The first gather and store of which neither is over when the other starts.

    Stores are in order: of those not known to be over, the first knows least of the gather.
    """
    (k, gather), (other, store) = gathers, stores
    ended = _known(clocks, k, gather, other)
    place = np.searchsorted(store, ended, "left")
    later = np.flatnonzero(place < len(store))
    first = store[place[later]]
    racing = np.flatnonzero(_known(clocks, other, first, k) <= gather[later])
    if not len(racing):
        return None
    return int(gather[later[racing[0]]]), int(first[racing[0]])


def _known(clocks: Clocks, stream: int, events: Ints, other: int) -> Ints:
    """How many events of `other` have certainly ended when each of the events starts."""
    checkpoint = np.searchsorted(clocks.starts[stream], events, "right") - 1
    return clocks.known[stream][checkpoint, other]


def _report(subject: Subject, table: str, gather: tuple[int, int], store: tuple[int, int]) -> None:
    subject.report(
        "v8-race",
        f"{subject.place(*gather)} gathers rows of '{table}', to which {subject.place(*store)} "
        "stores; no semaphore orders them",
    )
