"""`dl-quantize-static`: activations become integers by the ranges in the text, in QDQ form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NoReturn

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.rewrite import current_statistics
from dlir.scales import choose, grid_of
from dlir.signature import entry_function
from dlir.transforms.quantization.layers import KEEP, layer_of, places
from dlir.transforms.quantization.ranges import RANGE, name, range_of
from dlir.transforms.quantization.writing import ACTIVATIONS, Granularity, Writer

Element = Literal["i8", "ui8"]


@dataclass(frozen=True)
class DlQuantizeStatic(ModulePass):
    """Quantise and dequantise what layers read, with scales from the ranges in the text.

    A range is the attribute `dl.range` of the op or argument that gives a value; `dl-observe`
    writes it. i8 is symmetric, ui8 has zero points. Other readers of a value than layers, and the
    sums between layers, keep the float one. Run it before `dl-quantize-weights`, or after it.

    Before:
    ```mlir
    %x = dl.relu %a {dl.range = array<f32: 0.0, 2.54>} : tensor<2x8xf32>
    %0 = dl.matmul %x, %w acc f32 : (tensor<2x8xf32>, tensor<8x2xf32>) -> tensor<2x2xf32>
    ```
    After:
    ```mlir
    %x = dl.relu %a {dl.range = array<f32: 0.0, 2.54>} : tensor<2x8xf32>
    %s = dl.constant dense<0.02> : tensor<f32>
    %q = dl.quantize %x, %s : (tensor<2x8xf32>, tensor<f32>) -> tensor<2x8xi8>
    %d = dl.dequantize %q, %s : (tensor<2x8xi8>, tensor<f32>) -> tensor<2x8xf32>
    %0 = dl.matmul %d, %w acc f32 : (tensor<2x8xf32>, tensor<8x2xf32>) -> tensor<2x2xf32>
    ```
    """

    name = "dl-quantize-static"

    function: str | None = None
    element: Element = "i8"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        quantize_static(entry_function(op, self.function), self.element)


def quantize_static(function: FuncOp, element: str) -> None:
    """What the pass does. Raises CompileError for a value without a range."""
    grid = grid_of(element)
    made: dict[SSAValue, SSAValue] = {}
    for op, number in places(function):
        value = op.operands[number]
        if value not in made:
            found = range_of(value)
            if found is None:
                _refuse(op, value)
            chosen = choose(found, grid)
            made[value] = Writer(value).through(chosen, ACTIVATIONS[element], Granularity())
        op.operands[number] = made[value]
    current_statistics()["activations quantised"] += len(made)


def _refuse(op: Operation, value: SSAValue) -> NoReturn:
    layer = layer_of(op)
    what = f"the layer {layer.name}" if layer is not None else "a sum between layers"
    fail(
        op,
        f"{name(value)}, which {what} reads, has no range",
        rule="quantize-range",
        help=f"run dl-observe, write {{{RANGE} = array<f32: low, high>}}, or mark the layer with "
        f"{{{KEEP}}}",
    )
