"""Images read at places between their pixels: GridSample, RoiAlign, DeformConv."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from dlir.dialects.dl.attrs import Interpolation, Outside
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Array, Constant, NeedsValue, Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor
from ..windows import window_dims, windows_of
from .contraction import biased

T = TypeVar("T")

MODES = {
    "nearest": Interpolation.NEAREST,
    "linear": Interpolation.LINEAR,
    "bilinear": Interpolation.LINEAR,
    "cubic": Interpolation.CUBIC,
    "bicubic": Interpolation.CUBIC,
}
OUTSIDE = {outside.value: outside for outside in Outside}
MOST_SAMPLES = 64
"""More rows of samples in one bin are not written out."""


def _word(node: Node, name: str, default: str, words: Mapping[str, T]) -> T:
    word = node.string(name, default)
    if word not in words:
        raise Unsupported(f"{name} = {word!r}")
    return words[word]


def _grid_sample(context: Context, node: Node) -> Tensor:
    x, grid = tensor(context, node, 0), tensor(context, node, 1)
    grid = context.cast(grid, x.element)
    op = dl.GridSampleOp(
        x.ssa,
        grid.ssa,
        mode=_word(node, "mode", "linear", MODES),
        outside=_word(node, "padding_mode", "zeros", OUTSIDE),
        align_corners=bool(node.int("align_corners", 0)),
    )
    return context.emit(op, (x.dims[0], x.dims[1], *grid.dims[1:-1]))


def _roi_align(context: Context, node: Node) -> Tensor:
    """With `sampling_ratio` 0 the regions decide how densely each of them is sampled: they must be
    known, and those that are sampled alike are taken together."""
    x, rois, batch = (tensor(context, node, i) for i in range(3))
    bins = (node.int("output_height", 1), node.int("output_width", 1))
    default = "half_pixel" if node.opset >= 16 else "output_half_pixel"
    words = {"half_pixel": True, "output_half_pixel": False}
    half = _word(node, "coordinate_transformation_mode", default, words)
    top = _word(node, "mode", "avg", {"avg": False, "max": True})
    scale, ratio = node.float("spatial_scale", 1.0), node.int("sampling_ratio", 0)
    if min(*bins) < 1 or ratio < 0:
        raise Unsupported(f"output {bins[0]} x {bins[1]}, sampling_ratio = {ratio}")

    def aligned(rois: Tensor, batch: Tensor, samples: tuple[int, int]) -> Tensor:
        op = dl.RoiAlignOp(
            x.ssa, rois.ssa, batch.ssa, bins, samples, scale=scale, half_pixel=half, max=top
        )
        return context.emit(op, (rois.dims[0], x.dims[1], *bins))

    if ratio:
        return aligned(rois, batch, (ratio, ratio))
    regions = node.input(1)
    if not isinstance(regions, Constant):
        raise NeedsValue("sampling_ratio = 0 for regions that are known at run time", regions)
    groups = _alike(regions.array, bins, scale, half)
    if len(groups) == 1:
        return aligned(rois, batch, next(iter(groups)))
    parts: list[Tensor] = []
    for samples, members in groups.items():
        chosen = context.tensor(Constant(np.array(members), f"{node.name}.regions"))
        own, images = (context.gather(value, chosen, 0) for value in (rois, batch))
        parts.append(aligned(own, images, samples))
    joined = context.emit(
        dl.ConcatOp([part.ssa for part in parts], 0), (rois.dims[0], x.dims[1], *bins)
    )
    order = np.argsort([member for members in groups.values() for member in members])
    return context.gather(joined, context.tensor(Constant(order, f"{node.name}.order")), 0)


def _alike(
    rois: Array, bins: tuple[int, int], scale: float, half: bool
) -> dict[tuple[int, int], list[int]]:
    """Rows and columns of samples per bin -> the regions that need them; one per pixel."""
    groups: dict[tuple[int, int], list[int]] = {}
    for number, (left, top, right, bottom) in enumerate(rois.astype(np.float64) * scale):
        extents = [bottom - top, right - left]
        if not half:
            extents = [max(extent, 1.0) for extent in extents]
        if not np.all(np.isfinite(extents)):
            raise Unsupported(f"region {number} without end")
        samples = [int(np.ceil(n / count)) for n, count in zip(extents, bins, strict=True)]
        if not 1 <= min(samples) <= max(samples) <= MOST_SAMPLES:
            raise Unsupported(f"region {number}, whose bins hold {samples} samples")
        groups.setdefault((samples[0], samples[1]), []).append(number)
    return groups or {(1, 1): []}


def _deform_conv(context: Context, node: Node) -> Tensor:
    x, weight, offset = (tensor(context, node, i) for i in range(3))
    mask = tensor(context, node, 4) if node.has(4) else None
    if x.rank != 4 or weight.rank != 4:
        raise Unsupported(f"{x.rank - 2} spatial dimensions; 2 are supported")
    windows = windows_of(node, x.dims[2:], weight.dims[2:])
    op = dl.DeformConv2dOp(
        x.ssa,
        weight.ssa,
        offset.ssa,
        None if mask is None else mask.ssa,
        strides=windows.strides,
        padding=windows.padding,
        dilations=windows.dilations,
        groups=node.int("group", 1),
        offset_groups=node.int("offset_group", 1),
    )
    dims = (x.dims[0], weight.dims[0], *window_dims(x.dims[2:], windows))
    y = context.emit(op, dims)
    return biased(context, node, y, 3)


OPERATORS: dict[str, Build] = {
    "DeformConv": _deform_conv,
    "GridSample": _grid_sample,
    "RoiAlign": _roi_align,
}
