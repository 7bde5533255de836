"""The vector kernel with lanes along a reduction: sums or maxima of rows, and products of a few.

A few results that share what they read, such as the columns of a narrow product, are computed
together: a row is then read once for all of them. So are a few rows from different parts of all, as
streams that come from memory faster than one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice, product

from xdsl.dialects import arith, vector
from xdsl.dialects.vector import CombiningKindAttr
from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import STREAMED_COLUMNS, factors_of, operands_of, parallel_order
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    dropped,
    read_lanes,
    read_scalar,
    when_written,
    write_scalar,
)
from dlir.lowering.structured_to_loops.bodies import COMBINERS, Body, as_factor, combiner
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.scalar import (
    first_value,
    fold_over,
    loop_over,
)
from dlir.lowering.structured_to_loops.strips import (
    NARROW_BYTES,
    WIDE_BYTES,
    strip_widths,
    strips,
    widest_vector,
)
from dlir.types import is_integer

FEW = 2
"""Results that have accumulators as wide as one alone; of more, all together have as many."""
ROWS = 4
"""That are walked together: streams from memory."""
TOGETHER = 8
"""Results that are computed together, unless a schedule has registers for more of them."""


def lower_sums(emit: Emitter, op: GenericOp, dim: int) -> None:
    """Write the loops with the reduction iterator `dim` along the lanes."""
    _Sums(emit, op, dim).write()


def joint_dim(op: GenericOp, space: Space) -> int | None:
    """The last iterator over few results: computed together, they share what they read."""
    inputs, out, _ = operands_of(op)
    if dropped(out, space):
        return None
    for dim in reversed(op.parallel_dims):
        few = 1 < op.static_extents()[dim] <= STREAMED_COLUMNS
        if few and dim != space.shared and not all(x.depends_on(dim) for x in inputs):
            return dim
    return None


class _Sums:
    """One op while it is written."""

    def __init__(self, emit: Emitter, op: GenericOp, dim: int):
        self.emit, self.op, self.dim = emit, op, dim
        self.space = Space.of(emit, op)
        self.inputs, self.out, self.extra = operands_of(op)
        self.body = Body(emit, op.body.block, self.space.at, dim)
        fold = combiner(op.body.block)
        assert fold is not None
        self.fold = fold
        self.factors = factors_of(op.body.block) if isinstance(fold, arith.AddfOp) else None
        self.joint = joint_dim(op, self.space)
        self.columns = 1 if self.joint is None else op.static_extents()[self.joint]
        self.loops = [d for d in parallel_order(op) if d != self.joint]
        self.row = self._inner_row()
        self.rows, widest = self._tile_shape()
        self.widths = widest, min(widest, widest_vector(self.inputs) * NARROW_BYTES // WIDE_BYTES)
        self.places: list[dict[int, Index]] = []
        """Of the results that are computed together, by iterator."""

    def _tile_shape(self) -> tuple[int, int]:
        """Rows that are walked together, and the lanes of each of their results."""
        tile = self.op.schedule.integers("vector") if self.op.schedule is not None else None
        if tile is not None:
            return tile[0], tile[1]
        rows = 1 if self.row is None else min(ROWS, TOGETHER // self.columns)
        results = max(FEW, 1 << (rows * self.columns - 1).bit_length())
        return rows, widest_vector(self.inputs) * FEW // results

    def write(self) -> None:
        """Tiles of rows, or single results."""
        emit, space, row = self.emit, self.space, self.row
        if row is None:
            point = when_written(emit, self.out, space, partial(self._tile, []))
            loop_over(emit, space, self.loops, point)
        else:
            outer = [d for d in self.loops if d != row]
            loop_over(emit, space, outer, partial(self._row_tiles, row))

    def _row_tiles(self, row: int) -> None:
        """As many rows at a time, each from another part of them all: a long stream of its own."""
        emit, extent = self.emit, self.space.extents[row]
        part = emit.div(extent, self.rows)

        def tile(i: Index, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            self._tile([emit.add(i, emit.mul(part, r)) for r in range(self.rows)])
            return []

        def single(i: Index, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            self._tile([i])
            return []

        shared = row == self.space.shared
        emit.loop(0, part, 1, [], tile, shared=shared)
        emit.loop(emit.mul(part, self.rows), extent, 1, [], single, shared=shared)

    def _inner_row(self) -> int | None:
        """The innermost loop, if it is one and all results are written."""
        long = [d for d in self.loops if self.space.extents[d] != 1]
        return long[-1] if long and not dropped(self.out, self.space) else None

    def _tile(self, rows: Sequence[Index]) -> None:
        """The results of these rows, or of the current one, and of all joint columns.

        What the longer side of the tile reads is used at once; registers hold the other's.
        """
        sides: list[tuple[int, Sequence[Index]]] = []
        if self.row is not None:
            sides.append((self.row, rows))
        if self.joint is not None:
            sides.append((self.joint, range(self.columns)))
        sides.sort(key=lambda side: -len(side[1]))
        dims = [dim for dim, _ in sides]
        at = product(*(places for _, places in sides))
        self.places = [dict(zip(dims, place, strict=True)) for place in at]
        widths = strip_widths(self.space.extents[self.dim], *self.widths)
        starts = [neutral(self.emit, self.fold, [n]) for n in widths for _ in self.places]
        outer = [d for d in self.op.reduction_dims if d != self.dim]
        folded = fold_over(self.emit, self.space, outer, starts, self._rows)
        for number, place in enumerate(self.places):
            self._go_to(place)
            pairs = zip(folded, starts, strict=True)
            mine = islice(pairs, number, None, len(self.places))
            self._finish([lanes for lanes, start in mine if lanes is not start])

    def _go_to(self, place: Mapping[int, Index]) -> None:
        for dim, index in place.items():
            self.space.at[dim] = index

    def _rows(self, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        count = len(self.places)
        split = [carried[:count], carried[count:]]
        widest, narrow = self.widths
        folded = strips(self.emit, self.space, self.dim, widest, split, self._strip, narrow=narrow)
        return [value for part in folded for value in part]

    def _strip(self, lanes: Lanes, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        """The accumulators with some lanes of each operand folded in."""
        read: dict[tuple[object, ...], SSAValue] = {}

        def term(number: int, place: Mapping[int, Index]) -> SSAValue:
            """What several results share is read once."""
            x = self.inputs[number]
            key = (number, *(index for dim, index in place.items() if x.depends_on(dim)))
            if key not in read:
                read[key] = read_lanes(self.emit, x, self.space, lanes)
            return read[key]

        values: list[SSAValue] = []
        for place, before in zip(self.places, carried, strict=True):
            self._go_to(place)
            terms = [term(number, place) for number in range(len(self.inputs))]
            value = self._fold(terms, before, lanes.width)
            if lanes.mask is not None:
                value = self.emit.insert(arith.SelectOp(lanes.mask, value, before))
            values.append(value)
        return values

    def _fold(self, terms: Sequence[SSAValue], before: SSAValue, width: int) -> SSAValue:
        """Products are added as they are, without a rounding of their own."""
        if self.factors is None:
            return self.emit.broadcast(self.body([*terms, before], width), [width])
        wide = [self.emit.broadcast(x, [width]) for x in terms]
        pairs = zip(wide, self.factors, strict=True)
        x, y = (as_factor(self.emit, value, f, self.op.accumulator_type) for value, f in pairs)
        return self.emit.insert(vector.FMAOp(x, y, before))

    def _finish(self, accumulators: Sequence[SSAValue]) -> None:
        """Fold the lanes, and write the result."""
        kind = CombiningKindAttr(COMBINERS[type(self.fold)][0])
        result = first_value(self.emit, self.op, self.out, self.space)
        for lanes in accumulators:
            result = reduce_lanes(self.emit, kind, lanes, result)
        if self.op.epilogue is not None:
            scalars = [read_scalar(self.emit, x, self.space) for x in self.extra]
            result = Body(self.emit, self.op.epilogue.block, self.space.at)([result, *scalars])
        write_scalar(self.emit, self.out, self.space, result)


def neutral(emit: Emitter, op: Operation, shape: Sequence[int]) -> SSAValue:
    """The vector that does not change a fold by `op`."""
    element = op.results[0].type
    value = COMBINERS[type(op)][1]
    if value is None:
        assert is_integer(element)
        half = 1 << (element.width.data - 1)
        value = -half if isinstance(op, arith.MaxSIOp) else half - 1
    return emit.splat(value, element, shape)


def reduce_lanes(
    emit: Emitter, kind: CombiningKindAttr, lanes: SSAValue, start: SSAValue
) -> SSAValue:
    """Fold a vector's lanes into a scalar."""
    op = vector.ReductionOp.create(
        operands=[lanes, start],
        result_types=[start.type],
        properties={"kind": kind, "fastmath": arith.FastMathFlagsAttr("none")},
    )
    return emit.insert(op)
