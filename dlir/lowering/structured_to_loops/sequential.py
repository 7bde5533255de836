"""Running folds and scattering: loops in the order that the ops state."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import memref
from xdsl.ir import SSAValue

from dlir.diagnostics import fail
from dlir.dialects.structured.ops import ScanOp, ScatterOp, SortOp, shape_of
from dlir.lowering.structured_to_loops.bodies import Body
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.gather import checked_row


def shared_row(op: ScanOp | SortOp) -> int | None:
    """The dimension that the schedule's `threads` names, among those other than the axis."""
    threads = op.schedule.integers("threads") if op.schedule is not None else None
    if not threads:
        return None
    axis, rank = op.axis.value.data, len(shape_of(op.outs))
    if len(threads) != 1 or threads[0] == axis or not 0 <= threads[0] < rank:
        message = f"threads = {list(threads)} must name one dimension other than the axis {axis}"
        fail(op, message, help=f"the op has dimensions 0 to {rank - 1}")
    return threads[0] - (threads[0] > axis)


def lower_scan(op: ScanOp) -> None:
    """for p: acc = init; for j: acc' = body(x[p, j], acc); out[p, j] = acc' (or acc)"""
    emit = Emitter.before(op)
    axis = op.axis.value.data
    sizes = [emit.dim(op.input, p) for p in range(len(shape_of(op.input)))]
    size, body = sizes[axis], Body(emit, op.body.block, ())

    def row(at: list[Index]) -> None:
        def step(i: Index, carried: Sequence[SSAValue]) -> list[SSAValue]:
            place = i if op.reverse is None else emit.sub(emit.sub(size, 1), i)
            where = emit.values([*at[:axis], place, *at[axis:]])
            after = body([emit.insert(memref.LoadOp.get(op.input, where)), *carried])
            given = carried[0] if op.exclusive is not None else after
            emit.insert_op(memref.StoreOp.get(given, op.outs, where))
            return [after]

        emit.loop(0, size, 1, [emit.constant(op.init)], step)

    emit.nest([*sizes[:axis], *sizes[axis + 1 :]], row, shared_row(op))


def lower_scatter(op: ScatterOp) -> None:
    """for i: row = checked(indices[i]); for b: out[row, b] = body(out[row, b], updates[i, b])

    An index out of range sets the status through cf.assert, and its update is left out.
    """
    emit = Emitter.before(op)
    outer = [emit.dim(op.indices, p) for p in range(len(shape_of(op.indices)))]
    inner = [emit.dim(op.outs, p) for p in range(1, len(shape_of(op.outs)))]
    size, body = emit.dim(op.outs, 0), Body(emit, op.body.block, ())

    def update(at: list[Index]) -> None:
        row, inside = checked_row(emit, op.indices, at, size, "scatter")

        def element(rest: list[Index]) -> None:
            target = emit.values([row, *rest])
            old = emit.insert(memref.LoadOp.get(op.outs, target))
            new = emit.insert(memref.LoadOp.get(op.updates, emit.values([*at, *rest])))
            emit.insert_op(memref.StoreOp.get(body([old, new]), op.outs, target))

        emit.when(inside, lambda: emit.nest(inner, element))

    emit.nest(outer, update)
