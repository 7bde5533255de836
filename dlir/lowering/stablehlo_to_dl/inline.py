"""Calls replaced by what they call: exporters make a function of every small helper, and what a
callee's shapes are depends on its caller."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import cast

from xdsl.dialects.builtin import ModuleOp, NameLoc, NoneAttr, StringAttr, SymbolRefAttr
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import BlockArgument, Operation, SSAValue

from dlir.diagnostics import fail
from dlir.lowering.stablehlo_to_dl.complex_ops import is_complex

MAX_OPS = 1 << 18
"""Functions that call others twice can stand for exponentially many ops."""


def inline_calls(module: ModuleOp, kept: Container[str]) -> None:
    """Inline every call, and every composite whose name is not among `kept`; private functions
    disappear."""
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    order = _callees_first(functions, kept)
    sizes: dict[str, int] = {}
    for name in order:
        calls = [_callee(call) for call in _calls(functions[name], kept)]
        own = sum(1 for _ in functions[name].walk())
        sizes[name] = own + sum(sizes.get(callee, 0) for callee in calls)
        if sizes[name] > MAX_OPS:
            fail(functions[name], f"calls stand for more than {MAX_OPS} ops", rule="stablehlo-call")
    for name in order:
        for call in _calls(functions[name], kept):
            _inline(call, functions)
    for function in functions.values():
        visibility = function.sym_visibility
        if visibility is not None and visibility.data == "private" and len(functions) > 1:
            function.detach()
            function.erase()


def _calls(function: Operation, kept: Container[str]) -> list[Operation]:
    return [op for op in function.walk() if isinstance(op, CallOp) or _is_composite(op, kept)]


def _is_composite(op: Operation, kept: Container[str]) -> bool:
    """Of complex numbers no composite is known."""
    if op.name != "stablehlo.composite":
        return False
    unknown = cast(StringAttr, op.properties["name"]).data not in kept
    return unknown or any(is_complex(value.type) for value in op.operands)


def _callee(call: Operation) -> str:
    symbol = call.properties["callee" if isinstance(call, CallOp) else "decomposition"]
    return cast(SymbolRefAttr, symbol).string_value()


def _callees_first(functions: dict[str, FuncOp], kept: Container[str]) -> list[str]:
    """The names so that callees come before callers; a function that calls itself is refused."""
    order: list[str] = []
    state: dict[str, bool] = {}
    stack = [(name, False) for name in functions]
    while stack:
        name, done = stack.pop()
        if done:
            state[name] = True
            order.append(name)
        elif name not in state:
            state[name] = False
            stack.append((name, True))
            for call in _calls(functions[name], kept):
                callee = _callee(call)
                if state.get(callee) is False:
                    fail(call, f"calls @{callee}, which is being computed", rule="stablehlo-call",
                         help="recursion is not supported")  # fmt: skip
                if callee in functions:
                    stack.append((callee, False))
    return order


def _inline(call: Operation, functions: dict[str, FuncOp]) -> None:
    name = _callee(call)
    function = functions.get(name)
    if function is None or function.is_declaration:
        fail(call, f"calls @{name}, which has no body", rule="stablehlo-call")
    types = function.function_type
    if [*types.inputs] != [v.type for v in call.operands] or [*types.outputs] != [
        *call.result_types
    ]:
        fail(call, f"does not have the types of @{name}, {types}", rule="stablehlo-call")
    inline_function(call, function)


def inline_function(op: Operation, function: FuncOp) -> None:
    """Put the body of a function of one block in the place of an op with its types."""
    if len(function.body.blocks) != 1:
        fail(function, "has several blocks", rule="stablehlo-call")
    block = function.clone().body.block
    values = _substituted(block.args, [*op.operands])
    last = block.last_op
    assert last is not None and op.parent is not None, "a function of one block returns"
    for inner in [*block.ops]:
        if inner is not last:
            inner.detach()
            op.parent.insert_op_before(inner, op)
    for result, value in zip(op.results, last.operands, strict=True):
        final = values.get(value, value)
        final.name_hint = final.name_hint or result.name_hint
        result.replace_all_uses_with(final)
    op.detach()
    op.erase()


def _substituted(
    arguments: Sequence[BlockArgument], operands: Sequence[SSAValue]
) -> dict[SSAValue, SSAValue]:
    """Callers' values in the place of arguments, which pass on their names."""
    values: dict[SSAValue, SSAValue] = {}
    for argument, operand in zip(arguments, operands, strict=True):
        if isinstance(operand, BlockArgument) and not _named(operand) and _named(argument):
            operand.location = argument.location
        argument.replace_all_uses_with(operand)
        values[argument] = operand
    return values


def _named(argument: BlockArgument) -> bool:
    """Whether an argument has the name of a model's input."""
    location = argument.location
    return isinstance(location, NameLoc) and isinstance(location.location, NoneAttr)
