"""`dl-observe`: ranges of activations, seen on samples, written into the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.numpy_types import Array
from dlir.observers import NEEDS_HISTOGRAM, OBSERVERS, Range, Seen
from dlir.params import check_params
from dlir.rewrite import current_statistics
from dlir.scales import grid_of
from dlir.signature import entry_function
from dlir.transforms.quantization.calibration import Runner, read_calibration, samples, weights_of
from dlir.transforms.quantization.layers import layer_of, places
from dlir.transforms.quantization.ranges import name, set_range, source

ObserverName = Literal["entropy", "minmax", "moving-average", "mse", "percentile"]
Element = Literal["i8", "ui8"]


@dataclass(frozen=True)
class Observation:
    """How ranges are chosen."""

    observer: str = "minmax"
    percentile: float = 99.99
    momentum: float = 0.01
    element: str = "i8"


@dataclass(frozen=True)
class DlObserve(ModulePass):
    """Run the entry function on samples, and write the ranges of its activations into the text.

    The samples are the arrays of `calibration`, an .npz file with one array per input, named like
    the input; the first axis counts them. `params` is the .safetensors file of the weights. A range
    is written as the attribute `dl.range` of the op (or argument) whose value a matrix product or a
    convolution with known weights reads, or a sum between such layers; a person may change it, and
    `dl-quantize-static` reads it. Ops with the attribute `dl.keep` are passed over.

    `observer` is `minmax`, `moving-average` (of the ends of each array, with `momentum`),
    `percentile` (of all numbers, `percentile` of a hundred), `entropy` (the least KL divergence) or
    `mse` (the least squared error); the last two depend on the `element` to come.

    Before:
    ```mlir
    func.func @main(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
      %w = dl.param "w" : tensor<8x4xf32>
      %0 = dl.matmul %x, %w acc f32 : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
      func.return %0 : tensor<2x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<2x8xf32> {dl.range = array<f32: -1.5, 2.5>}) -> tensor<2x4xf32> {
      %w = dl.param "w" : tensor<8x4xf32>
      %0 = dl.matmul %x, %w acc f32 : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
      func.return %0 : tensor<2x4xf32>
    }
    ```
    """

    name = "dl-observe"

    calibration: str
    params: str | None = None
    function: str | None = None
    observer: ObserverName = "minmax"
    percentile: float = 99.99
    momentum: float = 0.01
    element: Element = "i8"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        params = weights_of(self.params)
        check_params(op, params)
        function = entry_function(op, self.function)
        inputs = samples(function, read_calibration(self.calibration))
        how = Observation(self.observer, self.percentile, self.momentum, self.element)
        observe(op, function, inputs, params, how)


def observe(
    module: ModuleOp,
    function: FuncOp,
    inputs: Sequence[Sequence[Array]],
    params: Mapping[str, Array],
    how: Observation,
) -> None:
    """What the pass does, with everything at hand. Raises CompileError."""
    wanted = {op.operands[number] for op, number in places(function)}
    watch = _Watch(how)
    runner = Runner(module, function, params, wanted)
    for sample in inputs:
        runner.run(sample, watch.see)
    grid = grid_of(how.element)
    for value, seen in watch.seen.items():
        _check(value, seen)
        empty = seen.count == 0
        found = Range(0, 0) if empty else OBSERVERS[how.observer](seen, grid, how.percentile)
        set_range(value, found)
    current_statistics()["ranges written"] += len(watch.seen)


@dataclass
class _Watch:
    how: Observation
    seen: dict[SSAValue, Seen] = field(default_factory=dict[SSAValue, Seen])

    def see(self, value: SSAValue, array: Any) -> None:
        seen = self.seen.setdefault(value, Seen(self.how.momentum))
        seen.add(np.asarray(array), histogram=self.how.observer in NEEDS_HISTOGRAM)


def _check(value: SSAValue, seen: Seen) -> None:
    """An activation that was not finite is an error that names the layers that read it."""
    if not seen.bad:
        return
    layers = [layer.name for use in value.uses if (layer := layer_of(use.operation)) is not None]
    fail(
        source(value),
        f"{name(value)} is to be quantised"
        + (f" for the layer {', '.join(layers)}" if layers else "")
        + f", but {seen.bad} of its numbers are NaN or infinite for the calibration samples",
        rule="calibration",
        help="such numbers have no place among equal steps: leave the samples out, or mark the "
        "layer with {dl.keep}",
    )
