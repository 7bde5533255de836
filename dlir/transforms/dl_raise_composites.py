"""`dl-raise-composites`: what an exporter took apart becomes one op again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Operation
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

from dlir.dialects.dl.attrs import FLOATS
from dlir.dialects.dl.match import find
from dlir.dialects.dl.ops.base import element_of
from dlir.rewrite import no_match, rewrite
from dlir.transforms.raising.activations import ACTIVATIONS
from dlir.transforms.raising.additive_attention import ADDITIVE_ATTENTIONS
from dlir.transforms.raising.attention import ATTENTIONS
from dlir.transforms.raising.channel_norms import CHANNEL_NORMS
from dlir.transforms.raising.composite import Composite
from dlir.transforms.raising.grouped import GROUPED
from dlir.transforms.raising.means import MEANS
from dlir.transforms.raising.norms import NORMS
from dlir.transforms.raising.pooling import POOLINGS
from dlir.transforms.raising.rotary import ROTARIES

COMPOSITES = (
    *MEANS, *ACTIVATIONS, *NORMS, *CHANNEL_NORMS, *POOLINGS, *ROTARIES, *ATTENTIONS,
    *ADDITIVE_ATTENTIONS, *GROUPED,
)  # fmt: skip
"""In this order they are tried."""


class Raise(RewritePattern):
    """A composite as a pattern of the greedy driver; a norm finds its scale and bias step by
    step."""

    composite: ClassVar[Composite]
    root_types: ClassVar[tuple[type[Operation], ...]]

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        name = self.composite.name
        if element_of(op.results[0]) not in FLOATS:
            return no_match(op, f"is no {name}: it is of integers")
        if (found := find(self.composite.pattern, op.results[0])) is None:
            return no_match(op, f"is no {name}")
        made = [*self.composite.make(found)]
        if not made or _type(made[-1]) != _type(op):
            return no_match(op, f"looks like {name}, but its shapes do not fit")
        rewriter.replace(op, made, [made[-1].results[0]])


def raising(composite: Composite) -> RewritePattern:
    """The composite for the driver, which counts it under its name and finds it by its last op."""
    members = {"composite": composite, "root_types": composite.pattern.roots()}
    return type(composite.name, (Raise,), members)()


def _type(op: Operation) -> Attribute:
    return op.results[0].type


@dataclass(frozen=True)
class DlRaiseComposites(ModulePass):
    """Recognise means, activations, softmax, norms, poolings and attention in simpler ops.

    These are gelu, sigmoid, silu, softplus, softsign, mish, elu, selu, leaky_relu, hard_sigmoid,
    hard_swish, softmax, log_softmax, layer_norm, rms_norm, instance_norm, group_norm,
    lp_pool2d, lp_pool3d, rotary_embedding, additive_attention and attention, also where several
    heads of queries share one of keys and values: such heads become a dimension of their own, and k
    and v are no longer repeated.

    The operands of sums and products may stand in any order; numbers are compared to the last
    digits of the element type. An op whose parts are used elsewhere is left as it is. The result
    differs from the original by rounding only, but where a step of the original overflows:
    `ln(1 + e^x)` is infinite for large x, softplus is x.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x10xf32>) -> tensor<?x10xf32> {
      %0 = dl.reduce_max %x {axes = [1], keepdims} : tensor<?x10xf32> -> tensor<?x1xf32>
      %1 = dl.sub %x, %0 : (tensor<?x10xf32>, tensor<?x1xf32>) -> tensor<?x10xf32>
      %2 = dl.exp %1 : tensor<?x10xf32>
      %3 = dl.reduce_sum %2 {axes = [1], keepdims} : tensor<?x10xf32> -> tensor<?x1xf32>
      %y = dl.div %2, %3 : (tensor<?x10xf32>, tensor<?x1xf32>) -> tensor<?x10xf32>
      func.return %y : tensor<?x10xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<?x10xf32>) -> tensor<?x10xf32> {
      %y = dl.softmax %x {axis = 1} : tensor<?x10xf32>
      func.return %y : tensor<?x10xf32>
    }
    ```
    """

    name = "dl-raise-composites"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite(op, [raising(composite) for composite in COMPOSITES])
