"""Random programs that are right by construction, and orders that a timing would execute them in.

A program is a pipeline of blocks: operands are loaded, multiplied, finished by vector functions and
stored. How many buffers each pair of engines shares, sizes, functions and idle instructions are
drawn; semaphores count full and empty buffers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from targets.accel.gemm import Slots

from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.program import Program, ProgramBuilder
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.tokens import Run, execution_order, match_tokens

FULL, EMPTY, SUMMED, DRAINED, READY, STORED = range(1, 7)
TILE = 16
FINISH = (
    {"mnemonic": "vs", "fn": "relu"},
    {"mnemonic": "vv", "fn": "add", "ymode": "imm", "imm": -5},
    {"mnemonic": "vv", "fn": "max", "ymode": "all"},
    {"mnemonic": "vv", "fn": "mulacc", "ymode": "imm", "imm": 3},
    {"mnemonic": "vv", "fn": "shr", "ymode": "imm", "imm": 1},
)
"""What may happen to a block of int32 results in the accumulators, in place."""


def random_program(
    rng: np.random.Generator, machine: Machine | None = None, *, host: bool = False
) -> Program:
    """A program with input `x` and output `y` (in host memory with `host`)."""
    machine = machine or load_machine("gemmini")
    blocks, sums = int(rng.integers(2, 7)), int(rng.integers(1, 4))
    rows = int(rng.integers(1, TILE + 1))
    b = ProgramBuilder(machine)
    size = (rows + TILE) * TILE
    x = b.symbol("x", blocks * sums * size, kind="input")
    y = b.symbol("y", blocks * rows * TILE, kind="output", host=host)
    for tag, stream in enumerate(machine.streams, 1):
        b.mark(stream, tag, f"{stream}@random.py:{tag}")
    depths = rng.integers(1, 4, 3)
    operands = Slots(int(depths[0]), blocks * sums)
    results, stores = Slots(int(depths[1]), blocks), Slots(int(depths[2]), blocks)
    for block in range(blocks):
        for step in range(sums):
            use = block * sums + step
            line = use % operands.depth * (rows + TILE)
            _idle(rng, b, "ld")
            b.emit("ld", "ld", line=line, dram=x + use * size, rows=rows + TILE, len=TILE,
                   stride=TILE, sig=FULL, **operands.fill(EMPTY))  # fmt: skip
            free = results.fill(DRAINED) if step == 0 else {}
            _multiply(b, line, rows, block % results.depth, operands, free, step > 0)
        b.emit("mx", "sync", dir="give", sem=SUMMED)
        _idle(rng, b, "mx")
        out = 1024 + block % stores.depth * TILE
        _finish(rng, b, rows, block % results.depth, out, results, stores)
        b.emit("st", "st", line=out, dram=y + block * rows * TILE, rows=rows, len=TILE,
               stride=TILE, wait=READY, **stores.free(STORED))  # fmt: skip
        _idle(rng, b, "st")
    return b.build()


def _idle(rng: np.random.Generator, b: ProgramBuilder, stream: str) -> None:
    for _ in range(int(rng.integers(0, 3))):
        b.emit(stream, "nop")


def _multiply(
    b: ProgramBuilder, line: int, rows: int, slot: int, operands: Slots, free: dict[str, int],
    acc: bool,
) -> None:  # fmt: skip
    b.emit("mx", "lw", line=line + rows, k=TILE, n=TILE, wait=FULL)
    b.emit("mx", "mm", a=line, c=slot * TILE, nx=rows, k=TILE, n=TILE, swap=1, acc=int(acc),
           **free, **operands.free(EMPTY))  # fmt: skip


def _finish(
    rng: np.random.Generator, b: ProgramBuilder, rows: int, slot: int, out: int, results: Slots,
    stores: Slots,
) -> None:  # fmt: skip
    place = {"d_mem": "acc", "d": slot * TILE, "x_mem": "acc", "x": slot * TILE,
             "dt_s": "i32", "dt_d": "i32"}  # fmt: skip
    b.emit("vx", "nop", wait=SUMMED)
    for i in rng.integers(0, len(FINISH), int(rng.integers(0, 4))).tolist():
        values = dict(FINISH[i])
        mnemonic = str(values.pop("mnemonic"))
        size = {"nx": rows} if mnemonic == "vs" else {"rows": rows, "y_mem": "acc", "y": place["d"]}
        b.emit("vx", mnemonic, **place, **size, **values)
    b.emit("vx", "vs", fn="copy", d=out, x_mem="acc", x=slot * TILE, nx=rows, dt_s="i32",
           dt_d="i8", sig=READY, **stores.fill(STORED))  # fmt: skip
    if drained := results.free(DRAINED):
        b.emit("vx", "sync", dir="give", sem=drained["sig"])


def inputs_of(rng: np.random.Generator, program: Program) -> dict[str, np.ndarray]:
    """Random bytes."""
    return {"x": rng.integers(-9, 10, program.symbols["x"].size).astype(np.int8)}


def random_timing(rng: np.random.Generator) -> dict[str, str]:
    """Keys of a hardware file that change when things happen, and nothing else."""
    pick = {
        "dma.bytes_per_cycle": (0.5, 1, 4, 16, 300),
        "dma.latency": (0, 3, 100, 900),
        "dma.outstanding": (1, 2, 16),
        "dma.burst": (1, 64),
        "machine.sem_latency": (0, 2, 50),
        "array.load_rows_per_cycle": (1, 4, 16),
        "vector.lanes": (1, 16, 64),
        "vector.depth": (0, 8, 200),
    }
    chosen = {key: rng.choice(values) for key, values in pick.items()}
    return {key: f"{value:g}" for key, value in chosen.items()}


def timed_orders(simulation: Simulation) -> Mapping[str, list[Run]]:
    """The events in the order in which they start, and in which they end; ties as untimed."""
    untimed = execution_order(match_tokens(simulation.streams))
    events = [(k, i) for k, first, stop in untimed for i in range(first, stop)]
    orders: dict[str, list[Run]] = {}
    for name in ("start", "retire"):
        times = [getattr(t, name).tolist() for t in simulation.times]
        ordered = sorted(events, key=lambda event, times=times: times[event[0]][event[1]])
        orders[name] = [Run(k, i, i + 1) for k, i in ordered]
    return orders
