"""What a contraction asks the memory for ahead of its use.

The weights of a model do not fit into the caches: each panel of `b` comes from memory, and its
first tile would wait for it. So do epilogues for what they read, once per tile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import FixedBitwidthType, MemRefType

from dlir.dialects.buffers import PrefetchOp
from dlir.dialects.structured.roles import Contraction, Operand
from dlir.lowering.structured_to_loops.access import Space, evaluate
from dlir.lowering.structured_to_loops.emitter import Emitter, Index

LINE_BYTES = 64
FIRST_CACHE, SECOND_CACHE = 3, 2
"""Localities: whether a line goes to the first cache too, or to the second one only."""
ROWS_AHEAD = 32
"""Far enough to hide the time that memory takes, near enough to stay in the first cache."""


def per_line(operand: Operand) -> int | None:
    """Elements in a cache line; None for what is not in memory or has no fixed size."""
    element = operand.element
    if not isinstance(operand.value.type, MemRefType) or not isinstance(element, FixedBitwidthType):
        return None
    return max(1, LINE_BYTES * 8 // element.bitwidth)


def columns_per_line(roles: Contraction) -> int:
    """Columns of a packed b, each a group of elements or one, in a cache line."""
    elements = per_line(roles.b)
    assert elements is not None
    return max(1, elements // roles.b.forms[-1].coefficients[roles.lanes])


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


def ask_further_along(
    emit: Emitter, space: Space, roles: Contraction, inner: int, columns: int
) -> None:
    """All cache lines of the row of b that is needed `ROWS_AHEAD` steps of k later.

    For a panel that is used once, so that every row comes from far away. Behind the last row comes
    the next panel, as it does in memory.
    """
    step = columns_per_line(roles)
    at = list(space.at)
    at[inner] = emit.add(at[inner], ROWS_AHEAD)
    for lane in range(0, columns, step):
        at[roles.lanes] = lane
        ask(emit, roles.b, at, FIRST_CACHE)


def next_panel(
    emit: Emitter, space: Space, roles: Contraction, columns: int, tiles_left: Index
) -> Callable[[], None]:
    """What a tile asks for in every row k, while its panel is used by several tiles.

    The last tiles ask for the next panel, each for one cache line in every row; the tiles before
    ask for what they are about to read, since a branch would cost more.
    """
    b, panel, step = roles.b, roles.panel, columns_per_line(roles)
    assert panel is not None
    lines = max(1, columns // step)
    position = next(p for p, form in enumerate(b.forms) if form.plain_dim == panel)
    last = emit.sub(emit.dim(b.value, position), 1)
    following = emit.min(emit.add(space.at[panel], 1), last)
    takes_part = emit.compare("slt", tiles_left, lines)
    current = emit.value(space.at[panel])
    wanted = emit.insert(arith.SelectOp(takes_part, emit.value(following), current))
    lane = emit.mul(emit.min(tiles_left, lines - 1), step)

    def ask_for_line() -> None:
        at = list(space.at)
        at[panel], at[roles.lanes] = wanted, lane
        ask(emit, b, at, SECOND_CACHE)

    return ask_for_line
