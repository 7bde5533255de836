"""`dl-integerize`: what lies between `dl.dequantize` and `dl.quantize` is computed on integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from dlir.numpy_types import Array
from dlir.params import Weights, check_params


@dataclass(frozen=True)
class DlIntegerize(ModulePass):
    """Compute what lies between `dl.dequantize` and `dl.quantize` on integers.

    Matrix products and convolutions of two dequantised tensors of 8 bits or fewer become integer
    products with `acc i32`. Zero points are handled exactly: the correction by the sum of the
    weights is known before a call and becomes part of the bias. What is quantised again is
    requantised (`dl.requantize`), what is not is dequantised by the product of the scales, which
    may be found at run time. Bounds (`dl.relu`, `dl.clip`) limit the integers. Sums and differences
    of tensors with different scales, products of elements, sums and means along axes are integer
    sums that are requantised once. Ops that move elements, and maximum pools, work on the integers.

    The result differs from that of the QDQ text by at most one step of the output's scale, where
    numbers are finite: integer sums are exact, and both forms round once. An i32 sum that the sizes
    and the known weights (constants, and those of the file `params`) do not prove to fit stays
    float, with a warning that names the layer.

    Before:
    ```mlir
    %0 = dl.dequantize %x, %sx, %zx : (tensor<2x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<2x8xf32>
    %1 = dl.dequantize %w, %sw {axis = 1} : (tensor<8x4xi8>, tensor<4xf32>) -> tensor<8x4xf32>
    %2 = dl.matmul %0, %1 acc f32 : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
    %3 = dl.relu %2 : tensor<2x4xf32>
    %y = dl.quantize %3, %sy : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xui8>
    ```
    After:
    ```mlir
    %0 = dl.matmul %x, %w acc i32 : (tensor<2x8xui8>, tensor<8x4xi8>) -> tensor<2x4xi32>
    ... // %offset is -zx * (the sum of each column of %w)
    %1 = dl.add %0, %offset : (tensor<2x4xi32>, tensor<1x4xi32>) -> tensor<2x4xi32>
    %y = dl.requantize %1, %m, %s {axis = 1}
        : (tensor<2x4xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4xui8>
    ```
    """

    name = "dl-integerize"

    params: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        params = None if self.params is None else Weights(self.params)
        if params is not None:
            check_params(op, params)
        integerize(op, params or {})


def integerize(module: ModuleOp, params: Mapping[str, Array] | None = None) -> None:
    """What the pass does, with the weights at hand, as far as there are any."""
    for function in [op for op in module.walk() if isinstance(op, FuncOp)]:
        if any(op.name == "dl.dequantize" for op in function.walk()):
            from dlir.transforms.dl_integerize.rewriting import rewrite

            rewrite(function, params or {})
