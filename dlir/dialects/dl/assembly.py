"""The text of the `dl` dialect: one grammar for all ops, read from their IRDL definitions.

    op      ::= name lead? operands sizes? (`acc` type)? options? `:` types
    sizes   ::= `[` value,* `]`                the `?` dimensions of the result
    options ::= `{` (key (`=` value)?),* `}`   properties first, then discardable attributes
    types   ::= type                           all operands and the result have it
              | list `->` list
    list    ::= type | `(` type,* `)`

Properties are written without their types: `[1, 2]`, `1`, `0.5`, `-inf`, `"nhwc"`, and a bare key
for a unit. Those that hold their default value are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isinf, isnan, nan
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects.builtin import DenseArrayBase, FloatAttr, IndexType, IntegerAttr, UnitAttr, f64
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute
from xdsl.irdl import OpDef, PropertyDef
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.str_enum import StrEnum

from dlir.dialects.dl.attrs import (
    Algorithm,
    AlgorithmAttr,
    Approximation,
    ApproximationAttr,
    Coordinates,
    CoordinatesAttr,
    Interpolation,
    InterpolationAttr,
    Layout,
    LayoutAttr,
    Outside,
    OutsideAttr,
    Pooling,
    PoolingAttr,
    Reduction,
    ReductionAttr,
    Rounding,
    RoundingAttr,
    RoundMode,
    RoundModeAttr,
    integer,
    ints,
    real,
    reals,
)

if TYPE_CHECKING:
    from dlir.dialects.dl.ops.base import DlOp

INDEX = IndexType()
REALS_CONSTR = DenseArrayBase.constr(f64)
_WORDS = {"inf": inf, "nan": nan}
_ENUMS: dict[str, tuple[type[StrEnum], Callable[[Any], Attribute]]] = {
    "algorithm": (Algorithm, AlgorithmAttr),
    "layout": (Layout, LayoutAttr),
    "pooling": (Pooling, PoolingAttr),
    "reduction": (Reduction, ReductionAttr),
    "approximate": (Approximation, ApproximationAttr),
    "coordinates": (Coordinates, CoordinatesAttr),
    "mode": (Interpolation, InterpolationAttr),
    "outside": (Outside, OutsideAttr),
    "rounding": (Rounding, RoundingAttr),
    "round_mode": (RoundMode, RoundModeAttr),
}


# Options


def default_of(definition: PropertyDef) -> Attribute | None:
    """The value a property has when it is not written."""
    return definition.default_value


def parse_options(
    parser: Parser, op_def: OpDef
) -> tuple[dict[str, Attribute], dict[str, Attribute]]:
    """(properties, discardable attributes) of `{...}`, which may be absent."""
    properties: dict[str, Attribute] = {}
    attributes: dict[str, Attribute] = {}

    def parse_entry() -> None:
        position = parser.pos
        key = parser.parse_identifier_or_str_literal()
        if key in properties or key in attributes:
            parser.raise_error(f"option '{key}' is given twice", position, parser.pos)
        has_value = parser.parse_optional_punctuation("=") is not None
        definition = op_def.properties.get(key)
        if definition is None:
            attributes[key] = parser.parse_attribute() if has_value else UnitAttr()
            return
        is_unit = definition.constr.get_bases() == {UnitAttr}
        if is_unit and has_value:
            message = f"option '{key}' takes no value: write '{key}' for yes, nothing for no"
            parser.raise_error(message, position, parser.pos)
        if not is_unit and not has_value:
            parser.raise_error(f"option '{key}' needs a value", position, parser.pos)
        properties[key] = UnitAttr() if is_unit else _parse_value(parser, key, definition)

    parser.parse_optional_comma_separated_list(parser.Delimiter.BRACES, parse_entry)
    return _without_defaults(properties, op_def), attributes


def _without_defaults(properties: dict[str, Attribute], op_def: OpDef) -> dict[str, Attribute]:
    return {k: v for k, v in properties.items() if v != default_of(op_def.properties[k])}


def _parse_value(parser: Parser, key: str, definition: PropertyDef) -> Attribute:
    """The value of one property; its form decides its kind, but an integer will do for a float."""
    real_list = definition.constr == REALS_CONSTR
    values = parser.parse_optional_comma_separated_list(
        parser.Delimiter.SQUARE,
        (lambda: _parse_number(parser)) if real_list else parser.parse_integer,
    )
    if values is not None:
        return reals([float(value) for value in values]) if real_list else ints(cast(Any, values))
    if (word := parser.parse_optional_str_literal()) is not None:
        return _parse_word(parser, key, word)
    value = _parse_number(parser)
    if isinstance(value, int) and definition.constr.get_bases() != {FloatAttr}:
        return integer(value)
    return real(float(value))


def _parse_word(parser: Parser, key: str, word: str) -> Attribute:
    if key not in _ENUMS:
        parser.raise_error(f"option '{key}' does not take a string")
    kind, make = _ENUMS[key]
    words = [member.value for member in kind]
    if word not in words:
        parser.raise_error(f"expected one of {', '.join(words)} for '{key}', got \"{word}\"")
    return make(kind(word))


def _parse_number(parser: Parser) -> int | float:
    negative = parser.parse_optional_punctuation("-") is not None
    word = parser.parse_optional_keyword_in(_WORDS)
    value = _WORDS[word] if word is not None else parser.parse_number()
    return -value if negative else value


def print_options(printer: Printer, op: DlOp, skip: Sequence[str] = ()) -> None:
    """` {...}`, or nothing when every property has its default value."""
    definitions = op.get_irdl_definition().properties
    entries = [
        (key, _property_text(value))
        for key, value in op.properties.items()
        if key not in skip and value != default_of(definitions[key])
    ]
    if not entries and not op.attributes:
        return
    printer.print_string(" {")
    printer.print_string(", ".join(f"{key} = {text}" if text else key for key, text in entries))
    if entries and op.attributes:
        printer.print_string(", ")
    printer.print_list(op.attributes.items(), lambda item: _print_attribute(printer, *item))
    printer.print_string("}")


def _print_attribute(printer: Printer, key: str, value: Attribute) -> None:
    printer.print_identifier_or_string_literal(key)
    if not isinstance(value, UnitAttr):
        printer.print_string(" = ")
        printer.print_attribute(value)


def _property_text(value: Attribute) -> str:
    match value:
        case DenseArrayBase():
            values = cast(DenseArrayBase[Any], value).get_values()
            texts = (float_text(v) if isinstance(v, float) else str(v) for v in values)
            return f"[{', '.join(texts)}]"
        case IntegerAttr():
            return str(value.value.data)
        case FloatAttr():
            return float_text(value.value.data)
        case EnumAttribute():
            return f'"{cast(EnumAttribute[Any], value).data.value}"'
        case UnitAttr():
            return ""
        case _:
            return str(value)


def float_text(value: float) -> str:
    """The shortest text that reads back as the same f64, in MLIR's spelling: it needs a point."""
    if isnan(value) or isinf(value):
        return str(value)
    mantissa, exponent, power = repr(value).partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + exponent + power


# Whole ops


def parse_types(parser: Parser, count: int) -> tuple[list[Attribute], list[Attribute]]:
    """(operand types, result types) after the colon."""
    position = parser.pos
    operands = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    if operands is None:
        first = parser.parse_type()
        if parser.parse_optional_punctuation("->") is None:
            return [first] * count, [first]
        operands = [first]
    else:
        parser.parse_punctuation("->")
    if len(operands) != count:
        message = f"expected {count} operand types, got {len(operands)}"
        parser.raise_error(message, position, parser.pos)
    results = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    return [*operands], [*(results if results is not None else [parser.parse_type()])]


def print_types(printer: Printer, operands: Sequence[Attribute], results: Sequence[Attribute],
                short: bool) -> None:  # fmt: skip
    """` : types`, in the short form if it is allowed and all are equal."""
    printer.print_string(" : ")
    if short and len({*operands, *results}) == 1:
        printer.print_attribute(results[0])
        return
    _print_type_list(printer, operands)
    printer.print_string(" -> ")
    _print_type_list(printer, results)


def _print_type_list(printer: Printer, types: Sequence[Attribute]) -> None:
    if len(types) == 1:
        printer.print_attribute(types[0])
        return
    with printer.in_parens():
        printer.print_list(types, printer.print_attribute)


def parse_op(cls: type[DlOp], parser: Parser) -> DlOp:
    """Everything after the op's name."""
    op_def = cls.get_irdl_definition()
    properties = cls.parse_lead(parser)
    operands = parser.parse_optional_undelimited_comma_separated_list(
        parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
    )
    operands = operands or []
    sizes = None
    if cls.SIZED:
        sizes = parser.parse_optional_comma_separated_list(
            parser.Delimiter.SQUARE, parser.parse_unresolved_operand
        )
    if "acc" in op_def.properties:
        parser.parse_keyword("acc")
        properties["acc"] = parser.parse_type()
    options, attributes = parse_options(parser, op_def)
    parser.parse_punctuation(":")
    operand_types, result_types = parse_types(parser, len(operands))
    values = [parser.resolve_operand(o, t) for o, t in zip(operands, operand_types, strict=True)]
    values += [parser.resolve_operand(size, INDEX) for size in sizes or ()]
    return cls.create(
        operands=values,
        result_types=result_types,
        properties=properties | options,
        attributes=attributes,
    )


def print_op(printer: Printer, op: DlOp) -> None:
    """The inverse of `parse_op`."""
    operands = [o for o in op.operands if not op.SIZED or o.type != INDEX]
    sizes = op.operands[len(operands) :]
    printer.print_string(" ")
    op.print_lead(printer)
    printer.print_list(operands, printer.print_ssa_value)
    if sizes:
        printer.print_string(" ")
        with printer.in_square_brackets():
            printer.print_list(sizes, printer.print_ssa_value)
    if (acc := op.properties.get("acc")) is not None:
        printer.print_string(" acc ")
        printer.print_attribute(acc)
    print_options(printer, op, skip=("acc", *op.LEAD))
    print_types(printer, [o.type for o in operands], op.result_types, op.SHORT_TYPES)
