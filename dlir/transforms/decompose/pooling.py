"""Poolings of volumes: first along the depth, then those of the planes.

All are seen as images of one channel, which are read in the order in which they are stored. Along
the depth a whole plane is one row.
"""

from __future__ import annotations

from typing import Any

from dlir.dialects.dl.ops.pooling import AvgPool2dOp, MaxPool2dOp
from dlir.dialects.dl.ops.pooling3d import AvgPool3dOp, MaxPool3dOp, Pool3dOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.sizes import product, reshaped, sizes_of


def max_pool3d(op: MaxPool3dOp, make: Make) -> Term:
    """The maximum of maxima"""
    return _depth_then_planes(op, make, MaxPool2dOp)


def avg_pool3d(op: AvgPool3dOp, make: Make) -> Term:
    """The mean of means: each plane of a window has equally many places that count"""
    include = op.count_include_pad is not None
    return _depth_then_planes(op, make, AvgPool2dOp, count_include_pad=include)


def _depth_then_planes(op: Pool3dOp, make: Make, kind: Any, **options: bool) -> Term:
    batch, channels, depth, height, width = sizes_of(op.x, make)
    front, top, left, back, bottom, right = op.padding.get_values()
    lists = [values.get_values() for values in (op.kernel, op.strides, op.dilations)]
    along, across = ([[values[0], 1] for values in lists], [list(values[1:]) for values in lists])

    def pooled(x: Term, windows: list[list[int]], padding: list[int]) -> Term:
        kernel, strides, dilations = windows
        return x.then(
            kind, kernel, strides=strides, dilations=dilations, padding=padding, **options
        )

    images = product(make, batch, channels)
    x = reshaped(make.term(op.x), [images, 1, depth, product(make, height, width)])
    x = pooled(x, along, [front, 0, back, 0])
    depth = sizes_of(x.value, make)[2]
    x = reshaped(x, [product(make, images, depth), 1, height, width])
    x = pooled(x, across, [top, left, bottom, right])
    _, _, height, width = sizes_of(x.value, make)
    return reshaped(x, [batch, channels, depth, height, width])
