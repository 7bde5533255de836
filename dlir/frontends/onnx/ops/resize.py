"""Resize and Upsample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, inf
from typing import NamedTuple, TypeVar

from dlir.dialects.dl.attrs import Coordinates, Interpolation, Rounding
from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node, normalize_axis
from ..operator import Build, tensor
from ..shapes import static_floats, static_ints

T = TypeVar("T")

MODES = {
    "nearest": Interpolation.NEAREST,
    "linear": Interpolation.LINEAR,
    "bilinear": Interpolation.LINEAR,
    "cubic": Interpolation.CUBIC,
}
COORDINATES = {mode.value: mode for mode in Coordinates if mode is not Coordinates.CROP} | {
    "tf_crop_and_resize": Coordinates.CROP
}
ROUNDINGS = {
    "round_prefer_floor": Rounding.PREFER_FLOOR,
    "round_prefer_ceil": Rounding.PREFER_CEIL,
    "floor": Rounding.FLOOR,
    "ceil": Rounding.CEIL,
}


class Axis(NamedTuple):
    """One axis that gets `size` places; `start` and `end` are what a crop shows of it."""

    axis: int
    size: int
    scale: float
    start: float = 0.0
    end: float = 1.0


class Style(NamedTuple):
    """How places and weights are chosen."""

    mode: Interpolation
    coordinates: Coordinates
    rounding: Rounding


def _style(node: Node) -> Style:
    """Raises `Unsupported` for words that ONNX does not know."""
    if node.op_type == "Upsample" or node.opset < 11:
        mode = _word(node, "mode", "nearest", MODES)
        return Style(mode, Coordinates.ASYMMETRIC, Rounding.FLOOR)
    return Style(
        _word(node, "mode", "nearest", MODES),
        _word(node, "coordinate_transformation_mode", "half_pixel", COORDINATES),
        _word(node, "nearest_mode", "round_prefer_floor", ROUNDINGS),
    )


def _word(node: Node, name: str, default: str, words: Mapping[str, T]) -> T:
    word = node.string(name, default)
    if word not in words:
        raise Unsupported(f"{name} = {word!r}")
    return words[word]


def _resize(context: Context, node: Node) -> Tensor:
    """Scales or sizes; before opset 11 scales are the second input."""
    x, style = tensor(context, node, 0), _style(node)
    listed = node.ints("axes", range(x.rank))
    axes = [normalize_axis(axis, x.rank) for axis in listed]
    if node.op_type == "Resize" and node.opset > 10:
        crops = _crops(node, len(axes)) if style.coordinates is Coordinates.CROP else None
        scales = static_floats(node.input(2), "scales") if node.has(2) else []
        sizes = static_ints(node.input(3), "sizes") if node.has(3) else []
    else:
        crops, sizes = None, []
        scales = list(node.floats("scales", ()))
        scales = scales or static_floats(node.input(1), "scales")
    if bool(scales) == bool(sizes) or len(scales or sizes) != len(axes):
        raise Unsupported(f"scales = {scales} and sizes = {sizes} for {len(axes)} axes")
    if not all(0 < number < inf for number in scales or sizes):
        raise Unsupported(f"an empty result (scales = {scales}, sizes = {sizes})")
    if scales and all(scale == int(scale) for scale in scales) and crops is None:
        repeated = _repeated(context, x, dict(zip(axes, map(int, scales), strict=True)), style)
        if repeated is not None:
            return repeated
    olds = [_known(x, axis, scales[i] if scales else 0.0) for i, axis in enumerate(axes)]
    if sizes:
        made = _by_sizes(node, axes, olds, sizes)
    else:
        pairs = zip(axes, olds, scales, strict=True)
        made = [Axis(axis, floor(old * scale), scale) for axis, old, scale in pairs]
    if crops is not None:
        starts, ends = crops
        ranges = zip(made, starts, ends, strict=True)
        made = [axis._replace(start=start, end=end) for axis, start, end in ranges]
    return _resized(context, node, x, made, style)


def _known(x: Tensor, axis: int, scale: float) -> int:
    """The size of an axis; one that stays as it is need not be known."""
    size = x.dims[axis]
    if isinstance(size, int):
        return size
    if scale == 1.0:
        return 1
    raise Unsupported(f"axis {axis} of dynamic size")


def _crops(node: Node, count: int) -> tuple[list[float], list[float]]:
    roi = static_floats(node.input(1), "roi")
    if len(roi) != 2 * count:
        raise Unsupported(f"roi = {roi} for {count} axes")
    return roi[:count], roi[count:]


def _by_sizes(
    node: Node, axes: Sequence[int], olds: Sequence[int], sizes: Sequence[int]
) -> list[Axis]:
    """The sizes as they are, or one scale for all that keeps the proportions."""
    policy = node.string("keep_aspect_ratio_policy", "stretch")
    scales = [new / old for new, old in zip(sizes, olds, strict=True)]
    if policy == "stretch":
        return [Axis(*row) for row in zip(axes, sizes, scales, strict=True)]
    if policy not in ("not_larger", "not_smaller"):
        raise Unsupported(f"keep_aspect_ratio_policy = {policy!r}")
    scale = min(scales) if policy == "not_larger" else max(scales)
    pairs = zip(axes, olds, strict=True)
    return [Axis(axis, floor(scale * old + 0.5), scale) for axis, old in pairs]


def _repeated(context: Context, x: Tensor, factors: dict[int, int], style: Style) -> Tensor | None:
    """Every place several times over, whatever the size; None if the result is another one."""
    centred = style.coordinates in (Coordinates.HALF_PIXEL, Coordinates.HALF_PIXEL_SYMMETRIC)
    prefers = style.rounding in (Rounding.PREFER_FLOOR, Rounding.PREFER_CEIL)
    floors = style.coordinates is Coordinates.ASYMMETRIC and style.rounding is Rounding.FLOOR
    if style.mode is not Interpolation.NEAREST or not (floors or (centred and prefers)):
        return None
    counts = [factors.get(axis, 1) for axis in range(x.rank)]
    apart: list[Dim] = []
    spread: list[Dim] = []
    for size, count in zip(x.dims, counts, strict=True):
        apart += [size, 1] if count > 1 else [size]
        spread += [size, count] if count > 1 else [size]
    y = context.broadcast(context.reshape(x, apart), spread)
    return context.reshape(y, [d.mul(n, count) for n, count in zip(x.dims, counts, strict=True)])


def _resized(context: Context, node: Node, x: Tensor, axes: Sequence[Axis], style: Style) -> Tensor:
    crop = style.coordinates is Coordinates.CROP
    kept = [
        a for a in axes
        if (a.size, a.scale, a.start, a.end) != (x.dims[a.axis], 1.0, 0.0, 1.0)
        and not (a.scale == 1.0 and not isinstance(x.dims[a.axis], int))
    ]  # fmt: skip
    if any(a.size < 1 for a in axes):
        raise Unsupported("an empty result")
    if node.opset < 11 and style.mode is Interpolation.NEAREST and any(a.scale < 1 for a in kept):
        raise Unsupported("nearest places of a smaller image, which opset 10 does not define")
    if not kept:
        return x
    kept.sort()
    op = dl.ResizeOp(
        x.ssa,
        [a.axis for a in kept],
        [a.size for a in kept],
        scales=[a.scale for a in kept],
        mode=style.mode,
        coordinates=style.coordinates,
        rounding=style.rounding,
        cubic_a=node.float("cubic_coeff_a", -0.75),
        crop=[*(a.start for a in kept), *(a.end for a in kept)] if crop else None,
        extrapolation=node.float("extrapolation_value", 0.0) if crop else None,
        antialias=bool(node.int("antialias", 0)),
        exclude_outside=bool(node.int("exclude_outside", 0)),
    )
    new = {a.axis: a.size for a in kept}
    return context.emit(op, [new.get(axis, n) for axis, n in enumerate(x.dims)])


OPERATORS: dict[str, Build] = {"Resize": _resize, "Upsample": _resize}
