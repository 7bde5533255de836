"""`dl-quantize-minmax`: convolutions and matrix products with known weights computed in int8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.numpy_types import Array
from dlir.params import Weights, check_params
from dlir.rewrite import current_statistics
from dlir.signature import entry_function
from dlir.transforms.dl_quantize_minmax.calibration import observe
from dlir.transforms.dl_quantize_minmax.plan import make_plan
from dlir.transforms.dl_quantize_minmax.rewriting import Rewriting
from dlir.transforms.quantization.calibration import read_calibration


@dataclass(frozen=True)
class DlQuantizeMinmax(ModulePass):
    """Compute `dl.conv2d` and `dl.matmul` with constant weights in int8, by observed ranges.

    `@main` (or the only function) is run on the arrays of `calibration`, an .npz file with one
    array per input, named like the input; the first axis counts the samples. `params` is the
    .safetensors file of the weights. Scales are symmetric (zero point 0): the greatest magnitude
    seen becomes 127; weights have one scale per output channel. A bias and a `dl.batch_norm` that
    follow become part of the weights and of an i32 bias. Between such layers values stay int8
    through `relu`, `max_pool2d`, `reshape`, `transpose`, `concat`, `add` and means of whole axes;
    all other ops stay float between `dl.dequantize` and `dl.quantize`. Weights stay float in their
    file and are quantised in the text, which a compiled program does once, when it is loaded.

    Before:
    ```mlir
    %w = dl.param "w" : tensor<8x4xf32>
    %0 = dl.matmul %x, %w acc f32 : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
    ```
    After:
    ```mlir
    %sx = dl.constant dense<0.0123> : tensor<f32>
    %x8 = dl.quantize %x, %sx : (tensor<2x8xf32>, tensor<f32>) -> tensor<2x8xi8>
    %w = dl.param "w" : tensor<8x4xf32>
    %sw = dl.constant dense<[0.01, 0.02, 0.01, 0.04]> : tensor<4xf32>
    %w8 = dl.quantize %w, %sw {axis = 1} : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xi8>
    %a = dl.matmul %x8, %w8 acc i32 : (tensor<2x8xi8>, tensor<8x4xi8>) -> tensor<2x4xi32>
    %s = dl.constant dense<[0.000123, 0.000246, 0.000123, 0.000492]> : tensor<4xf32>
    %0 = dl.dequantize %a, %s {axis = 1} : (tensor<2x4xi32>, tensor<4xf32>) -> tensor<2x4xf32>
    ```
    """

    name = "dl-quantize-minmax"

    calibration: str
    params: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        params = None if self.params is None else Weights(self.params)
        quantize_minmax(op, read_calibration(self.calibration), params or {})


def quantize_minmax(
    module: ModuleOp, calibration: Mapping[str, Array], params: Mapping[str, Array]
) -> None:
    """What the pass does, with the arrays and weights at hand. Raises CompileError."""
    function = entry_function(module)
    check_params(module, params)
    seen = observe(module, function, calibration, params)
    plan = make_plan(function.body.block, seen)
    Rewriting(plan, seen).run(function.body.block)
    current_statistics().update({"layers in int8": len(plan.layers)})
