"""Convolutions of any layout: `dl.conv2d` after the operands are brought into its order.

One spatial dimension is two of which one has size 1. Holes in the image (transposed convolutions)
are zeros between its elements; groups of the batch are groups of features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.stablehlo.shapes import ints_of, number_of, pairs_of
from dlir.lowering.stablehlo_to_dl.contraction import accumulator
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, unsupported
from dlir.lowering.stablehlo_to_dl.movement import padded, reversed_along


@dataclass(frozen=True)
class Window:
    """What a convolution's window does, one entry per spatial dimension."""

    strides: Sequence[int]
    padding: Sequence[tuple[int, int]]
    image_dilations: Sequence[int]
    dilations: Sequence[int]
    reversed: Sequence[int]

    def with_one_more(self) -> Window:
        """The same for images of one dimension more, of size 1, in front."""
        return Window([1, *self.strides], [(0, 0), *self.padding], [1, *self.image_dilations],
                      [1, *self.dilations], [0, *self.reversed])  # fmt: skip


def convolution(e: Emitter, op: Operation) -> SSAValue:
    lhs, rhs, result = cast(Any, op.properties["dimension_numbers"]).data
    count = len(lhs) - 2
    if not 1 <= count <= 2:
        unsupported(f"{count} spatial dimensions", "one and two are")
    x, weight = op.operands[0], op.operands[1]
    spatial = [str(i) for i in range(count)]
    layout: Literal["nchw", "nhwc"] = "nhwc" if lhs.index("f") == count + 1 else "nchw"
    order = ["b", *spatial, "f"] if layout == "nhwc" else ["b", "f", *spatial]
    x = e.transpose(x, [lhs.index(name) for name in order])
    weight = e.transpose(weight, [rhs.index(name) for name in ("o", "i", *spatial)])
    made = _convolve(e, op, x, weight, _window(op, count), layout)
    return e.transpose(made, [order.index(name) for name in result])


def _window(op: Operation, count: int) -> Window:
    ones = [1] * count
    return Window(
        ints_of(op, "window_strides", ones),
        pairs_of(op, "padding", count),
        ints_of(op, "lhs_dilation", ones),
        ints_of(op, "rhs_dilation", ones),
        ints_of(op, "window_reversal", [0] * count),
    )


def _convolve(
    e: Emitter,
    op: Operation,
    x: SSAValue,
    weight: SSAValue,
    window: Window,
    layout: Literal["nchw", "nhwc"],
) -> SSAValue:
    """The convolution of an image in that layout with a kernel [out, in, spatial..]."""
    first = 1 if layout == "nhwc" else 2
    flat = len(window.strides) == 1
    if flat:
        x, weight = _with_one(e, x, first), _with_one(e, weight, 2)
        window = window.with_one_more()
    turned = [2 + axis for axis, flag in enumerate(window.reversed) if flag]
    weight = reversed_along(e, weight, turned) if turned else weight
    x, window = _prepared(e, x, window, first)
    groups = number_of(op, "feature_group_count", 1)
    if (batches := number_of(op, "batch_group_count", 1)) > 1:
        x, groups = _batch_as_features(e, x, batches, layout), batches
    element = element_of(op.results[0])
    if element_of(x) != element_of(weight):
        unsupported(f"operands of types {element_of(x)} and {element_of(weight)}")
    (top, bottom), (left, right) = window.padding
    made = e.emit(
        Conv2dOp(
            x,
            weight,
            acc=accumulator(element_of(x), element),
            element_type=element,
            strides=window.strides,
            padding=(top, left, bottom, right),
            dilations=window.dilations,
            groups=groups,
            layout=layout,
        )
    )
    if not flat:
        return made
    shape = e.shape(made)
    return e.reshape(made, [*shape[:first], *shape[first + 1 :]])


def _with_one(e: Emitter, x: SSAValue, axis: int) -> SSAValue:
    """x with a dimension of size 1 before an axis."""
    shape = e.shape(x)
    return e.reshape(x, [*shape[:axis], 1, *shape[axis:]])


def _prepared(e: Emitter, x: SSAValue, window: Window, first: int) -> tuple[SSAValue, Window]:
    """The image with its holes, and cut where paddings are negative."""
    rank = 4
    interior = [0] * rank
    low, high = [0] * rank, [0] * rank
    for axis, dilation in enumerate(window.image_dilations):
        interior[first + axis] = dilation - 1
    for axis, (before, after) in enumerate(window.padding):
        low[first + axis], high[first + axis] = min(before, 0), min(after, 0)
    x = padded(e, x, low, high, interior, 0)
    positive = [(max(before, 0), max(after, 0)) for before, after in window.padding]
    return x, replace(window, padding=positive, image_dilations=[1, 1])


def _batch_as_features(
    e: Emitter, x: SSAValue, groups: int, layout: Literal["nchw", "nhwc"]
) -> SSAValue:
    """[groups * n, c] as [n, groups * c]: each group of the batch has features of its own."""
    shape = e.shape(x)
    batch, axis = shape[0], (3 if layout == "nhwc" else 1)
    features = shape[axis]
    if not isinstance(batch, int) or not isinstance(features, int):
        unsupported("groups of a batch of unknown size")
    parts: list[Size] = [groups, batch // groups, *shape[1:]]
    # The groups move before the features.
    perm = [*range(1, axis + 1), 0, *range(axis + 1, 5)]
    whole: list[Size] = [batch // groups, *shape[1:]]
    whole[axis] = groups * features
    return e.reshape(e.transpose(e.reshape(x, parts), perm), whole)


RULES: dict[str, Rule] = {"stablehlo.convolution": convolution}
