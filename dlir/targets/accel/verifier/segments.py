"""Events grouped so that no wait and no signal lies inside a group: all of it has one past and
becomes known to others as a whole.

The race check looks at what a segment touches together instead of at every instruction. That loses
nothing: clocks (see `clocks`) only ever hold the end of a segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlir.targets.accel.simulator.timing import Ints, lane_bases
from dlir.targets.accel.simulator.tokens import Run
from dlir.targets.accel.verifier.clocks import Clocks


@dataclass(frozen=True)
class Segments:
    """All segments in the order of the untimed run, one array element each."""

    stream: Ints
    first: Ints
    """Its first event."""
    stop: Ints
    """The event behind the last, in its stream."""
    known: Ints
    """[segment, stream]: how many events of each stream have ended when it starts."""
    starts: list[Ints]
    """Per stream, the first event of each of its segments."""
    places: list[Ints]
    """Per stream, where each of its segments is in the order."""

    def of(self, stream: int, events: Ints) -> Ints:
        """The segments that events of a stream belong to."""
        return self.places[stream][np.searchsorted(self.starts[stream], events, "right") - 1]


def segments_of(deps: Sequence[Ints], order: Sequence[Run], clocks: Clocks) -> Segments:
    """The segments of a program without deadlock, whose untimed run is `order`."""
    runs = np.array(order, np.int64).reshape(-1, 3)
    awaited = np.unique(np.concatenate([dep[dep >= 0] for dep in deps]))
    parts: list[Ints] = []
    known: list[Ints] = []
    for k, base in enumerate(lane_bases(deps)[:-1]):
        length = len(deps[k])
        mine = np.flatnonzero(runs[:, 0] == k)
        signals = awaited[(awaited >= base) & (awaited < base + length)] - base
        starts = np.unique(np.concatenate([runs[mine, 1], signals + 1]))
        starts = starts[starts < length]
        run = mine[np.searchsorted(runs[mine, 1], starts, "right") - 1]
        stops = np.append(starts, length)[1:] if len(starts) else starts
        parts.append(np.stack([run, starts, np.full_like(starts, k), stops], 1))
        at = np.searchsorted(clocks.starts[k], starts, "right") - 1
        known.append(clocks.known[k][at])
    table = np.concatenate(parts)
    sequence = np.lexsort((table[:, 1], table[:, 0]))
    place = np.empty_like(sequence)
    place[sequence] = np.arange(len(sequence))
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return Segments(
        table[sequence, 2],
        table[sequence, 1],
        table[sequence, 3],
        np.concatenate(known)[sequence],
        [part[:, 1] for part in parts],
        np.split(place, ends),
    )
