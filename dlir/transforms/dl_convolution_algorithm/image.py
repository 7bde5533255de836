"""What the algorithms share: a convolution taken apart, and ops for their formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.ir import SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import Algorithm, Layout
from dlir.dialects.dl.constants import ELEMENTS, constant
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.terms import Formula, Term
from dlir.numpy_types import Array

Size = int | SSAValue


@dataclass(frozen=True)
class Convolution:
    """A dense convolution of an NHWC image of known height and width; the batch may be a `?`."""

    op: Conv2dOp
    x: SSAValue

    @property
    def batch(self) -> int:
        """The static batch, or -1."""
        size = shape_of(self.x)[0]
        return -1 if size == shapes.DYNAMIC else size

    @property
    def image(self) -> tuple[int, int]:
        _, height, width, _ = shape_of(self.x)
        return height, width

    @property
    def kernel(self) -> tuple[int, int]:
        _, _, height, width = shape_of(self.op.weight)
        return height, width

    @property
    def channels(self) -> tuple[int, int]:
        """Those of the image and of the result."""
        out, channels, _, _ = shape_of(self.op.weight)
        return channels, out

    @property
    def strides(self) -> tuple[int, ...]:
        return self.op.strides.get_values()

    @property
    def dilations(self) -> tuple[int, ...]:
        return self.op.dilations.get_values()

    @property
    def padding(self) -> tuple[int, ...]:
        return self.op.padding.get_values()

    @property
    def places(self) -> tuple[int, int]:
        """The height and width of the result."""
        shape = shape_of(self.op.result)
        height, width = shape[1:3] if self.op.layout.data is Layout.NHWC else shape[2:]
        return height, width


def padded(x: Term, top: int, left: int, bottom: int, right: int) -> Term:
    """An NHWC image with rows and columns of zeros around it."""
    if not any((top, left, bottom, right)):
        return x
    return x.then(m.PadOp, [0, top, left, 0], [0, bottom, right, 0])


def sliced(x: Term, offsets: Sequence[int], sizes: Sequence[int], strides: Sequence[int]) -> Term:
    """A part of a tensor whose first dimension is taken whole, and may be a `?`."""
    shape = shape_of(x.value)
    if tuple(sizes) == shape[1:] and not any(offsets):
        return x
    first: Size = shape[0]
    if first == shapes.DYNAMIC:
        first = x.formula.apply(DimOp(x.value, 0)).value
    return x.then(m.SliceOp, [0, *offsets], [first, *sizes], [1, *strides])


def reshaped(x: Term, *shape: int) -> Term:
    """The same elements under another shape, of which one size may be -1."""
    return x if shape == shape_of(x.value) else x.then(m.ReshapeOp, shape)


def transposed(x: Term, *perm: int) -> Term:
    return x.then(m.TransposeOp, perm)


def product(lhs: Term, rhs: Term) -> Term:
    """Matrix product of stacks of matrices."""
    return lhs.formula.apply(MatmulOp(lhs.value, rhs.value))


def matrix(make: Formula, values: Array) -> Term:
    """A constant matrix in the formula's element type."""
    dtype = next(name for name, element in ELEMENTS.items() if element == make.element)
    return make.apply(constant(np.ascontiguousarray(values.astype(dtype))))


def correlated(x: Term, taps: Term, step: int) -> Term:
    """[b, 1, h, w] -> [b, o, i, w]: each column times columns of taps, `step` lines apart."""
    return x.then(Conv2dOp, taps.value, strides=(step, 1), algorithm=Algorithm.DIRECT)
