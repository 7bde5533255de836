"""Poolings of volumes: first those of the planes, then along the depth."""

from __future__ import annotations

from typing import Any

from dlir.dialects.dl.ops.pooling import AvgPool2dOp, MaxPool2dOp
from dlir.dialects.dl.ops.pooling3d import AvgPool3dOp, MaxPool3dOp, Pool3dOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.sizes import product, reshaped, sizes_of


def max_pool3d(op: MaxPool3dOp, make: Make) -> Term:
    """The maximum of maxima"""
    return _planes_then_depth(op, make, MaxPool2dOp)


def avg_pool3d(op: AvgPool3dOp, make: Make) -> Term:
    """The mean of means: each plane of a window has equally many places that count"""
    include = op.count_include_pad is not None
    return _planes_then_depth(op, make, AvgPool2dOp, count_include_pad=include)


def _planes_then_depth(op: Pool3dOp, make: Make, kind: Any, **options: bool) -> Term:
    batch, channels, depth, height, width = sizes_of(op.x, make)
    (front, top, left), (back, bottom, right) = (
        op.padding.get_values()[:3],
        op.padding.get_values()[3:],
    )
    lists = [values.get_values() for values in (op.kernel, op.strides, op.dilations)]
    kernel, strides, dilations = ([list(values[1:]), [values[0], 1]] for values in lists)
    x = make.term(op.x)
    x = reshaped(x, [batch, product(make, channels, depth), height, width])
    x = x.then(
        kind, kernel[0], strides=strides[0], dilations=dilations[0],
        padding=[top, left, bottom, right], **options,
    )  # fmt: skip
    _, _, height, width = sizes_of(x.value, make)
    x = reshaped(x, [batch, channels, depth, product(make, height, width)])
    x = x.then(
        kind, kernel[1], strides=strides[1], dilations=dilations[1],
        padding=[front, 0, back, 0], **options,
    )  # fmt: skip
    depth = sizes_of(x.value, make)[2]
    return reshaped(x, [batch, channels, depth, height, width])
