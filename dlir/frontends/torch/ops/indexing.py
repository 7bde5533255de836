"""Elements chosen by indices that are tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import i1, i64

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context, broadcast_dims
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
    op = dl.GatherElementsOp(x.ssa, index.ssa, call.axis(x.rank))
    return context.emit(op, index.dims)


def _index(context: Context, call: Call) -> Tensor:
    """numpy's indexing by one integer tensor per axis, or None for a whole axis."""
    x, given = call.tensor(context), cast("Sequence[Value | None]", call.value("indices"))
    chosen = [
        (axis, context.tensor(value)) for axis, value in enumerate(given) if value is not None
    ]
    if any(index.element == i1 for _, index in chosen):
        raise Unsupported("a mask as index: the result's size depends on elements")
    if len(chosen) == 1:
        ((axis, index),) = chosen
        return context.gather(x, index, axis)
    axes = [axis for axis, _ in chosen]
    points = joined([index for _, index in chosen], context)
    rest = [axis for axis in range(x.rank) if axis not in axes]
    first = context.transpose(x, [*axes, *rest])
    dims = (*points.dims[:-1], *first.dims[len(axes) :])
    y = context.emit(dl.GatherNdOp(first.ssa, points.ssa), dims)
    return context.transpose(y, result_order(axes, points.rank - 1, len(rest)))


def joined(indices: Sequence[Tensor], context: Context) -> Tensor:
    """Indices along several axes as points: one more dimension, of one number per axis."""
    dims = broadcast_dims(*(index.dims for index in indices))
    columns = [
        context.reshape(context.broadcast(context.cast(index, i64), dims), (*dims, 1))
        for index in indices
    ]
    if len(columns) == 1:
        return columns[0]
    op = dl.ConcatOp([column.ssa for column in columns], len(dims))
    return context.emit(op, (*dims, len(columns)))


def result_order(axes: Sequence[int], points: int, rest: int) -> list[int]:
    """How [points.., rest..] becomes numpy's result of an index: where the indexed axes are side by
    side, the dimensions of the points stand in their place, else in front.
    """
    adjacent = [*axes] == list(range(axes[0], axes[0] + len(axes)))
    before = axes[0] if adjacent else 0
    fixed = list(range(points, points + rest))
    return [*fixed[:before], *range(points), *fixed[before:]]


OPERATORS: dict[str, Build] = {
    "aten.embedding.default": _embedding,
    "aten.gather.default": _gather,
    "aten.index.Tensor": _index,
    "aten.index_select.default": _index_select,
}
