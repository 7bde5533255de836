"""`dl-simplify`: simpler `dl` ops that compute the same, to the last bit."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.dl import OPS
from dlir.dialects.dl.simplify import patterns_of
from dlir.rewrite import rewrite


@dataclass(frozen=True)
class DlSimplify(ModulePass):
    """Fold and canonicalise `dl` ops: constants, identities, and moves that cancel.

    Before:

        %0 = dl.transpose %x {perm = [1, 0]} : tensor<4x8xf32> -> tensor<8x4xf32>
        %1 = dl.matmul %0, %y acc f32 : (tensor<8x4xf32>, tensor<4x2xf32>) -> tensor<8x2xf32>

    After:

        %1 = dl.matmul %x, %y acc f32 {transpose_lhs}
          : (tensor<4x8xf32>, tensor<4x2xf32>) -> tensor<8x2xf32>
    """

    name = "dl-simplify"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        patterns = [pattern for kind in OPS for pattern in patterns_of(kind)]
        rewrite(op, patterns, fold=ctx)
