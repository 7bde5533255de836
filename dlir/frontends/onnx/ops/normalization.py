"""Softmax, the normalisations, and dropout as it is at inference."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import Operation

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node, normalize_axis
from ..operator import Build, tensor
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
    """The scale may broadcast to the normalised dimensions."""
    x, scale = tensor(context, node, 0), tensor(context, node, 1)
    axis = normalize_axis(node.int("axis", -1), x.rank)
    scale = context.broadcast(context.cast(scale, x.element), x.dims[axis:])
    op = dl.RmsNormOp(x.ssa, scale.ssa, axis=axis, epsilon=node.float("epsilon", 1e-5))
    return context.emit(op, x.dims)


def _batch_norm(context: Context, node: Node) -> Sequence[Tensor]:
    x, *vectors = (tensor(context, node, i) for i in range(5))
    if x.rank < 2:
        raise Unsupported(f"an input of rank {x.rank}")
    epsilon = node.float("epsilon", 1e-5)
    operands = [context.cast(value, x.element) for value in vectors]
    if node.int("training_mode", 0):
        op = dl.BatchNormTrainingOp(x.ssa, *(value.ssa for value in operands[:2]), epsilon=epsilon)
        y, *current = context.emit_all(op, [x.dims, x.dims[1:2], x.dims[1:2]])
        momentum = node.float("momentum", 0.9)
        pairs = zip(vectors[2:], current, strict=True)
        return (y, *(_running(context, old, new, momentum) for old, new in pairs))
    if any(node.output_names[1:]):
        raise Unsupported("statistics as results without training_mode")
    op = dl.BatchNormOp(x.ssa, *(value.ssa for value in operands), epsilon=epsilon)
    return (context.emit(op, x.dims),)


def _running(context: Context, old: Tensor, new: Tensor, momentum: float) -> Tensor:
    """old * momentum + new * (1 - momentum), in the type of the old statistic."""
    kept, added = (context.constant(n, old.element) for n in (momentum, 1 - momentum))
    new = context.cast(new, old.element)
    return context.itemwise(
        dl.AddOp,
        context.itemwise(dl.MulOp, old, kept),
        context.itemwise(dl.MulOp, new, added),
    )


def _instance_norm(context: Context, node: Node) -> Tensor:
    x, scale, bias = (tensor(context, node, i) for i in range(3))
    op = dl.InstanceNormOp(x.ssa, scale.ssa, bias.ssa, epsilon=node.float("epsilon", 1e-5))
    return context.emit(op, x.dims)


def _group_norm(context: Context, node: Node) -> Tensor:
    """Scale and bias are per group before opset 21."""
    x, *vectors = (tensor(context, node, i) for i in range(3))
    groups, channels = node.int("num_groups", 1), x.dims[1]
    if node.opset < 21:
        if groups < 1 or d.mod(channels, groups) != 0:
            raise Unsupported(f"{groups} groups of {channels} channels")
        own = (groups, d.div(channels, groups))
        columns = (context.reshape(value, (groups, 1)) for value in vectors)
        vectors = [context.reshape(context.broadcast(c, own), (channels,)) for c in columns]
    scale, bias = (context.cast(value, x.element) for value in vectors)
    op = dl.GroupNormOp(x.ssa, scale.ssa, bias.ssa, groups, epsilon=node.float("epsilon", 1e-5))
    return context.emit(op, x.dims)


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


OPERATORS: dict[str, Build] = {
    "BatchNormalization": _batch_norm,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _instance_norm,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "LogSoftmax": _softmax(dl.LogSoftmaxOp),
    "LpNormalization": _lp_norm,
    "RMSNormalization": _rms_norm,
    "Softmax": _softmax(dl.SoftmaxOp),
}
