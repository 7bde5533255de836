"""Softmax, the normalisations, and dropout as it is at inference."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i1
from xdsl.ir import Attribute, SSAValue

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call, only_first
from ..widen import widened
from .elementwise import Make, finfo, plus, times
from .reduction import reduce, variance


def _softmax(make: Make) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        x = call.operand(context, "self", call.element)
        line = context.reshape(x, (1,)) if x.rank == 0 else x
        axis = call.axis(x.rank)
        return context.reshape(context.emit(make(line.ssa, axis), line.dims), x.dims)

    return build


def _safe_softmax(context: Context, call: Call) -> Tensor:
    """Softmax whose rows of nothing but -inf are 0."""
    x = call.operand(context, "self", call.element)
    axis = call.axis(x.rank)
    top = reduce(context, dl.ReduceMaxOp, x, [axis], True)
    nothing = context.compare("eq", top, context.constant(float("-inf"), x.element))
    y = context.emit(dl.SoftmaxOp(x.ssa, axis), x.dims)
    return context.itemwise(dl.SelectOp, nothing, context.constant(0, x.element), y)


def _optional(
    context: Context, call: Call, name: str, default: int, dims: Sequence[Dim], element: Attribute
) -> Tensor:
    """A scale, bias or statistic; the default everywhere if it is not given."""
    if call.has(name):
        return context.cast(call.tensor(context, name), element)
    return context.broadcast(context.constant(default, element), dims)


def _layer_norm(context: Context, call: Call) -> Sequence[Tensor | None]:
    """The result, and for `native_layer_norm` the mean and 1 / sqrt(variance + eps)."""
    x = call.tensor(context, "input")
    count = len(call.sizes("normalized_shape"))
    axis, epsilon = x.rank - count, float(call.number("eps"))
    scale = _optional(context, call, "weight", 1, x.dims[axis:], x.element)
    bias = call.has("bias") and context.cast(call.tensor(context, "bias"), x.element)
    op = dl.LayerNormOp(x.ssa, scale.ssa, bias.ssa if bias else None, axis=axis, epsilon=epsilon)
    y = context.emit(op, x.dims)
    if not call.used & {1, 2}:
        return (y,)
    spread, mean = variance(context, widened(context, x), range(axis, x.rank), 0)
    return y, *_statistics(context, call, mean, spread, epsilon)


def _statistics(
    context: Context, call: Call, mean: Tensor, spread: Tensor, epsilon: float
) -> list[Tensor]:
    """Results 1 and 2: the mean, and 1 / sqrt(variance + eps)."""
    inverse = context.itemwise(dl.RsqrtOp, plus(context, spread, epsilon))
    pairs = zip((mean, inverse), call.outputs[1:3], strict=True)
    return [context.reshape(context.cast(x, out.element), out.dims) for x, out in pairs]


def _rms_norm(context: Context, call: Call) -> Sequence[Tensor]:
    """The result, and for `_fused_rms_norm` 1 / sqrt(mean(x^2) + eps); by default eps is the
    type's.
    """
    given = call.tensor(context, "input")
    axis = given.rank - len(call.sizes("normalized_shape"))
    x = widened(context, given)
    epsilon = float(call.number("eps") if call.has("eps") else finfo(x.element).eps)
    scale = _optional(context, call, "weight", 1, x.dims[axis:], x.element)
    y = context.emit(dl.RmsNormOp(x.ssa, scale.ssa, axis=axis, epsilon=epsilon), x.dims)
    y = context.cast(y, given.element)
    if 1 not in call.used:
        return (y,)
    square = context.itemwise(dl.MulOp, x, x)
    mean = reduce(context, dl.ReduceMeanOp, square, range(axis, x.rank), True)
    inverse = context.itemwise(dl.RsqrtOp, plus(context, mean, epsilon))
    return y, context.cast(inverse, call.outputs[1].element)


# Batch, instance and group normalisation: for halves in f32, rounded once

_CHANNELS = {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}
"""Arguments with a number per channel, and what they are if they are not given."""


def _of_channels(context: Context, call: Call, x: Tensor, *names: str) -> list[SSAValue]:
    return [
        _optional(context, call, name, _CHANNELS[name], x.dims[1:2], x.element).ssa
        for name in names
    ]


def _batch_norm(context: Context, call: Call) -> Sequence[Tensor | None]:
    """By the running statistics; the other results are empty."""
    given = call.tensor(context, "input")
    x = widened(context, given)
    operands = _of_channels(context, call, x, *_CHANNELS)
    op = dl.BatchNormOp(x.ssa, *operands, epsilon=float(call.number("eps")))
    y = context.cast(context.emit(op, x.dims), given.element)
    return (y, *(_nothing(context, call, i) if i in call.used else None for i in (1, 2)))


def _nothing(context: Context, call: Call, index: int) -> Tensor:
    output = call.outputs[index]
    return context.broadcast(context.constant(0, output.element), output.dims)


def _batch_norm_by_own(context: Context, call: Call) -> Sequence[Tensor | None]:
    """By the statistics of the batch itself; then those, and the running ones moved toward them."""
    if "training" in call.arguments and not call.flag("training"):
        return _batch_norm(context, call)
    given, epsilon = call.tensor(context, "input"), float(call.number("eps"))
    x = widened(context, given)
    op = dl.BatchNormTrainingOp(
        x.ssa, *_of_channels(context, call, x, "weight", "bias"), epsilon=epsilon
    )
    y, mean, spread = context.emit_all(op, [x.dims, x.dims[1:2], x.dims[1:2]])
    results = [context.cast(y, given.element), *_statistics(context, call, mean, spread, epsilon)]
    if len(call.outputs) == 5:
        unbiased, _ = variance(context, x, [axis for axis in range(x.rank) if axis != 1], 1)
        results.append(_moved(context, call, "running_mean", mean, call.outputs[3].element))
        results.append(_moved(context, call, "running_var", unbiased, call.outputs[4].element))
    return results


def _moved(context: Context, call: Call, name: str, value: Tensor, element: Attribute) -> Tensor:
    """(1 - momentum) * old + momentum * value"""
    old, momentum = call.operand(context, name, element), float(call.number("momentum"))
    value = context.reshape(context.cast(value, element), old.dims)
    parts = (times(context, old, 1 - momentum), times(context, value, momentum))
    return context.itemwise(dl.AddOp, *parts)


def _instance_norm(context: Context, call: Call) -> Tensor | None:
    """Each channel of each image by its own statistics."""
    given = call.tensor(context, "input")
    if not call.flag("use_input_stats"):
        return _batch_norm(context, call)[0]
    if call.has("running_mean"):
        raise Unsupported("running statistics that change")
    x = widened(context, given)
    operands = _of_channels(context, call, x, "weight", "bias")
    op = dl.InstanceNormOp(x.ssa, *operands, epsilon=float(call.number("eps")))
    return context.cast(context.emit(op, x.dims), given.element)


def _group_norm(groups: str) -> Build:
    """Groups of channels of each image by their own statistics."""

    def build(context: Context, call: Call) -> Sequence[Tensor]:
        given, count = call.tensor(context, "input"), call.int(groups)
        x, epsilon = widened(context, given), float(call.number("eps"))
        operands = _of_channels(context, call, x, "weight", "bias")
        op = dl.GroupNormOp(x.ssa, *operands, groups=count, epsilon=epsilon)
        y = context.cast(context.emit(op, x.dims), given.element)
        if not call.used & {1, 2}:
            return (y,)
        size = d.product((d.div(x.dims[1], count), *x.dims[2:]))
        grouped = context.reshape(x, (x.dims[0], count, size))
        spread, mean = variance(context, grouped, [2], 0)
        return y, *_statistics(context, call, mean, spread, epsilon)

    return build


def _dropout(context: Context, call: Call) -> Sequence[Tensor]:
    """At inference: the operand, and a mask of ones."""
    if call.flag("train") and call.number("p") != 0:
        raise Unsupported("train=True: random numbers are not imported")
    x = call.tensor(context, "input")
    return x, context.broadcast(context.constant(True, i1), x.dims)


OPERATORS: dict[str, Build] = {
    "aten._fused_rms_norm.default": _rms_norm,
    "aten._log_softmax.default": _softmax(dl.LogSoftmaxOp),
    "aten._native_batch_norm_legit.no_stats": _batch_norm_by_own,
    "aten._native_batch_norm_legit_functional.default": _batch_norm_by_own,
    "aten._native_batch_norm_legit_no_training.default": _batch_norm,
    "aten._safe_softmax.default": _safe_softmax,
    "aten._softmax.default": _softmax(dl.SoftmaxOp),
    "aten.group_norm.default": only_first(_group_norm("num_groups")),
    "aten.instance_norm.default": _instance_norm,
    "aten.layer_norm.default": only_first(_layer_norm),
    "aten.log_softmax.int": _softmax(dl.LogSoftmaxOp),
    "aten.native_dropout.default": _dropout,
    "aten.native_group_norm.default": _group_norm("group"),
    "aten.native_layer_norm.default": _layer_norm,
    "aten.rms_norm.default": only_first(_rms_norm),
    "aten.softmax.int": _softmax(dl.SoftmaxOp),
}
