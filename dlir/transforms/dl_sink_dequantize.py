"""`dl-sink-dequantize`: numbers stay quantised, and packed, while they are moved."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.movement import GatherOp, ReshapeOp, TransposeOp
from dlir.dialects.dl.ops.packing import UnpackOp
from dlir.dialects.dl.ops.pooling import MaxPool2dOp
from dlir.dialects.dl.ops.quantization import DequantizeOp, QuantizeOp
from dlir.dialects.dl.rules import definer
from dlir.rewrite import no_match, rewrite
from dlir.types import with_element

MOVES = (ReshapeOp, TransposeOp, MaxPool2dOp)
"""With one scale for all numbers, they do the same to the integers."""


def remade(op: Operation, x: SSAValue) -> Operation:
    """The op on another first operand, whose element type its result has."""
    type = with_element(op.results[0].type, element_of(x))
    return op.create(operands=[x, *op.operands[1:]], properties=op.properties, result_types=[type])


class DequantizeBefore(RewritePattern):
    """f(dequantize(q)) = dequantize(f(q)), for ops f that move numbers, with one scale for all"""

    @op_type_rewrite_pattern
    def match_and_rewrite(
        self, op: ReshapeOp | TransposeOp | MaxPool2dOp, rewriter: PatternRewriter
    ) -> None:
        source = definer(op.operands[0], DequantizeOp)
        if source is None or source.axis is not None:
            return no_match(op, "does not read numbers that are dequantised with one scale")
        moved = remade(op, source.x)
        rewriter.insert(moved)
        rewriter.replace(op, DequantizeOp(moved, source.scale, source.zero_point))
        return None


class QuantizeBehind(RewritePattern):
    """quantize(f(x)) = f(quantize(x)), for ops f that move numbers, with one scale for all"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: QuantizeOp, rewriter: PatternRewriter) -> None:
        move = definer(op.x, *MOVES)
        if move is None or op.axis is not None or not op.x.has_one_use():
            return no_match(op, "does not alone read numbers that are moved")
        element = element_of(op.result)
        code = QuantizeOp(move.operands[0], op.scale, op.zero_point, element=element)
        rewriter.insert(code)
        rewriter.replace(op, remade(move, code.result))
        return None


class RowsOfTable(RewritePattern):
    """gather(dequantize(q, s), i) = dequantize(gather(q, i), s, or gather(s, i) if s is of rows)"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: GatherOp, rewriter: PatternRewriter) -> None:
        table = definer(op.x, DequantizeOp)
        if table is None or op.axis.value.data != 0:
            return no_match(op, "does not take rows of a dequantised table")
        axis = None if table.axis is None else table.axis.value.data
        block, columns = table.block_size, shape_of(op.x)[-1]
        each = axis == 0
        if each and (block is not None or rank_of(op.x) != 2 or columns == DYNAMIC_INDEX):
            return no_match(op, "the scales are of blocks of rows, or of more than a row's columns")

        def rows_of(part: SSAValue) -> SSAValue:
            rewriter.insert(rows := GatherOp(part, op.indices, 0))
            return rows.result

        def parameter(value: SSAValue) -> SSAValue:
            if each:  # a row is one block of all its columns
                rewriter.insert(single := ReshapeOp(value, [shape_of(value)[0], 1]))
                return rows_of(single.result)
            return value if block is None else rows_of(value)

        codes, scale = rows_of(table.x), parameter(table.scale)
        zero_point = None if table.zero_point is None else parameter(table.zero_point)
        last = None if axis is None else (axis + each) + rank_of(op.result) - rank_of(op.x)
        block = columns if each else block
        rewriter.replace(op, DequantizeOp(codes, scale, zero_point, axis=last, block=block))
        return None


class RowsOfBytes(RewritePattern):
    """gather(unpack(p), i) = unpack(gather(p, i)), if not along the axis that is packed"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: GatherOp, rewriter: PatternRewriter) -> None:
        table = definer(op.x, UnpackOp)
        if table is None or op.axis.value.data == rank_of(op.x) - 1:
            return no_match(op, "does not take whole bytes of packed numbers")
        rewriter.insert(rows := GatherOp(table.x, op.indices, op.axis.value.data))
        rewriter.replace(op, UnpackOp(rows, element_of(op.x), shape_of(op.x)[-1]))
        return None


@dataclass(frozen=True)
class DlSinkDequantize(ModulePass):
    """Move quantised numbers instead of the real ones that they stand for.

    `dl.reshape`, `dl.transpose` and `dl.max_pool2d` work on the integers where all have one scale:
    `dl.dequantize` goes behind them, and `dl.quantize` in front of them. Rows of a table are taken
    out quantised, and packed (`dl.unpack`), with their scales, where these are of rows. Results are
    the same bits.

    Before:
    ```mlir
    %t = dl.dequantize %q, %s {axis = 1, block = 8}
        : (tensor<99x8xi8>, tensor<99x1xf32>) -> tensor<99x8xf32>
    %y = dl.gather %t, %i {axis = 0} : (tensor<99x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
    ```
    After:
    ```mlir
    %0 = dl.gather %q, %i {axis = 0} : (tensor<99x8xi8>, tensor<?xi64>) -> tensor<?x8xi8>
    %1 = dl.gather %s, %i {axis = 0} : (tensor<99x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %y = dl.dequantize %0, %1 {axis = 1, block = 8}
        : (tensor<?x8xi8>, tensor<?x1xf32>) -> tensor<?x8xf32>
    ```
    """

    name = "dl-sink-dequantize"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        sink_dequantize(op)


def sink_dequantize(module: ModuleOp) -> None:
    """What the pass does."""
    rewrite(module, [DequantizeBefore(), QuantizeBehind(), RowsOfTable(), RowsOfBytes()])
