"""The transposing kernel: copies whose input and result are contiguous along different iterators.

Square tiles are loaded row by row, transposed in registers and stored column by column. The
in-register transpose swaps off-diagonal blocks of halving size, log2(N) shuffles per row (Eklundh,
"A Fast Computer Method for Matrix Transposing", 1972).

Of bytes a tile has 16 x 16, and four of them lie side by side in a register. They interleave each
row with the one half a tile further down, log2(N) times (Stone, "Parallel Processing with the
Perfect Shuffle", 1971): that is an instruction of every machine, for all four tiles at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import vector
from xdsl.dialects.builtin import DenseArrayBase, i64
from xdsl.ir import SSAValue

from dlir.dialects.shared import vector_type
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Operand, is_copy, operands_of, parallel_order
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    lane_mask,
    read_lanes,
    read_scalar,
    write_lanes,
    write_scalar,
)
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.scalar import loop_over
from dlir.lowering.structured_to_loops.streaming import in_versions, takes_lines
from dlir.lowering.structured_to_loops.strips import NARROW_BYTES, bytes_of
from dlir.types import is_vector

NEIGHBOURS = 4
"""Tiles beside each other in the result that are done in turn: 256 bytes of each of its lines."""


@dataclass(frozen=True)
class Transpose:
    """`out[.., j, .., i] = x[.., i, .., j]`: j is contiguous in x, i in the result."""

    x: Operand
    out: Operand
    i: int
    j: int


def match_transpose(op: GenericOp) -> Transpose | None:
    """The roles, if the op is such a copy and never reads outside of its input."""
    if not is_copy(op):
        return None
    inputs, out, _ = operands_of(op)
    x = inputs[0]
    if not x.forms or x.escapes(op.static_extents()):
        return None
    i, j = out.forms[-1].plain_dim, x.forms[-1].dims
    if i is None or len(j) != 1 or j[0] == i or x.forms[-1].coefficients[j[0]] != 1:
        return None
    if any(f.coefficients[j[0]] for f in x.forms[:-1]) or not x.depends_on(i):
        return None
    return Transpose(x, out, i, j[0])


def lower_transpose(emit: Emitter, op: GenericOp, roles: Transpose) -> None:
    """Tiles of N x N, then what is left of rows and columns."""
    in_versions(emit, op, lambda streaming: _Kernel(emit, op, roles, streaming).write())


class _Kernel:
    """The loops of one transposing copy."""

    def __init__(self, emit: Emitter, op: GenericOp, roles: Transpose, streaming: bool):
        self.emit, self.roles, self.streaming = emit, roles, streaming
        self.space = Space.of(emit, op)
        size = bytes_of(roles.x.element)
        self.side = NARROW_BYTES // max(4, size)
        self.wide = NARROW_BYTES if size == 1 else self.side
        self.outer = [d for d in parallel_order(op) if d not in (roles.i, roles.j)]

    def write(self) -> None:
        loop_over(self.emit, self.space, self.outer, self._plane)

    def _plane(self) -> None:
        """Groups of neighbouring tiles, so that a page of the result is met fewer times; a rest."""
        emit, i, j = self.emit, self.roles.i, self.roles.j
        extent, group = self.space.extents[i], NEIGHBOURS * self.side
        full = emit.round_down(extent, group)

        def one_group(first: Index, _: Sequence[SSAValue]) -> list[SSAValue]:
            self._cut(j, lambda columns: self._neighbours(first, columns))
            return []

        emit.loop(0, full, group, [], one_group, shared=i == self.space.shared)
        self._cut(i, lambda rows: self._cut(j, self._tile_of(rows)), full)

    def _neighbours(self, first: Index, columns: int | None) -> None:
        """One group of full tiles along i."""

        def tile(i: Index, _: Sequence[SSAValue]) -> list[SSAValue]:
            self.space.at[self.roles.i] = i
            self._block(self.side, columns)
            return []

        behind = self.emit.add(first, NEIGHBOURS * self.side)
        self.emit.loop(first, behind, self.side, [], tile)

    def _tile_of(self, rows: int | None) -> Callable[[int | None], None]:
        return lambda columns: self._block(rows, columns)

    def _cut(self, dim: int, body: Callable[[int | None], None], start: Index = 0) -> None:
        """`body(count)` for every `count` iterations; None stands for single, uncounted ones."""
        emit, extent, side = self.emit, self.space.extents[dim], self.side
        full = emit.round_down(extent, side)
        wide = emit.round_down(extent, self.wide) if dim == self.roles.j else start

        def step(count: int | None) -> Callable[[Index, Sequence[SSAValue]], list[SSAValue]]:
            def at(i: Index, _: Sequence[SSAValue]) -> list[SSAValue]:
                self.space.at[dim] = i
                body(count)
                return []

            return at

        shared = dim == self.space.shared
        if wide != start:
            emit.loop(start, wide, self.wide, [], step(self.wide), shared=shared)
        if self.wide != side or wide == start:
            emit.loop(wide, full, side, [], step(side), shared=shared)
        if isinstance(extent, int):
            rest = extent % side
            emit.loop(full, extent, side, [], step(rest), shared=shared)
        else:
            emit.loop(full, extent, 1, [], step(None), shared=shared)

    def _block(self, rows: int | None, columns: int | None) -> None:
        if rows is not None and columns is not None:
            self._tile(rows, columns)
            return
        dims = [(self.roles.i, rows), (self.roles.j, columns)]
        self._single([(d, n) for d, n in dims if n is not None])

    def _single(self, counted: Sequence[tuple[int, int]]) -> None:
        """Element by element, where a rest is known at run time only."""
        if not counted:
            value = read_scalar(self.emit, self.roles.x, self.space)
            write_scalar(self.emit, self.roles.out, self.space, value)
            return
        (dim, count), rest = counted[0], counted[1:]
        first = self.space.at[dim]

        def step(i: Index, _: Sequence[SSAValue]) -> list[SSAValue]:
            self.space.at[dim] = i
            self._single(rest)
            return []

        self.emit.loop(first, self.emit.add(first, count), 1, [], step)
        self.space.at[dim] = first

    def _tile(self, rows: int, columns: int) -> None:
        """rows x columns of x become columns x rows of the result; both at most `side`, or columns
        as many as stand side by side."""
        emit, x, out = self.emit, self.roles.x, self.roles.out
        width = max(self.side, columns)
        lanes = Lanes(self.roles.j, width) if columns == width else self._lanes(columns)
        zero = emit.splat(0.0, x.element, [width])
        lines = [
            self._at(self.roles.i, r, lambda: read_lanes(emit, x, self.space, lanes))
            for r in range(rows)
        ]
        lines += [zero] * (self.side - rows)
        written = self._lanes(rows, self.roles.i)
        streaming = self.streaming and takes_lines(out, written)
        turn = interleaved if bytes_of(x.element) == 1 else transposed
        for c, line in enumerate(turn(emit, lines)[:columns]):
            self._at(
                self.roles.j,
                c,
                lambda v=line: write_lanes(emit, out, self.space, written, v, streaming),
            )

    def _lanes(self, count: int, dim: int | None = None) -> Lanes:
        """The first lanes of a tile."""
        mask = None if count == self.side else lane_mask(self.emit, count, self.side)
        return Lanes(self.roles.j if dim is None else dim, self.side, mask)

    def _at(self, dim: int, offset: int, action: Callable[[], SSAValue | None]) -> SSAValue:
        """Do something `offset` further along an iterator."""
        first = self.space.at[dim]
        self.space.at[dim] = self.emit.add(first, offset)
        result = action()
        self.space.at[dim] = first
        return result  # pyright: ignore[reportReturnType]


def transposed(emit: Emitter, lines: Sequence[SSAValue]) -> list[SSAValue]:
    """The columns of N lines of N elements, N a power of two."""
    side = len(lines)
    current = list(lines)
    block = side // 2
    while block:
        upper = [n if not n & block else side + n - block for n in range(side)]
        lower = [n + block if not n & block else side + n for n in range(side)]
        following = list(current)
        for i in range(side):
            if not i & block:
                a, b = current[i], current[i + block]
                following[i] = _shuffle(emit, a, b, upper)
                following[i + block] = _shuffle(emit, a, b, lower)
        current = following
        block //= 2
    return current


def interleaved(emit: Emitter, lines: Sequence[SSAValue]) -> list[SSAValue]:
    """The columns of N lines, N a power of two, in which tiles of N x N stand side by side."""
    side, width = len(lines), _width(lines[0])
    firsts = range(0, width, side)
    current = list(lines)
    for _ in range(side.bit_length() - 1):
        pairs = list(zip(current[: side // 2], current[side // 2 :], strict=True))
        current = [
            _shuffle(emit, a, b, [n for f in firsts for k in half for n in (f + k, width + f + k)])
            for a, b in pairs
            for half in (range(side // 2), range(side // 2, side))
        ]
    if width == side:
        return current
    return [_shuffle(emit, x, x, range(first, first + side)) for first in firsts for x in current]


def _width(line: SSAValue) -> int:
    assert is_vector(line.type)
    return line.type.get_shape()[0]


def _shuffle(emit: Emitter, a: SSAValue, b: SSAValue, mask: Sequence[int]) -> SSAValue:
    assert is_vector(a.type)
    order = DenseArrayBase.from_list(i64, list(mask))
    result = vector_type(a.type.element_type, [len(mask)])
    return emit.insert(vector.ShuffleOp(a, b, order, result_type=result))
