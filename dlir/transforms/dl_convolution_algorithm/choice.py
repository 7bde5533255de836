"""Which algorithms can compute a convolution, and which is expected to be fastest."""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import f32, f64

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import NARROW, Algorithm, Layout
from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp, image_shape
from dlir.transforms.dl_convolution_algorithm.winograd import TAPS

TILES = {Algorithm.WINOGRAD_2X2: 2, Algorithm.WINOGRAD_4X4: 4}
"""Results per tile and direction."""
PRODUCTS_PER_NUMBER = 8
"""Multiply-adds in the time in which one f32 is moved between the caches."""
COLUMNS = 256
"""Fewer places than these are no columns of a product."""
GAIN = 1.05
"""By how much an algorithm must be expected to win to be preferred to the direct one."""


def impossible(op: Conv2dOp, algorithm: Algorithm) -> str | None:
    """Why an algorithm cannot compute a convolution; None if it can."""
    if algorithm is Algorithm.DIRECT:
        return None
    known = (*shape_of(op.x)[1:], *shape_of(op.weight))
    if shapes.DYNAMIC in known or 0 in known:
        return "needs sizes that are known and not 0, but for the batch"
    if op.groups.value.data != 1:
        return f"does not compute groups, got {op.groups.value.data}"
    if element_of(op.x) in NARROW or element_of(op.weight) in NARROW:
        return "computes with no narrow numbers"
    if algorithm is Algorithm.IM2COL:
        return None
    elements = {element_of(op.x), op.acc, element_of(op.result)}
    if elements not in ({f32}, {f64}):
        return "computes in f32 and f64 alone, sums and result included"
    if algorithm in TILES and not _is_plain_3x3(op):
        return "takes 3 x 3 kernels with strides and dilations of 1"
    return None


def _is_plain_3x3(op: Conv2dOp) -> bool:
    steps = {*op.strides.get_values(), *op.dilations.get_values()}
    return shape_of(op.weight)[2:] == (TAPS, TAPS) and steps == {1}


def is_product(op: Conv2dOp) -> bool:
    """Whether each place of an NCHW image is a column, and the result weights times these columns.

    The columns are rows of vectors, so there must be enough of them: 49 would fill 4 of 16 lanes.
    """
    if op.layout.data is not Layout.NCHW or impossible(op, Algorithm.IM2COL) is not None:
        return False
    if shape_of(op.weight)[2:] != (1, 1) or {*op.strides.get_values()} != {1}:
        return False
    _, height, width = _places(op)
    plain = not any(op.padding.get_values()) and element_of(op.x) in (f32, f64)
    return plain and height * width >= COLUMNS


def fastest(op: Conv2dOp, may_use_winograd: bool) -> Algorithm:
    """A product, or Winograd's where it is expected to win with weights that are constants."""
    if is_product(op):
        return Algorithm.IM2COL
    if not may_use_winograd or not follows_from_weights(op.weight):
        return Algorithm.DIRECT
    if impossible(op, Algorithm.WINOGRAD_4X4):
        return Algorithm.DIRECT
    costs = {algorithm: GAIN * _winograd_cost(op, tile) for algorithm, tile in TILES.items()}
    costs[Algorithm.DIRECT] = _direct_cost(op)
    return min(costs, key=costs.__getitem__)


def _direct_cost(op: Conv2dOp) -> int:
    """Products, and the reading of weights, in multiply-adds."""
    batch, height, width = _places(op)
    weights = prod(shape_of(op.weight))
    return weights * batch * height * width + PRODUCTS_PER_NUMBER * weights


def _winograd_cost(op: Conv2dOp, tile: int) -> int:
    """The same, and the writing and reading of transformed images."""
    batch, height, width = _places(op)
    out, channels, _, _ = shape_of(op.weight)
    tiles = batch * -(-height // tile) * -(-width // tile)
    positions = (tile + TAPS - 1) ** 2
    weights = positions * out * channels
    moved = weights + 2 * positions * tiles * (channels + out)
    return weights * tiles + PRODUCTS_PER_NUMBER * moved


def _places(op: Conv2dOp) -> tuple[int, int, int]:
    """Batch (a `?` is planned for as 1), height and width of the result."""
    batch, _, (height, width) = image_shape(shape_of(op.result), op.layout.data)
    return max(batch, 1), height, width
