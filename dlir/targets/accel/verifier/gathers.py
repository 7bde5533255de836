"""Check 8 for gathers, which may read any row of their table: they are ordered with every store to
that symbol."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlir.targets.accel.simulator.timing import Ints
from dlir.targets.accel.verifier.clocks import Clocks
from dlir.targets.accel.verifier.subject import Range, Subject


def check_gathers(subject: Subject, symbols: Sequence[Range], clocks: Clocks) -> None:
    """Report the first store that each gather is not ordered with."""
    ranges = sorted(symbols, key=lambda s: s.address)
    starts = np.array([s.address for s in ranges], np.int64)
    for other, stores in enumerate(subject.streams):
        events = np.flatnonzero(stores.is_op("st"))
        stored = _symbol(stores["dram"][events], starts)
        for k, loads in enumerate(subject.streams):
            gathers = np.flatnonzero(loads.is_op("ldx"))
            tables = _symbol(loads["dram"][gathers], starts)
            for gather, table in zip(gathers.tolist(), tables.tolist(), strict=True):
                mine = events[stored == table]
                store = _unordered(clocks, (k, gather), (other, mine))
                if store is not None:
                    _report(subject, ranges[int(table)].name, (k, gather), (other, store))


def _symbol(address: Ints, starts: Ints) -> Ints:
    """The symbol of each address, which the check of addresses has found to be inside of one."""
    return np.searchsorted(starts, address, "right") - 1


def _unordered(clocks: Clocks, gather: tuple[int, int], stores: tuple[int, Ints]) -> int | None:
    """The first store that is neither over when the gather starts nor starts when that is over.

    Stores are in order: of those not known to be over, the first knows least of the gather.
    """
    k, event = gather
    other, events = stores
    ended = int(clocks.at(k, event)[other])
    later = events[np.searchsorted(events, ended, "left") :]
    if not len(later) or int(clocks.at(other, int(later[0]))[k]) > event:
        return None
    return int(later[0])


def _report(subject: Subject, table: str, gather: tuple[int, int], store: tuple[int, int]) -> None:
    subject.report(
        "v8-race",
        f"{subject.place(*gather)} gathers rows of '{table}', to which {subject.place(*store)} "
        "stores; no semaphore orders them",
    )
