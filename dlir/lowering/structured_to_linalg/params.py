"""Weights as arguments: upstream has no op that names one."""

from __future__ import annotations

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, ModuleOp, StringAttr
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import SSAValue

from dlir.diagnostics import fail
from dlir.dialects.dl.ops.source import ParamOp

PARAM = "dl.param"
"""The attribute of an argument that is a weight: its name."""


def params_to_arguments(module: ModuleOp) -> None:
    """Each weight of a function becomes an argument behind the others, once."""
    called = {op.callee.string_value() for op in module.walk() if isinstance(op, CallOp)}
    for function in module.walk():
        if not isinstance(function, FuncOp) or function.is_declaration:
            continue
        params = [op for op in function.walk() if isinstance(op, ParamOp)]
        if params and function.sym_name.data in called:
            fail(
                function,
                "is called and has weights of its own, which would have to be passed to it",
                help="inline it first",
            )
        if params:
            _take(function, params)


def _take(function: FuncOp, params: list[ParamOp]) -> None:
    block, known = function.body.block, dict[str, SSAValue]()
    given = function.arg_attrs
    attributes = [DictionaryAttr({})] * len(block.args) if given is None else [*given.data]
    for op in params:
        name = op.properties["name"]
        assert isinstance(name, StringAttr)
        if name.data not in known:
            argument = block.insert_arg(op.results[0].type, len(block.args))
            argument.name_hint, argument.location = op.results[0].name_hint, op.location
            attributes.append(DictionaryAttr({PARAM: name, **op.attributes}))
            known[name.data] = argument
        op.results[0].replace_all_uses_with(known[name.data])
        assert op.parent is not None
        op.parent.erase_op(op)
    outputs = function.function_type.outputs.data
    function.function_type = FunctionType.from_lists([a.type for a in block.args], [*outputs])
    function.arg_attrs = ArrayAttr(attributes)
