"""The texts of ops with regions that exporters print in a form: reductions and loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast

from xdsl.dialects.builtin import DenseArrayBase, TensorType
from xdsl.ir import Attribute, Block, Operation, Region
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from dlir.dialects.stablehlo import syntax
from dlir.dialects.stablehlo.attrs import parse_integers
from dlir.dialects.stablehlo.ops.base import HloOp
from dlir.dialects.stablehlo.syntax import Properties, ints


class ReduceForm(HloOp):
    """`reduce(%x init: %v), ... applies stablehlo.add across dimensions = [1] : types`, or with a
    region, `reducer(%a: type, %b: type) ... { }`, at the end."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        pairs = [_parse_pair(parser)]
        while parser.parse_optional_punctuation(","):
            pairs.append(_parse_pair(parser))
        inner = _parse_applied(parser) if parser.parse_optional_keyword("applies") else None
        for word in ("across", "dimensions"):
            parser.parse_keyword(word)
        parser.parse_punctuation("=")
        properties: Properties = {"dimensions": ints(parse_integers(parser))}
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        position = parser.pos
        inputs, results = syntax.TYPES["functional"].parse(parser, 0)
        operands = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
        values = parser.resolve_operands(operands, inputs, position)
        region = _reducer(parser) if inner is None else _applied(parser, inner, values[0].type)
        made = syntax.make(cls, values, results, properties, attributes, [region])
        return cast(Self, made)

    def print(self, printer: Printer) -> None:
        count = len(self.operands) // 2
        for index, value in enumerate(self.operands[:count]):
            printer.print_string("(" if index == 0 else ", (")
            printer.print_ssa_value(value)
            printer.print_string(" init: ")
            printer.print_ssa_value(self.operands[count + index])
            printer.print_string(")")
        inner = applied_op(self)
        printer.print_string(f" applies {inner.name}" if inner is not None else "")
        axes = cast(DenseArrayBase[Any], self.properties["dimensions"]).get_values()
        printer.print_string(f" across dimensions = {[*axes]}")
        syntax.print_attributes(printer, self, {}, set())
        printer.print_string(f" : {syntax.functional_text(self)}")
        if inner is None:
            self._print_reducer(printer, count)

    def _print_reducer(self, printer: Printer, count: int) -> None:
        arguments = self.regions[0].block.args
        printer.print_string("\n reducer")
        for index in range(count):
            printer.print_string("(")
            printer.print_block_argument(arguments[index])
            printer.print_string(", ")
            printer.print_block_argument(arguments[count + index])
            printer.print_string(") ")
        printer.print_region(self.regions[0], print_entry_block_args=False)


def _parse_pair(parser: Parser) -> tuple[UnresolvedOperand, UnresolvedOperand]:
    """`(%x init: %v)`."""
    parser.parse_punctuation("(")
    operand = parser.parse_unresolved_operand()
    parser.parse_keyword("init")
    parser.parse_punctuation(":")
    init = parser.parse_unresolved_operand()
    parser.parse_punctuation(")")
    return operand, init


def _reducer(parser: Parser) -> Region:
    """`reducer(%a: type, %c: type) (%b: type, %d: type) { ... }`; the block's arguments are first
    those of the inputs, then those of the accumulators."""
    parser.parse_keyword("reducer")
    firsts: list[Parser.Argument] = []
    seconds: list[Parser.Argument] = []
    while parser.parse_optional_punctuation("("):
        firsts.append(_parse_argument(parser))
        parser.parse_punctuation(",")
        seconds.append(_parse_argument(parser))
        parser.parse_punctuation(")")
    return parser.parse_region([*firsts, *seconds])


def _parse_argument(parser: Parser) -> Parser.Argument:
    argument = parser.parse_argument()
    argument.location = parser.parse_optional_location()
    return argument


def _parse_applied(parser: Parser) -> type[HloOp]:
    """The op that `applies` names."""
    position = parser.pos
    name = parser.parse_identifier()
    found = parser.ctx.get_optional_op(name)
    if found is None or not issubclass(found, HloOp) or not found.COMMUTATIVE:
        message = f"expected a commutative op of two operands after 'applies', got {name}"
        parser.raise_error(message, position)
    return found


def _applied(parser: Parser, inner: type[HloOp], type: Attribute) -> Region:
    """The region that consists of one op."""
    if not isinstance(type, TensorType):
        parser.raise_error(f"expected a tensor to reduce, got {type}")
    element = cast(TensorType[Attribute], type).element_type
    scalar = TensorType(element, ())
    block = Block(arg_types=[scalar, scalar])
    op = inner.create(operands=[*block.args], result_types=[scalar])
    block.add_op(op)
    returned = parser.ctx.get_optional_op("stablehlo.return")
    assert returned is not None, "the dialect is loaded"
    block.add_op(returned.create(operands=[op.results[0]]))
    return Region(block)


def applied_op(op: Operation) -> Operation | None:
    """The one commutative op that a reduction's region consists of."""
    blocks = [*op.regions[0].blocks]
    ops = [*blocks[0].ops] if len(blocks) == 1 else []
    if len(ops) != 2 or len(blocks[0].args) != 2:
        return None
    inner, last = ops
    plain = isinstance(inner, HloOp) and inner.COMMUTATIVE and not inner.attributes
    forwards = [*inner.operands] == [*blocks[0].args] and [*last.operands] == [*inner.results]
    return inner if plain and forwards and last.name == "stablehlo.return" else None


class WhileForm(HloOp):
    """`while(%i = %x, ...) : types cond { } do { }`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        names: list[Parser.UnresolvedArgument] = []

        def parse_pair() -> UnresolvedOperand:
            names.append(parser.parse_argument(expect_type=False))
            parser.parse_punctuation("=")
            return parser.parse_unresolved_operand()

        operands = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parse_pair)
        position = parser.pos
        types: Sequence[Attribute] = []
        if operands:
            parser.parse_punctuation(":")
            types, _ = syntax.TYPES["pairwise"].parse(parser, len(operands))
        if len(types) != len(operands):
            parser.raise_error(f"expected {len(operands)} types, got {len(types)}", position)
        given = parser.parse_optional_attr_dict_with_keyword()
        attributes = {} if given is None else {**given.data}
        values = parser.resolve_operands(operands, types, position)
        regions: list[Region] = []
        for word in ("cond", "do"):
            parser.parse_keyword(word)
            pairs = zip(names, types, strict=True)
            regions.append(parser.parse_region([name.resolve(type) for name, type in pairs]))
        return cast(Self, syntax.make(cls, values, types, {}, attributes, regions))

    def print(self, printer: Printer) -> None:
        blocks = [*self.regions[0].blocks, *self.regions[1].blocks]
        # Both regions name their arguments alike.
        names: list[str] = []
        printer.print_string("(")
        for index, value in enumerate(self.operands):
            printer.print_string(", " if index else "")
            names.append(printer.print_ssa_value(blocks[0].args[index]))
            printer.print_string(" = ")
            printer.print_ssa_value(value)
        printer.print_string(")")
        for argument, name in zip(blocks[1].args, names, strict=True):
            printer._ssa_values[argument] = name  # pyright: ignore[reportPrivateUsage]
        if self.operands:
            printer.print_string(" : ")
            printer.print_list(self.result_types, printer.print_attribute)
        if self.attributes:
            printer.print_op_attributes(self.attributes, print_keyword=True)
        for word, region in zip(("\ncond ", " do "), self.regions, strict=True):
            printer.print_string(word)
            printer.print_region(region, print_entry_block_args=False)
