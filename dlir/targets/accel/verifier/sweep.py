"""Whether a memory is free of races and of unwritten reads, for all segments at once.

Touches are cut where any of them begins or ends; of the pieces, every touch covers some as a whole.
Sorted by piece and time, the last write and the last read of every stream before a touch are
running maxima. A touch is in order when its segment knows the ends of those that conflict with it.

The program is taken in chunks, so that intervals cut each other only where they are near in time;
between chunks the history is kept per line.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dlir.targets.accel.simulator.timing import Ints
from dlir.targets.accel.verifier.pieces import Pieces, chunks
from dlir.targets.accel.verifier.segments import Segments
from dlir.targets.accel.verifier.touches import EXPOSED, WRITE, Mask, Touches

_SHIFT = 32
"""Running maxima per piece: the piece's number counts more than every event's (at most 2^24)."""


def in_order(
    touches: Iterable[Touches], size: int, segments: Segments, *, filled: bool = False
) -> bool:
    """True when all conflicting touches of a memory of `size` lines are ordered by tokens, and
    nothing is read before it is written (unless the memory is `filled` from the start).

    `touches` come in the order of the untimed run, any number at a time.
    """
    history = _History(size, segments.known.shape[1], filled)
    for some in touches:
        for first, stop, pieces in chunks(some.low, some.high):
            part = some.part(first, stop)
            if not history.extend(_Chunk(part, pieces, segments), segments):
                return False
    return True


class _Chunk:
    """The pieces of some touches, sorted by place, then time; one array element each."""

    def __init__(self, part: Touches, pieces: Pieces, segments: Segments) -> None:
        self.pieces = pieces
        self.piece, index = pieces.by_place()
        self.lift = self.piece << _SHIFT
        self.kind = part.kind[index]
        self.segment = part.segment[index]
        self.stream = segments.stream[self.segment]
        self.stop = segments.stop[self.segment]
        self.last = np.flatnonzero(np.append(self.piece[1:] != self.piece[:-1], True))
        """The last touch of each piece."""

    def latest(self, chosen: Mask) -> Ints:
        """Per touch, the end of the last of the `chosen` up to it in its piece; 0 without."""
        return np.maximum.accumulate(np.where(chosen, self.stop, 0) + self.lift) - self.lift

    def per_line(self, latest: Ints) -> tuple[slice, Ints]:
        """The lines of all pieces, and `latest` at the end of the chunk for each of them."""
        ends = np.zeros(len(self.pieces), np.int64)
        ends[self.piece[self.last]] = latest[self.last]
        return self.pieces.span, self.pieces.spread(ends)


class _History:
    """What was touched before a chunk, per line."""

    def __init__(self, size: int, streams: int, filled: bool) -> None:
        self.size = size
        self.streams = range(streams)
        self.written = np.full(size, filled)
        self.ends: dict[tuple[int, bool], Ints] = {}
        """(stream, whether it wrote) -> the end of the last such touch; 0 without."""

    def extend(self, chunk: _Chunk, segments: Segments) -> bool:
        """Check a chunk against itself and against this, and add it; False when it fails."""
        write = chunk.kind == WRITE
        if not self._all_written(chunk, write):
            return False
        for stream in self.streams:
            mine = chunk.stream == stream
            known = segments.known[chunk.segment, stream]
            for wrote in (True, False):
                suspects = ~mine if wrote else ~mine & write
                chosen = mine & (write == wrote)
                if not self._ordered(chunk, (stream, wrote), chosen, suspects, known):
                    return False
        return True

    def _ordered(
        self, chunk: _Chunk, key: tuple[int, bool], chosen: Mask, suspects: Mask, known: Ints
    ) -> bool:
        """Whether the `suspects` know the ends of the touches of one stream and kind, which are
        those before the chunk and the `chosen` in it."""
        before, any_chosen = self.ends.get(key), chosen.any()
        if before is None and not any_chosen:
            return True
        latest = chunk.latest(chosen)
        seen = latest
        if before is not None:
            seen = np.maximum(latest, chunk.pieces.combine(np.maximum, before)[chunk.piece])
        if any_chosen:
            lines, ends = chunk.per_line(latest)
            history = self.ends.setdefault(key, np.zeros(self.size, np.int64))
            history[lines] = np.maximum(history[lines], ends)
        return not (suspects & (seen > known)).any()

    def _all_written(self, chunk: _Chunk, write: Mask) -> bool:
        """Whether everything that is read was written before."""
        latest = chunk.latest(write)
        before = chunk.pieces.combine(np.logical_and, self.written)[chunk.piece]
        if ((chunk.kind == EXPOSED) & (latest == 0) & ~before).any():
            return False
        lines, ends = chunk.per_line(latest)
        self.written[lines] |= ends > 0
        return True
