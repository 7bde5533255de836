"""Tensors as the machine holds them: rows of lanes, in blocks of as many lanes as it has columns.

A tensor of shape `d0 x .. x dn` whose dimension L lies on the lanes is a memref of
`ceil(dL / C) x (the other dimensions) x C`: one block of lanes after the other, and in each block
one row for every index of the other dimensions. A tensor with no dimension on the lanes (a number
per row, such as a row's sum) has one block, and its numbers stand in lane 0.

Reshapes, transposes and slices are other views of the same rows, as long as lanes stay whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from xdsl.ir import SSAValue

from dlir.dialects.accel.attrs import Memory, memory_of
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.reshaping import groups
from dlir.lowering.structured_to_accel.emitter import View


@dataclass(frozen=True)
class Layout:
    """Which dimension lies on the lanes, and zeros (or another number) kept around the others."""

    lane: int | None
    border: tuple[tuple[int, int], ...] = ()
    """Rows before and after each dimension; empty for none."""

    def around(self, rank: int) -> tuple[tuple[int, int], ...]:
        return self.border or ((0, 0),) * rank


def blocks_of(size: int, cols: int) -> int:
    """How many blocks of lanes hold so many elements."""
    return -(-size // cols)


def physical_shape(shape: Sequence[int], layout: Layout, cols: int) -> tuple[int, ...]:
    """The memref's shape but for the lanes: blocks, then the other dimensions with borders."""
    around = layout.around(len(shape))
    rows = [n + sum(around[d]) for d, n in enumerate(shape) if d != layout.lane]
    blocks = 1 if layout.lane is None else blocks_of(shape[layout.lane], cols)
    return (blocks, *rows)


class Stored(NamedTuple):
    """A tensor (or a box of one) in a memory."""

    memref: SSAValue
    base: int
    """The row of its first element."""
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    """Rows from one index to the next of each dimension; of the lanes, from block to block."""
    lane: int | None
    border: tuple[tuple[int, int], ...] = ()
    """Rows before and after each dimension that hold `filler`."""
    filler: float | None = None

    @property
    def memory(self) -> Memory | None:
        return memory_of(self.memref.type)

    @staticmethod
    def whole(memref: SSAValue, shape: Sequence[int], layout: Layout, cols: int) -> Stored:
        """The tensor that a memref of `physical_shape` holds."""
        physical = physical_shape(shape, layout, cols)
        around = layout.around(len(shape))
        steps, step = [0] * len(shape), 1
        base = 0
        for d in reversed([d for d in range(len(shape)) if d != layout.lane]):
            steps[d] = step
            base += around[d][0] * step
            step *= shape[d] + sum(around[d])
        if layout.lane is not None:
            steps[layout.lane] = prod(physical[1:])
        return Stored(memref, base, tuple(shape), tuple(steps), layout.lane, layout.border)

    def blocks(self, cols: int) -> int:
        return 1 if self.lane is None else blocks_of(self.shape[self.lane], cols)

    def box(self, origin: Sequence[int], sizes: Sequence[int], cols: int) -> Stored:
        """A part; on the lanes it begins at a whole block."""
        moved = self.base
        for d, first in enumerate(origin):
            moved += self.steps[d] * (first // cols if d == self.lane else first)
        return Stored(self.memref, moved, tuple(sizes), self.steps, self.lane)

    def every(self, strides: Sequence[int]) -> Stored:
        """The tensor of every so-many-th element, from the first on; lanes stay as they are."""
        shape = tuple(-(-n // s) for n, s in zip(self.shape, strides, strict=True))
        steps = tuple(t * s for t, s in zip(self.steps, strides, strict=True))
        return Stored(self.memref, self.base, shape, steps, self.lane)

    def spread(self, strides: Sequence[int]) -> Stored:
        """The same shape over every so-many-th element of a larger tensor."""
        steps = tuple(t * s for t, s in zip(self.steps, strides, strict=True))
        return Stored(self.memref, self.base, self.shape, steps, self.lane)

    def over(self, forms: Sequence[Linear], iterators: Sequence[int], cols: int) -> View | None:
        """The rows that linear forms of some iterators visit, as a view over these iterators.

        On the lanes, the iterator with factor 1 counts blocks; others must move by whole blocks.
        One lane is a number per row, which may be combined with any number of lanes.
        """
        steps = [0] * len(iterators)
        base = self.base
        lane = self.lane is None or self.shape[self.lane] == 1
        for d, form in enumerate(forms):
            scale, unit = self.steps[d], 1
            if d == self.lane:
                if form.constant % cols:
                    return None
                scale, unit = self.steps[d], cols
            base += scale * (form.constant // unit)
            for position, i in enumerate(iterators):
                factor = form.coefficients[i]
                if factor and d == self.lane and factor % cols:
                    if factor != 1:
                        return None
                    steps[position] += scale
                else:
                    steps[position] += scale * (factor // unit)
        return View(self.memref, base, tuple(steps), lane)


def copied(
    source: Stored, forms: Sequence[Linear], shape: Sequence[int], cols: int
) -> Stored | None:
    """The result of a copy `out[i..] = x[forms(i..)]` as another view of x, if it is one."""
    steps = [0] * len(shape)
    base, lane = source.base, None
    for d, form in enumerate(forms):
        on_lanes = d == source.lane
        if on_lanes and form.constant % cols:
            return None
        base += source.steps[d] * (form.constant // (cols if on_lanes else 1))
        for out, factor in enumerate(form.coefficients):
            if not factor:
                continue
            if not on_lanes:
                steps[out] += source.steps[d] * factor
            elif factor == 1 and lane is None:
                lane = out
                steps[out] += source.steps[d]
            elif factor % cols == 0:
                steps[out] += source.steps[d] * (factor // cols)
            else:
                return None
    if source.lane is not None and lane is None:
        if source.shape[source.lane] != 1:
            return None  # one lane of many, which is not lane 0 of its row
        lane = next((d for d, n in enumerate(shape) if n == 1), None)
    return Stored(source.memref, base, tuple(shape), tuple(steps), lane)


def reshaped(source: Stored, shape: Sequence[int], cols: int) -> Stored | None:
    """The same elements in row-major order under another shape, if rows and lanes allow it."""
    steps = [0] * len(shape)
    lane: int | None = None
    for old, new in groups(source.shape, shape):
        kept = [d for d in old if source.shape[d] != 1 or d == source.lane]
        merged = _merged(source, kept, cols)
        if merged is None:
            return None
        step, on_lanes = merged
        wanted = [d for d in new if shape[d] != 1] or new[-1:]
        for d in reversed(wanted):
            steps[d] = step
            if on_lanes and lane is None:
                lane = d
                if len(wanted) > 1 and shape[d] % cols:
                    return None
                step *= blocks_of(shape[d], cols)
            else:
                step *= shape[d]
    if source.lane is not None and lane is None:
        return None
    return Stored(source.memref, source.base, tuple(shape), tuple(steps), lane)


def _merged(source: Stored, dims: Sequence[int], cols: int) -> tuple[int, bool] | None:
    """Several dimensions as one: the step of the last, and whether it lies on the lanes."""
    if not dims:
        return 0, False
    last = dims[-1]
    on_lanes = last == source.lane
    if not on_lanes and source.lane in dims:
        return None
    if on_lanes and len(dims) > 1 and source.shape[last] % cols:
        return None
    size = blocks_of(source.shape[last], cols) if on_lanes else source.shape[last]
    first = source.steps[last]
    if on_lanes and size == 1 and len(dims) > 1:
        first = source.steps[dims[-2]]  # there is no way yet from its only block to a next
    step = first * size
    for d in reversed(dims[:-1]):
        if source.steps[d] != step:
            return None
        step *= source.shape[d]
    return first, on_lanes
