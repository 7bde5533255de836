"""The contraction kernel: a register tile of MR x NR accumulators, carried through the k loops.

    for each panel of NR columns, for each tile of MR rows:
      acc : vector<MRxNR> = 0
      for k...:  acc += column(a, MR x 1) * row(b, NR)        one fused multiply-add per register,
                                                              or a product and a sum of integers
      out tile = epilogue(acc)

The tile is one SSA value from zero to store, so no accumulator ever sees memory, unless the op is
one block of a longer sum: without an `init` the tile starts from what `out` holds. `a` is read in
place; `b` is read in rows of NR neighbours, best from a packed layout `[N/NR, k..., NR]`, which
shows in the op's own maps: the result's last index is `NR * nb + nr`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import TypeAlias, TypeVar

from xdsl.dialects import arith, memref, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    AnyFloat,
    MemRefType,
    NoneAttr,
    StridedLayoutAttr,
)
from xdsl.ir import SSAValue

from dlir.diagnostics import fail
from dlir.dialects.shared import vector_type
from dlir.dialects.structured.dots import factors_in_order
from dlir.dialects.structured.ops import GenericOp, shape_of
from dlir.dialects.structured.roles import Contraction, Factor, Operand
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    evaluate,
    lane_mask,
    read_lanes,
    read_scalar,
    write_lanes,
)
from dlir.lowering.structured_to_loops.bodies import Body, as_factor, element_of
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.prefetch import (
    ask_for_row,
    ask_further_along,
    next_panel,
    per_line,
)
from dlir.lowering.structured_to_loops.scalar import fold_over, loop_over
from dlir.types import is_memref, is_vector

T = TypeVar("T")


def lower_contraction(emit: Emitter, op: GenericOp, roles: Contraction, kernel: MakeKernel) -> None:
    """Write the loops, with the register tile that the schedule names."""
    assert op.schedule is not None
    shape = op.schedule.integers("vector")
    if shape is None or len(shape) != 2 or min(shape) < 1:
        fail(op, "a contraction needs a register tile in its schedule, vector = [rows, columns]")
    if roles.panel is not None:
        columns = roles.out.forms[-1].coefficients[roles.panel]
        if columns != shape[1]:
            fail(
                op,
                f"the operands come in panels of {columns} columns, but the schedule asks for "
                f"vector = [{shape[0]}, {shape[1]}]",
            )
    kernel(emit, op, roles, *shape).write()


MakeKernel: TypeAlias = "Callable[[Emitter, GenericOp, Contraction, int, int], Kernel]"


class Kernel:
    """The loops of one contraction, outermost first."""

    def __init__(self, emit: Emitter, op: GenericOp, roles: Contraction, rows: int, columns: int):
        self.emit, self.op, self.roles = emit, op, roles
        self.rows, self.columns = rows, columns
        self.space = Space.of(emit, op)
        self.element = op.accumulator_type
        parts = op.schedule.integers("parts") if op.schedule is not None else None
        self.parts = parts[0] if parts else 1
        shared = [d for d in roles.outer if roles.b.depends_on(d)]
        self.shared, self.private = shared, [d for d in roles.outer if d not in shared]

    def write(self) -> None:
        """Loops over batch-like iterators that b depends on, then panels, then row iterators."""

        def panel(lanes: Lanes) -> None:
            loop_over(self.emit, self.space, self.private, lambda: self._row_tiles(lanes))

        loop_over(self.emit, self.space, self.shared, lambda: self._panels(panel))

    def _panels(self, body: Callable[[Lanes], None]) -> None:
        """Full panels of NR columns, then one masked panel for the rest."""
        emit, roles, width = self.emit, self.roles, self.columns
        total = emit.dim(roles.out.value, len(roles.out.forms) - 1)
        full = emit.div(total, width)
        counter = roles.lanes if roles.panel is None else roles.panel

        def step(i: Index, _: Sequence[SSAValue], partial: bool) -> Sequence[SSAValue]:
            first = emit.mul(i, width)
            self.space.at[roles.lanes] = first if roles.panel is None else 0
            if roles.panel is not None:
                self.space.at[counter] = i
            mask = lane_mask(emit, emit.sub(total, first), width) if partial else None
            body(Lanes(roles.lanes, width, mask))
            return []

        shared = counter == self.space.shared
        emit.loop(0, full, 1, [], lambda i, c: step(i, c, False), shared=shared)
        count = emit.div(emit.add(total, width - 1), width)
        emit.loop(full, count, 1, [], lambda i, c: step(i, c, True), shared=shared)

    def _row_tiles(self, lanes: Lanes) -> None:
        """Tiles of MR rows, then smaller ones: exact for a known extent, else pairs and singles."""
        row = self.roles.row
        if row is None:
            self._tile(1, lanes)
            return
        extent = self.space.extents[row]
        start: Index = 0
        heights = [self.rows, *(h for h in (2, 1) if h < self.rows)]
        if isinstance(extent, int):
            rest = extent % self.rows
            heights = [self.rows, rest] if rest else [self.rows]
        for height in heights:
            covered = self.emit.round_down(self.emit.sub(extent, start), height)
            end = self.emit.add(start, covered)
            tile = self._at_row(row, height, lanes)
            self.emit.loop(start, end, height, [], tile, shared=row == self.space.shared)
            start = end

    def _at_row(
        self, row: int, height: int, lanes: Lanes
    ) -> Callable[[Index, Sequence[SSAValue]], Sequence[SSAValue]]:
        def tile(i: Index, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            self.space.at[row] = i
            self._tile(height, lanes)
            return []

        return tile

    def _tile(self, height: int, lanes: Lanes) -> None:
        """acc = 0, or out; for k: acc += column * row; out = epilogue(acc)

        A sum in parts has an acc for each of them.
        """
        emit, space = self.emit, self.space
        shape = [height, lanes.width]
        # a packed b has whole panels, zero behind its last column
        whole = lanes if self.roles.panel is None else Lanes(lanes.dim, lanes.width)
        leading, inner = self._reductions()
        prefetch = self._prefetcher(inner)
        starts = [emit.splat(0.0, self.element, shape)] * self.parts
        if self.op.init is None:
            starts[0] = emit.broadcast(self._tile_of(self.roles.out, height, lanes), shape)
        self._prefetch_epilogue(height, lanes)

        def accumulate(carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
            space.at[inner] = 0
            return self.products(height, whole, inner, prefetch, carried)

        accs = fold_over(emit, space, leading, starts, accumulate)
        self._finish(reduce(self._add, accs), height, lanes)

    def _reductions(self) -> tuple[list[int], int]:
        """The iterators of the sum: outer ones, and the one of the innermost loop."""
        *leading, inner = [d for d in self.op.reduction_dims if d != self.roles.group]
        return leading, inner

    def products(
        self,
        height: int,
        lanes: Lanes,
        inner: int,
        prefetch: Callable[[], None],
        carried: Sequence[SSAValue],
    ) -> Sequence[SSAValue]:
        """The innermost loop: products of a column of a and a row of b, added to the tile."""
        emit, space = self.emit, self.space
        column = self._column_reader(height, inner)
        left, right = factors_in_order(self.op, self.roles)

        def product(k: Index, acc: SSAValue) -> SSAValue:
            space.at[inner] = k
            prefetch()
            a = emit.broadcast(self._as_factor(column(k), left), [height, lanes.width])
            row = read_lanes(emit, self.roles.b, space, lanes)
            b = emit.broadcast(self._as_factor(row, right), [height, lanes.width])
            return self._multiply_add(a, b, acc)

        return self.in_parts(space.extents[inner], product, carried)

    def in_parts(
        self,
        count: Index,
        product: Callable[[Index, SSAValue], SSAValue],
        carried: Sequence[SSAValue],
    ) -> Sequence[SSAValue]:
        """Add so many products: parts of them side by side, the rest with the first part."""
        emit = self.emit
        length = emit.div(count, self.parts)

        def step(k: Index, accs: Sequence[SSAValue]) -> list[SSAValue]:
            places = [emit.add(k, emit.mul(length, part)) for part in range(len(accs))]
            return [product(place, acc) for place, acc in zip(places, accs, strict=True)]

        accs = emit.loop(0, length, 1, carried, step)
        first = emit.loop(emit.mul(length, self.parts), count, 1, accs[:1], step)
        return [*first, *accs[1:]]

    def _prefetcher(self, inner: int) -> Callable[[], None]:
        """What to do in every row k of b, so that later rows are there in time."""
        emit, space, roles = self.emit, self.space, self.roles
        if roles.panel is None or per_line(roles.b) is None:
            return lambda: None
        number: Index = 0
        tiles: Index = 1
        row = [] if roles.row is None else [(roles.row, self.rows)]
        for d, step in [*((d, 1) for d in self.private), *row]:
            trips = emit.div(emit.add(space.extents[d], step - 1), step)
            number = emit.add(emit.mul(number, trips), emit.div(space.at[d], step))
            tiles = emit.mul(tiles, trips)
        if tiles == 1 and self.parts > 1:
            return lambda: None  # so many streams are followed by the machine itself
        if tiles == 1:
            return partial(ask_further_along, emit, space, roles, inner, self.columns)
        tiles_left = emit.sub(emit.sub(tiles, 1), number)
        return next_panel(emit, space, roles, self.columns, tiles_left)

    def _prefetch_epilogue(self, height: int, lanes: Lanes) -> None:
        """Ask for what the epilogue reads besides the accumulators."""
        row = self.roles.row
        for x in self.roles.extra:
            for r in range(height if row is not None and x.depends_on(row) else 1):
                read = partial(ask_for_row, self.emit, x, self.space, lanes.dim, lanes.width)
                self.at_row(r, read)

    def _multiply_add(self, a: SSAValue, b: SSAValue, acc: SSAValue) -> SSAValue:
        if isinstance(self.element, AnyFloat):
            return self.emit.insert(vector.FMAOp(a, b, acc))
        return self.emit.insert(arith.AddiOp(acc, self.emit.insert(arith.MuliOp(a, b))))

    def _add(self, a: SSAValue, b: SSAValue) -> SSAValue:
        kind = arith.AddfOp if isinstance(self.element, AnyFloat) else arith.AddiOp
        return self.emit.insert(kind(a, b))

    def _as_factor(self, value: SSAValue, factor: Factor) -> SSAValue:
        return as_factor(self.emit, value, factor, self.element)

    def _column_reader(self, height: int, inner: int) -> Callable[[Index], SSAValue]:
        """How to read `a` at (rows, k) as vector<MRx1>: one strided view if k is contiguous."""
        emit, a = self.emit, self.roles.a
        contiguous = a.forms[-1].plain_dim == inner and not any(
            f.coefficients[inner] for f in a.forms[:-1]
        )
        if contiguous and (view := self.rows_view(height)) is not None:
            column = vector_type(a.element, [height, 1])
            return lambda k: emit.insert(vector.LoadOp(view, emit.values([0, k]), column))
        return lambda k: self._gathered_column(height)

    def rows_view(self, height: int) -> SSAValue | None:
        """`a` from the tile's first row on, as memref<MR x K> with the rows' stride.

        None where rows are not a dimension of `a` that is walked forwards.
        """
        a, row = self.roles.a, self.roles.row
        if row is None:
            return None
        carriers = [p for p, f in enumerate(a.forms) if f.coefficients[row]]
        if len(carriers) != 1 or carriers[0] == len(a.forms) - 1:
            return None
        forwards = a.forms[carriers[0]].coefficients[row] > 0
        return self._rows_view(height, carriers[0]) if forwards else None

    def _rows_view(self, height: int, position: int) -> SSAValue:
        """The rows along one dimension."""
        emit, a, row = self.emit, self.roles.a, self.roles.row
        assert row is not None
        shape = shape_of(a.value)
        last = len(shape) - 1
        stride = a.forms[position].coefficients[row]
        offsets = emit.values([evaluate(emit, f, self.space.at) for f in a.forms])
        sizes: list[SSAValue | int] = [1] * len(shape)
        sizes[position] = height
        depth = emit.dim(a.value, last)
        sizes[last] = depth
        strides: list[SSAValue | int] = [1] * len(shape)
        strides[position] = stride
        t = a.value.type
        assert is_memref(t)
        known = t.get_strides()
        outer = known[position] if known is not None else None
        layout = StridedLayoutAttr([None if outer is None else outer * stride, 1], NoneAttr())
        view = MemRefType(
            a.element, [height, depth if isinstance(depth, int) else DYNAMIC_INDEX], layout
        )
        return emit.insert(memref.SubviewOp.get(a.value, offsets, sizes, strides, view))

    def _gathered_column(self, height: int) -> SSAValue:
        """vector<MRx1> from single loads, for an `a` whose k is strided."""
        return self.stack([self._scalar_row(self.roles.a, r) for r in range(height)])

    def _scalar_row(self, operand: Operand, offset: int) -> SSAValue:
        """One element of an operand, `offset` rows down, as vector<1>."""
        value = self.at_row(offset, lambda: read_scalar(self.emit, operand, self.space))
        return self.emit.broadcast(value, [1])

    def at_row(self, offset: int, read: Callable[[], T]) -> T:
        """Do something `offset` rows below the tile's first row."""
        row = self.roles.row
        if row is None:
            return read()
        first = self.space.at[row]
        self.space.at[row] = self.emit.add(first, offset)
        result = read()
        self.space.at[row] = first
        return result

    def stack(self, rows: Sequence[SSAValue]) -> SSAValue:
        """Rows of a vector put together to a two-dimensional vector."""
        t = rows[0].type
        assert is_vector(t)
        tile = self.emit.splat(0.0, t.element_type, [len(rows), *t.get_shape()])
        for r, value in enumerate(rows):
            tile = self.emit.insert(vector.InsertOp(value, tile, [r]))
        return tile

    def _finish(self, acc: SSAValue, height: int, lanes: Lanes) -> None:
        """Epilogue on the whole tile, then store it."""
        result = acc
        if self.op.epilogue is not None:
            extra = [self._tile_of(x, height, lanes) for x in self.roles.extra]
            result = Body(self.emit, self.op.epilogue.block, self.space.at)([acc, *extra])
            result = self.emit.broadcast(result, [height, lanes.width])
        out = self.roles.out
        if lanes.mask is None and self._is_tile_in_memory(out):
            at = [evaluate(self.emit, f, self.space.at) for f in out.forms]
            self.emit.insert_op(vector.StoreOp(result, out.value, self.emit.values(at)))
            return
        row_type = vector_type(element_of(result), [lanes.width])
        for r in range(height):
            value = self.emit.insert(vector.ExtractOp(result, [r], row_type))
            self.at_row(r, lambda v=value: write_lanes(self.emit, out, self.space, lanes, v))

    def _is_tile_in_memory(self, operand: Operand) -> bool:
        """Whether rows and lanes are the operand's last two dimensions, in that order."""
        forms, row = operand.forms, self.roles.row
        if len(forms) < 2 or row is None:
            return len(forms) >= 2
        return forms[-2].plain_dim == row and not forms[-1].coefficients[row]

    def _tile_of(self, operand: Operand, height: int, lanes: Lanes) -> SSAValue:
        """What an operand holds for the tile: a scalar, row, column or whole tile."""
        emit, space, row = self.emit, self.space, self.roles.row
        if row is None or not operand.depends_on(row):
            return read_lanes(emit, operand, space, lanes)
        if not operand.depends_on(lanes.dim):
            return self.stack([self._scalar_row(operand, r) for r in range(height)])
        if lanes.mask is None and self._is_tile_in_memory(operand):
            at = emit.values([evaluate(emit, f, space.at) for f in operand.forms])
            tile = vector_type(operand.element, [height, lanes.width])
            return emit.insert(vector.LoadOp(operand.value, at, tile))
        return self.stack(
            [self.at_row(r, lambda: read_lanes(emit, operand, space, lanes)) for r in range(height)]
        )
