"""Elements written, or folded, into places that are tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import i1, i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported, Value

from ..call import Build, Call
from ..widen import widened
from .elementwise import times
from .indexing import joined, result_order
from .movement import part

_REDUCTIONS = {
    "add": "add",
    "amax": "max",
    "amin": "min",
    "multiply": "mul",
    "prod": "mul",
    "sum": "add",
}
"""PyTorch's names of what is done with the old and the new element -> those of `dl`."""


def _scatter(source: str, reduction: str | None = None) -> Build:
    """y[i, index[i, j, ..], ..] = src[i, j, ..] along axis 1, and so on."""

    def build(context: Context, call: Call) -> Tensor:
        x, index = call.tensor(context), call.tensor(context, "index")
        axis = call.axis(x.rank)
        kind = reduction or _reduction(call)
        if kind != "none" and call.has("include_self") and not call.flag("include_self"):
            raise Unsupported("include_self=False")
        if call.is_tensor(source):
            updates = context.cast(call.tensor(context, source), x.element)
            if updates.rank == index.rank:
                for dim in range(index.rank):  # of a larger src only the beginning counts
                    updates = part(context, updates, dim, 0, index.dims[dim])
        else:
            updates = context.broadcast(call.operand(context, source, x.element), index.dims)
        line, index, updates = (
            context.reshape(t, (d.product(t.dims),)) if t.rank == 0 else t
            for t in (x, index, updates)
        )
        op = dl.ScatterElementsOp(line.ssa, index.ssa, updates.ssa, axis, kind)
        return context.reshape(context.emit(op, line.dims), x.dims)

    return build


def _reduction(call: Call) -> str:
    if not call.has("reduce"):
        return "none"
    name = call.string("reduce")
    if name not in _REDUCTIONS:
        raise Unsupported(f"reduce = {name!r}")
    return _REDUCTIONS[name]


def _index_put(context: Context, call: Call) -> Tensor:
    """x[indices] = values, or += with `accumulate`; a mask is taken if it stands alone and the
    value is one number.
    """
    x = call.tensor(context)
    given = cast("Sequence[Value | None]", call.value("indices"))
    chosen = [(axis, context.tensor(v)) for axis, v in enumerate(given) if v is not None]
    values = context.cast(call.tensor(context, "values"), x.element)
    if any(index.element == i1 for _, index in chosen):
        return _masked_put(context, call, x, [index for _, index in chosen], values)
    axes = [axis for axis, _ in chosen]
    points = joined([index for _, index in chosen], context)
    rest = [axis for axis in range(x.rank) if axis not in axes]
    order = result_order(axes, points.rank - 1, len(rest))
    sizes = [*points.dims[:-1], *(x.dims[axis] for axis in rest)]
    updates = context.broadcast(values, [sizes[i] for i in order])
    updates = context.transpose(updates, _inverse(order))
    first = context.transpose(x, [*axes, *rest])
    kind = "add" if call.flag("accumulate") else "none"
    op = dl.ScatterNdOp(first.ssa, points.ssa, updates.ssa, kind)
    return context.transpose(context.emit(op, first.dims), _inverse([*axes, *rest]))


def _inverse(order: Sequence[int]) -> list[int]:
    return [order.index(i) for i in range(len(order))]


def _masked_put(
    context: Context, call: Call, x: Tensor, masks: Sequence[Tensor], values: Tensor
) -> Tensor:
    if len(masks) != 1 or call.flag("accumulate") or any(n != 1 for n in values.dims):
        raise Unsupported("a mask as index: how many values it takes depends on elements")
    (mask,) = masks
    mask = context.reshape(mask, (*mask.dims, *[1] * (x.rank - mask.rank)))
    return context.itemwise(dl.SelectOp, mask, context.reshape(values, ()), x)


def _index_update(reduction: str) -> Build:
    """The slices of `source` put, or added, at `index` along an axis."""

    def build(context: Context, call: Call) -> Tensor:
        x, index = call.tensor(context), call.tensor(context, "index")
        axis = call.axis(x.rank)
        source = _times_alpha(context, call, call.operand(context, "source", x.element))
        index = context.reshape(index, (1,)) if index.rank == 0 else index
        return put_slices(context, x, index, source, axis, reduction)

    return build


def _times_alpha(context: Context, call: Call, x: Tensor) -> Tensor:
    return times(context, x, call.number("alpha")) if call.has("alpha") else x


def put_slices(
    context: Context, x: Tensor, index: Tensor, source: Tensor, axis: int, reduction: str
) -> Tensor:
    """Slice i of `source` goes to, or is folded into, slice `index[i]` of x along an axis."""
    if x.rank == 0:
        x, source = context.reshape(x, (1,)), context.reshape(source, (1,))
        return context.reshape(put_slices(context, x, index, source, 0, reduction), ())
    order = [axis, *(i for i in range(x.rank) if i != axis)]
    first, updates = (context.transpose(t, order) for t in (x, source))
    points = context.reshape(index, (*index.dims, 1))
    y = context.emit(dl.ScatterNdOp(first.ssa, points.ssa, updates.ssa, reduction), first.dims)
    return context.transpose(y, _inverse(order))


def _index_fill(context: Context, call: Call) -> Tensor:
    x, index = call.tensor(context), call.tensor(context, "index")
    axis = call.axis(x.rank)
    index = context.reshape(index, (1,)) if index.rank == 0 else index
    dims: list[Dim] = [*x.dims[:axis], index.dims[0], *x.dims[axis + 1 :]]
    value = context.broadcast(call.operand(context, "value", x.element), dims if x.rank else (1,))
    return put_slices(context, x, index, value, axis, "none")


# Embedding bags


def _embedding_bag(context: Context, call: Call) -> Sequence[Tensor | None]:
    """Rows of the weight, summed or averaged in bags; bag b begins at offset b of the indices."""
    mode, weight = call.int("mode"), call.tensor(context, "weight")
    if mode not in (0, 1):
        raise Unsupported("mode = max")
    if call.has("padding_idx") and call.int("padding_idx") >= 0:
        raise Unsupported("padding_idx")
    indices, offsets = call.tensor(context, "indices"), call.tensor(context, "offsets")
    rows = widened(context, context.gather(weight, indices, 0))
    if call.has("per_sample_weights"):
        scale = call.operand(context, "per_sample_weights", rows.element)
        rows = context.itemwise(dl.MulOp, rows, context.reshape(scale, (*scale.dims, 1)))
    bags = call.dims[0]
    owner = _owners(context, indices, offsets, bags)
    zero = context.constant(0, rows.element)
    empty = context.broadcast(zero, (bags, weight.dims[1]))
    y = put_slices(context, empty, owner, rows, 0, "add")
    if mode == 1:
        ones = context.broadcast(context.constant(1, rows.element), indices.dims)
        none = context.broadcast(zero, (bags,))
        counts = put_slices(context, none, owner, ones, 0, "add")
        divisor = context.itemwise(dl.MaxOp, counts, context.constant(1, rows.element))
        y = context.itemwise(dl.DivOp, y, context.reshape(divisor, (bags, 1)))
    return context.cast(y, weight.element), None, None, None


def _owners(context: Context, indices: Tensor, offsets: Tensor, bags: Dim) -> Tensor:
    """The bag of each index: how many offsets are not beyond its place, less one."""
    places = context.reshape(context.iota(indices.dims, 0, i64), (*indices.dims, 1))
    starts = context.reshape(context.cast(offsets, i64), (1, *offsets.dims))
    if offsets.dims != (bags,):
        starts = context.take(starts, 1, 0, bags)  # the last offset only says where all end
    begun = context.cast(context.compare("le", starts, places), i64)
    count = context.emit(dl.ReduceSumOp(begun.ssa, [1], False), indices.dims)
    return context.itemwise(dl.SubOp, count, context.constant(1, i64))


OPERATORS: dict[str, Build] = {
    "aten._embedding_bag.default": _embedding_bag,
    "aten._embedding_bag_forward_only.default": _embedding_bag,
    "aten.index_add.default": _index_update("add"),
    "aten.index_copy.default": _index_update("none"),
    "aten.index_fill.int_Scalar": _index_fill,
    "aten.index_fill.int_Tensor": _index_fill,
    "aten.index_put.default": _index_put,
    "aten.scatter.reduce": _scatter("src"),
    "aten.scatter.src": _scatter("src"),
    "aten.scatter.value": _scatter("value"),
    "aten.scatter.value_reduce": _scatter("value"),
    "aten.scatter_add.default": _scatter("src", "add"),
    "aten.scatter_reduce.two": _scatter("src"),
}
