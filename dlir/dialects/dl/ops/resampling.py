"""Images in other sizes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, isfinite
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.assembly import REALS_CONSTR
from dlir.dialects.dl.attrs import (
    ANY,
    FLOATS,
    Coordinates,
    CoordinatesAttr,
    Interpolation,
    InterpolationAttr,
    OpClass,
    Rounding,
    RoundingAttr,
    ints,
    real,
    reals,
)
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, normalised, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import INTS_CONSTR
from dlir.dialects.dl.taps import Filter, ResizedAxis

MOST_PLACES = 1 << 20
"""The most places along an axis: a table of all of them is made."""


@irdl_op_definition
class ResizeOp(DlOp):
    """An image in another size: along each axis
    `y[i] = sum over places q of x[q] * weight(q - p(i))`.

    `coordinates` says which place p(i) of the old axis (of n places) place i of the new one (of m
    places) shows; w is scale * n, and a scale that is not given is m / n:

    | coordinates | p(i) |
    |---|---|
    | half_pixel | (i + 1/2) / scale - 1/2 |
    | half_pixel_symmetric | the same, shifted by n/2 * (1 - m / w): the centres agree |
    | pytorch_half_pixel | that of half_pixel, but 0 for m = 1 |
    | align_corners | i * (n - 1) / (w - 1), or 0 for m = 1 |
    | asymmetric | i / scale |
    | crop | start * (n - 1) + i * (end - start) * (n - 1) / (w - 1); the middle for m = 1 |

    The weights are those of the nearest place (`rounding` chooses among two), of the two next ones
    (linear), or of the four next ones (cubic, with Keys' coefficient `cubic_a`). Outside of an axis
    its ends go on; with `exclude_outside` only places on the axis count, and their weights are
    scaled up to a sum of 1. With `antialias` the weights of an axis that shrinks reach 1 / scale
    times as far and are scaled to a sum of 1. With `extrapolation` every place that comes from
    outside of the image has that value. `crop` holds all starts, then all ends, as fractions.

    C1: the element type is a float, or any for nearest without extrapolation
    C2: the result has the sizes along the axes and the operand's elsewhere
    C3: the axes are the operand's, and rise
    C4: one size per axis, 1 to 2^20, and one scale > 0 each, or none at all
    C5: the operand's sizes along the axes are numbers >= 1
    C6: crop holds a start and an end per axis, if the coordinates are those of crop
    C7: antialias is for linear and cubic

    ```mlir
    %y = dl.resize %x {axes = [2, 3], sizes = [28, 28], mode = "linear"}
        : tensor<?x64x14x14xf32> -> tensor<?x64x28x28xf32>
    ```
    """

    name = "dl.resize"

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    axes = prop_def(INTS_CONSTR)
    sizes = prop_def(INTS_CONSTR)
    scales = opt_prop_def(REALS_CONSTR)
    mode = opt_prop_def(
        BaseAttr(InterpolationAttr), default_value=InterpolationAttr(Interpolation.NEAREST)
    )
    coordinates = opt_prop_def(
        BaseAttr(CoordinatesAttr), default_value=CoordinatesAttr(Coordinates.HALF_PIXEL)
    )
    rounding = opt_prop_def(
        BaseAttr(RoundingAttr), default_value=RoundingAttr(Rounding.PREFER_FLOOR)
    )
    cubic_a = opt_prop_def(FLOAT, default_value=real(-0.75))
    crop = opt_prop_def(REALS_CONSTR)
    extrapolation = opt_prop_def(FLOAT)
    antialias = opt_prop_def(BaseAttr(UnitAttr))
    exclude_outside = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self,
        x: Operand,
        axes: Sequence[int],
        sizes: Sequence[int],
        *,
        scales: Sequence[float] | None = None,
        mode: Interpolation = Interpolation.NEAREST,
        coordinates: Coordinates = Coordinates.HALF_PIXEL,
        rounding: Rounding = Rounding.PREFER_FLOOR,
        cubic_a: float = -0.75,
        crop: Sequence[float] | None = None,
        extrapolation: float | None = None,
        antialias: bool = False,
        exclude_outside: bool = False,
    ):
        properties = {
            "axes": ints([normalised(axis, rank_of(x)) for axis in axes]),
            "sizes": ints(sizes),
            "scales": None if scales is None else reals(scales),
            "mode": InterpolationAttr(mode),
            "coordinates": CoordinatesAttr(coordinates),
            "rounding": RoundingAttr(rounding),
            "cubic_a": real(cubic_a),
            "crop": None if crop is None else reals(crop),
            "extrapolation": None if extrapolation is None else real(extrapolation),
            "antialias": UnitAttr() if antialias else None,
            "exclude_outside": UnitAttr() if exclude_outside else None,
        }
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        mode = self.mode.data
        moved = mode is Interpolation.NEAREST and self.extrapolation is None
        self.check_elements(ANY if moved else FLOATS, self.x)
        shape, axes, sizes = shape_of(self.x), self.axes.get_values(), self.sizes.get_values()
        if any(not 0 <= axis < len(shape) for axis in axes) or any(
            a >= b for a, b in pairwise(axes)
        ):
            message = f"expected rising axes of a tensor of rank {len(shape)}, got {[*axes]}"
            self.reject(3, message)
        self._check_sizes(len(axes), sizes)
        if any(shape[axis] < 1 for axis in axes):
            message = f"expected numbers >= 1 along axes {[*axes]}, got {shapes.text(shape)}"
            self.reject(5, message)
        if mode is Interpolation.NEAREST and self.antialias is not None:
            self.reject(7, "expected linear or cubic interpolation with antialias, got nearest")
        new = dict(zip(axes, sizes, strict=True))
        return [TensorType(element_of(self.x), [new.get(a, n) for a, n in enumerate(shape)])]

    def _check_sizes(self, count: int, sizes: Sequence[int]) -> None:
        """C4 and C6."""
        scales = None if self.scales is None else self.scales.get_values()
        if len(sizes) != count or any(not 1 <= size <= MOST_PLACES for size in sizes):
            self.reject(4, f"expected {count} sizes of 1 to {MOST_PLACES}, got {[*sizes]}")
        if scales is not None and (len(scales) != count or not all(0 < s < inf for s in scales)):
            self.reject(4, f"expected {count} scales > 0, got {[*scales]}")
        crop = () if self.crop is None else self.crop.get_values()
        expected = 2 * count if self.coordinates.data is Coordinates.CROP else 0
        if len(crop) != expected or not all(isfinite(number) for number in crop):
            self.reject(6, f"expected {expected} numbers of crop, got {[*crop]}")

    def resized(self) -> list[ResizedAxis]:
        """The axes, those that shrink most first."""
        axes, sizes, shape = self.axes.get_values(), self.sizes.get_values(), shape_of(self.x)
        olds = [shape[axis] for axis in axes]
        scales = [new / old for new, old in zip(sizes, olds, strict=True)]
        if self.scales is not None:
            scales = list(self.scales.get_values())
        crop = [0.0] * len(axes) + [1.0] * len(axes)
        if self.crop is not None:
            crop = list(self.crop.get_values())
        columns = (axes, olds, sizes, scales, crop[: len(axes)], crop[len(axes) :])
        rows = zip(*columns, strict=True)
        made = [ResizedAxis(*row, coordinates=self.coordinates.data) for row in rows]
        return sorted(made, key=lambda axis: axis.new / axis.old)

    def filter(self) -> Filter:
        """The weights of linear and cubic interpolation."""
        antialias, exclude = self.antialias is not None, self.exclude_outside is not None
        return Filter(self.mode.data, self.cubic_a.value.data, antialias, exclude)
