"""More bandwidth and lower latency never make a program slower, and never change a result.

Times are those of a max-plus system, which is monotone, but for the shared bus: it serves by time
of asking, so a faster stream may get in front of one that matters more. Such cases are printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from targets.accel.gemm import Gemm, gemm_program, reference
from validation.tpu_programs import dense_layers

from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.functional import run
from dlir.targets.accel.simulator.simulation import Simulation, time_program
from dlir.targets.accel.simulator.tokens import Run

SETTINGS = {
    "dma.bytes_per_cycle": [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64],
    "dma.latency": [1000, 400, 200, 100, 50, 20, 5, 0],
    "dma.outstanding": [1, 2, 4, 8, 16],
    "array.load_rows_per_cycle": [1, 2, 4, 16],
    "machine.sem_latency": [40, 10, 2, 0],
    "vector.lanes": [1, 4, 16],
}
"""From slow to fast."""


def programs() -> dict[str, tuple[str, Program]]:
    gemmini, tpu = load_machine("gemmini"), load_machine("tpu1")
    return {
        **{
            f"gemm, {name}": (
                "gemmini",
                gemm_program(gemmini, Gemm(256, 256, 256, 64, 64, 64, depth)),
            )
            for depth, name in ((1, "single-buffered"), (2, "double-buffered"))
        },
        "dense layers": ("tpu1", dense_layers(tpu, [700, 600, 500], batch=40)),
    }


@pytest.mark.parametrize("key", SETTINGS)
def test_faster_parts_make_no_slower_program(key: str) -> None:
    for name, (machine, program) in programs().items():
        cycles = [
            time_program(program, load_machine(machine, {key: str(value)})).cycles
            for value in SETTINGS[key]
        ]
        anomalies = [
            f"{key} {SETTINGS[key][i]} -> {SETTINGS[key][i + 1]}: {a} -> {b}"
            for i, (a, b) in enumerate(pairwise(cycles))
            if b > a
        ]
        print(
            f"{name}, {key}: {cycles[0]} -> {cycles[-1]} cycles; anomalies: {anomalies or 'none'}"
        )
        assert cycles[-1] <= cycles[0]
        for i, worse in enumerate(np.diff(cycles).tolist()):
            assert worse <= 0.01 * cycles[i], anomalies


def order_of(simulation: Simulation) -> Sequence[Run]:
    """All events in the order in which they start."""
    starts = [
        (int(start), k, i)
        for k, times in enumerate(simulation.times)
        for i, start in enumerate(times.issue.tolist())
    ]
    return [Run(k, i, i + 1) for _, k, i in sorted(starts)]


@pytest.mark.parametrize("seed", range(8))
def test_results_do_not_depend_on_timing(seed: int) -> None:
    """The same bits whatever the machine's speeds: events executed in the order of their times."""
    rng = np.random.default_rng(seed)
    settings = {key: str(int(rng.choice(values))) for key, values in SETTINGS.items()}
    machine, program = load_machine("gemmini", settings), programs()["gemm, double-buffered"][1]
    a, b = (rng.integers(-3, 4, (256, 256), dtype=np.int8) for _ in range(2))
    out = run(program, {"a": a, "b": b}, order_of(time_program(program, machine)))["c"]
    np.testing.assert_array_equal(out.view(np.int8).reshape(256, 256), reference(a, b))
