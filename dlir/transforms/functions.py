"""Functions of a module and their calls: what passes over them share."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import ModuleOp, SymbolRefAttr
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import Operation

from dlir.verifier import walk


def functions_of(module: ModuleOp) -> dict[str, FuncOp]:
    """The functions of a module by name."""
    return {op.sym_name.data: op for op in module.body.block.ops if isinstance(op, FuncOp)}


def calls_in(op: Operation) -> list[CallOp]:
    """The calls inside an op, in the order of the text."""
    return [inner for inner in walk(op) if isinstance(inner, CallOp)]


def callees_first(functions: dict[str, FuncOp]) -> Iterator[FuncOp]:
    """Every function, after those that it calls; where calls go round, in some order."""
    seen: set[str] = set()

    def visit(name: str) -> Iterator[FuncOp]:
        if name in seen or name not in functions:
            return
        seen.add(name)
        for call in calls_in(functions[name]):
            yield from visit(call.callee.root_reference.data)
        yield functions[name]

    for name in functions:
        yield from visit(name)


def is_private(function: FuncOp) -> bool:
    """Whether only this module may refer to it."""
    visibility = function.sym_visibility
    return visibility is not None and visibility.data == "private"


def erase_unused(module: ModuleOp) -> None:
    """Erase private functions to which nothing refers, neither by a call nor by an attribute."""
    functions = functions_of(module)
    while True:
        used = _referred(module)
        unused = [n for n, f in functions.items() if n not in used and is_private(f)]
        if not unused:
            return
        for name in unused:
            function = functions.pop(name)
            function.detach()
            function.erase()


def _referred(module: ModuleOp) -> set[str]:
    return {
        attribute.root_reference.data
        for op in walk(module)
        for attribute in (*op.properties.values(), *op.attributes.values())
        if isinstance(attribute, SymbolRefAttr)
    }
