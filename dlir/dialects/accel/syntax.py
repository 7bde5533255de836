"""The text of `accel`: engine ops as addresses, loops, fields and tokens; programs with roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    IntegerAttr,
    StringAttr,
    i32,
    i64,
)
from xdsl.ir import Attribute, Region
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from dlir.dialects.accel.access import access_of, parse_access
from dlir.dialects.accel.attrs import TOKEN, Role, RoleAttr
from dlir.dialects.isa.attrs import MachineAttr

if TYPE_CHECKING:
    from dlir.dialects.accel.ops import EngineOp, ProgramOp

T = TypeVar("T", bound="EngineOp")


def print_engine_op(op: EngineOp, printer: Printer) -> None:
    """` fn %a[..], %b[..] to %c[..] for [..] {..} after %t : types`."""
    fields = dict(op.fields.data) if op.fields is not None else {}
    if isinstance(fn := fields.pop("fn", None), StringAttr):
        printer.print_string(f" {fn.data}")
    for position, (value, access) in enumerate(op.accesses):
        printer.print_string(_separator(op.SEPARATORS, len(op.addresses), position))
        printer.print_ssa_value(value)
        printer.print_string(f"[{access.text()}]")
    if op.trips:
        printer.print_string(f" for [{', '.join(map(str, op.trips))}]")
    if fields:
        printer.print_string(" {")
        printer.print_list(fields.items(), lambda item: _print_field(printer, *item))
        printer.print_string("}")
    if op.after:
        printer.print_string(" after ")
        printer.print_list(op.after, printer.print_ssa_value)
    printer.print_string(" : ")
    printer.print_list(op.addresses, lambda v: printer.print_attribute(v.type))


def _separator(words: tuple[str, ...], count: int, position: int) -> str:
    """What stands in front of an address; an absent second operand takes its comma with it."""
    if position == 0:
        return " "
    word = words[position - 1] if position < count - 1 else words[-1]
    return f" {word} " if word else ", "


def _print_field(printer: Printer, name: str, value: Attribute) -> None:
    printer.print_string(f"{name} = ")
    if isinstance(value, IntegerAttr):
        printer.print_string(str(value.value.data))
    else:
        printer.print_attribute(value)


def parse_engine_op(cls: type[T], parser: Parser) -> T:
    """The inverse of `print_engine_op`."""
    fields: dict[str, Attribute] = {}
    if "fn" in cls.FIELDS:
        fields["fn"] = StringAttr(parser.parse_identifier(" of a function"))
    place = parser.pos
    names, walks = _parse_addresses(cls, parser)
    nest: list[int] = []
    if parser.parse_optional_keyword("for"):
        nest = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False)
        )
    for walk in walks:
        if (most := max(walk, default=-1)) >= len(nest):
            parser.raise_error(f"expected a loop of the nest of {len(nest)}, got 'd{most}'", place)
    fields |= dict(parser.parse_optional_dictionary_attr_dict())
    tokens: list[UnresolvedOperand] = []
    if parser.parse_optional_keyword("after"):
        tokens = parser.parse_comma_separated_list(
            parser.Delimiter.NONE, parser.parse_unresolved_operand
        )
    parser.parse_punctuation(":")
    types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
    operands = parser.resolve_operands(names, types, place)
    after = parser.resolve_operands(tokens, [TOKEN] * len(tokens), place)
    accesses = (access_of(walk, len(nest)).attribute() for walk in walks)
    properties: dict[str, Attribute] = {"walks": ArrayAttr(list(accesses))}
    if nest:
        properties["nest"] = DenseArrayBase.from_list(i64, nest)
    if fields:
        properties["fields"] = DictionaryAttr(fields)
    properties["operandSegmentSizes"] = _segments(len(operands), len(after))
    return cls.create(operands=[*operands, *after], properties=properties, result_types=[TOKEN])


def _segments(addresses: int, tokens: int) -> Attribute:
    return DenseArrayBase.from_list(i32, [addresses, tokens])


def _parse_addresses(
    cls: type[EngineOp], parser: Parser
) -> tuple[list[UnresolvedOperand], list[dict[int, int]]]:
    """`%a[..], %b[..] to %c[..]`: values and walks, up to the last separator."""
    names = [parser.parse_unresolved_operand()]
    walks = [parse_access(parser)]
    for word in cls.SEPARATORS:
        found = (
            parser.parse_optional_keyword(word) if word else parser.parse_optional_punctuation(",")
        )
        if found is None:
            if word:
                parser.raise_error(f"expected '{word}'")
            continue
        names.append(parser.parse_unresolved_operand())
        walks.append(parse_access(parser))
    return names, walks


# --- programs -------------------------------------------------------------------------------------


def print_program(printer: Printer, op: ProgramOp) -> None:
    """` @name machine <..> (%x: T input "x", ...) { ... }`."""
    printer.print_string(" ")
    printer.print_symbol_name(op.sym_name.data)
    printer.print_string(" machine ")
    op.machine.print_parameters(printer)
    printer.print_string(" (")
    block = op.body.block
    rows = list(zip(block.args, op.roles.data, op.names.data, strict=True))
    printer.print_list(rows, lambda row: _print_argument(printer, *row))
    printer.print_string(") ")
    printer.print_region(op.body, print_entry_block_args=False, print_empty_block=False)


def _print_argument(printer: Printer, value: Any, role: RoleAttr, name: StringAttr) -> None:
    printer.print_ssa_value(value)
    printer.print_string(": ")
    printer.print_attribute(value.type)
    printer.print_string(f" {role.data.value} ")
    printer.print_string_literal(name.data)


def parse_program(parser: Parser) -> tuple[dict[str, Attribute], Region]:
    """The inverse of `print_program`."""
    name = parser.parse_symbol_name()
    parser.parse_keyword("machine")
    machine = MachineAttr.new(list(MachineAttr.parse_parameters(parser)))
    roles: list[RoleAttr] = []
    names: list[StringAttr] = []

    def argument() -> Parser.Argument:
        one = parser.parse_argument()
        roles.append(RoleAttr(parser.parse_str_enum(Role)))
        names.append(StringAttr(parser.parse_str_literal()))
        return one

    arguments = parser.parse_comma_separated_list(parser.Delimiter.PAREN, argument)
    body = parser.parse_region(arguments)
    return {
        "sym_name": name,
        "machine": machine,
        "roles": ArrayAttr(roles),
        "names": ArrayAttr(names),
    }, body
