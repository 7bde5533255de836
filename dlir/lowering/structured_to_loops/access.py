"""Reading and writing the operands of a structured op at a point, or along a run of lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith, memref, vector
from xdsl.dialects.builtin import (
    BoolAttr,
    FloatAttr,
    IntegerAttr,
    MemRefType,
    i1,
    i64,
)
from xdsl.ir import SSAValue

from dlir.diagnostics import fail
from dlir.dialects.shared import vector_type
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Operand
from dlir.dialects.vectorized import dense
from dlir.lowering.structured_to_loops.emitter import INDEX, Emitter, Index
from dlir.types import is_number

LINE_BYTES = 64


def evaluate(emit: Emitter, form: Linear, at: Sequence[Index]) -> Index:
    """The linear form at a point."""
    total: Index = form.constant
    for d in form.dims:
        total = emit.add(total, emit.mul(at[d], form.coefficients[d]))
    return total


@dataclass(frozen=True)
class Space:
    """The iteration space while it is being walked: extents, and the current point."""

    extents: tuple[Index, ...]
    at: list[Index]
    shared: int | None = None
    """The iterator whose loops are divided among threads."""

    @staticmethod
    def of(emit: Emitter, op: GenericOp) -> Space:
        extents: list[Index] = []
        for dim in range(len(op.kinds)):
            source = op.extent_source(dim)
            extents.append(source if isinstance(source, int) else emit.dim(*source))
        return Space(tuple(extents), [0] * len(extents), shared_iterator(op))


def shared_iterator(op: GenericOp) -> int | None:
    """The one iterator that the schedule's `threads` names; None for `[]`, and without it."""
    threads = op.schedule.integers("threads") if op.schedule is not None else None
    if not threads:
        return None
    if len(threads) != 1 or threads[0] not in op.parallel_dims:
        fail(
            op,
            f"threads = {list(threads)} must name one parallel iterator of the op",
            help=f"its parallel iterators are {', '.join(map(str, op.parallel_dims))}",
        )
    return threads[0]


def is_inside(
    emit: Emitter, operand: Operand, positions: Sequence[int], at: Sequence[Index]
) -> SSAValue | None:
    """`0 <= index < size` for the given dimensions; None if there is nothing to check."""
    condition: SSAValue | None = None
    for position in positions:
        index = evaluate(emit, operand.forms[position], at)
        # one unsigned comparison checks both ends
        test = emit.compare("ult", index, emit.dim(operand.value, position))
        condition = test if condition is None else emit.insert(arith.AndIOp(condition, test))
    return condition


def read_scalar(emit: Emitter, operand: Operand, space: Space) -> SSAValue:
    """The operand's element at the current point."""
    if not isinstance(operand.value.type, MemRefType):
        return operand.value
    index = [evaluate(emit, f, space.at) for f in operand.forms]

    def load() -> SSAValue:
        return emit.insert(memref.LoadOp.get(operand.value, emit.values(index)))

    return _guarded(emit, operand, operand.escapes(space.extents), space, load, ())


def _guarded(
    emit: Emitter,
    operand: Operand,
    positions: Sequence[int],
    space: Space,
    load: Callable[[], SSAValue],
    shape: Sequence[int],
) -> SSAValue:
    condition = is_inside(emit, operand, positions, space.at)
    if condition is None:
        return load()
    assert is_number(operand.padding)
    outside = emit.splat(operand.padding.value.data, operand.element, shape)
    return emit.choose(condition, lambda: [load()], lambda: [outside])[0]


@dataclass(frozen=True)
class Lanes:
    """A run of `width` consecutive values of the iterator `dim`; `mask` marks those in use."""

    dim: int
    width: int
    mask: SSAValue | None = None


def read_lanes(emit: Emitter, operand: Operand, space: Space, lanes: Lanes) -> SSAValue:
    """A vector of the operand's elements along the lanes; a scalar if they are all the same."""
    if not operand.depends_on(lanes.dim):
        return read_scalar(emit, operand, space)
    last = len(operand.forms) - 1
    escapes = operand.escapes(space.extents)
    mask = lanes.mask
    if last in escapes:
        mask = lanes_inside(emit, operand, space, lanes)
    lanes_type = vector_type(operand.element, [lanes.width])
    index = [evaluate(emit, f, space.at) for f in operand.forms]

    def load() -> SSAValue:
        at = emit.values(index)
        if mask is None:
            return emit.insert(vector.LoadOp(operand.value, at, lanes_type))
        outside = operand.padding
        fill = outside.value.data if isinstance(outside, FloatAttr | IntegerAttr) else 0
        passed = emit.splat(fill, operand.element, [lanes.width])
        return emit.insert(vector.MaskedLoadOp(operand.value, at, mask, passed))

    guarded = [p for p in escapes if p != last]
    return _guarded(emit, operand, guarded, space, load, [lanes.width])


def lanes_inside(emit: Emitter, operand: Operand, space: Space, lanes: Lanes) -> SSAValue:
    """The lanes in use whose index along the operand's last dimension is inside."""
    width, last = lanes.width, len(operand.forms) - 1
    first = evaluate(emit, operand.forms[last], space.at)
    counting = vector_type(INDEX, [width])
    steps = emit.constant(dense(counting, list(range(width))))
    start = emit.insert(vector.BroadcastOp(emit.value(first), counting))
    index = emit.insert(arith.AddiOp(start, steps))
    size = emit.insert(vector.BroadcastOp(emit.value(emit.dim(operand.value, last)), counting))
    compare = arith.CmpiOp.create(
        operands=[index, size],
        result_types=[vector_type(i1, [width])],
        properties={"predicate": IntegerAttr(6, 64)},  # ult
    )
    inside = emit.insert(compare)
    return inside if lanes.mask is None else emit.insert(arith.AndIOp(inside, lanes.mask))


def when_written(
    emit: Emitter,
    out: Operand,
    space: Space,
    point: Callable[[], None],
    lanes: int | None = None,
) -> Callable[[], None]:
    """`point`, done only where the current point lies inside of `outs`.

    The dimension along the iterator `lanes` is left to `written_lanes`.
    """

    def guarded() -> None:
        positions = [
            p for p in dropped(out, space) if lanes is None or not out.forms[p].coefficients[lanes]
        ]
        inside = is_inside(emit, out, positions, space.at)
        point() if inside is None else emit.when(inside, point)

    return guarded


def written_lanes(emit: Emitter, out: Operand, space: Space, lanes: Lanes) -> Lanes:
    """The lanes in use that lie inside of `outs`."""
    if not any(out.forms[p].coefficients[lanes.dim] for p in dropped(out, space)):
        return lanes
    return Lanes(lanes.dim, lanes.width, lanes_inside(emit, out, space, lanes))


def dropped(out: Operand, space: Space) -> list[int]:
    """Dimensions of `outs` that some points of the space may lie outside of."""
    return [p for p in range(len(out.forms)) if not out.holds(p, space.extents)]


def write_scalar(emit: Emitter, operand: Operand, space: Space, value: SSAValue) -> None:
    """Store one element at the current point."""
    at = emit.values([evaluate(emit, f, space.at) for f in operand.forms])
    emit.insert_op(memref.StoreOp.get(value, operand.value, at))


def write_lanes(
    emit: Emitter,
    operand: Operand,
    space: Space,
    lanes: Lanes,
    value: SSAValue,
    streaming: bool = False,
) -> None:
    """Store a vector along the lanes (only those in use); `streaming` lines pass the caches."""
    at = emit.values([evaluate(emit, f, space.at) for f in operand.forms])
    value = emit.broadcast(value, [lanes.width])
    if lanes.mask is None:
        store = vector.StoreOp(value, operand.value, at)
        if streaming:
            store.nontemporal = BoolAttr.from_bool(True)
            store.attributes["alignment"] = IntegerAttr(LINE_BYTES, i64)
        emit.insert_op(store)
    else:
        emit.insert_op(vector.MaskedStoreOp(operand.value, at, lanes.mask, value))


def lane_mask(emit: Emitter, remaining: Index, width: int) -> SSAValue:
    """A mask whose first `remaining` lanes are in use."""
    mask_type = vector_type(i1, [width])
    return emit.insert(vector.CreateMaskOp([emit.value(remaining)], mask_type))
