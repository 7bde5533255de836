"""The weight-only kernel: a contraction that widens its packed weights where it reads them.

For few rows in registers, once for all of them; a scale that many steps of the sum share multiplies
their partial sum:

    for each panel of NR columns:
      acc : vector<MRxNR> = 0
      for each block of k:
        part = 0
        for k in the block:  part += column(a, MR x 1) * widened(q, NR)
        acc += part * row(scale, NR)
      out tile = epilogue(acc)

For many rows a panel is widened into a buffer first, which stays in the second cache while all
tiles of rows go over it. The whole of a weight is never wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TypeVar

from xdsl.dialects import arith, memref, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    MemRefType,
    NoneAttr,
    StridedLayoutAttr,
)
from xdsl.ir import Block, BlockArgument, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.shared import vector_type
from dlir.dialects.structured.ops import GenericOp, shape_of
from dlir.dialects.structured.roles import Operand
from dlir.dialects.structured.weight_only import WeightOnly, prologue
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    evaluate,
    lane_mask,
    read_lanes,
    read_scalar,
    write_lanes,
)
from dlir.lowering.structured_to_loops.bodies import Body, element_of
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.scalar import fold_over, loop_over
from dlir.types import is_memref, is_vector

T = TypeVar("T")
LONGEST_RUN = 32
"""Steps of the innermost iterator that are written one after the other."""


def lower_weight_only(emit: Emitter, op: GenericOp, roles: WeightOnly) -> None:
    """Write the loops, with the register tile that the schedule names."""
    assert op.schedule is not None
    shape = op.schedule.integers("vector")
    if shape is None or len(shape) != 2 or min(shape) < 1:
        fail(op, "a weight-only kernel needs vector = [rows, columns] in its schedule")
    panel = roles.panel
    if panel is None or roles.out.forms[-1].coefficients[panel] != shape[1]:
        fail(
            op,
            f"a weight-only kernel reads its weights in panels of {shape[1]} columns",
            help="structured-pack-weights makes them",
        )
    _Kernel(emit, op, roles, panel, *shape).write()


class _Kernel:
    """The loops of one op, outermost first."""

    def __init__(
        self, emit: Emitter, op: GenericOp, roles: WeightOnly, panel: int, rows: int, columns: int
    ):
        assert op.schedule is not None
        self.emit, self.op, self.roles, self.panel = emit, op, roles, panel
        self.rows, self.columns = rows, columns
        self.space = Space.of(emit, op)
        self.element = op.accumulator_type
        self.many = op.schedule.integers("buffer")
        self.steps = self._steps()
        self.scale = self._scale()
        weights = [x for _, x in roles.weights]
        self.shared = [d for d in roles.outer if any(x.depends_on(d) for x in weights)]
        self.private = [d for d in roles.outer if d not in self.shared]
        self.whole = Lanes(roles.lanes, columns)  # packed weights have whole panels

    def _steps(self) -> tuple[int, ...]:
        """The innermost iterators of the sum over which every scale stays the same."""
        product = self.roles.value.owner
        dims = self.op.reduction_dims
        if not isinstance(product, arith.MulfOp):
            return ()
        scales = [self._operand(o) for o in product.operands if isinstance(o, BlockArgument)]
        inner: list[int] = []
        for d in reversed(dims):
            if not scales or any(x.depends_on(d) for x in scales):
                break
            inner.insert(0, d)
        return tuple(inner)

    def _scale(self) -> SSAValue | None:
        """The factor of the prologue that the innermost steps share."""
        product = self.roles.value.owner
        if not self.steps or not isinstance(product, arith.MulfOp):
            return None
        return next(o for o in product.operands if isinstance(o, BlockArgument))

    def _operand(self, argument: BlockArgument) -> Operand:
        return next(x for number, x in self.roles.weights if number == argument.index)

    # Panels

    def write(self) -> None:
        loop_over(self.emit, self.space, self.shared, self._panels)

    def _panels(self) -> None:
        """Full panels of NR columns, then one whose last lanes are not stored."""
        emit, roles, width = self.emit, self.roles, self.columns
        total = emit.dim(roles.out.value, len(roles.out.forms) - 1)
        full = emit.div(total, width)

        def step(i: Index, _: Sequence[SSAValue], partial: bool) -> Sequence[SSAValue]:
            self.space.at[roles.lanes], self.space.at[self.panel] = 0, i
            first = emit.mul(i, width)
            mask = lane_mask(emit, emit.sub(total, first), width) if partial else None
            self._panel(Lanes(roles.lanes, width, mask))
            return []

        shared = self.panel == self.space.shared
        emit.loop(0, full, 1, [], lambda i, c: step(i, c, False), shared=shared)
        count = emit.div(emit.add(total, width - 1), width)
        emit.loop(full, count, 1, [], lambda i, c: step(i, c, True), shared=shared)

    def _panel(self, lanes: Lanes) -> None:
        """In registers or by way of a buffer, whichever the number of rows asks for."""
        if self.many is None:
            return self._all_rows(lanes, self._in_registers)
        rows: Index = 1
        for d in (*self.private, *([] if self.roles.row is None else [self.roles.row])):
            rows = self.emit.mul(rows, self.space.extents[d])
        if isinstance(rows, int):
            return self._buffered(lanes)
        is_many = self.emit.compare("sge", rows, self.many[0])
        self.emit.when(is_many, lambda: self._buffered(lanes))
        few = self.emit.compare("slt", rows, self.many[0])
        self.emit.when(few, lambda: self._all_rows(lanes, self._in_registers))
        return None

    def _all_rows(self, lanes: Lanes, sum_up: Callable[[int], SSAValue]) -> None:
        loop_over(self.emit, self.space, self.private, lambda: self._row_tiles(lanes, sum_up))

    def _row_tiles(self, lanes: Lanes, sum_up: Callable[[int], SSAValue]) -> None:
        """Tiles of MR rows, then smaller ones: exact for a known extent, else pairs and singles."""
        row, emit = self.roles.row, self.emit
        if row is None:
            return self._finish(sum_up(1), 1, lanes)
        extent = self.space.extents[row]
        heights = [self.rows, *(h for h in (2, 1) if h < self.rows)]
        if isinstance(extent, int):
            rest = extent % self.rows
            heights = [self.rows, rest] if rest else [self.rows]
        start: Index = 0
        for height in heights:

            def tile(i: Index, _: Sequence[SSAValue], height: int = height) -> list[SSAValue]:
                self.space.at[row] = i
                self._finish(sum_up(height), height, lanes)
                return []

            end = emit.add(start, emit.round_down(emit.sub(extent, start), height))
            emit.loop(start, end, height, [], tile, shared=row == self.space.shared)
            start = end
        return None

    # Sums

    def _in_registers(self, height: int) -> SSAValue:
        """The accumulators of a tile, with weights that are widened step by step."""
        scale, value = self.scale, self.roles.value
        if scale is not None:
            product = value.owner
            assert isinstance(product, arith.MulfOp)
            value = next(o for o in product.operands if o is not scale)
        make = prologue(self.roles, value)
        outer = [d for d in self.op.reduction_dims if d not in self.steps]
        if scale is None:
            return self._folded(height, self.op.reduction_dims, self._zero(height), make)
        scales = self._operand_of(scale)

        def block(carried: Sequence[SSAValue]) -> list[SSAValue]:
            part = self._folded(height, self.steps, self._zero(height), make)
            row = read_lanes(self.emit, scales, self.space, self.whole)
            return [self._multiply_add(part, self._spread(row, height), carried[0])]

        return fold_over(self.emit, self.space, outer, [self._zero(height)], block)[0]

    def _operand_of(self, argument: SSAValue) -> Operand:
        assert isinstance(argument, BlockArgument)
        return self._operand(argument)

    def _folded(self, height: int, dims: Sequence[int], start: SSAValue, make: Block) -> SSAValue:
        """`start` and the products of all steps along these iterators.

        A short innermost iterator with a known extent is written out: what does not depend on it,
        such as a word that holds a number for each step, is read once. Even and odd steps are
        summed apart, as one sum would wait for itself.
        """
        *outer, inner = dims
        count = self.space.extents[inner]
        column = self._column_reader(height)
        if not isinstance(count, int) or count > LONGEST_RUN:

            def step(carried: Sequence[SSAValue]) -> list[SSAValue]:
                return [self._step(height, column, make, {}, carried[0])]

            return fold_over(self.emit, self.space, dims, [start], step)[0]

        def run(carried: Sequence[SSAValue]) -> list[SSAValue]:
            sums, known = [*carried], dict[int, SSAValue]()
            for k in range(count):
                self.space.at[inner] = k
                sums[k % 2] = self._step(height, column, make, known, sums[k % 2])
            return sums

        even, odd = fold_over(self.emit, self.space, outer, [start, self._zero(height)], run)
        return self.emit.insert(arith.AddfOp(even, odd))

    def _step(
        self,
        height: int,
        column: Callable[[], SSAValue],
        make: Block,
        known: dict[int, SSAValue],
        acc: SSAValue,
    ) -> SSAValue:
        a = self.emit.broadcast(self._extended(column()), [height, self.columns])
        weight = self._spread(self._widened(make, known), height)
        return self._multiply_add(a, weight, acc)

    def _widened(self, make: Block, known: dict[int, SSAValue]) -> SSAValue:
        """A row of the prologue's values at the current point."""
        inner, scalars = self.op.reduction_dims[-1], list[SSAValue]()
        for number, x in self.roles.weights:
            if number not in known or x.depends_on(inner):
                used = make.args[len(scalars)].first_use is not None
                known[number] = (
                    read_lanes(self.emit, x, self.space, self.whole)
                    if used
                    else self.emit.splat(0, x.element)
                )
            scalars.append(known[number])
        return Body(self.emit, make, self.space.at, self.roles.lanes)(scalars, self.columns)

    def _zero(self, height: int) -> SSAValue:
        return self.emit.splat(0.0, self.element, [height, self.columns])

    def _spread(self, row: SSAValue, height: int) -> SSAValue:
        return self.emit.broadcast(self._extended(row), [height, self.columns])

    def _multiply_add(self, a: SSAValue, b: SSAValue, acc: SSAValue) -> SSAValue:
        return self.emit.insert(vector.FMAOp(a, b, acc))

    def _extended(self, value: SSAValue) -> SSAValue:
        if element_of(value) == self.element:
            return value
        shape = value.type.get_shape() if is_vector(value.type) else ()
        wide = vector_type(self.element, shape) if shape else self.element
        return self.emit.insert(arith.ExtFOp.create(operands=[value], result_types=[wide]))

    # A buffer

    def _buffered(self, lanes: Lanes) -> None:
        """All of a panel widened, then the tiles of rows on the buffer."""
        emit, dims = self.emit, self.op.reduction_dims
        depths = [self.space.extents[d] for d in dims]
        known = [d for d in depths if isinstance(d, int)]
        if len(known) != len(depths):
            fail(self.op, "a buffer for a panel of weights needs sums of known length")
        buffer = emit.insert(memref.AllocaOp.get(self.element, 64, [prod(known) * self.columns]))
        make = prologue(self.roles, self.roles.value)

        def place() -> Index:
            number: Index = 0
            for d, depth in zip(dims, known, strict=True):
                number = emit.add(emit.mul(number, depth), self.space.at[d])
            return emit.mul(number, self.columns)

        def fill(_: Sequence[SSAValue]) -> list[SSAValue]:
            row = self._extended(self._widened(make, {}))
            row = emit.broadcast(row, [self.columns])
            emit.insert_op(vector.StoreOp(row, buffer, emit.values([place()])))
            return []

        def sum_up(height: int) -> SSAValue:
            column = self._column_reader(height)
            row_type = vector_type(self.element, [self.columns])

            def step(carried: Sequence[SSAValue]) -> list[SSAValue]:
                a = emit.broadcast(self._extended(column()), [height, self.columns])
                row = emit.insert(vector.LoadOp(buffer, emit.values([place()]), row_type))
                return [self._multiply_add(a, self._spread(row, height), carried[0])]

            return fold_over(emit, self.space, dims, [self._zero(height)], step)[0]

        fold_over(emit, self.space, dims, [], fill)
        self._all_rows(lanes, sum_up)

    # Columns of a

    def _column_reader(self, height: int) -> Callable[[], SSAValue]:
        """How to read `a` at the current step as vector<MRx1>: in a view of its rows, where these
        are a dimension apart from the last."""
        a, row = self.roles.a, self.roles.row
        carriers = [p for p, f in enumerate(a.forms) if row is not None and f.coefficients[row]]
        last = len(a.forms) - 1
        moves = [
            p
            for p, f in enumerate(a.forms)
            if any(f.coefficients[d] for d in self.op.reduction_dims)
        ]
        if len(carriers) != 1 or carriers[0] == last or moves not in ([], [last]):
            return lambda: self._stack([self._scalar_row(a, r) for r in range(height)])
        view = self._rows_view(height, carriers[0])
        column = vector_type(a.element, [height, 1])

        def read() -> SSAValue:
            k = evaluate(self.emit, a.forms[last], self.space.at)
            return self.emit.insert(vector.LoadOp(view, self.emit.values([0, k]), column))

        return read

    def _rows_view(self, height: int, position: int) -> SSAValue:
        """`a` from the tile's first row on, as memref<MR x K> with the rows' stride."""
        emit, a, row = self.emit, self.roles.a, self.roles.row
        assert row is not None
        shape = shape_of(a.value)
        last = len(shape) - 1
        stride = a.forms[position].coefficients[row]
        offsets = [*(evaluate(emit, f, self.space.at) for f in a.forms[:-1]), 0]
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
        length = depth if isinstance(depth, int) else DYNAMIC_INDEX
        view = MemRefType(a.element, [height, length], layout)
        made = memref.SubviewOp.get(a.value, emit.values(offsets), sizes, strides, view)
        return emit.insert(made)

    def _scalar_row(self, operand: Operand, offset: int) -> SSAValue:
        value = self._at(offset, lambda: read_scalar(self.emit, operand, self.space))
        return self.emit.broadcast(value, [1])

    def _at(self, offset: int, read: Callable[[], T]) -> T:
        """Do something `offset` rows below the tile's first row."""
        row = self.roles.row
        if row is None:
            return read()
        first = self.space.at[row]
        self.space.at[row] = self.emit.add(first, offset)
        result = read()
        self.space.at[row] = first
        return result

    def _stack(self, rows: Sequence[SSAValue]) -> SSAValue:
        """Rows of a vector put together to a two-dimensional vector."""
        t = rows[0].type
        assert is_vector(t)
        tile = self.emit.splat(0.0, t.element_type, [len(rows), *t.get_shape()])
        for r, value in enumerate(rows):
            tile = self.emit.insert(vector.InsertOp(value, tile, [r]))
        return tile

    # Results

    def _finish(self, acc: SSAValue, height: int, lanes: Lanes) -> None:
        """Epilogue on the whole tile, then store it row by row."""
        result = acc
        if self.op.epilogue is not None:
            extra = [self._epilogue_value(x, height, lanes) for x in self.roles.extra]
            result = Body(self.emit, self.op.epilogue.block, self.space.at)([acc, *extra])
            result = self.emit.broadcast(result, [height, lanes.width])
        row_type = vector_type(element_of(result), [lanes.width])
        for r in range(height):
            value = self.emit.insert(vector.ExtractOp(result, [r], row_type))
            self._at(
                r, lambda v=value: write_lanes(self.emit, self.roles.out, self.space, lanes, v)
            )

    def _epilogue_value(self, operand: Operand, height: int, lanes: Lanes) -> SSAValue:
        """An epilogue operand for the tile: scalar, row, column or whole tile."""
        row = self.roles.row
        if row is None or not operand.depends_on(row):
            return read_lanes(self.emit, operand, self.space, lanes)
        if not operand.depends_on(lanes.dim):
            return self._stack([self._scalar_row(operand, r) for r in range(height)])
        reads = [
            self._at(r, lambda: read_lanes(self.emit, operand, self.space, lanes))
            for r in range(height)
        ]
        return self._stack(reads)
