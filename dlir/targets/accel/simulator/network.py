"""Rule 7, the links between chips: a ring, a link in each direction between neighbours.

1. A SEND goes the shorter way round, to the next higher chip where both are equally long. It holds
   every link of the way for `occupancy` = bytes / bytes per cycle, each `latency` later than the
   one before, and ends `hops * latency + occupancy` after its start: the message is there, and its
   lines may be written again. It starts when all its links can take it at their times; links are
   given in order of asking, over all chips. It holds up those behind it.
2. A RECV starts and ends when its message is there; it costs one issue slot. Messages wait in a
   buffer of the receiver, whose size is not limited here: the report says how much is needed.
   The lines are written when it ends.

Not modelled: buffers in the links, headers, flow control. A message that asked later is never let
through before one that asked earlier, even where its link is free until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dlir.targets.accel.simulator.timing import Engine, Lane, Shared, Starter, Unit, rows_of


def route(sender: int, receiver: int, chips: int) -> list[int]:
    """The links of a message, in order. Link 2i leads from chip i up, 2i + 1 down."""
    up = (receiver - sender) % chips
    if up <= chips - up:
        return [2 * ((sender + i) % chips) for i in range(up)]
    return [2 * ((sender - i) % chips) + 1 for i in range(chips - up)]


@dataclass
class Links:
    """All links of a cluster while it is timed."""

    latency: int
    free: dict[int, int] = field(default_factory=dict[int, int])
    """When each link can take the next message."""
    arrivals: dict[int, int] = field(default_factory=dict[int, int])
    """SEND, numbered over all streams -> when its message is there."""

    def reserve(self, links: Sequence[int], at: int, occupancy: int) -> int:
        """The first start from `at` on at which every link of the way is free in time."""
        start = at
        for hop, link in enumerate(links):
            start = max(start, self.free.get(link, 0) - hop * self.latency)
        for hop, link in enumerate(links):
            self.free[link] = start + hop * self.latency + occupancy
        return start

    def starter(self, lane: Lane, routes: Sequence[Sequence[int]]) -> Starter:
        """The engine of a stream of messages; `routes` has the links of every event."""

        def start(base: int, shared: Shared, issues: list[int], starts: list[int]) -> Engine:
            return self._engine(lane, routes, base, shared, issues, starts)

        return start

    def _engine(
        self, lane: Lane, routes: Sequence[Sequence[int]], base: int, shared: Shared,
        issues: list[int], starts: list[int],
    ) -> Engine:  # fmt: skip
        """Commits what asks before the limit, up to an event that somebody waits for."""
        retired, signals, latency = shared.retired, shared.signals, shared.sem_latency
        issue, last, limit, event = -1, 0, -1, base
        columns = (lane.unit, lane.dep, lane.occupancy, lane.lag)
        for (unit, dep, occupancy, lag), links in zip(rows_of(columns), routes, strict=True):
            at = issue + 1
            if dep >= 0:
                if retired[dep] < 0:
                    limit = -1
                    yield -2 - dep
                message = unit == Unit.RECEIVE
                at = max(at, self.arrivals[dep] if message else retired[dep] + latency)
            if at > limit:
                limit = yield at
            issue = self.reserve(links, at, occupancy)
            end = issue + occupancy + lag
            last = max(last, end)
            retired[event], self.arrivals[event] = last, end
            issues.append(issue)
            starts.append(issue)
            if signals[event]:
                limit = -1
            event += 1
