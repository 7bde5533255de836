"""Code that checks whether what a mask hides adds nothing, and the numbers that this needs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

from xdsl.dialects import arith, math, memref, scf
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.arena import ALIGNMENT
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import map_of
from dlir.dialects.structured.ops import GenericOp, YieldOp, body_region, shape_of
from dlir.dialects.structured.rearrange import form
from dlir.dialects.structured.shapes import Sizes
from dlir.transforms.hidden.group import Group
from dlir.transforms.hidden.mask import LARGEST
from dlir.transforms.hidden.views import is_the_same, known_by, made_again
from dlir.types import number

Totals: TypeAlias = "dict[object, SSAValue]"
"""Sums that were written already, by what they are of."""


def hides_exactly(sizes: Sizes, group: Group, totals: Totals) -> SSAValue:
    """Whether hidden scores stay hidden, and 0 times a hidden value is 0.

    No product of the block's rows and any key is so large that it counts beside a mask, and all
    values are numbers. NaN fails both comparisons.
    """
    assert group.mixture is not None
    keys = _total_outside(sizes, group.first, group.scores.b.value, totals)
    values = _total_outside(sizes, group.first, group.mixture.b.value, totals)
    rows = _total(sizes, group.scores.a.value)
    depth = prod(group.first.static_extents()[d] for d in group.first.reduction_dims)
    product = sizes.insert(arith.MulfOp(rows, keys)).result
    is_small = compare(sizes, "ole", product, LARGEST / group.gain / max(1, depth))
    is_finite = compare(sizes, "olt", values, float("inf"))
    return sizes.insert(arith.AndIOp(is_small, is_finite)).result


def _total_outside(sizes: Sizes, op: Operation, value: SSAValue, totals: Totals) -> SSAValue:
    """Once for all blocks of rows, if the loop over these does not choose or write what is read."""
    loop = op.parent_op()
    if not isinstance(loop, scf.ForOp | scf.ParallelOp) or not is_the_same(loop, value):
        here = op.parent_block()
        assert here is not None
        return _total(sizes, made_again(sizes, value, here))
    key = (loop.parent, *known_by(loop, value))
    if key not in totals:
        outside = Sizes.before(loop)
        totals[key] = _total(outside, made_again(outside, value, loop.body.block))
    return totals[key]


def _total(sizes: Sizes, value: SSAValue) -> SSAValue:
    """The sum of a tensor's magnitudes: a bound that is cheap, infinite or NaN if one is."""
    result = local(sizes, [])
    fold(sizes, value, result, arith.AddfOp, 0.0, magnitude=True)
    return load(sizes, result)


def fold(
    sizes: Sizes,
    value: SSAValue,
    into: SSAValue,
    combine: type[arith.AddfOp] | type[arith.MinimumfOp],
    start: float,
    *,
    magnitude: bool = False,
) -> None:
    """All elements of a tensor, or their magnitudes, as one."""
    region, block = body_region([f32, f32])
    term, acc = block.args
    if magnitude:
        absolute = math.AbsFOp(term)
        block.add_op(absolute)
        term = absolute.result
    combined = combine(acc, term)
    block.add_ops([combined, YieldOp(combined.result)])
    rank = len(shape_of(value))
    identity = map_of([form(rank, {d: 1}) for d in range(rank)], rank)
    kinds = [Iterator.REDUCTION] * rank
    init = number(start, f32)
    sizes.insert(GenericOp([value], into, [identity, map_of([], rank)], kinds, region, init=init))


def local(sizes: Sizes, shape: Sequence[int]) -> SSAValue:
    """Memory for some numbers."""
    return sizes.insert(memref.AllocaOp.get(f32, ALIGNMENT, shape)).memref


def load(sizes: Sizes, scalar: SSAValue) -> SSAValue:
    return sizes.insert(memref.LoadOp.get(scalar, [])).res


def real(sizes: Sizes, value: float) -> SSAValue:
    return sizes.insert(arith.ConstantOp(number(value, f32))).result


def compare(sizes: Sizes, how: str, value: SSAValue, limit: float) -> SSAValue:
    return sizes.insert(arith.CmpfOp(value, real(sizes, limit), how)).result
