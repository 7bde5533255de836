"""The texts of `chlo` that differ from those of `stablehlo`."""

from __future__ import annotations

from typing import Self, cast

from xdsl.parser import Parser
from xdsl.printer import Printer

from dlir.dialects.stablehlo import syntax
from dlir.dialects.stablehlo.ops.base import HloOp
from dlir.dialects.stablehlo.syntax import Form

ARROW = Form(types="arrow")
"""`op %x, %y : type, type -> type`."""


class TopKForm(HloOp):
    """`top_k(%x, k = 8) : type -> (type, type)`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        parser.parse_punctuation("(")
        operand = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        parser.parse_keyword("k")
        parser.parse_punctuation("=")
        properties = syntax.INT.parse(parser, ("k",))
        parser.parse_punctuation(")")
        types = syntax.TYPES["arrow"].parse
        return cast(Self, syntax.finish(cls, parser, [operand], properties, types))

    def print(self, printer: Printer) -> None:
        printer.print_string("(")
        printer.print_ssa_value(self.operands[0])
        printer.print_string(f", k = {syntax.INT.text([self.properties['k']])})")
        syntax.print_attributes(printer, self, self.properties, {"k"})
        printer.print_string(f" : {syntax.TYPES['arrow'].text(self)}")
