"""Losses of a classification: what the right classes' logarithms are short of 0."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i64

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor


def _negative_log_likelihood(context: Context, node: Node) -> Tensor:
    return _loss(context, node, tensor(context, node, 0))


def _cross_entropy(context: Context, node: Node) -> Sequence[Tensor]:
    """The same of the logarithms of a softmax over the classes, which are the second result."""
    x = tensor(context, node, 0)
    scores = context.emit(dl.LogSoftmaxOp(x.ssa, 1), x.dims)
    return _loss(context, node, scores), scores


def _loss(context: Context, node: Node, scores: Tensor) -> Tensor:
    """-weight[t] * scores[n, t, ...], 0 where t is to be ignored; its sum, or weighted mean."""
    target = context.cast(tensor(context, node, 1), i64)
    zero, valid = context.constant(0, scores.element), None
    if "ignore_index" in node.attributes:
        ignored = context.constant(node.int("ignore_index", 0), i64)
        valid = context.compare("ne", target, ignored)
        target = context.itemwise(dl.SelectOp, valid, target, context.constant(0, i64))
    index = context.reshape(target, (target.dims[0], 1, *target.dims[1:]))
    taken = context.emit(dl.GatherElementsOp(scores.ssa, index.ssa, 1), index.dims)
    loss = context.itemwise(dl.NegOp, context.reshape(taken, target.dims))
    weight = context.gather(tensor(context, node, 2), target, 0) if node.has(2) else None
    if weight is not None:
        loss = context.itemwise(dl.MulOp, loss, weight)
    if valid is not None:
        loss = context.itemwise(dl.SelectOp, valid, loss, zero)
        own = context.constant(1, scores.element) if weight is None else weight
        weight = context.itemwise(dl.SelectOp, valid, own, zero)
    return _reduced(context, loss, weight, node.string("reduction", "mean"))


def _reduced(context: Context, loss: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    def total(x: Tensor) -> Tensor:
        return context.emit(dl.ReduceSumOp(x.ssa), ())

    if reduction == "none":
        return loss
    if reduction == "sum":
        return total(loss)
    if reduction != "mean":
        raise Unsupported(f"reduction = {reduction!r}")
    if weight is None:
        return context.emit(dl.ReduceMeanOp(loss.ssa), ())
    return context.itemwise(dl.DivOp, total(loss), total(weight))


OPERATORS: dict[str, Build] = {
    "NegativeLogLikelihoodLoss": _negative_log_likelihood,
    "SoftmaxCrossEntropyLoss": _cross_entropy,
}
