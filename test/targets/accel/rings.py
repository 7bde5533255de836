"""Programs for a ring of chips, written by hand.

`gather`: every chip has a block of rows; in `chips - 1` steps each passes on the block that it got
last, then multiplies all rows by its own columns of the weights. `reduce`: every chip multiplies
its own columns of x by its own rows of the weights; the partial sums go once around the ring, each
chip adding its own, and the last one sends the total to all others.
"""

from __future__ import annotations

import numpy as np

from dlir.targets.accel.cluster import Cluster
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.program import Program, ProgramBuilder

LOADED, WEIGHTS, GATHERED, SUMMED, READY, ADDED, TOTAL = range(1, 8)
SIZE = 128
ROWS = 16


def ring(chips: int, **overrides: str) -> Machine:
    """`large128` with some number of chips."""
    return load_machine("large128", {"net.chips": str(chips), **overrides})


def gather(machine: Machine) -> Cluster:
    """Inputs `x` (ROWS x SIZE int8) and `w` (SIZE x SIZE); output `y` (chips * ROWS x SIZE)."""
    return Cluster([_gather(machine, chip) for chip in range(machine.net.chips)])


def _begin(machine: Machine, chip: int, outputs: int) -> tuple[ProgramBuilder, int]:
    """A program that loads x to the lines of its block and w behind all blocks; and y's address."""
    b = ProgramBuilder(machine)
    chips = machine.net.chips
    x = b.symbol("x", ROWS * SIZE, kind="input")
    w = b.symbol("w", SIZE * SIZE, kind="input")
    y = b.symbol("y", outputs, kind="output")
    for tag, stream in enumerate(machine.streams, 1):
        b.mark(stream, tag, f"chip{chip}-{stream}@ring.py:{tag}")
    b.emit("ld", "ld", line=chip * ROWS, dram=x, rows=ROWS, len=SIZE, stride=SIZE, sig=LOADED)
    b.emit("ld", "ld", line=chips * ROWS, dram=w, rows=SIZE, len=SIZE, stride=SIZE, sig=WEIGHTS)
    return b, y


def _gather(machine: Machine, chip: int) -> Program:
    chips = machine.net.chips
    b, y = _begin(machine, chip, chips * ROWS * SIZE)
    b.emit("nt", "nop", wait=LOADED)
    for step in range(chips - 1):
        mine, next_one = (chip - step) % chips, (chip - step - 1) % chips
        last = {"sig": GATHERED} if step == chips - 2 else {}
        b.emit("nt", "send", peer=(chip + 1) % chips, line=mine * ROWS, lines=ROWS)
        b.emit("nt", "recv", peer=(chip - 1) % chips, line=next_one * ROWS, lines=ROWS, **last)
    b.emit("mx", "lw", line=chips * ROWS, k=SIZE, n=SIZE, wait=WEIGHTS)
    b.emit("mx", "mm", a=0, c=0, nx=chips * ROWS, k=SIZE, n=SIZE, swap=1, wait=GATHERED, sig=SUMMED)
    b.emit("vx", "vs", fn="copy", d=0, x_mem="acc", x=0, nx=chips * ROWS, dt_s="i32", dt_d="i8",
           wait=SUMMED, sig=READY)  # fmt: skip
    b.emit("st", "st", line=0, dram=y, rows=chips * ROWS, len=SIZE, stride=SIZE, wait=READY)
    return b.build()


def reduce(machine: Machine) -> Cluster:
    """Inputs `x` (ROWS x SIZE int8) and `w` (SIZE x SIZE); output `y` (ROWS x SIZE int32)."""
    return Cluster([_reduce(machine, chip) for chip in range(machine.net.chips)])


def _reduce(machine: Machine, chip: int) -> Program:
    chips = machine.net.chips
    b, y = _begin(machine, chip, ROWS * SIZE * 4)
    first, last = chip == 0, chip == chips - 1
    b.emit("mx", "nop", wait=LOADED)
    b.emit("mx", "lw", line=chips * ROWS, k=SIZE, n=SIZE, wait=WEIGHTS)
    b.emit("mx", "mm", a=chip * ROWS, c=0, nx=ROWS, k=SIZE, n=SIZE, swap=1, sig=SUMMED)
    rows: dict[str, int | str] = {"mem": "acc", "lines": ROWS}
    if first:
        b.emit("nt", "send", peer=1, line=0, wait=SUMMED, **rows)
    else:
        b.emit("nt", "recv", peer=chip - 1, line=ROWS, sig=ADDED, **rows)
        b.emit("vx", "nop", wait=SUMMED)
        b.emit("vx", "vv", fn="add", d_mem="acc", d=0, x_mem="acc", x=0, y_mem="acc", y=ROWS,
               rows=ROWS, dt_s="i32", dt_d="i32", wait=ADDED, sig=READY)  # fmt: skip
        peers = range(chips - 1) if last else [chip + 1]
        b.emit("nt", "nop", wait=READY)
        for peer in peers:
            b.emit("nt", "send", peer=peer, line=0, tag=int(last), **rows)
    if not last:
        b.emit("nt", "recv", peer=chips - 1, line=2 * ROWS, tag=1, **rows)
    b.emit("nt", "sync", dir="give", sem=TOTAL)
    total = 0 if last else 2 * ROWS
    b.emit("st", "st", mem="acc", line=total, dram=y, rows=ROWS, len=4 * SIZE, stride=4 * SIZE,
           wait=TOTAL)  # fmt: skip
    return b.build()


def inputs_of(rng: np.random.Generator, chips: int) -> list[dict[str, np.ndarray]]:
    """Random x and w for every chip."""
    shapes = {"x": (ROWS, SIZE), "w": (SIZE, SIZE)}
    return [
        {name: rng.integers(-3, 4, shape).astype(np.int8) for name, shape in shapes.items()}
        for _ in range(chips)
    ]
