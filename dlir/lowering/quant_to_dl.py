"""`convert-quant-to-dl`: number formats leave the types, and become operands of `dl` ops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, FunctionType, ModuleOp, i8
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.diagnostics import fail
from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops.activation import ClipOp
from dlir.dialects.dl.ops.binary import CastOp
from dlir.dialects.dl.ops.quantization import DequantizeOp, QuantizeOp
from dlir.dialects.quant.ops import DcastOp, QcastOp, ScastOp
from dlir.dialects.quant.types import UniformType, uniform_of
from dlir.types import is_narrow_integer, limits_of, shape_of, with_element

if TYPE_CHECKING:
    from dlir.numpy_types import Array


class _Format(NamedTuple):
    """A quantised type as what a `dl` op takes."""

    scale: Array
    zero_point: Array
    axis: int | None
    block: int | None


def _format_of(op: Operation, uniform: UniformType, shape: Sequence[int]) -> _Format:
    import numpy as np

    from dlir.numpy_types import dtype_of

    scales = np.array([s.data for s in uniform.scales], np.float32).reshape(uniform.shape)
    zeros = np.array([z.data for z in uniform.zero_points], np.int32).reshape(uniform.shape)
    axis, block = uniform.axis, None
    if uniform.blocks:
        axis, block = _blocked_axis(op, uniform, shape)
        for other, size in enumerate(uniform.block_sizes(shape)):
            if other != axis:
                scales, zeros = scales.repeat(size, other), zeros.repeat(size, other)
    return _Format(scales, zeros.astype(dtype_of(uniform)), axis, block)


def _blocked_axis(op: Operation, uniform: UniformType, shape: Sequence[int]) -> tuple[int, int]:
    """The axis that keeps its blocks, which are the largest; along others scales are repeated."""
    blocks = uniform.block_sizes(shape)
    for axis, block in enumerate(blocks):
        if block == DYNAMIC_INDEX:
            fail(op, f"expected blocks along axis {axis}, whose size is not known, got {uniform}",
                 rule="quant-block-size", help=f"name the axis: {{{axis}:1, ...}}")  # fmt: skip
    return max(enumerate(blocks), key=lambda pair: pair[1])


def _plain(type: Attribute) -> Attribute:
    """The type of what is stored; other types themselves."""
    uniform = uniform_of(type)
    return type if uniform is None else with_element(type, uniform.storage)


def _convert_types(op: Operation) -> None:
    """Results, arguments of blocks, and the signature of a function."""
    arguments = [a for region in op.regions for block in region.blocks for a in block.args]
    for value in (*op.results, *arguments):
        if uniform_of(value.type) is not None:
            Rewriter.replace_value_with_new_type(value, _plain(value.type))
    if isinstance(op, FuncOp):
        inputs, outputs = op.function_type.inputs, op.function_type.outputs
        op.function_type = FunctionType.from_lists([*map(_plain, inputs)], [*map(_plain, outputs)])


def _quantize(builder: Builder, x: SSAValue, uniform: UniformType, format: _Format) -> SSAValue:
    scale, zero_point = _operands(builder, format)
    options = {"axis": format.axis, "block": format.block}
    op = builder.insert(QuantizeOp(x, scale, zero_point, **options, element=uniform.storage))
    return _clip(builder, op.result, uniform)


def _clip(builder: Builder, q: SSAValue, uniform: UniformType) -> SSAValue:
    """The number within the bounds of the type; those of few bits are clipped as i8."""
    (low, high), (least, greatest) = uniform.bounds, limits_of(uniform.storage)
    if (low, high) == (least, greatest):
        return q
    bounds = low if low > least else None, high if high < greatest else None
    if not is_narrow_integer(uniform.storage):
        return builder.insert(ClipOp(q, *bounds)).result
    wide = builder.insert(CastOp(q, i8)).result
    clipped = builder.insert(ClipOp(wide, *bounds)).result
    return builder.insert(CastOp(clipped, uniform.storage)).result


def _dequantize(builder: Builder, x: SSAValue, uniform: UniformType, format: _Format) -> SSAValue:
    scale, zero_point = _operands(builder, format)
    options = {"axis": format.axis, "block": format.block}
    return builder.insert(DequantizeOp(x, scale, zero_point, **options)).result


def _operands(builder: Builder, format: _Format) -> tuple[SSAValue, SSAValue | None]:
    """The scale, and the zero point unless it is 0 everywhere."""
    scale = builder.insert(constant(format.scale)).result
    if not format.zero_point.astype("int32").any():
        return scale, None
    return scale, builder.insert(constant(format.zero_point)).result


def _formats(module: ModuleOp) -> list[tuple[QcastOp | DcastOp, UniformType, _Format]]:
    """What each cast computes with, from the types that it has before they are converted."""
    found: list[tuple[QcastOp | DcastOp, UniformType, _Format]] = []
    for op in module.walk():
        if isinstance(op, QcastOp | DcastOp):
            uniform = uniform_of(op.result.type) or uniform_of(op.x.type)
            assert uniform is not None
            found.append((op, uniform, _format_of(op, uniform, shape_of(op.x.type))))
    return found


@dataclass(frozen=True)
class ConvertQuantToDl(ModulePass):
    """Convert `quant` to `dl`: quantised tensors become those of the integers that they store.

    Scales and zero points become constants. Blocks along several axes become blocks along one, with
    scales repeated along the others. Where a type stores fewer numbers than its bits allow, what is
    quantised is clipped to them.

    Before:
    ```mlir
    func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4x!quant.uniform<i8:f32, 0.5>> {
      %0 = quant.qcast %x : tensor<2x4xf32> to tensor<2x4x!quant.uniform<i8:f32, 0.5>>
      func.return %0 : tensor<2x4x!quant.uniform<i8:f32, 0.5>>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xi8> {
      %s = dl.constant dense<0.5> : tensor<f32>
      %0 = dl.quantize %x, %s : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi8>
      func.return %0 : tensor<2x4xi8>
    }
    ```
    """

    name = "convert-quant-to-dl"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        formats = _formats(op)
        for one in op.walk():
            _convert_types(one)
        for cast, uniform, format in formats:
            convert = _quantize if isinstance(cast, QcastOp) else _dequantize
            value = convert(Builder(InsertPoint.before(cast)), cast.x, uniform, format)
            _replace(cast, value)
        for cast in [one for one in op.walk() if isinstance(one, ScastOp)]:
            _replace(cast, cast.x)


def _replace(op: QcastOp | DcastOp | ScastOp, value: SSAValue) -> None:
    value.name_hint = value.name_hint or op.result.name_hint
    op.result.replace_all_uses_with(value)
    op.detach()
    op.erase()
