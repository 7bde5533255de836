"""Integer sums of codes: additions, products of elements, sums and means of axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp, MulOp
from dlir.dialects.dl.ops.contraction import Conv2dOp, image_shape
from dlir.dialects.dl.ops.pooling import AvgPool2dOp
from dlir.dialects.dl.ops.reduction import ReduceMeanOp, ReduceSumOp
from dlir.transforms.dl_integerize.forms import MOST, Codes, Scale, Terms
from dlir.transforms.dl_integerize.writing import Writer

ADDEND_BITS = 20
"""Codes are brought to one scale by integers of so many bits, whose products fit into an i32.

Each is right to half of 2^-20 of the coarser scale: for 2 codes of 8 bits 0.0003 of that step."""


@dataclass(eq=False)
class Addition(Terms):
    """`a + b`, `a - b`, or one of them with something that is known: sums of codes * factors."""

    codes: Sequence[tuple[Codes, int]]
    """The addends and their signs."""
    scale: Scale = field(init=False)
    largest: int = field(init=False)
    factors: list[int] = field(init=False)

    def __post_init__(self) -> None:
        steps = [step for addend, _ in self.codes if (step := addend.parameters.step)]
        unit = max(steps) / 2**ADDEND_BITS
        signs = [sign for _, sign in self.codes]
        self.factors = [s * round(step / unit) for s, step in zip(signs, steps, strict=True)]
        self.scale = Scale((), np.asarray(unit), None)
        largest = 0
        for (addend, _), factor in zip(self.codes, self.factors, strict=True):
            largest += abs(factor) * addend.distance
        self.largest = largest

    def write(self, writer: Writer) -> list[SSAValue]:
        terms: list[SSAValue] = []
        offset = 0
        for (addend, _), factor in zip(self.codes, self.factors, strict=True):
            x = writer.wide(writer.codes(addend))
            terms.append(writer.value(MulOp(x, writer.constant(np.array(factor, np.int32)))))
            offset -= factor * (addend.parameters.zero or 0)
        result = terms[0] if len(terms) == 1 else writer.value(AddOp(*terms))
        return [result, *whole(writer, offset)]


@dataclass(eq=False)
class ItemProduct(Terms):
    """`a * b`, element by element."""

    codes: Sequence[Codes]
    scale: Scale = field(init=False)
    largest: int = field(init=False)

    def __post_init__(self) -> None:
        a, b = self.codes
        assert a.parameters.step is not None and b.parameters.step is not None
        self.scale = Scale((), np.asarray(a.parameters.step * b.parameters.step), None)
        self.largest = a.distance * b.distance

    def write(self, writer: Writer) -> list[SSAValue]:
        return [writer.value(MulOp(*(centred(writer, form) for form in self.codes)))]


def centred(writer: Writer, form: Codes) -> SSAValue:
    """`q - zero_point` in i32."""
    x = writer.wide(writer.codes(form))
    if form.parameters.zero == 0:
        return x
    return writer.value(AddOp(x, writer.minus_zeros(form.parameters, ())))


@dataclass(eq=False)
class AxisSum(Terms):
    """The sum or the mean of the elements along axes of known sizes."""

    op: ReduceSumOp | ReduceMeanOp
    codes: Codes
    count: int
    scale: Scale = field(init=False)
    largest: int = field(init=False)

    def __post_init__(self) -> None:
        step = self.codes.parameters.step
        assert step is not None
        divisor = self.count if isinstance(self.op, ReduceMeanOp) else 1
        self.scale = Scale((), np.asarray(step / divisor), None)
        self.largest = self.codes.distance * self.count

    def write(self, writer: Writer) -> list[SSAValue]:
        x, axes = writer.wide(writer.codes(self.codes)), [*self.op.axes.get_values()]
        kept = self.op.keepdims is not None
        offset = -self.count * (self.codes.parameters.zero or 0)
        return [writer.value(ReduceSumOp(x, axes, keepdims=kept)), *whole(writer, offset)]


@dataclass(eq=False)
class WindowSum(Terms):
    """The mean of windows of a known number of elements: a sum of products with ones."""

    op: AvgPool2dOp
    codes: Codes
    scale: Scale = field(init=False)
    largest: int = field(init=False)
    count: int = field(init=False)

    def __post_init__(self) -> None:
        step = self.codes.parameters.step
        assert step is not None
        self.count = int(np.prod(self.op.kernel.get_values()))
        self.scale = Scale((), np.asarray(step / self.count), None)
        self.largest = self.codes.distance * self.count

    def write(self, writer: Writer) -> list[SSAValue]:
        op, x, zero = self.op, writer.codes(self.codes), self.codes.parameters.zero or 0
        padding = [*op.padding.get_values()]
        if zero and any(padding):
            x, padding = writer.padded(x, padding, op.layout.data, zero), [0, 0, 0, 0]
        channels = image_shape(shape_of(op.x), op.layout.data)[1]
        ones = writer.constant(np.ones((channels, 1, *op.kernel.get_values()), np.int8))
        total = Conv2dOp(
            x, ones, acc=i32, element_type=i32, strides=op.strides.get_values(), padding=padding,
            dilations=op.dilations.get_values(), groups=channels, layout=op.layout.data.value,
        )  # fmt: skip
        return [writer.value(total), *whole(writer, -self.count * zero)]


def whole(writer: Writer, offset: int) -> list[SSAValue]:
    """A number to be added, unless it is 0."""
    return [writer.constant(np.array(offset, np.int32))] if offset else []


def per_tensor(form: object) -> bool:
    """Whether these are codes of 8 bits or fewer, with one scale and one zero point, all known."""
    if not isinstance(form, Codes) or form.element.bitwidth > 8:
        return False
    return form.parameters.step is not None and form.parameters.zero is not None


def axis_sum(op: ReduceSumOp | ReduceMeanOp, form: object) -> AxisSum | None:
    """The sum of codes along axes, if it fits into an i32."""
    if not isinstance(form, Codes) or not per_tensor(form):
        return None
    shape = shape_of(op.x)
    count = shapes.element_count([shape[axis] for axis in op.axes.get_values()])
    if count < 1 or rank_of(op.x) == 0:
        return None
    found = AxisSum(op, form, count)
    return found if found.largest <= MOST else None


def window_sum(op: AvgPool2dOp, form: object) -> WindowSum | None:
    """The sums of windows that all count the same number of elements."""
    if not isinstance(form, Codes) or not per_tensor(form):
        return None
    counted = op.count_include_pad is not None or not any(op.padding.get_values())
    channels = image_shape(shape_of(op.x), op.layout.data)[1]
    if not counted or channels < 1:
        return None
    found = WindowSum(op, form)
    return found if found.largest <= MOST else None
