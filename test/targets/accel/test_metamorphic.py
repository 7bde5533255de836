"""What must not change when timing, text or MARKs do: points 12 to 15 of the verifier's contract.

12: a verified program gives the same bits under every timing. 13: text and binary are inverse.
14: a faster machine takes no more cycles, as long as no engines share a bus. 15: MARKs only name.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from targets.accel.gemm import Gemm, gemm_program
from targets.accel.random_programs import (
    inputs_of,
    random_program,
    random_timing,
    timed_orders,
)

from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import Program, ProgramBuilder, Stream
from dlir.targets.accel.simulator.functional import run
from dlir.targets.accel.simulator.simulation import time_program
from dlir.targets.accel.verifier import diagnose_program, verify_program

GEMMINI = load_machine("gemmini")


def outputs_under(program: Program, inputs: dict[str, np.ndarray], timing: dict[str, str]):
    """The output bytes when events take effect in the order of a timed run."""
    simulation = time_program(program, load_machine("gemmini", timing))
    return [run(program, inputs, o)["y"].tobytes() for o in timed_orders(simulation).values()]


@pytest.mark.parametrize("seed", range(12))
def test_12_results_do_not_depend_on_timing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    verify_program(program)
    inputs = inputs_of(rng, program)
    want = run(program, inputs)["y"].tobytes()
    seen: set[tuple[int, ...]] = set()
    for _ in range(5):
        timing = random_timing(rng)
        assert set(outputs_under(program, inputs, timing)) == {want}
        simulation = time_program(program, load_machine("gemmini", timing))
        seen.add(tuple(run.stream for run in timed_orders(simulation)["start"]))
    assert len(seen) > 1, "the timings gave one order only: nothing was tested"


def racy() -> Program:
    """The store and the second fill are not ordered."""
    b = ProgramBuilder(GEMMINI)
    b.symbol("x", 16, kind="input")
    y = b.symbol("y", 16, kind="output")
    b.emit("vx", "vv", fn="fill", d=0, x=0, y=0, ymode="imm", imm=1, sig=1)
    b.emit("vx", "vv", fn="mul", d=64, x=64, y=64, rows=32)
    b.emit("vx", "vv", fn="fill", d=0, x=0, y=0, ymode="imm", imm=2)
    b.emit("st", "st", line=0, dram=y, len=16, wait=1)
    return b.build()


def test_12_a_race_is_seen_by_this_very_test() -> None:
    """What the verifier refuses, two timings give different results for."""
    program = racy()
    assert any(d.rule == "isa-v8-race" for d in diagnose_program(program))
    inputs = {"x": np.zeros(16, np.int8)}
    found = {
        out
        for latency in ("0", "500")
        for out in outputs_under(program, inputs, {"machine.sem_latency": latency})
    }
    assert found == {b"\1" * 16, b"\2" * 16}


@pytest.mark.parametrize("seed", range(6))
def test_13_text_and_binary_are_inverse(seed: int) -> None:
    """For programs that make sense; test_assembler.py has those that do not."""
    program = random_program(np.random.default_rng(seed))
    text = disassemble(program)
    assert assemble(text).to_bytes() == program.to_bytes()
    assert disassemble(Program.from_bytes(program.to_bytes())) == text


FASTER = {
    "dma.bytes_per_cycle": ("1", "3", "16", "64"),
    "dma.latency": ("200", "100", "7", "0"),
    "dma.outstanding": ("1", "2", "16"),
    "dma.burst": ("64", "16", "1"),
    "host.bytes_per_cycle": ("1", "5", "16"),
    "host.latency": ("90", "9", "0"),
    "machine.sem_latency": ("9", "2", "0"),
    "array.load_rows_per_cycle": ("1", "2", "16"),
    "vector.lanes": ("4", "16", "64"),
    "vector.depth": ("40", "8", "0"),
}
"""Keys of the hardware file, with values from slow to fast."""


def slow_and_faster(rng: np.random.Generator) -> tuple[dict[str, str], dict[str, str]]:
    """Two machines, the second at least as fast in everything."""
    slow = {key: int(rng.integers(0, len(values))) for key, values in FASTER.items()}
    fast = {key: int(rng.integers(at, len(FASTER[key]))) for key, at in slow.items()}
    first, second = (
        {key: FASTER[key][at] for key, at in chosen.items()} for chosen in (slow, fast)
    )
    return first, second


def test_14_a_faster_machine_takes_no_longer() -> None:
    """Loads and stores have channels of their own: a marked graph, so times are monotonic."""
    rng = np.random.default_rng(14)
    shorter = 0
    for _ in range(60):
        slow, fast = (load_machine("gemmini", keys) for keys in slow_and_faster(rng))
        program = random_program(rng, slow, host=True)
        before, after = time_program(program).cycles, time_program(program, fast).cycles
        assert after <= before
        shorter += after < before
    assert shorter > 30


def test_14_a_shared_bus_has_anomalies() -> None:
    """Why the check above is about separate channels: with one bus, served in order of asking, a
    faster vector unit lets a long store ask before the load that everything waits for."""
    cycles: list[int] = []
    for depth in ("20", "0"):
        b = ProgramBuilder(
            load_machine("gemmini", {"vector.depth": depth, "dma.bytes_per_cycle": "1"})
        )
        x = b.symbol("x", 64, kind="input")
        y = b.symbol("y", 16, kind="output")
        b.emit("vx", "vv", fn="fill", d=64, x=0, y=0, rows=1, ymode="imm", sig=1)
        b.emit("st", "st", line=64, dram=y, len=16, wait=1)
        b.emit_many("ld", "nop", wait=np.zeros(15, np.int64))
        b.emit("ld", "ld", line=0, dram=x, rows=1, len=64, sig=2)
        b.emit("vx", "vs", fn="copy", d=128, x=0, nx=1000, sx=0, wait=2)
        program = b.build()
        verify_program(program)
        cycles.append(time_program(program).cycles)
    after_load = 64 + 100 + 2 + 1000
    assert cycles == [15 + after_load + 20, 3 + 64 + after_load]
    assert cycles[1] > cycles[0]


def test_14_anomalies_are_rare() -> None:
    """How often that happens in programs nobody made for it: printed, not asserted."""
    rng = np.random.default_rng(41)
    pairs = [slow_and_faster(rng) for _ in range(60)]
    longer = 0
    for slow, fast in pairs:
        program = random_program(rng, load_machine("gemmini", slow))
        before = time_program(program).cycles
        longer += time_program(program, load_machine("gemmini", fast)).cycles > before
    print(f"\n{longer} of {len(pairs)} programs take longer on the faster machine")
    assert longer < len(pairs) // 2


def without_marks(program: Program) -> Program:
    """The same program without MARKs."""
    streams = {
        name: Stream(name, np.delete(s.words, s.where("mark"), axis=0))
        for name, s in program.streams.items()
    }
    return replace(program, streams=streams, debug={})


@pytest.mark.parametrize("seed", range(6))
def test_15_marks_change_neither_bits_nor_cycles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    plain = without_marks(program)
    assert plain.size < program.size
    assert diagnose_program(plain) == []
    inputs = inputs_of(rng, program)
    assert run(plain, inputs)["y"].tobytes() == run(program, inputs)["y"].tobytes()
    for one, other in zip(time_program(program).times, time_program(plain).times, strict=True):
        np.testing.assert_array_equal(one.start, other.start)
        np.testing.assert_array_equal(one.end, other.end)


def test_15_marks_of_a_gemm() -> None:
    program = gemm_program(GEMMINI, Gemm(128, 64, 128, 64, 64, 64))
    assert time_program(without_marks(program)).cycles == time_program(program).cycles
