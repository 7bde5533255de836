"""Attention, computed in f64 and rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops.attention import AdditiveAttentionOp, AttentionOp, MixtureOp
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.semantics.common import check_stretch, result_dtype, rounded, to_f64
from dlir.dialects.dl.semantics.composite import shifted
from dlir.numpy_types import Array


def attention(_: Any, op: AttentionOp, q: Array, k: Array, v: Array, mask: Any = None) -> Array:
    """softmax(scale * q k^T + mask) v, or `fill` where a mask of i1 is false"""
    check_batch(op, q, k, v)
    scores = np.matmul(to_f64(q), to_f64(k).swapaxes(-1, -2)) * op.scale.value.data
    return mixed(op, scores, v, mask)


def additive_attention(
    _: Any, op: AdditiveAttentionOp, q: Array, k: Array, v: Array, w: Array, mask: Any = None
) -> Array:
    """softmax(w . tanh(q + k) + mask) v, or `fill` where a mask of i1 is false"""
    check_batch(op, q, k, v)
    if w.shape != q.shape[-1:] or w.shape != k.shape[-1:]:
        raise ValueError(f"w has size {w.size}, q {q.shape[-1]} columns and k {k.shape[-1]}")
    sums = to_f64(q)[..., :, np.newaxis, :] + to_f64(k)[..., np.newaxis, :, :]
    return mixed(op, (np.tanh(sums) * to_f64(w)).sum(-1), v, mask)


def check_batch(op: MixtureOp, q: Array, k: Array, v: Array) -> None:
    """Only what is written as 1 stretches; raises ValueError."""
    batch = np.broadcast_shapes(*(array.shape[:-2] for array in (q, k, v)))
    for operand, array in ((op.q, q), (op.k, k), (op.v, v)):
        check_stretch(shape_of(operand)[:-2], array.shape[:-2], batch)


def mixed(op: MixtureOp, scores: Array, v: Array, mask: Array | None) -> Array:
    """softmax(scores + mask) v"""
    if mask is not None:
        assert op.mask is not None
        check_stretch(shape_of(op.mask), mask.shape, scores.shape)
        seen = mask.dtype == np.bool_
        scores = np.where(mask, scores, op.fill.value.data) if seen else scores + to_f64(mask)
    e = np.exp(shifted(scores, -1))
    return rounded(np.matmul(e / e.sum(axis=-1, keepdims=True), to_f64(v)), result_dtype(op))


SEMANTICS = {AttentionOp: attention, AdditiveAttentionOp: additive_attention}
