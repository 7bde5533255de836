"""Attention: two products with a softmax between them, and the scale and mask of the scores.

What additive attention shares is here, too: masks, and the product that mixes the rows of v.
"""

from __future__ import annotations

from collections.abc import Generator
from math import inf, isfinite

from xdsl.ir import SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ACCUMULATORS, FLOATS
from dlir.dialects.dl.match import Any, Found, Named, Node, Number, Pattern
from dlir.dialects.dl.ops import attention as at
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import NegOp, NotOp
from dlir.dialects.dl.ops.movement import TransposeOp
from dlir.dialects.dl.rules import definer
from dlir.transforms.raising.composite import Composite, Made

# How it looks

MASKS = ("mask", "negative", "seen", "hidden")
_Q = (Any("q") * Number(name="q_scale")) | Any("q")
_K = (Any("k") * Number(name="k_scale")) | Any("k")
_DOT = Node((MatmulOp,), (_Q, _K), "dot")
_SCORES = (_DOT * Number(name="scale")) | (_DOT / Number(name="divisor")) | _DOT


def mixed(scores: Pattern) -> Pattern:
    """The rows of v mixed by scores, with a mask or without one."""
    scores, fill = Named(scores, "scores"), Number(name="fill")
    masked = (
        (scores + Any("mask"))
        | (scores - Any("negative"))
        | Node((b.SelectOp,), (Any("seen"), scores, fill))
        | Node((b.SelectOp,), (Any("hidden"), fill, scores))
    )
    shares = Node((c.SoftmaxOp,), (masked | scores,), "softmax")
    return Node((MatmulOp,), (shares, Any("v")), "mix")


ATTENTION = mixed(_SCORES)


# How it is made


def attention(found: Found) -> Made:
    """Scales of q, k and the scores become one; keys that are transposed are turned back."""
    dot, q = found["dot"], found["q"]
    scale = found.get("scale", 1.0) / (found.get("divisor") or 1.0)
    scale *= found.get("q_scale", 1.0) * found.get("k_scale", 1.0)
    known = isfinite(scale) and scale != 0 and found.get("divisor") != 0
    plain = dot.transpose_lhs is None and sums_as_usual(dot)
    if not known or not plain or not mixes(found):
        return
    keys = found["k"]
    if dot.transpose_rhs is None and isinstance(keys := _turned(keys), TransposeOp):
        yield keys
    mask = yield from mask_of(found)
    yield at.AttentionOp(q, keys, found["v"], mask, scale=scale, fill=found.get("fill", -inf))


def mixes(found: Found) -> bool:
    """Whether what was found is a softmax over the last axis, times v, of scores that a mask leaves
    in their shape."""
    mix, shape = found["mix"], shape_of(found["scores"])
    plain = mix.transpose_lhs is mix.transpose_rhs is None and sums_as_usual(mix)
    masks = [found[name] for name in MASKS if found.get(name) is not None]
    fits = all(shapes.broadcast(shape_of(mask), shape) == shape for mask in masks)
    return plain and found["softmax"].axis.value.data == len(shape) - 1 and fits


def mask_of(found: Found) -> Generator[DlOp, None, SSAValue | None]:
    """The mask in the form that the op takes it."""
    if found.get("hidden") is not None:
        yield (inverted := NotOp(found["hidden"]))
        return inverted.result
    if found.get("negative") is not None:
        yield (negated := NegOp(found["negative"]))
        return negated.result
    return found.get("mask") if found.get("seen") is None else found["seen"]


def sums_as_usual(op: MatmulOp) -> bool:
    element = element_of(op.lhs)
    return op.acc == ACCUMULATORS[element] and element_of(op.result) == element in FLOATS


def _turned(x: SSAValue) -> TransposeOp | SSAValue:
    """x with the last two dimensions exchanged; a transpose before it becomes part of it."""
    before = definer(x, TransposeOp)
    first = range(rank_of(x)) if before is None else before.perm.get_values()
    perm = [*first[:-2], first[-1], first[-2]]
    source = x if before is None else before.x
    return source if perm == sorted(perm) else TransposeOp(source, perm)


ATTENTIONS = (Composite("attention", ATTENTION, attention),)
