"""`inline`: calls become the bodies of the functions that they call."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import CallSiteLoc, ModuleOp
from xdsl.dialects.func import CallOp, FuncOp, ReturnOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.rewrite import current_statistics
from dlir.transforms.functions import callees_first, calls_in, erase_unused, functions_of
from dlir.verifier import walk


@dataclass(frozen=True)
class Inline(ModulePass):
    """Put the bodies of functions in the place of calls; private functions nobody calls then go.

    A function with several blocks, a declaration, and a function that calls itself, even by others,
    stay functions. Up to `max-ops` ops in a function's body it is inlined (0: of any size).

    Before:
    ```mlir
    func.func private @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = dl.add %x, %x : tensor<4xf32>
      func.return %y : tensor<4xf32>
    }
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = func.call @twice(%x) : (tensor<4xf32>) -> tensor<4xf32>
      func.return %y : tensor<4xf32>
    }
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = dl.add %x, %x : tensor<4xf32>
      func.return %y : tensor<4xf32>
    }
    ```
    """

    name = "inline"

    max_ops: int = 0

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        functions = functions_of(op)
        for function in callees_first(functions):
            for call in calls_in(function):
                callee = functions.get(call.callee.root_reference.data)
                if callee is not None and self._fits(callee) and not _reaches(callee, functions):
                    inline_call(call, callee)
                    current_statistics()["calls inlined"] += 1
        erase_unused(op)

    def _fits(self, callee: FuncOp) -> bool:
        blocks = callee.body.blocks
        small = not self.max_ops or sum(1 for _ in walk(callee)) - 2 <= self.max_ops
        return len(blocks) == 1 and isinstance(blocks[0].last_op, ReturnOp) and small


def _reaches(function: FuncOp, functions: dict[str, FuncOp]) -> bool:
    """Whether a function calls itself, even by others."""
    seen: set[str] = set()
    pending = [function]
    while pending:
        for call in calls_in(pending.pop()):
            name = call.callee.root_reference.data
            if name == function.sym_name.data:
                return True
            if name in functions and name not in seen:
                seen.add(name)
                pending.append(functions[name])
    return False


def inline_call(call: CallOp, callee: FuncOp) -> None:
    """Put a copy of the callee's only block before the call, and its results in its place."""
    block = callee.body.block
    known: dict[SSAValue, SSAValue] = dict(zip(block.args, call.operands, strict=True))
    assert call.parent is not None
    for op in block.ops:
        if isinstance(op, ReturnOp):
            break
        copy = op.clone(known)
        for inner, original in zip(walk(copy), walk(op), strict=True):
            inner.location = CallSiteLoc(original.location, call.location)
        call.parent.insert_op_before(copy, call)
    returned = block.last_op
    assert isinstance(returned, ReturnOp)
    for result, value in zip(call.results, returned.operands, strict=True):
        result.replace_all_uses_with(known.get(value, value))
    call.detach()
    call.erase()
