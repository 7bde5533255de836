"""`dl-raise-composites`: what an exporter took apart becomes one op again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, isfinite, pi, sqrt
from typing import NamedTuple, cast

from xdsl.context import Context
from xdsl.dialects.builtin import AnyFloat, DenseIntOrFPElementsAttr, ModuleOp, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

import dlir.dialects.dl.match as f
from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ACCUMULATORS, FLOATS
from dlir.dialects.dl.match import Any, Found, Node, Number, Over, Pattern, find
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import NotOp
from dlir.dialects.dl.ops.movement import TransposeOp
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.dl.rules import definer
from dlir.rewrite import no_match, rewrite

Made = Iterator[DlOp]
"""New ops in order, the last of which has the value; none where the shapes do not allow it."""


class Composite(NamedTuple):
    """How a composite op looks when it is taken apart, and how it is made from what was found."""

    name: str
    root: type[DlOp]
    pattern: Pattern
    make: Callable[[Found], Made]


# How they look

X, SCALE, BIAS = Any("x"), Any("scale"), Any("bias")

GELU = f.product(X, 0.5, f.erf(f.scaled(X, sqrt(0.5))) + 1.0)

_CUBIC = f.product(X + f.product(f.cube(X), 0.044715), sqrt(2 / pi))
_FACTORED = f.product(X, sqrt(2 / pi), f.product(f.square(X), 0.044715) + 1.0)
GELU_TANH = f.product(X, 0.5, f.tanh(_CUBIC | _FACTORED) + 1.0)

_SHIFTED = X - Over(r.ReduceMaxOp, X, "axes")
_POWERS = f.exp(_SHIFTED)
SOFTMAX = f.divided(_POWERS, Over(r.ReduceSumOp, _POWERS, "axes"))
LOG_SOFTMAX = _SHIFTED - f.log(Over(r.ReduceSumOp, _POWERS, "axes"))

_CENTRED = X - Over(r.ReduceMeanOp, X, "axes")
_SPREAD = Over(r.ReduceMeanOp, f.square(_CENTRED), "axes") + Number(name="epsilon")
NORMALISED = f.divided(_CENTRED, f.sqrt(_SPREAD)) | (_CENTRED * f.rsqrt(_SPREAD))
NORM_SCALED = Node((c.LayerNormOp,), (X, Number(1.0)), "norm") * SCALE
NORM_SHIFTED = Node((c.LayerNormOp,), (X, SCALE), "norm") + BIAS

_Q = (Any("q") * Number(name="q_scale")) | Any("q")
_K = (Any("k") * Number(name="k_scale")) | Any("k")
_DOT = Node((MatmulOp,), (_Q, _K), "dot")
_SCORES = (_DOT * Number(name="scale")) | (_DOT / Number(name="divisor")) | _DOT
_FILL = Number(name="fill")
_MASKED = (
    (_SCORES + Any("mask"))
    | Node((b.SelectOp,), (Any("seen"), _SCORES, _FILL))
    | Node((b.SelectOp,), (Any("hidden"), _FILL, _SCORES))
)
_SHARES = Node((c.SoftmaxOp,), (_MASKED | _SCORES,), "softmax")
ATTENTION = Node((MatmulOp,), (_SHARES, Any("v")), "mix")


# How they are made


def gelu(found: Found) -> Made:
    yield a.GeluOp(found["x"])


def gelu_tanh(found: Found) -> Made:
    yield a.GeluOp(found["x"], "tanh")


def along_axis(kind: type[c.AxisOp]) -> Callable[[Found], Made]:
    """An op along the one axis that was reduced."""

    def make(found: Found) -> Made:
        if len(found["axes"]) == 1:
            yield kind(found["x"], found["axes"][0])

    return make


def normalised(found: Found) -> Made:
    """Over the last dimensions, whose sizes are known; the scale is 1."""
    x, axes = found["x"], found["axes"]
    axis = rank_of(x) - len(axes)
    shape = shape_of(x)[axis:]
    if not axes or axes != (*range(axis, rank_of(x)),) or not shapes.is_static(shape):
        return
    type = cast(TensorType[AnyFloat], TensorType(element_of(x), shape))
    ones = ConstantOp(DenseIntOrFPElementsAttr.from_list(type, [1.0]))
    yield ones
    yield c.LayerNormOp(x, ones, axis=axis, epsilon=found["epsilon"])


def norm_scaled(found: Found) -> Made:
    return _with_companion(found, found["scale"], None)


def norm_shifted(found: Found) -> Made:
    return _with_companion(found, found["scale"], found["bias"])


def _with_companion(found: Found, scale: SSAValue, bias: SSAValue | None) -> Made:
    """The norm with another scale or bias, if that has the shape of the normalised dimensions."""
    norm: c.LayerNormOp = found["norm"]
    companion = scale if bias is None else bias
    if norm.bias is None and companion.type == norm.scale.type:
        axis, epsilon = norm.axis.value.data, norm.epsilon.value.data
        yield c.LayerNormOp(found["x"], scale, bias, axis=axis, epsilon=epsilon)


def attention(found: Found) -> Made:
    """Scales of q, k and the scores become one; keys that are transposed are turned back."""
    dot, mix, q = found["dot"], found["mix"], found["q"]
    mask = found.get("mask") or found.get("seen") or found.get("hidden")
    scale = found.get("scale", 1.0) / (found.get("divisor") or 1.0)
    scale *= found.get("q_scale", 1.0) * found.get("k_scale", 1.0)
    last = found["softmax"].axis.value.data == rank_of(found["softmax"].x) - 1
    plain = mix.transpose_lhs is mix.transpose_rhs is dot.transpose_lhs is None
    known = plain and last and isfinite(scale) and scale != 0 and found.get("divisor") != 0
    if not known or not all(map(_sums_as_usual, (dot, mix))) or not _is_mask(mask, dot):
        return
    keys = found["k"]
    if dot.transpose_rhs is None:
        yield (turned := _turned(keys))
        keys = turned.result
    if found.get("hidden") is not None:
        yield (inverted := NotOp(found["hidden"]))
        mask = inverted.result
    yield c.AttentionOp(q, keys, found["v"], mask, scale=scale, fill=found.get("fill", -inf))


def _sums_as_usual(op: MatmulOp) -> bool:
    element = element_of(op.lhs)
    return op.acc == ACCUMULATORS[element] and element_of(op.result) == element in FLOATS


def _is_mask(mask: SSAValue | None, dot: MatmulOp) -> bool:
    """Whether adding the mask leaves the shape of the scores alone."""
    if mask is None:
        return True
    return shapes.broadcast(shape_of(mask), shape_of(dot.result)) == shape_of(dot.result)


def _turned(x: SSAValue) -> TransposeOp:
    """x with the last two dimensions exchanged; a transpose before it becomes part of it."""
    before = definer(x, TransposeOp)
    first = range(rank_of(x)) if before is None else before.perm.get_values()
    perm = [*first[:-2], first[-1], first[-2]]
    return TransposeOp(x if before is None else before.x, perm)


COMPOSITES = (
    Composite("gelu", b.MulOp, GELU, gelu),
    Composite("gelu_tanh", b.MulOp, GELU_TANH, gelu_tanh),
    Composite("softmax", b.DivOp, SOFTMAX, along_axis(c.SoftmaxOp)),
    Composite("softmax_by_product", b.MulOp, SOFTMAX, along_axis(c.SoftmaxOp)),
    Composite("log_softmax", b.SubOp, LOG_SOFTMAX, along_axis(c.LogSoftmaxOp)),
    Composite("layer_norm", b.DivOp, NORMALISED, normalised),
    Composite("layer_norm_by_product", b.MulOp, NORMALISED, normalised),
    Composite("layer_norm_scale", b.MulOp, NORM_SCALED, norm_scaled),
    Composite("layer_norm_bias", b.AddOp, NORM_SHIFTED, norm_shifted),
    Composite("attention", MatmulOp, ATTENTION, attention),
)


class Raise(RewritePattern):
    """A composite as a pattern of the greedy driver; a norm finds its scale and bias step by
    step."""

    def __init__(self, composite: Composite):
        self.composite = composite
        self.root_types = (composite.root,)

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        found = find(self.composite.pattern, op.results[0])
        if found is None:
            return no_match(op, f"is no {self.composite.name}")
        made = [*self.composite.make(found)]
        if not made or _type(made[-1]) != _type(op):
            return no_match(op, f"looks like {self.composite.name}, but its shapes do not fit")
        rewriter.replace(op, made, [made[-1].results[0]])


def _type(op: Operation) -> Attribute:
    return op.results[0].type


@dataclass(frozen=True)
class DlRaiseComposites(ModulePass):
    """Recognise gelu, softmax, log_softmax, layer_norm and attention in simpler ops.

    The operands of sums and products may stand in any order; numbers are compared to the last
    digits of the element type. An op whose parts are used elsewhere is left as it is. The result
    differs from the original by rounding only.

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
        rewrite(op, [Raise(composite) for composite in COMPOSITES])
