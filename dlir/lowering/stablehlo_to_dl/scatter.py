"""Scatter: `dl.scatter_nd` into the operand as a list of blocks.

An update outside the operand is left out. Its place becomes one more block at the end, which is cut
off again. Updates by a region that `dl` has no name for are computed where they are, and put back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, i1, i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import Reduction
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of, rank_of
from dlir.dialects.dl.ops.movement import GatherOp
from dlir.dialects.dl.ops.ordering import SortOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp
from dlir.dialects.dl.ops.scan import CumsumOp
from dlir.dialects.dl.ops.scatter import GatherNdOp, ScatterNdOp
from dlir.dialects.stablehlo.shapes import flag_of
from dlir.lowering.stablehlo_to_dl.elementwise import OF_BOOLEANS, Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size
from dlir.lowering.stablehlo_to_dl.gather import batch_axis, counting, is_whole, parts_last
from dlir.lowering.stablehlo_to_dl.loops import repeated
from dlir.lowering.stablehlo_to_dl.regions import combiner, returned_argument
from dlir.lowering.stablehlo_to_dl.vectorized import applied

REDUCTIONS = {
    "add": Reduction.ADD,
    "multiply": Reduction.MUL,
    "maximum": Reduction.MAX,
    "minimum": Reduction.MIN,
}

OF_BITS = {"or": "maximum", "and": "minimum"}


def reduction_of(op: Operation) -> Reduction | None:
    """What the region does with an update, its second argument; None for what `dl` has no name."""
    block = op.regions[0].block
    if returned_argument(block) == 1:
        return Reduction.NONE
    name, element = combiner(block), element_of(op.operands[0])
    if name is not None and element == i1:
        logical = OF_BOOLEANS.get(name, name)
        name = OF_BITS.get(logical, logical)
    return None if name is None else REDUCTIONS.get(name)


def scatter(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    count = len(op.operands) // 2
    inputs, updates = op.operands[:count], op.operands[count + 1 :]
    if count == 1 and returned_argument(op.regions[0].block) == 0:
        return [*inputs]
    dims = cast(Any, op.properties["scatter_dimension_numbers"])
    starts = parts_last(e, op.operands[count], dims["index_vector_dim"])
    window_dims = dims["update_window_dims"]
    batch = [axis for axis in range(rank_of(updates[0])) if axis not in window_dims]
    updates = [e.transpose(update, [*batch, *window_dims]) for update in updates]
    x = inputs[0]
    window = _window_sizes(e, x, updates[0], dims, len(batch))
    kept = _kept(e, x, dims, window)
    places, inside = _places(e, x, starts, dims, window, kept)
    known = reduction_of(op) if count == 1 else None
    blocks = Blocks(e, e.shape(x), kept, places, inside, spare=known is None)
    lists = [blocks.of(x) for x in inputs]
    flat = [blocks.flat(update) for update in updates]
    if known is not None:
        made = [e.emit(ScatterNdOp(lists[0], blocks.points, flat[0], known))]
    elif flag_of(op, "unique_indices"):
        made = _updated(e, op, lists, blocks.points, flat)
    else:
        made = _in_rounds(e, op, blocks, lists, flat)
    return [blocks.whole(x) for x in made]


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


class Blocks:
    """Operands of one shape as lists of blocks, and the places of the updates in these.

    Where an update may lie outside, or `spare` asks for it, there is one more block for what is
    left out.
    """

    def __init__(
        self, e: Emitter, shape: Sequence[Size], kept: int, places: SSAValue,
        inside: SSAValue | None, spare: bool,
    ) -> None:  # fmt: skip
        self._e, self._shape = e, shape
        self.count, self._block = e.product(shape[:kept]), shape[kept:]
        self._has_spare = spare or inside is not None
        if inside is not None:
            places = e.select(inside, places, e.counted(self.count, i64))
        self.many = e.product(e.shape(places))
        self.points = e.reshape(places, [self.many, 1])

    def of(self, x: SSAValue) -> SSAValue:
        """An operand's blocks."""
        blocks = self._e.reshape(x, [self.count, *self._block])
        if not self._has_spare:
            return blocks
        extra = [1, *[0] * len(self._block)]
        return self._e.pad(blocks, [0] * len(extra), extra, 0)

    def flat(self, updates: SSAValue) -> SSAValue:
        """One update per place."""
        return self._e.reshape(updates, [self.many, *self._block])

    def whole(self, blocks: SSAValue) -> SSAValue:
        """The operand that has such blocks."""
        if self._has_spare:
            blocks = self._e.slice(blocks, [0] * rank_of(blocks), [self.count, *self._block])
        return self._e.reshape(blocks, self._shape)


# Any region


def _updated(
    e: Emitter,
    op: Operation,
    lists: Sequence[SSAValue],
    points: SSAValue,
    updates: Sequence[SSAValue],
) -> list[SSAValue]:
    """The region's results at places of which none comes twice."""
    old = [e.emit(GatherNdOp(x, points)) for x in lists]
    new = applied(e, op, op.regions[0].block, [*old, *updates])
    return [e.emit(ScatterNdOp(x, points, y)) for x, y in zip(lists, new, strict=True)]


def _in_rounds(
    e: Emitter,
    op: Operation,
    blocks: Blocks,
    lists: Sequence[SSAValue],
    updates: Sequence[SSAValue],
) -> Sequence[SSAValue]:
    """Each round takes one update of every place that has more, in their order."""
    if blocks.many == 0:
        return lists
    places, order = e.insert(SortOp(e.reshape(blocks.points, [blocks.many]), 0)).results
    updates = [e.emit(GatherOp(update, order, 0)) for update in updates]
    turns = _turns(e, places, blocks.many)
    last = e.scalar(e.emit(ReduceMaxOp(turns, [0])))
    rounds = e.emit(arith.AddiOp(e.emit(arith.IndexCastOp(last, IndexType())), e.index(1)))
    nowhere = e.counted(blocks.count, i64)

    def body(number: SSAValue, lists: Sequence[SSAValue]) -> Sequence[SSAValue]:
        here = e.select(e.compare("eq", turns, number), places, nowhere)
        return _updated(e, op, lists, e.reshape(here, [blocks.many, 1]), updates)

    return repeated(e, op, rounds, lists, body)


def _turns(e: Emitter, places: SSAValue, many: Size) -> SSAValue:
    """How many of the same place come before, in a list of places in rising order."""
    before = e.slice(e.pad(places, [1], [0], -1), [0], [many])
    is_first = e.cast(e.compare("ne", places, before), i64)
    group = e.emit(b.SubOp(e.emit(CumsumOp(is_first, 0)), e.constant(1, i64)))
    points, own = e.reshape(group, [many, 1]), e.iota([many], 0, i64)
    beyond = e.broadcast(e.counted(many, i64), [many])
    firsts = e.emit(ScatterNdOp(beyond, points, own, Reduction.MIN))
    return e.emit(b.SubOp(own, e.emit(GatherNdOp(firsts, points))))


RULES: dict[str, Rule] = {"stablehlo.scatter": scatter}
