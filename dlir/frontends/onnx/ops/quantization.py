"""Quantised numbers: an integer q stands for the real number `(q - zero_point) * scale`.

Int8 with parameters that are known becomes `dl.quantize` and `dl.dequantize`, which are fast and
which the accelerator has. Everything else is written in simpler ops, with the same results: the
quotient is rounded to its own type, then to the nearest integer, halves to even; the zero point is
added exactly, and what is beyond the integer type is its last number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from xdsl.dialects.builtin import f32, f64, i8, i16, i32
from xdsl.ir import Attribute

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
    return tensor(context, node, index) if node.has(index) else None


class Affine(NamedTuple):
    """The parameters of `dl.quantize` and `dl.dequantize`."""

    scale: Tensor
    zero_point: Tensor | None
    axis: int | None


def _affine(context: Context, node: Node, by: Granularity) -> Affine | None:
    """Scales that are known and > 0, and zero points of the same shape, if a node has these."""
    scale, point = node.input(1), node.input(2) if node.has(2) else None
    if by.block or not isinstance(scale, Constant) or scale.array.dtype != np.float32:
        return None
    if not ((scale.array > 0) & (scale.array < np.inf)).all():
        return None
    single = scale.array.size == 1

    def shaped(value: Value) -> Tensor:
        return context.reshape(context.tensor(value), ()) if single else context.tensor(value)

    zero = None if point is None or _points(point) == {0} else shaped(point)
    return Affine(shaped(scale), zero, None if single else by.axis)


def _emitted(
    context: Context, kind: type[dl.QuantizeOp | dl.DequantizeOp], x: Tensor, known: Affine
) -> Tensor:
    zero = None if known.zero_point is None else known.zero_point.ssa
    return context.emit(kind(x.ssa, known.scale.ssa, zero, axis=known.axis), x.dims)


def _points(value: Value | None) -> set[int]:
    """The different zero points, as far as they are known at import."""
    if value is None:
        return {0}
    return set(map(int, value.array.flat)) if isinstance(value, Constant) else set()


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
    x, scale = tensor(context, node, 0), tensor(context, node, 1)
    zero_point, by = _optional(context, node, 2), _granularity(node, x)
    target = _target(node, zero_point)
    element = scale.element if is_float(scale.element) else f32
    if node.int("precision", 0):
        element = xdsl_type(node.element_type("precision"))
    if (x.element, element, target) == (f32, f32, i8) and (known := _affine(context, node, by)):
        return _emitted(context, dl.QuantizeOp, x, known)
    divisor = _spread(context, context.cast(scale, element), x, by)
    quotient = context.itemwise(dl.DivOp, context.cast(x, element), divisor)
    if zero_point is not None:
        zero_point = _spread(context, zero_point, x, by)
    saturate = bool(node.int("saturate", 1))
    return _saturated(context, quotient, zero_point, target, saturate)


def _dynamic_quantize_linear(context: Context, node: Node) -> Sequence[Tensor]:
    """To ui8, by the least and the greatest number, between which 0 must be."""
    x = tensor(context, node, 0)
    zero = context.constant(0, x.element)
    axes = range(x.rank)
    low, high = (
        context.itemwise(bound, context.emit(reduce(x.ssa, axes, keepdims=False), ()), zero)
        for reduce, bound in ((dl.ReduceMinOp, dl.MinOp), (dl.ReduceMaxOp, dl.MaxOp))
    )
    same = context.compare("eq", low, high)
    span = context.itemwise(dl.SubOp, high, low)
    span = context.itemwise(dl.SelectOp, same, context.constant(1, x.element), span)
    scale = context.itemwise(dl.DivOp, span, context.constant(255, x.element))
    at_zero = context.itemwise(dl.DivOp, context.itemwise(dl.NegOp, low), scale)
    zero_point = _saturated(context, at_zero, None, ui8)
    quotient = context.itemwise(dl.DivOp, x, scale)
    return _saturated(context, quotient, zero_point, ui8), scale, zero_point


# Integers to real numbers


def _dequantize_linear(context: Context, node: Node) -> Tensor:
    """Computed in f32, where differences of up to 16 bits are exact, and rounded to the result."""
    x, scale = tensor(context, node, 0), tensor(context, node, 1)
    zero_point, by = _optional(context, node, 2), _granularity(node, x)
    result = scale.element
    if node.int("output_dtype", 0):
        result = xdsl_type(node.element_type("output_dtype"))
    if not is_float(result) or x.element not in (*TARGETS, i32):
        raise Unsupported(f"{x.element} as {result}")
    if x.element == i8 and result == f32 and (known := _affine(context, node, by)):
        return _emitted(context, dl.DequantizeOp, x, known)
    number = context.cast(x, f32)
    if zero_point is not None:
        shift = _spread(context, context.cast(zero_point, f32), x, by)
        number = context.itemwise(dl.SubOp, number, shift)
    factor = _spread(context, context.cast(scale, f32), x, by)
    return context.cast(context.itemwise(dl.MulOp, number, factor), result)


# Products of integers


def _centred(context: Context, x: Tensor, node: Node, index: int, row: Spread) -> Tensor:
    """`x - zero_point`, which fits into 16 bits; x as it is if the zero point is known to be 0."""
    if x.element not in BYTES:
        raise Unsupported(f"quantised numbers of {x.element}")
    if not node.has(index) or _points(node.input(index)) == {0}:
        return x
    zero_point = row(context, tensor(context, node, index), x)
    return context.itemwise(dl.SubOp, context.cast(x, i16), context.cast(zero_point, i16))


def _of_one_type(context: Context, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both as they are, or both in 16 bits, which hold signed and unsigned bytes."""
    return (a, b) if a.element == b.element else (context.cast(a, i16), context.cast(b, i16))


def _of_rows(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of the left factor: one, one per row, or of the factor's rank."""
    p = _single(context, p)
    return context.reshape(p, (*p.dims, 1)) if p.rank == 1 else p


def _of_columns(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of the right factor: one, one per column, or of the factor's rank."""
    return _single(context, p)


def _of_channels(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of a convolution's result: one, or one per channel."""
    p = _single(context, p)
    return context.reshape(p, (*p.dims, *[1] * (x.rank - 2))) if p.rank == 1 else p


def _of_filters(context: Context, p: Tensor, x: Tensor) -> Tensor:
    """Parameters of a convolution's weight: one, or one per output channel."""
    p = _of_channels(context, p, x)
    return context.reshape(p, (*p.dims, 1)) if p.rank else p


def _single(context: Context, p: Tensor) -> Tensor:
    """A parameter of one element as a scalar; others as they are."""
    return context.reshape(p, ()) if p.dims == (1,) else p


def _matmul_integer(context: Context, node: Node) -> Tensor:
    return _integer_product(context, node, 0, 1, 2, 3)


def _integer_product(
    context: Context, node: Node, a: int, b: int, a_point: int, b_point: int
) -> Tensor:
    """The product of inputs a and b less their zero points, summed in i32."""
    left = _centred(context, tensor(context, node, a), node, a_point, _of_rows)
    right = _centred(context, tensor(context, node, b), node, b_point, _of_columns)
    return matrix_product(context, *_of_one_type(context, left, right), result=i32)


def _conv_integer(context: Context, node: Node) -> Tensor:
    return _integer_convolution(context, node, 0, 1, 2, 3)


def _integer_convolution(
    context: Context, node: Node, x: int, w: int, x_point: int, w_point: int
) -> Tensor:
    """The convolution of inputs x and w less their zero points; so padding stands for 0."""
    image = _centred(context, tensor(context, node, x), node, x_point, _of_columns)
    weight = _centred(context, tensor(context, node, w), node, w_point, _of_filters)
    return convolution(context, node, *_of_one_type(context, image, weight), result=i32)


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
    return _requantized(context, node, sums, (_of_rows, _of_columns, _of_rows))


def _qlinear_conv(context: Context, node: Node) -> Tensor:
    """The bias has the scale `x_scale * w_scale`, so it is added to the sums."""
    sums = _integer_convolution(context, node, 0, 3, 2, 5)
    if node.has(8):
        bias = tensor(context, node, 8)
        bias = context.reshape(bias, (*bias.dims, *[1] * (sums.rank - 2)))
        sums = context.itemwise(dl.AddOp, sums, bias)
    return _requantized(context, node, sums, (_of_columns, _of_channels, _of_columns))


OPERATORS: dict[str, Build] = {
    "ConvInteger": _conv_integer,
    "DequantizeLinear": _dequantize_linear,
    "DynamicQuantizeLinear": _dynamic_quantize_linear,
    "MatMulInteger": _matmul_integer,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
    "QuantizeLinear": _quantize_linear,
}
