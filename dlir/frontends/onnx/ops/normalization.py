"""Softmax, the normalisations, and dropout as it is at inference."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import i1
from xdsl.ir import Operation

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported, Value

from ..node import Node, normalize_axis
from ..operator import Build, tensor
from ..shapes import static_ints
from .reduction import reduce


def _softmax(make: Callable[..., Operation]) -> Build:
    """Before opset 13 the operand is taken as a matrix, cut before `axis` (default 1)."""

    def build(context: Context, node: Node) -> Tensor:
        x = tensor(context, node, 0)
        coerced = node.opset < 13
        axis = normalize_axis(node.int("axis", 1 if coerced else -1), x.rank)
        if not coerced or all(n == 1 for n in x.dims[axis + 1 :]):
            return context.emit(make(x.ssa, axis), x.dims)
        matrix = context.reshape(x, (d.product(x.dims[:axis]), d.product(x.dims[axis:])))
        return context.reshape(context.emit(make(matrix.ssa, 1), matrix.dims), x.dims)

    return build


def _layer_norm(context: Context, node: Node) -> Sequence[Tensor]:
    x = tensor(context, node, 0)
    axis = normalize_axis(node.int("axis", -1), x.rank)
    scale, *bias = (
        context.broadcast(tensor(context, node, i), x.dims[axis:]) for i in (1, 2) if node.has(i)
    )
    op = dl.LayerNormOp(
        x.ssa,
        scale.ssa,
        bias[0].ssa if bias else None,
        axis=axis,
        epsilon=node.float("epsilon", 1e-5),
    )
    y = context.emit(op, x.dims)
    return (y, *_statistics(context, node, x, axis)) if any(node.output_names[1:]) else (y,)


def _statistics(context: Context, node: Node, x: Tensor, axis: int) -> Sequence[Tensor]:
    """The other results of LayerNormalization: the mean and 1 / sqrt(variance + epsilon)."""
    axes = list(range(axis, x.rank))
    mean = reduce(context, dl.ReduceMeanOp, x, axes, True)
    centred = context.itemwise(dl.SubOp, x, mean)
    square = context.itemwise(dl.MulOp, centred, centred)
    epsilon = context.constant(node.float("epsilon", 1e-5), x.element)
    variance = reduce(context, dl.ReduceMeanOp, square, axes, True)
    raised = context.itemwise(dl.AddOp, variance, epsilon)
    return mean, context.itemwise(dl.ReciprocalOp, context.itemwise(dl.SqrtOp, raised))


def _rms_norm(context: Context, node: Node) -> Tensor:
    """x / sqrt(mean(x^2) + epsilon) * scale."""
    x, scale = tensor(context, node, 0), tensor(context, node, 1)
    axis = normalize_axis(node.int("axis", -1), x.rank)
    square = context.itemwise(dl.MulOp, x, x)
    mean = reduce(context, dl.ReduceMeanOp, square, range(axis, x.rank), True)
    epsilon = context.constant(node.float("epsilon", 1e-5), x.element)
    root = context.itemwise(dl.SqrtOp, context.itemwise(dl.AddOp, mean, epsilon))
    return context.itemwise(dl.MulOp, context.itemwise(dl.DivOp, x, root), scale)


def _batch_norm(context: Context, node: Node) -> Tensor:
    if node.int("training_mode", 0) or any(node.output_names[1:]):
        raise Unsupported("training mode")
    x, *statistics = (tensor(context, node, i) for i in range(5))
    statistics = [context.cast(value, x.element) for value in statistics]
    if x.rank < 2:
        raise Unsupported(f"an input of rank {x.rank}")
    op = dl.BatchNormOp(
        x.ssa, *(value.ssa for value in statistics), epsilon=node.float("epsilon", 1e-5)
    )
    return context.emit(op, x.dims)


def _instance_norm(context: Context, node: Node) -> Tensor:
    """Normalisation of each channel of each image by its own statistics."""
    x, scale, bias = (tensor(context, node, i) for i in range(3))
    y = _standardised(context, x, range(2, x.rank), node.float("epsilon", 1e-5))
    scale, bias = (
        context.reshape(value, (*value.dims, *[1] * (x.rank - 2))) for value in (scale, bias)
    )
    return context.itemwise(dl.AddOp, context.itemwise(dl.MulOp, y, scale), bias)


def _standardised(context: Context, x: Tensor, axes: Sequence[int], epsilon: float) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) over `axes`."""
    axes = list(axes)
    centred = context.itemwise(dl.SubOp, x, reduce(context, dl.ReduceMeanOp, x, axes, True))
    square = context.itemwise(dl.MulOp, centred, centred)
    variance = reduce(context, dl.ReduceMeanOp, square, axes, True)
    raised = context.itemwise(dl.AddOp, variance, context.constant(epsilon, x.element))
    return context.itemwise(dl.DivOp, centred, context.itemwise(dl.SqrtOp, raised))


def _group_norm(context: Context, node: Node) -> Tensor:
    """Normalisation of groups of channels; scale and bias are per group before opset 21."""
    x, scale, bias = (tensor(context, node, i) for i in range(3))
    groups = node.int("num_groups", 1)
    per_group = (x.dims[0], groups, d.div(x.dims[1], groups), *x.dims[2:])
    grouped = context.reshape(x, per_group)
    y = _standardised(context, grouped, range(2, grouped.rank), node.float("epsilon", 1e-5))
    own = (groups, 1) if node.opset < 21 else per_group[1:3]
    scale, bias = (context.reshape(value, (*own, *[1] * (x.rank - 2))) for value in (scale, bias))
    y = context.itemwise(dl.AddOp, context.itemwise(dl.MulOp, y, scale), bias)
    return context.reshape(y, x.dims)


def _lp_norm(context: Context, node: Node) -> Tensor:
    x, p = tensor(context, node, 0), node.int("p", 2)
    axes = [normalize_axis(node.int("axis", -1), x.rank)]
    if p == 1:
        size = reduce(context, dl.ReduceSumOp, context.itemwise(dl.AbsOp, x), axes, True)
    elif p == 2:
        square = context.itemwise(dl.MulOp, x, x)
        size = context.itemwise(dl.SqrtOp, reduce(context, dl.ReduceSumOp, square, axes, True))
    else:
        raise Unsupported(f"p = {p}")
    zero, one = (context.constant(n, x.element) for n in (0, 1))
    empty = context.compare("eq", size, zero)
    return context.itemwise(dl.DivOp, x, context.itemwise(dl.SelectOp, empty, one, size))


def _lrn(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    op = dl.LrnOp(
        x.ssa,
        node.int("size", 1),
        alpha=node.float("alpha", 1e-4),
        beta=node.float("beta", 0.75),
        bias=node.float("bias", 1.0),
    )
    return context.emit(op, x.dims)


def _dropout(context: Context, node: Node) -> Sequence[Value]:
    """The identity, and a mask of ones; training (opset 12) is refused."""
    data = node.input(0)
    if node.has(2) and any(static_ints(node.input(2), "training_mode")):
        raise Unsupported("training mode")
    if not any(node.output_names[1:]):
        return (data,)
    mask = context.broadcast(context.constant(True, i1), data.dims)
    return (data, mask)


OPERATORS: dict[str, Build] = {
    "BatchNormalization": _batch_norm,
    "Dropout": _dropout,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _instance_norm,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "LogSoftmax": _softmax(dl.LogSoftmaxOp),
    "LpNormalization": _lp_norm,
    "RMSNormalization": _rms_norm,
    "Softmax": _softmax(dl.SoftmaxOp),
}
