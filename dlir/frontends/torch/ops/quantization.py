"""Quantised numbers, as PyTorch's exporting quantisers write them (`quantized_decomposed`).

PyTorch multiplies by the inverse of the scale where `dl.quantize` divides by the scale: a number
between two integers may become the other one.
"""

from __future__ import annotations

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import numpy_type_of
from dlir.frontends.builder.values import Constant, Tensor, Unsupported
from dlir.types import is_integer, limits_of

from ..call import Build, Call, normalized


def _scale(context: Context, call: Call, name: str, axis: int | None) -> Tensor:
    """One number, or one for each place along the axis."""
    if not call.is_tensor(name):
        return context.constant(call.number(name), f32)
    scale = context.cast(context.inlined(call.value(name)), f32)
    return scale if axis is not None else context.reshape(scale, ())


def _zero_point(
    context: Context, call: Call, name: str, axis: int | None, code: Attribute
) -> Tensor | None:
    """None where it is known to be 0."""
    if not call.has(name):
        return None
    if not call.is_tensor(name):
        return context.constant(call.int(name), code) if call.int(name) else None
    value = call.value(name)
    if isinstance(value, Constant):
        if not value.array.any():
            return None
        value = Constant(value.array.astype(numpy_type_of(code)), value.name)
    zero = context.cast(context.inlined(value), code)
    return zero if axis is not None else context.reshape(zero, ())


def _names(call: Call, per_channel: bool) -> tuple[str, str]:
    return ("scales", "zero_points") if per_channel else ("scale", "zero_point")


def _quantize(per_channel: bool) -> Build:
    """To the integers from `quant_min` to `quant_max`."""

    def build(context: Context, call: Call) -> Tensor:
        x, code = context.cast(call.tensor(context, "input"), f32), call.element
        if not is_integer(code):
            raise Unsupported(f"quantisation to {code}")
        axis = normalized(call.int("axis"), x.rank) if per_channel else None
        scale, zero = _names(call, per_channel)
        s, z = _scale(context, call, scale, axis), _zero_point(context, call, zero, axis, code)
        op = dl.QuantizeOp(x.ssa, s.ssa, None if z is None else z.ssa, axis=axis, element=code)
        y = context.emit(op, x.dims)
        least, greatest = limits_of(code)
        low, high = call.int("quant_min"), call.int("quant_max")
        if (low, high) == (least, greatest):
            return y
        return context.emit(dl.ClipOp(y.ssa, max(low, least), min(high, greatest)), x.dims)

    return build


def _dequantize(per_channel: bool) -> Build:
    """To f32, or `out_dtype`."""

    def build(context: Context, call: Call) -> Tensor:
        x = call.tensor(context, "input")
        axis = normalized(call.int("axis"), x.rank) if per_channel else None
        scale, zero = _names(call, per_channel)
        s, z = _scale(context, call, scale, axis), _zero_point(context, call, zero, axis, x.element)
        op = dl.DequantizeOp(x.ssa, s.ssa, None if z is None else z.ssa, axis=axis)
        return context.cast(context.emit(op, x.dims), call.element)

    return build


def _choose(context: Context, call: Call) -> tuple[Tensor, Tensor]:
    """Scale and zero point by the least and the greatest number, between which 0 must be."""
    x = context.cast(call.tensor(context, "input"), f32)
    low, high, eps = call.int("quant_min"), call.int("quant_max"), call.number("eps")
    zero = context.constant(0, f32)
    bottom, top = (
        context.itemwise(
            bound, context.emit(reduce(x.ssa, range(x.rank), keepdims=False), ()), zero
        )
        for reduce, bound in ((dl.ReduceMinOp, dl.MinOp), (dl.ReduceMaxOp, dl.MaxOp))
    )
    span = context.itemwise(dl.SubOp, top, bottom)
    step = context.itemwise(dl.DivOp, span, context.constant(high - low, f32))
    scale = context.itemwise(dl.MaxOp, step, context.constant(eps, f32))
    least = context.itemwise(dl.RoundOp, context.itemwise(dl.DivOp, bottom, scale))
    point = context.itemwise(dl.SubOp, context.constant(low, f32), least)
    point = context.emit(dl.ClipOp(point.ssa, low, high), ())
    scale_type, zero_type = (output.element for output in call.outputs)
    results = context.cast(scale, scale_type), context.cast(point, zero_type)
    one = tuple(
        context.reshape(result, output.dims)
        for result, output in zip(results, call.outputs, strict=True)
    )
    return one[0], one[1]


OPERATORS: dict[str, Build] = {
    "quantized_decomposed.choose_qparams.tensor": _choose,
    "quantized_decomposed.dequantize_per_channel.default": _dequantize(per_channel=True),
    "quantized_decomposed.dequantize_per_tensor.default": _dequantize(per_channel=False),
    "quantized_decomposed.dequantize_per_tensor.tensor": _dequantize(per_channel=False),
    "quantized_decomposed.quantize_per_channel.default": _quantize(per_channel=True),
    "quantized_decomposed.quantize_per_tensor.default": _quantize(per_channel=False),
    "quantized_decomposed.quantize_per_tensor.tensor": _quantize(per_channel=False),
}
