"""The text of `compare`: `LT, %x, %y, FLOAT : types`."""

from __future__ import annotations

from typing import Any, Self, cast

from xdsl.parser import Parser
from xdsl.printer import Printer

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo import syntax
from dlir.dialects.stablehlo.ops.base import HloOp


class CompareForm(HloOp):
    """The words stand before and behind the operands."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: syntax.Properties = {
            "comparison_direction": a.DirectionAttr(parser.parse_str_enum(a.Direction))
        }
        parser.parse_punctuation(",")
        operands = [parser.parse_unresolved_operand()]
        parser.parse_punctuation(",")
        operands.append(parser.parse_unresolved_operand())
        if parser.parse_optional_punctuation(","):
            kind = parser.parse_str_enum(a.CompareType)
            properties["compare_type"] = a.CompareTypeAttr(kind)
        types = syntax.TYPES["functional"].parse
        return cast(Self, syntax.finish(cls, parser, operands, properties, types))

    def print(self, printer: Printer) -> None:
        words = {name: cast(Any, value).data.value for name, value in self.properties.items()}
        printer.print_string(f" {words['comparison_direction']}, ")
        printer.print_list(self.operands, printer.print_ssa_value)
        if "compare_type" in words:
            printer.print_string(f", {words['compare_type']}")
        syntax.print_attributes(printer, self, {}, set())
        printer.print_string(f" : {syntax.functional_text(self)}")
