"""Below `dl` integers are signless: ops say what is unsigned, types no longer do.

While bodies are written, scalars still have the types of `dl`, by which `scalar.py` chooses between
`arith.divsi` and `arith.divui`. Afterwards one walk takes the sign out of every type. What callers
see does not change: arguments, results and weights are marked as unsigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any, TypeAlias, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    UnitAttr,
    UnrealizedConversionCastOp,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.rewriter import Rewriter

from dlir.dialects.dl.ops.source import ParamOp
from dlir.types import UNSIGNED_MARK, is_array, is_unsigned, signless

Marks: TypeAlias = ArrayAttr[DictionaryAttr]


def make_signless(module: ModuleOp) -> None:
    """Take the sign out of all types; casts between types that became equal disappear."""
    for op in tuple(module.walk()):
        if isinstance(op, FuncOp):
            _function(op)
        elif isinstance(op, ParamOp) and is_unsigned(op.type.element_type):
            op.attributes[UNSIGNED_MARK] = UnitAttr()
        _values(op)
        _properties(op)
        if isinstance(op, UnrealizedConversionCastOp):
            _forward(op)


def _function(op: FuncOp) -> None:
    type = op.function_type
    op.arg_attrs = _marked(type.inputs.data, op.arg_attrs)
    op.res_attrs = _marked(type.outputs.data, op.res_attrs)
    inputs, outputs = ([*map(signless, types)] for types in (type.inputs, type.outputs))
    op.function_type = FunctionType.from_lists(inputs, outputs)


def _marked(types: Sequence[Attribute], attributes: Marks | None) -> Marks | None:
    """The attributes of arguments or results, with a mark for those that lose their sign."""
    if all(signless(type) is type for type in types):
        return attributes
    entries = attributes.data if attributes else [DictionaryAttr({})] * len(types)
    return ArrayAttr(
        entry
        if signless(type) is type
        else DictionaryAttr({**entry.data, UNSIGNED_MARK: UnitAttr()})
        for type, entry in zip(types, entries, strict=True)
    )


def _values(op: Operation) -> None:
    arguments = [a for region in op.regions for block in region.blocks for a in block.args]
    for value in (*op.results, *arguments):
        type = signless(value.type)
        if type is not value.type:
            new = Rewriter.replace_value_with_new_type(value, type)
            new.name_hint = value.name_hint


def _properties(op: Operation) -> None:
    for name, value in op.properties.items():
        new = _constant(value)
        if new is not value:
            op.properties[name] = new


def _constant(value: Attribute) -> Attribute:
    """Numbers of an unsigned type as the same bits of the signless one."""
    if is_array(value):
        made = [*map(_constant, value)]
        return value if all(map(is_, value, made)) else ArrayAttr(made)
    if not isinstance(value, IntegerAttr | DenseIntOrFPElementsAttr):
        return value
    constant: Any = cast(Any, value)
    type: Any = signless(constant.type)
    if type is constant.type:
        return cast(Attribute, value)
    if isinstance(value, IntegerAttr):
        return IntegerAttr(constant.value.data, type)
    return DenseIntOrFPElementsAttr[Any](type, constant.data)


def _forward(op: UnrealizedConversionCastOp) -> None:
    if op.inputs[0].type == op.outputs[0].type:
        op.outputs[0].replace_all_uses_with(op.inputs[0])
        Rewriter.erase_op(op)
