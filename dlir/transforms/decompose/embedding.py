"""Bags of embeddings: gathered rows, scattered to the bags that they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from xdsl.dialects.builtin import i64

from dlir.dialects.dl.attrs import Pooling, Predicate, Reduction
from dlir.dialects.dl.ops import embedding as e
from dlir.dialects.dl.ops.base import Operand, shape_of
from dlir.dialects.dl.ops.binary import CompareOp
from dlir.dialects.dl.ops.movement import BroadcastOp, GatherOp, PadOp, ReshapeOp, SliceOp
from dlir.dialects.dl.ops.scan import CumsumOp
from dlir.dialects.dl.ops.scatter import ScatterElementsOp, ScatterNdOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term

NOWHERE = (1 << 63) - 1

Size = int | Operand


@dataclass(frozen=True)
class _Bags:
    """The sizes of an op, and the number of the bag of each index, counted from 1."""

    make: Make
    whole: Make
    """Formulas in i64."""
    length: Size
    count: Size
    width: Size
    number: Term

    @staticmethod
    def of(op: e.EmbeddingBagOp, make: Make) -> _Bags:
        """The number of a bag is that of the offsets up to a place: a running sum of marks.

        A negative offset must not count from the end.
        """
        whole = Make(make.insert, i64)
        length, count = _size(op.indices, 0, make), _size(op.offsets, 0, make)
        starts = whole.term(op.offsets)
        starts = starts.where(Predicate.GE, 0, whole.constant(NOWHERE))
        none, ones = _filled(whole, 0, [length]), _filled(whole, 1, [count])
        marks = none.then(PadOp, [0], [1], 0)  # a bag may begin at the end
        marks = marks.then(ScatterElementsOp, starts.value, ones.value, 0, Reduction.ADD)
        number = marks.then(CumsumOp, 0).then(SliceOp, [0], [length])
        return _Bags(make, whole, length, count, _size(op.table, 1, make), number)

    def pooled(self, rows: Term, start: float, reduction: Reduction) -> Term:
        """The rows folded bag by bag; those that are in none go to a row 0, which is cut off."""
        bags = _filled(self.make, start, [self.count, self.width])
        bags = bags.then(PadOp, [1, 0], [0, 0], start)
        places = self.number.then(ReshapeOp, [-1, 1])
        bags = bags.then(ScatterNdOp, places.value, rows.value, reduction)
        return bags.then(SliceOp, [1, 0], [self.count, self.width])

    def sizes(self) -> Term:
        """How many rows each bag has, as a column."""
        bags = _filled(self.whole, 0, [self.count]).then(PadOp, [1], [0], 0)
        ones = _filled(self.whole, 1, [self.length])
        bags = bags.then(ScatterElementsOp, self.number.value, ones.value, 0, Reduction.ADD)
        counted = bags.then(SliceOp, [1], [self.count]).then(ReshapeOp, [-1, 1])
        return self.make.term(counted.value)


def _size(x: Operand, axis: int, make: Make) -> Size:
    size = shape_of(x)[axis]
    return make.apply(DimOp(x, axis)).value if size < 0 else size


def _filled(make: Make, number: float, shape: Sequence[Size]) -> Term:
    return make.constant(number).then(BroadcastOp, shape)


def embedding_bag(op: e.EmbeddingBagOp, make: Make) -> Term:
    """The sum; over the size of the bag for the mean; or the maximum, 0 of nothing"""
    bags = _Bags.of(op, make)
    rows = make.term(make.apply(GatherOp(op.table, op.indices, 0)).value)
    if op.weights is not None:
        rows = rows * make.term(op.weights).then(ReshapeOp, [-1, 1])
    match op.pooling.data:
        case Pooling.SUM:
            return bags.pooled(rows, 0.0, Reduction.ADD)
        case Pooling.MEAN:
            return bags.pooled(rows, 0.0, Reduction.ADD) / bags.sizes().max(1.0)
        case Pooling.MAX:
            zero = make.constant(0.0)
            filled = make.apply(CompareOp(Predicate.GT, bags.sizes().value, zero.value))
            return bags.pooled(rows, -inf, Reduction.MAX).where_true(filled.value, 0.0)
