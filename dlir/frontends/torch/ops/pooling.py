"""Pooling.

`ceil_mode` becomes padding at the high end: a pixel of it never wins a maximum, and an average that
does not count padding does not count it either. An average that does count padding counts only the
padding that was asked for, so that padding is made explicit first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call, only_first
from ..widen import in_wide
from ..windows import Windows, square_image
from .elementwise import Make, times
from .movement import part
from .reduction import reduce

PoolOp = dl.MaxPool2dOp | dl.AvgPool2dOp


class Pooling:
    """One pooling: its images [n, c, h, w] and windows, from a call over `spatial` dimensions."""

    def __init__(self, context: Context, call: Call, spatial: int):
        self._context, self._call, self._spatial = context, call, spatial
        x = call.tensor(context)
        batch = context.reshape(x, (1, *x.dims)) if x.rank == spatial + 1 else x
        self.image = square_image(context, batch)
        kernel = call.ints("kernel_size")
        strides = call.ints("stride") if call.has("stride") else ()
        dilations = call.ints("dilation") if call.has("dilation") else (1,)
        self.windows = Windows.of(
            kernel, strides or kernel, call.ints("padding"), dilations, spatial
        )

    def result(self, op: PoolOp) -> Tensor:
        """The op's result, with the sizes PyTorch gives."""
        size = (*[1] * (2 - self._spatial), *self._call.dims[-self._spatial :])
        y = self._context.emit(op, (*self.image.dims[:2], *size))
        return self._context.reshape(y, self._call.dims)

    def ceiled(self) -> Windows:
        """The windows with high padding such that there are as many as PyTorch says."""
        highs = list(self.windows.padding[2:])
        if self._call.flag("ceil_mode"):
            for axis in range(2 - self._spatial, 2):
                highs[axis] = self._high(self.image.dims[2 + axis], self._call.dims[axis - 2], axis)
        return replace(self.windows, padding=(*self.windows.padding[:2], *highs))

    def _high(self, size: Dim, count: Dim, axis: int) -> int:
        low, high = self.windows.padding[axis], self.windows.padding[axis + 2]
        stride = self.windows.strides[axis]
        if stride == 1:
            return high
        if not isinstance(size, int) or not isinstance(count, int):
            raise Unsupported("ceil_mode with strides over an image of dynamic size")
        needed = (count - 1) * stride + self.windows.extents()[axis] - size - low
        return high if needed <= high < needed + stride else max(needed, 0)


def _max_pool(spatial: int) -> Build:
    def build(context: Context, call: Call) -> Sequence[Tensor]:
        pooling = Pooling(context, call, spatial)
        windows = pooling.ceiled()
        op = dl.MaxPool2dOp(
            pooling.image.ssa,
            windows.kernel,
            strides=windows.strides,
            padding=windows.padding,
            dilations=windows.dilations,
        )
        return (pooling.result(op),)

    return build


def _avg_pool(spatial: int) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        pooling = Pooling(context, call, spatial)
        image, windows = pooling.image, pooling.ceiled()
        include = call.flag("count_include_pad") and any(pooling.windows.padding)
        divisor = call.int("divisor_override") if call.has("divisor_override") else None
        if (include and windows != pooling.windows) or divisor is not None:
            image, windows = _padded(context, image, pooling.windows, windows)
            include = False
        if divisor is not None:
            return _divided(context, pooling, image, windows, divisor)
        return pooling.result(_average(image, windows, include))

    return build


def _average(image: Tensor, windows: Windows, include: bool) -> dl.AvgPool2dOp:
    return dl.AvgPool2dOp(
        image.ssa,
        windows.kernel,
        strides=windows.strides,
        padding=windows.padding,
        dilations=windows.dilations,
        count_include_pad=include,
    )


def _padded(
    context: Context, image: Tensor, asked: Windows, ceiled: Windows
) -> tuple[Tensor, Windows]:
    """The image with the padding that was asked for, and windows with what `ceil_mode` adds."""
    extra = [new - old for new, old in zip(ceiled.padding, asked.padding, strict=True)]
    padding = asked.padding
    if min(extra) < 0:  # windows that end before the padding does
        padding = tuple(min(a, b) for a, b in zip(asked.padding, ceiled.padding, strict=True))
        extra = [new - old for new, old in zip(ceiled.padding, padding, strict=True)]
    grown = context.pad(image, (0, 0, *padding[:2]), (0, 0, *padding[2:]), 0.0)
    return grown, replace(ceiled, padding=tuple(extra))


def _divided(
    context: Context, pooling: Pooling, image: Tensor, windows: Windows, divisor: int
) -> Tensor:
    """Sums of windows over one number: the mean, padding counted, times how many it was of."""
    mean = pooling.result(_average(image, windows, True))
    count = windows.kernel[0] * windows.kernel[1]
    return in_wide(context, lambda y: times(context, y, count / divisor), mean)


# Adaptive pooling: the windows divide an axis as evenly as they can


def _adaptive(make: Make, spatial: int) -> Build:
    def build(context: Context, call: Call) -> Sequence[Tensor]:
        x = call.tensor(context)
        for axis in range(x.rank - spatial, x.rank):
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
    "aten.max_pool1d.default": only_first(_max_pool(1)),
    "aten.max_pool2d.default": only_first(_max_pool(2)),
    "aten.max_pool2d_with_indices.default": _max_pool(2),
}
