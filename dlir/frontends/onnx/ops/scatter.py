"""Elements read and written at computed places."""

from __future__ import annotations

from xdsl.dialects.builtin import i1, i64

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.elements import is_float
from dlir.frontends.builder.values import Tensor, Unsupported, Value, as_ints

from ..node import Node, normalize_axis
from ..operator import Build, tensor
from ..shapes import static_floats

REDUCTIONS = ("none", "add", "mul", "max", "min")


def _gather_elements(context: Context, node: Node) -> Tensor:
    x, indices = tensor(context, node, 0), tensor(context, node, 1)
    axis = normalize_axis(node.int("axis", 0), x.rank)
    return context.emit(dl.GatherElementsOp(x.ssa, indices.ssa, axis), indices.dims)


def _gather_nd(context: Context, node: Node) -> Tensor:
    x, indices = tensor(context, node, 0), tensor(context, node, 1)
    batch = node.int("batch_dims", 0)
    op = dl.GatherNdOp(x.ssa, indices.ssa, batch)
    named = indices.dims[-1]
    assert isinstance(named, int), "a rule of dl.gather_nd"
    return context.emit(op, (*indices.dims[:-1], *x.dims[batch + named :]))


def _reduction(node: Node) -> str:
    name = node.string("reduction", "none")
    if name not in REDUCTIONS:
        raise Unsupported(f"reduction = {name!r}")
    return name


def _scatter_elements(context: Context, node: Node) -> Tensor:
    x, indices, updates = (tensor(context, node, i) for i in range(3))
    axis = normalize_axis(node.int("axis", 0), x.rank)
    op = dl.ScatterElementsOp(x.ssa, indices.ssa, updates.ssa, axis, _reduction(node))
    return context.emit(op, x.dims)


def _scatter_nd(context: Context, node: Node) -> Tensor:
    x, indices, updates = (tensor(context, node, i) for i in range(3))
    op = dl.ScatterNdOp(x.ssa, indices.ssa, updates.ssa, _reduction(node))
    return context.emit(op, x.dims)


def _tensor_scatter(context: Context, node: Node) -> Tensor:
    """Update s of a batch goes to the place `write_indices[batch] + s` along the axis."""
    cache, update = tensor(context, node, 0), tensor(context, node, 1)
    axis, mode = normalize_axis(node.int("axis", -2), cache.rank), node.string("mode", "linear")
    if mode not in ("linear", "circular") or axis == 0:
        raise Unsupported(f"mode = {mode!r}, axis {axis}")
    along = [n if a == axis else 1 for a, n in enumerate(update.dims)]
    place = context.iota(along, axis, i64)
    if node.has(2):
        first = context.cast(tensor(context, node, 2), i64)
        first = context.reshape(first, (update.dims[0], *[1] * (update.rank - 1)))
        place = context.itemwise(dl.AddOp, place, first)
    if mode == "circular":
        size = context.scalar(cache.dims[axis], i64)
        place = context.itemwise(dl.ModOp, place, size)
    index = context.broadcast(place, update.dims)
    op = dl.ScatterElementsOp(cache.ssa, index.ssa, update.ssa, axis)
    return context.emit(op, cache.dims)


def _one_hot(context: Context, node: Node) -> Tensor:
    """The first of `values` is for all places but the index, which may be a float, the second for
    that."""
    indices, values = tensor(context, node, 0), tensor(context, node, 2)
    if is_float(indices.element):
        indices = context.cast(indices, i64)
    axis, depth = normalize_axis(node.int("axis", -1), indices.rank + 1), _depth(node.input(1))
    dims = (*indices.dims[:axis], depth, *indices.dims[axis:])
    op = dl.OneHotOp(indices.ssa, context.shape([depth])[0], i1, axis)
    off, on = (context.reshape(context.take(values, 0, n, 1), ()) for n in (0, 1))
    return context.itemwise(dl.SelectOp, context.emit(op, dims), on, off)


def _depth(value: Value) -> Dim:
    """A size; models write it as a float, too."""
    ints = as_ints(value)
    if ints is not None:
        return ints.items.reshape(-1)[0]
    return int(static_floats(value, "a depth")[0])


OPERATORS: dict[str, Build] = {
    "GatherElements": _gather_elements,
    "GatherND": _gather_nd,
    "OneHot": _one_hot,
    "Scatter": _scatter_elements,
    "ScatterElements": _scatter_elements,
    "ScatterND": _scatter_nd,
    "TensorScatter": _tensor_scatter,
}
