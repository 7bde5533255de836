"""`dl-sink-transpose`: transposes move down to where they cancel or cost nothing."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops.attention import AttentionOp
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.rewrite import current_statistics
from dlir.transforms.orders.orders import Orders, Permutation, carry
from dlir.transforms.orders.rules import RULES
from dlir.types import is_tensor

NOMINAL = 64
"""What a `?` counts for when transposes are weighed."""


@dataclass(frozen=True)
class DlSinkTranspose(ModulePass):
    """Move transposes down, through what can be computed in another order of dimensions.

    That is elementwise ops (with operands per channel reshaped), reductions (with other axes),
    batch_norm, softmax, concat, pad, slice, split, and reshapes that split or join dimensions. Two
    that meet become one, or none. An op of several operands is passed only when all of them, but
    weights, are in the same order. The transpose reappears before any other op.

    One walk per function. A function is left as it was unless fewer elements are moved afterwards:
    so a second run finds nothing to do. Transposes that a matmul or attention reads in place, and
    those of weights, count as nothing.

    Before:
    ```mlir
    func.func @f(%x: tensor<2x3x4xf32>) -> tensor<2x4xf32> {
      %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
      %1 = dl.exp %0 : tensor<2x4x3xf32>
      %2 = dl.reduce_sum %1 {axes = [2]} : tensor<2x4x3xf32> -> tensor<2x4xf32>
      func.return %2 : tensor<2x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<2x3x4xf32>) -> tensor<2x4xf32> {
      %0 = dl.exp %x : tensor<2x3x4xf32>
      %1 = dl.reduce_sum %0 {axes = [1]} : tensor<2x3x4xf32> -> tensor<2x4xf32>
      func.return %1 : tensor<2x4xf32>
    }
    ```
    """

    name = "dl-sink-transpose"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in [f for f in op.walk() if isinstance(f, FuncOp)]:
            before = cost(function)
            if before == 0:
                continue
            moved = function.clone()
            for block in moved.body.blocks:
                carry(block, Sinking, RULES)
            if cost(moved) < before:
                assert function.parent is not None
                function.parent.insert_op_before(moved, function)
                function.detach()
                function.erase()
                current_statistics()["functions changed"] += 1


class Sinking(Orders):
    """Values are held in another order from a transpose on."""

    def __init__(self) -> None:
        super().__init__()
        self._weights: dict[SSAValue, bool] = {}

    def knows(self, op: Operation) -> bool:
        if isinstance(op, m.TransposeOp):
            return not follows_from_weights(op.x, self._weights)
        return super().knows(op) and self._even(op)

    def _even(self, op: Operation) -> bool:
        """Whether no operand would have to be transposed only because another one was."""
        values = [value for value in op.operands if is_tensor(value.type)]
        rank = max(len(shape_of(value)) for value in values)
        orders: set[Permutation] = set()
        for value in values:
            shape = shape_of(value)
            wide = len(shape) == rank and sum(n != 1 for n in shape) > 1
            if wide and not follows_from_weights(value, self._weights):
                orders.add(self.of(value).perm)
        return len(orders) <= 1


def cost(function: FuncOp) -> int:
    """How many elements are moved by transposes that remain as such."""
    transposes = [op for op in function.walk() if isinstance(op, m.TransposeOp)]
    weights: dict[SSAValue, bool] = {}
    return sum(_elements(op.result) for op in transposes if not _is_free(op, weights))


def _elements(value: SSAValue) -> int:
    return prod(NOMINAL if n == DYNAMIC else n for n in shape_of(value))


def _is_free(op: m.TransposeOp, weights: dict[SSAValue, bool]) -> bool:
    """Unused, made of weights, or read in place by products of matrices."""
    perm = op.perm.get_values()
    rows = {*perm[-2:]} == {len(perm) - 2, len(perm) - 1} or perm[-1:] == (len(perm) - 1,)
    uses = [use.operation for use in op.result.uses]
    read_in_place = rows and all(isinstance(use, MatmulOp | AttentionOp) for use in uses)
    return not uses or read_in_place or follows_from_weights(op.x, weights)
