"""`convert-dl-to-quant`: number formats that are known become types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, f32
from xdsl.ir import OpResult, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint
from xdsl.transforms.dead_code_elimination import is_trivially_dead

from dlir.dialects.dl.constants import known_array
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.quantization import DequantizeOp, QuantizeOp
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.quant.ops import DcastOp, QcastOp, ScastOp
from dlir.dialects.quant.types import UniformType
from dlir.types import is_integer

if TYPE_CHECKING:
    from dlir.numpy_types import Array


def _uniform(op: QuantizeOp | DequantizeOp) -> UniformType | None:
    """The type that says what the op's operands do; None if there is none."""
    scale, storage = known_array(op.scale), op.code
    zero_point = None if op.zero_point is None else known_array(op.zero_point)
    unknown = scale is None or (op.zero_point is not None and zero_point is None)
    if unknown or element_of(op.scale) != f32 or not is_integer(storage):
        return None
    assert scale is not None
    axes, blocks = [] if op.axis is None else [op.axis.value.data], []
    if op.block_size is not None:
        if not _has_whole_blocks(op, scale):
            return None
        blocks = [1] * scale.ndim
        blocks[axes[0]] = op.block_size
        axes = [*range(scale.ndim)]
    zeros = [0] * scale.size if zero_point is None else zero_point.astype("int32").reshape(-1)
    return UniformType(
        storage, scale.reshape(-1).tolist(), [int(z) for z in zeros], axes=axes, blocks=blocks,
        nesting=scale.shape,
    )  # fmt: skip


def _has_whole_blocks(op: QuantizeOp | DequantizeOp, scale: Array) -> bool:
    """Whether the last block is as large as the others, which types take for granted."""
    assert op.axis is not None and op.block_size is not None
    size = shape_of(op.x)[op.axis.value.data]
    return size != DYNAMIC_INDEX and size % op.block_size == 0 and scale.size > 0


def _convert(op: QuantizeOp | DequantizeOp, uniform: UniformType) -> SSAValue:
    builder = Builder(InsertPoint.before(op))
    if isinstance(op, QuantizeOp):
        quantised = builder.insert(QcastOp(op.x, uniform)).result
        quantised.name_hint = op.result.name_hint
        return builder.insert(ScastOp(quantised, op.code)).result
    return builder.insert(DcastOp(_as_uniform(builder, op.x, uniform), uniform.expressed)).result


def _as_uniform(builder: Builder, x: SSAValue, uniform: UniformType) -> SSAValue:
    """The integers as a quantised tensor: the one that they were taken from, if it is of the type.

    The shapes are the same, for both were made from the same integers.
    """
    if isinstance(x, OpResult) and isinstance(x.op, ScastOp) and element_of(x.op.x) == uniform:
        return x.op.x
    return builder.insert(ScastOp(x, uniform)).result


@dataclass(frozen=True)
class ConvertDlToQuant(ModulePass):
    """Convert `dl.quantize` and `dl.dequantize` with constant parameters to `quant`.

    What a person reads and edits is then the types. Ops stay whose scale or zero point is computed,
    a parameter, or f8E8M0FNU; those of narrow floats; and blocks that do not divide their axis.
    `convert-quant-to-dl` is the inverse.

    Before:
    ```mlir
    %s = dl.constant dense<0.5> : tensor<f32>
    %0 = dl.quantize %x, %s : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi8>
    %1 = dl.dequantize %0, %s : (tensor<2x4xi8>, tensor<f32>) -> tensor<2x4xf32>
    ```
    After:
    ```mlir
    %0 = quant.qcast %x : tensor<2x4xf32> to tensor<2x4x!quant.uniform<i8:f32, 0.5>>
    %1 = quant.dcast %0 : tensor<2x4x!quant.uniform<i8:f32, 0.5>> to tensor<2x4xf32>
    ```
    """

    name = "convert-dl-to-quant"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for one in [o for o in op.walk() if isinstance(o, QuantizeOp | DequantizeOp)]:
            uniform = _uniform(one)
            if uniform is None:
                continue
            value = _convert(one, uniform)
            value.name_hint = one.result.name_hint
            one.result.replace_all_uses_with(value)
            one.detach()
            one.erase()
        for one in reversed([*op.walk()]):
            if isinstance(one, ScastOp | ConstantOp) and is_trivially_dead(one):
                one.detach()
                one.erase()
