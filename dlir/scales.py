"""From ranges to scales and zero points: `x = (q - zero_point) * scale`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dlir.numpy_types import Array
from dlir.observers import Grid, Range

LIMITS: Mapping[str, tuple[int, int]] = {"i8": (-128, 127), "ui8": (0, 255)}
"""The least and the greatest integer of the types that activations are quantised to."""

_TINY = float(np.finfo(np.float32).tiny)
_HUGE = float(np.finfo(np.float32).max)


class Affine(NamedTuple):
    """Scales in f32; zero points of the same shape, unless all of them are 0."""

    scale: Array
    zero_point: Array | None


def grid_of(element: str) -> Grid:
    """The integers of a type. Signed ones are symmetric: -127 to 127, and zero stands for zero."""
    return Grid(*LIMITS[element], symmetric=not element.startswith("u"))


def choose(found: Range, grid: Grid) -> Affine:
    """The scale and zero point by which a range covers the grid; the scale of zeros alone is 1."""
    low, high = grid.clipped(found)
    step = (high / 2 - low / 2) / (grid.steps / 2)  # the difference may be beyond f32
    scale = np.float32(min(max(step, _TINY), _HUGE)) if high > low else np.float32(1)
    if grid.symmetric:
        return Affine(np.asarray(scale), None)
    zero = np.rint(-low / float(scale)) + grid.least
    return Affine(np.asarray(scale), np.asarray(np.clip(zero, grid.least, grid.greatest), np.int32))
