"""What a contraction asks the memory for ahead of its use.

The weights of a model do not fit into the caches: each panel of `b` comes from memory, and its
first tile would wait for it. So do epilogues for what they read, once per tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import FixedBitwidthType, MemRefType

from dlir.dialects.buffers import PrefetchOp
from dlir.dialects.structured.roles import Contraction, Operand
from dlir.lowering.structured_to_loops.access import Space, evaluate
from dlir.lowering.structured_to_loops.emitter import Emitter, Index

LINE_BYTES = 64
FIRST_CACHE, SECOND_CACHE = 3, 2
"""Localities: whether a line goes to the first cache too, or to the second one only."""


def per_line(operand: Operand) -> int | None:
    """Elements in a cache line; None for what is not in memory, or has elements of no fixed size"""
    element = operand.element
    if not isinstance(operand.value.type, MemRefType) or not isinstance(element, FixedBitwidthType):
        return None
    return max(1, LINE_BYTES * 8 // element.bitwidth)


def ask(emit: Emitter, operand: Operand, at: Sequence[Index], locality: int) -> None:
    """`memref.prefetch` of the operand's element at a point."""
    index = [evaluate(emit, form, at) for form in operand.forms]
    emit.insert_op(PrefetchOp(operand.value, emit.values(index), locality=locality))


def ask_for_row(emit: Emitter, operand: Operand, space: Space, dim: int, width: int) -> None:
    """The cache lines of `width` elements along an iterator, from the current point on."""
    step = per_line(operand)
    if step is None or not operand.depends_on(dim):
        return
    at = list(space.at)
    for lane in range(0, width, step):
        at[dim] = emit.add(space.at[dim], lane)
        ask(emit, operand, at, FIRST_CACHE)


@dataclass(frozen=True)
class NextPanel:
    """The panel of `b` behind the current one.

    The last tiles of a panel ask for the next one, each for one cache line in every row k; the
    tiles before ask for what they are about to read, since a branch would cost more.
    """

    emit: Emitter
    space: Space
    b: Operand
    panel: int
    lanes: int
    lines: int
    """Cache lines in a row of a panel."""

    @staticmethod
    def of(emit: Emitter, space: Space, roles: Contraction, columns: int) -> NextPanel | None:
        """None if b is not packed, or used for a single row."""
        step = per_line(roles.b)
        if roles.panel is None or roles.row is None or step is None:
            return None
        lines = max(1, columns // step)
        return NextPanel(emit, space, roles.b, roles.panel, roles.lanes, lines)

    def place(self, tiles_left: Index) -> tuple[Index, Index]:
        """The panel and the lane that the current tile asks for, the same in each of its rows."""
        emit, current = self.emit, self.space.at[self.panel]
        last = emit.sub(emit.dim(self.b.value, self._position()), 1)
        following = emit.min(emit.add(current, 1), last)
        takes_part = emit.compare("slt", tiles_left, self.lines)
        wanted = emit.insert(arith.SelectOp(takes_part, emit.value(following), emit.value(current)))
        step = per_line(self.b)
        assert step is not None
        return wanted, emit.mul(emit.min(tiles_left, self.lines - 1), step)

    def _position(self) -> int:
        """The dimension of b that counts panels."""
        return next(p for p, f in enumerate(self.b.forms) if f.plain_dim == self.panel)

    def ask(self, place: tuple[Index, Index]) -> None:
        """One line of row k, which the current point names."""
        at = list(self.space.at)
        at[self.panel], at[self.lanes] = place
        ask(self.emit, self.b, at, SECOND_CACHE)
