"""What GPTQ knows of the inputs of a layer: the sums of their products."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlir.dialects.dl.attrs import Layout
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.semantics.contraction import windows
from dlir.numpy_types import Array
from dlir.transforms.quantization.layers import Layer


def gram_of(layer: Layer, x: Array) -> Array:
    """`sum of row^T row` over the rows that a weight is multiplied with, [groups, K, K] in f64.

    A row of a convolution is a window of the padded image: its channels, then its places, which is
    the order of the K weights of an output channel.
    """
    return np.sum([part.transpose(0, 2, 1) @ part for part in _rows(layer, x)], axis=0)


def _rows(layer: Layer, x: Array) -> Iterator[Array]:
    """All rows in pieces [groups, n, K]."""
    op = layer.op
    if not isinstance(op, Conv2dOp):
        yield x.reshape(1, -1, x.shape[-1]).astype(np.float64)
        return
    groups = op.groups.value.data
    top, left, bottom, right = op.padding.get_values()
    kernel = shape_of(layer.weight)[2:]
    for image in x:  # windows repeat their images many times over
        channels = image.transpose(2, 0, 1) if op.layout.data is Layout.NHWC else image
        padded = np.pad(channels, ((0, 0), (top, bottom), (left, right)))[None]
        seen = windows(padded, kernel, op.strides.get_values(), op.dilations.get_values())[0]
        count, height, width = seen.shape[:3]
        parts = seen.reshape(groups, count // groups, height * width, *kernel)
        yield parts.swapaxes(1, 2).reshape(groups, height * width, -1).astype(np.float64)
