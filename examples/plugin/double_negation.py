"""A pass that dlir does not have: -(-x) is x. Loaded with --load-plugin=double_negation.py"""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern
from xdsl.universe import Universe

from dlir.dialects.dl.ops.math import NegOp
from dlir.rewrite import rewrite


class NegOfNeg(RewritePattern):
    """-(-x) is x."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: NegOp, rewriter: PatternRewriter) -> None:
        if isinstance(op.x.owner, NegOp):
            rewriter.replace(op, [], [op.x.owner.x])


@dataclass(frozen=True)
class RemoveDoubleNegation(ModulePass):
    """Replaces -(-x) by x."""

    name = "remove-double-negation"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite(op, [NegOfNeg()])


PLUGIN = Universe(all_passes={"remove-double-negation": lambda: RemoveDoubleNegation})
