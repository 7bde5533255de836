"""Serial mode equals SCALE-Sim's weight-stationary formula (Samajdar et al., ISPASS 2020).

    cycles = ceil(K / R) * ceil(N / C) * (2 R + C + M - 2)

The tool itself prints one cycle less. It never overlaps loading weights with streaming rows; the
machine here does when not told otherwise, which the last test shows.
"""

from __future__ import annotations

import itertools
from math import ceil

import pytest

from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.program import Program, ProgramBuilder
from dlir.targets.accel.simulator.simulation import time_program

ARRAYS = [(8, 8), (16, 16), (32, 32), (16, 32), (32, 16), (128, 128)]
SHAPES = list(itertools.product((1, 17, 128, 1000), (5, 64, 300), (16, 100, 512)))


def array(rows: int, cols: int) -> Machine:
    """A machine with this array and memories that hold everything."""
    lines = str(65536 * cols)
    return load_machine("gemmini", {"array.rows": str(rows), "array.cols": str(cols),
                                    "spm.bytes": lines, "acc.rows": "16384"})  # fmt: skip


def matrix_part(machine: Machine, m: int, n: int, k: int) -> Program:
    """The LWs and MMs of a GEMM: all tiles of weights, each with all rows."""
    rows, cols = machine.array.rows, machine.array.cols
    b = ProgramBuilder(machine)
    for n0, k0 in itertools.product(range(0, n, cols), range(0, k, rows)):
        tile = {"k": min(rows, k - k0), "n": min(cols, n - n0)}
        b.emit("mx", "lw", line=0, **tile)
        b.emit("mx", "mm", a=0, c=0, nx=m, swap=1, acc=int(k0 > 0), **tile)
    return b.build()


@pytest.mark.parametrize(("rows", "cols"), ARRAYS)
def test_weight_stationary_formula(rows: int, cols: int) -> None:
    machine = array(rows, cols)
    for m, n, k in SHAPES:
        cycles = time_program(matrix_part(machine, m, n, k), serial=True).cycles
        assert cycles == ceil(k / rows) * ceil(n / cols) * (2 * rows + cols + m - 2), (m, n, k)
    print(f"SCALE-Sim WS formula on {rows}x{cols}: {len(SHAPES)} shapes exact")


def test_overlap_is_the_difference() -> None:
    """512^3 on 32x32: 84.5 % of peak by the formula, about 99 % with two planes."""
    program = matrix_part(array(32, 32), 512, 512, 512)
    peak = 512**3 / 1024
    serial = peak / time_program(program, serial=True).cycles
    overlapped = peak / time_program(program).cycles
    print(f"512^3 on 32x32: serial {100 * serial:.1f} %, overlapped {100 * overlapped:.1f} %")
    assert abs(serial - 0.845) < 0.001
    assert overlapped > 0.99
