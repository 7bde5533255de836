"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import element_of, rank_of
from dlir.dialects.dl.ops.composite import BatchNormOp
from dlir.dialects.stablehlo.shapes import number_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter


def batch_norm_inference(e: Emitter, op: Operation) -> SSAValue:
    return _normalised(e, op, *op.operands)


def batch_norm_training(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """The statistics are the mean and the mean square distance from it, over all other axes."""
    x, scale, offset = op.operands
    feature = number_of(op, "feature_index")
    axes = [axis for axis in range(rank_of(x)) if axis != feature]
    mean = e.emit(r.ReduceMeanOp(x, axes, keepdims=True))
    centred = e.emit(b.SubOp(x, mean))
    variance = e.emit(r.ReduceMeanOp(e.emit(b.MulOp(centred, centred)), axes))
    mean = e.reshape(mean, [e.size(x, feature)])
    return [_normalised(e, op, x, scale, offset, mean, variance), mean, variance]


def _normalised(
    e: Emitter,
    op: Operation,
    x: SSAValue,
    scale: SSAValue,
    offset: SSAValue,
    mean: SSAValue,
    variance: SSAValue,
) -> SSAValue:
    epsilon = float(cast(Any, op.properties["epsilon"]).value.data)
    axis = number_of(op, "feature_index")
    return e.emit(BatchNormOp(x, scale, offset, mean, variance, axis=axis, epsilon=epsilon))


def batch_norm_grad(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """With c = x - mean, s = 1 / sqrt(variance + epsilon), of n elements per channel: the gradients
    are scale * s * (g - (sum g + c * s^2 * sum g c) / n), s * sum g c, and sum g."""
    x, scale, mean, variance, g = op.operands
    feature = number_of(op, "feature_index")
    axes = [axis for axis in range(rank_of(x)) if axis != feature]
    element = element_of(x)
    scale, mean, variance = (
        _along(e, value, feature, rank_of(x)) for value in (scale, mean, variance)
    )
    epsilon = e.constant(float(cast(Any, op.properties["epsilon"]).value.data), element)
    centred = e.emit(b.SubOp(x, mean))
    s = e.emit(m.RsqrtOp(e.emit(b.AddOp(variance, epsilon))))
    total = e.emit(r.ReduceSumOp(g, axes, keepdims=True))
    weighted = e.emit(b.MulOp(g, centred))
    product = e.emit(r.ReduceSumOp(weighted, axes, keepdims=True))
    mean_g = e.emit(r.ReduceMeanOp(g, axes, keepdims=True))
    mean_gc = e.emit(r.ReduceMeanOp(weighted, axes, keepdims=True))
    slope = e.emit(b.MulOp(e.emit(b.MulOp(s, s)), mean_gc))
    inner = e.emit(b.SubOp(e.emit(b.SubOp(g, mean_g)), e.emit(b.MulOp(centred, slope))))
    of_x = e.emit(b.MulOp(e.emit(b.MulOp(scale, s)), inner))
    channels = [e.size(x, feature)]
    of_scale = e.reshape(e.emit(b.MulOp(s, product)), channels)
    return [of_x, of_scale, e.reshape(total, channels)]


def _along(e: Emitter, channels: SSAValue, feature: int, rank: int) -> SSAValue:
    """A vector of channels in the shape that broadcasts along their axis."""
    return e.reshape(channels, [*e.shape(channels), *[1] * (rank - feature - 1)])


RULES: dict[str, Rule] = {
    "stablehlo.batch_norm_grad": batch_norm_grad,
    "stablehlo.batch_norm_inference": batch_norm_inference,
    "stablehlo.batch_norm_training": batch_norm_training,
}
