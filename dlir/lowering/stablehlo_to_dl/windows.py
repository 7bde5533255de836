"""Reductions of windows: pooling, and cumulative sums as windows over all that came before.

A window of k elements is made of windows of half as many: `w(2m)[i] = w(m)[i] op w(m)[i + m]`, one
dimension after the other, which takes about 2 log k ops. The two poolings that `dl` has an op for
become that op.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.stablehlo.shapes import ints_of, pairs_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule, combine
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, known_number, unsupported
from dlir.lowering.stablehlo_to_dl.movement import padded
from dlir.lowering.stablehlo_to_dl.reduction import neutral, recognised


@dataclass(frozen=True)
class Windows:
    """How windows lie on a tensor, one entry per dimension."""

    sizes: Sequence[int]
    strides: Sequence[int]
    dilations: Sequence[int]
    padding: Sequence[tuple[int, int]]


def reduce_window(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    if len(op.operands) != 2:
        unsupported(f"{len(op.operands) // 2} inputs")
    x, init = op.operands
    rank = len(shape_of(op.operands[0]))
    ones = [1] * rank
    windows = Windows(
        ints_of(op, "window_dimensions"),
        ints_of(op, "window_strides", ones),
        ints_of(op, "window_dilations", ones),
        pairs_of(op, "padding", rank),
    )
    name = recognised(op)
    start = neutral(name, element_of(x))
    base = ints_of(op, "base_dilations", ones)
    x = padded(e, x, [0] * rank, [0] * rank, [n - 1 for n in base], start)
    made = pooled(e, name, x, windows) or combined(e, name, x, windows)
    if known_number(init) != start:
        # The initial value counts once for each window, and for every place of the padding.
        if any(map(any, windows.padding)) or max(base, default=1) > 1:
            unsupported("padding with an initial value that counts")
        made = combine(e, name, made, init)
    return [made]


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


def combined(e: Emitter, name: str, x: SSAValue, windows: Windows) -> SSAValue:
    """Dimension after dimension, windows of growing size."""
    low, high = ([pair[side] for pair in windows.padding] for side in (0, 1))
    x = padded(e, x, low, high, [0] * len(low), neutral(name, element_of(x)))
    for axis, size in enumerate(windows.sizes):
        if size > 1:
            x = _along(e, name, x, axis, size, windows.dilations[axis])
        if windows.strides[axis] > 1:
            x = _every(e, x, axis, windows.strides[axis])
    return x


def _along(e: Emitter, name: str, x: SSAValue, axis: int, size: int, dilation: int) -> SSAValue:
    """The windows of `size` elements, `dilation` apart, at every place along an axis."""
    total = shape_of(x)[axis]
    places = total - (size - 1) * dilation
    if total < 0:
        unsupported("a window along a dimension of unknown size")
    if places <= 0:
        return _part(e, x, axis, 0, 0)
    # `parts` are windows of the sizes in the binary form of `size`, from the largest one on.
    power, of_power, found, done = 1, x, None, 0
    while True:
        if size & power:
            part = _part(e, of_power, axis, done * dilation, places)
            found = part if found is None else combine(e, name, found, part)
            done += power
        if power * 2 > size:
            assert found is not None, "a size has a bit that is set"
            return found
        length = shape_of(of_power)[axis] - power * dilation
        halves = [_part(e, of_power, axis, start, length) for start in (0, power * dilation)]
        of_power, power = combine(e, name, *halves), power * 2


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
