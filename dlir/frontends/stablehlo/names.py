"""What the inputs and results of an exported model are called."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    LocationAttr,
    ModuleOp,
    NameLoc,
    NoneAttr,
    StringAttr,
)
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import Block

from dlir.frontends.builder.context import name_hint


def name_entry(module: ModuleOp) -> None:
    """Write the names of @main's inputs and results as dlir does, and drop what else exporters say
    about them; both have to come before calls are inlined."""
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    entry = functions.get("main")
    if entry is None or entry.is_declaration:
        return
    arguments = _argument_names(entry, functions)
    results = _result_names(entry)
    for argument, name in zip(entry.body.block.args, arguments, strict=True):
        argument.name_hint = name_hint(name)
    entry.attributes["dlir.arg_names"] = ArrayAttr([StringAttr(name) for name in arguments])
    entry.attributes["dlir.result_names"] = ArrayAttr([StringAttr(name) for name in results])
    for function in functions.values():
        function.properties.pop("arg_attrs", None)
        function.properties.pop("res_attrs", None)


def _argument_names(entry: FuncOp, functions: dict[str, FuncOp]) -> list[str]:
    """From attributes or locations; an argument without a name may have that of a callee's."""
    block = entry.body.block
    names = [_listed(entry, "arg_attrs", i, "jax.arg_info") or _located(argument.location)
             for i, argument in enumerate(block.args)]  # fmt: skip
    for call in block.ops:
        callee = functions.get(call.callee.string_value()) if isinstance(call, CallOp) else None
        if callee is not None and not callee.is_declaration:
            _take_names(names, block, call, callee)
    return _unique([name or f"arg{i}" for i, name in enumerate(names)])


def _take_names(names: list[str], block: Block, call: object, callee: FuncOp) -> None:
    operands = cast(CallOp, call).operands
    for operand, argument in zip(operands, callee.body.block.args, strict=False):
        if operand in block.args:
            index = block.args.index(operand)  # pyright: ignore[reportArgumentType]
            names[index] = names[index] or _located(argument.location)


def _located(location: LocationAttr) -> str:
    """The name in `loc("x")`; a name with a place behind it is that of an op."""
    if isinstance(location, NameLoc) and isinstance(location.location, NoneAttr):
        return location.desc.data
    return ""


def _listed(entry: FuncOp, property: str, index: int, name: str) -> str:
    """An entry of the dictionaries of arguments or results."""
    listed = cast(ArrayAttr[DictionaryAttr] | None, entry.properties.get(property))
    if listed is None or index >= len(listed.data):
        return ""
    found = listed.data[index].data.get(name)
    return found.data if isinstance(found, StringAttr) else ""


def _result_names(entry: FuncOp) -> list[str]:
    count = len(entry.function_type.outputs)
    names = [_listed(entry, "res_attrs", i, "jax.result_info") for i in range(count)]
    return _unique([name or f"o{i}" for i, name in enumerate(names)])


def _unique(names: list[str]) -> list[str]:
    """The names, numbered where one occurs twice."""
    seen: dict[str, int] = {}
    result: list[str] = []
    for name in names:
        seen[name] = seen.get(name, -1) + 1
        result.append(f"{name}.{seen[name]}" if seen[name] else name)
    return result
