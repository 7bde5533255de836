"""What holds the elements of tensors below `dl`: signless integers, of whole bytes, and floats.

While bodies are written, scalars still have the types of `dl`, by which `scalar.py` chooses between
`arith.divsi` and `arith.divui`. Afterwards one walk takes the sign out of every type, and makes
narrow types `i8`. What callers see does not change: arguments, results and weights that are held in
another type are marked with theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any, TypeAlias, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FloatAttr,
    FloatTF32Type,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    UnrealizedConversionCastOp,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.rewriter import Rewriter

from dlir.dialects.dl.ops.source import ParamOp
from dlir.types import ELEMENT_MARK, element_of, held_type, is_array, is_integer

Marks: TypeAlias = ArrayAttr[DictionaryAttr]


def hold_elements(module: ModuleOp) -> None:
    """Put `held_type` for every type; casts between types that became equal disappear."""
    for op in tuple(module.walk()):
        if isinstance(op, FuncOp):
            _function(op)
        elif isinstance(op, ParamOp) and held_type(op.type) is not op.type:
            op.attributes[ELEMENT_MARK] = op.type.element_type
        _values(op)
        _properties(op)
        if isinstance(op, UnrealizedConversionCastOp):
            _forward(op)


def _function(op: FuncOp) -> None:
    type = op.function_type
    op.arg_attrs = _marked(type.inputs.data, op.arg_attrs)
    op.res_attrs = _marked(type.outputs.data, op.res_attrs)
    inputs, outputs = ([*map(held_type, types)] for types in (type.inputs, type.outputs))
    op.function_type = FunctionType.from_lists(inputs, outputs)


def _marked(types: Sequence[Attribute], attributes: Marks | None) -> Marks | None:
    """The attributes of arguments or results, with a mark for those that are held as others."""
    if all(held_type(type) is type for type in types):
        return attributes
    entries = attributes.data if attributes else [DictionaryAttr({})] * len(types)
    return ArrayAttr(
        entry
        if held_type(type) is type
        else DictionaryAttr({**entry.data, ELEMENT_MARK: element_of(type)})
        for type, entry in zip(types, entries, strict=True)
    )


def _values(op: Operation) -> None:
    arguments = [a for region in op.regions for block in region.blocks for a in block.args]
    for value in (*op.results, *arguments):
        type = held_type(value.type)
        if type is not value.type:
            new = Rewriter.replace_value_with_new_type(value, type)
            new.name_hint = value.name_hint


def _properties(op: Operation) -> None:
    for name, value in op.properties.items():
        new = _constant(value)
        if new is not value:
            op.properties[name] = new


def _constant(value: Attribute) -> Attribute:
    """Numbers as the same bits of the type that holds them."""
    if is_array(value):
        made = [*map(_constant, value)]
        return value if all(map(is_, value, made)) else ArrayAttr(made)
    if not isinstance(value, IntegerAttr | FloatAttr | DenseIntOrFPElementsAttr):
        return value
    constant: Any = cast(Any, value)
    type: Any = held_type(constant.type)
    if type is constant.type:
        return cast(Attribute, value)
    if isinstance(value, IntegerAttr):
        return IntegerAttr(constant.value.data, type)
    if isinstance(value, FloatAttr) and is_integer(type):
        return IntegerAttr(constant.type.pack([constant.value.data])[0], type)
    if isinstance(value, FloatAttr):
        return FloatAttr(constant.value.data, type)
    if not isinstance(constant.type.element_type, FloatTF32Type):
        return DenseIntOrFPElementsAttr[Any](type, constant.data)
    return DenseIntOrFPElementsAttr.from_list(type, [*constant.get_values()])


def _forward(op: UnrealizedConversionCastOp) -> None:
    if op.inputs[0].type == op.outputs[0].type:
        op.outputs[0].replace_all_uses_with(op.inputs[0])
        Rewriter.erase_op(op)
