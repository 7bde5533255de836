"""The weights of layers as integers: which scales, and which weights these stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dlir.dialects.dl.ops.base import shape_of
from dlir.numpy_types import Array
from dlir.scales import Affine
from dlir.transforms.quantization.layers import Layer
from dlir.transforms.quantization.writing import Granularity
from dlir.weight_rounding import RoundedWeight, clip_search, gptq, round_to_nearest

BITS = {"i8": 8, "i4": 4, "ui4": 4, "i2": 2}


@dataclass(frozen=True)
class WeightFormat:
    """What weights become."""

    element: str = "i8"
    """Signed integers have no zero points, unsigned ones do."""
    block: int | None = None
    """How many weights share a scale; None: all that make one output channel."""
    search: bool = False
    """Whether ranges shrink to where the squared error is least."""
    tables: bool = False
    """Whether tables, from which rows are taken, are quantised as well."""

    @property
    def symmetric(self) -> bool:
        return not self.element.startswith("u")


class Rounded(NamedTuple):
    """Scales as `dl.quantize` takes them, and a weight that they represent without an error."""

    chosen: Affine
    granularity: Granularity
    weight: Array
    is_nearest: bool
    """Whether rounding the original weight to nearest gives the same integers."""


def granularity_of(layer: Layer, block: int | None) -> Granularity:
    """One scale per output channel or row, or one per block that is shorter than these."""
    size = shape_of(layer.weight)[layer.summed]
    if layer.is_table:  # rows are taken out: each has to bring its own scales
        return Granularity(layer.summed, min(block or size, size))
    if block is None or block >= size:
        return Granularity(layer.channels)
    return Granularity(layer.summed, block)


def rounded(layer: Layer, weight: Array, how: WeightFormat, gram: Array | None = None) -> Rounded:
    """The weight in a format; by GPTQ if `gram`, that of `grams.gram_of`, is given."""
    granularity = granularity_of(layer, how.block)
    matrix, order = _as_matrix(layer, weight, granularity)
    bits, group, symmetric = BITS[how.element], granularity.block, how.symmetric
    if gram is not None:
        found = _gptq(matrix, gram, bits, group, symmetric)
    else:
        found = (clip_search if how.search else round_to_nearest)(matrix, bits, group, symmetric)
    back = _as_weight(found.dequantized(group), weight.shape, order)
    return Rounded(
        _affine(found, weight.shape, granularity, order), granularity, back, gram is None
    )


def _gptq(
    matrix: Array, gram: Array, bits: int, group: int | None, symmetric: bool
) -> RoundedWeight:
    """Each group of output channels has inputs of its own."""
    columns = np.split(matrix, len(gram), axis=1)
    parts = [
        gptq(part, own, bits, group, symmetric) for part, own in zip(columns, gram, strict=True)
    ]
    integers, scales, zeros = zip(*parts, strict=True)
    zero_points = None if symmetric else np.concatenate(zeros, axis=1)
    return RoundedWeight(np.concatenate(integers, 1), np.concatenate(scales, 1), zero_points)


def _as_matrix(
    layer: Layer, weight: Array, granularity: Granularity
) -> tuple[Array, Sequence[int]]:
    """The weight as [what shares scales, the rest], and the order of axes that brought it there."""
    rest = [axis for axis in range(weight.ndim) if axis not in (layer.channels, layer.summed)]
    order = [layer.summed, *rest, layer.channels]  # per channel: all else is summed
    if granularity.block is not None:
        order = [layer.summed, layer.channels, *rest]
    first = 1 if granularity.block is not None else weight.ndim - 1
    turned = weight.transpose(order)
    return turned.reshape(int(np.prod(turned.shape[:first])), -1), order


def _as_weight(matrix: Array, shape: Sequence[int], order: Sequence[int]) -> Array:
    turned = matrix.reshape([shape[axis] for axis in order])
    return np.ascontiguousarray(turned.transpose(np.argsort(order)))


def _affine(
    found: RoundedWeight, shape: Sequence[int], granularity: Granularity, order: Sequence[int]
) -> Affine:
    """Scales and zero points: a vector, or of the weight's rank."""
    if granularity.block is None:
        return Affine(found.scales[0], None if found.zero_points is None else found.zero_points[0])
    sizes = [len(found.scales), *(shape[axis] for axis in order[1:])]

    def placed(part: Array) -> Array:
        return np.ascontiguousarray(part.reshape(sizes).transpose(np.argsort(order)))

    zeros = found.zero_points
    return Affine(placed(found.scales), None if zeros is None else placed(zeros))
