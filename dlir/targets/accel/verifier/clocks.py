"""Vector clocks: how much of every other stream has certainly ended when an event starts.

An event that takes a token comes after the signal, and so after everything in the signal's stream
up to it (signals are given in stream order). Clocks change only at waits, so they are kept per
*checkpoint*: the start of a stream and each of its waits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlir.targets.accel.simulator.timing import Ints, lane_bases
from dlir.targets.accel.simulator.tokens import Run


@dataclass(frozen=True)
class Clocks:
    """Per stream, its checkpoints and the clocks there."""

    starts: list[Ints]
    """The first event of each checkpoint."""
    known: list[Ints]
    """[checkpoint, stream]: how many events of each stream have ended; of its own: -1."""

    def at(self, stream: int, event: int) -> Ints:
        """The clock of an event."""
        return self.known[stream][self.checkpoint(stream, event)]

    def checkpoint(self, stream: int, event: int) -> int:
        """The checkpoint an event belongs to."""
        return int(np.searchsorted(self.starts[stream], event, "right")) - 1


def vector_clocks(deps: Sequence[Ints], order: Sequence[Run]) -> Clocks:
    """The clocks of a program without deadlock, whose untimed run is `order`."""
    bases = lane_bases(deps)
    count = len(deps)
    starts: list[list[int]] = [[0] for _ in deps]
    known: list[list[list[int]]] = [[[0] * count] for _ in deps]
    waits = [dep.tolist() for dep in deps]
    for k, first, _ in order:
        dep = waits[k][first] if first < len(waits[k]) else -1
        if dep < 0:
            continue
        giver = bisect_right(bases, dep) - 1
        event = dep - bases[giver]
        checkpoint = bisect_right(starts[giver], event) - 1
        clock = list(map(max, known[k][-1], known[giver][checkpoint]))
        clock[giver] = max(clock[giver], event + 1)
        if first == 0:
            known[k][0] = clock
        else:
            starts[k].append(first)
            known[k].append(clock)
    return Clocks(
        [np.array(s, np.int64) for s in starts],
        [np.array(clock, np.int64).reshape(-1, count) for clock in known],
    )
