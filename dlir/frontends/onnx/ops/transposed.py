"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor
from .contraction import biased


@dataclass(frozen=True)
class Axis:
    """How one dimension is spread: `(size - 1) * stride + extent - low - high + extra` places."""

    extent: int
    stride: int
    dilation: int
    low: int
    high: int
    extra: int

    def size(self, size: Dim) -> Dim:
        rest = self.extent - self.stride - self.low - self.high + self.extra
        return d.add(d.mul(size, self.stride), rest)


def _axes(node: Node, spatial: Sequence[Dim], kernel: Sequence[Dim]) -> list[Axis]:
    """The dimensions with the padding that the attributes ask for, in one of three ways."""
    rank, sizes = len(spatial), [n for n in kernel if isinstance(n, int)]
    strides, dilations = (node.ints(name, (1,) * rank) for name in ("strides", "dilations"))
    pads, extra = node.ints("pads", (0,) * 2 * rank), node.ints("output_padding", (0,) * rank)
    named = (("strides", strides), ("dilations", dilations), ("output_padding", extra))
    lists = [("kernel_shape", sizes), *named]
    wrong = [name for name, values in lists if len(values) != rank]
    if wrong or len(pads) != 2 * rank:
        raise Unsupported(f"{', '.join(wrong) or 'pads'} of the wrong length")
    if min(*sizes, *strides, *dilations) < 1 or min(*pads, *extra) < 0:
        raise Unsupported("kernel_shape, strides, dilations, pads or output_padding out of range")
    columns = zip(sizes, strides, dilations, pads[:rank], pads[rank:], extra, strict=True)
    axes = [Axis((k - 1) * w + 1, s, w, low, high, more) for k, s, w, low, high, more in columns]
    mode = node.string("auto_pad", "NOTSET")
    if "output_shape" in node.attributes:
        totals = _totals_for(node.ints("output_shape", ()), spatial, axes)
    elif mode in ("SAME_UPPER", "SAME_LOWER"):
        totals = [axis.extent - axis.stride + axis.extra for axis in axes]
    elif mode == "VALID":
        totals = [0] * rank
    elif mode in ("NOTSET", ""):
        return axes
    else:
        raise Unsupported(f"auto_pad = {mode!r}")
    return [
        _padded(axis, total, mode == "SAME_UPPER") for axis, total in zip(axes, totals, strict=True)
    ]


def _totals_for(shape: Sequence[int], spatial: Sequence[Dim], axes: Sequence[Axis]) -> list[int]:
    """The padding that gives the result this shape."""
    known = [n for n in spatial if isinstance(n, int)]
    if len(known) != len(spatial):
        raise Unsupported("output_shape of an image of dynamic size")
    wanted = shape[-len(axes) :]
    if len(wanted) != len(axes):
        raise Unsupported(f"output_shape = {list(shape)}")
    rows = zip(axes, known, wanted, strict=True)
    return [(n - 1) * a.stride + a.extent + a.extra - size for a, n, size in rows]


def _padded(axis: Axis, total: int, small_first: bool) -> Axis:
    """The padding divided between the ends; one place too few is added at the high end."""
    if total < -1:
        raise Unsupported(f"an output that is {-total} larger than what the kernel reaches")
    half, rest = max(total, 0) // 2, max(total, 0) - max(total, 0) // 2
    low, high = (half, rest) if small_first else (rest, half)
    return replace(axis, low=low, high=high, extra=axis.extra + max(0, -total))


def _conv_transpose(context: Context, node: Node) -> Tensor:
    x, w = tensor(context, node, 0), tensor(context, node, 1)
    if x.rank not in (3, 4, 5):
        raise Unsupported(f"{x.rank - 2} spatial dimensions; 1 to 3 are supported")
    if w.rank != x.rank:
        raise Unsupported(f"a weight of rank {w.rank} for an input of rank {x.rank}")
    axes, groups = _axes(node, x.dims[2:], w.dims[2:]), node.int("group", 1)
    op = dl.ConvTransposeOp(
        x.ssa,
        w.ssa,
        strides=[axis.stride for axis in axes],
        padding=[*(axis.low for axis in axes), *(axis.high for axis in axes)],
        dilations=[axis.dilation for axis in axes],
        output_padding=[axis.extra for axis in axes],
        groups=groups,
    )
    size = [axis.size(n) for axis, n in zip(axes, x.dims[2:], strict=True)]
    y = context.emit(op, (x.dims[0], d.mul(w.dims[1], groups), *size))
    return biased(context, node, y)


OPERATORS: dict[str, Build] = {"ConvTranspose": _conv_transpose}
