"""`structured-parallelize`: divide ops that are worth it among threads, in their schedules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log2, prod
from operator import mul

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.cost import (
    BYTES_PER_SECOND,
    FUNCTION_OPERATIONS,
    FUNCTIONS,
    OPERATIONS_PER_SECOND,
    PRODUCTS_PER_SECOND,
)
from dlir.dialects.structured.ops import GenericOp, ScanOp, SortOp, SparseMatmulOp, shape_of
from dlir.dialects.structured.roles import Contraction, Operand, match_contraction, planned
from dlir.dialects.structured.rows import block_of, rows_of
from dlir.transforms.division import Traffic, bytes_of
from dlir.transforms.hidden.mask import gain_of

REGION_SECONDS = 16e-6
"""Waking threads and meeting again costs about a microsecond; less work than this stays whole."""
SCAN_OPERATIONS = 10
SORT_OPERATIONS = 30
"""Of an element in a running fold, which waits for the one before; and per level of its heap."""
SWEEPS = 2
"""Of choosing: the first knows what was chosen for the ops before, the second for those behind."""
STRIP = 64
"""Elements along a result's last dimension that are computed at a time."""


@dataclass(frozen=True)
class StructuredParallelize(ModulePass):
    """Name the iterator whose loops `threads` threads share, in the schedule's `threads`.

    Of the parallel iterators it is the one that takes the least time: of the work, with threads
    that wait for the last one; of what every thread reads rather than its part; and of what comes
    from another core, because the op that wrote it is divided otherwise (`division.py`). So ops in
    a row are divided alike, by rows of an image, say, until one of them has more weights to read
    than pixels. Rows of scores under a mask count as those of a triangle, in which later rows see
    more keys and take longer (`structured-skip-hidden`): heads, if there are some, are the same
    work each. Running folds and sorts are divided by their rows. An op of less than about 20
    microseconds stays on one thread, and so does one that has a `threads` entry already.

    Before:
    ```mlir
    structured.generic {iterators = [parallel], ...}
        ins(%x : memref<1000000xf32>) outs(%y : memref<1000000xf32>) {...}
    ```
    After:
    ```mlir
    structured.generic {iterators = [parallel], schedule = #structured.schedule<threads = [0]>, ...}
        ins(%x : memref<1000000xf32>) outs(%y : memref<1000000xf32>) {...}
    ```
    """

    name = "structured-parallelize"

    threads: int = 1

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.threads < 2:
            return
        self._divide_groups(op)
        for inner in op.walk():
            if isinstance(inner, ScanOp | SortOp) and inner.schedule is None:
                self._divide_rows(inner)
            elif isinstance(inner, SparseMatmulOp) and _sparse_seconds(inner) >= REGION_SECONDS:
                schedule = inner.schedule or ScheduleAttr.get({})
                if schedule.integers("threads") is None:
                    inner.schedule = schedule.updated({"threads": [0]})

    def _divide_rows(self, op: ScanOp | SortOp) -> None:
        """The rows beside the axis, by the dimension that leaves the fewest threads waiting."""
        shape = [planned(n) for n in shape_of(op.operands[0])]
        steps = SCAN_OPERATIONS
        if isinstance(op, SortOp):
            steps = SORT_OPERATIONS * ceil(log2(max(planned(shape_of(op.outs)[_axis(op)]), 2)))
        if prod(shape) * steps / OPERATIONS_PER_SECOND < REGION_SECONDS:
            return
        rows = [(d, n) for d, n in enumerate(shape) if d != _axis(op) and n >= self.threads]
        if rows:
            dim, _ = min(rows, key=lambda row: ceil(row[1] / self.threads) / row[1])
            op.schedule = ScheduleAttr.get({"threads": [dim]})

    def _divide_groups(self, module: ModuleOp) -> None:
        traffic = Traffic(module, self.threads)
        groups = [_Group(ops, traffic) for ops in _groups(module)]
        for _ in range(SWEEPS):
            for group in groups:
                group.divide()
        for group in groups:
            group.write()


class _Group:
    """Ops that are walked together, so that one choice divides them all."""

    def __init__(self, ops: list[GenericOp], traffic: Traffic) -> None:
        self.ops, self.traffic = ops, traffic
        self.open: list[GenericOp] = []
        for op in ops:
            threads = op.schedule.integers("threads") if op.schedule is not None else None
            if threads is None:
                self.open.append(op)
            else:
                traffic.divided[op] = threads[0] if threads else None
        self.choices = list(self._choices()) if self.open else []

    def _choices(self) -> Iterator[tuple[dict[GenericOp, int], float]]:
        """The iterator of each op, for every way to divide the group, and the time of the work."""
        seconds = [_seconds(op, self.traffic.operands(op)) for op in self.ops]
        if sum(seconds) < REGION_SECONDS:
            return
        rows = [rows_of(op) for op in self.ops]
        dims = [r[1:] if r else op.parallel_dims for op, r in zip(self.ops, rows, strict=True)]
        shares = [_shares(op, self.traffic.threads) for op in self.ops]
        for choice in zip(*dims, strict=False):
            dim_of = dict(zip(self.ops, choice, strict=True))
            found = [s[dim] for s, dim in zip(shares, choice, strict=True) if dim in s]
            if len(found) == len(choice) and all(map(self._may_divide, self.ops, choice)):
                yield dim_of, sum(map(mul, seconds, found))

    def _may_divide(self, op: GenericOp, dim: int) -> bool:
        return op in self.open or self.traffic.divided[op] in (None, dim)

    def divide(self) -> None:
        best = min(self.choices, key=self._cost)[0] if self.choices else {}
        for op in self.open:
            self.traffic.divided[op] = best.get(op)

    def _cost(self, choice: tuple[dict[GenericOp, int], float]) -> float:
        dim_of, work = choice
        return work + sum(self.traffic.seconds(op, dim) for op, dim in dim_of.items())

    def write(self) -> None:
        for op in self.open:
            dim = self.traffic.divided.get(op)
            if dim is not None:
                op.schedule = (op.schedule or ScheduleAttr.get({})).updated({"threads": [dim]})


def _sparse_seconds(op: SparseMatmulOp) -> float:
    """About what one core needs."""
    return prod(shape_of(op.values)) * planned(shape_of(op.x)[1]) / OPERATIONS_PER_SECOND


def _axis(op: ScanOp | SortOp) -> int:
    return op.axis.value.data


def _groups(module: ModuleOp) -> list[list[GenericOp]]:
    """Ops whose rows are walked together, or which are one kernel, count as one."""
    groups: dict[object, list[GenericOp]] = {}
    for op in module.walk():
        if isinstance(op, GenericOp):
            rows, siblings = rows_of(op), _siblings(op)
            key = (op.parent, rows[0]) if rows else (op.parent, "siblings", siblings or op)
            groups.setdefault(key, []).append(op)
    return list(groups.values())


def _siblings(op: GenericOp) -> tuple[int, ...] | None:
    return op.schedule.integers("siblings") if op.schedule is not None else None


def _shares(op: GenericOp, threads: int) -> dict[int, float]:
    """Of an op's work, what the thread does that has most: for each parallel iterator that has
    something for every thread."""
    extents, roles = [planned(n) for n in op.static_extents()], match_contraction(op)
    masked = roles is not None and _has_rows_under_mask(op, roles)
    shares: dict[int, float] = {}
    for dim in op.parallel_dims:
        extent, step = extents[dim], _step(op, dim, roles)
        if (trips := ceil(extent / step)) >= threads:
            shares[dim] = min(1, ceil(trips / threads) * step / extent)
            if masked and roles is not None and dim == roles.row:
                shares[dim] *= 2 - 1 / threads  # work in the last rows of a triangle, by the mean
    return shares


def _has_rows_under_mask(op: GenericOp, roles: Contraction) -> bool:
    """Whether rows of scores are those of a mask, which may hide in each row other ones.

    Scores are products with keys of each head; a sum with one matrix for all is a layer.
    """
    if roles.row is None or not any(roles.b.depends_on(d) for d in roles.outer):
        return False
    masks = [x for x in roles.extra if roles.out.forms[-1] in x.forms]
    return any(x.depends_on(roles.row) for x in masks) and gain_of(op) is not None


def _step(op: GenericOp, dim: int, roles: Contraction | None) -> int:
    """How many values of an iterator its loop takes at a time."""
    last = op.out_forms[-1]
    lanes = min(last.dims, default=None, key=last.coefficients.__getitem__)
    tile = op.schedule.integers("vector") if op.schedule is not None else None
    rows, block = rows_of(op), block_of(op)
    if rows and block and dim == rows[-1]:
        return block
    if dim == lanes:
        return STRIP if tile is None else tile[-1]
    if tile is not None and roles is not None and dim == roles.row:
        return tile[0]
    return 1


def _seconds(op: GenericOp, operands: Sequence[Operand]) -> float:
    """About what one core needs: a kernel of products hides what it moves behind these."""
    points = prod(map(planned, op.static_extents()))
    moving = sum(map(bytes_of, operands)) / BYTES_PER_SECOND
    if op.schedule is not None and op.schedule.word("kernel") == "contraction":
        return max(points / PRODUCTS_PER_SECOND, moving)
    operations = len(op.inputs) + len(op.epilogue_inputs) + 1
    for inner in op.body.block.ops:
        operations += FUNCTION_OPERATIONS if type(inner) in FUNCTIONS else 1
    return points * operations / OPERATIONS_PER_SECOND + moving
