"""Operators of `com.microsoft` that the quantisers of onnxruntime write.

Those that compute in real numbers stand between `dl.dequantize` and `dl.quantize`; products of
integers are the ones of ONNX. Weights that are packed, several to a byte, are unpacked at import
into numbers of their own type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from xdsl.dialects.builtin import IntegerType, f32
from xdsl.ir import Attribute

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float, numpy_type_of
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported
from dlir.types import unsigned

from ..node import Node
from ..operator import Build, tensor
from . import elementwise, movement, normalization, pooling, quantization
from .quantization import (
    Affine,
    Factor,
    Granularity,
    affine,
    check_scales,
    dequantized,
    factor_of,
    of_columns,
    of_rows,
    product_of,
    quantized,
    single,
)

WHOLE = Granularity(0, 0)


# Real operators between quantised numbers


def _parameters(context: Context, node: Node, x: Tensor, code: Attribute, index: int) -> Affine:
    """The scale at an index, and the zero point behind it: one of each."""
    known = affine(context, node, x, WHOLE, code, (index, index + 1))
    if known is None or known.axis is not None:
        raise Unsupported("more than one scale, or a zero point that is no integer")
    return known


def _real(context: Context, node: Node, index: int) -> Tensor:
    """An input that its scale and zero point follow, in f32."""
    x = tensor(context, node, index)
    return dequantized(context, x, _parameters(context, node, x, x.element, index + 1))


def _between(build: Build, count: int = 1) -> Build:
    """An operator of so many operands: (x, scale, zero point) of each, then those of the result."""

    def built(context: Context, node: Node) -> Tensor:
        if node.int("channels_last", 0):
            raise Unsupported("channels_last = 1")
        reals = [_real(context, node, 3 * i) for i in range(count)]
        code = tensor(context, node, 0).element
        return _result(context, node, build, reals, code, 3 * count)

    return built


def _result(
    context: Context, node: Node, build: Build, reals: Sequence[Tensor], code: Attribute, index: int
) -> Tensor:
    """`build` on real operands, quantised by the scale at the index."""
    made = build(context, replace(node, inputs=tuple(reals)))
    assert isinstance(made, Tensor)
    return quantized(context, made, _parameters(context, node, made, code, index), code)


def _concat(context: Context, node: Node) -> Tensor:
    """The parameters of the result come first."""
    reals = [_real(context, node, index) for index in range(2, len(node.inputs), 3)]
    code = tensor(context, node, 2).element
    return _result(context, node, movement.OPERATORS["Concat"], reals, code, 0)


def _softmax(context: Context, node: Node) -> Tensor:
    """By the rules of the operator set that the attribute `opset` names."""
    build = _between(normalization.OPERATORS["Softmax"])
    made = build(context, replace(node, opset=node.int("opset", node.opset)))
    assert isinstance(made, Tensor)
    return made


# Products of integers


def _scaled(context: Context, sums: Tensor, scales: Sequence[Tensor], alpha: float = 1) -> Tensor:
    """Sums in i32 as real numbers: times scales, of which the last may have one per column."""
    a, b = (single(context, context.cast(scale, f32)) for scale in scales)
    if a.rank or b.rank > 1:
        raise Unsupported("scales of rows, or of stacks of matrices")
    factor = context.itemwise(dl.MulOp, a, b)
    if alpha != 1:
        factor = context.itemwise(dl.MulOp, factor, context.constant(alpha, f32))
    axis = sums.rank - 1 if factor.rank else None
    return dequantized(context, sums, Affine(factor, None, axis, None))


def _plus(context: Context, node: Node, x: Tensor, index: int) -> Tensor:
    """x and a bias, if there is one."""
    return context.itemwise(dl.AddOp, x, tensor(context, node, index)) if node.has(index) else x


def _scales(context: Context, node: Node, *indices: int) -> list[Tensor]:
    for index in indices:
        check_scales(node.input(index))
    return [tensor(context, node, index) for index in indices]


def _matmul_integer_to_float(context: Context, node: Node) -> Tensor:
    """(a - p) (b - q) * a_scale * b_scale + bias"""
    a = factor_of(context, node, 0, 4, of_rows)
    b = factor_of(context, node, 1, 5, of_columns)
    scales = _scales(context, node, 2, 3)
    return _plus(context, node, _scaled(context, product_of(context, a, b), scales), 6)


def _dynamic_quantize_matmul(context: Context, node: Node) -> Tensor:
    """The same with a left factor that is quantised by its range."""
    x, scale, point = quantization.dynamically_quantized(context, tensor(context, node, 0))
    b = factor_of(context, node, 1, 3, of_columns)
    sums = product_of(context, Factor(x, point, None), b)
    y = _scaled(context, sums, [scale, *_scales(context, node, 2)])
    return _plus(context, node, y, 4)


def _qgemm(context: Context, node: Node) -> Tensor:
    """alpha * A' B' + C, where C is in the scale of the sums; real, if no scale of it is given."""
    a = _transposed(context, node, 0, 2, "transA", (of_rows, of_columns))
    b = _transposed(context, node, 3, 5, "transB", (of_columns, of_rows))
    sums = _plus(context, node, product_of(context, a, b), 6)
    scales = _scales(context, node, 1, 4)
    y = _scaled(context, sums, scales, node.float("alpha", 1.0))
    if not node.has(7):
        return y
    code = tensor(context, node, 8 if node.has(8) else 0).element
    return quantized(context, y, _parameters(context, node, y, code, 7), code)


def _transposed(
    context: Context, node: Node, index: int, point: int, flag: str,
    rows: tuple[quantization.Spread, quantization.Spread],
) -> Factor:  # fmt: skip
    """A factor, transposed with its zero points if the flag says so."""
    if not node.int(flag, 0):
        return factor_of(context, node, index, point, rows[0])
    x = factor_of(context, node, index, point, rows[1])
    zero = x.zero_point
    if zero is not None and zero.rank:
        column = zero if zero.rank == 2 else context.reshape(zero, (1, *zero.dims))
        zero = context.transpose(column, (1, 0))
    return Factor(context.transpose(x.tensor, (1, 0)), zero, x.known)


# Packed weights


def _matmul_nbits(context: Context, node: Node) -> Tensor:
    """A times a weight [N, K] of `bits` each, with a scale and a zero point per block along K.

    Without zero points they are in the middle, which is what signed numbers have as 0.
    """
    bits, block = node.int("bits", 4), node.int("block_size", 0)
    rows, columns = node.int("N", 0), node.int("K", 0)
    if bits not in (2, 4, 8) or block < 1 or node.has(4):
        raise Unsupported(f"bits = {bits}, block_size = {block}, or g_idx")
    x, blocks = tensor(context, node, 0), -(-columns // block)
    if not is_float(x.element):
        raise Unsupported(f"an input of {x.element}")
    codes = _unpacked(node, 1, bits, (rows, blocks * block))[:, :columns]
    zero = None
    if node.has(3):
        element: Attribute = unsigned(bits)
        points = _unpacked(node, 3, bits, (rows, -1))[:, :blocks]
        zero = context.tensor(_constant(node, 3, points, element))
    else:
        element = IntegerType(bits)
        codes = codes.astype(np.int16) - (1 << bits - 1)
    weight = context.tensor(_constant(node, 1, codes, element))
    (scale,) = _scales(context, node, 2)
    scale = context.reshape(context.cast(scale, f32), (rows, blocks))
    real = dequantized(context, weight, Affine(scale, zero, 1, block))
    matrix = context.cast(real, x.element)
    op = dl.MatmulOp(x.ssa, matrix.ssa, transpose_rhs=True)
    return _plus(context, node, context.emit(op, (*x.dims[:-1], rows)), 5)


def _unpacked(node: Node, index: int, bits: int, shape: tuple[int, int]) -> Array:
    """The numbers of a known tensor of bytes, those in low bits first; each row begins a byte."""
    value = node.input(index)
    if not isinstance(value, Constant) or value.array.dtype != np.uint8:
        raise Unsupported(f"input {index} other than known bytes")
    parts = np.arange(0, 8, bits, dtype=np.uint8)
    numbers = (value.array[..., None] >> parts) & ((1 << bits) - 1)
    try:
        return numbers.reshape(shape)
    except ValueError:
        raise Unsupported(f"input {index} of {value.array.size} bytes for {shape}") from None


def _constant(node: Node, index: int, numbers: Array, element: Attribute) -> Constant:
    value = node.input(index)
    assert isinstance(value, Constant)
    held = numbers.astype(np.int8 if numbers.min(initial=0) < 0 else np.uint8)
    return Constant(held.astype(numpy_type_of(element)), f"{value.name}.unpacked")


OPERATORS: dict[str, Build] = {
    "DequantizeLinear": quantization.OPERATORS["DequantizeLinear"],
    "DynamicQuantizeMatMul": _dynamic_quantize_matmul,
    "MatMulIntegerToFloat": _matmul_integer_to_float,
    "MatMulNBits": _matmul_nbits,
    "QGemm": _qgemm,
    "QLinearAdd": _between(elementwise.OPERATORS["Add"], 2),
    "QLinearAveragePool": _between(pooling.OPERATORS["AveragePool"]),
    "QLinearConcat": _concat,
    "QLinearGlobalAveragePool": _between(pooling.OPERATORS["GlobalAveragePool"]),
    "QLinearLeakyRelu": _between(elementwise.OPERATORS["LeakyRelu"]),
    "QLinearMul": _between(elementwise.OPERATORS["Mul"], 2),
    "QLinearSigmoid": _between(elementwise.OPERATORS["Sigmoid"]),
    "QLinearSoftmax": _softmax,
    "QuantizeLinear": quantization.OPERATORS["QuantizeLinear"],
}
