"""Attention: scores, the softmax of them, and a product that mixes the rows of v."""

from __future__ import annotations

from dlir.dialects.dl.attrs import BOOLS
from dlir.dialects.dl.ops.attention import AdditiveAttentionOp, AttentionOp, MixtureOp
from dlir.dialects.dl.ops.base import element_of, rank_of
from dlir.dialects.dl.ops.binary import CastOp
from dlir.dialects.dl.ops.composite import SoftmaxOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import TanhOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.sizes import reshaped, sizes_of


def attention(op: AttentionOp, make: Make) -> Term:
    """softmax(scale * q k^T + mask) v; the products read the operands as they are"""
    wide = make.element
    scores = make.apply(MatmulOp(op.q, op.k, acc=wide, element_type=wide, transpose_rhs=True))
    if (scale := op.scale.value.data) != 1:
        scores = scores * scale
    return _mixed(op, make, scores)


def additive_attention(op: AdditiveAttentionOp, make: Make) -> Term:
    """softmax(sum of w * tanh(q + k) + mask) v; each row of q meets each row of k"""
    *batch, rows, width = sizes_of(op.q, make)
    q = reshaped(make.term(op.q), [*batch, rows, 1, width])
    *batch, rows, width = sizes_of(op.k, make)
    k = reshaped(make.term(op.k), [*batch, 1, rows, width])
    energies = (q + k).to(TanhOp) * make.term(op.w)
    return _mixed(op, make, energies.then(ReduceSumOp, [rank_of(energies.value) - 1]))


def _mixed(op: MixtureOp, make: Make, scores: Term) -> Term:
    """softmax(scores + mask) v, or `fill` where a mask of i1 is false"""
    wide = make.element
    if op.mask is not None and element_of(op.mask) in BOOLS:
        scores = scores.where_true(op.mask, op.fill.value.data)
    elif op.mask is not None:
        scores = scores + make.term(op.mask)
    shares = scores.then(SoftmaxOp)
    if (element := element_of(op.v)) != wide:
        shares = shares.then(CastOp, element)
    return make.apply(MatmulOp(shares.value, op.v, acc=wide, element_type=wide))
