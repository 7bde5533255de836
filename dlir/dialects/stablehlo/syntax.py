"""The text of `stablehlo`: the forms that its ops share, as exporters print them.

    op    ::= name leading* operands (`,` key `=` value)* attr-dict `:` types

What an op writes besides its operands is a table of `Key`s (see `Form`); properties without a key
stand in the attribute dictionary. The few ops with a text of their own are in `forms.py`. Where
some op cannot be written in its form it is printed in the generic one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    BoolAttr,
    ComplexType,
    DenseArrayBase,
    IntegerAttr,
    StringAttr,
    TensorType,
    TupleType,
    UnitAttr,
    i32,
    i64,
)
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from dlir.dialects.stablehlo import attrs as a

if TYPE_CHECKING:
    from dlir.dialects.stablehlo.ops.base import HloOp

Properties = dict[str, Attribute]


# Values behind keys


class Kind(NamedTuple):
    """How a value behind a key is read (as properties) and written."""

    parse: Callable[[Parser, Sequence[str]], Properties]
    text: Callable[[Sequence[Attribute]], str]


def ints(values: Sequence[int]) -> DenseArrayBase:
    return DenseArrayBase.from_list(i64, values)


def _one(parse: Callable[[Parser], Attribute]) -> Callable[[Parser, Sequence[str]], Properties]:
    """Reads one property."""

    def parse_one(parser: Parser, names: Sequence[str]) -> Properties:
        return {names[0]: parse(parser)}

    return parse_one


def _ints_text(values: Sequence[Attribute]) -> str:
    return str([*cast(DenseArrayBase[Any], values[0]).get_values()])


def _integer_text(values: Sequence[Attribute]) -> str:
    return str(cast(IntegerAttr, values[0]).value.data)


def words(attribute: type[EnumAttribute[Any]]) -> Kind:
    """One of the words of an enum."""

    def parse(parser: Parser) -> Attribute:
        return attribute(parser.parse_str_enum(attribute.enum_type))

    return Kind(_one(parse), _word_text)


def _word_text(values: Sequence[Attribute]) -> str:
    return cast(EnumAttribute[Any], values[0]).data.value


def _parse_pair(parser: Parser, names: Sequence[str]) -> Properties:
    """`[0] x [1]`."""
    lhs = a.parse_integers(parser)
    parser.parse_keyword("x")
    return {names[0]: ints(lhs), names[1]: ints(a.parse_integers(parser))}


def _parse_format(parser: Parser, names: Sequence[str]) -> Properties:
    """`e8m10`."""
    position = parser.pos
    found = re.fullmatch(r"e(\d{1,9})m(\d{1,9})", parser.parse_identifier())
    if found is None:
        parser.raise_error("expected a format like e8m10", position)
    pairs = zip(names, found.groups(), strict=True)
    return {name: IntegerAttr(int(bits), i32) for name, bits in pairs}


def _format_text(values: Sequence[Attribute]) -> str:
    exponent, mantissa = (_integer_text([value]) for value in values)
    return f"e{exponent}m{mantissa}"


def _parse_precision(parser: Parser) -> Attribute:
    listed = parser.parse_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: parser.parse_str_enum(a.Precision)
    )
    return ArrayAttr([a.PrecisionAttr(word) for word in listed])


def _precision_text(values: Sequence[Attribute]) -> str:
    listed = cast(ArrayAttr[a.PrecisionAttr], values[0])
    return f"[{', '.join(one.data.value for one in listed)}]"


def _parse_algorithm(parser: Parser) -> Attribute:
    return a.DotAlgorithmAttr(a.DotAlgorithmAttr.parse_parameter(parser))


def _record_text(values: Sequence[Attribute]) -> str:
    """`<field = value, ...>`, without the name of the record."""
    return str(values[0]).removeprefix(f"#{values[0].name}")


def _parse_string(parser: Parser) -> Attribute:
    return StringAttr(parser.parse_str_literal())


def _parse_boolean(parser: Parser) -> Attribute:
    return BoolAttr.from_bool(parser.parse_boolean())


def _parse_ints(parser: Parser) -> Attribute:
    return ints(a.parse_integers(parser))


def _parse_int(parser: Parser) -> Attribute:
    return IntegerAttr(parser.parse_integer(), i64)


def _boolean_text(values: Sequence[Attribute]) -> str:
    return "true" if _integer_text(values) != "0" else "false"


def _string_text(values: Sequence[Attribute]) -> str:
    return str(values[0])


def _pair_text(values: Sequence[Attribute]) -> str:
    return " x ".join(_ints_text([value]) for value in values)


INTS = Kind(_one(_parse_ints), _ints_text)
INT = Kind(_one(_parse_int), _integer_text)
BOOL = Kind(_one(_parse_boolean), _boolean_text)
STRING = Kind(_one(_parse_string), _string_text)
PAIR = Kind(_parse_pair, _pair_text)
FORMAT = Kind(_parse_format, _format_text)
PRECISION = Kind(_one(_parse_precision), _precision_text)
RECORD = Kind(_one(_parse_algorithm), _record_text)


@dataclass(frozen=True)
class Key:
    """`word = value`, for the properties named; an optional one is left out when they are."""

    word: str
    kind: Kind
    properties: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True)
class Form:
    """What stands in an op's text besides its operands, and how its types are written."""

    keys: tuple[Key, ...] = ()
    types: str = "functional"
    """A key of `TYPES`."""


# Types


def parse_list_of_types(parser: Parser) -> list[Attribute]:
    """`(type, ...)`, or one type."""
    listed = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    return [parser.parse_type()] if listed is None else [*listed]


def parse_functional(parser: Parser) -> tuple[list[Attribute], list[Attribute]] | None:
    """`(types) -> types`, or None where no bracket opens."""
    inputs = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    if inputs is None:
        return None
    parser.parse_punctuation("->")
    return [*inputs], parse_list_of_types(parser)


def _parse_all(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    return parse_functional(parser) or parser.raise_error("expected (types) -> types")


def functional_text(op: HloOp) -> str:
    """`(types) -> types`."""
    inputs = ", ".join(str(value.type) for value in op.operands)
    results = ", ".join(map(str, op.result_types))
    return f"({inputs}) -> {results if len(op.results) == 1 else f'({results})'}"


def _parse_same(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    """One type for all operands and the result, or all of them."""
    if (both := parse_functional(parser)) is not None:
        return both
    type = parser.parse_type()
    return [type] * count, [type]


def _same_text(op: HloOp) -> str:
    types = {*op.result_types, *(value.type for value in op.operands)}
    return str(op.result_types[0]) if len(types) == 1 else functional_text(op)


def _parse_select(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    """The condition's type and that of all others, or all of them."""
    if (both := parse_functional(parser)) is not None:
        return both
    condition = parser.parse_type()
    parser.parse_punctuation(",")
    type = parser.parse_type()
    return [condition, type, type], [type]


def _select_text(op: HloOp) -> str:
    condition, *others = (value.type for value in op.operands)
    same = {*others, *op.result_types}
    return f"{condition}, {others[0]}" if len(same) == 1 else functional_text(op)


def _parse_complex(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    """The complex result type, which gives that of its parts, or all of them."""
    if (both := parse_functional(parser)) is not None:
        return both
    type = parser.parse_type()
    return [_part_of(type)] * count, [type]


def _part_of(type: Attribute) -> Attribute:
    if isinstance(type, TensorType):
        tensor = cast(TensorType[Attribute], type)
        element: Attribute = tensor.element_type
        if isinstance(element, ComplexType):
            part = cast(Attribute, cast(Any, element).element_type)
            return TensorType(part, tensor.get_shape(), tensor.encoding)
        return tensor
    return type


def _complex_text(op: HloOp) -> str:
    part = _part_of(op.result_types[0])
    if all(value.type == part for value in op.operands):
        return str(op.result_types[0])
    return functional_text(op)


def _parse_result(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    return [], [parser.parse_type()]


def _parse_tuple(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    """A tuple's type gives those of its parts."""
    type = parser.parse_type()
    if not isinstance(type, TupleType):
        parser.raise_error("expected a tuple type")
    return [*type.types], [type]


def _parse_pairwise(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    """The operands' types, which the results have as well."""
    types: list[Attribute] = [parser.parse_type()]
    while parser.parse_optional_punctuation(","):
        types.append(parser.parse_type())
    return types, types


def _parse_arrow(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    """The operands' types, an arrow, and the results'; older texts have brackets."""
    if (both := parse_functional(parser)) is not None:
        return both
    inputs, _ = _parse_pairwise(parser, count)
    parser.parse_punctuation("->")
    return inputs, parse_list_of_types(parser)


def _arrow_text(op: HloOp) -> str:
    inputs = ", ".join(str(value.type) for value in op.operands)
    return f"{inputs} ->{functional_text(op).partition('->')[2]}"


class TypesForm(NamedTuple):
    """How the types after the colon are read, given the number of operands, and written."""

    parse: Callable[[Parser, int], tuple[list[Attribute], list[Attribute]]]
    text: Callable[[HloOp], str]


def _result_text(op: HloOp) -> str:
    return str(op.result_types[0])


TYPES: dict[str, TypesForm] = {
    "functional": TypesForm(_parse_all, functional_text),
    "same": TypesForm(_parse_same, _same_text),
    "select": TypesForm(_parse_select, _select_text),
    "complex": TypesForm(_parse_complex, _complex_text),
    "result": TypesForm(_parse_result, _result_text),
    "tuple": TypesForm(_parse_tuple, _result_text),
    "arrow": TypesForm(_parse_arrow, _arrow_text),
    "pairwise": TypesForm(_parse_pairwise, _result_text),
}


# Whole ops


def parse_op(cls: type[HloOp], parser: Parser) -> HloOp:
    """Everything after the name of an op with a form."""
    keys = {key.word: key for key in cls.FORM.keys}
    operands, properties = _parse_operands_and_keys(parser, keys)
    return finish(cls, parser, operands, properties, TYPES[cls.FORM.types].parse)


def _parse_operands_and_keys(
    parser: Parser, keys: dict[str, Key]
) -> tuple[list[UnresolvedOperand], Properties]:
    operands: list[UnresolvedOperand] = []
    properties: Properties = {}
    while True:
        operand = None if properties else parser.parse_optional_unresolved_operand()
        if operand is not None:
            operands.append(operand)
        elif (word := parser.parse_optional_keyword_in(keys)) is not None:
            key = keys[word]
            if key.properties[0] in properties:
                parser.raise_error(f"'{word}' is given twice")
            parser.parse_punctuation("=")
            properties |= key.kind.parse(parser, key.properties)
        elif operands or properties:
            parser.raise_error(f"expected one of {', '.join(keys) or 'the operands'}")
        if parser.parse_optional_punctuation(",") is None:
            return operands, properties


def finish(
    cls: type[HloOp],
    parser: Parser,
    operands: Sequence[UnresolvedOperand],
    properties: Properties,
    parse_types: Callable[[Parser, int], tuple[list[Attribute], list[Attribute]]],
    regions: Sequence[Region] = (),
) -> HloOp:
    """The attribute dictionary and the types, and the op that all this makes."""
    attributes = parser.parse_optional_attr_dict()
    parser.parse_punctuation(":")
    position = parser.pos
    inputs, results = parse_types(parser, len(operands))
    values = parser.resolve_operands(operands, inputs, position)
    return make(cls, values, results, properties, attributes, regions)


def make(
    cls: type[HloOp],
    operands: Sequence[SSAValue],
    results: Sequence[Attribute],
    properties: Properties,
    attributes: Properties,
    regions: Sequence[Region] = (),
) -> HloOp:
    """An op from what its text says; properties may stand in the dictionary, too."""
    known = cls.get_irdl_definition().properties
    properties = properties | {k: v for k, v in attributes.items() if k in known}
    return cls.create(
        operands=operands,
        result_types=results,
        properties=cls.from_text(properties),
        attributes={k: v for k, v in attributes.items() if k not in known},
        regions=regions,
    )


def print_op(printer: Printer, op: HloOp) -> None:
    """The inverse of `parse_op`."""
    properties = op.to_text()
    printer.print_string(" " if op.operands or op.FORM.keys else "")
    printer.print_list(op.operands, printer.print_ssa_value)
    separator = ", " if op.operands else ""
    written: set[str] = set()
    for key in op.FORM.keys:
        values = [properties[name] for name in key.properties if name in properties]
        written |= {*key.properties}
        if len(values) == len(key.properties):
            printer.print_string(f"{separator}{key.word} = {key.kind.text(values)}")
            separator = ", "
    print_attributes(printer, op, properties, written)
    printer.print_string(f" : {TYPES[op.FORM.types].text(op)}")


def print_attributes(
    printer: Printer, op: HloOp, properties: Properties, written: set[str]
) -> None:
    """` {...}` with the properties that are not written elsewhere, and the attributes."""
    rest = {k: v for k, v in properties.items() if k not in written} | op.attributes
    if not rest:
        return
    printer.print_string(" {")
    printer.print_list(sorted(rest.items()), lambda item: _print_entry(printer, *item))
    printer.print_string("}")


def _print_entry(printer: Printer, name: str, value: Attribute) -> None:
    printer.print_identifier_or_string_literal(name)
    if not isinstance(value, UnitAttr):
        printer.print_string(" = ")
        printer.print_attribute(value)
