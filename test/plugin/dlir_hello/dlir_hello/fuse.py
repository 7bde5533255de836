"""The pass `hello-fuse`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, ShapedType
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from dlir.dialects.dl.ops.binary import AddOp, MulOp
from dlir.rewrite import no_match, rewrite

from .dialect import AxpyOp


@dataclass(frozen=True)
class HelloFuse(ModulePass):
    """Turn a product and a sum into `hello.axpy`.

    Before:
        %p = dl.mul %a, %x : tensor<4xf32>
        %r = dl.add %p, %y : tensor<4xf32>
    After:
        %r = hello.axpy %a, %x, %y : tensor<4xf32>

    Tensors of less than `min-rank` dimensions, and operands that are broadcast, are left alone.
    """

    name = "hello-fuse"

    min_rank: int = 0

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite(op, [FuseAxpy(self.min_rank)])


@dataclass
class FuseAxpy(RewritePattern):
    """`a * x + y` -> `axpy(a, x, y)`"""

    min_rank: int

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: AddOp, rewriter: PatternRewriter) -> None:
        product = op.lhs.owner
        if not isinstance(product, MulOp):
            return no_match(op, "its first operand is not a product")
        operands = (product.lhs, product.rhs, op.rhs)
        if any(value.type != op.result.type for value in operands):
            return no_match(op, "an operand is broadcast")
        if (
            not isinstance(op.result.type, ShapedType)
            or op.result.type.get_num_dims() < self.min_rank
        ):
            return no_match(op, f"it has less than {self.min_rank} dimensions")
        rewriter.replace(op, AxpyOp(*operands))
