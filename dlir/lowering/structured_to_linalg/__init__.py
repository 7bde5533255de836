"""`convert-structured-to-linalg`: the structured level in the words of upstream MLIR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.structured.ops import DestinationOp, FillOp, GatherOp, GenericOp, ReshapeOp
from dlir.lowering.structured_to_linalg import movement
from dlir.lowering.structured_to_linalg.emitter import Emitter
from dlir.lowering.structured_to_linalg.generic import generic
from dlir.lowering.structured_to_linalg.params import params_to_arguments

RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {
    GenericOp: generic,
    FillOp: movement.fill,
    GatherOp: movement.gather,
    ReshapeOp: movement.reshape,
}


@dataclass(frozen=True)
class ConvertStructuredToLinalg(ModulePass):
    """Say in `linalg` and `tensor` what structured ops on tensors say, for mlir-opt to read.

    A first value becomes a fill, an epilogue an op of its own, a padding `tensor.pad`, a part of a
    tensor a slice, a place in a tensor `tensor.insert_slice`; an extent that no operand tells is
    told by an empty tensor. Weights (`dl.param`) become arguments with the attribute `dl.param`.
    Schedules are left out.

    Before:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
      %y = structured.generic {maps = [(m, k) -> (m, k), (m, k) -> (m)],
                               iterators = [parallel, reduction], init = 0.0 : f32}
          ins(%x : tensor<4x8xf32>) outs(%o : tensor<4xf32>) {
      ^bb0(%a: f32, %acc: f32):
        %s = arith.addf %acc, %a : f32
        structured.yield %s : f32
      } -> tensor<4xf32>
      func.return %y : tensor<4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %zero = arith.constant 0.0 : f32
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>,
                                            affine_map<(m, k) -> (m)>],
                           iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
      ^bb0(%a: f32, %acc: f32):
        %s = arith.addf %acc, %a : f32
        linalg.yield %s : f32
      } -> tensor<4xf32>
      func.return %y : tensor<4xf32>
    }
    ```
    """

    name = "convert-structured-to-linalg"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        params_to_arguments(op)
        for inner in tuple(op.walk()):
            rule = RULES.get(type(inner))
            if rule is not None:
                _replace(inner, rule)
            elif isinstance(inner, DestinationOp):
                fail(inner, "has no form in linalg")


def _replace(op: Operation, rule: Callable[[Emitter, Any], SSAValue]) -> None:
    if any(isinstance(value.type, MemRefType) for value in op.operands):
        fail(op, "works on memory; only structured ops on tensors have a form in linalg here")
    made, result = rule(Emitter(op), op), op.results[0]
    if made.name_hint is None:
        made.name_hint = result.name_hint
    result.replace_all_uses_with(made)
    assert op.parent is not None
    op.parent.erase_op(op)
