"""What the ops of all engines are: one machine instruction inside of a nest of counted loops.

Its fields are the instruction's, its addresses walk over rows of memrefs, and it gives a token when
all of it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, ClassVar, Self

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    MemRefType,
    StringAttr,
    f32,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    opt_prop_def,
    prop_def,
    result_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

from dlir.dialects.accel import verify
from dlir.dialects.accel.access import Access
from dlir.dialects.accel.attrs import TOKEN, TokenType
from dlir.dialects.accel.syntax import parse_engine_op, print_engine_op
from dlir.types import is_number

FieldValue = int | float | str
"""The value of an instruction's field: a number, or the word of a choice."""


class EngineOp(IRDLOperation):
    """What the ops of all engines share: addresses, a nest of loops, fields, tokens."""

    ENGINE: ClassVar[str]
    SEPARATORS: ClassVar[tuple[str, ...]]
    """The words in front of the second and later addresses; empty for a comma."""
    FIELDS: ClassVar[Mapping[str, FieldValue]] = {}
    """Field -> the value it has when the text leaves it out."""
    addresses = var_operand_def(MemRefType)
    after = var_operand_def(TokenType)
    walks = prop_def(ArrayAttr[DenseArrayBase])
    nest = opt_prop_def(DenseArrayBase.constr(i64))
    fields = opt_prop_def(DictionaryAttr)
    token = result_def(TokenType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def __init__(
        self,
        addresses: Sequence[tuple[SSAValue, Access]],
        nest: Sequence[int] = (),
        after: Sequence[SSAValue] = (),
        **fields: FieldValue,
    ):
        kept = tuple((n, v) for n, v in fields.items() if v != self.FIELDS.get(n))
        properties: dict[str, Attribute] = {
            "walks": _walks(tuple(access for _, access in addresses)),
            "operandSegmentSizes": _segments(len(addresses), len(after)),
        }
        if nest:
            properties["nest"] = _integers(tuple(nest))
        if kept:
            properties["fields"] = _fields(kept)
        # A program has tens of thousands of these: attributes are shared, and irdl's checks of the
        # arguments left to the verifier.
        Operation.__init__(
            self,
            operands=[*(value for value, _ in addresses), *after],
            properties=properties,
            result_types=[TOKEN],
        )

    def __post_init__(self) -> None:
        """No property has a default, so there is none to look for."""

    @property
    def trips(self) -> tuple[int, ...]:
        """The trip counts of the loops, outermost first."""
        return tuple(int(v) for v in self.nest.get_values()) if self.nest is not None else ()

    @property
    def accesses(self) -> list[tuple[SSAValue, Access]]:
        """Every address: the memref, and the walk over its rows."""
        walks = (Access.of(a) for a in self.walks.data)
        return list(zip(self.addresses, walks, strict=True))

    def field(self, name: str) -> Any:
        """The value of a field."""
        held = self.fields.data.get(name) if self.fields is not None else None
        return self.FIELDS[name] if held is None else _field_value(held)

    def spans(self) -> list[tuple[int, int, int]]:
        """Per address, the rows that are touched from each visited row on: (count, step, times).

        `times` pieces of `count` rows, `step` rows apart.
        """
        raise AssertionError("every engine op says what it touches")

    def verify_(self) -> None:
        verify.verify_engine_op(self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return parse_engine_op(cls, parser)

    def print(self, printer: Printer) -> None:
        print_engine_op(self, printer)


@lru_cache(maxsize=1 << 16)
def _walks(accesses: tuple[Access, ...]) -> ArrayAttr[DenseArrayBase]:
    return ArrayAttr([access.attribute() for access in accesses])


@cache
def _segments(addresses: int, tokens: int) -> DenseArrayBase:
    return DenseArrayBase.from_list(i32, [addresses, tokens])


@lru_cache(maxsize=1 << 12)
def _integers(values: tuple[int, ...]) -> DenseArrayBase:
    return DenseArrayBase.from_list(i64, values)


@lru_cache(maxsize=1 << 12)
def _fields(values: tuple[tuple[str, FieldValue], ...]) -> DictionaryAttr:
    return DictionaryAttr({name: _field_attribute(value) for name, value in values})


def _field_attribute(value: FieldValue) -> Attribute:
    """A field's value as an attribute."""
    if isinstance(value, str):
        return StringAttr(value)
    return IntegerAttr(value, i64) if isinstance(value, int) else FloatAttr(value, f32)


def _field_value(attribute: Attribute) -> FieldValue:
    """The value of a field's attribute."""
    if isinstance(attribute, StringAttr):
        return attribute.data
    assert is_number(attribute), "checked by the verifier"
    return attribute.value.data
