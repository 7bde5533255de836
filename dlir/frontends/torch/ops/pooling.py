"""Pooling.

`ceil_mode` becomes padding at the high end: a pixel of it never wins a maximum, and an average that
does not count padding does not count it either. An average that does count padding counts only the
padding that was asked for, so that padding is made explicit first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any, TypeAlias

from xdsl.ir import Operation

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call, only_first
from ..widen import in_wide
from ..windows import full
from .elementwise import Make, times
from .movement import part
from .reduction import reduce

Kind: TypeAlias = Mapping[int, Callable[..., Operation]]
"""Spatial dimensions -> the op that pools them."""

MAX: Kind = {2: dl.MaxPool2dOp, 3: dl.MaxPool3dOp}
AVERAGE: Kind = {2: dl.AvgPool2dOp, 3: dl.AvgPool3dOp}


@dataclass(frozen=True)
class Axis:
    """The windows along one axis, and how many there are."""

    count: Dim
    kernel: int = 1
    stride: int = 1
    low: int = 0
    high: int = 0
    dilation: int = 1

    @property
    def extent(self) -> int:
        """How many pixels a window spans."""
        return (self.kernel - 1) * self.dilation + 1


class Pooling:
    """One pooling over the last `spatial` dimensions of a batch of images."""

    def __init__(self, context: Context, call: Call, spatial: int):
        self.context, self.call = context, call
        x = call.tensor(context)
        self.x = context.reshape(x, (1, *x.dims)) if x.rank == spatial + 1 else x
        self.asked = [Axis(*numbers) for numbers in _windows(call, spatial)]
        """The windows without what `ceil_mode` adds."""
        self.axes = self.asked
        if call.flag("ceil_mode"):
            sizes = self.x.dims[2:]
            self.axes = [_ceiled(n, axis) for n, axis in zip(sizes, self.asked, strict=True)]

    def pad(self) -> None:
        """Make the padding that was asked for part of the images; what `ceil_mode` adds stays."""
        lows, highs = [0, 0], [0, 0]
        rest: list[Axis] = []
        for asked, axis in zip(self.asked, self.axes, strict=True):
            high = min(asked.high, axis.high)  # the last window may end before the padding does
            lows.append(asked.low)
            highs.append(high)
            rest.append(replace(axis, low=0, high=axis.high - high))
        self.x = self.context.pad(self.x, lows, highs, 0.0)
        self.asked = self.axes = rest

    def result(self, kind: Kind, **flags: bool) -> Tensor:
        """What the op for images or volumes gives; a line is an image of height 1."""
        x, axes = self.x, self.axes
        if len(axes) == 1:
            x, axes = self.context.reshape(x, (*x.dims[:2], 1, x.dims[2])), [Axis(1), *axes]
        op = kind[len(axes)](
            x.ssa,
            [axis.kernel for axis in axes],
            strides=[axis.stride for axis in axes],
            padding=[*(axis.low for axis in axes), *(axis.high for axis in axes)],
            dilations=[axis.dilation for axis in axes],
            **flags,
        )
        y = self.context.emit(op, (*x.dims[:2], *(axis.count for axis in axes)))
        return self.context.reshape(y, self.call.dims)


def _windows(call: Call, spatial: int) -> list[tuple[Any, ...]]:
    """The fields of each `Axis`. Without strides, windows stand side by side."""
    kernel = full(call.ints("kernel_size"), spatial)
    strides = full(call.ints("stride") or kernel, spatial) if call.has("stride") else kernel
    padding = full(call.ints("padding"), spatial)
    dilations = full(call.ints("dilation") if call.has("dilation") else (1,), spatial)
    counts = call.dims[-spatial:]
    return list(zip(counts, kernel, strides, padding, padding, dilations, strict=True))


def _ceiled(size: Dim, axis: Axis) -> Axis:
    """With high padding such that there are as many windows as PyTorch says."""
    if axis.stride == 1:
        return axis
    if not isinstance(size, int) or not isinstance(axis.count, int):
        raise Unsupported("ceil_mode with strides over an image of dynamic size")
    needed = (axis.count - 1) * axis.stride + axis.extent - size - axis.low
    fits = needed <= axis.high < needed + axis.stride
    return axis if fits else replace(axis, high=max(needed, 0))


def _max_pool(spatial: int) -> Build:
    def build(context: Context, call: Call) -> Sequence[Tensor]:
        return (Pooling(context, call, spatial).result(MAX),)

    return build


def _avg_pool(spatial: int) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        pooling = Pooling(context, call, spatial)
        divisor = call.int("divisor_override") if call.has("divisor_override") else None
        if call.flag("count_include_pad") or divisor is not None:
            pooling.pad()
        if divisor is None:
            return pooling.result(AVERAGE)
        # the sum over one number is the mean, what ceil_mode adds counted, times a ratio
        mean = pooling.result(AVERAGE, count_include_pad=True)
        ratio = prod(axis.kernel for axis in pooling.axes) / divisor
        return in_wide(context, partial(times, context, factor=ratio), mean)

    return build


# Adaptive pooling: the windows divide an axis as evenly as they can


def _adaptive(make: Make, spatial: int) -> Build:
    def build(context: Context, call: Call) -> Sequence[Tensor]:
        x = call.tensor(context)
        axes = range(x.rank - spatial, x.rank)
        if all(call.dims[axis] == 1 for axis in axes):
            return (reduce(context, make, x, [*axes], True),)
        for axis in axes:
            x = _adapted(context, make, x, axis, call.dims[axis])
        return (x,)

    return build


def _adapted(context: Context, make: Make, x: Tensor, axis: int, count: Dim) -> Tensor:
    size = x.dims[axis]
    if count == size:
        return x
    if count == 1:
        return reduce(context, make, x, [axis], True)
    if not isinstance(size, int) or not isinstance(count, int):
        raise Unsupported("adaptive windows over a dynamic dimension")
    if count and size % count == 0:
        split = (*x.dims[:axis], count, size // count, *x.dims[axis + 1 :])
        return reduce(context, make, context.reshape(x, split), [axis + 1], False)
    bounds = [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
    parts = [
        reduce(context, make, part(context, x, axis, low, high - low), [axis], True)
        for low, high in bounds
    ]
    dims = (*x.dims[:axis], count, *x.dims[axis + 1 :])
    return context.emit(dl.ConcatOp([y.ssa for y in parts], axis), dims)


OPERATORS: dict[str, Build] = {
    "aten._adaptive_avg_pool2d.default": only_first(_adaptive(dl.ReduceMeanOp, 2)),
    "aten._adaptive_avg_pool3d.default": only_first(_adaptive(dl.ReduceMeanOp, 3)),
    "aten.adaptive_avg_pool1d.default": only_first(_adaptive(dl.ReduceMeanOp, 1)),
    "aten.adaptive_avg_pool2d.default": only_first(_adaptive(dl.ReduceMeanOp, 2)),
    "aten.adaptive_avg_pool3d.default": only_first(_adaptive(dl.ReduceMeanOp, 3)),
    "aten.adaptive_max_pool1d.default": _adaptive(dl.ReduceMaxOp, 1),
    "aten.adaptive_max_pool2d.default": _adaptive(dl.ReduceMaxOp, 2),
    "aten.adaptive_max_pool3d.default": _adaptive(dl.ReduceMaxOp, 3),
    "aten.avg_pool1d.default": _avg_pool(1),
    "aten.avg_pool2d.default": _avg_pool(2),
    "aten.avg_pool3d.default": _avg_pool(3),
    "aten.max_pool1d.default": only_first(_max_pool(1)),
    "aten.max_pool2d.default": only_first(_max_pool(2)),
    "aten.max_pool2d_with_indices.default": _max_pool(2),
    "aten.max_pool3d.default": only_first(_max_pool(3)),
    "aten.max_pool3d_with_indices.default": _max_pool(3),
}
