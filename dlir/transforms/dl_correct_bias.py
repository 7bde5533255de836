"""`dl-correct-bias`: the mean error that quantised weights make is taken off each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import OpResult, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.constants import constant, follows_from_weights
from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp, MulOp
from dlir.dialects.dl.ops.quantization import DequantizeOp, QuantizeOp
from dlir.dialects.dl.semantics import SEMANTICS
from dlir.numpy_types import Array
from dlir.params import check_params
from dlir.rewrite import current_statistics
from dlir.signature import entry_function
from dlir.transforms.quantization.calibration import (
    Runner,
    WeightValues,
    read_calibration,
    samples,
    weights_of,
)
from dlir.transforms.quantization.layers import Layer, layers_of
from dlir.transforms.quantization.writing import Writer


@dataclass(frozen=True)
class DlCorrectBias(ModulePass):
    """Add to the result of each layer what its quantised weights take off it on average.

    A quantised weight W' makes the error x (W' - W), whose mean over the samples of `calibration`
    is another bias than 0: Nagel et al. 2019, "Data-free quantization through weight equalization
    and bias correction". The model in QDQ form is run on the samples, and for each layer, channel
    by channel, the mean of x (W - W') is added. `params` is the .safetensors file of the weights.

    Before:
    ```mlir
    %q = dl.quantize %w, %s {axis = 1} : (tensor<8x2xf32>, tensor<2xf32>) -> tensor<8x2xi8>
    %d = dl.dequantize %q, %s {axis = 1} : (tensor<8x2xi8>, tensor<2xf32>) -> tensor<8x2xf32>
    %0 = dl.matmul %x, %d acc f32 : (tensor<2x8xf32>, tensor<8x2xf32>) -> tensor<2x2xf32>
    ```
    After:
    ```mlir
    %q = dl.quantize %w, %s {axis = 1} : (tensor<8x2xf32>, tensor<2xf32>) -> tensor<8x2xi8>
    %d = dl.dequantize %q, %s {axis = 1} : (tensor<8x2xi8>, tensor<2xf32>) -> tensor<8x2xf32>
    %0 = dl.matmul %x, %d acc f32 : (tensor<2x8xf32>, tensor<8x2xf32>) -> tensor<2x2xf32>
    %c = dl.constant dense<[0.003, -0.001]> : tensor<2xf32>
    %1 = dl.add %0, %c : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
    ```
    """

    name = "dl-correct-bias"

    calibration: str
    params: str | None = None
    function: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        params = weights_of(self.params)
        check_params(op, params)
        function = entry_function(op, self.function)
        correct_bias(op, function, samples(function, read_calibration(self.calibration)), params)


def correct_bias(
    module: ModuleOp,
    function: FuncOp,
    inputs: Sequence[Sequence[Array]],
    params: Mapping[str, Array],
) -> dict[SSAValue, SSAValue]:
    """What the pass does; the values that stand for results now, where others do.

    Raises CompileError.
    """
    values = WeightValues(params)
    errors = [
        error for layer in layers_of(function) if (error := _error_of(layer, values)) is not None
    ]
    wanted = {error.layer.x for error in errors} | {e.rows for e in errors if e.rows is not None}
    runner = Runner(module, function, params, wanted)
    for sample in inputs:
        seen: dict[SSAValue, Array] = {}
        runner.run(sample, seen.__setitem__)
        for error in errors:
            error.add(seen)
    standing: dict[SSAValue, SSAValue] = {}
    for error in errors:
        standing[error.layer.result] = standing[error.target] = error.write()
    current_statistics()["layers corrected"] += len(errors)
    return standing


@dataclass
class _Error:
    """What the weights of a layer lost, and the sums of what its result lost by that."""

    layer: Layer
    lost: Array
    rows: SSAValue | None
    """What the rows of the product are multiplied with, see `dl-quantize-dynamic`."""
    target: SSAValue
    """The product, or what its rows are multiplied to."""
    sums: list[Array] = field(default_factory=list[Array])
    count: int = 0

    def add(self, seen: Mapping[SSAValue, Array]) -> None:
        """Take one sample into account."""
        op = self.layer.op
        (y,) = SEMANTICS[type(op)](None, op, seen[self.layer.x], self.lost)
        if self.rows is not None:
            y = y * seen[self.rows]
        others = tuple(axis for axis in range(y.ndim) if axis != self.layer.channel_axis)
        self.sums.append(y.sum(axis=others, dtype=np.float64))
        self.count += y.size // max(1, y.shape[self.layer.channel_axis])

    def write(self) -> SSAValue:
        """Add the mean; the corrected value."""
        mean = np.asarray(np.sum(self.sums, axis=0) / max(1, self.count), np.float32)
        trailing = [1] * (rank_of(self.target) - self.layer.channel_axis - 1)
        writer = Writer(self.target)
        shift = writer.insert(constant(mean.reshape(-1, *trailing))).result
        sum = writer.insert(AddOp(self.target, shift))
        self.target.replace_uses_with_if(sum.result, lambda use: use.operation is not sum)
        sum.result.name_hint = self.target.name_hint
        return sum.result


def _error_of(layer: Layer, values: WeightValues) -> _Error | None:
    """None for layers whose weights are not quantised, and for tables, which have no bias."""
    weight = layer.weight.op if isinstance(layer.weight, OpResult) else None
    if layer.is_table or not isinstance(weight, DequantizeOp):
        return None
    code = weight.x.op if isinstance(weight.x, OpResult) else None
    if not isinstance(code, QuantizeOp):
        return None
    lost = values[code.x] - values[layer.weight]
    rows = _rows(layer.result)
    target = layer.result if rows is None else _only_reader(layer.result)
    return _Error(layer, lost, rows, target)


def _only_reader(value: SSAValue) -> SSAValue:
    use = value.get_unique_use()
    assert use is not None
    return use.operation.results[0]


def _rows(result: SSAValue) -> SSAValue | None:
    """What the rows of a product are multiplied with, if they are."""
    use = result.get_unique_use()
    if use is None or not isinstance(use.operation, MulOp):
        return None
    other = use.operation.operands[1 - use.index]
    is_per_row = rank_of(other) == rank_of(result) and shape_of(other)[-1] == 1
    return other if is_per_row and not follows_from_weights(other) else None
