"""Gather: one checked index, then a run of contiguous elements copied."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, cf, memref, vector
from xdsl.ir import SSAValue

from dlir.dialects.shared import vector_type
from dlir.dialects.structured.ops import GatherOp, element_type_of, shape_of
from dlir.lowering.structured_to_loops.emitter import INDEX, Emitter, Index
from dlir.lowering.structured_to_loops.strips import NARROW_BYTES, bytes_of


def lower_gather(op: GatherOp) -> None:
    """for a, i: row = checked(indices[i]); out[a, i, :] = x[a, row, :]

    A negative index counts from the end. An index out of range sets the status through cf.assert
    and reads row 0 instead, so no memory outside of `x` is touched. Nothing is read where the
    gathered axis is empty.
    """
    emit = Emitter.before(op)
    axis = op.axis_number
    before = [emit.dim(op.input, p) for p in range(axis)]
    middle = [emit.dim(op.indices, p) for p in range(len(shape_of(op.indices)))]
    after = [emit.dim(op.input, p) for p in range(axis + 1, len(shape_of(op.input)))]
    size = emit.dim(op.input, axis)

    def point(at: list[Index]) -> None:
        outer, inner = at[:axis], at[axis:]
        row, inside = checked_row(emit, op.indices, inner, size, "gather")
        emit.when(inside, lambda: _copy(emit, op, [*outer, row], at, after))

    emit.nest([*before, *middle], point)


def checked_row(
    emit: Emitter, indices: SSAValue, at: Sequence[Index], size: Index, name: str
) -> tuple[SSAValue, SSAValue]:
    """The row number with negatives wrapped, and whether it is inside of the axis; it is asserted
    to be so."""
    raw = emit.insert(memref.LoadOp.get(indices, emit.values(at)))
    index = emit.insert(arith.IndexCastOp(raw, INDEX))
    negative = emit.compare("slt", index, 0)
    wrapped = emit.insert(arith.AddiOp(index, emit.value(size)))
    row = emit.insert(arith.SelectOp(negative, wrapped, index))
    inside = emit.compare("ult", row, size)
    emit.insert_op(cf.AssertOp(inside, f"{name}: index out of range"))
    return row, inside


def _copy(
    emit: Emitter, op: GatherOp, source: list[Index], target: list[Index], rest: Sequence[Index]
) -> None:
    """Copy everything behind the axis: loops, the last dimension in vectors."""
    if not rest:
        value = emit.insert(memref.LoadOp.get(op.input, emit.values(source)))
        emit.insert_op(memref.StoreOp.get(value, op.outs, emit.values(target)))
        return

    def step(i: Index, _: object) -> list[SSAValue]:
        _copy(emit, op, [*source, i], [*target, i], rest[1:])
        return []

    if len(rest) > 1:
        emit.loop(0, rest[0], 1, [], step)
        return
    element = element_type_of(op.input)
    width = NARROW_BYTES // max(4, bytes_of(element))
    full = emit.round_down(rest[0], width)

    def vectors(i: Index, _: object) -> list[SSAValue]:
        t = vector_type(element, [width])
        value = emit.insert(vector.LoadOp(op.input, emit.values([*source, i]), t))
        emit.insert_op(vector.StoreOp(value, op.outs, emit.values([*target, i])))
        return []

    emit.loop(0, full, width, [], vectors)
    emit.loop(full, rest[0], 1, [], step)
