"""Ranges in the text: `{dl.range = array<f32: -1.0, 2.5>}` on the op, or argument, of a value.

A pass writes them, a person may change them, and passes that quantise activations read them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, DictionaryAttr, f32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, BlockArgument, Operation, OpResult, SSAValue

from dlir.diagnostics import fail
from dlir.observers import Range

RANGE = "dl.range"


def range_of(value: SSAValue) -> Range | None:
    """The range that the text gives a value. Raises CompileError for one that cannot be."""
    attribute = _attributes(value).get(_key(value))
    if attribute is None:
        return None
    numbers = attribute.get_values() if isinstance(attribute, DenseArrayBase) else ()
    if len(numbers) != 2 or not all(map(math.isfinite, numbers)) or numbers[0] > numbers[1]:
        fail(
            source(value),
            f"{name(value)} has the range {attribute}: expected two finite numbers, low <= high",
            rule="quantize-range",
            help=f"write {{{RANGE} = array<f32: -1.0, 1.0>}}",
        )
    return Range(*map(float, numbers))


def set_range(value: SSAValue, found: Range) -> None:
    """Write a range into the text, in place of an older one."""
    attribute = DenseArrayBase.from_list(f32, [found.low, found.high])
    if isinstance(value, OpResult):
        value.op.attributes[_key(value)] = attribute
        return
    function = source(value)
    assert isinstance(function, FuncOp) and isinstance(value, BlockArgument)
    empty = [DictionaryAttr({})] * len(function.args)
    given = [*function.arg_attrs.data] if function.arg_attrs is not None else empty
    given[value.index] = DictionaryAttr({**given[value.index].data, RANGE: attribute})
    function.properties["arg_attrs"] = ArrayAttr(given)


def source(value: SSAValue) -> Operation:
    """The op that defines a value, or whose argument it is."""
    if isinstance(value, OpResult):
        return value.op
    assert isinstance(value, BlockArgument)
    op = value.block.parent_op()
    assert op is not None, "blocks are inside functions"
    return op


def name(value: SSAValue) -> str:
    """How messages call a value."""
    return f"the value '%{value.name_hint}'" if value.name_hint else "its result"


def _key(value: SSAValue) -> str:
    number = value.index if isinstance(value, OpResult) else 0
    return f"{RANGE}.{number}" if number else RANGE


def _attributes(value: SSAValue) -> Mapping[str, Attribute]:
    op = source(value)
    if isinstance(value, OpResult):
        return op.attributes
    if not isinstance(op, FuncOp) or op.arg_attrs is None:
        return {}
    assert isinstance(value, BlockArgument)
    return op.arg_attrs.data[value.index].data
