"""Resized images and images read at places, with every way to choose places and weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric.cases import BITS, FLOATS, Case, Scaled

from dlir.dialects.dl.attrs import Coordinates, Interpolation, Outside, Rounding
from dlir.dialects.dl.ops import resampling as r
from dlir.dialects.dl.ops import sampling as s

COORDINATES = Scaled(400)
"""A coordinate of size n has an error of n eps, and so have the weights of its pixels."""

LINEAR, CUBIC = Interpolation.LINEAR, Interpolation.CUBIC


def resize_cases(element: str) -> list[Case]:
    def case(shape: str, *arguments: Any, **options: Any) -> Case:
        make = lambda x, a=(arguments, options): r.ResizeOp(x, *a[0], **a[1])  # noqa: E731
        exact = options.get("mode", Interpolation.NEAREST) is Interpolation.NEAREST
        check = BITS if exact else Scaled(40)
        return Case(str(options or "resize"), f"{shape}x{element}", make, check, exact)

    whole = {"coordinates": Coordinates.CROP, "crop": [0.2, -0.3, 0.9, 1.4]}
    cases = [
        case("2?x3x4x5", [2, 3], [8, 10]),
        case("2?x3?x4x5", [2, 3], [2, 3]),
        case("4x5x3?", [0, 1], [7, 1]),
        case("1x1", [0, 1], [3, 17]),
        case("7", [0], [7]),
        case("0?x4", [1], [6]),
        *(case("2?x7", [1], [n], rounding=how) for how in Rounding for n in (3, 14)),
        *(case("3?x4x5", [1, 2], [6, 3], coordinates=how) for how in Coordinates if how != "crop"),
        case("4x5x2?", [0, 1], [6, 3], **whole),
    ]
    if element not in FLOATS:
        return cases
    for mode in (LINEAR, CUBIC):
        cases += [
            *(
                case("2?x4x5", [1, 2], [n, m], mode=mode, coordinates=how)
                for how in Coordinates if how != "crop"
                for n, m in ((6, 3), (1, 10), (4, 5))
            ),
            case("4x5x2?", [0, 1], [6, 3], **whole, extrapolation=-7.0),
            case("4x5x2?", [0, 1], [6, 3], **whole, mode=mode),
            case("4x5x2?", [0, 1], [6, 3], **whole, mode=mode, extrapolation=0.5),
            case("2?x9x17", [1, 2], [4, 3], mode=mode, antialias=True),
            case("2?x9x17", [1, 2], [4, 30], mode=mode, antialias=True, exclude_outside=True),
            case("65x2?", [0], [2], mode=mode, antialias=True),
            case("2?x4x5", [1, 2], [7, 3], mode=mode, exclude_outside=True),
            case("2?x4", [1], [2], mode=mode, scales=[0.6]),
            case("1x1", [0, 1], [3, 2], mode=mode),
            case("0?x4", [1], [6], mode=mode),
        ]  # fmt: skip
    return [*cases, case("2?x4x5", [1, 2], [7, 9], mode=CUBIC, cubic_a=-0.5)]


def values_of(types: str, scales: list[float]) -> list[Any]:
    """Numbers around 0, times the scales: coordinates inside of the image and beyond."""
    rng = np.random.default_rng(4)
    arguments = Case("", types, r.ResizeOp).arguments
    return [
        rng.normal(size=argument.shape) * scale if scale else rng.integers(0, 2, argument.shape)
        for argument, scale in zip(arguments, scales, strict=True)
    ]


GRIDS = (
    ("2?x3x5x4", "2?x3x7x2"), ("1x17x1x1", "1x2x2x2"), ("2x2x3x4x5", "2x2x3x2x3"),
    ("0?x2x3x3", "0?x2x2x2"), ("2x1x2x9", "2x1x3?x2"), ("1x2x1x5", "1x4x4x2"),
)  # fmt: skip


def grid_sample_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for image, grid in GRIDS:
        types = f"{image}x{element} {grid}x{element}"
        values = values_of(types, [2.0, 1.0])
        for mode in Interpolation:
            for outside in Outside:
                for corners in (False, True):
                    options = {"mode": mode, "outside": outside, "align_corners": corners}
                    make = lambda x, g, a=options: s.GridSampleOp(x, g, **a)  # noqa: E731
                    cases.append(Case(str(options), types, make, COORDINATES, values=values))
    return cases


def roi_align_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for shape, count in (("2?x3x5x6", "4?"), ("2x17x1x1", "3"), ("2x2x7x3", "0?")):
        types = f"{shape}x{element} {count}x4x{element} {count}xi64"
        values = values_of(types, [2.0, 4.0, 0.0])
        for bins, samples in (((2, 3), (2, 2)), ((1, 1), (1, 3)), ((3, 2), (1, 1))):
            for half in (False, True):
                for top in (False, True):
                    given = (bins, samples, {"half_pixel": half, "max": top, "scale": 0.75})
                    make = lambda *xs, a=given: s.RoiAlignOp(*xs, a[0], a[1], **a[2])  # noqa: E731
                    cases.append(Case("roi_align", types, make, COORDINATES, values=values))
    return cases


DEFORMED: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("2?x3x5x6", "4x3x2x3", "2?x12x4x4", "2?x6x4x4", {}),
    ("1x4x5x5", "2x2x3x3", "1x36x3x3", "1x18x3x3",
     {"groups": 2, "offset_groups": 2, "strides": (2, 2), "padding": (1, 1, 1, 1)}),
    ("2x2x6x5", "3x2x2x2", "2x8x4x4", "2x4x4x4", {"dilations": (2, 1)}),
    ("1x1x1x1", "1x1x1x1", "1x2x1x1", "1x1x1x1", {}),
    ("0?x2x3x3", "1x2x1x1", "0?x2x3x3", "0?x1x3x3", {}),
]  # fmt: skip


def deform_conv_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for *shapes, options in DEFORMED:
        for count in (3, 4):
            types = " ".join(f"{shape}x{element}" for shape in shapes[:count])
            values = values_of(types, [1.0] * count)
            make = lambda *xs, a=options: s.DeformConv2dOp(*xs, **a)  # noqa: E731
            cases.append(Case("deform_conv2d", types, make, COORDINATES, values=values))
    return cases


def sampling_cases(element: str) -> list[Case]:
    """All that read images at computed places."""
    return [
        *grid_sample_cases(element), *roi_align_cases(element), *deform_conv_cases(element)
    ]  # fmt: skip
