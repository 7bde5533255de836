"""The vector kernel with lanes along a reduction: sums or maxima of rows, and products of a few.

A few results that share what they read, such as the columns of a narrow product, are computed
together: a row is then read once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, vector
from xdsl.dialects.vector import CombiningKindAttr
from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import STREAMED_COLUMNS, operands_of, parallel_order
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    dropped,
    read_lanes,
    read_scalar,
    when_written,
    write_scalar,
)
from dlir.lowering.structured_to_loops.bodies import COMBINERS, Body, combiner
from dlir.lowering.structured_to_loops.emitter import Emitter
from dlir.lowering.structured_to_loops.scalar import first_value, fold_over, loop_over
from dlir.lowering.structured_to_loops.strips import strip_widths, strips, widest_vector
from dlir.types import is_integer

FEW = 2
"""Sums that have accumulators as wide as one alone; of more, all together have twice as many."""


def lower_sums(emit: Emitter, op: GenericOp, dim: int) -> None:
    """Write the loops with the reduction iterator `dim` along the lanes."""
    sums = _Sums(emit, op, dim)
    loops = [d for d in parallel_order(op) if d != sums.joint]
    loop_over(emit, sums.space, loops, when_written(emit, sums.out, sums.space, sums.point))


def joint_dim(op: GenericOp, space: Space) -> int | None:
    """An iterator over few results that are computed together, for they share what they read."""
    inputs, out, _ = operands_of(op)
    if dropped(out, space):
        return None
    for dim in op.parallel_dims:
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
        self.joint = joint_dim(op, self.space)
        self.count = 1 if self.joint is None else op.static_extents()[self.joint]
        together = max(FEW, 1 << (self.count - 1).bit_length())
        self.widest = widest_vector(self.inputs) * FEW // together

    def go_to(self, place: int) -> None:
        """Of the results that are computed together."""
        if self.joint is not None:
            self.space.at[self.joint] = place

    def point(self) -> None:
        """The results at one place of the other iterators."""
        widths = strip_widths(self.space.extents[self.dim], self.widest)
        starts = [neutral(self.emit, self.fold, [n]) for n in widths for _ in range(self.count)]
        outer = [d for d in self.op.reduction_dims if d != self.dim]
        folded = fold_over(self.emit, self.space, outer, starts, self._rows)
        for place in range(self.count):
            self.go_to(place)
            pairs = zip(folded[place :: self.count], starts[place :: self.count], strict=True)
            self._finish([lanes for lanes, start in pairs if lanes is not start])

    def _rows(self, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        split = [carried[: self.count], carried[self.count :]]
        folded = strips(self.emit, self.space, self.dim, self.widest, split, self._strip)
        return [value for part in folded for value in part]

    def _strip(self, lanes: Lanes, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        """The accumulators with some lanes of each operand folded in."""
        values: list[SSAValue] = []
        terms: dict[int, SSAValue] = {}
        for place, before in enumerate(carried):
            self.go_to(place)
            for number, x in enumerate(self.inputs):
                if place == 0 or (self.joint is not None and x.depends_on(self.joint)):
                    terms[number] = read_lanes(self.emit, x, self.space, lanes)
            value = self.body([*terms.values(), before], lanes.width)
            value = self.emit.broadcast(value, [lanes.width])
            if lanes.mask is not None:
                value = self.emit.insert(arith.SelectOp(lanes.mask, value, before))
            values.append(value)
        return values

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
