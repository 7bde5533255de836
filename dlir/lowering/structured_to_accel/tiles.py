"""Boxes of tensors on chip: loaded when needed, with borders where a window leaves the tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import gcd
from typing import TypeAlias

from xdsl.dialects.builtin import f32, i32
from xdsl.ir import Attribute, SSAValue

from dlir.dialects.accel.attrs import Memory
from dlir.dialects.structured.maps import Linear
from dlir.lowering.structured_to_accel.emitter import Domain, Emitter, View
from dlir.lowering.structured_to_accel.evaluate import Constant, is_immediate
from dlir.lowering.structured_to_accel.stored import Layout, Stored, blocks_of, physical_shape
from dlir.types import element_of, is_integer

Range: TypeAlias = tuple[int, int]
"""The first value of an iterator, and how many."""
Box: TypeAlias = Sequence[Range]


def hull(forms: Sequence[Linear], box: Box) -> tuple[list[int], list[int]]:
    """Where the forms begin in a box, and how far they reach; factors are not negative."""
    origin: list[int] = []
    sizes: list[int] = []
    for form in forms:
        first, size = form.constant, 1
        for d in form.dims:
            start, count = box[d]
            first += form.coefficients[d] * start
            size += form.coefficients[d] * (count - 1)
        origin.append(first)
        sizes.append(size)
    return origin, sizes


def boxes(box: Sequence[Range], sizes: Mapping[int, int]) -> Iterator[list[Range]]:
    """The box cut into tiles along some iterators, in order."""
    parts = [
        [(first, min(size, box[d][0] + box[d][1] - first))
         for first in range(box[d][0], box[d][0] + box[d][1], size)]
        for d, size in sizes.items()
    ]  # fmt: skip
    for chosen in product(*parts):
        tile = list(box)
        for d, part in zip(sizes, chosen, strict=True):
            tile[d] = part
        yield tile


def relative(forms: Sequence[Linear], box: Box, origin: Sequence[int]) -> list[Linear]:
    """The forms counted from an origin, with iterators counted from the box's first values."""
    result: list[Linear] = []
    for form, first in zip(forms, origin, strict=True):
        start = form.constant + sum(form.coefficients[d] * box[d][0] for d in form.dims)
        result.append(Linear(form.coefficients, start - first))
    return result


Key: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""A box of a tensor: strides, origin, sizes."""


def strides_of(forms: Sequence[Linear], box: Box, whole: int | None = None) -> tuple[int, ...]:
    """Per dimension, the step between elements that a box can touch at all; 1 for `whole`."""
    return tuple([1 if d == whole else _stride(form, box) for d, form in enumerate(forms)])


def last_of_rows(rank: int, lane: int | None) -> int | None:
    """The last dimension that is not the lanes': its elements follow each other in memory."""
    return next((d for d in reversed(range(rank)) if d != lane), None)


def _stride(form: Linear, box: Box) -> int:
    if max(form.coefficients, default=0) < 2:
        return 1
    step = gcd(*(form.coefficients[d] for d in form.dims if box[d][1] > 1))
    if step < 2:
        return 1
    start = form.constant + sum(form.coefficients[d] * box[d][0] for d in form.dims)
    single = all(form.coefficients[d] % step == 0 for d in form.dims if box[d] != (0, 1))
    return step if single and start % step == 0 and form.constant % step == 0 else 1


def written_strides(forms: Sequence[Linear], box: Box) -> tuple[int, ...]:
    """Per dimension of a result, the step between the elements that a box writes."""
    steps = (gcd(*(f.coefficients[d] for d in f.dims if box[d][1] > 1)) for f in forms)
    return tuple(max(1, step) for step in steps)


def divided(form: Linear, stride: int) -> Linear:
    """A form in steps of a stride; what does not move in the box does not count."""
    if stride == 1:
        return form
    return Linear(tuple(c // stride for c in form.coefficients), form.constant // stride)


@dataclass
class Local:
    """A box of a tensor that lies on chip."""

    stored: Stored
    origin: tuple[int, ...]

    def holds(self, origin: Sequence[int], sizes: Sequence[int]) -> bool:
        """Whether a box lies inside of this one."""
        mine = zip(self.origin, self.stored.shape, origin, sizes, strict=True)
        return all(a <= b and b + n <= a + m for a, m, b, n in mine)


@dataclass
class Tiles:
    """Finds boxes of tensors on chip, loading them from DRAM."""

    emit: Emitter
    constant: Constant
    stored: dict[SSAValue, Stored] = field(default_factory=dict[SSAValue, Stored])
    """Where whole tensors are."""
    local: dict[SSAValue, Local] = field(default_factory=dict[SSAValue, Local])
    """Boxes that were computed for the tile at hand."""
    loaded: dict[SSAValue, dict[Key, Stored]] = field(
        default_factory=dict[SSAValue, "dict[Key, Stored]"]
    )
    """Boxes that were loaded for this kernel."""
    kept: set[SSAValue] = field(default_factory=set[SSAValue])
    """Tensors of which all loaded boxes are kept, not only the last."""
    whole: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Tensors of which all along a dimension is loaded, even where every so-many-th is read."""
    produce: Callable[[SSAValue, Sequence[int], Sequence[int]], Local | None] = (
        lambda value, origin, sizes: None
    )
    """Computes a box of a tensor that is fused into the kernel, if it is."""

    def begin(self, kept: Sequence[SSAValue] = ()) -> None:
        """A new kernel: nothing is loaded yet."""
        self.loaded.clear()
        self.local.clear()
        self.whole.clear()
        self.kept = set(kept)

    def view(
        self,
        value: SSAValue,
        forms: Sequence[Linear],
        box: Box,
        axes: Sequence[int],
        filler: float | None = None,
    ) -> View:
        """The rows that forms visit in a box, over some of the iterators, on chip."""
        strides = strides_of(forms, box, self.whole.get(value))
        if max(strides, default=1) > 1:
            forms = [divided(f, s) for f, s in zip(forms, strides, strict=True)]
        origin, sizes = hull(forms, box)
        found = self.box(value, origin, sizes, filler, strides)
        view = found.over(relative(forms, box, origin), axes, self.emit.cols)
        assert view is not None, "planned before"
        return view

    def box(
        self,
        value: SSAValue,
        origin: Sequence[int],
        sizes: Sequence[int],
        filler: float | None,
        strides: tuple[int, ...] = (),
    ) -> Stored:
        """A box of a tensor on chip; index 0 of the result is its origin.

        With strides, the box is one of the tensor that has every so-many-th element only.
        """
        cols = self.emit.cols
        strided = any(s > 1 for s in strides)
        local = self.local.get(value)
        if local is None or not local.holds(origin, sizes):
            local = self.produce(value, origin, sizes)
        if local is not None:
            assert not strided, "fused tensors are read as they are"
            self.local[value] = local
            moved = [o - first for o, first in zip(origin, local.origin, strict=True)]
            return local.stored.box(moved, sizes, cols)
        whole = self.stored[value]
        if strided:
            whole = whole.every(strides)
        leaves = any(
            o < 0 or o + n > total for o, n, total in zip(origin, sizes, whole.shape, strict=True)
        )
        if whole.memory is Memory.SPM and (not leaves or _has_border(whole, origin, sizes, filler)):
            return whole.box(origin, sizes, cols)
        key = (strides, tuple(origin), tuple(sizes))
        return self._load(value, whole, key, filler if leaves else None)

    def _load(
        self,
        value: SSAValue,
        whole: Stored,
        key: Key,
        filler: float | None,
    ) -> Stored:
        _, origin, sizes = key
        boxes = self.loaded.setdefault(value, {})
        for known, stored in boxes.items():
            if (moved := _within(key, known)) is not None:
                return stored.box(moved, sizes, self.emit.cols)
        tile = self.tile(sizes, whole.lane, element_of(whole.memref.type))
        low = [max(0, o) for o in origin]
        ends = zip(origin, sizes, whole.shape, strict=True)
        high = [min(o + n, total) for o, n, total in ends]
        extents = [b - a for a, b in zip(low, high, strict=True)]
        inner = tile.box([a - o for a, o in zip(low, origin, strict=True)], extents, self.emit.cols)
        if filler is not None:
            self._fill_border(tile, low, high, origin, filler)
        if min(extents, default=1) > 0:
            source = whole.box(low, extents, self.emit.cols)
            domain = domain_of(extents, whole.lane, self.emit.cols)
            if whole.memory is Memory.SPM:
                self.emit.unary("copy", rows_of(source), rows_of(inner), domain)
            else:
                self.emit.load(rows_of(source), rows_of(inner), domain)
        if value not in self.kept:
            boxes.clear()
        boxes[key] = tile
        return tile

    def tile(self, sizes: Sequence[int], lane: int | None, element: Attribute) -> Stored:
        """A new tile in the scratchpad for a box of these sizes."""
        layout = Layout(lane)
        shape = physical_shape(sizes, layout, self.emit.cols)
        memref = self.emit.alloc(Memory.SPM, shape, element)
        return Stored.whole(memref, sizes, layout, self.emit.cols)

    def _fill_border(
        self,
        tile: Stored,
        low: Sequence[int],
        high: Sequence[int],
        origin: Sequence[int],
        filler: float,
    ) -> None:
        """Strips before and after the inside, dimension by dimension."""
        first, last = [0] * len(low), list(tile.shape)
        for d in range(len(low)):
            inside = low[d] - origin[d], max(low[d], high[d]) - origin[d]
            for start, end in ((first[d], inside[0]), (inside[1], last[d])):
                if end > start and d != tile.lane:
                    at = [*first[:d], start, *first[d + 1 :]]
                    sizes = [b - a for a, b in zip(first, last, strict=True)]
                    sizes[d] = end - start
                    self.fill(tile.box(at, sizes, self.emit.cols), filler)
            first[d], last[d] = inside

    def fill(self, part: Stored, number: float) -> None:
        """Every element of a part on chip becomes a number."""
        domain = domain_of(part.shape, part.lane, self.emit.cols)
        target = rows_of(part)
        is_int = is_integer(element_of(part.memref.type))
        if is_immediate(number, is_int):  # which a prefetch knows how to move along with loads
            self.emit.binary("fill", target, number, target, domain)
            return
        row = self.constant(number, i32 if is_int else f32)
        self.emit.unary("copy", row.with_steps((0,) * len(domain)), target, domain)


def _within(key: Key, known: Key) -> list[int] | None:
    """Where a box begins in another that holds it, if it does."""
    if key[0] != known[0]:
        return None
    moved = [a - b for a, b in zip(key[1], known[1], strict=True)]
    ends = zip(moved, key[2], known[2], strict=True)
    return moved if all(m >= 0 and m + n <= size for m, n, size in ends) else None


def _has_border(
    whole: Stored, origin: Sequence[int], sizes: Sequence[int], filler: float | None
) -> bool:
    """Whether the rows around a tensor on chip are there, and hold the filler."""
    if whole.filler is None or whole.filler != filler:
        return False
    around = whole.border or ((0, 0),) * len(whole.shape)
    return all(
        o >= -before and o + n <= total + after
        for o, n, total, (before, after) in zip(origin, sizes, whole.shape, around, strict=True)
    )


def domain_of(sizes: Sequence[int], lane: int | None, cols: int) -> Domain:
    """The rows of a box, as a domain over its dimensions; lanes count in blocks."""
    return tuple(blocks_of(n, cols) if d == lane else n for d, n in enumerate(sizes))


def rows_of(stored: Stored) -> View:
    """The rows of a box over its own dimensions."""
    return View(stored.memref, stored.base, stored.steps)


def without_border(stored: Stored) -> Stored:
    """The tensor alone."""
    return stored._replace(border=(), filler=None)
