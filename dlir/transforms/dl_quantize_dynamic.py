"""`dl-quantize-dynamic`: activations become integers by scales that are computed in each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f32, i8
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import AbsOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.dialects.dl.terms import Formula
from dlir.rewrite import current_statistics
from dlir.signature import entry_function
from dlir.transforms.quantization.layers import places
from dlir.transforms.quantization.writing import Granularity, Writer

SMALLEST = float(np.finfo(np.float32).tiny)
"""The scale of zeros, which is no division by zero."""

Per = Literal["tensor", "row"]


@dataclass(frozen=True)
class DlQuantizeDynamic(ModulePass):
    """Quantise and dequantise what layers read, with scales that follow from the values themselves.

    The scale is the greatest magnitude over 127, computed by `dl` ops when the program runs: one
    for the whole tensor, or, with `per=row`, for each row of a matrix product. No samples are
    needed. An activation that is not finite is an error when the program runs.

    Before:
    ```mlir
    %0 = dl.matmul %x, %w acc f32 : (tensor<?x8xf32>, tensor<8x2xf32>) -> tensor<?x2xf32>
    ```
    After:
    ```mlir
    %a = dl.abs %x : tensor<?x8xf32>
    %m = dl.reduce_max %a {axes = [0, 1]} : tensor<?x8xf32> -> tensor<f32>
    %t = dl.constant dense<127.0> : tensor<f32>
    %r = dl.div %m, %t : tensor<f32>
    %c = dl.constant dense<1.17549435e-38> : tensor<f32>
    %s = dl.max %r, %c : tensor<f32>
    %q = dl.quantize %x, %s : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi8>
    %d = dl.dequantize %q, %s : (tensor<?x8xi8>, tensor<f32>) -> tensor<?x8xf32>
    %0 = dl.matmul %d, %w acc f32 : (tensor<?x8xf32>, tensor<8x2xf32>) -> tensor<?x2xf32>
    ```
    """

    name = "dl-quantize-dynamic"

    function: str | None = None
    per: Per = "tensor"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        quantize_dynamic(entry_function(op, self.function), self.per)


def quantize_dynamic(function: FuncOp, per: str = "tensor") -> None:
    """What the pass does."""
    made: dict[tuple[SSAValue, bool], SSAValue] = {}
    for op, number in places(function, sums=False):
        value = op.operands[number]
        by_row = per == "row" and isinstance(op, MatmulOp) and shape_of(value)[-1] != DYNAMIC
        if (value, by_row) not in made:
            made[value, by_row] = _quantized(value, by_row)
        op.operands[number] = made[value, by_row]
    current_statistics()["activations quantised"] += len(made)


def _quantized(value: SSAValue, by_row: bool) -> SSAValue:
    """One scale, or one per row: a block that is as long as the last axis."""
    writer = Writer(value)
    rank = rank_of(value)
    axes = [rank - 1] if by_row else [*range(rank)]
    magnitudes = Formula(writer.insert, f32).term(value).to(AbsOp)
    largest = magnitudes.then(ReduceMaxOp, axes, keepdims=by_row)
    scale = (largest / 127.0).max(SMALLEST)
    granularity = Granularity(rank - 1, shape_of(value)[-1]) if by_row else Granularity()
    return writer.with_scale(scale.value, None, i8, granularity)
