"""Pooling.

`ceil_mode` becomes padding at the high end: a pixel of it never wins a maximum, and an average that
does not count padding does not count it either. An average that does count padding counts only the
padding that was asked for, so that padding is made explicit first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import TypeAlias

from xdsl.dialects.builtin import bf16, f16, f32
from xdsl.ir import Attribute, Operation

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor
from ..windows import Windows, flat_image, square_image, window_dims, windows_of
from .pooled_places import max_and_place

Kinds: TypeAlias = tuple[Callable[..., Operation], Callable[..., Operation]]
"""An op on images, and one on volumes."""

MAX: Kinds = (dl.MaxPool2dOp, dl.MaxPool3dOp)
AVERAGE: Kinds = (dl.AvgPool2dOp, dl.AvgPool3dOp)
NORM: Kinds = (dl.LpPool2dOp, dl.LpPool3dOp)


def _pool_windows(node: Node, x: Tensor) -> Windows:
    return windows_of(node, x.dims[2:], node.ints("kernel_shape", ()))


def _ceiled(image: Tensor, windows: Windows) -> Windows:
    """The windows with high padding such that `floor` finds as many of them as `ceil_mode` asks
    for.
    """
    rank = len(windows.kernel)
    highs = [_ceiled_high(image.dims[2 + axis], windows, axis) for axis in range(rank)]
    return replace(windows, padding=(*windows.padding[:rank], *highs))


def _ceiled_high(size: Dim, windows: Windows, axis: int) -> int:
    """High padding of one axis; a window must not start in the high padding."""
    low, high = windows.padding[axis], windows.padding[axis + len(windows.kernel)]
    extent, stride = windows.extents()[axis], windows.strides[axis]
    if stride == 1:
        return high
    if not isinstance(size, int):
        raise Unsupported("ceil_mode with strides over an image of dynamic size")
    count = -(-(size + low + high - extent) // stride) + 1
    if (count - 1) * stride >= size + low:
        count -= 1
    needed = (count - 1) * stride + extent - size - low
    return high if needed <= high < needed + stride else max(needed, 0)


def _max_pool(context: Context, node: Node) -> Sequence[Tensor]:
    x = tensor(context, node, 0)
    image = square_image(context, x)
    windows = _pool_windows(node, x)
    if node.int("ceil_mode", 0):
        windows = _ceiled(image, windows)
    if any(node.output_names[1:]):
        y, places = max_and_place(context, node, image, windows)
        return flat_image(context, y, x.rank), flat_image(context, places, x.rank)
    return (_pooled(context, MAX, x, image, windows),)


def _pooled(
    context: Context,
    kinds: Kinds,
    x: Tensor,
    image: Tensor,
    windows: Windows,
    **options: float,
) -> Tensor:
    """One of the two ops on images and on volumes."""
    op = kinds[x.rank == 5](
        image.ssa,
        windows.kernel,
        strides=windows.strides,
        padding=windows.padding,
        dilations=windows.dilations,
        **options,
    )
    dims = (*image.dims[:2], *window_dims(image.dims[2:], windows))
    return flat_image(context, context.emit(op, dims), x.rank)


def _average_pool(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    image = square_image(context, x)
    windows = _pool_windows(node, x)
    include = bool(node.int("count_include_pad", 0)) and any(windows.padding)
    if node.int("ceil_mode", 0):
        ceiled = _ceiled(image, windows)
        if include and ceiled != windows:
            extra = [new - old for new, old in zip(ceiled.padding, windows.padding, strict=True)]
            image = _padded(context, image, windows.padding)
            include, ceiled = False, replace(ceiled, padding=tuple(extra))
        windows = ceiled
    return _pooled(context, AVERAGE, x, image, windows, count_include_pad=include)


def _padded(context: Context, image: Tensor, padding: tuple[int, ...]) -> Tensor:
    rank = image.rank - 2
    return context.pad(image, (0, 0, *padding[:rank]), (0, 0, *padding[rank:]), 0.0)


def _lp_pool(context: Context, node: Node) -> Tensor:
    """The p-norm of each window."""
    x, p = tensor(context, node, 0), _exponent(node)
    image = square_image(context, x)
    windows = _pool_windows(node, x)
    if node.int("ceil_mode", 0):
        windows = _ceiled(image, windows)
    return _pooled(context, NORM, x, image, windows, p=p)


def _exponent(node: Node) -> float:
    """p, which operator set 1 had as a float."""
    p = node.float("p", 2.0) if node.opset == 1 else float(node.int("p", 2))
    if not 1 <= p < inf:
        raise Unsupported(f"p = {p}")
    return p


def _wide(element: Attribute) -> Attribute:
    """Powers of half types are taken in f32."""
    return f32 if element in (f16, bf16) else element


def _power(context: Context, x: Tensor, p: float) -> Tensor:
    """|x|^p"""
    size = context.itemwise(dl.AbsOp, x)
    if p == 1:
        return size
    return context.itemwise(dl.PowOp, size, context.constant(p, x.element))


def _norm(context: Context, total: Tensor, p: float, element: Attribute) -> Tensor:
    """total^(1/p), in the element type."""
    if p == 2:
        total = context.itemwise(dl.SqrtOp, total)
    elif p != 1:
        total = context.itemwise(dl.PowOp, total, context.constant(1 / p, total.element))
    return context.cast(total, element)


def _global_lp_pool(context: Context, node: Node) -> Tensor:
    x, p = tensor(context, node, 0), _exponent(node)
    powers = _power(context, context.cast(x, _wide(x.element)), p)
    axes = list(range(2, x.rank))
    op = dl.ReduceSumOp(powers.ssa, axes, keepdims=True)
    total = context.emit(op, (*x.dims[:2], *[1] * len(axes)))
    return _norm(context, total, p, x.element)


def _global_pool(reduction: type[dl.ReduceMeanOp | dl.ReduceMaxOp]) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        x = tensor(context, node, 0)
        axes = list(range(2, x.rank))
        return context.emit(reduction(x.ssa, axes, keepdims=True), (*x.dims[:2], *[1] * len(axes)))

    return build


OPERATORS: dict[str, Build] = {
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_pool(dl.ReduceMeanOp),
    "GlobalLpPool": _global_lp_pool,
    "GlobalMaxPool": _global_pool(dl.ReduceMaxOp),
    "LpPool": _lp_pool,
    "MaxPool": _max_pool,
}
