"""`dl-sink-broadcast`: elementwise work is done before its operands are repeated."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

from dlir.dialects.dl import shapes
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.elementwise import BinaryOp, UnaryOp
from dlir.dialects.dl.ops.movement import BroadcastOp
from dlir.dialects.dl.rules import definer
from dlir.rewrite import no_match, rewrite


@dataclass(frozen=True)
class DlSinkBroadcast(ModulePass):
    """Move broadcasts behind elementwise ops, which then have fewer elements to compute.

    Where another operand has the result's shape anyway, the broadcast goes: elementwise ops
    broadcast by themselves. This is exact for every op and every value, as each element of the
    result is computed from the same elements of the operands. What fails at run time, because sizes
    that are not known do not fit, may then no longer fail.

    Before:
    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
      %0 = dl.broadcast %x : tensor<4xf32> -> tensor<8x4xf32>
      %1 = dl.exp %0 : tensor<8x4xf32>
      %2 = dl.add %0, %y : tensor<8x4xf32>
      func.return %1, %2 : tensor<8x4xf32>, tensor<8x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
      %0 = dl.exp %x : tensor<4xf32>
      %1 = dl.broadcast %0 : tensor<4xf32> -> tensor<8x4xf32>
      %2 = dl.add %x, %y : (tensor<4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
      func.return %1, %2 : tensor<8x4xf32>, tensor<8x4xf32>
    }
    ```
    """

    name = "dl-sink-broadcast"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite(op, [BelowElementwise()])


class BelowElementwise(RewritePattern):
    """f(broadcast x, y) = broadcast f(x, y), or f(x, y) where that has the shape already."""

    root_types = (UnaryOp, BinaryOp, b.SelectOp, b.CastOp)

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        broadcasts = [definer(value, BroadcastOp) for value in op.operands]
        if not any(broadcasts):
            return no_match(op, "none of its operands is a broadcast")
        sources = [
            value if one is None else one.x
            for one, value in zip(broadcasts, op.operands, strict=True)
        ]
        result = op.results[0]
        shape = shapes.broadcast(*map(shape_of, sources))
        assert shape is not None, "what stretches to shapes that fit does fit"
        wanted = shape_of(result)
        new = type(op).create(
            operands=sources,
            result_types=[TensorType(element_of(result), shape)],
            properties=op.properties,
            attributes=op.attributes,
        )
        if shape == wanted:
            return rewriter.replace(op, new)
        sizes = next((s for one in broadcasts if (s := _sizes(one, wanted)) is not None), None)
        if sizes is None:
            new.erase()
            return no_match(op, "the sizes of its result are not those of one broadcast")
        after = BroadcastOp.create(operands=[new.results[0], *sizes], result_types=[result.type])
        rewriter.replace(op, [new, after])


def _sizes(broadcast: BroadcastOp | None, wanted: shapes.Shape) -> list[SSAValue] | None:
    """The sizes that a broadcast to this shape takes, if this one knows them."""
    if broadcast is None:
        return None
    if shapes.is_static(wanted):
        return []
    return [*broadcast.sizes] if shape_of(broadcast.result) == wanted else None
