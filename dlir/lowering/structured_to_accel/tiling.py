"""Which tiles a contraction is computed in: a small search under an analytic model of the machine.

Candidates are blocks of result rows, of result columns and of the sum, and which operand stays on
chip while the other streams. For each, the model counts what the engines are busy with: rows
through the array (or weight loads, where those take longer), bytes over the bus, rows of the vector
unit; the slowest engine and the time to fill and drain the pipeline are its price.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from math import inf, prod
from typing import NamedTuple

from dlir.lowering.structured_to_accel.decisions import decided
from dlir.lowering.structured_to_accel.problem import Problem
from dlir.targets.accel.description import Machine


@dataclass(frozen=True)
class Tiling:
    """The chosen blocks.

    With a panel, the loops are: panels of result rows; columns; tiles of rows within the panel.
    The activations of a panel are loaded once. Without one (0) they are: columns; tiles of rows.
    """

    rows: tuple[int, ...]
    """Extent of a tile along each row iterator."""
    n: int
    k: int
    panel: int
    """Tiles of rows in a panel; 0 for weights that stay while rows stream."""
    keep_weights: bool
    """Whether weights stay that were loaded, and so are loaded once: with a panel all, without one
    those of the columns at hand. Else one piece of them is there at a time."""
    held: tuple[int, ...]
    """Of a tile that is larger than the accumulators, what these hold at a time: the extent along
    each row iterator, and blocks of columns. Else empty: they hold all of it."""
    runs: bool
    """Whether whole runs of activations are loaded, though only some of their rows are read."""
    cycles: float = field(compare=False)


PER_STEP = 40.0
"""Cycles that a tile costs whatever its size: tokens, the array's depth."""
ROOMY = 0.65
"""The part of the free lines up to which loads for the next tile surely find room."""
SUMS_SHARE, SUM_LINES = 0.88, 4
"""The part of the free lines that sums may take, and the lines of a row of them."""
SUMS_WORTH = 0.9
"""They are taken there only where this saves a tenth: it needs more instructions."""
TIGHT = 0.15
"""How much of the shorter of loading and computing is not hidden where tiles fill all of them."""
EVEN, UNEVEN = 0.8, 0.25
"""Engines that are busy for about as long wait for each other now and then."""
IN_ORDER = 0.5
"""How much of the time in which the weights of a panel's later columns are loaded the bus of the
activations idles, if it is another: loads are issued in order."""
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


def cheapest(p: Problem, machine: Machine) -> Tiling | None:
    """The cheapest tiling, or None if nothing fits."""
    return _Search.of(p, machine).run()


def choose(p: Problem, machine: Machine) -> Tiling | None:
    """The same, as a decision."""
    chosen = decided(partial(cheapest, p), machine)
    assert chosen is None or isinstance(chosen, Tiling)
    return chosen


@dataclass(frozen=True)
class _Search:
    """A problem on a machine."""

    p: Problem
    machine: Machine
    hull: Callable[[tuple[int, ...], bool], tuple[int, int]]
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

    def bursts(self, run: int) -> float:
        """What a run of so many bytes takes of the bus, to what it has."""
        burst = self.machine.dma.burst
        return -(-run // burst) * burst / run

    def run(self) -> Tiling | None:
        """The cheapest tiling; what computes longer than the best takes is not looked at."""
        best: Tiling | None = None
        sums = [self.p.k_blocks] if self.p.whole_n else _divisions(self.p.k_blocks)
        for place in self.places():
            limit = inf if best is None else place.worth * best.cycles
            for tile, n in _tiles(self.p, place.rows):
                matrix = self.summed(place, tile)
                if matrix * self.p.repeat >= limit:
                    continue
                for k in sums:
                    if place.whole_sums and k < self.p.k_blocks:
                        continue
                    computed = self.computed(place, matrix, k)
                    if computed * self.p.repeat < limit:
                        found = self.priced(place, tile, n, k, computed)
                        if found is not None and found.cycles < limit:
                            best, limit = found, found.cycles
        return best

    def places(self) -> Iterator[_Place]:
        """Two accumulator tiles overlap summing and draining."""
        p = self.p
        yield _Place(p.acc_rows // 2)
        yield _Place(p.acc_rows, overlapped=False)
        if p.whole_n or p.vector_taps:
            return
        held = max(1, p.acc_rows // 2)
        if prod(p.rows) * p.n_blocks > held:
            yield _Place(prod(p.rows) * p.n_blocks, held=held, whole_sums=True)
        if p.k_blocks > 1:
            rows = int(SUMS_SHARE * p.spm_lines) // SUM_LINES
            yield _Place(rows, held=held, worth=SUMS_WORTH)

    def summed(self, place: _Place, tile: tuple[int, ...]) -> float:
        """What the array takes for all tiles."""
        p, array = self.p, self.machine.array
        if p.vector_taps:
            return 0.0
        at_once = row_tile(tile, place.held) if place.held else tile
        steps = prod(-(-e // t) for e, t in zip(p.rows, tile, strict=True))
        steps *= prod(-(-e // t) for e, t in zip(tile, at_once, strict=True))
        stream = max(prod(at_once) * array.rate[p.type], p.k_rows / array.load_rows_per_cycle) + 1
        return steps * p.n_blocks * p.taps * p.k_blocks * stream

    def computed(self, place: _Place, matrix: float, k: int) -> float:
        """What the array and the vector unit take for all tiles."""
        p, machine = self.p, self.machine
        passes = -(-p.k_blocks // k) * machine.array.cols / machine.vector.lanes
        vector = prod(p.rows) * p.n_blocks * (self.per_row + passes * place.keeps_sums(p, k))
        return max(matrix, vector) if place.overlapped else matrix + vector

    def priced(
        self, place: _Place, tile: tuple[int, ...], n: int, k: int, computed: float
    ) -> Tiling | None:
        """The best order of loops for one tile."""
        best: Tiling | None = None
        for runs in (False, True) if self.p.is_strided else (False,):
            cost = _Cost.of(self, place, tile, n, k, runs, computed)
            for panel, keep in _orders(cost.m_tiles, k < self.p.k_blocks, self.p.diagonal):
                lines = cost.lines(panel, keep)
                if lines > self.p.spm_lines:
                    continue
                cycles = cost.cycles(self, panel, keep, lines)
                if best is None or cycles < best.cycles:
                    best = Tiling(tile, n, k, panel, keep, place.part(tile, n), runs, cycles)
        return best


class _Place(NamedTuple):
    """Where the sums of a tile are."""

    rows: int
    """Rows of results that find room, times blocks of columns."""
    overlapped: bool = True
    """Whether the next tile is summed while the vector unit works on this one."""
    held: int = 0
    """Rows of accumulators that take the sums piece by piece, if they do not hold a tile."""
    whole_sums: bool = False
    """Whether a piece is summed up before the next one, so that no sums are in the scratchpad."""
    worth: float = 1.0
    """What part of the cycles of the places before it may take at most."""

    def keeps_sums(self, p: Problem, k: int) -> bool:
        """Whether unfinished sums lie in the scratchpad."""
        return self.held > 0 and k < p.k_blocks

    def part(self, tile: tuple[int, ...], n: int) -> tuple[int, ...]:
        """What accumulators hold of a tile at a time; see `Tiling.held`."""
        if not self.held:
            return ()
        rows = row_tile(tile, self.held)
        return (*rows, balanced(n, max(1, self.held // prod(rows))))


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


def _orders(m_tiles: int, split: bool, diagonal: bool) -> Iterator[tuple[int, bool]]:
    """Panels of more and more tiles; of a sum in parts, the activations of one tile are kept, and
    none where no other columns read them."""
    yield 0, False
    yield 0, True
    if diagonal:
        return
    if split:
        yield 1, False
        yield 1, True
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
    a_bytes: float
    """On the bus, where copies take whole bursts."""
    w_lines: int
    """Of the columns that are summed at a time."""
    column_lines: int
    """Of the numbers per column, for the columns of a tile."""
    kept_lines: tuple[int, int]
    """Of all columns of a tile and the whole sum, and of all weights."""
    out_lines: int
    """Of what is finished at a time."""
    rounded_lines: int
    fused_lines: int
    sum_lines: int
    columns: int
    """Pieces of a tile's columns, each with weights of its own."""
    pieces: int
    """In which accumulators take the sums."""
    computed: float
    drain: float
    line_bytes: int

    @staticmethod
    def of(
        search: _Search,
        place: _Place,
        tile: tuple[int, ...],
        n: int,
        k: int,
        runs: bool,
        computed: float,
    ) -> _Cost:
        p, array, rows = search.p, search.machine.array, prod(tile)
        hull, run = search.hull(tile, runs)
        a_lines = 0 if p.a_on_chip else hull * (n if p.diagonal else k) * p.width
        part = place.part(tile, n) or (*tile, n)
        finished = prod(part)
        return _Cost(
            prod(-(-e // t) for e, t in zip(p.rows, tile, strict=True)),
            -(-p.n_blocks // n),
            -(-p.k_blocks // k),
            a_lines,
            a_lines * array.cols * search.bursts(run * array.cols * p.width),
            part[-1] * k * p.w_lines,
            n * p.column_lines,
            (n * p.k_blocks * p.w_lines, p.n_blocks * p.k_blocks * p.w_lines),
            int(finished * p.out_row),
            finished * p.rounded_lines,
            p.fused_lines * rows,
            SUM_LINES * rows * n if place.keeps_sums(p, k) else 0,
            -(-n // part[-1]),
            prod(-(-e // t) for e, t in zip((*tile, n), part, strict=True)),
            computed,
            finished * search.per_row + array.rows + array.cols,
            array.cols,
        )

    def lines(self, panel: int, keep: bool) -> int:
        """Two of each tile, so that one is filled while the other is used, unless there is one."""
        a_tiles = max(1, panel)
        a = self.a_lines * a_tiles
        if panel and self.k_tiles > 1:  # each part makes room for that of the next tile
            a = self.a_lines * (self.k_tiles + (self.m_tiles > 1))
        elif a_tiles < self.m_tiles or self.k_tiles > 1:
            a *= 2
        if not keep:
            w = self.w_lines * (1 + (self.n_tiles * self.columns * self.k_tiles > 1))
        elif panel:
            w = self.kept_lines[1]
        else:
            w = self.kept_lines[0] + self.w_lines * (self.n_tiles > 1)
        out = self.out_lines + self.rounded_lines
        if not self.sum_lines:
            out *= 2
        columns = self.column_lines * (1 + (self.n_tiles > 1))
        return a + w + out + columns + 2 * self.fused_lines + self.sum_lines

    def cycles(self, search: _Search, panel: int, keep: bool, lines: int) -> float:
        """The slowest engine, and the time to fill and drain the pipeline."""
        p, line, (a_rate, w_rate, out_rate) = search.p, self.line_bytes, search.rates
        a = self.a_bytes * self.m_tiles * self.k_tiles
        w = p.n_blocks * p.k_blocks * p.w_lines * line
        out = prod(p.rows) * p.n_blocks * p.out_row * line
        a_times = 1 if panel else self.n_tiles
        w_times = 1 if keep else -(-self.m_tiles // panel) if panel else 1
        if not keep and self.k_tiles * self.columns > 1:
            w_times = self.m_tiles
        panels = -(-self.m_tiles // panel) if panel and self.n_tiles > 1 else 1
        w = w * w_times + p.n_blocks * p.column_lines * line * panels
        buses = {a_rate: 0.0, w_rate: 0.0, out_rate: 0.0}
        for rate, moved in ((a_rate, a * a_times), (w_rate, w), (out_rate, out)):
            buses[rate] += moved / rate
        moved = max(buses.values())
        if panel and a_rate != w_rate:
            later = w / w_rate * (self.n_tiles - 1) / self.n_tiles
            moved = max(moved, a * a_times / a_rate + IN_ORDER * later)
        steps = self.m_tiles * self.n_tiles * self.k_tiles * self.pieces
        first = self.a_bytes / a_rate + self.w_lines * line / w_rate
        last = self.drain + self.out_lines * line / out_rate
        tight = max(0.0, lines / p.spm_lines - ROOMY) / (1 - ROOMY)
        shown = 0.0 if self.sum_lines else TIGHT * tight * min(self.computed, moved)
        busy = self.computed + self.waits(panel, lines, a_rate, p.spm_lines)
        close = max(0.0, min(busy, moved) - EVEN * max(busy, moved))
        body = p.repeat * (max(busy, moved) + shown + UNEVEN * close)
        overhead = p.repeat * (PER_STEP * steps + PER_MOVED_CYCLE * moved)
        return body + first + last + overhead

    def waits(self, panel: int, lines: int, a_rate: float, spm_lines: int) -> float:
        """Cycles that the array waits for parts of a panel that its first columns need.

        If there is room for another panel, only the first one is waited for.
        """
        if not panel or self.k_tiles == 1:
            return 0.0
        whole = self.a_lines * self.k_tiles
        column = self.computed / (self.m_tiles * self.n_tiles)
        wait = max(0.0, self.a_bytes * self.k_tiles / a_rate - column)
        doubled = lines + whole - self.a_lines <= spm_lines
        return wait * (1 if doubled else self.m_tiles)
