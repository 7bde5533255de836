"""Which tiles a contraction is computed in: a small search under an analytic model of the machine.

Candidates are blocks of result rows, of result columns and of the sum, and which operand stays on
chip while the other streams. For each, the model counts what the engines are busy with: rows
through the array (or weight loads, where those take longer), bytes over the bus, rows of the vector
unit; the slowest engine and the time to fill and drain the pipeline are its price.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from dlir.targets.accel.description import Machine


@dataclass(frozen=True)
class Problem:
    """A contraction as the search sees it. Sizes in rows and blocks of lanes."""

    rows: tuple[int, ...]
    """Extents of the iterators over result rows, outermost first."""
    n_blocks: int
    k_blocks: int
    taps: int
    repeat: int
    """How often the whole is repeated (batch loops)."""
    type: str
    """`i8` or `bf16`."""
    width: int
    """Bytes of an operand's element."""
    out_width: int
    hull: Callable[[Sequence[int]], int]
    """Tile of the row iterators -> rows of the activations that it reads, per block of the sum."""
    a_on_chip: bool
    w_on_chip: bool
    out_on_chip: bool
    extra_rows: float
    """Full operands of the epilogue that come from DRAM: rows per result row, times their width."""
    vector_passes: float
    """Cycles of the vector unit per result row and block."""
    spm_lines: int
    """What is free for tiles."""
    acc_rows: int
    whole_n: bool = False
    """Whether all columns must be in one tile."""
    fused_lines: Callable[[int], int] = lambda rows: 0
    """Result rows of a tile -> lines that fused producers need."""


@dataclass(frozen=True)
class Tiling:
    """The chosen blocks."""

    rows: tuple[int, ...]
    """Extent of a tile along each row iterator."""
    n: int
    k: int
    weights_outer: bool
    """Whether the loop over columns is outside: weights stay while rows stream."""
    keep_all: bool
    """Whether the operand of the inner loop fits as a whole, and so is loaded once."""
    cycles: float


PER_STEP = 40.0
"""Cycles that a tile costs whatever its size: tokens, the array's depth."""
PER_MOVED_CYCLE = 0.03
"""Of two tilings of about one speed, the one that moves less."""


def balanced(extent: int, most: int) -> int:
    """The tile of at most `most` that cuts an extent into parts of about one size."""
    parts = -(-extent // max(1, most))
    return -(-extent // parts)


def row_tiles(rows: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    """Tiles of at most `most` rows: whole inner iterators, a part of one, single outer ones."""
    seen: set[tuple[int, ...]] = set()
    limit = most
    while limit >= 1:
        tile = row_tile(rows, limit)
        if tile not in seen:
            seen.add(tile)
            yield tile
        limit = prod(tile) - 1 if len(seen) < 4 else limit * 2 // 3


def row_tile(rows: Sequence[int], most: int) -> tuple[int, ...]:
    """The largest such tile."""
    tile = [1] * len(rows)
    left = max(1, most)
    for d in reversed(range(len(rows))):
        tile[d] = balanced(rows[d], left)
        if tile[d] < rows[d]:
            break
        left //= rows[d]
    return tuple(tile)


def choose(p: Problem, machine: Machine) -> Tiling | None:
    """The cheapest tiling, or None if nothing fits."""
    best: Tiling | None = None
    for parts in (2, 1):  # two accumulator tiles overlap summing and draining
        for candidate in _candidates(p, p.acc_rows // parts):
            priced = _priced(p, machine, *candidate)
            if priced is not None and (best is None or priced.cycles < best.cycles):
                best = priced
        if best is not None:
            return best
    return None


def _candidates(p: Problem, acc_rows: int) -> Iterator[tuple[tuple[int, ...], int, int]]:
    blocks = [p.n_blocks] if p.whole_n else _divisions(p.n_blocks)
    sums = [p.k_blocks] if p.whole_n else _divisions(p.k_blocks)
    for n in blocks:
        if n > acc_rows:
            continue
        for tile in row_tiles(p.rows, acc_rows // n):
            for k in sums:
                yield tile, n, k


def _divisions(count: int) -> list[int]:
    """All of it, and ever smaller parts."""
    found: list[int] = []
    parts = 1
    while parts <= count:
        size = -(-count // parts)
        if size not in found:
            found.append(size)
        parts = parts + 1 if parts < 8 else parts * 2
    return found if found[-1:] == [1] else [*found, 1]


def _priced(
    p: Problem, machine: Machine, tile: tuple[int, ...], n: int, k: int
) -> Tiling | None:
    lines = _Lines.of(p, machine, tile, n, k)
    best: Tiling | None = None
    for weights_outer in (True, False):
        for keep_all in (True, False):
            need = lines.needed(p, weights_outer, keep_all, k < p.k_blocks)
            if need > p.spm_lines:
                continue
            cycles = _cycles(p, machine, tile, n, k, weights_outer, keep_all)
            if best is None or cycles < best.cycles:
                best = Tiling(tile, n, k, weights_outer, keep_all, cycles)
    return best


@dataclass(frozen=True)
class _Lines:
    """Lines of one tile of each operand, and of all tiles of the operand in the inner loop."""

    a: int
    w: int
    out: int
    all_a: int
    all_w: int
    fused: int

    @staticmethod
    def of(p: Problem, machine: Machine, tile: tuple[int, ...], n: int, k: int) -> _Lines:
        rows = prod(tile)
        plane = machine.array.rows * p.width
        a = 0 if p.a_on_chip else p.hull(tile) * k * p.width
        w = 0 if p.w_on_chip else n * p.taps * k * plane
        out = 0 if p.out_on_chip else rows * n * p.out_width
        out += int(rows * n * p.extra_rows)
        tiles = prod(-(-e // t) for e, t in zip(p.rows, tile, strict=True))
        return _Lines(a, w, out, a * tiles, w * -(-p.n_blocks // n), p.fused_lines(rows))

    def needed(self, p: Problem, weights_outer: bool, keep_all: bool, split: bool) -> int:
        if keep_all and split:
            return p.spm_lines + 1  # parts of the sum are not kept
        # One tile that all of the kernel uses needs no second one beside it.
        a = self.a if self.a == self.all_a and not split else 2 * self.a
        w = self.w if self.w == self.all_w and not split else 2 * self.w
        if keep_all and weights_outer:
            a = self.all_a
        elif keep_all:
            w = self.all_w
        return a + w + 2 * self.out + 2 * self.fused


def _cycles(
    p: Problem,
    machine: Machine,
    tile: tuple[int, ...],
    n: int,
    k: int,
    weights_outer: bool,
    keep_all: bool,
) -> float:
    array, bus = machine.array, machine.dma.bytes_per_cycle
    rows = prod(tile)
    m_tiles = prod(-(-e // t) for e, t in zip(p.rows, tile, strict=True))
    n_tiles = -(-p.n_blocks // n)
    planes = p.n_blocks * p.taps * p.k_blocks
    stream = max(rows * array.rate[p.type], array.rows / array.load_rows_per_cycle) + 1
    matrix = m_tiles * planes * stream
    row_bytes = machine.array.cols
    a_bytes = 0 if p.a_on_chip else p.hull(tile) * p.k_blocks * p.width * row_bytes * m_tiles
    w_bytes = 0 if p.w_on_chip else planes * array.rows * p.width * row_bytes
    split = k < p.k_blocks
    a_times = n_tiles if (weights_outer or split) and not (keep_all and weights_outer) else 1
    w_times = m_tiles if (not weights_outer or split) and not (keep_all and not weights_outer) else 1
    result_rows = prod(p.rows) * p.n_blocks
    out_bytes = 0 if p.out_on_chip else result_rows * p.out_width * row_bytes
    out_bytes += result_rows * p.extra_rows * row_bytes
    moved = (a_bytes * a_times + w_bytes * w_times + out_bytes) / bus
    vector = result_rows * p.vector_passes * machine.array.cols / machine.vector.lanes
    steps = m_tiles * n_tiles * -(-p.k_blocks // k)
    first = 0.0
    if not p.a_on_chip:
        first += a_bytes / m_tiles / -(-p.k_blocks // k) / bus
    if not p.w_on_chip:
        first += w_bytes / (planes * bus) * p.taps * k
    drain = rows * n * (p.vector_passes * machine.array.cols / machine.vector.lanes) + array.rows
    body = p.repeat * max(matrix, moved, vector)
    return body + (first + drain) + p.repeat * (PER_STEP * steps + PER_MOVED_CYCLE * moved)
