"""Products with a matrix in blocks: code for the height and width of a block, in registers.

Lanes run along the columns of x, and a tile of the height of a block is summed in registers: a row
of x that is loaded meets each row of the block. Where x has but a few columns, lanes run along the
height of the block instead, or there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from xdsl.dialects import arith, memref, vector
from xdsl.ir import SSAValue

from dlir.diagnostics import fail
from dlir.dialects.shared import vector_type
from dlir.dialects.structured.ops import SparseMatmulOp, element_type_of, shape_of
from dlir.dialects.structured.sparse import LANE_BYTES, few_columns
from dlir.lowering.structured_to_loops.access import lane_mask
from dlir.lowering.structured_to_loops.emitter import INDEX, Emitter, Index
from dlir.lowering.structured_to_loops.strips import bytes_of

CHAINS = 4
"""Sums of a row that is one chain of multiply-adds, so that none waits for the one before it."""


def lower_sparse_matmul(op: SparseMatmulOp) -> None:
    """for i: sums of the blocks of row i; out[i*h ..] = the sums"""
    emit = Emitter.before(op)
    kernel = _Kernel(emit, op)
    height, rows = kernel.height, shape_of(op.outs)[0]
    write = kernel.few if few_columns(op) else kernel.many

    def step(count: int, i: Index, _: object) -> list[SSAValue]:
        write(i, count)
        return []

    full = rows // height
    emit.loop(0, full, 1, [], partial(step, height), shared=_is_shared(op))
    emit.loop(full, -(-rows // height), 1, [], partial(step, rows % height))


def _is_shared(op: SparseMatmulOp) -> bool:
    threads = op.schedule.integers("threads") if op.schedule is not None else None
    if threads and threads != (0,):
        fail(op, f"threads = {list(threads)} must be [0]: rows of blocks are divided")
    return bool(threads)


class _Kernel:
    """What one row of blocks takes; `count` is how many of its rows there are in `outs`."""

    def __init__(self, emit: Emitter, op: SparseMatmulOp):
        self.emit, self.op = emit, op
        self.height, self.width = op.block
        self.element = element_type_of(op.values)
        self.lanes = LANE_BYTES // bytes_of(self.element)

    # Many columns: lanes along them

    def many(self, i: Index, count: int) -> None:
        """Wide tiles of columns, then single vectors of them, the last one masked."""
        emit = self.emit
        columns = emit.dim(self.op.x, 1)
        vectors = self.op.schedule.integers("vector") if self.op.schedule is not None else None
        start: Index = 0
        for wide in sorted({self.lanes, (vectors or (0, self.lanes))[1]}, reverse=True):
            end = emit.add(start, emit.round_down(emit.sub(columns, start), wide))
            emit.loop(start, end, wide, [], partial(self._tile, i, count, wide, None))
            start = end
        masked = partial(self._masked_tile, i, count, columns)
        emit.loop(start, columns, self.lanes, [], masked)

    def _masked_tile(
        self, i: Index, count: int, columns: Index, n: Index, carried: Sequence[SSAValue]
    ) -> list[SSAValue]:
        mask = lane_mask(self.emit, self.emit.sub(columns, n), self.lanes)
        return self._tile(i, count, self.lanes, mask, n, carried)

    def _tile(
        self, i: Index, count: int, wide: int, mask: SSAValue | None, n: Index, _: object
    ) -> list[SSAValue]:
        """out[i*h + r, n ..] = sum of values[p, j, r] * x[column*w + j, n ..]"""
        emit, type = self.emit, vector_type(self.element, [wide])

        def add(p: Index, sums: Sequence[SSAValue]) -> list[SSAValue]:
            totals = list(sums)
            for j, k in enumerate(self._rows_of_x(p)):
                row = self._load(self.op.x, [k, n], wide, mask)
                for r in range(count):
                    a = emit.broadcast(self._value(p, j, r), [wide])
                    totals[r] = emit.insert(vector.FMAOp(a, row, totals[r]))
            return totals

        zero = emit.splat(0.0, self.element, type.get_shape())
        for r, total in enumerate(self._over_blocks(i, [zero] * count, add)):
            at = emit.values([emit.add(emit.mul(i, self.height), r), n])
            if mask is None:
                emit.insert_op(vector.StoreOp(total, self.op.outs, at))
            else:
                emit.insert_op(vector.MaskedStoreOp(self.op.outs, at, mask, total))
        return []

    # Few columns: lanes along the height of a block

    def few(self, i: Index, count: int) -> None:
        """One column of x after the other; the sums of a column are a vector, or a number."""
        self.emit.nest([self.emit.dim(self.op.x, 1)], lambda at: self._column(i, count, at[0]))

    def _column(self, i: Index, count: int, n: Index) -> None:
        emit, height = self.emit, self.height
        shape = [height] if height > 1 else [1]
        zero = emit.splat(0.0, self.element, shape)

        def add(p: Index, total: SSAValue) -> SSAValue:
            for j, k in enumerate(self._rows_of_x(p)):
                number = emit.insert(memref.LoadOp.get(self.op.x, emit.values([k, n])))
                at = [p, j, 0] if len(shape_of(self.op.values)) == 3 else [p]
                block = self._load(self.op.values, at, shape[0], None)
                total = emit.insert(vector.FMAOp(block, emit.broadcast(number, shape), total))
            return total

        def four(p: Index, sums: Sequence[SSAValue]) -> list[SSAValue]:
            return [add(emit.add(p, c), total) for c, total in enumerate(sums)]

        begin, end = self._bounds(i)
        middle = emit.add(begin, emit.round_down(emit.sub(end, begin), CHAINS))
        sums = list(emit.loop(begin, middle, CHAINS, [zero] * CHAINS, four))
        sums[:1] = emit.loop(middle, end, 1, sums[:1], lambda p, s: [add(p, s[0])])
        while len(sums) > 1:
            pairs = zip(sums[::2], sums[1::2], strict=True)
            sums = [emit.insert(arith.AddfOp(a, b)) for a, b in pairs]
        self._store_column(sums[0], i, count, n)

    def _store_column(self, total: SSAValue, i: Index, count: int, n: Index) -> None:
        emit = self.emit
        first = emit.mul(i, self.height)
        for r in range(count):
            value = emit.insert(vector.ExtractOp(total, [r], self.element))
            at = emit.values([emit.add(first, r), n])
            emit.insert_op(memref.StoreOp.get(value, self.op.outs, at))

    # Both

    def _bounds(self, i: Index) -> tuple[SSAValue, SSAValue]:
        begin, end = (self._index(self.op.rows, self.emit.add(i, step)) for step in (0, 1))
        return begin, end

    def _over_blocks(
        self,
        i: Index,
        initial: Sequence[SSAValue],
        add: Callable[[Index, Sequence[SSAValue]], Sequence[SSAValue]],
    ) -> Sequence[SSAValue]:
        begin, end = self._bounds(i)
        return self.emit.loop(begin, end, 1, initial, add)

    def _rows_of_x(self, p: Index) -> list[Index]:
        first = self.emit.mul(self._index(self.op.columns, p), self.width)
        return [self.emit.add(first, j) for j in range(self.width)]

    def _index(self, vector_of_i32: SSAValue, at: Index) -> SSAValue:
        raw = self.emit.insert(memref.LoadOp.get(vector_of_i32, self.emit.values([at])))
        return self.emit.insert(arith.IndexCastOp(raw, INDEX))

    def _value(self, p: Index, j: int, r: int) -> SSAValue:
        at = [p, j, r] if len(shape_of(self.op.values)) == 3 else [p]
        return self.emit.insert(memref.LoadOp.get(self.op.values, self.emit.values(at)))

    def _load(
        self, source: SSAValue, at: Sequence[Index], count: int, mask: SSAValue | None
    ) -> SSAValue:
        type, place = vector_type(self.element, [count]), self.emit.values(at)
        if mask is None:
            return self.emit.insert(vector.LoadOp(source, place, type))
        nothing = self.emit.splat(0.0, self.element, [count])
        return self.emit.insert(vector.MaskedLoadOp(source, place, mask, nothing))
