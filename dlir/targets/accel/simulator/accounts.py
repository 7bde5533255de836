"""Where the cycles went: every cycle of every engine has exactly one reason.

| reason | an engine is |
|---|---|
| busy | holding its unit (bus, load port or stream port, vector unit) |
| wait | idle because its next instruction waits for a token or a message; counted by who gives it |
| wait_unit | idle because the unit is not free: the bus serves others, an LW is not done |
| idle | finished |

They sum to the program's cycles exactly, for every engine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.timing import Ints, Unit


@dataclass(frozen=True)
class Account:
    """The cycles of one engine by reason."""

    busy: int
    wait_for: dict[str, int]
    """By the stream that gives the token; `peers` for messages of other chips."""
    wait_unit: int
    idle: int

    @property
    def wait(self) -> int:
        """Cycles waiting for any token."""
        return sum(self.wait_for.values())

    @property
    def total(self) -> int:
        """All of them: the cycles of the program."""
        return self.busy + self.wait + self.wait_unit + self.idle


@dataclass(frozen=True)
class Gaps:
    """What precedes each event of an engine while nothing holds the unit."""

    token: Ints
    """Cycles until its token came."""
    unit: Ints
    """Cycles from then to its start."""
    busy: Ints
    """Cycles for which it holds the unit and nothing before it does."""
    end: int
    """When the unit is released for the last time."""


def gaps_of(simulation: Simulation, k: int) -> Gaps:
    """The time before and in each event of stream `k`."""
    times, lane = simulation.times[k], simulation.lanes[k]
    start, release = times.start, times.start + lane.occupancy
    released = np.maximum.accumulate(np.append(0, np.maximum(start, release)))
    before, after = released[:-1], released[1:]
    arrival = np.minimum(token_arrivals(simulation, k), start)
    token = np.maximum(0, arrival - before)
    gap = np.maximum(0, start - before)
    busy = np.maximum(0, after - np.maximum(before, start))
    return Gaps(token, gap - token, busy, int(released[-1]))


def token_arrivals(simulation: Simulation, k: int) -> Ints:
    """When the token of each event of stream `k` came; 0 for events that take none."""
    dep = simulation.lanes[k].dep
    retired = np.concatenate([[0], *(times.retire for times in simulation.times)])
    return np.where(dep >= 0, retired[dep + 1] + simulation.machine.sem_latency, 0)


def givers(simulation: Simulation, k: int) -> Ints:
    """The stream that gives the token of each event of stream `k`; -1 for events without."""
    dep = simulation.lanes[k].dep
    return np.where(dep >= 0, np.searchsorted(simulation.bases, dep, "right") - 1, -1)


def account_of(simulation: Simulation, k: int) -> Account:
    """The account of stream `k`."""
    gaps, giver = gaps_of(simulation, k), givers(simulation, k)
    wait_for = {
        name: int(gaps.token[giver == other].sum())
        for other, name in enumerate(simulation.names)
        if (giver == other).any()
    }
    received = simulation.lanes[k].unit == Unit.RECEIVE
    if messages := int(gaps.unit[received].sum()):
        wait_for["peers"] = messages
    return Account(
        busy=int(gaps.busy.sum()),
        wait_for=wait_for,
        wait_unit=int(gaps.unit.sum()) - messages,
        idle=simulation.cycles - gaps.end,
    )


def accounts_of(simulation: Simulation) -> dict[str, Account]:
    """The account of every engine."""
    return {name: account_of(simulation, k) for k, name in enumerate(simulation.names)}


def tpu_rows(simulation: Simulation) -> dict[str, float]:
    """Percent of all cycles, as in Table 3 of the TPUv1 paper (ISCA 2017).

    `active + weight_stall + weight_shift + non_matrix` is 100; `useful + unused` is `active`;
    `raw_stall` and `input_stall` are parts of `non_matrix`.
    """
    k = simulation.names.index("mx")
    lane, stream, machine = simulation.lanes[k], simulation.streams[k], simulation.machine
    gaps, giver = gaps_of(simulation, k), givers(simulation, k)
    matrix = (lane.unit == Unit.MATRIX) | (lane.unit == Unit.SWAP)
    active = int(lane.occupancy[matrix].sum())
    cells = machine.array.rows * machine.array.cols
    filled = stream["k"] * stream["n"]
    useful = float((lane.occupancy * filled)[matrix].sum()) / cells
    from_memory = giver == simulation.names.index("ld")
    load = lane.unit == Unit.LOAD
    rows = {
        "active": active,
        "useful": useful,
        "unused": active - useful,
        "weight_stall": int(gaps.token[load & from_memory].sum()),
        "weight_shift": int(gaps.busy.sum()) - active,
        "non_matrix": 0,
        "raw_stall": int(gaps.token[giver == _index(simulation, "vx")].sum()),
        "input_stall": int(gaps.token[~load & from_memory].sum()),
    }
    total = max(1, simulation.cycles)
    matrix_part = rows["active"] + rows["weight_stall"] + rows["weight_shift"]
    rows["non_matrix"] = total - matrix_part
    return {name: 100 * value / total for name, value in rows.items()}


def _index(simulation: Simulation, name: str) -> int:
    return simulation.names.index(name) if name in simulation.names else -2
