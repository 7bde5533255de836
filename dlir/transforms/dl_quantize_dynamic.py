"""`dl-quantize-dynamic`: activations become integers by scales that are computed in each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f32, i8
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.ops.base import rank_of
from dlir.dialects.dl.ops.binary import MulOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import AbsOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp
from dlir.dialects.dl.terms import Formula, Term
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
    for the whole tensor; or, with `per=row`, one for each row of what a matrix product reads. Rows
    are divided by their scales before the product, whose rows are multiplied with them, so that
    integers with the scale 1 are multiplied. No samples are needed. An activation that is not
    finite is an error when the program runs, or, by rows, NaN.

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


class Made(NamedTuple):
    """A value through integers, and what the rows of its products are to be multiplied with."""

    value: SSAValue
    rows: SSAValue | None


def quantize_dynamic(function: FuncOp, per: str = "tensor") -> dict[SSAValue, SSAValue]:
    """What the pass does; the values that stand for the results of layers now, where others do."""
    made: dict[tuple[SSAValue, bool], Made] = {}
    standing: dict[SSAValue, SSAValue] = {}
    for op, number in places(function, sums=False):
        value = op.operands[number]
        by_row = per == "row" and isinstance(op, MatmulOp)
        if (value, by_row) not in made:
            made[value, by_row] = (_by_rows if by_row else _whole)(value)
        op.operands[number], rows = made[value, by_row]
        if rows is not None:
            standing[op.results[0]] = _multiply(op.results[0], rows)
    current_statistics()["activations quantised"] += len(made)
    return standing


def _scale(writer: Writer, axes: Sequence[int], *, keepdims: bool) -> Term:
    magnitudes = Formula(writer.insert, f32).term(writer.value).to(AbsOp)
    largest = magnitudes.then(ReduceMaxOp, axes, keepdims=keepdims)
    return (largest / 127.0).max(SMALLEST)


def _whole(value: SSAValue) -> Made:
    writer = Writer(value)
    scale = _scale(writer, range(rank_of(value)), keepdims=False)
    return Made(writer.with_scale(scale.value, None, i8, Granularity()), None)


def _by_rows(value: SSAValue) -> Made:
    writer = Writer(value)
    scale = _scale(writer, [rank_of(value) - 1], keepdims=True)
    formula = Formula(writer.insert, f32)
    writer.value = (formula.term(value) / scale).value
    writer.value.name_hint = value.name_hint
    one = formula.constant(1.0)
    return Made(writer.with_scale(one.value, None, i8, Granularity()), scale.value)


def _multiply(result: SSAValue, rows: SSAValue) -> SSAValue:
    """Let the readers of a product read it with its rows scaled."""
    writer = Writer(result)
    scaled = writer.insert(MulOp(result, rows))
    result.replace_uses_with_if(scaled.results[0], lambda use: use.operation is not scaled)
    scaled.results[0].name_hint, result.name_hint = result.name_hint, None
    return scaled.results[0]
