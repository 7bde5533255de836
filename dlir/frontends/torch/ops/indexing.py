"""Elements chosen by indices that are tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import i1, i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context, broadcast_dims
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported, Value

from ..call import Build, Call


def _embedding(context: Context, call: Call) -> Tensor:
    return context.gather(call.tensor(context, "weight"), call.tensor(context, "indices"), 0)


def _index_select(context: Context, call: Call) -> Tensor:
    x, index = call.tensor(context), call.tensor(context, "index")
    axis = call.axis(x.rank)
    x = context.reshape(x, (1,)) if x.rank == 0 else x
    index = context.reshape(index, (1,)) if index.rank == 0 else index
    return context.reshape(context.gather(x, index, axis), call.dims)


def _gather(context: Context, call: Call) -> Tensor:
    """y[i, j, ..] = x[i, index[i, j, ..], ..] along axis 1, and so on."""
    x, index = call.tensor(context), call.tensor(context, "index")
    if x.rank == 0:
        return context.reshape(x, index.dims)
    axis = call.axis(x.rank)
    places = [index if i == axis else context.iota(index.dims, i, i64) for i in range(index.rank)]
    return _at(context, x, 0, places)


def _index(context: Context, call: Call) -> Tensor:
    """numpy's indexing by one integer tensor per axis, or None for a whole axis."""
    x, given = call.tensor(context), cast("Sequence[Value | None]", call.value("indices"))
    chosen = [
        (axis, context.tensor(value)) for axis, value in enumerate(given) if value is not None
    ]
    if any(index.element == i1 for _, index in chosen):
        raise Unsupported("a mask as index: the result's size depends on elements")
    axes = [axis for axis, _ in chosen]
    adjacent = axes == list(range(axes[0], axes[0] + len(axes)))
    if not adjacent:
        rest = [axis for axis in range(x.rank) if axis not in axes]
        x = context.transpose(x, [*axes, *rest])
    return _at(context, x, axes[0] if adjacent else 0, [index for _, index in chosen])


def _at(context: Context, x: Tensor, first: int, indices: Sequence[Tensor]) -> Tensor:
    """The items at these places along the axes from `first` on, which become one axis."""
    if len(indices) == 1:
        return context.gather(x, indices[0], first)
    axes = x.dims[first : first + len(indices)]
    flat = context.reshape(x, (*x.dims[:first], d.product(axes), *x.dims[first + len(indices) :]))
    return context.gather(flat, _place(context, axes, indices), first)


def _place(context: Context, sizes: Sequence[Dim], indices: Sequence[Tensor]) -> Tensor:
    """Row-major places. One index out of bounds makes a place that is out of bounds."""
    dims = broadcast_dims(*(index.dims for index in indices))
    total = context.broadcast(context.constant(0, i64), dims)
    inside = context.broadcast(context.constant(True, i1), dims)
    zero = context.constant(0, i64)
    for size, index in zip(sizes, indices, strict=True):
        extent, index = context.scalar(size, i64), context.cast(index, i64)
        from_end = context.itemwise(dl.AddOp, index, extent)
        index = context.itemwise(dl.SelectOp, context.compare("lt", index, zero), from_end, index)
        for bound in (context.compare("ge", index, zero), context.compare("lt", index, extent)):
            inside = context.itemwise(dl.AndOp, inside, bound)
        total = context.itemwise(dl.AddOp, context.itemwise(dl.MulOp, total, extent), index)
    outside = context.constant(d.INT64_MAX, i64)
    return context.itemwise(dl.SelectOp, inside, total, outside)


OPERATORS: dict[str, Build] = {
    "aten.embedding.default": _embedding,
    "aten.gather.default": _gather,
    "aten.index.Tensor": _index,
    "aten.index_select.default": _index_select,
}
