"""The row kernel: a reduction over rows that are long and read once, such as the sums of columns.

Registers hold a few columns at a time, and walking down these skips through memory: each step is
another page, and no prefetcher follows. So rows are read as they lie, and the accumulators are the
result's own elements, a strip of them that stays in the nearest cache; some rows are taken together
so that accumulators are loaded and stored less often than elements are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp, element_type_of
from dlir.dialects.structured.roles import Operand, operands_of, parallel_order, planned
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    read_lanes,
    when_written,
    write_lanes,
    written_lanes,
)
from dlir.lowering.structured_to_loops.bodies import Body
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.scalar import loop_over
from dlir.lowering.structured_to_loops.strips import bytes_of, strips, widest_vector

STRIP_BYTES = 16384
"""Of accumulators: whole pages of each row are read."""
SHARED_STRIP_BYTES = 4096
"""Shorter strips where threads divide them, so that there are enough."""
ROWS = 8
"""Taken together: as many streams as prefetchers follow."""
FEWEST_ROWS = 2 * ROWS


def goes_by_rows(op: GenericOp, dim: int) -> bool:
    """Whether many elements per column are each read once, and `outs` can hold accumulators."""
    extents = [*map(planned, op.static_extents())]
    inputs, out, _ = operands_of(op)
    return (
        dim in op.parallel_dims
        and prod(extents[d] for d in op.reduction_dims) >= FEWEST_ROWS
        and extents[dim] > widest_vector(inputs)
        and op.accumulator_type == element_type_of(op.outs)
        and out.forms[-1].plain_dim == dim
        and any(_is_read_once(x, extents) for x in inputs)
    )


def _is_read_once(operand: Operand, extents: Sequence[int]) -> bool:
    """Whether each point reads an element of its own; iterators of one step count for nothing."""
    dims = {form.plain_dim for form in operand.forms}
    return None not in dims and all(d in dims for d, n in enumerate(extents) if n != 1)


def lower_rows(emit: Emitter, op: GenericOp, dim: int) -> None:
    """Strips of the result, and for each all of the rows."""
    rows = _Rows(emit, op, dim)
    outer = [d for d in parallel_order(op) if d != dim]
    guarded = when_written(emit, rows.out, rows.space, rows.columns, dim)
    loop_over(emit, rows.space, outer, guarded)


class _Rows:
    """One op while it is written."""

    def __init__(self, emit: Emitter, op: GenericOp, dim: int):
        self.emit, self.op, self.dim = emit, op, dim
        self.space = Space.of(emit, op)
        self.inputs, self.out, self.extra = operands_of(op)
        self.body = Body(emit, op.body.block, self.space.at, dim)
        self.widest = widest_vector([*self.inputs, self.out])

    def columns(self) -> None:
        """All columns, a strip at a time."""
        extent, shared = self.space.extents[self.dim], self.dim == self.space.shared
        width = (SHARED_STRIP_BYTES if shared else STRIP_BYTES) // bytes_of(self.out.element)

        def strip(first: Index, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            exact = isinstance(extent, int) and extent % width == 0
            count = width if exact else self.emit.min(width, self.emit.sub(extent, first))
            self._strip(first, count)
            return []

        self.emit.loop(0, extent, width, [], strip, shared=shared)

    def _strip(self, first: Index, count: Index) -> None:
        if self.op.init is not None:
            start = self.emit.constant(self.op.init)
            self._each(first, count, lambda _: start)
        *outer, inner = self.op.reduction_dims

        def together(rows: int) -> Callable[[Index, Sequence[SSAValue]], Sequence[SSAValue]]:
            def step(row: Index, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
                self._each(first, count, lambda lanes: self._folded(lanes, inner, row, rows))
                return []

            return step

        def all_rows() -> None:
            extent = self.space.extents[inner]
            most = self.emit.round_down(extent, ROWS)
            self.emit.loop(0, most, ROWS, [], together(ROWS))
            self.emit.loop(most, extent, 1, [], together(1))

        loop_over(self.emit, self.space, outer, all_rows)
        if self.op.epilogue is not None:
            self._each(first, count, self._finished)

    def _each(self, first: Index, count: Index, value: Callable[[Lanes], SSAValue]) -> None:
        """Set the accumulators of a strip."""

        def write(lanes: Lanes, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            lanes = written_lanes(self.emit, self.out, self.space, lanes)
            write_lanes(self.emit, self.out, self.space, lanes, value(lanes))
            return []

        strips(self.emit, self.space, self.dim, self.widest, [[], []], write, (first, count))

    def _folded(self, lanes: Lanes, dim: int, row: Index, rows: int) -> SSAValue:
        """The accumulators with some rows folded in, one after the other."""
        value = read_lanes(self.emit, self.out, self.space, lanes)
        for number in range(rows):
            self.space.at[dim] = self.emit.add(row, number)
            terms = [read_lanes(self.emit, x, self.space, lanes) for x in self.inputs]
            value = self.body([*terms, value], lanes.width)
        return value

    def _finished(self, lanes: Lanes) -> SSAValue:
        assert self.op.epilogue is not None
        value = read_lanes(self.emit, self.out, self.space, lanes)
        terms = [read_lanes(self.emit, x, self.space, lanes) for x in self.extra]
        epilogue = Body(self.emit, self.op.epilogue.block, self.space.at, self.dim)
        return epilogue([value, *terms], lanes.width)
