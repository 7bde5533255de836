"""Convolutions of volumes, and transposed ones: summed in the accumulator type, rounded once."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from dlir.dialects.dl.ops.convolution import Conv3dOp, ConvTransposeOp
from dlir.dialects.dl.semantics.common import result_dtype
from dlir.dialects.dl.semantics.contraction import product, windows
from dlir.numpy_types import Array, dtype_of


def conv3d(_: Any, op: Conv3dOp, x: Array, weight: Array) -> Array:
    """Weights times columns, which hold for each output place all the inputs it sees."""
    groups, (out, channels, *kernel) = op.groups.value.data, weight.shape
    check_channels(x.shape[1], groups * channels)
    padding = op.padding.get_values()
    ends = zip(padding[:3], padding[3:], strict=True)
    x = np.pad(x, ((0, 0), (0, 0), *ends))
    seen = windows(x, kernel, op.strides.get_values(), op.dilations.get_values())
    batch, places, terms = seen.shape[0], seen.shape[2:5], channels * prod(kernel)
    columns = seen.transpose(0, 1, 5, 6, 7, 2, 3, 4)
    columns = columns.reshape(batch, groups, terms, prod(places))
    rows = weight.reshape(groups, out // groups, terms)
    y = product(rows, columns, dtype_of(op.acc))
    return y.reshape(batch, out, *places).astype(result_dtype(op))


def check_channels(got: int, expected: int) -> None:
    """Raises ValueError when the input has not the channels that the weight expects."""
    if got != expected:
        raise ValueError(f"input has {got} channels, weight expects {expected}")


def conv_transpose(_: Any, op: ConvTransposeOp, x: Array, weight: Array) -> Array:
    """Each place of the kernel adds its products at the places that it reaches."""
    groups, (channels, out, *kernel) = op.groups.value.data, weight.shape
    check_channels(x.shape[1], channels)
    batch, _channels, *image = x.shape
    axes = op.axes()
    size = [axis.spread(n) for axis, n in zip(axes, image, strict=True)]
    if None in size:
        raise ValueError(f"kernel {kernel} on image {image} gives an empty result")
    columns = x.reshape(batch, groups, channels // groups, prod(image))
    rows = weight.reshape(groups, channels // groups, out, *kernel).swapaxes(1, 2)
    acc = dtype_of(op.acc)
    ends = [a.low + n for a, n in zip(axes, size, strict=True) if n is not None]
    reach = [(n - 1) * a.stride + (a.kernel - 1) * a.dilation + 1
             for a, n in zip(axes, image, strict=True)]  # fmt: skip
    total = np.zeros((batch, groups * out, *map(max, ends, reach)), acc)
    for place in np.ndindex(*kernel):
        terms = product(rows[:, :, :, *place], columns, acc)
        total[:, :, *map(_reached, axes, place, image)] += terms.reshape(
            batch, groups * out, *image
        )
    kept = [slice(axis.low, end) for axis, end in zip(axes, ends, strict=True)]
    return total[:, :, *kept].astype(result_dtype(op))


def _reached(axis: Any, place: int, size: int) -> slice:
    start = place * axis.dilation
    return slice(start, start + (size - 1) * axis.stride + 1, axis.stride)


SEMANTICS = {Conv3dOp: conv3d, ConvTransposeOp: conv_transpose}
