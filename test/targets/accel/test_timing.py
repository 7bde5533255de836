"""The timing rules on programs, and what follows from them."""

from __future__ import annotations

import math
import time

import pytest
from targets.accel.gemm import Gemm, gemm_program

from dlir.diagnostics import CompileError
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import ProgramBuilder
from dlir.targets.accel.simulator.simulation import Simulation, time_program

GEMMINI = load_machine("gemmini")


def utilization(depth: int) -> float:
    g = Gemm(512, 512, 512, 128, 64, 64, depth)
    return g.macs / 256 / time_program(gemm_program(GEMMINI, g)).cycles


def test_one_bus_in_order_of_time() -> None:
    """Booking the bus one stream after the other gave 79.4 % here."""
    assert utilization(depth=2) >= 0.99


def test_single_buffered_gemm_waits_for_memory() -> None:
    assert 0.65 <= utilization(depth=1) <= 0.78


def matrix_times(tiles: int, rows: int, serial: bool = False, **more: str) -> Simulation:
    """`tiles` pairs of LW and MM over `rows` rows, everything in the scratchpad."""
    b = ProgramBuilder(load_machine("gemmini", more))
    for _ in range(tiles):
        b.emit("mx", "lw", line=0, k=16, n=16)
        b.emit("mx", "mm", a=0, c=0, nx=rows, k=16, n=16, swap=1)
    return time_program(b.build(), serial=serial)


def test_one_tile_alone() -> None:
    """LW (R), then the rows, then the way through the array (R + C - 2)."""
    for rows in (1, 16, 100):
        assert matrix_times(1, rows).cycles == 16 + rows + 16 + 16 - 2


@pytest.mark.parametrize(("rows", "per_tile"), [(64, 64), (17, 17), (16, 17), (8, 17), (1, 17)])
def test_steady_state(rows: int, per_tile: int) -> None:
    """max(rows, R / load rate): loads hide behind rows; a load needs an issue slot of its own."""
    period = matrix_times(101, rows).cycles - matrix_times(100, rows).cycles
    assert period == per_tile


def test_faster_load_port() -> None:
    slow, fast = matrix_times(50, 4), matrix_times(50, 4, **{"array.load_rows_per_cycle": "4"})
    assert slow.cycles > 2.5 * fast.cycles


def test_types_of_less_rate() -> None:
    b = ProgramBuilder(load_machine("tpu1"))
    b.emit("mx", "lw", line=0, k=256, n=256, dt="bf16")
    b.emit("mx", "mm", a=0, c=0, nx=100, k=256, n=256, swap=1, dt="bf16")
    assert time_program(b.build()).cycles == 256 + 400 + 510


def test_transfers() -> None:
    """Occupancy in bursts, latency once, bus in order of request."""
    b = ProgramBuilder(GEMMINI)
    at = b.symbol("x", 4096, kind="temp")
    b.emit("ld", "ld", line=0, dram=at, rows=3, len=65, stride=65)  # 2 bursts of 64 / 16 per row
    b.emit("ld", "ld", line=64, dram=at, rows=1, len=1)
    b.emit("st", "st", line=128, dram=at, rows=1, len=64)
    s = time_program(b.build())
    ld, st = s.times[0], s.times[3]
    assert ld.start.tolist()[:2] == [0, 28]  # the store asked at 0, before the second load at 1
    assert st.start[0] == 24
    assert (ld.end[0], ld.end[1], st.end[0]) == (24 + 100, 32 + 100, 28 + 100)


def test_outstanding_transfers() -> None:
    b = ProgramBuilder(load_machine("gemmini", {"dma.outstanding": "2"}))
    at = b.symbol("x", 64, kind="temp")
    for _ in range(3):
        b.emit("ld", "ld", line=0, dram=at, rows=1, len=64)
    assert time_program(b.build()).times[0].issue.tolist()[:3] == [0, 1, 104]


def test_gather_waits_for_its_indices() -> None:
    b = ProgramBuilder(GEMMINI)
    at = b.symbol("x", 4096, kind="temp")
    b.emit("ld", "ld", line=0, dram=at, rows=1, len=64)
    b.emit("ld", "ldx", line=8, idx=0, dram=at, rows=4, len=16)
    s = time_program(b.build())
    assert s.times[0].start[1] == s.times[0].end[0] == 104


def test_host_channel_is_a_bus_of_its_own() -> None:
    b = ProgramBuilder(load_machine("tpu1"))
    dram, host = b.symbol("w", 65536, kind="temp"), b.symbol("x", 65536, kind="temp", host=True)
    b.emit("ld", "ld", mem="wbuf", line=0, dram=dram, rows=1, len=65536)
    b.emit("ld", "ld", line=0, dram=host, rows=1, len=65536)
    ld = time_program(b.build()).times[0]
    assert ld.start.tolist()[:2] == [0, 1]
    assert ld.end.tolist()[:2] == [math.ceil(65536 / 48.57) + 100, 1 + math.ceil(65536 / 20) + 100]


def test_vector_unit() -> None:
    b = ProgramBuilder(load_machine("gemmini", {"vector.lanes": "4"}))
    b.emit("vx", "vs", fn="exp", d=0, x=0, nx=10, dt_s="f32", dt_d="f32")
    b.emit("vx", "vs", fn="rowsum", d=0, x=0, nx=10, dt_s="f32", dt_d="f32")
    vx = time_program(b.build()).times[2]
    assert vx.start.tolist()[:2] == [0, 10 * 4 * 4]
    assert vx.end[1] == 160 + 10 * 4 + 4 + 8


@pytest.mark.parametrize(
    ("lanes", "rows", "cycles"),
    [(4, 10, 40), (16, 10, 10), (32, 10, 5), (64, 10, 3), (1024, 10, 1), (12, 10, 14), (12, 1, 2)],
)
def test_vector_lanes(lanes: int, rows: int, cycles: int) -> None:
    """Rows of 16 elements fill the lanes, whether a row is less or more than these."""
    b = ProgramBuilder(load_machine("gemmini", {"vector.lanes": str(lanes)}))
    b.emit("vx", "vs", fn="copy", d=0, x=0, nx=rows)
    b.emit("vx", "vv", fn="add", d=0, x=0, y=0, rows=rows)
    b.emit("vx", "vs", fn="rowmax", d=0, x=0, nx=rows)
    b.emit("vx", "nop")
    start = time_program(b.build()).times[2].start.tolist()
    assert start[:3] == [0, cycles, 2 * cycles]
    assert time_program(b.build()).lanes[2].occupancy[2] == cycles + 4


def test_large_vector_units_are_not_wasted() -> None:
    """1024 lanes take 8 rows of 128 elements in a cycle."""
    b = ProgramBuilder(load_machine("large128"))
    b.emit("vx", "vs", fn="copy", d=0, x=0, nx=256)
    assert time_program(b.build()).lanes[2].occupancy[0] == 32


def test_signals_keep_the_order_of_their_stream() -> None:
    """An LW ends before the MM in front of it, but its signal comes after that MM's end."""
    b = ProgramBuilder(GEMMINI)
    b.emit("mx", "lw", line=0, k=16, n=16)
    b.emit("mx", "mm", a=0, c=0, nx=100, k=16, n=16, swap=1)
    b.emit("mx", "lw", line=0, k=16, n=16, sig=1)
    b.emit("vx", "sync", dir="take", sem=1)
    s = time_program(b.build())
    assert s.times[1].end[2] == 33
    assert s.times[2].start[0] == 16 + 100 + 30 + GEMMINI.sem_latency


def test_two_signals_of_one_cycle_arrive_together() -> None:
    b = ProgramBuilder(GEMMINI)
    b.emit("ld", "sync", dir="give", sem=1, count=5)
    b.emit("mx", "sync", dir="take", sem=1, count=5)
    assert time_program(b.build()).times[1].start[0] == GEMMINI.sem_latency


def test_loops_cost_nothing() -> None:
    b = ProgramBuilder(GEMMINI)
    b.emit("vx", "loop", count=10)
    b.emit("vx", "vs", fn="copy", d=0, d_ar=1, x=64, nx=16)
    b.emit("vx", "aadd", ar=1, imm=1)
    b.emit("vx", "endl")
    assert time_program(b.build()).times[2].start.tolist() == [*range(0, 160, 16), 145]


def test_a_wait_in_the_header_of_a_sync_is_taken_first() -> None:
    b = ProgramBuilder(GEMMINI)
    b.emit("ld", "sync", dir="give", sem=1)
    b.emit("ld", "sync", dir="give", sem=2)
    b.emit("mx", "sync", dir="take", sem=2, wait=1, sig=3)
    b.emit("vx", "sync", dir="take", sem=3)
    assert time_program(b.build()).times[1].start.tolist()[:2] == [2, 3]


def test_deadlock_is_refused() -> None:
    b = ProgramBuilder(GEMMINI)
    b.emit("mx", "sync", dir="take", sem=1)
    with pytest.raises(CompileError, match="mx wait"):
        time_program(b.build())


def test_speed() -> None:
    """Decoding, tokens and timing of a GEMM program: 0.5 M instructions/s on a quiet machine."""
    program = gemm_program(GEMMINI, Gemm(512, 512, 512, 64, 64, 64))
    times: list[float] = []
    for _ in range(3):
        begin = time.process_time()
        time_program(program)
        times.append(time.process_time() - begin)
    rate = program.size / min(times)
    print(f"\n{rate / 1e6:.2f} M instructions/s over {program.size} instructions")
    assert rate > 0.2e6
