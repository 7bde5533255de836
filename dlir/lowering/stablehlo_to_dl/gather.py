"""Gather and slices at computed places: `dl.gather` along an axis where that will do, else along
the flattened operand.

StableHLO moves windows that reach beyond the operand inside, which is done to the indices here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.stablehlo.shapes import ints_of
from dlir.lowering.stablehlo_to_dl.dynamic import sizes_in
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, WrittenRow, is_static


def gather(e: Emitter, op: Operation) -> SSAValue:
    sizes: list[Size] = [*ints_of(op, "slice_sizes")]
    return gathered(e, op, sizes)


def dynamic_gather(e: Emitter, op: Operation) -> SSAValue:
    return gathered(e, op, sizes_in(e, op.operands[2]))


def gathered(e: Emitter, op: Operation, sizes: Sequence[Size]) -> SSAValue:
    dims = cast(Any, op.properties["dimension_numbers"])
    x, starts = op.operands[0], parts_last(e, op.operands[1], dims["index_vector_dim"])
    offset_dims = dims["offset_dims"]
    found = _along_one_axis(e, x, starts, dims, sizes)
    if found is None:
        found = _flattened(e, x, starts, dims, sizes)
    # [batch.., window..] -> the window's dimensions at offset_dims
    batch = rank_of(starts) - 1
    order = iter(range(batch)), iter(range(batch, rank_of(found)))
    perm = [next(order[1] if axis in offset_dims else order[0]) for axis in range(rank_of(found))]
    return e.transpose(found, perm)


def parts_last(e: Emitter, starts: SSAValue, vector: int) -> SSAValue:
    """The indices with the dimension of their parts at the end."""
    rank = rank_of(starts)
    if vector == rank:
        return e.reshape(starts, [*e.shape(starts), 1])
    return e.transpose(starts, [*(axis for axis in range(rank) if axis != vector), vector])


def is_whole(x: SSAValue, axis: int, size: Size) -> bool:
    """Whether a window has all elements along an axis."""
    n = shape_of(x)[axis]
    return n == size and n >= 0


def _along_one_axis(
    e: Emitter, x: SSAValue, starts: SSAValue, dims: Any, sizes: Sequence[Size]
) -> SSAValue | None:
    """Whole slices, each at one index: the rows of an embedding."""
    axes = dims["start_index_map"]
    if len(axes) != 1 or dims["operand_batching_dims"] or sizes[axes[0]] != 1:
        return None
    (axis,) = axes
    rest = [other for other in range(rank_of(x)) if other != axis]
    if dims["collapsed_slice_dims"] not in ((axis,), ()) or not all(
        is_whole(x, other, sizes[other]) or shape_of(x)[other] < 0 for other in rest
    ):
        return None
    index = e.reshape(starts, e.shape(starts)[:-1])
    last = e.difference(e.size(x, axis), 1)
    batch = rank_of(index)
    y = e.emit(mv.GatherOp(x, e.clamp_index(index, last), axis))
    # [x before.., batch.., x after..] -> [batch.., x before.., x after..]
    y = e.transpose(y, [*range(axis, axis + batch), *range(axis),
                        *range(axis + batch, rank_of(y))])  # fmt: skip
    if dims["collapsed_slice_dims"]:
        return y
    shape = e.shape(y)
    return e.reshape(y, [*shape[: batch + axis], 1, *shape[batch + axis :]])


def _flattened(
    e: Emitter, x: SSAValue, starts: SSAValue, dims: Any, sizes: Sequence[Size]
) -> SSAValue:
    """One `dl.gather` from x as a list of blocks: the trailing dimensions that windows have whole
    stay together."""
    dropped = (*dims["collapsed_slice_dims"], *dims["operand_batching_dims"])
    indexed = (*dims["start_index_map"], *dropped)
    kept = rank_of(x)
    while kept and kept - 1 not in indexed and is_whole(x, kept - 1, sizes[kept - 1]):
        kept -= 1
    shape = e.shape(x)
    window = [axis for axis in range(kept) if axis not in dropped]
    batch = e.shape(starts)[:-1]
    full = [*batch, *(sizes[axis] for axis in window)]
    place = e.constant(0, i64)
    for axis in range(kept):
        stride = e.product(shape[axis + 1 : kept])
        index = _index_along(e, x, starts, dims, sizes, axis, full, window)
        if index is not None:
            scaled = e.emit(b.MulOp(index, e.counted(stride, i64)))
            place = e.emit(b.AddOp(place, scaled))
    blocks = e.reshape(x, [e.product(shape[:kept]), *shape[kept:]])
    return e.emit(mv.GatherOp(blocks, e.broadcast(place, full), 0))


def _index_along(
    e: Emitter,
    x: SSAValue,
    starts: SSAValue,
    dims: Any,
    sizes: Sequence[Size],
    axis: int,
    full: Sequence[Size],
    window: Sequence[int],
) -> SSAValue | None:
    """The places along one axis of the operand; they broadcast to [batch.., window..]."""
    batch = rank_of(starts) - 1
    terms: list[SSAValue] = []
    ones: list[Size] = [1] * len(full)
    if axis in dims["start_index_map"]:
        part = dims["start_index_map"].index(axis)
        offsets = [0] * batch + [part]
        index = e.slice(starts, offsets, [*e.shape(starts)[:-1], 1])
        last = e.difference(e.size(x, axis), sizes[axis])
        limited = e.clamp_index(e.cast(index, i64), last)
        terms.append(e.reshape(limited, [*e.shape(starts)[:-1], *ones[batch:]]))
    if axis in dims["operand_batching_dims"]:
        place = dims["operand_batching_dims"].index(axis)
        where = batch_axis(dims["start_indices_batching_dims"][place], dims["index_vector_dim"])
        terms.append(counting(e, full, where))
    if axis in window and sizes[axis] != 1:
        terms.append(counting(e, full, batch + window.index(axis)))
    if not terms:
        return None
    first, *others = terms
    for other in others:
        first = e.emit(b.AddOp(first, other))
    return first


def batch_axis(axis: int, vector: int) -> int:
    """An axis of the indices among those of the batch."""
    return axis if axis < vector else axis - 1


def counting(e: Emitter, shape: Sequence[Size], axis: int) -> SSAValue:
    """0, 1, ... along an axis, with ones elsewhere."""
    sizes: list[Size] = [n if i == axis else 1 for i, n in enumerate(shape)]
    return e.iota(sizes, axis, i64)


# Slices at computed places


def dynamic_slice(e: Emitter, op: Operation) -> SSAValue:
    """One gather along each axis that is not whole."""
    x, *starts = op.operands
    for axis, (start, size) in enumerate(zip(starts, ints_of(op, "slice_sizes"),
                                             strict=True)):  # fmt: skip
        if is_whole(x, axis, size):
            continue
        last = e.difference(e.size(x, axis), size)
        index = e.clamp_index(e.cast(start, i64), last)
        if size == 1:
            index = e.reshape(index, [1])
        else:
            index = e.emit(b.AddOp(index, e.iota([size], 0, i64)))
        x = e.emit(mv.GatherOp(x, index, axis))
    return x


def dynamic_update_slice(e: Emitter, op: Operation) -> SSAValue:
    """The update's element where an element of the operand lies in the window, else that."""
    x, update, *starts = op.operands
    shape, row = e.shape(x), update
    inside: SSAValue | None = None
    for axis, start in enumerate(starts):
        size = e.size(update, axis)
        if is_whole(x, axis, size):
            continue
        place, here = _inside_window(e, shape, axis, start, size)
        update = e.emit(mv.GatherOp(update, place, axis))
        inside = here if inside is None else e.emit(b.AndOp(inside, here))
    if inside is None:
        return update
    made = e.select(inside, update, x)
    if shape_of(row) == (1, *shape_of(x)[1:]) and is_static(shape_of(x)):
        e.rows[made] = WrittenRow(x, row, starts[0])
    return made


def _inside_window(
    e: Emitter, shape: Sequence[Size], axis: int, start: SSAValue, size: Size
) -> tuple[SSAValue, SSAValue]:
    """For each place along an axis: where it is in the window, and whether it is there."""
    first = e.clamp_index(e.cast(start, i64), e.difference(shape[axis], size))
    place = e.emit(b.SubOp(e.iota([shape[axis]], 0, i64), first))
    limited = e.clamp_index(place, e.difference(size, 1))
    here = e.compare("eq", place, limited)
    return limited, e.reshape(here, [shape[axis], *[1] * (len(shape) - axis - 1)])


RULES: dict[str, Rule] = {
    "stablehlo.dynamic_gather": dynamic_gather,
    "stablehlo.dynamic_slice": dynamic_slice,
    "stablehlo.dynamic_update_slice": dynamic_update_slice,
    "stablehlo.gather": gather,
}
