"""Contractions of codes: products of integers in i32, with exact corrections for zero points.

    sum of (a - za) * (b - zb) = sum of a * b - za * (sum of b) - zb * (sum of a) + count * za * zb

The sums of one operand are contractions with ones, so they lie where they are needed; those of
weights are known before a call and become part of the bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from xdsl.dialects.builtin import TensorType, f32, i8, i32
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.diagnostics import warn
from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import Layout, ints, ui8
from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.binary import CastOp, MulOp
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.convolution import Conv3dOp
from dlir.dialects.dl.ops.movement import PadOp, ReshapeOp
from dlir.dialects.dl.ops.quantization import DequantizeOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.numpy_types import Array
from dlir.transforms.dl_integerize.forms import MOST, Codes, Forms, Parameters, Scale, Terms
from dlir.transforms.dl_integerize.known import Known
from dlir.transforms.dl_integerize.writing import Writer

GROUP = 4
"""Machines multiply and add so many bytes at once."""

Contraction = MatmulOp | Conv2dOp | Conv3dOp


class Axes(NamedTuple):
    """Where an operand's own axis is (rows, columns, output channels): in it and in the result."""

    operand: int
    result: int


def axes_of(op: Contraction) -> tuple[Axes | None, Axes]:
    """Those of both operands; an image has none."""
    rank = rank_of(op.result)
    if isinstance(op, MatmulOp):
        left, right = rank_of(op.lhs), rank_of(op.rhs)
        rows = Axes(left - 1 if op.transpose_lhs is not None else left - 2, rank - 2)
        return rows, Axes(right - 2 if op.transpose_rhs is not None else right - 1, rank - 1)
    return None, Axes(0, rank - 1 if _layout(op) is Layout.NHWC else 1)


def count_of(op: Contraction) -> int:
    """How many products a sum has; -1 if that is not known."""
    if isinstance(op, MatmulOp):
        shape = shape_of(op.lhs)
        return shape[-2 if op.transpose_lhs is not None else -1]
    return shapes.element_count(shape_of(op.weight)[1:])


@dataclass(eq=False)
class Product(Terms):
    """A contraction of codes."""

    op: Contraction
    codes: tuple[Codes, Codes]
    largest: int
    scale: Scale = field(init=False)

    def __post_init__(self) -> None:
        left, right = (form.parameters for form in self.codes)
        rows, columns = axes_of(self.op)
        along = [
            None if p.axis is None or place is None else place.result
            for p, place in ((left, rows), (right, columns))
        ]
        factors = ((left.scale, along[0]), (right.scale, along[1]))
        numbers, axis = None, along[0] if along[1] is None else along[1]
        if None not in along:
            axis = -1
        elif left.scales is not None and right.scales is not None:
            numbers = left.scales * right.scales
        self.scale = Scale(factors, numbers, axis)

    def write(self, writer: Writer) -> list[SSAValue]:
        left, right = (_Operand(*_eight_bits(writer, form)) for form in self.codes)
        right = _signed_weight(writer, right)
        if isinstance(self.op, MatmulOp):
            return _matmul(writer, self.op, left, right, count_of(self.op))
        return _convolution(writer, self.op, left, right, count_of(self.op))


class _Operand(NamedTuple):
    """The integers of an operand and their zero points."""

    codes: SSAValue
    parameters: Parameters

    @property
    def moved(self) -> bool:
        return self.parameters.zero != 0


def _eight_bits(writer: Writer, form: Codes) -> tuple[SSAValue, Parameters]:
    """Narrower integers are widened; a contraction takes bytes."""
    codes = writer.codes(form)
    if form.element.bitwidth < 8:
        unsigned = form.element.signedness.data.name == "UNSIGNED"
        codes = writer.value(CastOp(codes, ui8 if unsigned else i8))
    return codes, form.parameters


def _signed_weight(writer: Writer, weight: _Operand) -> _Operand:
    """Unsigned weights less 128, which is done before a call: machines multiply ui8 by i8."""
    codes, parameters = weight
    known = follows_from_weights(codes) and parameters.zeros is not None
    if not known or parameters.zeros is None or element_of(codes) != ui8:
        return weight
    return _Operand(writer.signed(codes), replace(parameters, zeros=parameters.zeros - 128))


def _contraction(
    writer: Writer, op: Contraction, a: SSAValue, b: SSAValue, shape: Sequence[int],
    changes: dict[str, Attribute] | None = None,
) -> SSAValue:  # fmt: skip
    properties = {**op.properties, "acc": i32, **(changes or {})}
    kind: type[Operation] = type(op)
    types = [TensorType(i32, shape)]
    return writer.value(kind.create(operands=[a, b], properties=properties, result_types=types))


def _ones(writer: Writer, shape: Sequence[int]) -> SSAValue:
    return writer.constant(np.ones(shape, np.int8))


def _times(writer: Writer, a: SSAValue, b: SSAValue) -> SSAValue:
    return writer.value(MulOp(a, b))


def _matmul(writer: Writer, op: MatmulOp, a: _Operand, b: _Operand, count: int) -> list[SSAValue]:
    shape = shape_of(op.result)
    terms = [_contraction(writer, op, a.codes, b.codes, shape)]
    za = writer.minus_zeros(a.parameters, [-1, 1]) if a.moved else None
    zb = writer.minus_zeros(b.parameters, [-1]) if b.moved else None
    if za is not None:
        row = [1, count] if op.transpose_lhs is None else [count, 1]
        batch = shape_of(op.rhs)[:-2]
        sums = _contraction(writer, op, _ones(writer, row), b.codes, (*batch, 1, shape[-1]))
        terms.append(_times(writer, sums, za))
    if zb is not None:
        column = [count, 1] if op.transpose_rhs is None else [1, count]
        batch = shape_of(op.lhs)[:-2]
        sums = _contraction(writer, op, a.codes, _ones(writer, column), (*batch, shape[-2], 1))
        terms.append(_times(writer, sums, zb))
    if za is not None and zb is not None:
        number = writer.constant(np.array(count, np.int32))
        terms.append(_times(writer, _times(writer, za, zb), number))
    return terms


def _convolution(
    writer: Writer, op: Conv2dOp | Conv3dOp, x: _Operand, w: _Operand, count: int
) -> list[SSAValue]:
    shape, channel = shape_of(op.result), axes_of(op)[1].result
    after = [1] * (len(shape) - channel - 1)
    image, changes, padding = x.codes, dict[str, Attribute](), op.padding.get_values()
    if x.moved and x.parameters.zero is not None and any(padding):
        more = _more_channels(op, w)
        image = writer.padded(image, padding, _layout(op), x.parameters.zero, more)
        changes["padding"] = ints([0] * len(padding))
        if more:
            high = [0, more, *[0] * (rank_of(op.weight) - 2)]
            w = w._replace(codes=writer.value(PadOp(w.codes, [0] * len(high), high, 0)))
    terms = [_contraction(writer, op, image, w.codes, shape, changes)]
    zx = writer.minus_zeros(x.parameters, ()) if x.moved else None
    zw = writer.minus_zeros(w.parameters, [-1, *after]) if w.moved else None
    if zx is not None:
        sums = _filter_sums(writer, op, x, w.codes, [-1, *after])
        terms.append(_times(writer, sums, zx))
    if zw is not None:
        single = op.groups.value.data == 1
        kernel = shape_of(op.weight)
        ones = _ones(writer, (1, *kernel[1:]) if single else kernel)
        place = [*shape]
        place[channel] = 1 if single else shape[channel]
        sums = _contraction(writer, op, image, ones, place, changes)
        terms.append(_times(writer, sums, zw))
    if zx is not None and zw is not None:
        number = writer.constant(np.array(count, np.int32))
        terms.append(_times(writer, _times(writer, zx, zw), number))
    return terms


def _more_channels(op: Conv2dOp | Conv3dOp, w: _Operand) -> int:
    """How many channels of no weight an image that is copied anyway gets: machines multiply bytes
    in groups of four, which they load at once where a pixel is a whole group."""
    channels = shape_of(op.weight)[1]
    alone = op.groups.value.data == 1 and not w.moved
    return GROUP - channels if alone and channels < GROUP else 0


def _layout(op: Contraction) -> Layout:
    return op.layout.data if isinstance(op, Conv2dOp) else Layout.NCHW


def _filter_sums(
    writer: Writer, op: Conv2dOp | Conv3dOp, x: _Operand, w: SSAValue, place: Sequence[int]
) -> SSAValue:
    """The sums of the filters; where the zero point is not known, of what lies inside the image."""
    if x.parameters.zero is None and any(op.padding.get_values()):
        ones = _ones(writer, (1, *shape_of(op.x)[1:]))
        return _contraction(writer, op, ones, w, (1, *shape_of(op.result)[1:]))
    axes = range(1, rank_of(op.weight))
    sums = writer.value(ReduceSumOp(writer.wide(w), axes, keepdims=False))
    return sums if len(place) == 1 else writer.value(ReshapeOp(sums, place))


# Recognition


def product(op: Contraction, forms: Forms, known: Known) -> Product | None:
    """The integer form of a contraction, if both operands are codes of 8 bits or fewer."""
    a, b = (forms.get(operand) for operand in op.operands)
    if not isinstance(a, Codes) or not isinstance(b, Codes):
        return None
    real = {op.acc, element_of(op.operands[0]), element_of(op.result)} == {f32}
    if not real or max(a.element.bitwidth, b.element.bitwidth) > 8 or not _fit(op, a, b):
        return None
    count = count_of(op)
    largest = -1 if count < 0 else count * a.distance * b.distance
    if not 0 <= largest <= MOST:
        largest = _by_weights(op, a, b, known)
    if not 0 <= largest <= MOST:
        size = "an unknown number" if count < 0 else str(count)
        warn(
            op,
            f"stays float: {size} products of {a.element} and {b.element} may exceed an i32",
            rule="dl-integerize-overflow",
            help="constant weights, or `params`, may prove that the sums are smaller",
        )
        return None
    return Product(op, (a, b), largest)


def _fit(op: Contraction, a: Codes, b: Codes) -> bool:
    """Whether scales and zero points are those of rows, columns or channels."""
    for form, place in zip((a, b), axes_of(op), strict=True):
        axis = form.parameters.axis
        if axis is not None and (place is None or axis != place.operand):
            return False
    if isinstance(op, MatmulOp):
        return count_of(op) >= 0
    moved = a.parameters.zero is None and any(op.padding.get_values())
    if moved and (b.parameters.zero != 0 or shapes.DYNAMIC in shape_of(op.x)[1:]):
        return False
    return shapes.is_static(shape_of(op.weight))


def _by_weights(op: Contraction, a: Codes, b: Codes, known: Known) -> int:
    """The bound that the weights' own numbers give, or -1."""
    numbers = codes_of(b, known)
    zeros = b.parameters.zeros
    if numbers is None or zeros is None:
        return -1
    behind = numbers.ndim - axes_of(op)[1].operand - 1
    centred = numbers - (zeros.reshape(-1, *[1] * behind) if zeros.ndim else zeros)
    summed = _contracted(op, numbers)
    largest = [np.abs(part).sum(axis=summed).max(initial=0) for part in (numbers, centred)]
    return a.distance * int(max(largest))


def codes_of(form: Codes, known: Known) -> Array | None:
    """The integers of a weight as i64, if they are known and nothing moves them."""
    op = form.value.owner
    array = known.array(op.x) if isinstance(op, DequantizeOp) else None
    return None if array is None else array.astype(np.int64)


def _contracted(op: Contraction, weight: Array) -> tuple[int, ...]:
    """The axes of the right operand that are summed over."""
    if isinstance(op, MatmulOp):
        return (weight.ndim - (1 if op.transpose_rhs is not None else 2),)
    return tuple(range(1, weight.ndim))
