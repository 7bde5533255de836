"""`structured-pack-pixels`: neighbouring pixels of few channels share a row of lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, element_type_of, shape_of
from dlir.dialects.structured.roles import is_constant, is_multiply_add
from dlir.hardware import parse_settings
from dlir.targets.accel.description import Machine, load_machine
from dlir.transforms.pixel_packing.choice import Choice
from dlir.transforms.pixel_packing.rewriting import Rewriting
from dlir.types import is_integer


@dataclass(frozen=True)
class StructuredPackPixels(ModulePass):
    """Let images of few channels fill the array: P pixels of a line become one row of lanes.

    `N x H x W x c` becomes `N x H x W/P x (P c)`, with P a power of two and P c no more than the
    columns of `machine`. A convolution on packed pixels is a convolution: its weights stand in
    planes from (q, c) to (p, o) where the window holds pixel q of one row for pixel p of another,
    and are 0 elsewhere. A layer may pack what it writes, or unpack what it reads, at no cost in
    rows through the array. Whole blocks of lanes are packed between such layers, too: pixel p of a
    row then has blocks of its own, and the vector unit takes rows of one pixel as they lie. Only
    chains of convolutions and elementwise ops are packed, and nothing
    where the weights of a function take longer to arrive than its products take the array: planes
    with zeros take longer still.

    Before (32 channels, 128 columns):
    ```mlir
    %y = structured.generic {maps = [(n, y, x, o, i, j, c) -> (n, y + i - 1, x + j - 1, c), ...
           ins(%x, %w : tensor<1x56x56x32xf32>, tensor<32x32x3x3xf32>) ...
    ```
    After:
    ```mlir
    %y = structured.generic {maps = [(n, y, X, u, l, i, T, m) -> (n, y + i - 1, X + T - 1, m),
                                     (n, y, X, u, l, i, T, m) -> (u, i, T, m, l), ...
           ins(%x, %planes : tensor<1x56x14x128xf32>, tensor<1x3x3x128x128xf32>) ...
    ```
    """

    name = "structured-pack-pixels"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for block in {o.parent for o in op.walk() if isinstance(o, GenericOp)}:
            if block is not None and not _is_bound_by_weights(block, machine):
                choice = Choice(block, machine.array.cols, machine.fast_vector)
                choice.decide()
                Rewriting(choice).run()


def _is_bound_by_weights(block: Block, machine: Machine) -> bool:
    """Whether constant factors take longer to load than to be multiplied with."""
    constant: set[SSAValue] = set()
    loading = multiplying = 0.0
    for op in block.ops:
        if is_constant(op, constant):
            constant.update(op.results)
        elif isinstance(op, GenericOp) and is_multiply_add(op.body.block):
            kind, width = ("i8", 1) if is_integer(element_type_of(op.inputs[0])) else ("bf16", 2)
            if kind not in machine.array.types:
                continue  # the host computes it
            for value, forms in zip(op.inputs, op.input_forms, strict=True):
                if value in constant:
                    loading += prod(shape_of(value)) * width / machine.dma.bytes_per_cycle
                    multiplying += _rows(op, forms, machine) * machine.array.rate[kind]
    return loading > multiplying


def _rows(op: GenericOp, weights: Sequence[Linear], machine: Machine) -> int:
    """Rows that pass through the array: those of the result, for each plane of weights."""
    extents, array = op.static_extents(), machine.array
    columns = {d for f in weights for d in f.dims if d in op.parallel_dims}
    rows = prod(extents[d] for d in op.parallel_dims if d not in columns)
    *taps, summed = sorted(extents[d] for d in op.reduction_dims) or [1]
    planes = -(-prod(extents[d] for d in columns) // array.cols) * -(-summed // array.rows)
    return rows * planes * prod(taps)
