"""`structured-parallelize`: divide ops that are worth it among threads, in their schedules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log2, prod

from xdsl.context import Context
from xdsl.dialects.builtin import FixedBitwidthType, ModuleOp
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
from dlir.dialects.structured.roles import Operand, match_contraction, operands_of, planned
from dlir.dialects.structured.rows import block_of, rows_of
from dlir.transforms.hidden.mask import gain_of

REGION_SECONDS = 16e-6
"""Waking threads and meeting again costs about a microsecond; less work than this stays whole."""
SCAN_OPERATIONS = 10
SORT_OPERATIONS = 30
"""Of an element in a running fold, which waits for the one before; and per level of its heap."""
STRIP = 64
"""Elements along a result's last dimension that are computed at a time."""


@dataclass(frozen=True)
class StructuredParallelize(ModulePass):
    """Name the iterator whose loops `threads` threads share, in the schedule's `threads`.

    Of the parallel iterators it is the one that leaves the fewest threads waiting at the end; among
    equals the one along which most bytes of the operands are divided rather than read by every
    thread. Rows of scores under a mask count as those of a triangle, in which later rows see more
    keys and take longer (`structured-skip-hidden`): heads, if there are some, are the same work
    each. Running folds and sorts are divided by their rows. An op of less than about 20
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
        for group in _groups(op):
            if sum(map(_seconds, group)) >= REGION_SECONDS:
                for inner in group:
                    self._divide(inner)
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

    def _divide(self, op: GenericOp) -> None:
        schedule = op.schedule or ScheduleAttr.get({})
        if schedule.integers("threads") is not None:
            return
        candidates = list(_candidates(op, self.threads))
        if candidates:
            _, dim = min(candidates)
            op.schedule = schedule.updated({"threads": [dim]})


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


def _candidates(op: GenericOp, threads: int) -> Iterator[tuple[tuple[float, int], int]]:
    """Parallel iterators that can be divided, each behind its cost."""
    inputs, out, extra = operands_of(op)
    rows = rows_of(op)
    for dim in op.parallel_dims if rows is None else rows[1:]:
        trips = _trips(op, dim)
        if trips < threads:
            continue
        waiting = ceil(trips / threads) * threads / trips
        if _is_row_under_mask(op, dim):
            waiting *= 2 - 1 / threads  # work in the last rows of a triangle, by the mean
        divided = sum(_bytes(x) for x in (*inputs, out, *extra) if x.depends_on(dim))
        yield (round(waiting, 1), -divided), dim


def _is_row_under_mask(op: GenericOp, dim: int) -> bool:
    """Whether an iterator numbers rows of scores that a mask may hide, in each row other ones.

    Scores are products with keys of each head; a sum with one matrix for all is a layer.
    """
    roles = match_contraction(op)
    if roles is None or dim != roles.row or gain_of(op) is None:
        return False
    has_heads = any(roles.b.depends_on(d) for d in roles.outer)
    masks = [x for x in roles.extra if roles.out.forms[-1] in x.forms]
    return has_heads and any(x.depends_on(dim) for x in masks)


def _trips(op: GenericOp, dim: int) -> int:
    """How often the loop of an iterator goes round."""
    extent, step = planned(op.static_extents()[dim]), 1
    lanes = min(op.out_forms[-1].dims, default=None, key=op.out_forms[-1].coefficients.__getitem__)
    tile = op.schedule.integers("vector") if op.schedule is not None else None
    rows, block = rows_of(op), block_of(op)
    if rows and block and dim == rows[-1]:
        step = block
    elif dim == lanes:
        step = STRIP if tile is None else tile[-1]
    elif tile is not None and (roles := match_contraction(op)) is not None and dim == roles.row:
        step = tile[0]
    return ceil(extent / step)


def _bytes(operand: Operand) -> int:
    element = operand.element
    width = element.bitwidth if isinstance(element, FixedBitwidthType) else 64
    return prod(map(planned, shape_of(operand.value))) * width // 8


def _seconds(op: GenericOp) -> float:
    """About what one core needs: a kernel of products hides what it moves behind these."""
    points = prod(map(planned, op.static_extents()))
    inputs, out, extra = operands_of(op)
    moving = sum(map(_bytes, (*inputs, out, *extra))) / BYTES_PER_SECOND
    if op.schedule is not None and op.schedule.word("kernel") == "contraction":
        return max(points / PRODUCTS_PER_SECOND, moving)
    operations = len(op.inputs) + len(op.epilogue_inputs) + 1
    for inner in op.body.block.ops:
        operations += FUNCTION_OPERATIONS if type(inner) in FUNCTIONS else 1
    return points * operations / OPERATIONS_PER_SECOND + moving
