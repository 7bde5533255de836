"""Convolutions that become `dl.conv2d`.

A volume is cut into its planes, which join the batch; the planes that a place sees one after the
other become channels.

A transposed convolution of stride s gives, at every s-th place, what a plain one with some of the
kernel's places gives. The *phases*, 0 to s - 1, are the places modulo s. Those that see the same
neighbours are computed together, as channels of one convolution, and then all are interleaved: no
zero is multiplied, whatever the stride.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod

from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.ops.convolution import Conv3dOp, ConvTransposeOp, TransposedAxis
from dlir.dialects.dl.ops.movement import (
    ConcatOp,
    GatherOp,
    PadOp,
    SliceOp,
    TransposeOp,
)
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.constants import indices
from dlir.transforms.decompose.sizes import (
    Size,
    add,
    divided,
    product,
    reshaped,
    sizes_of,
    sliced,
    window,
)


def conv3d(op: Conv3dOp, make: Make) -> Term:
    """One two-dimensional convolution of all planes; the products read the operands as they are"""
    outputs, per_group, depth, *kernel = sizes_of(op.weight, make)
    strides, padding = op.strides.get_values(), op.padding.get_values()
    dilations, groups = op.dilations.get_values(), op.groups.value.data
    seen, batch, planes = _planes_seen(op, make, per_group)
    weight = Term(make, op.weight).then(TransposeOp, [0, 2, 1, 3, 4])
    weight = reshaped(weight, [outputs, product(make, depth, per_group), *kernel])
    y = seen.then(
        Conv2dOp,
        weight.value,
        acc=op.acc,
        element_type=make.element,
        strides=strides[1:],
        padding=[*padding[1:3], *padding[4:]],
        dilations=dilations[1:],
        groups=groups,
    )
    image = sizes_of(y.value, make)[2:]
    return exchanged(reshaped(y, [batch, planes, outputs, *image]))


def _planes_seen(op: Conv3dOp, make: Make, per_group: Size) -> tuple[Term, Size, Size]:
    """[batch * planes, groups * depth * channels, h, w]; and how many images and planes."""
    batch, channels, size, *image = sizes_of(op.x, make)
    depth, groups = shape_of(op.weight)[2], op.groups.value.data
    stride, dilation = op.strides.get_values()[0], op.dilations.get_values()[0]
    front, back = op.padding.get_values()[0], op.padding.get_values()[3]
    planes = window(make, size, depth, stride, front + back, dilation)
    x = exchanged(Term(make, op.x))
    if front or back:
        x = x.then(PadOp, [0, front, 0, 0, 0], [0, back, 0, 0, 0], 0)
    box = [batch, planes, channels, *image]
    cuts = [
        x.then(SliceOp, [0, t * dilation, 0, 0, 0], box, [1, stride, 1, 1, 1]) for t in range(depth)
    ]
    parts = [reshaped(cut, [batch, planes, groups, 1, per_group, *image]) for cut in cuts]
    stacked = make.apply(ConcatOp([part.value for part in parts], 3))
    rows, columns = product(make, batch, planes), product(make, depth * groups, per_group)
    return reshaped(stacked, [rows, columns, *image]), batch, planes


def exchanged(x: Term) -> Term:
    """Channels and planes exchanged; a plane is moved as one row, for rows are moved fast."""
    batch, first, second, *image = sizes_of(x.value, x.formula)
    flat = reshaped(x, [batch, first, second, product(x.formula, *image)])
    return reshaped(flat.then(TransposeOp, [0, 2, 1, 3]), [batch, second, first, *image])


# Transposed convolutions


@dataclass(frozen=True)
class Phases:
    """Phases of one dimension that see the same neighbours.

    Place s*q + phase of the uncut result is the sum over t of x[q + first + step*t] times the
    kernel at `taps[phase][t]`.
    """

    phases: list[int]
    taps: list[list[int]]
    first: int = 0
    step: int = 1

    @property
    def seen(self) -> int:
        return len(self.taps[0])

    @property
    def last(self) -> int:
        return self.first + (self.seen - 1) * self.step


def phases_of(axis: TransposedAxis) -> list[Phases]:
    """All phases of a dimension; those that see nothing come last."""
    groups: dict[tuple[int, ...], Phases] = {}
    for phase in range(axis.stride):
        reached = [u for u in range(axis.kernel) if (u * axis.dilation - phase) % axis.stride == 0]
        taps = reached[::-1]
        offsets = tuple((phase - u * axis.dilation) // axis.stride for u in taps)
        step = offsets[1] - offsets[0] if len(offsets) > 1 else 1
        first = offsets[0] if offsets else 0
        group = groups.setdefault(offsets, Phases([], [], first, step))
        group.phases.append(phase)
        group.taps.append(taps)
    return sorted(groups.values(), key=lambda group: group.seen == 0)


@dataclass(frozen=True)
class Spread:
    """A transposed convolution over two or three dimensions about to be written in plain ones."""

    op: ConvTransposeOp
    make: Make
    x: Term
    weight: Term
    axes: list[TransposedAxis]

    def result(self) -> Term:
        """The phases interleaved, and cut to the size of the result."""
        rank, make = len(self.axes), self.make
        y = self._phases([])
        batch, groups, *sizes = sizes_of(y.value, make)
        phases, (outputs, *places) = sizes[:rank], sizes[rank:]
        if any(axis.stride > 1 for axis in self.axes):
            first = 2 + rank + 1
            pairs = chain.from_iterable((first + axis, 2 + axis) for axis in range(rank))
            y = y.then(TransposeOp, [0, 1, 2 + rank, *pairs])
        merged = [product(make, n, count) for n, count in zip(places, phases, strict=True)]
        channels = product(make, groups, outputs)
        y = reshaped(y, [batch, channels, *merged])
        image = sizes_of(self.x.value, make)[2:]
        kept = [_spread(make, axis, n) for axis, n in zip(self.axes, image, strict=True)]
        offsets = [axis.low - self._skipped(axis) * axis.stride for axis in self.axes]
        return sliced(y, [0, 0, *offsets], [batch, channels, *kept])

    def _phases(self, chosen: list[Phases]) -> Term:
        """[batch, group, phase.., out, place..] for chosen phases, and all of the other axes."""
        number = len(chosen)
        if number == len(self.axes):
            return self._convolved(chosen)
        groups = phases_of(self.axes[number])
        parts = [self._phases([*chosen, group]) for group in groups if group.seen]
        y = parts[0]
        if len(parts) > 1:
            y = self.make.apply(ConcatOp([part.value for part in parts], 2 + number))
        blank = [phase for group in groups if not group.seen for phase in group.phases]
        if blank:
            zeros = [0] * (3 + 2 * len(self.axes))
            high = [len(blank) if i == 2 + number else 0 for i in range(len(zeros))]
            y = y.then(PadOp, zeros, high, 0)
        order = [phase for group in groups for phase in group.phases]
        if order == sorted(order):
            return y
        places = sorted(range(len(order)), key=order.__getitem__)
        return y.then(GatherOp, indices(self.make, places, [len(places)]).value, 2 + number)

    def _skipped(self, axis: TransposedAxis) -> int:
        """How many first places of all phases are cut off, and so never computed."""
        return min([axis.low // axis.stride, *(-g.first for g in phases_of(axis) if g.seen)])

    def _convolved(self, chosen: Sequence[Phases]) -> Term:
        """One plain convolution, whose channels are (group, phase.., out): so the channels of a
        place stay together when the phases are interleaved."""
        rows = list(zip(self.axes, chosen, strict=True))
        low = [-group.first - self._skipped(axis) for axis, group in rows]
        high = [_grown(axis) + group.last for axis, group in rows]
        kind = Conv2dOp if len(rows) == 2 else Conv3dOp
        y = self.x.then(
            kind,
            self._weight(chosen).value,
            acc=self.op.acc,
            element_type=self.make.element,
            padding=[*low, *(max(0, n) for n in high)],
            dilations=[group.step for group in chosen],
            groups=self.op.groups.value.data,
        )
        batch, channels, *places = sizes_of(y.value, self.make)
        kept = [add(self.make, n, min(0, h)) for n, h in zip(places, high, strict=True)]
        y = sliced(y, [0] * (2 + len(rows)), [batch, channels, *kept])
        counts, groups = [len(group.phases) for group in chosen], self.op.groups.value.data
        outputs = divided(self.make, channels, groups * prod(counts))
        return reshaped(y, [batch, groups, *counts, outputs, *kept])

    def _weight(self, chosen: Sequence[Phases]) -> Term:
        """[(group, phase.., out), in, tap..] from [(group, in), out, kernel..]."""
        make, groups = self.make, self.op.groups.value.data
        channels, outputs, *_ = sizes_of(self.weight.value, make)
        weight, rank = self.weight, len(chosen)
        for number, group in enumerate(chosen):
            table = indices(make, list(chain(*group.taps)), [len(group.phases), group.seen])
            weight = weight.then(GatherOp, table.value, 2 + 2 * number)
        counts, taps = [len(g.phases) for g in chosen], [g.seen for g in chosen]
        pairs = list(chain(*zip(counts, taps, strict=True)))
        inputs = divided(make, channels, groups)
        weight = reshaped(weight, [groups, inputs, outputs, *pairs])
        phases, places = ([3 + first + 2 * i for i in range(rank)] for first in (0, 1))
        weight = weight.then(TransposeOp, [0, *phases, 2, 1, *places])
        rows = product(make, groups, outputs, *counts)
        return reshaped(weight, [rows, inputs, *taps])


def _grown(axis: TransposedAxis) -> int:
    """By how much every phase has more places than x."""
    return ((axis.kernel - 1) * axis.dilation - axis.high + axis.extra) // axis.stride


def _spread(make: Make, axis: TransposedAxis, size: Size) -> Size:
    """The size of the result."""
    extent = (axis.kernel - 1) * axis.dilation + 1 - axis.low - axis.high + axis.extra
    return add(make, product(make, size, axis.stride), extent - axis.stride)


def conv_transpose(op: ConvTransposeOp, make: Make) -> Term:
    """Plain convolutions, interleaved; a line is an image of height 1"""
    x, weight, axes = Term(make, op.x), Term(make, op.weight), op.axes()
    if len(axes) > 1:
        return Spread(op, make, x, weight, axes).result()
    batch, channels, length = sizes_of(op.x, make)
    inputs, outputs, kernel = sizes_of(op.weight, make)
    x = reshaped(x, [batch, channels, 1, length])
    weight = reshaped(weight, [inputs, outputs, 1, kernel])
    flat = TransposedAxis(kernel=1, stride=1, low=0, high=0, dilation=1, extra=0)
    y = Spread(op, make, x, weight, [flat, *axes]).result()
    batch, channels, _, length = sizes_of(y.value, make)
    return reshaped(y, [batch, channels, length])
