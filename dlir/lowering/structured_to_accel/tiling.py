"""Which tiles a contraction is computed in: a small search under an analytic model of the machine.

Candidates are blocks of result rows, of result columns and of the sum, and which operand stays on
chip while the other streams. For each, the model counts what the engines are busy with: rows
through the array (or weight loads, where those take longer), bytes over the bus, rows of the vector
unit; the slowest engine and the time to fill and drain the pipeline are its price.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import NamedTuple, TypeAlias

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
    functions: tuple[str, ...]
    """What the vector unit computes of every result row and block."""
    spm_lines: int
    """What is free for tiles."""
    acc_rows: int
    vector_taps: float
    """Passes of the vector unit per result row for products; 0 where the array makes them."""
    k_rows: int
    """Rows of a weight plane."""
    a_outside: bool
    """Whether activations and results are arguments, which lie with the host if there is one."""
    out_outside: bool
    whole_n: bool = False
    """Whether all columns must be in one tile."""
    fused_lines: int = 0
    """Lines per result row that fused producers need."""


@dataclass(frozen=True)
class Tiling:
    """The chosen blocks.

    With a panel, the loops are: panels of result rows; columns; tiles of rows within the panel.
    The activations of a panel are loaded once. Without one (0) they are: columns; tiles of rows,
    and each block of weights is loaded once.
    """

    rows: tuple[int, ...]
    """Extent of a tile along each row iterator."""
    n: int
    k: int
    panel: int
    """Tiles of rows in a panel; 0 for weights that stay while rows stream."""
    keep_weights: bool
    """Whether all weights fit, and so are loaded once for all panels."""
    cycles: float = field(compare=False)


PER_STEP = 40.0
"""Cycles that a tile costs whatever its size: tokens, the array's depth."""
ROOMY = 0.65
"""The part of the free lines up to which loads for the next tile surely find room."""
TIGHT = 0.5
"""How much of the shorter of loading and computing is not hidden where they do not."""
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


Decisions: TypeAlias = list[tuple[Problem, Tiling | None]]
_decisions: ContextVar[Decisions | None] = ContextVar("decisions", default=None)


@contextmanager
def decisions() -> Generator[Decisions, None, None]:
    """What is chosen meanwhile, and for what.

    Only here does a lowering look at how fast a machine is. So on another machine of the same array
    and memories, for which `choose` gives the same answers, it gives the same program.
    """
    found: Decisions = []
    token = _decisions.set(found)
    try:
        yield found
    finally:
        _decisions.reset(token)


def choose(p: Problem, machine: Machine) -> Tiling | None:
    """The cheapest tiling, or None if nothing fits."""
    chosen = _Search.of(p, machine).run()
    if (noted := _decisions.get()) is not None:
        noted.append((p, chosen))
    return chosen


@dataclass(frozen=True)
class _Search:
    """A problem on a machine."""

    p: Problem
    machine: Machine
    hull: Callable[[tuple[int, ...]], int]
    rates: tuple[float, float, float]
    """Bytes per cycle of the buses that activations, weights and results come over."""
    per_row: float
    """Cycles of the vector unit per result row and block."""

    @staticmethod
    def of(p: Problem, machine: Machine) -> _Search:
        dma = machine.dma.bytes_per_cycle
        outside = dma if machine.host is None else machine.host.bytes_per_cycle
        rates = outside if p.a_outside else dma, dma, outside if p.out_outside else dma
        passes = max(1.0, sum(map(machine.vector.cost_of, p.functions))) + p.vector_taps
        per_row = passes * machine.array.cols / machine.vector.lanes
        return _Search(p, machine, cache(p.hull), rates, per_row)

    def run(self) -> Tiling | None:
        """The cheapest tiling; what computes longer than the best takes is not looked at."""
        best: Tiling | None = None
        for overlapped in (True, False):  # two accumulator tiles overlap summing and draining
            for tile, n in _tiles(self.p, self.p.acc_rows // (1 + overlapped)):
                computed = self.computed(tile, overlapped)
                for k in [self.p.k_blocks] if self.p.whole_n else _divisions(self.p.k_blocks):
                    if best is None or computed * self.p.repeat < best.cycles:
                        found = self.priced(tile, n, k, computed)
                        if found is not None and (best is None or found.cycles < best.cycles):
                            best = found
        return best

    def computed(self, tile: tuple[int, ...], overlapped: bool) -> float:
        """What the array and the vector unit take for all tiles."""
        p, array = self.p, self.machine.array
        m_tiles = prod(-(-e // t) for e, t in zip(p.rows, tile, strict=True))
        stream = max(prod(tile) * array.rate[p.type], p.k_rows / array.load_rows_per_cycle) + 1
        matrix = m_tiles * p.n_blocks * p.taps * p.k_blocks * stream * (not p.vector_taps)
        vector = prod(p.rows) * p.n_blocks * self.per_row
        return max(matrix, vector) if overlapped else matrix + vector

    def priced(self, tile: tuple[int, ...], n: int, k: int, computed: float) -> Tiling | None:
        """The best order of loops for one tile."""
        cost = _Cost.of(self, tile, n, k, computed)
        best: Tiling | None = None
        for panel, keep in _orders(cost.m_tiles, k < self.p.k_blocks):
            lines = cost.lines(panel, keep)
            if lines > self.p.spm_lines:
                continue
            cycles = cost.cycles(self, panel, keep, lines)
            if best is None or cycles < best.cycles:
                best = Tiling(tile, n, k, panel, keep, cycles)
        return best


def _tiles(p: Problem, acc_rows: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Tiles of rows and of columns that accumulators hold."""
    for n in [p.n_blocks] if p.whole_n else _divisions(p.n_blocks):
        if n <= acc_rows:
            for tile in row_tiles(p.rows, acc_rows // n):
                yield tile, n


def _divisions(count: int) -> list[int]:
    """All of it, even parts of it, and small blocks."""
    sizes = {-(-count // parts) for parts in (*range(1, 9), 12, 16, 24, 32)}
    small = {n for n in (1, 2, 3, 4, 6, 8, 12) if n <= count}
    return sorted(sizes | small, reverse=True)


def _orders(m_tiles: int, split: bool) -> Iterator[tuple[int, bool]]:
    """Panels of more and more tiles; parts of a sum are not kept."""
    yield 0, False
    if split:
        return
    panel = 1
    while True:
        yield panel, False
        yield panel, True
        if panel == m_tiles:
            return
        panel = min(2 * panel, m_tiles)


class _Cost(NamedTuple):
    """What a tile takes: lines of the scratchpad, and what keeps the engines busy."""

    m_tiles: int
    n_tiles: int
    k_tiles: int
    a_lines: int
    w_lines: int
    out_lines: int
    fused_lines: int
    computed: float
    drain: float
    line_bytes: int

    @staticmethod
    def of(search: _Search, tile: tuple[int, ...], n: int, k: int, computed: float) -> _Cost:
        p, array, rows = search.p, search.machine.array, prod(tile)
        return _Cost(
            prod(-(-e // t) for e, t in zip(p.rows, tile, strict=True)),
            -(-p.n_blocks // n),
            -(-p.k_blocks // k),
            0 if p.a_on_chip else search.hull(tile) * k * p.width,
            0 if p.w_on_chip else n * p.taps * k * p.k_rows * p.width,
            int(rows * n * ((0 if p.out_on_chip else p.out_width) + p.extra_rows)),
            p.fused_lines * rows,
            computed,
            rows * n * search.per_row + array.rows + array.cols,
            array.cols,
        )

    def lines(self, panel: int, keep: bool) -> int:
        """Two of each tile, so that one is filled while the other is used, unless there is one."""
        a_tiles, w_tiles = max(1, panel), self.n_tiles if keep else 1
        a = self.a_lines * a_tiles
        if a_tiles < self.m_tiles or self.k_tiles > 1:
            a *= 2
        w = self.w_lines * w_tiles
        if w_tiles < self.n_tiles or self.k_tiles > 1:
            w *= 2
        return a + w + 2 * self.out_lines + 2 * self.fused_lines

    def cycles(self, search: _Search, panel: int, keep: bool, lines: int) -> float:
        """The slowest engine, and the time to fill and drain the pipeline."""
        p, line, (a_rate, w_rate, out_rate) = search.p, self.line_bytes, search.rates
        a = self.a_lines * self.m_tiles * self.k_tiles * line
        w = self.w_lines * self.n_tiles * self.k_tiles * line
        out = self.out_lines * self.m_tiles * self.n_tiles * line
        a_times = 1 if panel else self.n_tiles
        w_times = 1 if keep else -(-self.m_tiles // panel) if panel else 1
        if self.k_tiles > 1 and not panel:
            w_times = self.m_tiles
        buses = {a_rate: 0.0, w_rate: 0.0, out_rate: 0.0}
        for rate, moved in ((a_rate, a * a_times), (w_rate, w * w_times), (out_rate, out)):
            buses[rate] += moved / rate
        moved = max(buses.values())
        steps = self.m_tiles * self.n_tiles * self.k_tiles
        first = self.a_lines * line / a_rate + self.w_lines * line / w_rate
        last = self.drain + self.out_lines * line / out_rate
        hidden = lines <= ROOMY * p.spm_lines
        shown = 0.0 if hidden else TIGHT * min(self.computed, moved)
        body = p.repeat * (max(self.computed, moved) + shown)
        overhead = p.repeat * (PER_STEP * steps + PER_MOVED_CYCLE * moved)
        return body + first + last + overhead
