"""Resized images, with every way to choose places and weights."""

from __future__ import annotations

from typing import Any

from numeric.cases import BITS, FLOATS, Case, Scaled

from dlir.dialects.dl.attrs import Coordinates, Interpolation, Rounding
from dlir.dialects.dl.ops import resampling as r

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
