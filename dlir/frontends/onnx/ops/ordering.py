"""Running folds, places of extremes, elements in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.dialects.builtin import i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node, normalize_axis
from ..operator import Build, element_type, tensor
from ..shapes import dims_of, static_ints


def _scan(make: Callable[..., Any]) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        x = tensor(context, node, 0)
        axis = normalize_axis(static_ints(node.input(1), "an axis")[0], x.rank)
        flags = {name: bool(node.int(name, 0)) for name in ("exclusive", "reverse")}
        return context.emit(make(x.ssa, axis, **flags), x.dims)

    return build


def _extreme(make: Callable[..., Any]) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        x, keep = tensor(context, node, 0), bool(node.int("keepdims", 1))
        axis = normalize_axis(node.int("axis", 0), x.rank)
        last = bool(node.int("select_last_index", 0))
        dims = [*x.dims[:axis], *([1] if keep else []), *x.dims[axis + 1 :]]
        return context.emit(make(x.ssa, axis, keepdims=keep, select_last=last), dims)

    return build


def _topk(context: Context, node: Node) -> Sequence[Tensor]:
    """k is an attribute before opset 10; the least elements may be asked for from opset 11 on."""
    x = tensor(context, node, 0)
    axis = normalize_axis(node.int("axis", -1), x.rank)
    k = dims_of(node.input(1), "k")[0] if node.has(1) else node.int("k", -1)
    dims, smallest = (*x.dims[:axis], k, *x.dims[axis + 1 :]), not node.int("largest", 1)
    if isinstance(k, int):
        return context.emit_all(dl.TopkOp(x.ssa, k, axis, smallest=smallest), [dims, dims])
    ordered = context.emit_all(dl.SortOp(x.ssa, axis, descending=not smallest), [x.dims] * 2)
    return [context.take(part, axis, 0, k) for part in ordered]


def _hardmax(context: Context, node: Node) -> Tensor:
    """Before opset 13 the operand is taken as a matrix, cut before `axis` (default 1)."""
    x, coerced = tensor(context, node, 0), node.opset < 13
    axis = normalize_axis(node.int("axis", 1 if coerced else -1), x.rank)
    if not coerced:
        return _one_at_maximum(context, x, axis)
    matrix = context.reshape(x, (d.product(x.dims[:axis]), d.product(x.dims[axis:])))
    return context.reshape(_one_at_maximum(context, matrix, 1), x.dims)


def _one_at_maximum(context: Context, x: Tensor, axis: int) -> Tensor:
    dims = [*x.dims[:axis], *x.dims[axis + 1 :]]
    place = context.emit(dl.ArgmaxOp(x.ssa, axis), dims)
    depth = context.shape([x.dims[axis]])[0]
    return context.emit(dl.OneHotOp(place.ssa, depth, x.element, axis), x.dims)


def _reverse_sequence(context: Context, node: Node) -> Tensor:
    """Of each batch the first `length` steps, from behind: a gather of every element."""
    x, lengths = tensor(context, node, 0), context.cast(tensor(context, node, 1), i64)
    time, batch = node.int("time_axis", 0), node.int("batch_axis", 1)
    if sorted((time, batch)) != [0, 1]:
        raise Unsupported(f"time_axis = {time}, batch_axis = {batch}")
    ones = [1] * (x.rank - 2)
    step = context.iota([x.dims[time] if a == time else 1 for a in (0, 1)] + ones, time, i64)
    lengths = context.reshape(lengths, [x.dims[batch] if a == batch else 1 for a in (0, 1)] + ones)
    last = context.itemwise(dl.SubOp, lengths, context.constant(1, i64))
    within = context.compare("lt", step, lengths)
    place = context.itemwise(dl.SelectOp, within, context.itemwise(dl.SubOp, last, step), step)
    index = context.broadcast(place, x.dims)
    return context.emit(dl.GatherElementsOp(x.ssa, index.ssa, time), x.dims)


def _eye_like(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    if x.rank != 2:
        raise Unsupported(f"an input of rank {x.rank}")
    element = element_type(node, x.element)
    rows, columns = (context.iota(x.dims, axis, i64) for axis in (0, 1))
    diagonal = context.itemwise(dl.AddOp, rows, context.constant(node.int("k", 0), i64))
    return context.cast(context.compare("eq", diagonal, columns), element)


OPERATORS: dict[str, Build] = {
    "ArgMax": _extreme(dl.ArgmaxOp),
    "ArgMin": _extreme(dl.ArgminOp),
    "CumProd": _scan(dl.CumprodOp),
    "CumSum": _scan(dl.CumsumOp),
    "EyeLike": _eye_like,
    "Hardmax": _hardmax,
    "ReverseSequence": _reverse_sequence,
    "TopK": _topk,
}
