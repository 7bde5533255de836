"""Norms by the mean square, and of channels: instance norm and group norm.

A norm of channels is first found as a layer norm of ones, whose result is then scaled and shifted
by numbers per channel; of groups, between two reshapes.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import cast

from xdsl.dialects.builtin import AnyFloat, DenseIntOrFPElementsAttr, TensorType
from xdsl.ir import SSAValue

import dlir.dialects.dl.match as f
from dlir.dialects.dl import shapes
from dlir.dialects.dl.match import Any, Found, Node, Number, Over, Reshaped
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import normalization as n
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.dl.rules import definer
from dlir.transforms.raising.composite import Composite, Made

# How they look

X, SCALE, BIAS = Any("x"), Any("scale"), Any("bias")

_SQUARES = Over(r.ReduceMeanOp, f.square(X), "axes") + Number(name="epsilon")
MEAN_SQUARE = f.divided(X, f.sqrt(_SQUARES)) | (X * f.rsqrt(_SQUARES))
RMS_SCALED = Node((n.RmsNormOp,), (X, Number(1.0)), "norm") * SCALE

INSTANCE = (Node((c.LayerNormOp,), (X, Number(1.0)), "norm") * SCALE) + BIAS
_GROUPS = Reshaped(X)
_GROUP_NORM = Node((c.LayerNormOp,), (_GROUPS, Number(1.0)), "norm") | Node(
    (n.InstanceNormOp,), (_GROUPS, Number(1.0), Number(0.0)), "norm"
)
GROUPED = (Reshaped(_GROUP_NORM) * SCALE) + BIAS


# How they are made


def ones_of_last(x: SSAValue, axes: tuple[int, ...]) -> ConstantOp | None:
    """Ones of the shape of the last dimensions, if these are the axes and their sizes known."""
    axis = rank_of(x) - len(axes)
    shape = shape_of(x)[axis:]
    if not axes or axes != (*range(axis, rank_of(x)),) or not shapes.is_static(shape):
        return None
    type = cast(TensorType[AnyFloat], TensorType(element_of(x), shape))
    return ConstantOp(DenseIntOrFPElementsAttr.from_list(type, [1.0]))


def rms_norm(found: Found) -> Made:
    """Over the last dimensions, whose sizes are known; the scale is 1."""
    x, axes = found["x"], found["axes"]
    if (ones := ones_of_last(x, axes)) is not None:
        yield ones
        yield n.RmsNormOp(x, ones, axis=rank_of(x) - len(axes), epsilon=found["epsilon"])


def rms_scaled(found: Found) -> Made:
    norm: n.RmsNormOp = found["norm"]
    if found["scale"].type == norm.scale.type:
        axis, epsilon = norm.axis.value.data, norm.epsilon.value.data
        yield n.RmsNormOp(norm.x, found["scale"], axis=axis, epsilon=epsilon)


def instance_norm(found: Found) -> Made:
    norm: c.LayerNormOp = found["norm"]
    if norm.bias is None and norm.axis.value.data == 2:
        epsilon = norm.epsilon.value.data
        yield from _per_channel(found, lambda s, b: n.InstanceNormOp(norm.x, s, b, epsilon=epsilon))


def group_norm(found: Found) -> Made:
    """Of [batch, groups, ...] in the middle; the batch alone may be unknown."""
    x, norm = found["x"], found["norm"]
    grouped, shape = shape_of(norm.x), shape_of(x)
    plain = isinstance(norm, n.InstanceNormOp) or (norm.bias is None and norm.axis.value.data == 2)
    if not plain or len(shape) < 2 or len(grouped) < 3:
        return
    whole = shapes.is_static((*shape[1:], *grouped[1:]))
    if not whole or grouped[0] != shape[0] or prod(grouped[1:]) != prod(shape[1:]):
        return
    groups, epsilon = grouped[1], norm.epsilon.value.data
    if groups and shape[1] % groups == 0:
        yield from _per_channel(found, lambda s, b: n.GroupNormOp(x, s, b, groups, epsilon=epsilon))


def _per_channel(found: Found, make: Callable[[SSAValue, SSAValue], DlOp]) -> Made:
    """An op with scale and bias as vectors, if they are numbers per channel of x."""
    rank, channels = rank_of(found["x"]), shape_of(found["x"])[1]
    made: list[DlOp] = []
    vectors: list[SSAValue] = []
    for value in (found["scale"], found["bias"]):
        along = (channels, *[1] * (rank - 2))
        if channels == shapes.DYNAMIC or shape_of(value) not in (along, (1, *along)):
            return
        before = definer(value, ReshapeOp)
        if before is not None and shape_of(before.x) == (channels,):
            vectors.append(before.x)
        elif shape_of(value) == (channels,):
            vectors.append(value)
        else:
            made.append(ReshapeOp(value, [channels]))
            vectors.append(made[-1].results[0])
    yield from made
    yield make(*vectors)


CHANNEL_NORMS = (
    Composite("rms_norm", MEAN_SQUARE, rms_norm),
    Composite("rms_norm_scale", RMS_SCALED, rms_scaled),
    Composite("instance_norm", INSTANCE, instance_norm),
    Composite("group_norm", GROUPED, group_norm),
)
