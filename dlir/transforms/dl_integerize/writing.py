"""Writes the integer form of values, each once, behind the op that makes the float."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

import numpy as np
from xdsl.dialects.builtin import LocationAttr, TensorType, i8, i16, i32
from xdsl.ir import Block, Operation, OpResult, SSAValue

from dlir.dialects.dl.attrs import Layout, number
from dlir.dialects.dl.constants import constant, follows_from_weights
from dlir.dialects.dl.ops.activation import ClipOp, ReluOp
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp, CastOp, MulOp, SubOp
from dlir.dialects.dl.ops.movement import PadOp, ReshapeOp
from dlir.dialects.dl.ops.quantization import DequantizeOp, QuantizeOp, RequantizeOp
from dlir.numpy_types import Array
from dlir.requantize import multiplier_and_shift
from dlir.transforms.dl_integerize.biases import Biases
from dlir.transforms.dl_integerize.forms import (
    Bounded,
    Codes,
    Form,
    Forms,
    Parameters,
    Scale,
    Sum,
    Target,
    Terms,
)
from dlir.transforms.dl_integerize.known import Known
from dlir.types import Integer, is_unsigned, limits_of

OpT = TypeVar("OpT", bound=Operation)

SATURATING = 2.0**31 - 1
"""A factor of this size, or a larger one, saturates whatever is not 0."""

_TINY, _HUGE = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


class Writer:
    """Adds ops to the blocks of a function; nothing is taken away."""

    def __init__(self, forms: Forms, known: Known, root: Operation) -> None:
        self.forms = forms
        self.known = known
        self._next = {op: op.next_op for op in root.walk()}
        self._place: tuple[Operation, LocationAttr] | None = None
        self._moved: dict[tuple[Operation, Target | None], Operation] = {}
        self._codes: dict[SSAValue, SSAValue] = {}
        self._quantized: dict[tuple[SSAValue, Target], SSAValue] = {}
        self._sums: dict[Terms, list[SSAValue]] = {}

    # Ops

    @contextmanager
    def behind(self, value: SSAValue) -> Generator[None]:
        """Ops are added behind the definition of a value, and have its location."""
        op = value.op if isinstance(value, OpResult) else None
        if op is not None:
            following, location = self._next[op], op.location
        else:
            block = cast(Block, value.owner)
            following = next(op for op in block.ops if op in self._next)
            location = following.location
        assert following is not None
        before, self._place = self._place, (following, location)
        yield
        self._place = before

    def add(self, op: OpT) -> OpT:
        assert self._place is not None
        following, op.location = self._place
        assert following.parent is not None
        following.parent.insert_op_before(op, following)
        return op

    def value(self, op: Operation) -> SSAValue:
        return self.add(op).results[0]

    def constant(self, array: Array) -> SSAValue:
        return self.value(constant(np.asarray(array)))

    def wide(self, x: SSAValue) -> SSAValue:
        """The integers as i32."""
        return x if element_of(x) == i32 else self.value(CastOp(x, i32))

    def signed(self, x: SSAValue) -> SSAValue:
        """The numbers of ui8 less 128, as i8."""
        half = self.constant(np.array(128, np.int16))
        return self.value(CastOp(self.value(SubOp(self.value(CastOp(x, i16)), half)), i8))

    def total(self, summands: Sequence[SSAValue]) -> SSAValue:
        """The sum of all; what is known before a call is added up there."""
        first = [x for x in summands if not follows_from_weights(x)]
        early = [x for x in summands if x not in first]
        if first and early:
            early = [self.total(early)]
        result, *others = [*first, *early]
        for other in others:
            result = self.value(AddOp(result, other))
        return result

    def minus_zeros(self, parameters: Parameters, shape: Sequence[int]) -> SSAValue:
        """The opposite of the zero points in i32, a vector of them in this shape."""
        if parameters.zeros is not None:
            vector = parameters.zeros.ndim == 1
            array = parameters.zeros.reshape(shape) if vector else parameters.zeros
            return self.constant((-array).astype(np.int32))
        assert parameters.zero_point is not None
        zero = self.wide(parameters.zero_point)
        opposite = self.value(MulOp(zero, self.constant(np.array(-1, np.int32))))
        vector = parameters.axis is not None
        return self.value(ReshapeOp(opposite, shape)) if vector else opposite

    def padded(
        self, x: SSAValue, padding: Sequence[int], layout: Layout, zero: int, channels: int = 0
    ) -> SSAValue:
        """An image with the zero point around it, which stands for the zeros outside an image.

        It gets so many channels more.
        """
        rank, first = rank_of(x), 1 if layout is Layout.NHWC else 2
        low, high, half = [0] * rank, [0] * rank, len(padding) // 2
        low[first : first + half], high[first : first + half] = padding[:half], padding[half:]
        high[rank - 1 if layout is Layout.NHWC else 1] = channels
        return self.value(PadOp(x, low, high, zero))

    # Codes

    def codes(self, form: Codes) -> SSAValue:
        """The integers that a value stands for."""
        op = cast(OpResult, form.value).op
        if isinstance(op, DequantizeOp):
            return op.x
        if form.value not in self._codes:
            sources = [self.codes(source) for source in form.sources]
            with self.behind(form.value):
                self._codes[form.value] = self._derived(op, form, sources)
        return self._codes[form.value]

    def _derived(self, op: Operation, form: Codes, sources: list[SSAValue]) -> SSAValue:
        zero = form.parameters.zero
        if isinstance(op, ReluOp):
            assert zero is not None
            return self._limited(sources[0], zero, limits_of(form.element)[1])
        moved = self._move(op, sources, form.element, zero, None)
        return moved.results[cast(OpResult, form.value).index]

    def _limited(self, x: SSAValue, low: int, high: int) -> SSAValue:
        """Codes within bounds, by the simplest op that does it."""
        element = cast(Integer, element_of(x))
        least, greatest = limits_of(element)
        if (low, high) == (least, greatest):
            return x
        if (low, high) == (0, greatest):
            return self.value(ReluOp(x))
        bounds = (low if low > least else None, high if high < greatest else None)
        return self.value(ClipOp(x, *bounds))

    def _move(
        self,
        op: Operation,
        sources: Sequence[SSAValue],
        element: Integer,
        padding: int | None,
        target: Target | None,
    ) -> Operation:
        """The op itself on integers; operands behind the sources stay what they are."""
        if (op, target) not in self._moved:
            properties = dict(op.properties)
            if isinstance(op, PadOp):
                assert padding is not None
                properties["value"] = number(padding, element)
            types = [TensorType(element, shape_of(result)) for result in op.results]
            operands = [*sources, *op.operands[len(sources) :]]
            made = type(op).create(operands=operands, properties=properties, result_types=types)
            self._moved[op, target] = self.add(made)
        return self._moved[op, target]

    # Quantised values

    def quantized(self, form: Form, target: Target) -> SSAValue:
        """The value as integers of the target."""
        key = (form.value, target)
        if key not in self._quantized:
            self._quantized[key] = self._quantize(form, target)
        return self._quantized[key]

    def _quantize(self, form: Form, target: Target) -> SSAValue:
        match form:
            case Codes():
                return self._recoded(form, target)
            case Sum():
                with self.behind(form.value):
                    total = self.total([*self._summands(form), *Biases(form).write(self)])
                    assert form.scale.numbers is not None
                    return self._requantized(total, form.scale.numbers, form.scale.axis, target)
            case Bounded():
                source = self.quantized(form.source, target)
                with self.behind(form.value):
                    return self._limited(source, target.code(form.low), target.code(form.high))
            case _:
                result = cast(OpResult, form.value)
                pairs = zip(form.sources, result.op.operands, strict=False)
                sources = [self._quantized_operand(source, x, target) for source, x in pairs]
                with self.behind(result):
                    pad = result.op.value if isinstance(result.op, PadOp) else None
                    padding = None if pad is None else target.code(float(pad.value.data))
                    moved = self._move(result.op, sources, target.element, padding, target)
                    return moved.results[result.index]

    def _quantized_operand(self, form: Form | None, x: SSAValue, target: Target) -> SSAValue:
        if form is not None:
            return self.quantized(form, target)
        with self.behind(x):
            scale = self.constant(np.array(target.scale, np.float32))
            zero = self._zero(target, ()) if target.zero else None
            return self.value(QuantizeOp(x, scale, zero, element=target.element))

    def _recoded(self, form: Codes, target: Target) -> SSAValue:
        codes, parameters = self.codes(form), form.parameters
        if (parameters.step, parameters.zero, form.element) == target:
            return codes
        with self.behind(form.value):
            x = self.wide(codes)
            if parameters.zero != 0:
                shape = _along(parameters.axis, rank_of(x))
                x = self.value(AddOp(x, self.minus_zeros(parameters, shape)))
            assert parameters.scales is not None
            return self._requantized(x, parameters.scales, parameters.axis, target)

    def _requantized(
        self, total: SSAValue, scales: Array, axis: int | None, target: Target
    ) -> SSAValue:
        factors = np.minimum(scales / target.scale, SATURATING)
        axis = axis if factors.ndim else None
        parts = [self.constant(part) for part in multiplier_and_shift(factors)]
        multiplier, shift = parts
        zero = self._zero(target, factors.shape) if target.zero else None
        made = RequantizeOp(total, multiplier, shift, zero, axis=axis, element=target.element)
        return self.value(made)

    def _zero(self, target: Target, shape: tuple[int, ...]) -> SSAValue:
        return self.constant(np.full(shape, target.zero, dtype_of(target.element)))

    # Sums

    def _summands(self, form: Sum) -> list[SSAValue]:
        """The sum of the codes, and what corrects it for their zero points."""
        if form.terms not in self._sums:
            with self.behind(form.origin):
                self._sums[form.terms] = form.terms.write(self)
        return self._sums[form.terms]

    def dequantized(self, form: Sum) -> SSAValue:
        """The sum as a float."""
        scale, summands = form.scale, self._summands(form)
        with self.behind(form.origin):
            total = self.total(summands)
            if scale.numbers is not None:
                numbers = np.clip(scale.numbers, _TINY, _HUGE).astype(np.float32)
                axis = scale.axis if numbers.ndim else None
                return self.value(DequantizeOp(total, self.constant(numbers), axis=axis))
            return self._dequantized(total, scale)

    def _dequantized(self, total: SSAValue, scale: Scale) -> SSAValue:
        """By scales that are found at run time; one may be 0 if it is a product."""
        (a, a_axis), (b, b_axis) = scale.factors
        if a_axis is not None and b_axis is not None:
            y = self.value(DequantizeOp(total, b, axis=b_axis))
            return self.value(MulOp(y, self.value(ReshapeOp(a, _along(a_axis, rank_of(y), a)))))
        product = self.value(ClipOp(self.value(MulOp(a, b)), min=_TINY, max=_HUGE))
        return self.value(DequantizeOp(total, product, axis=scale.axis))


def _along(axis: int | None, rank: int, x: SSAValue | None = None) -> list[int]:
    """The shape in which a vector lies along the axis of a tensor of this rank."""
    if axis is None:
        return []
    return [-1 if x is None else shape_of(x)[0], *[1] * (rank - axis - 1)]


def dtype_of(element: Integer) -> np.dtype[np.generic]:
    """The dtype of an 8-bit integer type."""
    return np.dtype(np.uint8 if is_unsigned(element) else np.int8)
