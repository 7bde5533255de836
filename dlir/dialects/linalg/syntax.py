"""The text that `linalg` ops share: operands by role, types of results, payloads in one word."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from dlir.dialects.structured.syntax import parse_operands, print_operands
from dlir.types import element_of, is_tensor

__all__ = ["parse_operands", "print_operands"]


def parse_result_types(parser: Parser, outputs: Sequence[SSAValue]) -> list[Attribute]:
    """`-> T`, `-> (T, T)`, `-> T, T`; without an arrow the types of outputs that are tensors."""
    if parser.parse_optional_punctuation("->") is None:
        return results_for(outputs)
    several = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    if several is not None:
        return [*several]
    return [*parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)]


def print_result_types(printer: Printer, types: Sequence[Attribute]) -> None:
    if not types:
        return
    printer.print_string(" -> ")
    if len(types) == 1:
        printer.print_attribute(types[0])
        return
    with printer.in_parens():
        printer.print_list(types, printer.print_attribute)


def results_for(outputs: Sequence[SSAValue]) -> list[Attribute]:
    """One result for each output that is a tensor."""
    return [v.type for v in outputs if is_tensor(v.type)]


def parse_payload_name(parser: Parser) -> tuple[type[Operation], dict[str, Attribute]] | None:
    """`{ arith.addf }`: a body of one op, of which only the name and attributes are said."""
    if parser.parse_optional_punctuation("{") is None:
        return None
    at = parser.pos
    name = parser.parse_identifier(": the name of an operation")
    kind = parser.ctx.get_optional_op(name)
    if kind is None:
        parser.raise_error(f"unregistered operation {name}", at)
    attributes = parser.parse_optional_attr_dict()
    parser.parse_punctuation("}")
    return kind, attributes


def payload_region(
    kind: type[Operation],
    attributes: dict[str, Attribute],
    arguments: Sequence[SSAValue],
    order: Sequence[int],
    yielded: type[Operation],
) -> Region:
    """The body that a payload's name stands for: the op on the arguments in this order."""
    block = Block(arg_types=[element_of(v.type) for v in arguments])
    result = element_of(arguments[-1].type)
    op = kind.create(
        operands=[block.args[i] for i in order], result_types=[result], properties=attributes
    )
    block.add_ops([op, yielded.create(operands=op.results)])
    return Region(block)


def parse_body(parser: Parser) -> Region:
    """`(%a: f32, %b: f32) { ... }`"""
    arguments = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_argument)
    return parser.parse_region(arguments)


def print_body(printer: Printer, region: Region, arguments: Sequence[BlockArgument]) -> None:
    printer.print_string(" ")
    with printer.in_parens():
        printer.print_list(arguments, printer.print_block_argument)
    printer.print_string(" ")
    printer.print_region(region, print_entry_block_args=False)


def parse_dimensions(parser: Parser, keyword: str) -> list[int]:
    """`permutation = [1, 0]`"""
    parser.parse_keyword(keyword)
    parser.parse_punctuation("=")
    return parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)
