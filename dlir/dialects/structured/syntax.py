"""The text of `structured.generic`: attributes in braces, operands by role, two regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, UnitAttr
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from dlir.dialects.structured.attrs import Iterator, IteratorAttr
from dlir.dialects.structured.maps import map_text
from dlir.types import is_array


def print_operands(printer: Printer, keyword: str, values: Sequence[SSAValue]) -> None:
    """` ins(%a, %b : T1, T2)`; nothing for no values."""
    if not values:
        return
    printer.print_string(f" {keyword}(")
    printer.print_list(values, printer.print_ssa_value)
    printer.print_string(" : ")
    printer.print_list(values, lambda v: printer.print_attribute(v.type))
    printer.print_string(")")


def parse_operands(parser: Parser, keyword: str) -> list[SSAValue]:
    """The inverse of `print_operands`; an absent group is empty."""
    if parser.parse_optional_keyword(keyword) is None:
        return []
    parser.parse_punctuation("(")
    pos = parser.pos
    names = parser.parse_comma_separated_list(
        parser.Delimiter.NONE, parser.parse_unresolved_operand
    )
    parser.parse_punctuation(":")
    types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
    parser.parse_punctuation(")")
    return list(parser.resolve_operands(names, types, pos))


def print_maps(printer: Printer, maps: ArrayAttr[AffineMapAttr]) -> None:
    printer.print_string("[" + ", ".join(map_text(m.data) for m in maps.data) + "]")


def parse_maps(parser: Parser) -> ArrayAttr[AffineMapAttr]:
    maps = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_affine_map)
    return ArrayAttr([AffineMapAttr(m) for m in maps])


def print_iterators(printer: Printer, iterators: ArrayAttr[IteratorAttr]) -> None:
    printer.print_string("[" + ", ".join(i.data.value for i in iterators.data) + "]")


def parse_iterators(parser: Parser) -> ArrayAttr[IteratorAttr]:
    def one() -> IteratorAttr:
        return IteratorAttr(parser.parse_str_enum(Iterator))

    return ArrayAttr(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, one))


@dataclass
class GenericText:
    """Everything that the text of one `structured.generic` holds."""

    properties: dict[str, Attribute] = field(default_factory=dict[str, Attribute])
    inputs: list[SSAValue] = field(default_factory=list[SSAValue])
    outs: list[SSAValue] = field(default_factory=list[SSAValue])
    epilogue_inputs: list[SSAValue] = field(default_factory=list[SSAValue])
    body: Region = field(default_factory=Region)
    epilogue: Region = field(default_factory=Region)
    results: list[Attribute] = field(default_factory=list[Attribute])
    attributes: dict[str, Attribute] = field(default_factory=dict[str, Attribute])
    """What other dialects say about the op; the name of a dialect and a dot come first."""


_SPECIAL: dict[str, Callable[[Parser], Attribute]] = {
    "maps": parse_maps,
    "iterators": parse_iterators,
}


def parse_generic(parser: Parser) -> GenericText:
    """Parse all that follows the name `structured.generic`."""
    text = GenericText()

    def entry() -> None:
        key = parser.parse_identifier(": property name")
        parser.parse_punctuation("=")
        held = text.attributes if "." in key else text.properties
        held[key] = _SPECIAL.get(key, Parser.parse_attribute)(parser)

    parser.parse_comma_separated_list(parser.Delimiter.BRACES, entry)
    text.inputs = parse_operands(parser, "ins")
    text.outs = parse_operands(parser, "outs")
    text.body = parser.parse_region()
    if parser.parse_optional_keyword("epilogue"):
        text.epilogue_inputs = parse_operands(parser, "ins")
        text.properties["epilogue_maps"] = (
            parse_maps(parser) if parser.parse_optional_keyword("maps") else ArrayAttr([])
        )
        text.epilogue = parser.parse_region()
    if parser.parse_optional_punctuation("->"):
        text.results = [parser.parse_type()]
    return text


_ORDER = ("maps", "iterators", "init", "padding", "domain", "schedule")


def print_generic(printer: Printer, text: GenericText) -> None:
    """Print all that follows the name `structured.generic`."""
    printer.print_string(" {")
    said = {k: v for k, v in text.attributes.items() if "." in k}
    entries = {k: text.properties[k] for k in _ORDER if k in text.properties} | said
    printer.print_list(entries.items(), lambda entry: _print_property(printer, *entry))
    printer.print_string("}")
    print_operands(printer, "ins", text.inputs)
    print_operands(printer, "outs", text.outs)
    printer.print_string(" ")
    printer.print_region(text.body)
    if text.epilogue.blocks:
        printer.print_string(" epilogue")
        print_operands(printer, "ins", text.epilogue_inputs)
        maps = text.properties.get("epilogue_maps")
        if is_array(maps) and maps.data:
            printer.print_string(" maps ")
            print_maps(printer, cast("ArrayAttr[AffineMapAttr]", maps))
        printer.print_string(" ")
        printer.print_region(text.epilogue)
    if text.results:
        printer.print_string(" -> ")
        printer.print_attribute(text.results[0])


def _print_property(printer: Printer, key: str, value: Attribute) -> None:
    printer.print_string(f"{key} = ")
    if key == "maps" and is_array(value):
        print_maps(printer, cast("ArrayAttr[AffineMapAttr]", value))
    elif key == "iterators" and is_array(value):
        print_iterators(printer, cast("ArrayAttr[IteratorAttr]", value))
    elif is_array(value):
        printer.print_string("[")
        printer.print_list(
            value.data,
            lambda v: _print_element(printer, v),
        )
        printer.print_string("]")
    else:
        printer.print_attribute(value)


def _print_element(printer: Printer, value: Attribute) -> None:
    if isinstance(value, UnitAttr):
        printer.print_string("unit")
    else:
        printer.print_attribute(value)
