"""Cutting an iterator into vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import FixedBitwidthType, IndexType
from xdsl.ir import Attribute, SSAValue

from dlir.dialects.structured.roles import Operand
from dlir.lowering.structured_to_loops.access import Lanes, Space, lane_mask
from dlir.lowering.structured_to_loops.emitter import Emitter, Index

WIDE_BYTES = 256  # four 512-bit registers: enough independent chains to hide latency
NARROW_BYTES = 64


def strips(
    emit: Emitter,
    space: Space,
    dim: int,
    widest: int,
    carried: Sequence[Sequence[SSAValue]],
    body: Callable[[Lanes, Sequence[SSAValue]], Sequence[SSAValue]],
    part: tuple[Index, Index] | None = None,
    narrow: int | None = None,
) -> list[Sequence[SSAValue]]:
    """Cut the iterator into wide vectors, then narrow masked ones.

    `carried` holds one list of carried values per width; the final lists are returned. A `part` of
    the iterator is given by its first value and their number, and is not divided among threads.
    Without a `narrow` width that is a quarter of the widest.
    """
    start, count = part or (0, space.extents[dim])
    wide, narrow = strip_widths(count, widest, narrow)
    full = emit.add(start, emit.round_down(count, wide))
    end = emit.add(start, count)

    def wide_step(i: Index, values: Sequence[SSAValue]) -> Sequence[SSAValue]:
        space.at[dim] = i
        return body(Lanes(dim, wide), values)

    def narrow_step(i: Index, values: Sequence[SSAValue]) -> Sequence[SSAValue]:
        space.at[dim] = i
        exact = isinstance(count, int) and count % wide % narrow == 0
        mask = None if exact else lane_mask(emit, emit.sub(end, i), narrow)
        return body(Lanes(dim, narrow, mask), values)

    shared = part is None and dim == space.shared
    first = emit.loop(start, full, wide, carried[0], wide_step, shared=shared)
    if isinstance(count, int) and count % wide == 0:
        return [first, carried[1]]
    second = emit.loop(full, end, narrow, carried[1], narrow_step, shared=shared)
    return [first, second]


def strip_widths(extent: Index, widest: int, narrow: int | None = None) -> tuple[int, int]:
    """Wide and narrow vector lengths, powers of two; a wide one that divides the extent is best."""
    narrow = narrow or widest * NARROW_BYTES // WIDE_BYTES
    if not isinstance(extent, int):
        return widest, narrow
    wide = widest
    while wide > narrow and (extent % wide or extent < wide):
        wide //= 2
    exact = extent % wide == 0 and extent >= wide
    return (wide if exact or extent < widest else widest), narrow


def widest_vector(operands: Sequence[Operand]) -> int:
    """Elements in `WIDE_BYTES` of the largest element type (at least four bytes)."""
    return WIDE_BYTES // max([4, *(bytes_of(x.element) for x in operands)])


def bytes_of(element: Attribute) -> int:
    """Size of one element in memory."""
    if isinstance(element, IndexType):
        return 8
    assert isinstance(element, FixedBitwidthType)
    return max(1, element.bitwidth // 8)
