"""The timing core against its plainest form, and its speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from targets.accel.naive_timing import naive_simulate

from dlir.targets.accel.simulator.timing import Deadlock, Lane, Unit, simulate

UNITS = {
    0: (Unit.NONE, Unit.TRANSFER),
    1: (Unit.NONE, Unit.LOAD, Unit.MATRIX, Unit.SWAP),
    2: (Unit.NONE, Unit.VECTOR),
    3: (Unit.NONE, Unit.TRANSFER),
}


def random_lanes(rng: np.random.Generator, events: int, buses: int = 1) -> list[Lane]:
    """Four streams whose waits all point to events earlier in one global order: no deadlock."""
    owner = rng.integers(0, 4, events)
    counts = np.bincount(owner, minlength=4)
    bases = np.concatenate([[0], np.cumsum(counts)])
    position = np.zeros(4, int)
    columns = [
        {name: [] for name in ("unit", "occupancy", "lag", "dep", "after", "bus")} for _ in range(4)
    ]
    for k in owner:
        other = int(rng.integers(0, 4))
        waits = rng.random() < 0.4 and other != k and position[other] > 0
        unit = int(rng.choice(UNITS[int(k)]))
        row = {
            "unit": unit,
            "occupancy": int(rng.integers(0, 30)) if unit else 0,
            "lag": int(rng.integers(0, 40)) if unit else 0,
            "dep": bases[other] + rng.integers(0, position[other]) if waits else -1,
            "after": bases[k] + position[k] - 4 if unit == 1 and position[k] >= 4 else -1,
            "bus": int(rng.integers(0, buses)),
        }
        for name, value in row.items():
            columns[k][name].append(int(value))
        position[k] += 1
    return [
        Lane(**{name: np.array(values, np.int64) for name, values in column.items()})
        for column in columns
    ]


@pytest.mark.parametrize("seed", range(60))
def test_equal_to_the_plain_rules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lanes = random_lanes(rng, int(rng.integers(4, 300)), buses=1 + seed % 2)
    serial, sem_latency = seed % 5 == 0, int(rng.integers(0, 4))
    got = simulate(lanes, sem_latency=sem_latency, serial=serial)
    want = naive_simulate(lanes, sem_latency, serial)
    for times, (starts, retires) in zip(got, want, strict=True):
        np.testing.assert_array_equal(times.start, starts)
        np.testing.assert_array_equal(times.retire, retires)


def lane(unit: Unit, dep: list[int], occupancy: int = 5) -> Lane:
    n = len(dep)
    fill = {name: np.full(n, value) for name, value in (("lag", 1), ("after", -1), ("bus", 0))}
    return Lane(np.full(n, unit), np.full(n, occupancy), dep=np.array(dep), **fill)


def test_deadlock_names_what_each_stream_waits_for() -> None:
    lanes = [lane(Unit.TRANSFER, [-1, 3]), lane(Unit.VECTOR, [1, -1])]
    with pytest.raises(Deadlock) as caught:
        simulate(lanes, sem_latency=1)
    assert caught.value.waiting == (3, 1)


def test_half_a_million_instructions_per_second() -> None:
    """Loads, rows and vectors in the mix of a double-buffered GEMM."""
    n = 100_000
    rng = np.random.default_rng(0)
    lanes = random_lanes(rng, n)
    best = 0.0
    for _ in range(3):
        begin = time.perf_counter()
        simulate(lanes, sem_latency=2)
        best = max(best, n / (time.perf_counter() - begin))
    print(f"{best / 1e6:.2f} M instructions/s (random waits)")
    assert best > 0.15e6  # a third of what is measured on a quiet machine
