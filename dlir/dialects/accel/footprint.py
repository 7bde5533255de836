"""Which rows of which memrefs an engine op reads and writes, exactly.

A footprint is a slice where the rows follow each other, else an array of row numbers. Most ops of a
program differ in their first rows alone, so what a walk touches is kept relative to that row.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.accel.ops import BinaryOp, EngineOp

Rows: TypeAlias = "slice | NDArray[np.int64]"


class Touch(NamedTuple):
    """One address of an op: what is read, or written (and perhaps read before)."""

    position: int
    write: bool
    rows: Rows


def touches_of(
    op: EngineOp, steps: tuple[tuple[int, ...], ...], trips: tuple[int, ...]
) -> tuple[Touch, ...]:
    """What an op touches from the base of each walk on; it writes the last address."""
    last = len(steps) - 1
    return tuple(
        Touch(position, position == last, touched(own, trips, span))
        for position, (own, span) in enumerate(zip(steps, op.spans(), strict=True))
        if position or not _ignores_x(op)
    )


def _ignores_x(op: EngineOp) -> bool:
    """`fill` takes nothing of its first operand but the type."""
    return isinstance(op, BinaryOp) and op.field("fn") == "fill"


def shifted(rows: Rows, by: int) -> Rows:
    """The rows `by` further on."""
    if isinstance(rows, slice):
        return slice(rows.start + by, rows.stop + by)
    return rows + by


def scaled(rows: Rows, lines: int, first: int) -> Rows:
    """The lines of rows that take `lines` lines each, from line `first` on."""
    if isinstance(rows, slice):
        return slice(first + rows.start * lines, first + rows.stop * lines)
    if lines == 1:
        return rows + first
    return (first + rows[:, None] * lines + np.arange(lines)).reshape(-1)


def touched(steps: tuple[int, ...], trips: tuple[int, ...], span: tuple[int, int, int]) -> Rows:
    """The rows of a walk from row 0: pieces of `span` = (count, step, times) at every point."""
    width, step, times = span
    loops = [(s, n) for s, n in zip((*steps, step), (*trips, times), strict=True) if n > 1 and s]
    apart: list[tuple[int, int]] = []
    for size, number in sorted((abs(s), n) for s, n in loops):
        if size <= width and not apart:
            width += size * (number - 1)  # pieces that meet are one
        else:
            apart.append((size, number))
    base = sum(min(0, s * (n - 1)) for s, n in loops)
    if not apart:
        return slice(base, base + width)
    rows = np.arange(base, base + width, dtype=np.int64)
    for size, number in apart:
        rows = np.add.outer(np.arange(number) * size, rows).reshape(-1)
    return np.unique(rows)
