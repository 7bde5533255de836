"""Quantised numbers: an integer q stands for the real number `(q - zero_point) * scale`.

What is computed in f32 becomes `dl.quantize` and `dl.dequantize`; quotients in another type, and
narrow floats that do not saturate, are written in simpler ops. Products of integers are summed as
they come, in 8 bits, and what the zero points add to the sums is taken off afterwards:

    sum (a - p) * (b - q) = sum a * b - p * sum b - q * sum a + k * p * q

where the sums of weights are known before a call. Known weights have their zero point taken off at
import, if that leaves numbers of 8 bits. All of it wraps around in i32, so it is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from xdsl.dialects.builtin import f32, f64, i8, i16, i32
from xdsl.ir import Attribute

from dlir.diagnostics import RuleViolation
from dlir.dialects.dl.attrs import NARROW, ui8, ui16
from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float, xdsl_type
from dlir.frontends.builder.values import Constant, Tensor, Unsupported, Value
from dlir.types import is_integer, limits_of

from ..node import Node, normalize_axis
from ..operator import Build, tensor
from .contraction import convolution, matrix_product
from .elementwise import converted

TARGETS = (i8, ui8, i16, ui16, *NARROW.types)
"""What real numbers are quantised to."""
BYTES = (i8, ui8)
Spread = Callable[[Context, Tensor, Tensor], Tensor]
"""Gives parameters the shape in which they broadcast against a tensor."""
FAR = float(1 << 20)
"""Whole numbers beyond it saturate, whatever the zero point is; all up to it fit into f32."""


class Granularity(NamedTuple):
    """How parameters are spread over a tensor: the axis they belong to, and the size of blocks."""

    axis: int
    block: int


def _granularity(node: Node, x: Tensor) -> Granularity:
    axis = node.int("axis", 1)
    return Granularity(normalize_axis(axis, x.rank) if x.rank > 1 else 0, node.int("block_size", 0))


def _spread(context: Context, p: Tensor, x: Tensor, by: Granularity) -> Tensor:
    """Parameters as they broadcast against x: one, one per place of the axis, or one per block."""
    if p.rank == 0 or (p.rank == 1 and p.dims[0] == 1):
        return context.reshape(p, ())
    if p.rank == 1 and not by.block:
        _require(p.dims[0], x.dims[by.axis])
        return context.reshape(p, (*p.dims, *[1] * (x.rank - by.axis - 1)))
    if p.rank != x.rank or by.block < 1:
        raise Unsupported(f"a scale of rank {p.rank} with block_size = {by.block}")
    return _repeated(context, p, x, by)


def _repeated(context: Context, p: Tensor, x: Tensor, by: Granularity) -> Tensor:
    """Every parameter `block` times along the axis, the last one as often as x needs it."""
    axis = by.axis
    before, blocks, after = p.dims[:axis], p.dims[axis], p.dims[axis + 1 :]
    for size, wanted in zip((*before, *after), (*x.dims[:axis], *x.dims[axis + 1 :]), strict=True):
        _require(size, wanted)
    _require(blocks, d.ceil_div(x.dims[axis], by.block))
    single = context.reshape(p, (*before, blocks, 1, *after))
    each = context.broadcast(single, (*before, blocks, by.block, *after))
    whole = context.reshape(each, (*before, d.mul(blocks, by.block), *after))
    return whole if whole.dims == x.dims else context.take(whole, axis, 0, x.dims[axis])


def _require(size: d.Dim, wanted: d.Dim) -> None:
    if isinstance(size, int) and isinstance(wanted, int) and size != wanted:
        raise Unsupported(f"{size} parameters where {wanted} are needed")


def _optional(context: Context, node: Node, index: int) -> Tensor | None:
    return context.inlined(node.input(index)) if node.has(index) else None


class Affine(NamedTuple):
    """The parameters of `dl.quantize` and `dl.dequantize`."""

    scale: Tensor
    zero_point: Tensor | None
    axis: int | None
    block: int | None


def affine(
    context: Context, node: Node, x: Tensor, by: Granularity, code: Attribute,
    inputs: tuple[int, int] = (1, 2),
) -> Affine | None:  # fmt: skip
    """Inputs of a node that are a scale and a zero point.

    None if there is a zero point, other than a known 0, where `dl` ops have none.
    """
    check_scales(node.input(inputs[0]))
    scale = single(context, context.cast(context.inlined(node.input(inputs[0])), f32))
    if scale.rank > 1 or by.block:
        _check_blocks(scale, x, by)
    zero = None
    if _points(node.input(inputs[1]) if node.has(inputs[1]) else None) != {0}:
        if not is_integer(code) or code == i32:
            return None
        zero = single(context, context.inlined(node.input(inputs[1])))
        if zero.rank == 0 and scale.rank:
            zero = context.broadcast(zero, scale.dims)
    axis = by.axis if scale.rank else None
    return Affine(scale, zero, axis, by.block if by.block and scale.rank else None)


def _check_blocks(scale: Tensor, x: Tensor, by: Granularity) -> None:
    if scale.rank and (scale.rank != x.rank or by.block < 1):
        raise Unsupported(f"a scale of rank {scale.rank} with block_size = {by.block}")


def check_scales(value: Value) -> None:
    """Scales that are known are > 0 and finite; others are checked when the program runs."""
    if not isinstance(value, Constant):
        return
    scales = value.array.astype(np.float64)
    if not (good := (scales > 0) & (scales < np.inf)).all():
        got = scales[~good].flat[0]
        raise RuleViolation("onnx-scale", f"expected scales that are finite and > 0, got {got:g}")


def quantized(context: Context, x: Tensor, p: Affine, code: Attribute) -> Tensor:
    """`dl.quantize` of an f32 tensor."""
    zero = None if p.zero_point is None else p.zero_point.ssa
    op = dl.QuantizeOp(x.ssa, p.scale.ssa, zero, axis=p.axis, block=p.block, element=code)
    return context.emit(op, x.dims)


def dequantized(context: Context, x: Tensor, p: Affine) -> Tensor:
    """`dl.dequantize`, an f32 tensor."""
    zero = None if p.zero_point is None else p.zero_point.ssa
    op = dl.DequantizeOp(x.ssa, p.scale.ssa, zero, axis=p.axis, block=p.block)
    return context.emit(op, x.dims)


def _points(value: Value | None) -> set[float]:
    """The different zero points, as far as they are known at import."""
    if value is None:
        return {0}
    known = isinstance(value, Constant)
    return set(map(float, value.array.astype(np.float32).flat)) if known else set()


# Real numbers to integers


def _saturated(
    context: Context, quotient: Tensor, zero_point: Tensor | None, target: Attribute,
    saturate: bool = True,
) -> Tensor:  # fmt: skip
    """`saturate(round(quotient) + zero_point)`; a narrow float rounds by itself."""
    if not is_integer(target):
        if zero_point is not None:
            shift = context.cast(zero_point, quotient.element)
            quotient = context.itemwise(dl.AddOp, quotient, shift)
        return converted(context, quotient, target, saturate)
    whole = context.itemwise(dl.RoundOp, quotient)
    wide = whole if whole.element == f64 else context.cast(whole, f32)
    near = context.itemwise(partial(dl.ClipOp, min=-FAR, max=FAR), wide)
    number = context.cast(near, i32)
    if zero_point is not None:
        number = context.itemwise(dl.AddOp, number, context.cast(zero_point, i32))
    least, greatest = limits_of(target)
    return context.cast(
        context.itemwise(partial(dl.ClipOp, min=least, max=greatest), number), target
    )


def _target(node: Node, zero_point: Tensor | None) -> Attribute:
    """The result's type: that of the zero point, or `output_dtype`, or ui8."""
    target: Attribute = ui8 if zero_point is None else zero_point.element
    if node.int("output_dtype", 0):
        stated = xdsl_type(node.element_type("output_dtype"))
        if zero_point is not None and stated != target:
            raise Unsupported(f"output_dtype {stated} with a zero point of {target}")
        target = stated
    if target not in TARGETS:
        raise Unsupported(f"quantisation to {target}")
    return target


def _quantize_linear(context: Context, node: Node) -> Tensor:
    """The division is done in the type that `precision` says, else in that of the scale."""
    x, scale = tensor(context, node, 0), context.inlined(node.input(1))
    zero_point, by = _optional(context, node, 2), _granularity(node, x)
    target = _target(node, zero_point)
    element = scale.element if is_float(scale.element) else f32
    if node.int("precision", 0):
        element = xdsl_type(node.element_type("precision"))
    saturate = bool(node.int("saturate", 1))
    known = affine(context, node, x, by, target) if element == f32 else None
    if known is not None and (is_integer(target) or saturate):
        return quantized(context, context.cast(x, f32), known, target)
    divisor = _spread(context, context.cast(scale, element), x, by)
    quotient = context.itemwise(dl.DivOp, context.cast(x, element), divisor)
    if zero_point is not None:
        zero_point = _spread(context, zero_point, x, by)
    return _saturated(context, quotient, zero_point, target, saturate)


def _dynamic_quantize_linear(context: Context, node: Node) -> Sequence[Tensor]:
    return dynamically_quantized(context, tensor(context, node, 0))


def dynamically_quantized(context: Context, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(x as ui8, the scale, the zero point), by the least and the greatest number, between which 0
    must be. Of nothing but zeros, or of numbers too small for a scale, the scale is 1 / 255."""
    zero = context.constant(0, x.element)
    axes = range(x.rank)
    low, high = (
        context.itemwise(bound, context.emit(reduce(x.ssa, axes, keepdims=False), ()), zero)
        for reduce, bound in ((dl.ReduceMinOp, dl.MinOp), (dl.ReduceMaxOp, dl.MaxOp))
    )
    span = context.itemwise(dl.SubOp, high, low)
    steps = context.constant(255, x.element)
    scale = context.itemwise(dl.DivOp, span, steps)
    least = context.itemwise(dl.DivOp, context.constant(1, x.element), steps)
    scale = context.itemwise(dl.SelectOp, context.compare("eq", scale, zero), least, scale)
    at_zero = quantized(
        context, context.itemwise(dl.NegOp, low), Affine(scale, None, None, None), ui8
    )
    return quantized(context, x, Affine(scale, at_zero, None, None), ui8), scale, at_zero


# Integers to real numbers


def _dequantize_linear(context: Context, node: Node) -> Tensor:
    """Computed in f32, where differences of up to 16 bits are exact, and rounded to the result."""
    x, scale = tensor(context, node, 0), context.inlined(node.input(1))
    zero_point, by = _optional(context, node, 2), _granularity(node, x)
    result = scale.element
    if node.int("output_dtype", 0):
        result = xdsl_type(node.element_type("output_dtype"))
    if not is_float(result) or x.element not in (*TARGETS, i32):
        raise Unsupported(f"{x.element} as {result}")
    if (known := affine(context, node, x, by, x.element)) is not None:
        return context.cast(dequantized(context, x, known), result)
    number = context.cast(x, f32)
    if zero_point is not None:
        shift = _spread(context, context.cast(zero_point, f32), x, by)
        number = context.itemwise(dl.SubOp, number, shift)
    factor = _spread(context, context.cast(scale, f32), x, by)
    return context.cast(context.itemwise(dl.MulOp, number, factor), result)


# Products of integers


class Factor(NamedTuple):
    """A tensor of bytes and its zero point, if that is not known to be 0."""

    tensor: Tensor
    zero_point: Tensor | None
    known: int | None
    """The zero point, if it is one known number."""


def factor_of(context: Context, node: Node, index: int, point: int, row: Spread) -> Factor:
    """An input and the input that is its zero point, spread over it."""
    value, zero = node.input(index), node.input(point) if node.has(point) else None
    known = _points(zero)
    if known != {0} and isinstance(value, Constant) and isinstance(zero, Constant):
        value = _without_zero_point(value, zero, row)
        known = {0} if value is not node.input(index) else known
    x = context.tensor(value)
    if x.element not in BYTES:
        raise Unsupported(f"quantised numbers of {x.element}")
    if known == {0}:
        return Factor(x, None, 0)
    number = int(known.pop()) if len(known) == 1 else None
    return Factor(x, row(context, tensor(context, node, point), x), number)


def _without_zero_point(value: Constant, zero: Constant, row: Spread) -> Constant:
    """The numbers less the zero point, if all are in i8; else as they are."""
    point = zero.array.astype(np.int32)
    point = point.reshape(()) if point.size == 1 else point
    if point.ndim == 1:
        behind: dict[Spread, int] = {of_rows: 1, of_columns: 0, _of_filters: value.rank - 1}
        point = point.reshape(-1, *[1] * behind[row])
    centred = value.array.astype(np.int32) - point
    if centred.size and not (centred.min() >= -128 and centred.max() <= 127):
        return value
    return Constant(centred.astype(np.int8), f"{value.name}.centred")


def _centred(context: Context, x: Factor) -> Tensor:
    """`x - zero_point` in 16 bits; as it is without a zero point."""
    if x.zero_point is None:
        return x.tensor
    wide = (context.cast(part, i16) for part in (x.tensor, x.zero_point))
    return context.itemwise(dl.SubOp, *wide)


def _of_one_type(context: Context, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both as they are, if they are of one type or bytes, or both in 16 bits."""
    if a.element == b.element or {a.element, b.element} == {*BYTES}:
        return a, b
    return context.cast(a, i16), context.cast(b, i16)


def of_rows(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of the left factor: one, one per row, or of the factor's rank."""
    p = single(context, p)
    return context.reshape(p, (*p.dims, 1)) if p.rank == 1 else p


def of_columns(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of the right factor: one, one per column, or of the factor's rank."""
    return single(context, p)


def _of_channels(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of a convolution's result: one, or one per channel."""
    p = single(context, p)
    return context.reshape(p, (*p.dims, *[1] * (x.rank - 2))) if p.rank == 1 else p


def _of_filters(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of a convolution's weight: one, or one per output channel."""
    p = _of_channels(context, p, x)
    return context.reshape(p, (*p.dims, 1)) if p.rank else p


def single(context: Context, p: Tensor) -> Tensor:
    """A parameter of one element as a scalar; others as they are."""
    return context.reshape(p, ()) if p.dims == (1,) else p


def _matmul_integer(context: Context, node: Node) -> Tensor:
    return _integer_product(context, node, 0, 1, 2, 3)


def _integer_product(
    context: Context, node: Node, a: int, b: int, a_point: int, b_point: int
) -> Tensor:
    return product_of(
        context,
        factor_of(context, node, a, a_point, of_rows),
        factor_of(context, node, b, b_point, of_columns),
    )


def product_of(context: Context, a: Factor, b: Factor) -> Tensor:
    """The product of both less their zero points, summed in i32."""
    if a.tensor.rank == 1 or b.tensor.rank == 1:
        pair = _of_one_type(context, _centred(context, a), _centred(context, b))
        return matrix_product(context, *pair, result=i32)
    total = matrix_product(context, a.tensor, b.tensor, result=i32)
    if a.zero_point is not None:
        total = _less(context, total, a.zero_point, _sums(context, b.tensor, -2))
    if b.zero_point is not None:
        total = _less(context, total, b.zero_point, _sums(context, a.tensor, -1))
    if a.zero_point is not None and b.zero_point is not None:
        terms = context.scalar(a.tensor.dims[-1], i32)
        negative = context.itemwise(dl.NegOp, context.cast(a.zero_point, i32))
        total = _less(context, total, context.itemwise(dl.MulOp, negative, terms), b.zero_point)
    return total


def _less(context: Context, total: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """`total - a * b`, in i32."""
    parts = (context.cast(part, i32) for part in (a, b))
    return context.itemwise(dl.SubOp, total, context.itemwise(dl.MulOp, *parts))


def _sums(context: Context, x: Tensor, axis: int) -> Tensor:
    """Sums along an axis, which stays, in i32."""
    wide = context.cast(x, i32)
    dims = tuple(1 if i == axis % x.rank else n for i, n in enumerate(x.dims))
    return context.emit(dl.ReduceSumOp(wide.ssa, [axis % x.rank], keepdims=True), dims)


def _conv_integer(context: Context, node: Node) -> Tensor:
    return _integer_convolution(context, node, 0, 1, 2, 3)


def _integer_convolution(
    context: Context, node: Node, x: int, w: int, x_point: int, w_point: int
) -> Tensor:
    """The convolution of inputs x and w less their zero points; so padding stands for 0."""
    image = factor_of(context, node, x, x_point, of_columns)
    weight = factor_of(context, node, w, w_point, _of_filters)
    if image.known is None or weight.zero_point is not None:
        pair = _of_one_type(context, _centred(context, image), _centred(context, weight))
        return convolution(context, node, *pair, result=i32)
    filters = weight.tensor
    total = convolution(context, node, image.tensor, filters, result=i32, outside=image.known)
    if image.zero_point is None:
        return total
    wide = context.cast(filters, i32)
    axes = range(1, filters.rank)
    sums = context.emit(dl.ReduceSumOp(wide.ssa, axes, keepdims=False), filters.dims[:1])
    each = context.reshape(sums, (*sums.dims, *[1] * (filters.rank - 2)))
    return _less(context, total, image.zero_point, each)


def _requantized(context: Context, node: Node, sums: Tensor, spread: Sequence[Spread]) -> Tensor:
    """Sums in i32 as numbers of the result's scale (input 6) and zero point (input 7).

    The factor `x_scale * w_scale / y_scale` is computed in the scales' type, the product with it
    in f64, which holds every sum.
    """
    scales = [tensor(context, node, index) for index in (1, 4, 6)]
    a, b, y = (row(context, s, sums) for row, s in zip(spread, scales, strict=True))
    factor = context.itemwise(dl.DivOp, context.itemwise(dl.MulOp, a, b), y)
    product = context.itemwise(dl.MulOp, context.cast(sums, f64), context.cast(factor, f64))
    zero_point = spread[-1](context, tensor(context, node, 7), sums)
    if zero_point.element not in BYTES:
        raise Unsupported(f"quantisation to {zero_point.element}")
    return _saturated(context, product, zero_point, zero_point.element)


def _qlinear_matmul(context: Context, node: Node) -> Tensor:
    sums = _integer_product(context, node, 0, 3, 2, 5)
    return _requantized(context, node, sums, (of_rows, of_columns, of_rows))


def _qlinear_conv(context: Context, node: Node) -> Tensor:
    """The bias has the scale `x_scale * w_scale`, so it is added to the sums."""
    sums = _integer_convolution(context, node, 0, 3, 2, 5)
    if node.has(8):
        bias = tensor(context, node, 8)
        bias = context.reshape(bias, (*bias.dims, *[1] * (sums.rank - 2)))
        sums = context.itemwise(dl.AddOp, sums, bias)
    return _requantized(context, node, sums, (of_columns, _of_channels, of_columns))


OPERATORS: dict[str, Build] = {
    "ConvInteger": _conv_integer,
    "DequantizeLinear": _dequantize_linear,
    "DynamicQuantizeLinear": _dynamic_quantize_linear,
    "MatMulInteger": _matmul_integer,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
    "QuantizeLinear": _quantize_linear,
}
