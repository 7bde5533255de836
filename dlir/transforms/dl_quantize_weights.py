"""`dl-quantize-weights`: weights become integers with scales, in QDQ form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.dl.ops.base import type_of
from dlir.dialects.dl.ops.source import ParamOp
from dlir.numpy_types import Array
from dlir.params import check_params
from dlir.rewrite import current_statistics
from dlir.signature import entry_function
from dlir.transforms.quantization.calibration import WeightValues, weights_of
from dlir.transforms.quantization.layers import FORMAT, Layer, layers_of
from dlir.transforms.quantization.rounding import BITS, Rounded, WeightFormat, rounded
from dlir.transforms.quantization.writing import WEIGHTS, Writer

WeightElement = Literal["i8", "i4", "ui4", "i2"]


Round = Callable[[Layer, Array, WeightFormat], Rounded]
"""Another way to round than to nearest, such as GPTQ."""


@dataclass(frozen=True)
class DlQuantizeWeights(ModulePass):
    """Quantise and dequantise the known weights of matrix products and convolutions.

    `params` is the .safetensors file of the weights, from which the scales are computed: one per
    output channel, or, with `block`, one for so many weights along the channels that are summed.
    With `search` a range shrinks to where the squared error is least, which lets outliers saturate.
    `tables` includes those that `dl.gather` takes rows from; they have one scale per row or block.
    Signed integers are symmetric, unsigned ones have zero points. Weights that other ops read as
    well stay float there. `dl.keep` on an op leaves its weight alone, and `dl.format = "i8"` gives
    it another format than the rest.

    Before:
    ```mlir
    %w = dl.param "w" : tensor<8x2xf32>
    %0 = dl.matmul %x, %w acc f32 : (tensor<2x8xf32>, tensor<8x2xf32>) -> tensor<2x2xf32>
    ```
    After:
    ```mlir
    %w = dl.param "w" : tensor<8x2xf32>
    %s = dl.constant dense<[0.01, 0.02]> : tensor<2xf32>
    %q = dl.quantize %w, %s {axis = 1} : (tensor<8x2xf32>, tensor<2xf32>) -> tensor<8x2xi8>
    %d = dl.dequantize %q, %s {axis = 1} : (tensor<8x2xi8>, tensor<2xf32>) -> tensor<8x2xf32>
    %0 = dl.matmul %x, %d acc f32 : (tensor<2x8xf32>, tensor<8x2xf32>) -> tensor<2x2xf32>
    ```
    """

    name = "dl-quantize-weights"

    params: str | None = None
    function: str | None = None
    element: WeightElement = "i8"
    block: int | None = None
    search: bool = False
    tables: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        params = weights_of(self.params)
        check_params(op, params)
        how = WeightFormat(self.element, self.block, self.search, self.tables)
        quantize_weights(entry_function(op, self.function), params, how)


def quantize_weights(
    function: FuncOp,
    params: Mapping[str, Array],
    how: WeightFormat,
    round: Round = rounded,
) -> dict[str, Array]:
    """What the pass does, with the weights at hand; new weights, where rounding made some.

    Raises CompileError.
    """
    values = WeightValues(params)
    made: dict[tuple[SSAValue, WeightFormat], SSAValue] = {}
    new: dict[str, Array] = {}
    for layer in layers_of(function):
        if layer.is_kept or (layer.is_table and not how.tables):
            continue
        form = _format(layer, how)
        key = (layer.weight, form)
        if key not in made:
            made[key] = _quantized(layer, round(layer, values.of(layer), form), form, new)
        layer.op.operands[0 if layer.is_table else 1] = made[key]
    current_statistics()["weights quantised"] += len(made)
    return new


def _format(layer: Layer, how: WeightFormat) -> WeightFormat:
    """The format that the op asks for, else that of all weights."""
    own = layer.op.attributes.get(FORMAT)
    if own is None:
        return how
    if not isinstance(own, StringAttr) or own.data not in WEIGHTS:
        fail(layer.op, f"the layer {layer.name} has the format {own}", rule="quantize-format",
             help=f"there are {', '.join(WEIGHTS)}")  # fmt: skip
    block = how.block if BITS[own.data] < 8 else None
    return replace(how, element=own.data, block=block)


def _quantized(layer: Layer, found: Rounded, how: WeightFormat, new: dict[str, Array]) -> SSAValue:
    writer = Writer(layer.weight)
    if not found.is_nearest:
        name = f"{layer.name}.{how.element}"
        new[name] = found.weight
        writer.value = writer.insert(ParamOp(name, type_of(layer.weight))).result
        writer.value.name_hint = layer.weight.name_hint
    return writer.through(found.chosen, WEIGHTS[how.element], found.granularity)
