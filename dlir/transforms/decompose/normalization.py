"""Normalisations: statistics over axes, then one elementwise formula."""

from __future__ import annotations

from collections.abc import Sequence

from dlir.dialects.dl.ops import normalization as n
from dlir.dialects.dl.ops.base import rank_of
from dlir.dialects.dl.ops.math import RsqrtOp
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.reduction import ReduceMeanOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.sizes import divided, reshaped, sizes_of


def standardised(x: Term, axes: Sequence[int], epsilon: float) -> Term:
    """d * rsqrt(mean(d^2) + epsilon), with d = x - mean x"""
    d = x - x.reduce(ReduceMeanOp, axes)
    return d * ((d * d).reduce(ReduceMeanOp, axes) + epsilon).to(RsqrtOp)


def along(vector: Term, axis: int, rank: int) -> Term:
    """A number per channel, as it broadcasts"""
    trailing = [1] * (rank - axis - 1)
    return vector.then(ReshapeOp, [-1, *trailing]) if trailing else vector


def group_norm(op: n.GroupNormOp, make: Make) -> Term:
    """The groups become a dimension"""
    x, rank, groups = make.term(op.x), rank_of(op.x), op.groups.value.data
    batch, channels, *places = sizes_of(op.x, make)
    grouped = reshaped(x, [batch, groups, divided(make, channels, groups), *places])
    y = standardised(grouped, range(2, rank + 1), op.epsilon.value.data)
    y = reshaped(y, [batch, channels, *places])
    return y * along(make.term(op.scale), 1, rank) + along(make.term(op.bias), 1, rank)


def instance_norm(op: n.InstanceNormOp, make: Make) -> Term:
    """Each channel of each image by itself"""
    rank = rank_of(op.x)
    y = standardised(make.term(op.x), range(2, rank), op.epsilon.value.data)
    return y * along(make.term(op.scale), 1, rank) + along(make.term(op.bias), 1, rank)


def rms_norm(op: n.RmsNormOp, make: Make) -> Term:
    """x * rsqrt(mean(x^2) + epsilon) * scale"""
    x = make.term(op.x)
    square = (x * x).reduce(ReduceMeanOp, range(op.axis.value.data, rank_of(op.x)))
    return x * (square + op.epsilon.value.data).to(RsqrtOp) * make.term(op.scale)


def batch_norm_training(op: n.BatchNormTrainingOp, make: Make) -> Sequence[Term]:
    """The statistics with ones in the place of their axes, then as vectors"""
    rank, axis = rank_of(op.x), op.axis.value.data
    others = [a for a in range(rank) if a != axis]
    x = make.term(op.x)
    mean = x.reduce(ReduceMeanOp, others)
    d = x - mean
    variance = (d * d).reduce(ReduceMeanOp, others)
    scale, bias = (along(make.term(value), axis, rank) for value in (op.scale, op.bias))
    y = d * (variance + op.epsilon.value.data).to(RsqrtOp) * scale + bias
    channels = sizes_of(op.x, make)[axis : axis + 1]
    return y, reshaped(mean, channels), reshaped(variance, channels)
