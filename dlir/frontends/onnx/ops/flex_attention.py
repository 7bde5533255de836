"""FlexAttention: attention whose scores and shares pass through graphs of the model's own."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from xdsl.dialects.builtin import f32, f64
from xdsl.ir import Attribute

from dlir.frontends.builder import dl
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.elements import xdsl_type
from dlir.frontends.builder.values import Imported, Tensor, Unsupported, value_of

from ..node import Node
from ..operator import BuildStructure, Graphs


def _flex_attention(graphs: Graphs, node: Node, inputs: Sequence[Imported | None]) -> Tensor:
    context = graphs.context
    given = [context.tensor(value_of(value)) for value in inputs if value is not None]
    if len(given) != 3 or any(x.rank != 4 for x in given):
        raise Unsupported("other operands than q, k and v of rank 4")
    q, k, v = given
    heads = q.dims[1]
    group = _group(heads, k.dims[1])
    if group > 1:
        q = context.reshape(q, (q.dims[0], k.dims[1], group, *q.dims[2:]))
        k, v = (context.reshape(x, (*x.dims[:2], 1, *x.dims[2:])) for x in (k, v))
    scale, wide = _scale(node, q), f64 if q.element == f64 else f32
    precision = _precision(node, wide)
    out = (*q.dims[:-1], v.dims[-1])
    if precision == wide and not {"score_mod", "prob_mod"} & {*node.attributes}:
        y = context.emit(dl.AttentionOp(q.ssa, k.ssa, v.ssa, scale=scale), out)
        return context.reshape(y, (*out[:1], heads, *out[-2:]))
    dot = dl.MatmulOp(q.ssa, k.ssa, acc=wide, element_type=wide, transpose_rhs=True)
    scores = context.emit(dot, (*q.dims[:-1], k.dims[-2]))
    scores = context.itemwise(dl.MulOp, scores, context.constant(scale, wide))
    shares = _shares(graphs, node, context.cast(scores, precision), heads)
    shares = context.cast(shares, wide)
    mix = dl.MatmulOp(shares.ssa, context.cast(v, wide).ssa, acc=wide, element_type=wide)
    y = context.cast(context.emit(mix, out), q.element)
    return context.reshape(y, (*out[:1], heads, *out[-2:]))


def _precision(node: Node, wide: Attribute) -> Attribute:
    """What the softmax is taken in."""
    name = "softmax_precision"
    return xdsl_type(node.element_type(name)) if name in node.attributes else wide


def _group(heads: Dim, shared: Dim) -> int:
    """How many heads of q share one of k and v."""
    if heads == shared:
        return 1
    if isinstance(heads, int) and isinstance(shared, int) and shared > 0 and heads % shared == 0:
        return heads // shared
    raise Unsupported(f"{heads} heads of q and {shared} of k")


def _scale(node: Node, q: Tensor) -> float:
    size = q.dims[-1]
    if "scale" in node.attributes:
        return node.float("scale", 1.0)
    if not isinstance(size, int) or size == 0:
        raise Unsupported("heads of unknown size without a scale")
    return 1 / sqrt(size)


def _shares(graphs: Graphs, node: Node, scores: Tensor, heads: Dim) -> Tensor:
    """The softmax of the scores, with what the model does before and after it."""
    context, grouped = graphs.context, scores.dims
    scores = context.reshape(scores, (grouped[0], heads, *grouped[-2:]))
    scores = _modified(graphs, node, "score_mod", scores)
    shares = context.emit(dl.SoftmaxOp(scores.ssa, scores.rank - 1), scores.dims)
    return context.reshape(_modified(graphs, node, "prob_mod", shares), grouped)


def _modified(graphs: Graphs, node: Node, name: str, x: Tensor) -> Tensor:
    if name not in node.attributes:
        return x
    results = graphs.subgraph(node.attributes[name].g, [x])
    if len(results) != 1:
        raise Unsupported(f"{name} with {len(results)} results")
    y = graphs.context.tensor(value_of(results[0]))
    if y.element != x.element or y.dims != x.dims:
        raise Unsupported(f"{name} that makes {y.ssa.type} of {x.ssa.type}")
    return y


OPERATORS: dict[str, BuildStructure] = {"FlexAttention": _flex_attention}
