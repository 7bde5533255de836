"""`dl-infer-shapes`: sizes that follow from others are written, through calls and control flow."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.transforms.specialize.propagation import infer_shapes


@dataclass(frozen=True)
class DlInferShapes(ModulePass):
    """Replace `?` in types by the sizes that follow from what is known.

    The types of `dl` ops follow from their operands; `dl.dim` of a known size and arithmetic on it
    become numbers. The arguments of a private function get the sizes in which all of its calls
    agree, and calls get those of the results. What an `scf.if` gives has the sizes in which both
    branches agree, and what an `scf.for` carries those in which its beginning and its end agree.

    Where a value then says more than what it is handed to, such as a branch that does not agree
    with the other one, a `tensor.cast` stands between. An `scf.while`, and functions of several
    blocks, keep their types.

    Before:
    ```mlir
    func.func @main(%x: tensor<2x4xf32>) -> tensor<?x4xf32> {
      %y = func.call @f(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
      func.return %y : tensor<?x4xf32>
    }
    func.func private @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %y = dl.exp %x : tensor<?x4xf32>
      func.return %y : tensor<?x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
      %y = func.call @f(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
      func.return %y : tensor<2x4xf32>
    }
    func.func private @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
      %y = dl.exp %x : tensor<2x4xf32>
      func.return %y : tensor<2x4xf32>
    }
    ```
    """

    name = "dl-infer-shapes"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        infer_shapes(op)
