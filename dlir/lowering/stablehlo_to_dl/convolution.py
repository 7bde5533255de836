"""Convolutions of any layout: `dl.conv2d` or `dl.conv3d`, on operands brought into their order.

One spatial dimension is two of which one has size 1. Holes in the image (transposed convolutions)
are zeros between its elements; groups of the batch are groups of features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.constants import known_array
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.ops.convolution import Conv3dOp
from dlir.dialects.stablehlo.shapes import ints_of, number_of, pairs_of
from dlir.lowering.stablehlo_to_dl.contraction import accumulator
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, known_number, unsupported
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
    if not 1 <= count <= 3:
        unsupported(f"{count} spatial dimensions", "one to three are")
    spatial = [str(i) for i in range(count)]
    last = count < 3 and lhs.index("f") == count + 1
    order = ["b", *spatial, "f"] if last else ["b", "f", *spatial]
    image = Image(e.transpose(op.operands[0], [lhs.index(name) for name in order]), last)
    weight = e.transpose(op.operands[1], [rhs.index(name) for name in ("o", "i", *spatial)])
    made = _convolve(e, op, image, weight, _window(op, count))
    return e.transpose(made, [order.index(name) for name in result])


@dataclass(frozen=True)
class Image:
    """The left operand: batch, then features and spatial dimensions, or the other way round."""

    x: SSAValue
    features_last: bool

    @property
    def first(self) -> int:
        """The first spatial axis."""
        return 1 if self.features_last else 2

    @property
    def features(self) -> int:
        return len(shape_of(self.x)) - 1 if self.features_last else 1


def _padding(op: Operation, count: int) -> list[tuple[int, int]]:
    """Of `dynamic_conv` it is an operand, which must be known."""
    if op.name == "stablehlo.convolution":
        return pairs_of(op, "padding", count)
    padding = op.operands[2]
    if (number := known_number(padding)) is not None:
        return [(int(number), int(number))] * count
    if (known := known_array(padding)) is None:
        unsupported("paddings that are known at run time only")
    return [(int(low), int(high)) for low, high in known]


def _window(op: Operation, count: int) -> Window:
    ones = [1] * count
    return Window(
        ints_of(op, "window_strides", ones),
        _padding(op, count),
        ints_of(op, "lhs_dilation", ones),
        ints_of(op, "rhs_dilation", ones),
        ints_of(op, "window_reversal", [0] * count),
    )


def _convolve(
    e: Emitter, op: Operation, image: Image, weight: SSAValue, window: Window
) -> SSAValue:
    """The convolution of an image with a kernel [out, in, spatial..]."""
    flat = len(window.strides) == 1
    if flat:
        image = replace(image, x=_with_one(e, image.x, image.first))
        weight, window = _with_one(e, weight, 2), window.with_one_more()
    turned = [2 + axis for axis, flag in enumerate(window.reversed) if flag]
    weight = reversed_along(e, weight, turned) if turned else weight
    image, window = _prepared(e, image, window)
    groups = number_of(op, "feature_group_count", 1)
    if (batches := number_of(op, "batch_group_count", 1)) > 1:
        image, groups = _batch_as_features(e, image, batches), batches
    if element_of(image.x) != element_of(weight):
        unsupported(f"operands of types {element_of(image.x)} and {element_of(weight)}")
    made = e.emit(_dl_convolution(image, weight, window, groups, element_of(op.results[0])))
    if not flat:
        return made
    shape = e.shape(made)
    return e.reshape(made, [*shape[: image.first], *shape[image.first + 1 :]])


def _dl_convolution(
    image: Image, weight: SSAValue, window: Window, groups: int, element: Attribute
) -> Operation:
    options: dict[str, Any] = {
        "acc": accumulator(element_of(image.x), element),
        "element_type": element,
        "strides": window.strides,
        "padding": [pair[side] for side in (0, 1) for pair in window.padding],
        "dilations": window.dilations,
        "groups": groups,
    }
    if len(window.strides) == 3:
        return Conv3dOp(image.x, weight, **options)
    return Conv2dOp(image.x, weight, layout="nhwc" if image.features_last else "nchw", **options)


def _with_one(e: Emitter, x: SSAValue, axis: int) -> SSAValue:
    """x with a dimension of size 1 before an axis."""
    shape = e.shape(x)
    return e.reshape(x, [*shape[:axis], 1, *shape[axis:]])


def _prepared(e: Emitter, image: Image, window: Window) -> tuple[Image, Window]:
    """The image with its holes, and cut where paddings are negative."""
    rank = len(window.strides) + 2
    low, high, interior = ([0] * rank for _ in range(3))
    for axis, dilation in enumerate(window.image_dilations):
        interior[image.first + axis] = dilation - 1
    for axis, (before, after) in enumerate(window.padding):
        low[image.first + axis], high[image.first + axis] = min(before, 0), min(after, 0)
    x = padded(e, image.x, low, high, interior, 0)
    positive = [(max(before, 0), max(after, 0)) for before, after in window.padding]
    ones = [1] * len(window.strides)
    return replace(image, x=x), replace(window, padding=positive, image_dilations=ones)


def _batch_as_features(e: Emitter, image: Image, groups: int) -> Image:
    """[groups * n, c] as [n, groups * c]: each group of the batch has features of its own."""
    shape, axis = e.shape(image.x), image.features
    batch, features = shape[0], shape[axis]
    if not isinstance(batch, int) or not isinstance(features, int):
        unsupported("groups of a batch of unknown size")
    parts: list[Size] = [groups, batch // groups, *shape[1:]]
    # The groups move before the features.
    perm = [*range(1, axis + 1), 0, *range(axis + 1, len(parts))]
    whole: list[Size] = [batch // groups, *shape[1:]]
    whole[axis] = groups * features
    x = e.reshape(e.transpose(e.reshape(image.x, parts), perm), whole)
    return replace(image, x=x)


RULES: dict[str, Rule] = {
    "stablehlo.convolution": convolution,
    "stablehlo.dynamic_conv": convolution,
}
