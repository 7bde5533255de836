"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import rank_of
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


RULES: dict[str, Rule] = {
    "stablehlo.batch_norm_inference": batch_norm_inference,
    "stablehlo.batch_norm_training": batch_norm_training,
}
