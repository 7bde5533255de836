"""Attention: two products with a softmax between them, and the scale and mask of the scores."""

from __future__ import annotations

from math import inf, isfinite

from xdsl.ir import SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ACCUMULATORS, FLOATS
from dlir.dialects.dl.match import Any, Found, Node, Number
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import NotOp
from dlir.dialects.dl.ops.movement import TransposeOp
from dlir.dialects.dl.rules import definer
from dlir.transforms.raising.composite import Composite, Made

# How it looks

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


# How it is made


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
    if dot.transpose_rhs is None and isinstance(keys := _turned(keys), TransposeOp):
        yield keys
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


def _turned(x: SSAValue) -> TransposeOp | SSAValue:
    """x with the last two dimensions exchanged; a transpose before it becomes part of it."""
    before = definer(x, TransposeOp)
    first = range(rank_of(x)) if before is None else before.perm.get_values()
    perm = [*first[:-2], first[-1], first[-2]]
    source = x if before is None else before.x
    return source if perm == sorted(perm) else TransposeOp(source, perm)


ATTENTIONS = (Composite("attention", ATTENTION, attention),)
