"""Poolings of volumes, one axis after the other.

Along an axis a volume is an image as wide as one place, whose channels are all that lies within a
place: neighbours in memory. Nothing lies within the last axis, which is turned to the front.
"""

from __future__ import annotations

from typing import Any

from dlir.dialects.dl.ops.math import AbsOp, SqrtOp
from dlir.dialects.dl.ops.movement import TransposeOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, LpPool2dOp, MaxPool2dOp
from dlir.dialects.dl.ops.pooling3d import AvgPool3dOp, LpPool3dOp, MaxPool3dOp, Pool3dOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.sizes import Size, product, reshaped, sizes_of

AXES = 3


def max_pool3d(op: MaxPool3dOp, make: Make) -> Term:
    """The maximum of maxima of maxima"""
    return _axis_by_axis(op, make, make.term(op.x), MaxPool2dOp)


def avg_pool3d(op: AvgPool3dOp, make: Make) -> Term:
    """The mean of means of means: each line of a window has equally many places that count"""
    include = op.count_include_pad is not None
    return _axis_by_axis(op, make, make.term(op.x), AvgPool2dOp, count_include_pad=include)


def lp_pool3d(op: LpPool3dOp, make: Make) -> Term:
    """The root of the sum of sums of sums of powers, which are their own magnitudes"""
    x, p = make.term(op.x), op.p.value.data
    powers = x * x if p == 2 else x.to(AbsOp) ** p if p != 1 else x.to(AbsOp)
    total = _axis_by_axis(op, make, powers, LpPool2dOp, p=1.0)
    return total.to(SqrtOp) if p == 2 else total ** (1 / p) if p != 1 else total


def _axis_by_axis(op: Pool3dOp, make: Make, x: Term, kind: Any, **options: float) -> Term:
    sizes = sizes_of(op.x, make)
    kernel, strides = op.kernel.get_values(), op.strides.get_values()
    for axis in range(AXES):
        if kernel[axis] == strides[axis] == 1 and not any(_ends(op, axis)):
            continue
        place = axis + len(sizes) - AXES
        before, after = product(make, *sizes[:place]), product(make, *sizes[place + 1 :])
        last = axis == AXES - 1
        if last:
            x, before, after = _turned(x, before, sizes[place]), 1, before
        x = _along(op, axis, reshaped(x, [before, sizes[place], 1, after]), kind, **options)
        sizes[place] = sizes_of(x.value, make)[1]
        if last:
            x = _turned(x, sizes[place], after)
    return reshaped(x, sizes)


def _ends(op: Pool3dOp, axis: int) -> tuple[int, int]:
    """How far an axis is padded before its first place and behind its last one."""
    paddings = op.padding.get_values()
    return paddings[axis], paddings[axis + AXES]


def _along(op: Pool3dOp, axis: int, x: Term, kind: Any, **options: float) -> Term:
    """Images whose height is one of the axes, and whose width is 1."""
    kernel, strides, dilations = (
        [values.get_values()[axis], 1] for values in (op.kernel, op.strides, op.dilations)
    )
    front, back = _ends(op, axis)
    return x.then(
        kind,
        kernel,
        strides=strides,
        dilations=dilations,
        padding=[front, 0, back, 0],
        layout="nhwc",
        **options,
    )


def _turned(x: Term, rows: Size, columns: Size) -> Term:
    """A matrix with its rows as columns."""
    return reshaped(x, [rows, columns]).then(TransposeOp, [1, 0])
