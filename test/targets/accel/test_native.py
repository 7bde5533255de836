"""The matrix stream as machine code: the same bits as numpy, and only where that is safe."""

from __future__ import annotations

import numpy as np
import pytest

from dlir.numpy_types import BFLOAT16
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.program import Program, ProgramBuilder
from dlir.targets.accel.simulator import native
from dlir.targets.accel.simulator.events import events_of
from dlir.targets.accel.simulator.functional import execute
from dlir.targets.accel.simulator.memories import Memories

GEMMINI, TPU1 = load_machine("gemmini"), load_machine("tpu1", {"spm.bytes": "262144"})
SPECIAL = (0.0, -0.0, np.inf, -np.inf, 1e-38, 3e38)
"""Numbers whose products and sums leave the usual range."""


def random_program(machine: Machine, rng: np.random.Generator, types: tuple[str, ...]) -> Program:
    """Tiles of all forms from both memories, used several times, over all kinds of walks."""
    b, size = ProgramBuilder(machine), machine.array.cols
    for _ in range(12):
        dt = str(rng.choice(types))
        k, n = (int(value) for value in rng.integers(1, min(size, 40) + 1, 2))
        mem = str(rng.choice(["spm", "wbuf"])) if machine.wbuf.bytes else "spm"
        b.emit("mx", "lw", mem=mem, line=int(rng.integers(0, 50)), step=int(rng.integers(0, 4)),
               k=k, n=n, dt=dt, tr=int(rng.integers(0, 2)))  # fmt: skip
        for use in range(int(rng.integers(1, 4))):
            nx, ny, sx, sy = (int(value) for value in rng.integers(1, 7, 4))
            b.emit("mx", "mm", a=int(rng.integers(0, 90)), c=int(rng.integers(0, 99)), nx=nx,
                   ny=ny, sx=sx, sy=sy, k=int(rng.integers(1, k + 1)), dt=dt,
                   n=int(rng.integers(1, n + 1)), acc=int(rng.integers(0, 2)),
                   swap=int(use == 0))  # fmt: skip
        b.emit("mx", "nop")
    return b.build()


def random_memories(machine: Machine, rng: np.random.Generator, dt: str) -> Memories:
    sizes = machine.sizes
    memories = Memories.empty(machine.array.cols, sizes["spm"], sizes["wbuf"], sizes["acc"], [])
    for lines in (memories.spm, memories.wbuf):
        flat = lines.reshape(-1)
        if dt == "i8":
            flat[:] = rng.integers(0, 256, flat.size)
        else:
            numbers = rng.standard_normal(flat.size // 2)
            numbers[rng.integers(0, max(1, numbers.size), numbers.size // 50)] = rng.choice(SPECIAL)
            flat.view(BFLOAT16)[:] = numbers
    if dt == "i8":
        memories.acc[:] = rng.integers(-(2**31), 2**31, memories.acc.shape)
    else:
        memories.acc.view(np.float32)[:] = rng.standard_normal(memories.acc.shape)
    return memories


def accumulators(program: Program, machine: Machine, seed: int, dt: str) -> np.ndarray:
    memories = random_memories(machine, np.random.default_rng(seed), dt)
    with np.errstate(all="ignore"):
        execute(events_of(program), memories)
    return memories.acc.view(np.float32 if dt == "bf16" else np.int32)


@pytest.mark.parametrize("dt", ["i8", "bf16"])
@pytest.mark.parametrize("machine", [GEMMINI, TPU1], ids=["gemmini", "tpu1"])
def test_same_bits_as_numpy(machine: Machine, dt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(12):
        program = random_program(machine, np.random.default_rng(seed), (dt,))
        monkeypatch.setattr(native, "MIN_WORK", 1 << 62)
        want = accumulators(program, machine, seed, dt)
        monkeypatch.setattr(native, "MIN_WORK", 0)
        memories = random_memories(machine, np.random.default_rng(seed), dt)
        assert native.matrix_runner(events_of(program)[1], memories) is not None
        np.testing.assert_array_equal(accumulators(program, machine, seed, dt), want)


def test_both_types_in_one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    program = random_program(GEMMINI, np.random.default_rng(5), ("i8", "bf16"))
    want = accumulators(program, GEMMINI, 5, "i8")
    monkeypatch.setattr(native, "MIN_WORK", 0)
    got = accumulators(program, GEMMINI, 5, "i8")
    np.testing.assert_array_equal(got.view(np.float32), want.view(np.float32))


@pytest.mark.parametrize(
    ("tile", "rows"),
    [
        ({"line": 16380}, {}),
        ({}, {"a": 16383, "nx": 2}),
        ({}, {"c": 1023, "nx": 2}),
        ({"k": 8}, {}),
        ({"n": 8}, {}),
        ({"dt": "bf16"}, {}),
        ({}, {"swap": 0}),
        ({}, {"n": 17}),
    ],
)
def test_unsound_programs_are_left_to_numpy(
    tile: dict[str, int | str], rows: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Machine code checks no address, so every one has to be known to be good."""
    monkeypatch.setattr(native, "MIN_WORK", 0)
    memories = random_memories(GEMMINI, np.random.default_rng(0), "i8")
    good = {"k": 16, "n": 16}
    for more in (({}, {}), (tile, rows)):
        b = ProgramBuilder(GEMMINI)
        b.emit("mx", "lw", **{"line": 0, **good, **more[0]})
        b.emit("mx", "mm", **{"a": 0, "c": 0, "swap": 1, **good, **more[1]})
        runner = native.matrix_runner(events_of(b.build())[1], memories)
        assert (runner is None) == (more == (tile, rows))
