"""Which layers are computed in int8, and which values between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import Layout
from dlir.dialects.dl.ops.activation import ReluOp
from dlir.dialects.dl.ops.base import rank_of, shape_of, type_of
from dlir.dialects.dl.ops.binary import AddOp
from dlir.dialects.dl.ops.composite import BatchNormOp
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.movement import ConcatOp, ReshapeOp, TransposeOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, MaxPool2dOp
from dlir.dialects.dl.ops.reduction import ReduceMeanOp
from dlir.numpy_types import Array
from dlir.transforms.dl_quantize_minmax.calibration import Seen

SAME_SCALE = (ReluOp, MaxPool2dOp, ReshapeOp, TransposeOp, ConcatOp)
"""With zero point 0 they do to integers what they do to the numbers that these stand for."""

SUMS = (AddOp, AvgPool2dOp, ReduceMeanOp)
"""Computed as integer sums, requantised once."""

MOST_TERMS = 2**30 // (128 * 127)
"""Sums of so many products, and a bias of up to 2^30, fit into an i32."""

MOST_AVERAGED = 2**23
"""Sums of so many int8 fit into an i32."""


class Axes(NamedTuple):
    """Where the output channels are: in the weight and in the result."""

    weight: int
    result: int


@dataclass
class Layer:
    """A contraction, and the ops that follow it as an affine function of each output channel."""

    op: Conv2dOp | MatmulOp
    axes: Axes
    factor: Array
    bias: Array
    parts: list[Operation]
    """The contraction and what follows; the last one's result is the layer's."""

    @property
    def x(self) -> SSAValue:
        return self.op.operands[0]

    @property
    def weight(self) -> SSAValue:
        return self.op.operands[1]

    @property
    def result(self) -> SSAValue:
        return self.parts[-1].results[0]


@dataclass
class Plan:
    """The layers by their first op, and the float values that become int8."""

    layers: dict[Operation, Layer]
    int8: set[SSAValue]


def make_plan(block: Block, seen: Seen) -> Plan:
    """Layers read int8; a value is int8 if it can be, and if some layer reads it as such."""
    layers = {op: layer for op in block.ops if (layer := find_layer(op, seen)) is not None}
    results = {layer.result for layer in layers.values()}
    possible = set(results)
    for op in block.ops:
        if _is_integer_op(op) and all(value in possible for value in op.operands):
            possible.add(op.results[0])
    wanted: set[SSAValue] = set()
    for op in reversed([*block.ops]):
        if op in layers:
            wanted.add(layers[op].x)
        elif _is_integer_op(op) and op.results[0] in wanted & possible:
            wanted.update(op.operands)
    return Plan(layers, possible & wanted)


def _is_integer_op(op: Operation) -> bool:
    return isinstance(op, SAME_SCALE) or (isinstance(op, SUMS) and averaged(op) is not None)


def averaged(op: Operation) -> list[int] | None:
    """The axes over which an op takes the mean of a known number of elements; of an add none."""
    if isinstance(op, AddOp):
        return []
    shape = shape_of(op.operands[0])
    if isinstance(op, ReduceMeanOp):
        axes = [*op.axes.get_values()]
    elif isinstance(op, AvgPool2dOp) and not any(op.padding.get_values()):
        axes = [1, 2] if op.layout.data is Layout.NHWC else [2, 3]
        if op.kernel.get_values() != tuple(shape[axis] for axis in axes):
            return None
    else:
        return None
    count = shapes.element_count([shape[axis] for axis in axes])
    return axes if 0 < count <= MOST_AVERAGED else None


def find_layer(op: Operation, seen: Seen) -> Layer | None:
    """The layer that begins with this op."""
    if not isinstance(op, Conv2dOp | MatmulOp):
        return None
    x, weight = op.operands
    types = [type_of(value).element_type for value in (x, weight, op.result)]
    if x not in seen.largest or weight not in seen.constants or {*types, op.acc} != {f32}:
        return None
    axes = _axes(op)
    if axes is None:
        return None
    array = seen.constants[weight]
    channels = int(array.shape[axes.weight])
    if channels == 0 or array.size // channels > MOST_TERMS or not _fits(array):
        return None
    layer = Layer(op, axes, _filled(channels, 1), _filled(channels, 0), [op])
    while _extend(layer, seen):
        pass
    return layer


def _fits(array: Array) -> bool:
    """Whether all is finite, in f32 too."""
    return bool((np.abs(array) <= np.finfo(np.float32).max).all())


def _filled(count: int, value: float) -> Array:
    return np.full(count, value, np.float64)


def _axes(op: Conv2dOp | MatmulOp) -> Axes | None:
    """None for stacks of weights."""
    if isinstance(op, Conv2dOp):
        return Axes(0, 3 if op.layout.data is Layout.NHWC else 1)
    if rank_of(op.rhs) != 2:
        return None
    return Axes(0 if op.transpose_rhs is not None else 1, rank_of(op.result) - 1)


def _extend(layer: Layer, seen: Seen) -> bool:
    """Take in the only reader, if it scales or moves each channel."""
    use = layer.result.get_unique_use()
    if use is None or use.operation.parent is not layer.op.parent:
        return False
    reader = use.operation
    if isinstance(reader, BatchNormOp) and use.index == 0:
        return _take_batch_norm(layer, reader, seen)
    if isinstance(reader, AddOp):
        return _take_bias(layer, reader, reader.operands[1 - use.index], seen)
    return False


def _take_batch_norm(layer: Layer, op: BatchNormOp, seen: Seen) -> bool:
    statistics = [seen.constants.get(value) for value in op.operands[1:]]
    known = [np.asarray(array, np.float64) for array in statistics if array is not None]
    if len(known) != 4 or op.axis.value.data != layer.axes.result:
        return False
    scale, bias, mean, variance = known
    with np.errstate(all="ignore"):
        factor = scale / np.sqrt(variance + op.epsilon.value.data)
        moved = (layer.bias - mean) * factor + bias
        total = layer.factor * factor
        largest = np.abs(seen.constants[layer.weight]).max(initial=0.0)
        if not (_fits(total) and _fits(moved) and _fits(total * largest)):
            return False
    layer.bias, layer.factor = moved, total
    layer.parts.append(op)
    return True


def _take_bias(layer: Layer, op: AddOp, value: SSAValue, seen: Seen) -> bool:
    """A constant with one number for all, or one per channel."""
    array = seen.constants.get(value)
    if array is None or not _fits(array):
        return False
    if shape_of(op.results[0]) != shape_of(layer.result):
        return False
    rank, channels = rank_of(layer.result), len(layer.bias)
    shape = (1,) * (rank - array.ndim) + array.shape
    fits = [n == 1 or (axis == layer.axes.result and n == channels) for axis, n in enumerate(shape)]
    if not all(fits):
        return False
    layer.bias = layer.bias + np.asarray(array, np.float64).reshape(-1)
    layer.parts.append(op)
    return True
