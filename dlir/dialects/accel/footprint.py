"""Which rows of which memrefs an engine op reads and writes, exactly.

A footprint is a slice where the rows follow each other, else an array of row numbers. Most ops of a
program differ in their first rows alone, so what a walk touches is kept relative to that row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import SSAValue

from dlir.dialects.accel.decode import Decoded, decode
from dlir.dialects.accel.ops import BinaryOp, EngineOp

Rows: TypeAlias = "slice | NDArray[np.int64]"


class Touch(NamedTuple):
    """One address of an op: what is read, or written (and perhaps read before)."""

    value: SSAValue
    write: bool
    rows: Rows


@dataclass
class Footprints:
    """What the ops of one program touch."""

    known: dict[Any, list[tuple[int, bool, Rows]]] = field(
        default_factory=dict[Any, list[tuple[int, bool, Rows]]]
    )
    """Op without its bases -> per address that counts: its number, whether it is written, and its
    rows from the base on."""

    def of(self, op: EngineOp) -> Iterator[Touch]:
        """What an op touches; the last address of every op is the one it writes."""
        decoded = decode(op)
        key = (op.name, *decoded[2:])
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = _relative(op, decoded)
        for position, write, rows in found:
            base = decoded.bases[position]
            yield Touch(decoded.values[position], write, shifted(rows, base))


def _relative(op: EngineOp, decoded: Decoded) -> list[tuple[int, bool, Rows]]:
    last = len(decoded.bases) - 1
    return [
        (position, position == last, touched(steps, decoded.trips, span))
        for position, (steps, span) in enumerate(zip(decoded.steps, op.spans(), strict=True))
        if position or not _ignores_x(op)
    ]


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
