"""Which rows of which memrefs an engine op reads and writes, exactly.

A footprint is a slice where the rows follow each other, else an array of row numbers. Most ops of a
program differ in their first rows alone, so what a walk touches is kept relative to that row.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import SSAValue

from dlir.dialects.accel.ops import BinaryOp, EngineOp

Rows: TypeAlias = "slice | NDArray[np.int64]"


class Touch(NamedTuple):
    """One address of an op: what is read, or written (and perhaps read before)."""

    value: SSAValue
    write: bool
    rows: Rows


def touches(op: EngineOp) -> Iterator[Touch]:
    """What an op touches; the last address of every op is the one it writes."""
    trips = op.trips
    last = len(op.addresses) - 1
    for position, ((value, access), span) in enumerate(zip(op.accesses, op.spans(), strict=True)):
        if position == 0 and _ignores_x(op):
            continue
        rows = touched(access.steps, trips, span)
        yield Touch(value, position == last, shifted(rows, access.base))


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


@lru_cache(maxsize=4096)
def touched(steps: tuple[int, ...], trips: tuple[int, ...], span: tuple[int, int, int]) -> Rows:
    """The rows of a walk from row 0: pieces of `span` = (count, step, times) at every point."""
    count, step, times = span
    base, width = 0, count
    left: list[tuple[int, int]] = []
    for size, number in sorted(
        (abs(s), n) for s, n in zip((*steps, step), (*trips, times), strict=True) if n > 1 and s
    ):
        if size <= width and not left:
            width += size * (number - 1)
        else:
            left.append((size, number))
    base = sum(min(0, s * (n - 1)) for s, n in zip((*steps, step), (*trips, times), strict=True))
    if not left:
        return slice(base, base + width)
    rows = np.arange(base, base + width, dtype=np.int64)
    for size, number in left:
        rows = np.add.outer(np.arange(number) * size, rows).reshape(-1)
    return np.unique(rows)
