"""Quantised numbers: the canonical bodies of `dialects.structured.quantization`.

Scales, multipliers, shifts and zero points are inputs of the op; a zero point of one known number
is written into the body. Scales and shifts that are no constants are checked first, by an op of
their own, which a weight's scale leaves for load time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects import cf, math
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import powers
from dlir.dialects.dl.ops import fake_quantization as f
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.structured import quantization as bodies
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.dl_to_structured import narrow
from dlir.lowering.dl_to_structured.elementwise import splat
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Space,
    dimensions,
    typed,
)
from dlir.lowering.dl_to_structured.movement import Steps, move
from dlir.lowering.dl_to_structured.scalar import (
    Form,
    Scalar,
    compare,
    function,
    maximum,
    minimum,
    number,
    where,
)
from dlir.lowering.dl_to_structured.scalar_forms import convert
from dlir.lowering.dl_to_structured.sizes import tensor_type
from dlir.number_formats import format_of
from dlir.types import Integer, is_narrow_float, is_narrow_integer

rounded = function(math.RoundEvenOp)
CHECKS: dict[q.Rule, Callable[[Scalar], Scalar]] = {
    q.SCALES: lambda x: compare("gt", x, 0) & compare("lt", x, float("inf")),
    q.SHIFTS: lambda x: compare("ge", x, -31) & compare("le", x, 31),
}


def affine(emitter: Emitter, op: q.AffineOp) -> SSAValue:
    """One elementwise op on x and its parameters."""
    *others, last = op.parameters
    zero = _known_zero(op)
    points = [] if zero is not None or op.zero_point is None else [op.zero_point]
    parameters = [*others, checked(emitter, last, op.RULE), *points]
    body = _body(op, zero)
    if op.block_size is not None:
        return _by_blocks(emitter, op, parameters, body)
    sizes = emitter.sizes.of(op.x)
    letters = dimensions(len(sizes))
    at = "" if op.axis is None else letters[op.axis.value.data]
    space = Space(letters)
    out = emitter.empty(tensor_type(op.result), sizes)
    inputs = [
        *(Access(x, space.forms(letters)) for x in op.operands[: op.FIRST]),
        *(Access(p, space.forms(at)) for p in parameters),
    ]
    return emitter.generic(space, inputs, Destination(out, space.forms(letters)), body)


def _known_zero(op: q.AffineOp) -> int | None:
    """The zero point, if it is one known number."""
    if op.zero_point is None:
        return 0
    known = splat(op.zero_point)
    return None if known is None else int(known.value.data)


def _by_blocks(
    emitter: Emitter, op: q.AffineOp, parameters: Sequence[SSAValue], body: Form
) -> SSAValue:
    """The axis as two: the blocks, and the places of one. What the last block lacks is padding."""
    assert op.axis is not None and op.block_size is not None
    sizes, axis, block = emitter.sizes, op.axis.value.data, op.block_size
    shape = sizes.of(op.x)
    before, size, after = shape[:axis], shape[axis], shape[axis + 1 :]
    blocks = sizes.div(sizes.add(size, block - 1), block)
    split = [*before, blocks, block, *after]
    letters = dimensions(len(split))
    space, at, inner = Space(letters), letters[: axis + 1] + letters[axis + 2 :], letters[axis + 1]
    place = space.form({letters[axis]: block, inner: 1})
    x = Access(op.x, space.forms(at, {letters[axis]: place}), number(0, element_type_of(op.x)))
    inputs = [x, *(Access(p, space.forms(at)) for p in parameters)]
    out = emitter.scratch(element_type_of(op.result), split)
    made = emitter.generic(space, inputs, Destination(out, space.forms(letters)), body)
    whole = [*before, sizes.mul(blocks, block), *after]
    flat = emitter.reshape(made, typed(element_type_of(out), whole), whole)
    if whole == [*shape]:
        return flat
    zeros = [0] * len(shape)
    steps = Steps([1] * len(shape), zeros, zeros)
    return move(emitter, flat, emitter.empty(tensor_type(op.result), shape), shape, steps)


# Bodies


def _body(op: q.AffineOp, zero: int | None) -> Form:
    """On x, the parameters and the zero point, if that is no number."""
    make = FORMS[type(op)]
    known = () if zero is None else (zero,)

    def body(*scalars: Scalar) -> Scalar:
        return make(op, *map(_widened, scalars), *known)

    return body


def _widened(x: Scalar) -> Scalar:
    """An integer of 2 or 4 bits, of whose byte the low bits count, as one of 8; others as they
    are."""
    return narrow.unpacked(x, x.type) if is_narrow_integer(x.type) else x


def _scale(x: Scalar) -> Scalar:
    """A scale that may be a power of two."""
    return convert(x, f32) if x.type == powers else x


def _quantize(op: q.QuantizeOp, x: Scalar, scale: Scalar, zero: Scalar | int) -> Scalar:
    scale = _scale(scale)
    if is_narrow_float(op.code):
        last = format_of(op.code).largest
        return convert(minimum(maximum(x / scale, -last), last), op.code)
    return _canonical(bodies.quantize, x, scale, zero, cast(Integer, op.code))


def _dequantize(op: q.DequantizeOp, x: Scalar, scale: Scalar, zero: Scalar | int) -> Scalar:
    scale = _scale(scale)
    if is_narrow_float(op.code):
        return convert(x, f32) * scale
    return _canonical(bodies.dequantize, x, scale, zero)


def _requantize(
    op: q.RequantizeOp, x: Scalar, multiplier: Scalar, shift: Scalar, zero: Scalar | int
) -> Scalar:
    return _canonical(bodies.requantize, x, multiplier, shift, zero, cast(Integer, op.code))


def _fake_quantize(op: f.FakeQuantizeOp, x: Scalar, scale: Scalar, zero: Scalar | int) -> Scalar:
    nearest = rounded(x / scale)
    point = _real(zero, x)
    low, high = op.range
    number = where(compare("eq", nearest, nearest), nearest, 0) + point
    return (minimum(maximum(number, low), high) - point) * scale


def _fake_quantize_grad(
    op: f.FakeQuantizeGradOp, x: Scalar, gradient: Scalar, scale: Scalar, zero: Scalar | int
) -> Scalar:
    number = rounded(x / scale) + _real(zero, x)
    low, high = op.range
    return where(compare("ge", number, low) & compare("le", number, high), gradient, 0)


def _real(zero: Scalar | int, like: Scalar) -> Scalar:
    """A zero point as an f32."""
    return convert(zero, f32) if isinstance(zero, Scalar) else like.like(float(zero))


def _canonical(make: Callable[..., SSAValue], x: Scalar, *others: Scalar | int | Integer) -> Scalar:
    """A sequence of the structured dialect, added to the body that x is in."""

    def add(op: Operation) -> SSAValue:
        return x.body.add(op).value

    values = [other.value if isinstance(other, Scalar) else other for other in others]
    return Scalar(make(add, x.value, *values), x.body)


FORMS: dict[type[Operation], Callable[..., Scalar]] = {
    q.QuantizeOp: _quantize,
    q.DequantizeOp: _dequantize,
    q.RequantizeOp: _requantize,
    f.FakeQuantizeOp: _fake_quantize,
    f.FakeQuantizeGradOp: _fake_quantize_grad,
}


# Checks


def checked(emitter: Emitter, x: SSAValue, rule: q.Rule) -> SSAValue:
    """The same numbers, or an error at run time; constants have been verified."""
    if isinstance(x.owner, ConstantOp) or element_type_of(x) == powers:
        return x
    letters = dimensions(len(emitter.sizes.of(x)))
    space = Space(letters)
    forms = space.forms(letters)

    def body(number: Scalar) -> Scalar:
        number.body.effect(cf.AssertOp(CHECKS[rule](number).value, f"expected {rule.text}"))
        return number

    out = emitter.empty(tensor_type(x), emitter.sizes.of(x))
    return emitter.generic(space, [Access(x, forms)], Destination(out, forms), body)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = dict.fromkeys(FORMS, affine)
