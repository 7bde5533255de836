"""Which places of an axis a resized axis mixes, and how much of each: the *taps* of `dl.resize`.

Place i of the result comes from the coordinate p(i) on the old axis. The taps around p lie at
`base + first, base + first + 1, ...` with base = ceil(p) - 1, so that p is on or before base + 1;
those outside of the axis are taken to be at its ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

from dlir.dialects.dl.attrs import Coordinates, Interpolation, Rounding


@dataclass(frozen=True)
class ResizedAxis:
    """One axis that is resized from `old` to `new` places."""

    axis: int
    old: int
    new: int
    scale: float
    start: float
    end: float
    """The part of the axis that `crop` shows: from 0, its first place, to 1, its last one."""

    coordinates: Coordinates

    def coordinate(self, place: int) -> float:
        """p(place)"""
        old, new, scale, width = self.old, self.new, self.scale, self.scale * self.old
        centre = (place + 0.5) / scale - 0.5
        match self.coordinates:
            case Coordinates.HALF_PIXEL:
                return centre
            case Coordinates.HALF_PIXEL_SYMMETRIC:
                return old / 2 * (1 - new / width) + centre
            case Coordinates.PYTORCH_HALF_PIXEL:
                return centre if new > 1 else 0.0
            case Coordinates.ASYMMETRIC:
                return place / scale
            case Coordinates.ALIGN_CORNERS:
                return 0.0 if new == 1 or width == 1 else place * (old - 1) / (width - 1)
            case Coordinates.CROP if new == 1 or width == 1:
                return (self.start + self.end) * (old - 1) / 2
            case Coordinates.CROP:
                step = (self.end - self.start) * (old - 1) / (width - 1)
                return self.start * (old - 1) + place * step

    def all_coordinates(self) -> list[float]:
        return [self.coordinate(place) for place in range(self.new)]

    def is_identity(self) -> bool:
        return self.new == self.old and self.all_coordinates() == list(range(self.new))

    def is_outside(self) -> list[bool]:
        """Which places come from outside of the axis."""
        return [not 0 <= p <= self.old - 1 for p in self.all_coordinates()]

    def clamped(self, place: int) -> int:
        return min(max(place, 0), self.old - 1)


ROUNDINGS: dict[Rounding, Callable[[float], int]] = {
    Rounding.PREFER_FLOOR: lambda p: ceil(p - 0.5),
    Rounding.PREFER_CEIL: lambda p: floor(p + 0.5),
    Rounding.FLOOR: floor,
    Rounding.CEIL: ceil,
}


def nearest(axis: ResizedAxis, rounding: Rounding) -> list[int]:
    """The one place that each place of the result shows."""
    return [axis.clamped(ROUNDINGS[rounding](p)) for p in axis.all_coordinates()]


@dataclass(frozen=True)
class Filter:
    """A weight for every distance: a triangle, or Keys' cubic with coefficient a.

    With `antialias` a reduced axis is smoothed: the filter is as much wider as the axis shrinks.
    With `exclude_outside` only places on the axis count, and the others make up for the rest.
    """

    mode: Interpolation
    a: float
    antialias: bool
    exclude_outside: bool

    def weight(self, distance: float) -> float:
        d, a = abs(distance), self.a
        if self.mode is Interpolation.LINEAR:
            return max(0.0, 1 - d)
        if d <= 1:
            return ((a + 2) * d - (a + 3)) * d * d + 1
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a if d < 2 else 0.0

    def taps(self, axis: ResizedAxis) -> tuple[list[list[int]], list[list[float]]]:
        """For each place of the result the places it mixes, equally many, and their weights."""
        narrow = min(axis.scale, 1.0) if self.antialias else 1.0
        reach = 1 if self.mode is Interpolation.LINEAR else 2
        first = floor(-reach / narrow) + 1
        places: list[list[int]] = []
        weights: list[list[float]] = []
        for p in axis.all_coordinates():
            base = ceil(p) - 1
            around = range(base + first, base + 2 - first)
            mixed = [self.weight(narrow * (place - p)) for place in around]
            if self.exclude_outside:
                mixed = [
                    w if 0 <= i < axis.old else 0.0 for i, w in zip(around, mixed, strict=True)
                ]
            total = sum(mixed) if self.antialias or self.exclude_outside else 1.0
            places.append([axis.clamped(place) for place in around])
            weights.append([w / (total or 1.0) for w in mixed])
        return places, weights
