"""Reductions of windows: pooling, and cumulative sums as windows over all that came before.

A window of k elements is made of windows of half as many: `w(2m)[i] = w(m)[i] op w(m)[i + m]`, one
dimension after the other, which takes about 2 log k ops. The two poolings that `dl` has an op for
become that op.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.scan import CumprodOp, CumsumOp
from dlir.dialects.stablehlo.shapes import ints_of, pairs_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule, combine
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, known_number, unsupported
from dlir.lowering.stablehlo_to_dl.movement import padded
from dlir.lowering.stablehlo_to_dl.reduction import neutral, recognised
from dlir.lowering.stablehlo_to_dl.vectorized import applied

Join: TypeAlias = Callable[[Sequence[SSAValue], Sequence[SSAValue]], Sequence[SSAValue]]
"""Combines two values of each input."""


@dataclass(frozen=True)
class Windows:
    """How windows lie on a tensor, one entry per dimension."""

    sizes: Sequence[int]
    strides: Sequence[int]
    dilations: Sequence[int]
    padding: Sequence[tuple[int, int]]


def reduce_window(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    count = len(op.operands) // 2
    inputs, inits = op.operands[:count], op.operands[count:]
    rank = len(shape_of(inputs[0]))
    ones = [1] * rank
    windows = Windows(
        ints_of(op, "window_dimensions"),
        ints_of(op, "window_strides", ones),
        ints_of(op, "window_dilations", ones),
        pairs_of(op, "padding", rank),
    )
    holes = [n - 1 for n in ints_of(op, "base_dilations", ones)]
    name = recognised(op)
    if name is None:
        values = [_surrounded(e, x, init, windows, holes)
                  for x, init in zip(inputs, inits, strict=True)]  # fmt: skip
        return combined(e, lambda xs, ys: _by_region(e, op, xs, ys), values, windows)
    (x,), (init,) = inputs, inits
    start = neutral(name, element_of(x))
    if known_number(init) != start and (any(map(any, windows.padding)) or any(holes)):
        # The initial value would count for every place of the padding.
        unsupported("padding with an initial value that counts")
    x = padded(e, x, [0] * rank, [0] * rank, holes, start)
    made = pooled(e, name, x, windows) or running(e, name, x, windows)
    if made is None:
        low, high = ([pair[side] for pair in windows.padding] for side in (0, 1))
        wide = padded(e, x, low, high, [0] * rank, start)
        (made,) = combined(e, lambda xs, ys: [combine(e, name, xs[0], ys[0])], [wide], windows)
    return [made if known_number(init) == start else combine(e, name, made, init)]


def _surrounded(
    e: Emitter, x: SSAValue, init: SSAValue, windows: Windows, holes: Sequence[int]
) -> SSAValue:
    """x with its initial value around and between its elements."""
    low, high = ([pair[side] for pair in windows.padding] for side in (0, 1))
    value = known_number(init)
    if value is None:
        unsupported("a region that is no reduction known, with an initial value that is computed")
    return padded(e, x, low, high, holes, value)


def _by_region(
    e: Emitter, op: Operation, xs: Sequence[SSAValue], ys: Sequence[SSAValue]
) -> list[SSAValue]:
    return applied(e, op, op.regions[0].block, [*xs, *ys])


Layout: TypeAlias = Literal["nchw", "nhwc"]

IMAGES: tuple[tuple[Layout, tuple[int, int]], ...] = (("nhwc", (1, 2)), ("nchw", (2, 3)))
"""Layouts, and the axes of the image in them."""


def pooled(e: Emitter, name: str, x: SSAValue, windows: Windows) -> SSAValue | None:
    """`dl.max_pool2d`, where it says the same."""
    if name != "maximum" or len(windows.sizes) != 4 or element_of(x) == i1:
        return None
    if min(n for pair in windows.padding for n in pair) < 0:
        return None
    layouts = [entry for entry in IMAGES if _only_along(entry[1], windows)]
    if not layouts:
        return None
    layout, image = layouts[0]
    (top, bottom), (left, right) = (windows.padding[axis] for axis in image)
    lists = (windows.sizes, windows.strides, windows.dilations)
    kernel, strides, dilations = ([values[axis] for axis in image] for values in lists)
    return e.emit(
        p.MaxPool2dOp(
            x,
            kernel,
            strides=strides,
            padding=(top, left, bottom, right),
            dilations=dilations,
            layout=layout,
        )
    )


def _only_along(image: Sequence[int], windows: Windows) -> bool:
    """Whether windows have one element in all dimensions but those of the image."""
    rest = [axis for axis in range(4) if axis not in image]
    lists = (windows.sizes, windows.strides, windows.dilations)
    single = all(values[axis] == 1 for values in lists for axis in rest)
    return single and not any(any(windows.padding[axis]) for axis in rest)


SCANS = {"add": CumsumOp, "multiply": CumprodOp}


def running(e: Emitter, name: str, x: SSAValue, windows: Windows) -> SSAValue | None:
    """A running sum or product: windows over all elements up to each place, or from it on."""
    long = [axis for axis, size in enumerate(windows.sizes) if size > 1]
    if name not in SCANS or len(long) != 1 or element_of(x) == i1:
        return None
    (axis,) = long
    size, before = windows.sizes[axis], windows.padding[axis]
    others = [pair for i, pair in enumerate(windows.padding) if i != axis]
    plain = max(windows.strides) == max(windows.dilations) == 1 and not any(map(any, others))
    if not plain or shape_of(x)[axis] != size or before not in ((size - 1, 0), (0, size - 1)):
        return None
    return e.emit(SCANS[name](x, axis, reverse=before[0] == 0))


def combined(
    e: Emitter, join: Join, values: Sequence[SSAValue], windows: Windows
) -> Sequence[SSAValue]:
    """Dimension after dimension, windows of growing size; the values are padded."""
    for axis, size in enumerate(windows.sizes):
        if size > 1:
            values = _along(e, join, values, axis, size, windows.dilations[axis])
        if windows.strides[axis] > 1:
            values = [_every(e, x, axis, windows.strides[axis]) for x in values]
    return values


def _along(
    e: Emitter, join: Join, values: Sequence[SSAValue], axis: int, size: int, dilation: int
) -> Sequence[SSAValue]:
    """The windows of `size` elements, `dilation` apart, at every place along an axis.

    They are made of those whose sizes are the powers of two in `size`.
    """
    total = shape_of(values[0])[axis]
    if total < 0:
        unsupported("a window along a dimension of unknown size")
    places = total - (size - 1) * dilation
    if places <= 0:
        return [_part(e, x, axis, 0, 0) for x in values]
    power, found, done = 1, None, 0
    while True:
        if size & power:
            part = [_part(e, x, axis, done * dilation, places) for x in values]
            found = part if found is None else join(found, part)
            done += power
        if power * 2 > size:
            assert found is not None, "a size has a bit that is set"
            return found
        length = shape_of(values[0])[axis] - power * dilation
        first, second = ([_part(e, x, axis, start, length) for x in values]
                         for start in (0, power * dilation))  # fmt: skip
        values, power = join(first, second), power * 2


def _part(e: Emitter, x: SSAValue, axis: int, start: int, length: int) -> SSAValue:
    """`length` elements along an axis."""
    if start == 0 and length == shape_of(x)[axis]:
        return x
    offsets = [start if i == axis else 0 for i in range(len(shape_of(x)))]
    sizes = [length if i == axis else n for i, n in enumerate(e.shape(x))]
    return e.slice(x, offsets, sizes)


def _every(e: Emitter, x: SSAValue, axis: int, stride: int) -> SSAValue:
    shape = e.shape(x)
    count = -(-shape_of(x)[axis] // stride)
    if shape_of(x)[axis] < 0:
        unsupported("a window along a dimension of unknown size")
    strides = [stride if i == axis else 1 for i in range(len(shape))]
    sizes = [count if i == axis else n for i, n in enumerate(shape)]
    return e.slice(x, [0] * len(shape), sizes, strides)


RULES: dict[str, Rule] = {"stablehlo.reduce_window": reduce_window}
