"""`dl-equalize-layers`: channels between two layers are scaled for both weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.constants import constant, follows_from_weights
from dlir.dialects.dl.ops.activation import ReluOp
from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp, DivOp, MulOp
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.numpy_types import Array
from dlir.params import check_params
from dlir.rewrite import current_statistics
from dlir.signature import entry_function
from dlir.transforms.quantization.calibration import WeightValues, weights_of
from dlir.transforms.quantization.layers import Layer, layer_of, layers_of
from dlir.transforms.quantization.writing import Writer

ROUNDS = 4
"""How often all pairs are gone through: the ranges of a chain settle quickly."""


@dataclass(frozen=True)
class DlEqualizeLayers(ModulePass):
    """Scale the channels between two layers so that the ranges of both weights become alike.

    Where a layer's result, with a bias and `dl.relu` or nothing behind it, is read by one other
    layer alone, channel i of the first weight and its bias may be divided by any s[i] > 0, and
    channel i of the second weight multiplied with it. With `s = sqrt(r1 / r2)`, for the ranges r1
    and r2 of the channel in both weights, both have the range sqrt(r1 r2): Nagel et al. 2019,
    "Data-free quantization through weight equalization and bias correction". It helps formats with
    one scale for many channels: blocks, and the activations in between. `params` is the
    .safetensors file of the weights. A channel that is zero in either weight is left alone.

    Before:
    ```mlir
    %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
    %1 = dl.relu %0 : tensor<?x2xf32>
    %2 = dl.matmul %1, %v acc f32 : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
    ```
    After:
    ```mlir
    %s = dl.constant dense<[[2.0, 0.5]]> : tensor<1x2xf32>
    %w2 = dl.div %w, %s : (tensor<4x2xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
    %0 = dl.matmul %x, %w2 acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
    %1 = dl.relu %0 : tensor<?x2xf32>
    %t = dl.constant dense<[[2.0], [0.5]]> : tensor<2x1xf32>
    %v2 = dl.mul %v, %t : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
    %2 = dl.matmul %1, %v2 acc f32 : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
    ```
    """

    name = "dl-equalize-layers"

    params: str | None = None
    function: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        params = weights_of(self.params)
        check_params(op, params)
        equalize_layers(entry_function(op, self.function), params)


@dataclass
class Pair:
    """Two layers, and the bias of the first."""

    first: Layer
    second: Layer
    bias: tuple[Operation, int] | None
    """The op that adds it, and the number of the operand that it is."""
    scale: Array
    """By what each channel between them is divided."""


def equalize_layers(function: FuncOp, params: Mapping[str, Array]) -> None:
    """What the pass does, with the weights at hand. Raises CompileError."""
    pairs = [pair for layer in layers_of(function) if (pair := _pair(layer)) is not None]
    values = WeightValues(params)
    arrays: dict[Operation, Array] = {
        layer.op: np.array(values.of(layer), np.float64)
        for pair in pairs
        for layer in (pair.first, pair.second)
    }
    for _ in range(ROUNDS):
        for pair in pairs:
            _settle(pair, arrays)
    for pair in pairs:
        if not (pair.scale == 1).all():
            _write(pair)
            current_statistics()["pairs of layers equalised"] += 1


def _pair(first: Layer) -> Pair | None:
    """The layer that alone reads this one's result, through a bias and relu."""
    if first.is_table or first.is_kept or not first.weight.has_one_use():
        return None
    value, bias = first.result, None
    while (use := value.get_unique_use()) is not None:
        op = use.operation
        second = layer_of(op)
        if second is not None and use.index == 0:
            if not _fits(first, second):
                return None
            ones = np.ones(shape_of(first.weight)[first.channels], np.float32)
            return Pair(first, second, bias, ones)
        other = op.operands[1 - use.index] if isinstance(op, AddOp) else None
        if other is not None and bias is None and _is_bias(first, op, other):
            bias = (op, 1 - use.index)
        elif not isinstance(op, ReluOp):
            return None
        value = op.results[0]
    return None


def _fits(first: Layer, second: Layer) -> bool:
    """Whether the channels of the first result are the second weight's summed axis, one to one."""
    grouped = isinstance(second.op, Conv2dOp) and second.op.groups.value.data != 1
    kept = second.is_kept or second.is_table or not second.weight.has_one_use()
    sizes = shape_of(first.weight)[first.channels], shape_of(second.weight)[second.summed]
    return not grouped and not kept and sizes[0] == sizes[1] and type(first.op) is type(second.op)


def _is_bias(layer: Layer, op: Operation, value: SSAValue) -> bool:
    """Whether a value is added per channel of a layer's result."""
    if not follows_from_weights(value) or op.results[0].type != layer.result.type:
        return False
    rank, shape = rank_of(layer.result), shape_of(value)
    wide = [axis + rank - len(shape) for axis, size in enumerate(shape) if size != 1]
    return wide in ([], [layer.channel_axis])


def _settle(pair: Pair, arrays: dict[Operation, Array]) -> None:
    """One step of the equalisation of a pair, in the arrays of both weights."""
    one, two = arrays[pair.first.op], arrays[pair.second.op]
    r1, r2 = _ranges(one, pair.first.channels), _ranges(two, pair.second.summed)
    usable = (r1 > 0) & (r2 > 0)
    ratio = np.where(usable, r1 / np.where(usable, r2, 1), 1)
    step = np.clip(np.sqrt(ratio), 1e-3, 1e3)
    one /= _along(step, one.ndim, pair.first.channels)
    two *= _along(step, two.ndim, pair.second.summed)
    pair.scale = (pair.scale * step).astype(np.float32)


def _ranges(array: Array, axis: int) -> Array:
    others = tuple(a for a in range(array.ndim) if a != axis)
    return np.asarray(np.abs(array).max(axis=others))


def _along(vector: Array, rank: int, axis: int) -> Array:
    return vector.reshape([-1 if a == axis else 1 for a in range(rank)])


def _write(pair: Pair) -> None:
    """Divide the first weight and its bias, and multiply the second weight."""
    first, second = pair.first, pair.second
    first.op.operands[1] = _scaled(first.op.operands[1], DivOp, pair.scale, first.channels)
    second.op.operands[1] = _scaled(second.op.operands[1], MulOp, pair.scale, second.summed)
    if pair.bias is not None:
        op, number = pair.bias
        bias, rank = op.operands[number], rank_of(first.result)
        axis = first.channel_axis - rank + rank_of(bias)
        if axis < 0 or shape_of(bias)[axis] == 1:  # one number for all channels
            axis = 0
            trailing = [1] * (rank - first.channel_axis - 1)
            writer = Writer(bias)
            bias = writer.insert(ReshapeOp(bias, [1, *trailing])).result
        op.operands[number] = _scaled(bias, DivOp, pair.scale, axis)


def _scaled(value: SSAValue, kind: type[MulOp | DivOp], scale: Array, axis: int) -> SSAValue:
    writer = Writer(value)
    factors = writer.insert(constant(_along(scale, rank_of(value), axis)))
    return writer.insert(kind(value, factors)).result
