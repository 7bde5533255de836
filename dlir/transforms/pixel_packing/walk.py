"""How a convolution walks images whose pixels are packed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import shape_of
from dlir.dialects.structured.rearrange import form
from dlir.transforms.pixel_packing.convs import Conv, X, group_of


@dataclass(frozen=True)
class Walk:
    """The iterators of a packed convolution: those that stay, then its own.

    These are x, the group of pixels along a row; in a group with several rows of lanes u, which of
    them; the lanes; the taps, which are places of packed pixels; and what is summed in one of them.
    """

    conv: Conv
    mine: int
    """Pixels that are packed together in the image that is read."""
    packed: int
    """And in the result."""
    blocks: int
    """Rows of lanes that a packed pixel of the result takes."""

    @property
    def theirs(self) -> int:
        """Pixels in a row of lanes of the result."""
        return self.packed // self.blocks

    @property
    def moved(self) -> bool:
        """Whether each of several rows of lanes is read where it is, by the same weights."""
        return self.blocks > 1 and self.conv.stride % self.mine == 0

    @property
    def group(self) -> int:
        """Pixels that a set of weights is for."""
        return 1 if self.moved else group_of(self.mine, self.packed, self.conv.stride)

    @property
    def units(self) -> list[int]:
        """How many sets of weights there are, if more than one."""
        return [self.group // self.theirs] if self.group > self.theirs else []

    @property
    def first(self) -> int:
        """Taps before the one that holds the first pixel."""
        return -(-self.conv.pad // self.mine)

    @property
    def last(self) -> int:
        """Taps behind it."""
        return (self._reach - 1) // self.mine

    @property
    def _reach(self) -> int:
        """Pixels from the first one to the end of the last window of a group."""
        return self.conv.stride * (self.group - 1) + self.conv.window - self.conv.pad

    @property
    def leaves_image(self) -> bool:
        return bool(self.first or self.last)

    @property
    def taps(self) -> int:
        return self.first + self.last + 1

    @property
    def used(self) -> int:
        """Pixels of a tap that may have weights."""
        return self.mine if self.leaves_image else min(self.mine, self._reach)

    @cached_property
    def _sizes(self) -> Sequence[int]:
        return self.conv.op.static_extents()

    @cached_property
    def kept(self) -> list[int]:
        """The convolution's iterators that stay."""
        gone = {self.conv.x, self.conv.o, self.conv.c, self.conv.kw}
        return [d for d in range(len(self._sizes)) if d not in gone]

    @property
    def sums(self) -> list[int]:
        """Of them those that are summed over."""
        return [d for d in self.kept if d in self.conv.op.reduction_dims]

    @property
    def _step(self) -> int:
        """Pixels of the result from one x to the next."""
        return self.blocks if self.moved else self.group

    @property
    def _walked(self) -> list[int]:
        """The extent of u, if there is one."""
        return [self.blocks] if self.moved else self.units

    @cached_property
    def extents(self) -> list[int]:
        return [
            *(self._sizes[d] for d in self.kept),
            shape_of(self.conv.op.outs)[X] // self._step,
            *self._walked,
            self.theirs * self._sizes[self.conv.o],
            self.taps,
            self.used * self._sizes[self.conv.c],
        ]

    @property
    def count(self) -> int:
        return len(self.extents)

    @property
    def x(self) -> int:
        return len(self.kept)

    @property
    def u(self) -> list[int]:
        return [self.x + 1] if self._walked else []

    @property
    def lane(self) -> int:
        return self.count - 3

    @property
    def kinds(self) -> list[Iterator]:
        kinds = [self.conv.op.kinds[d] for d in self.kept]
        own = [Iterator.PARALLEL] * (2 + len(self.u)) + [Iterator.REDUCTION] * 2
        return [*kinds, *own]

    @property
    def parallel(self) -> list[int]:
        return [i for i, kind in enumerate(self.kinds) if kind is Iterator.PARALLEL]

    def of(self, dim: int) -> Linear:
        """The place of one iterator."""
        return form(self.count, {dim: 1})

    def _renamed(self, one: Linear) -> Linear:
        """A form of iterators that stay."""
        coefficients = [one.coefficients[d] for d in self.kept]
        rest = [0] * (self.count - len(self.kept))
        return Linear((*coefficients, *rest), one.constant)

    @property
    def image(self) -> list[Linear]:
        """Where the image is read."""
        conv, (tap, summed) = self.conv, (self.count - 2, self.count - 1)
        places = {self.x: conv.stride * self._step // self.mine, tap: 1}
        if self.moved:
            places[self.u[0]] = conv.stride // self.mine
        rows = [self._renamed(f) for f in conv.op.input_forms[conv.a][:X]]
        return [*rows, form(self.count, places, -self.first), self.of(summed)]

    @property
    def weights(self) -> list[Linear]:
        """Where a plane of weights is read."""
        tap, summed = self.count - 2, self.count - 1
        units = [] if self.moved else self.u
        sums = [self.kept.index(d) for d in self.sums]
        return [self.of(i) for i in (*units, *sums, tap, summed, self.lane)]

    @property
    def result(self) -> list[Linear]:
        """Where the result is written."""
        rows = [self._renamed(f) for f in self.conv.op.out_forms[:X]]
        if self.blocks > 1:
            (u,) = self.u
            lanes = form(self.count, {u: self._sizes[self.conv.o], self.lane: 1})
            return [*rows, self.of(self.x), lanes]
        pixels = {self.x: self.group // self.theirs, **dict.fromkeys(self.u, 1)}
        return [*rows, form(self.count, pixels), self.of(self.lane)]

    @property
    def result_shape(self) -> list[int]:
        shape = shape_of(self.conv.op.outs)
        lanes = self.packed * self._sizes[self.conv.o]
        return [*shape[:X], shape[X] // self.packed, lanes]


def walk_of(conv: Conv, mine: int, packed: int, is_wide: bool) -> Walk:
    """A `is_wide` result has a row of lanes for each pixel."""
    return Walk(conv, mine, packed, packed if is_wide else 1)
