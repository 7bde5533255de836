"""Images: cut and padded around the centre, folded from columns, sampled at places."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import numpy_type_of
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported

from ..node import Node, normalize_axis
from ..operator import Build, tensor
from ..shapes import static_ints

LARGEST_TABLE = 1 << 26
"""No table of places that is made at import has more numbers."""


def _center_crop_pad(context: Context, node: Node) -> Tensor:
    """Half of what is too much goes at each end, or half of what is missing comes."""
    x, sizes = tensor(context, node, 0), static_ints(node.input(1), "shape")
    axes = [normalize_axis(axis, x.rank) for axis in node.ints("axes", range(x.rank))]
    if len(sizes) != len(axes) or min(sizes, default=0) < 0:
        raise Unsupported(f"shape {sizes} for {len(axes)} axes")
    low, high = [0] * x.rank, [0] * x.rank
    for axis, size in zip(axes, sizes, strict=True):
        old = x.dims[axis]
        if not isinstance(old, int):
            raise Unsupported(f"axis {axis} of dynamic size")
        if size < old:
            x = context.take(x, axis, (old - size) // 2, size)
        else:
            low[axis] = (size - old) // 2
            high[axis] = size - old - low[axis]
    return context.pad(x, low, high, 0)


def _affine_grid(context: Context, node: Node) -> Tensor:
    """The places of a regular grid, as rows (x, y, .., 1), times the transposed matrix."""
    theta, shape = tensor(context, node, 0), static_ints(node.input(1), "size")
    image, corners = shape[2:], bool(node.int("align_corners", 0))
    rank = len(image)
    if rank not in (2, 3) or theta.dims[1:] != (rank, rank + 1) or min(image) < 1:
        raise Unsupported(f"size {shape} for matrices {list(theta.dims[1:])}")
    if prod(image) > LARGEST_TABLE or theta.dims[0] not in (shape[0], *_dynamic(theta)):
        raise Unsupported(f"size {shape}")
    axes = [_places(size, corners) for size in image]
    mesh = np.meshgrid(*axes, indexing="ij")
    rows = np.stack([*(axis.reshape(-1) for axis in mesh[::-1]), np.ones(prod(image))], axis=-1)
    table = Constant(rows.astype(numpy_type_of(theta.element)), f"{node.name}.grid")
    op = dl.MatmulOp(context.tensor(table).ssa, theta.ssa, transpose_rhs=True)
    y = context.emit(op, (theta.dims[0], prod(image), rank))
    return context.reshape(y, (theta.dims[0], *image, rank))


def _dynamic(x: Tensor) -> Sequence[object]:
    """The batch, if it is known at run time only."""
    return () if isinstance(x.dims[0], int) else x.dims[:1]


def _places(size: int, corners: bool) -> Array:
    """From -1 to 1: the corners themselves, or the centres of as many equal parts."""
    if corners:
        return np.linspace(-1.0, 1.0, size) if size > 1 else np.zeros(1)
    return (2 * np.arange(size) + 1) / size - 1


def _col2im(context: Context, node: Node) -> Tensor:
    """Every place of the image gathers what the columns hold for it; a zero stands for nothing."""
    x = tensor(context, node, 0)
    image, block = (
        static_ints(node.input(i), what) for i, what in ((1, "image_shape"), (2, "block_shape"))
    )
    if x.rank != 3 or len(image) != len(block) or min(*image, *block, 1) < 1:
        raise Unsupported(f"image_shape {image} and block_shape {block}")
    columns = _columns(node, image, block)
    numbers, count = prod(len(axis) for axis in columns), prod(block)
    if x.dims[2] != numbers or d.mod(x.dims[1], count) != 0:
        raise Unsupported(f"{x.dims[1:]} columns; expected {count} times channels, {numbers}")
    channels = d.div(x.dims[1], count)
    flat = context.reshape(x, (x.dims[0], channels, count * numbers))
    flat = context.pad(flat, (0, 0, 0), (0, 0, 1), 0)
    table = Constant(_folding(columns, image, block), f"{node.name}.places")
    seen = context.gather(flat, context.tensor(table), 2)
    y = context.emit(dl.ReduceSumOp(seen.ssa, [3]), (x.dims[0], channels, prod(image)))
    return context.reshape(y, (x.dims[0], channels, *image))


def _columns(node: Node, image: Sequence[int], block: Sequence[int]) -> list[Array]:
    """By axis the places of the image, [column, place of the block]; some are outside."""
    rank = len(image)
    strides, dilations = (node.ints(name, (1,) * rank) for name in ("strides", "dilations"))
    pads = node.ints("pads", (0,) * 2 * rank)
    if not len(strides) == len(dilations) == rank or len(pads) != 2 * rank:
        raise Unsupported("strides, dilations or pads of the wrong length")
    if min(*strides, *dilations) < 1 or min(pads) < 0:
        raise Unsupported("strides, dilations or pads out of range")
    axes: list[Array] = []
    rows = zip(image, block, strides, dilations, pads[:rank], pads[rank:], strict=True)
    for size, k, stride, dilation, low, high in rows:
        count = (size + low + high - (k - 1) * dilation - 1) // stride + 1
        starts = np.arange(count, dtype=np.int64) * stride - low
        axes.append(starts[:, None] + np.arange(k, dtype=np.int64) * dilation)
    return axes


def _folding(columns: Sequence[Array], image: Sequence[int], block: Sequence[int]) -> Array:
    """[place of the image, place of the block]: the index of the number that falls there."""
    count, numbers = prod(block), prod(len(axis) for axis in columns)
    if prod(image) * count > LARGEST_TABLE:
        raise Unsupported(f"image_shape {list(image)} and block_shape {list(block)}")
    table = np.full((*image, *block), count * numbers, np.int64)
    places = [_by_place(axis, size) for axis, size in zip(columns, image, strict=True)]
    index, inside = np.zeros((), np.int64), np.ones((), np.bool_)
    rank = len(image)
    for i, axis in enumerate(places):
        shape = [1] * (2 * rank)
        shape[i], shape[rank + i] = axis.shape
        column = axis.reshape(shape)
        index, inside = index * len(columns[i]) + column, inside & (column >= 0)
    offsets = np.arange(count).reshape(*[1] * rank, *block) * numbers
    table = np.where(inside, index + offsets, table)
    return table.reshape(prod(image), count)


def _by_place(columns: Array, size: int) -> Array:
    """[place, place of the block]: the column that has this place there, or -1."""
    table = np.full((size, columns.shape[1]), -1, np.int64)
    for column, row in enumerate(columns):
        for k, place in enumerate(row):
            if 0 <= place < size:
                table[place, k] = column
    return table


OPERATORS: dict[str, Build] = {
    "AffineGrid": _affine_grid,
    "CenterCropPad": _center_crop_pad,
    "Col2Im": _col2im,
}
