"""Which weights every MM uses: a property of the program, not of its timing.

The planes are two slots: after an odd number of swaps the MMs use slot 1 and the LWs fill slot 0,
after an even number the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Ints


@dataclass(frozen=True)
class PlaneUses:
    """The LWs and MMs of a stream, one array element each."""

    event: Ints
    load: NDArray[np.bool_]
    """Whether it is an LW."""
    slot: Ints
    """The slot that it fills or uses."""
    filled: Ints
    """The last LW before it into that slot, as a place in these arrays; -1 without."""
    used: Ints
    """The last MM before it that used the slot; -1 without."""
    fits: NDArray[np.bool_]
    """Whether its tile lies inside that LW's and has its type."""


def plane_uses(stream: Events) -> PlaneUses:
    """The LWs and MMs of a stream."""
    event = np.flatnonzero(stream.is_op("lw", "mm"))
    load = stream.is_op("lw")[event]
    slot = (np.cumsum(stream["swap"][event] * ~load) + load) % 2
    filled, used = (np.full(len(event), -1, np.int64) for _ in range(2))
    for number in (0, 1):
        here = slot == number
        filled[here] = _last_before(here & load)[here]
        used[here] = _last_before(here & ~load)[here]
    k, n, dt = (stream[name][event] for name in ("k", "n", "dt"))
    fits = (k <= k[filled]) & (n <= n[filled]) & (dt == dt[filled])
    return PlaneUses(event, load, slot, filled, used, fits)


def _last_before(chosen: NDArray[np.bool_]) -> Ints:
    """The last of the chosen before each place; -1 without."""
    places = np.where(chosen, np.arange(len(chosen)), -1)
    return np.append(-1, np.maximum.accumulate(places))[:-1] if len(places) else places
