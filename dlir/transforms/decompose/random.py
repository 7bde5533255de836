"""Random numbers from random bits."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import f32, f64

from dlir.dialects.dl.attrs import Predicate
from dlir.dialects.dl.ops import random as r
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.binary import CompareOp
from dlir.dialects.dl.ops.math import FloorOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.random import significant_bits
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term


def uniform(op: r.RandomUniformOp, make: Make) -> Term:
    """floor(bits / 2^(32 - p)) / 2^p, in f64, where all of it is exact"""
    exact = Make(make.insert, f64)
    sizes = iter(op.sizes)
    shape = [next(sizes) if n < 0 else n for n in shape_of(op.result)]
    signed = exact.term(exact.apply(r.RandomBitsOp(op.seed, shape, op.stream.value.data)).value)
    bits = signed.where(Predicate.GE, 0.0, signed + 2.0**32)
    p = significant_bits(element_of(op.result))
    return make.term(((bits * 2.0 ** (p - 32)).to(FloorOp) * 2.0**-p).value)


def dropout(op: r.DropoutOp, make: Make) -> Sequence[Term]:
    """x / (1 - ratio) where uniform >= ratio, else 0"""
    ratio, stream = op.ratio.value.data, op.stream.value.data
    exact = Make(make.insert, f64)
    shape = [
        make.apply(DimOp(op.x, axis)).value if size < 0 else size
        for axis, size in enumerate(shape_of(op.x))
    ]
    number = exact.term(exact.apply(r.RandomUniformOp(op.seed, shape, f32, stream)).value)
    bound = exact.constant(ratio)
    mask = make.apply(CompareOp(Predicate.GE, number.value, bound.value))
    kept = make.term(op.x) / (1 - ratio)
    return kept.where_true(mask.value, 0.0), mask
