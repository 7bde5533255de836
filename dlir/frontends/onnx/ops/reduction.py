"""Reductions over axes, plain and with an elementwise step before or after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from xdsl.dialects.builtin import i1, i32
from xdsl.ir import Operation

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor

from ..node import Node, normalize_axis
from ..operator import Build, tensor
from ..shapes import static_ints

Step: TypeAlias = Callable[[Context, Tensor], Tensor]


def _reduced_axes(node: Node, rank: int) -> list[int]:
    """Axes come as an attribute, or as an input (opset 13 for ReduceSum, 18 for the others)."""
    axes = list(node.ints("axes", ()))
    if node.has(1):
        axes = static_ints(node.input(1), "axes")
    if not axes and not node.int("noop_with_empty_axes", 0):
        axes = list(range(rank))
    return sorted({normalize_axis(axis, rank) for axis in axes})


def reduce(
    context: Context, make: Callable[..., Operation], x: Tensor, axes: Sequence[int], keep: bool
) -> Tensor:
    """One reduction; over no axes it is the identity."""
    if not axes:
        return x
    kept = [1 if i in axes else n for i, n in enumerate(x.dims)]
    dims = kept if keep else [n for i, n in enumerate(x.dims) if i not in axes]
    return context.emit(make(x.ssa, axes, keep), dims)


def _reduction(
    make: Callable[..., Operation], before: Step | None = None, after: Step | None = None
) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        x = tensor(context, node, 0)
        axes, keep = _reduced_axes(node, x.rank), bool(node.int("keepdims", 1))
        if before is not None:
            x = before(context, x)
        y = reduce(context, make, x, axes, keep)
        return y if after is None else after(context, y)

    return build


def _extremum(make: Callable[..., Operation]) -> Build:
    """Booleans (opset 20) are compared as 0 and 1."""
    plain = _reduction(make)

    def build(context: Context, node: Node) -> Tensor:
        x = tensor(context, node, 0)
        if x.element != i1:
            result = plain(context, node)
            assert isinstance(result, Tensor)
            return result
        numbers = context.cast(x, i32)
        axes = _reduced_axes(node, x.rank)
        reduced = reduce(context, make, numbers, axes, bool(node.int("keepdims", 1)))
        zero = context.constant(
            0, i32
        )  # over nothing, the least integer is false, the largest true
        return context.compare("gt", reduced, zero)

    return build


def _unary(make: Callable[..., Operation]) -> Step:
    return lambda context, x: context.itemwise(make, x)


def _square(context: Context, x: Tensor) -> Tensor:
    return context.itemwise(dl.MulOp, x, x)


def _log_sum_exp(context: Context, node: Node) -> Tensor:
    """log(sum(e^(x - m))) + m with the maximum m, which keeps the powers in range."""
    x = tensor(context, node, 0)
    axes, keep = _reduced_axes(node, x.rank), bool(node.int("keepdims", 1))
    top = reduce(context, dl.ReduceMaxOp, x, axes, True)
    powers = context.itemwise(dl.ExpOp, context.itemwise(dl.SubOp, x, top))
    total = context.itemwise(dl.LogOp, reduce(context, dl.ReduceSumOp, powers, axes, True))
    y = context.itemwise(dl.AddOp, total, top)
    if keep:
        return y
    return context.reshape(y, [n for i, n in enumerate(y.dims) if i not in axes])


OPERATORS: dict[str, Build] = {
    "ReduceL1": _reduction(dl.ReduceSumOp, before=_unary(dl.AbsOp)),
    "ReduceL2": _reduction(dl.ReduceSumOp, before=_square, after=_unary(dl.SqrtOp)),
    "ReduceLogSum": _reduction(dl.ReduceSumOp, after=_unary(dl.LogOp)),
    "ReduceLogSumExp": _log_sum_exp,
    "ReduceMax": _extremum(dl.ReduceMaxOp),
    "ReduceMean": _reduction(dl.ReduceMeanOp),
    "ReduceMin": _extremum(dl.ReduceMinOp),
    "ReduceProd": _reduction(dl.ReduceProdOp),
    "ReduceSum": _reduction(dl.ReduceSumOp),
    "ReduceSumSquare": _reduction(dl.ReduceSumOp, before=_square),
}
