"""The pass `convert-hello-to-dl`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.dl.ops.binary import AddOp, MulOp
from dlir.rewrite import Rewriter, walk_and_replace

from .dialect import AxpyOp


@dataclass(frozen=True)
class ConvertHelloToDl(ModulePass):
    """Lower the ops of `hello` to `dl`.

    Before:
        %r = hello.axpy %a, %x, %y : tensor<4xf32>
    After:
        %p = dl.mul %a, %x : tensor<4xf32>
        %r = dl.add %p, %y : tensor<4xf32>
    """

    name = "convert-hello-to-dl"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        walk_and_replace(op, {AxpyOp: lower_axpy})


def lower_axpy(op: AxpyOp, rewriter: Rewriter) -> None:
    """`axpy(a, x, y)` -> `a * x + y`"""
    product = MulOp(op.a, op.x)
    rewriter.replace(op, [product, AddOp(product.result, op.y)])
