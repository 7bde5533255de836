"""Images read at computed places: the pixels around all places by one gather, then weighted sums.

The pixels are the rows of a matrix, [(batch, height, width), channels], so that one index finds all
channels. Coordinates are [batch, point, 1], one tensor per dimension of the image; the pixels
around them, their *taps*, stand in a last dimension of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import product as pairs
from math import prod

from xdsl.dialects.builtin import i64

from dlir.dialects.dl.attrs import Interpolation, Outside, Predicate
from dlir.dialects.dl.ops import sampling as s
from dlir.dialects.dl.ops.activation import ClipOp
from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.binary import AndOp, CastOp, CompareOp, MaxOp, MinOp, ModOp, SelectOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.math import AbsOp, FloorOp, RoundOp
from dlir.dialects.dl.ops.movement import BroadcastOp, GatherOp, TransposeOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp, ReduceSumOp
from dlir.dialects.dl.ops.source import IotaOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.constants import indices, numbers
from dlir.transforms.decompose.sizes import Size, product, reshaped, sizes_of, sliced

FAR = 2.0**30
"""Coordinates beyond count as this."""

REACH = {
    Interpolation.NEAREST: [0],
    Interpolation.LINEAR: [0, 1],
    Interpolation.CUBIC: [-1, 0, 1, 2],
}
"""The taps from the pixel before a coordinate."""


@dataclass(frozen=True)
class Taps:
    """The pixels around places of one dimension: [batch, point, tap]."""

    pixel: Term
    weight: Term | None
    exists: Term | None


@dataclass(frozen=True)
class Reader:
    """How an image is read between its pixels."""

    make: Make
    mode: Interpolation
    outside: Outside
    corners: bool = False

    def taps(self, place: Term, size: int) -> Taps:
        """The taps of coordinates [batch, point, 1]."""
        place = place.then(ClipOp, -FAR, FAR)
        reach = REACH[self.mode]
        base = place.to(RoundOp if self.mode is Interpolation.NEAREST else FloorOp)
        steps = indices(self.make, reach, [len(reach)])
        pixel = base.then(CastOp, i64) + steps
        weight = None
        if self.mode is not Interpolation.NEAREST:
            offset = numbers(self.make, [float(step) for step in reach], [len(reach)])
            weight = self._weight((offset - (place - base)).to(AbsOp))
        if self.outside is Outside.REFLECTION:
            return Taps(self._mirrored(pixel, size), weight, None)
        inside = self._at_least(self._at_most(pixel, size - 1), 0)
        if self.outside is Outside.BORDER:
            return Taps(inside, weight, None)
        exists = self.make.apply(CompareOp(Predicate.EQ, pixel.value, inside.value))
        return Taps(inside, weight, exists)

    def _weight(self, d: Term) -> Term:
        """1 - d, or Keys' cubic with a = -3/4, of a distance d."""
        if self.mode is Interpolation.LINEAR:
            return self.make.constant(1.0) - d
        a = -0.75
        near = (d * (a + 2) - (a + 3)) * d * d + 1.0
        far = ((d * a - 5 * a) * d + 8 * a) * d - 4 * a
        is_near = self.make.apply(CompareOp(Predicate.LE, d.value, self.make.constant(1.0).value))
        return self.make.apply(SelectOp(is_near.value, near.value, far.value))

    def _mirrored(self, pixel: Term, size: int) -> Term:
        """Pixels beyond an edge, back and forth over the image."""
        period = max(2 * (size - 1), 1) if self.corners else 2 * size
        turned = pixel.then(ModOp, indices(self.make, [period], []).value)
        last = indices(self.make, [period if self.corners else period - 1], [])
        mirrored = turned.then(MinOp, (last - turned).value)
        return self._at_least(self._at_most(mirrored, size - 1), 0)

    def _at_most(self, pixel: Term, number: int) -> Term:
        return pixel.then(MinOp, indices(self.make, [number], []).value)

    def _at_least(self, pixel: Term, number: int) -> Term:
        return pixel.then(MaxOp, indices(self.make, [number], []).value)

    def read(self, x: Term, batch: Term, places: Sequence[Term]) -> Term:
        """[batch, point, tap, channels]: the pixels of x, [images, channels, ..], weighted.

        `batch` says which image each row of places is about, [batch, 1, 1].
        """
        images, channels, *_ = sizes_of(x.value, self.make)
        size = shape_of(x.value)[2:]
        axes = [self.taps(place, n) for place, n in zip(places, size, strict=True)]
        index = batch
        for taps, n in zip(axes, size, strict=True):
            index = _pairs(index * indices(self.make, [n], []), taps.pixel, Term.__add__)
        rows = x.then(TransposeOp, [0, *range(2, rank_of(x.value)), 1])
        rows = reshaped(rows, [product(self.make, images, *size), channels])
        seen = rows.then(GatherOp, index.value, 0)
        exists = [taps.exists for taps in axes if taps.exists is not None]
        if exists:
            both = reduce(partial(_pairs, combine=_and), exists)
            seen = seen.where_true(_column(both).value, 0.0)
        weights = [taps.weight for taps in axes if taps.weight is not None]
        return (
            seen * _column(reduce(partial(_pairs, combine=Term.__mul__), weights))
            if weights
            else seen
        )

    def mixed(self, x: Term, batch: Term, places: Sequence[Term]) -> Term:
        """[batch, point, channels]: the sums of what `read` gives."""
        seen = self.read(x, batch, places)
        rows, points, count, channels = sizes_of(seen.value, self.make)
        if count == 1:
            return reshaped(seen, [rows, points, channels])
        return seen.then(ReduceSumOp, [2])


def _pairs(a: Term, b: Term, combine: Callable[[Term, Term], Term]) -> Term:
    """[batch, point, tap] of a and of b, combined for all pairs of taps."""
    make = a.formula
    batch, points, count = sizes_of(b.value, make)
    rows, columns, before = sizes_of(a.value, make)
    left = reshaped(a, [rows, columns, before, 1])
    both = combine(left, reshaped(b, [batch, points, 1, count]))
    return reshaped(both, [batch, points, product(make, before, count)])


def _and(a: Term, b: Term) -> Term:
    return a.then(AndOp, b.value)


def _column(x: Term) -> Term:
    """[.., tap] for all channels."""
    return reshaped(x, [*sizes_of(x.value, x.formula), 1])


def _counted(make: Make, count: Size) -> Term:
    """0, 1, ..: every row of places is about the image of its number."""
    return make.apply(IotaOp([count, 1, 1], 0, i64))


def grid_sample(op: s.GridSampleOp, make: Make) -> Term:
    """Coordinates from -1 to 1 as pixels, then the sums of their taps"""
    corners = op.align_corners is not None
    reader = Reader(make, op.mode.data, op.outside.data, corners)
    images, channels, *_ = sizes_of(op.x, make)
    batch, *points, rank = sizes_of(op.grid, make)
    flat = reshaped(make.term(op.grid), [batch, product(make, *points), rank])
    size = shape_of(op.x)[2:]
    places: list[Term] = []
    for axis, n in enumerate(size):
        g = sliced(flat, [0, 0, len(size) - 1 - axis], [*sizes_of(flat.value, make)[:2], 1]) + 1.0
        places.append(g * ((n - 1) / 2) if corners else (g * float(n) - 1.0) * 0.5)
    y = reader.mixed(make.term(op.x), _counted(make, images), places)
    return reshaped(y.then(TransposeOp, [0, 2, 1]), [images, channels, *points])


def roi_align(op: s.RoiAlignOp, make: Make) -> Term:
    """The samples of all bins as one list of places; then their means, or the greatest"""
    bins, samples = op.bins.get_values(), op.samples.get_values()
    size, (regions, _) = shape_of(op.x)[2:], sizes_of(op.rois, make)
    counts = [count * dense for count, dense in zip(bins, samples, strict=True)]
    axes = [_sampled(op, make, axis) for axis in (0, 1)]
    points = [regions, product(make, *counts), 1]
    places: list[Term] = []
    there: Term | None = None
    for axis, (place, n) in enumerate(zip(axes, size, strict=True)):
        shape: list[Size] = [regions, 1, 1]
        shape[1 + axis] = counts[axis]
        spread = reshaped(place, shape).then(BroadcastOp, [regions, *counts])
        spread = reshaped(spread, points)
        for predicate, bound in ((Predicate.GE, -1.0), (Predicate.LE, float(n))):
            limit = make.constant(bound)
            holds = make.apply(CompareOp(predicate, spread.value, limit.value))
            there = holds if there is None else _and(there, holds)
        places.append(spread.then(ClipOp, 0.0, float(n - 1)))
    assert there is not None
    reader = Reader(make, Interpolation.LINEAR, Outside.BORDER)
    batch = reshaped(Term(make, op.batch_indices).then(CastOp, i64), [regions, 1, 1])
    seen = reader.read(make.term(op.x), batch, places).where_true(_column(there).value, 0.0)
    *_, taps, channels = sizes_of(seen.value, make)
    apart = [regions, bins[0], samples[0], bins[1], samples[1], taps, channels]
    kind = ReduceSumOp if op.max is None else ReduceMaxOp
    y = reshaped(seen, apart).then(kind, [2, 4, 5])
    y = y if op.max is not None else y / float(prod(samples))
    return y.then(TransposeOp, [0, 3, 1, 2])


def _sampled(op: s.RoiAlignOp, make: Make, axis: int) -> Term:
    """[region, sample]: the coordinates of all samples along one dimension."""
    count, dense = op.bins.get_values()[axis], op.samples.get_values()[axis]
    half, regions = op.half_pixel is not None, sizes_of(op.rois, make)[0]
    rois = make.term(op.rois) * op.scale.value.data
    start, end = (sliced(rois, [0, column], [regions, 1]) for column in (1 - axis, 3 - axis))
    extent = end - start
    if half:
        start = start - 0.5
    else:
        extent = extent.max(1.0)
    steps = [(i + 0.5) / (dense * count) for i in range(dense * count)]
    return start + extent * numbers(make, steps, [len(steps)])


def deform_conv2d(op: s.DeformConv2dOp, make: Make) -> Term:
    """The columns that the kernel reads, then one product; groups of offsets join the batch"""
    own, groups = op.offset_groups.value.data, op.groups.value.data
    out, per_group, *kernel = shape_of(op.weight)
    images, channels = sizes_of(op.x, make)[0], shape_of(op.x)[1]
    image, count = shape_of(op.result)[2:], prod(kernel)
    rows, spots = product(make, sizes_of(op.offset, make)[0], own), prod(image)
    moves = reshaped(make.term(op.offset), [rows, count, 2, spots])
    places: list[Term] = []
    for axis in (0, 1):
        moved = sliced(moves, [0, 0, axis, 0], [rows, count, 1, spots])
        base = numbers(make, _regular(op, axis), [count, 1, spots])
        places.append(reshaped(moved + base, [rows, count * spots, 1]))
    x = reshaped(make.term(op.x), [product(make, images, own), channels // own,
                                   *shape_of(op.x)[2:]])  # fmt: skip
    reader = Reader(make, Interpolation.LINEAR, Outside.ZEROS)
    seen = reader.mixed(x, _counted(make, product(make, images, own)), places)
    if op.mask is not None:
        seen = seen * reshaped(make.term(op.mask), [rows, count * spots, 1])
    seen = reshaped(seen, [images, own, count, spots, channels // own])
    columns = seen.then(TransposeOp, [0, 1, 4, 2, 3])
    columns = reshaped(columns, [images, groups, per_group * count, spots])
    weight = reshaped(make.term(op.weight), [groups, out // groups, per_group * count])
    y = weight.then(MatmulOp, columns.value)
    return reshaped(y, [images, out, *image])


def _regular(op: s.DeformConv2dOp, axis: int) -> list[float]:
    """The coordinates without offsets, for each place of the kernel and of the result."""
    kernel, image = shape_of(op.weight)[2:], shape_of(op.result)[2:]
    stride, dilation = op.strides.get_values()[axis], op.dilations.get_values()[axis]
    low = op.padding.get_values()[axis]
    return [
        float(spot[axis] * stride + place[axis] * dilation - low)
        for place in pairs(range(kernel[0]), range(kernel[1]))
        for spot in pairs(range(image[0]), range(image[1]))
    ]
