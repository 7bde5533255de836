"""GEMM programs written by hand: C[M, N] = saturate(A[M, K] . B[K, N]) in int8.

Blocks of `tm` x `tn` results are summed over blocks of `tk`. Every buffer (operands, accumulators,
results) has `depth` slots: 1 is single-buffered, 2 overlaps everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlir.targets.accel.description import Machine
from dlir.targets.accel.program import Program, ProgramBuilder

FULL, EMPTY, SUMMED, DRAINED, STORE, STORED = range(1, 7)
"""Semaphores: operands there / used, accumulators summed / drained, results there / stored."""


@dataclass(frozen=True)
class Gemm:
    """Sizes, all multiples of the blocks, which are multiples of the array."""

    m: int
    n: int
    k: int
    tm: int
    tn: int
    tk: int
    depth: int = 2

    @property
    def macs(self) -> int:
        return self.m * self.n * self.k


class Slots:
    """Waits and signals of a ring of `depth` slots that is used `uses` times."""

    def __init__(self, depth: int, uses: int) -> None:
        self.depth, self.uses, self.filled, self.freed = depth, uses, 0, 0

    def fill(self, semaphore: int) -> dict[str, int]:
        """The wait for an empty slot; the first `depth` are."""
        self.filled += 1
        return {"wait": semaphore} if self.filled > self.depth else {}

    def free(self, semaphore: int) -> dict[str, int]:
        """The signal of an empty slot, as long as somebody will fill it again."""
        self.freed += 1
        return {"sig": semaphore} if self.freed + self.depth <= self.uses else {}


def gemm_program(machine: Machine, g: Gemm) -> Program:
    """The program, with inputs `a`, `b` and output `c`."""
    b = ProgramBuilder(machine)
    a_at = b.symbol("a", g.m * g.k, kind="input", type=f"tensor<{g.m}x{g.k}xi8>")
    b_at = b.symbol("b", g.k * g.n, kind="input", type=f"tensor<{g.k}x{g.n}xi8>")
    c_at = b.symbol("c", g.m * g.n, kind="output", type=f"tensor<{g.m}x{g.n}xi8>")
    blocks = (g.m // g.tm) * (g.n // g.tn)
    operands = Slots(g.depth, blocks * (g.k // g.tk))
    sums, results = Slots(g.depth, blocks), Slots(g.depth, blocks)
    for tag, stream in enumerate(machine.streams, 1):
        b.mark(stream, tag, f"matmul@gemm.mlir:{tag}")
    use = 0
    for block in range(blocks):
        m, n = divmod(block, g.n // g.tn)
        for k in range(g.k // g.tk):
            at = _load(b, machine, g, operands, use, a_at + m * g.tm * g.k + k * g.tk,
                       b_at + k * g.tk * g.n + n * g.tn)  # fmt: skip
            _multiply(b, machine, g, operands, sums, at, block, first=k == 0,
                      last=(k + 1) * g.tk == g.k)  # fmt: skip
            use += 1
        _store(b, machine, g, sums, results, block, c_at + m * g.tm * g.n + n * g.tn)
    return b.build()


def _load(
    b: ProgramBuilder, machine: Machine, g: Gemm, slots: Slots, use: int, a: int, w: int
) -> int:
    cols = machine.array.cols
    size = g.tm * (g.tk // cols) + g.tk * (g.tn // cols)
    line = use % g.depth * size
    b.emit("ld", "ld", line=line, dram=a, rows=g.tm, len=g.tk, stride=g.k, **slots.fill(EMPTY))
    b.emit("ld", "ld", line=line + g.tm * (g.tk // cols), dram=w, rows=g.tk, len=g.tn,
           stride=g.n, sig=FULL)  # fmt: skip
    return line


def _multiply(
    b: ProgramBuilder, machine: Machine, g: Gemm, operands: Slots, sums: Slots, line: int,
    block: int, *, first: bool, last: bool,
) -> None:  # fmt: skip
    rows, cols = machine.array.rows, machine.array.cols
    a_pitch, w_pitch = g.tk // cols, g.tn // cols
    c = block % g.depth * g.tm * w_pitch
    weights = line + g.tm * a_pitch
    wait: dict[str, int] = {"wait": FULL}
    ready = sums.fill(DRAINED) if first else {}
    for n in range(w_pitch):
        for k in range(g.tk // rows):
            b.emit("mx", "lw", line=weights + k * rows * w_pitch + n, step=w_pitch, k=rows, n=cols,
                   **wait)  # fmt: skip
            wait = {}
            end = n == w_pitch - 1 and (k + 1) * rows == g.tk
            signal = operands.free(EMPTY) if end else {}
            b.emit("mx", "mm", a=line + k * rows // cols, c=c + n * g.tm, nx=g.tm, sx=a_pitch,
                   k=rows, n=cols, swap=1, acc=int(not first or k > 0), **ready,
                   **signal)  # fmt: skip
            ready = {}
    if last:
        b.emit("mx", "sync", dir="give", sem=SUMMED)


def _store(
    b: ProgramBuilder, machine: Machine, g: Gemm, sums: Slots, results: Slots, block: int, c: int
) -> None:
    cols = machine.array.cols
    pitch = g.tn // cols
    size = g.tm * pitch
    start = g.depth * (g.tm * (g.tk // cols) + g.tk * pitch)
    out = start + block % g.depth * size
    room = results.fill(STORED)
    if room:
        b.emit("vx", "sync", dir="take", sem=STORED)
    b.emit("vx", "vs", fn="copy", d=out, x_mem="acc", x=block % g.depth * size, nx=pitch,
           sx=g.tm, ny=g.tm, sy=1, dt_s="i32", dt_d="i8", wait=SUMMED, sig=STORE)  # fmt: skip
    if drained := sums.free(DRAINED):
        b.emit("vx", "sync", dir="give", sem=drained["sig"])
    b.emit("st", "st", line=out, dram=c, rows=g.tm, len=g.tn, stride=g.n, wait=STORE,
           **results.free(STORED))  # fmt: skip


def reference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What a GEMM program must give."""
    exact = a.astype(np.int64) @ b.astype(np.int64)
    return np.clip(exact, -128, 127).astype(np.int8)
