"""Means: sums that are divided by how many elements they are of, as StableHLO has them."""

from __future__ import annotations

from math import isclose, prod

import dlir.dialects.dl.match as f
from dlir.dialects.dl import shapes
from dlir.dialects.dl.match import Any, Found, Number, Over
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.transforms.raising.composite import Composite, Made

_SUM = Over(r.ReduceSumOp, Any("x"), "axes")
MEAN = (_SUM / Number(name="count")) | (_SUM * Number(name="share"))


def mean(found: Found) -> Made:
    """Over axes of known sizes, whose product is the divisor."""
    x, axes = found["x"], found["axes"]
    sizes: list[int] = [shape_of(x)[axis] for axis in axes]
    if not sizes or not shapes.is_static(sizes) or 0 in sizes:
        return
    count = found.get("count") or 1 / (found.get("share") or 1)
    if isclose(count, prod(sizes), rel_tol=f.DIGITS.get(element_of(x), f.DIGITS_F32)):
        yield r.ReduceMeanOp(x, axes, keepdims=True)


MEANS = (Composite("mean", MEAN, mean),)
