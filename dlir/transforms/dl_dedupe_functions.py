"""`dl-dedupe-functions`: of functions that say the same, one is kept."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr, SymbolRefAttr
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from dlir.rewrite import current_statistics
from dlir.transforms.functions import (
    callees_first,
    calls_in,
    erase_unused,
    functions_of,
    is_private,
)
from dlir.verifier import walk


@dataclass(frozen=True)
class DlDedupeFunctions(ModulePass):
    """Let calls of equal functions be calls of one of them; the private others go.

    Equal are functions of the same type, attributes and ops, whatever their names and those of
    their values. Functions that call equal functions may be equal in turn. Of equal functions a
    public one is kept, else the first.

    Before:
    ```mlir
    func.func private @a(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = dl.exp %x : tensor<4xf32>
      func.return %y : tensor<4xf32>
    }
    func.func private @b(%z: tensor<4xf32>) -> tensor<4xf32> {
      %w = dl.exp %z : tensor<4xf32>
      func.return %w : tensor<4xf32>
    }
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = func.call @a(%x) : (tensor<4xf32>) -> tensor<4xf32>
      %1 = func.call @b(%0) : (tensor<4xf32>) -> tensor<4xf32>
      func.return %1 : tensor<4xf32>
    }
    ```
    After:
    ```mlir
    func.func private @a(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = dl.exp %x : tensor<4xf32>
      func.return %y : tensor<4xf32>
    }
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = func.call @a(%x) : (tensor<4xf32>) -> tensor<4xf32>
      %1 = func.call @a(%0) : (tensor<4xf32>) -> tensor<4xf32>
      func.return %1 : tensor<4xf32>
    }
    ```
    """

    name = "dl-dedupe-functions"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        functions = functions_of(op)
        kept: dict[object, list[FuncOp]] = {}
        for function in callees_first(functions):
            # Its calls name kept functions by now, for these came first.
            same = kept.setdefault(_key(function), [])
            first = next((one for one in same if _equal(one, function)), None)
            if first is None:
                same.append(function)
                continue
            if is_private(first) and not is_private(function):
                same[same.index(first)] = function
                first, function = function, first
            _redirect(op, function.sym_name.data, first.sym_name.data)
            current_statistics()["functions found again"] += 1
        erase_unused(op)


def _key(function: FuncOp) -> object:
    """What equal functions share and is quickly compared."""
    names = tuple(op.name for op in walk(function))
    return function.function_type, names


def _equal(one: FuncOp, other: FuncOp) -> bool:
    """Whether two functions say the same; a declaration says nothing."""
    return (
        not one.is_declaration
        and one.attributes == other.attributes
        and one.arg_attrs == other.arg_attrs
        and one.res_attrs == other.res_attrs
        and one.body.is_structurally_equivalent(other.body)
    )


def _redirect(module: ModuleOp, old: str, new: str) -> None:
    for call in calls_in(module):
        if call.callee.root_reference == StringAttr(old):
            call.callee = SymbolRefAttr(new)
