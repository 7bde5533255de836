"""Scatter: `dl.scatter_nd` into the operand as a list of blocks.

An update outside the operand is left out. Its place becomes one more block at the end, which is cut
off again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import i1, i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import Reduction
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of, rank_of
from dlir.dialects.dl.ops.scatter import ScatterNdOp
from dlir.lowering.stablehlo_to_dl.elementwise import OF_BOOLEANS, Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, unsupported
from dlir.lowering.stablehlo_to_dl.gather import batch_axis, counting, is_whole, parts_last
from dlir.lowering.stablehlo_to_dl.regions import combiner, returned_argument, text_of

REDUCTIONS = {
    "add": Reduction.ADD,
    "multiply": Reduction.MUL,
    "maximum": Reduction.MAX,
    "minimum": Reduction.MIN,
}

OF_BITS = {"or": "maximum", "and": "minimum"}


def reduction_of(op: Operation) -> Reduction:
    """What the region does with an update; its second argument is the update."""
    block = op.regions[0].block
    if returned_argument(block) == 1:
        return Reduction.NONE
    name, element = combiner(block), element_of(op.operands[0])
    if name is not None and element == i1:
        logical = OF_BOOLEANS.get(name, name)
        name = OF_BITS.get(logical, logical)
    if name not in REDUCTIONS:
        unsupported(f"a region that is no update known:\n{text_of(op)}",
                    "known are the update itself, add, multiply, maximum and minimum")  # fmt: skip
    return REDUCTIONS[name]


def scatter(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    if len(op.operands) != 3:
        unsupported(f"{len(op.operands) // 2} inputs")
    x, updates = op.operands[0], op.operands[2]
    dims = cast(Any, op.properties["scatter_dimension_numbers"])
    if returned_argument(op.regions[0].block) == 0:
        return [x]
    reduction = reduction_of(op)
    starts = parts_last(e, op.operands[1], dims["index_vector_dim"])
    window_dims = dims["update_window_dims"]
    batch = [axis for axis in range(rank_of(updates)) if axis not in window_dims]
    updates = e.transpose(updates, [*batch, *window_dims])
    window = _window_sizes(e, x, updates, dims, len(batch))
    kept = _kept(e, x, dims, window)
    places, inside = _places(e, x, starts, dims, window, kept)
    return [_scattered(e, x, places, inside, updates, kept, reduction)]


def _window_sizes(
    e: Emitter, x: SSAValue, updates: SSAValue, dims: Any, batch: int
) -> dict[int, Size]:
    """The size of the window along each dimension of the operand that it has."""
    dropped = (*dims["inserted_window_dims"], *dims["input_batching_dims"])
    axes = [axis for axis in range(rank_of(x)) if axis not in dropped]
    return dict(zip(axes, e.shape(updates)[batch:], strict=True))


def _kept(e: Emitter, x: SSAValue, dims: Any, window: dict[int, Size]) -> int:
    """How many leading dimensions are addressed: windows have the others whole."""
    kept = rank_of(x)
    while kept and kept - 1 in window and kept - 1 not in dims["scatter_dims_to_operand_dims"]:
        if not is_whole(x, kept - 1, window[kept - 1]):
            break
        kept -= 1
    return kept


def _places(
    e: Emitter, x: SSAValue, starts: SSAValue, dims: Any, window: dict[int, Size], kept: int
) -> tuple[SSAValue, SSAValue | None]:
    """Where among the blocks each update goes, and whether that is inside (None: always)."""
    shape, batch = e.shape(x), e.shape(starts)[:-1]
    inner = [axis for axis in window if axis < kept]
    full = [*batch, *(window[axis] for axis in inner)]
    place, inside = e.constant(0, i64), None
    for axis in range(kept):
        index, is_computed = _index(e, starts, dims, axis, full, inner)
        if index is None:
            continue
        stride = e.product(shape[axis + 1 : kept])
        place = e.emit(b.AddOp(place, e.emit(b.MulOp(index, e.counted(stride, i64)))))
        if is_computed:
            here = _within(e, index, shape[axis])
            inside = here if inside is None else e.emit(b.AndOp(inside, here))
    return e.broadcast(place, full), inside


def _index(
    e: Emitter, starts: SSAValue, dims: Any, axis: int, full: Sequence[Size], inner: Sequence[int]
) -> tuple[SSAValue | None, bool]:
    """The places along an axis, which broadcast to [batch.., window..], and whether they follow
    from indices."""
    batch = rank_of(starts) - 1
    index = None
    if computed := axis in dims["scatter_dims_to_operand_dims"]:
        part = dims["scatter_dims_to_operand_dims"].index(axis)
        sizes = e.shape(starts)[:-1]
        one = e.slice(starts, [0] * batch + [part], [*sizes, 1])
        index = e.reshape(e.cast(one, i64), [*sizes, *[1] * len(inner)])
    elif axis in dims["input_batching_dims"]:
        which = dims["input_batching_dims"].index(axis)
        where = batch_axis(dims["scatter_indices_batching_dims"][which], dims["index_vector_dim"])
        index = counting(e, full, where)
    if axis in inner and full[batch + inner.index(axis)] != 1:
        steps = counting(e, full, batch + inner.index(axis))
        index = steps if index is None else e.emit(b.AddOp(index, steps))
    return index, computed


def _within(e: Emitter, index: SSAValue, size: Size) -> SSAValue:
    low = e.compare("ge", index, e.constant(0, i64))
    return e.emit(b.AndOp(low, e.compare("lt", index, e.counted(size, i64))))


def _scattered(
    e: Emitter,
    x: SSAValue,
    places: SSAValue,
    inside: SSAValue | None,
    updates: SSAValue,
    kept: int,
    reduction: Reduction,
) -> SSAValue:
    shape = e.shape(x)
    count, block = e.product(shape[:kept]), shape[kept:]
    blocks = e.reshape(x, [count, *block])
    if inside is not None:
        places = e.select(inside, places, e.counted(count, i64))
        extra = [1, *[0] * len(block)]
        blocks = e.pad(blocks, [0] * len(extra), extra, 0)
    many = e.product(e.shape(places))
    points = e.reshape(places, [many, 1])
    flat = e.reshape(updates, [many, *block])
    made = e.emit(ScatterNdOp(blocks, points, flat, reduction))
    if inside is not None:
        made = e.slice(made, [0] * rank_of(made), [count, *block])
    return e.reshape(made, shape)


RULES: dict[str, Rule] = {"stablehlo.scatter": scatter}
