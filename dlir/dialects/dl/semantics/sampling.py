"""Images read at places between their pixels, computed in f64 and rounded once.

`places` below are lists of coordinates, one array per dimension of the image, all [batch, point].
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from dlir.dialects.dl.attrs import Interpolation, Outside
from dlir.dialects.dl.ops import sampling as s
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.numpy_types import Array

FAR = 2.0**30
"""Coordinates beyond count as this."""


def cubic(distance: Array) -> Array:
    """Keys' cubic with a = -3/4"""
    d, a = np.abs(distance), -0.75
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    return np.where(d <= 1, near, np.where(d < 2, ((a * d - 5 * a) * d + 8 * a) * d - 4 * a, 0.0))


def taps(place: Array, mode: Interpolation) -> list[tuple[Array, Array | None]]:
    """The pixels around a coordinate and their weights"""
    place = np.clip(place, -FAR, FAR)
    if mode is Interpolation.NEAREST:
        return [(whole(np.rint(place)), None)]
    base = np.floor(place)
    if mode is Interpolation.LINEAR:
        return [(whole(base), 1 - (place - base)), (whole(base) + 1, place - base)]
    return [(whole(base) + i, cubic(base + i - place)) for i in (-1, 0, 1, 2)]


def whole(place: Array) -> Array:
    """As integers; NaN as 0"""
    return np.where(np.isnan(place), 0.0, place).astype(np.int64)


def inside(pixel: Array, size: int, outside: Outside, corners: bool) -> tuple[Array, Array | None]:
    """The pixel of the image that stands there, and whether one does (None: always)"""
    if outside is Outside.REFLECTION:
        period = max(2 * (size - 1), 1) if corners else 2 * size
        turned = np.mod(pixel, period)
        mirrored = period - turned if corners else period - 1 - turned
        return np.clip(np.minimum(turned, mirrored), 0, size - 1), None
    exists = (pixel >= 0) & (pixel < size)
    return np.clip(pixel, 0, size - 1), exists if outside is Outside.ZEROS else None


def read(
    x: Array,
    places: Sequence[Array],
    mode: Interpolation,
    outside: Outside,
    corners: bool = False,
) -> list[Array]:
    """[batch, channels, point] of all weighted taps of x, [batch, channels, ..]"""
    batch = np.arange(x.shape[0], dtype=np.int64).reshape(-1, 1)
    values: list[Array] = []
    for combination in product(*(taps(place, mode) for place in places)):
        at: list[Array] = []
        value_weight: Any = None
        exists: Any = True
        for (pixel, weight), size in zip(combination, x.shape[2:], strict=True):
            index, there = inside(pixel, size, outside, corners)
            at.append(index)
            exists = exists if there is None else exists & there
            if weight is not None:
                value_weight = weight if value_weight is None else value_weight * weight
        value = np.moveaxis(x[batch, :, *at], -1, 1)
        if exists is not True:
            value = np.where(exists[:, None], value, 0.0)
        values.append(value if value_weight is None else value * value_weight[:, None])
    return values


def grid_sample(_: Any, op: s.GridSampleOp, x: Array, grid: Array) -> Array:
    """Sums of the taps at p = ((g + 1) * n - 1) / 2, or (g + 1) / 2 * (n - 1)"""
    if x.shape[0] != grid.shape[0]:
        raise ValueError(f"x has {x.shape[0]} images, the grid is for {grid.shape[0]}")
    corners, points = op.align_corners is not None, grid.shape[1:-1]
    g = to_f64(grid).reshape(grid.shape[0], prod(points), grid.shape[-1])
    places = [
        (g[..., -1 - i] + 1) / 2 * (n - 1) if corners else ((g[..., -1 - i] + 1) * n - 1) / 2
        for i, n in enumerate(x.shape[2:])
    ]
    y = sum(read(to_f64(x), places, op.mode.data, op.outside.data, corners), np.float64(0))
    return rounded(np.asarray(y).reshape(*x.shape[:2], *points), result_dtype(op))


def roi_align(_: Any, op: s.RoiAlignOp, x: Array, rois: Array, batch_indices: Array) -> Array:
    """The mean, or the greatest product, of the samples of each bin"""
    regions, channels = rois.shape[0], x.shape[1]
    if batch_indices.shape[0] != regions:
        raise ValueError(f"{regions} regions, {batch_indices.shape[0]} batch indices")
    bins, samples = op.bins.get_values(), op.samples.get_values()
    half = op.half_pixel is not None
    scaled = to_f64(rois) * op.scale.value.data - (0.5 if half else 0.0)
    axes: list[Array] = []
    for axis, (count, dense) in enumerate(zip(bins, samples, strict=True)):
        start = scaled[:, 1 - axis, None]
        extent = scaled[:, 3 - axis, None] - start
        extent = extent if half else np.maximum(extent, 1.0)
        steps = (np.arange(count * dense) + 0.5) / dense
        axes.append(start + steps * (extent / count))
    grid = np.broadcast_arrays(axes[0][:, :, None], axes[1][:, None, :])
    places = [place.reshape(regions, prod(bins) * prod(samples)) for place in grid]
    there = np.ones_like(places[0], np.bool_)
    for place, size in zip(places, x.shape[2:], strict=True):
        there &= (place >= -1) & (place <= size)
    moved = [np.clip(p, 0, n - 1) for p, n in zip(places, x.shape[2:], strict=True)]
    image = (
        to_f64(np.take(x, batch_indices.astype(np.int64), 0))
        if regions
        else np.zeros((0, *x.shape[1:]))
    )
    parts = np.stack(read(image, moved, Interpolation.LINEAR, Outside.BORDER))
    parts = np.where(there[:, None], parts, 0.0)
    shape = (len(parts), regions, channels, bins[0], samples[0], bins[1], samples[1])
    parts = parts.reshape(shape)
    if op.max is not None:
        return rounded(parts.max((0, 4, 6), initial=-np.inf), result_dtype(op))
    return rounded(parts.sum((0, 4, 6)) / (samples[0] * samples[1]), result_dtype(op))


def deform_conv2d(
    _: Any, op: s.DeformConv2dOp, x: Array, weight: Array, offset: Array, mask: Any = None
) -> Array:
    """Weights times columns, which are read at the places that the offsets name"""
    own, groups = op.offset_groups.value.data, op.groups.value.data
    batch, channels, *_size = x.shape
    out, per_group, *kernel = weight.shape
    height, width = offset.shape[2:]
    if offset.shape[0] != batch or (mask is not None and mask.shape[0] != batch):
        raise ValueError(f"x has {batch} images, offset and mask are for others")
    count = kernel[0] * kernel[1]
    moves = to_f64(offset).reshape(batch * own, count, 2, height * width)
    regular = without_offsets(op, kernel, (height, width))
    places = [
        (regular[axis] + moves[:, :, axis]).reshape(batch * own, count * height * width)
        for axis in (0, 1)
    ]
    image = to_f64(x).reshape(batch * own, channels // own, *x.shape[2:])
    seen = sum(read(image, places, Interpolation.LINEAR, Outside.ZEROS), np.float64(0))
    columns = np.asarray(seen).reshape(batch, own, channels // own, count, height * width)
    if mask is not None:
        columns = columns * to_f64(mask).reshape(batch, own, 1, count, height * width)
    columns = columns.reshape(batch, groups, per_group * count, height * width)
    rows = to_f64(weight).reshape(groups, out // groups, per_group * count)
    return rounded(np.matmul(rows, columns).reshape(batch, out, height, width), result_dtype(op))


def without_offsets(
    op: s.DeformConv2dOp, kernel: Sequence[int], image: Sequence[int]
) -> list[Array]:
    """[place of the kernel, place of y]: the vertical and the horizontal coordinates"""
    rows: list[Array] = []
    for axis, (k, n) in enumerate(zip(kernel, image, strict=True)):
        reached = np.arange(k, dtype=np.float64) * op.dilations.get_values()[axis]
        starts = np.arange(n, dtype=np.float64) * op.strides.get_values()[axis]
        shape = [1, 1, 1, 1]
        shape[axis], shape[2 + axis] = k, n
        rows.append((reached[:, None] + starts - op.padding.get_values()[axis]).reshape(shape))
    return [
        np.broadcast_to(row, (*kernel, *image)).reshape(prod(kernel), prod(image)) for row in rows
    ]


SEMANTICS = {
    s.GridSampleOp: grid_sample,
    s.RoiAlignOp: roi_align,
    s.DeformConv2dOp: deform_conv2d,
}
