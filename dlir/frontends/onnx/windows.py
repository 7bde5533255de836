"""Windows of convolution and pooling: padding, `auto_pad`, lines as images of height 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dlir.frontends.builder import dims as d
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from .node import Node


@dataclass(frozen=True)
class Windows:
    """The windows over an image or a volume; `padding` is low by dimension, then high."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[int, ...]
    dilations: tuple[int, ...]

    def extents(self) -> list[int]:
        """How many pixels a window spans, by axis."""
        return [(k - 1) * s + 1 for k, s in zip(self.kernel, self.dilations, strict=True)]


def windows_of(node: Node, spatial: Sequence[Dim], kernel: Sequence[Dim]) -> Windows:
    """The windows of a node over `spatial` dimensions, one to three of them.

    Raises `Unsupported` for other ranks, kernels of unknown size and `auto_pad` that needs the size
    of a dynamic image.
    """
    rank = len(spatial)
    if rank not in (1, 2, 3):
        raise Unsupported(f"{rank} spatial dimensions; 1 to 3 are supported")
    sizes = [n for n in kernel if isinstance(n, int)]
    strides, dilations = (node.ints(name, (1,) * rank) for name in ("strides", "dilations"))
    pads = node.ints("pads", (0,) * 2 * rank)
    if (
        len(sizes) != rank
        or len(strides) != rank
        or len(dilations) != rank
        or len(pads) != 2 * rank
    ):
        raise Unsupported("kernel_shape, strides, pads or dilations of the wrong length")
    _check_positive("kernel_shape", sizes)
    _check_positive("strides", strides)
    _check_positive("dilations", dilations)
    if min(pads) < 0:
        raise Unsupported("negative pads")
    windows = Windows(tuple(sizes), strides, pads, dilations)
    windows = replace(windows, padding=_auto_padding(node, spatial, windows))
    return _over_lines(windows) if rank == 1 else windows


def _check_positive(name: str, numbers: Sequence[int]) -> None:
    if min(numbers) < 1:
        raise Unsupported(f"{name} = {list(numbers)}")


def _auto_padding(node: Node, spatial: Sequence[Dim], windows: Windows) -> tuple[int, ...]:
    """Padding low, then high, for every axis, after `auto_pad`."""
    mode = node.string("auto_pad", "NOTSET")
    if mode in ("NOTSET", ""):
        return windows.padding
    if mode == "VALID":
        return (0,) * len(windows.padding)
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise Unsupported(f"auto_pad = {mode!r}")
    axes = zip(spatial, windows.extents(), windows.strides, strict=True)
    totals = [_same_padding(*axis) for axis in axes]
    small, large = [n // 2 for n in totals], [n - n // 2 for n in totals]
    return tuple(small + large if mode == "SAME_UPPER" else large + small)


def _same_padding(size: Dim, extent: int, stride: int) -> int:
    """Total padding that makes the result ceil(size / stride) wide."""
    if stride == 1:
        return extent - 1
    if not isinstance(size, int):
        raise Unsupported("auto_pad = SAME with strides over an image of dynamic size")
    return max((-(-size // stride) - 1) * stride + extent - size, 0)


def _over_lines(windows: Windows) -> Windows:
    """Windows over lines, as windows of height 1 over images of height 1."""
    low, high = windows.padding
    return Windows(
        (1, *windows.kernel), (1, *windows.strides), (0, low, 0, high), (1, *windows.dilations)
    )


def window_dims(spatial: Sequence[Dim], windows: Windows) -> list[Dim]:
    """How many windows there are along each axis."""
    low, high = windows.padding[: len(spatial)], windows.padding[len(spatial) :]
    axes = zip(spatial, low, high, windows.extents(), windows.strides, strict=True)
    return [
        d.add(d.div(d.add(n, before + after - extent), stride), 1)
        for n, before, after, extent, stride in axes
    ]


def square_image(context: Context, x: Tensor) -> Tensor:
    """A batch of lines [n, c, w] as images [n, c, 1, w]; images and volumes stay."""
    return x if x.rank > 3 else context.reshape(x, (*x.dims[:2], 1, *x.dims[2:]))


def flat_image(context: Context, y: Tensor, rank: int) -> Tensor:
    """The inverse of `square_image` for an original of that rank."""
    return y if rank > 3 else context.reshape(y, (*y.dims[:2], *y.dims[3:]))
