"""Rotary position embedding: halves of rows change places, one of them negated."""

from __future__ import annotations

from dlir.dialects.dl.ops.base import rank_of
from dlir.dialects.dl.ops.movement import ConcatOp
from dlir.dialects.dl.ops.rotary import RotaryEmbeddingOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.sizes import Size, reshaped, sizes_of, sliced


def rotary_embedding(op: RotaryEmbeddingOp, make: Make) -> Term:
    """x * cos + rotated(x) * sin"""
    x, cos, sin = make.term(op.x), make.term(op.cos), make.term(op.sin)
    *leading, size = sizes_of(op.x, make)
    assert isinstance(size, int)
    if op.interleaved is None:
        rotated = _turned(x, [*leading, size // 2], make)
    else:
        pairs = reshaped(x, [*leading, size // 2, 2])
        rotated = reshaped(_turned(pairs, [*leading, size // 2, 1], make), [*leading, size])
    return x * cos + rotated * sin


def _turned(x: Term, half: list[Size], make: Make) -> Term:
    """The two halves of the last dimension as (-second, first)."""
    rank = rank_of(x.value)
    first = sliced(x, [0] * rank, half)
    size = half[-1]
    assert isinstance(size, int)
    second = sliced(x, [*[0] * (rank - 1), size], half)
    return make.apply(ConcatOp([(-second).value, first.value], rank - 1))
