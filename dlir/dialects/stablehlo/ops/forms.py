"""The texts that only one op has: constants, slices, products, convolutions, calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast

from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    StringAttr,
    TensorType,
    i1,
    i64,
)
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo import syntax
from dlir.dialects.stablehlo.ops.base import HloOp
from dlir.dialects.stablehlo.syntax import Properties, ints


class ConstantForm(HloOp):
    """`constant dense<...> : type`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        if parser.parse_optional_punctuation("("):
            parser.parse_punctuation(")")
            properties = parser.parse_optional_properties_dict()
            attributes = parser.parse_optional_attr_dict()
            parser.parse_punctuation(":")
            types = syntax.TYPES["functional"].parse(parser, 0)
            return cast(Self, syntax.make(cls, [], types[1], properties, attributes))
        attributes = parser.parse_optional_attr_dict()
        position = parser.pos
        value = parser.parse_attribute()
        if not isinstance(value, DenseIntOrFPElementsAttr):
            parser.raise_error("expected dense<...> : type", position)
        type = cast(Any, value).get_type()
        return cast(Self, syntax.make(cls, [], [type], {"value": value}, attributes))

    def print(self, printer: Printer) -> None:
        syntax.print_attributes(printer, self, {}, set())
        printer.print_string(" ")
        printer.print_attribute(self.properties["value"])


class SliceForm(HloOp):
    """`slice %x [start:limit:stride, ...] : types`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operand = parser.parse_unresolved_operand()

        def parse_range() -> tuple[int, int, int]:
            start = parser.parse_integer()
            parser.parse_punctuation(":")
            limit = parser.parse_integer()
            stride = parser.parse_integer() if parser.parse_optional_punctuation(":") else 1
            return start, limit, stride

        ranges = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_range)
        columns = zip(*ranges, strict=True) if ranges else ((), (), ())
        names = ("start_indices", "limit_indices", "strides")
        properties: Properties = {
            name: ints(column) for name, column in zip(names, columns, strict=True)
        }
        types = syntax.TYPES["functional"].parse
        return cast(Self, syntax.finish(cls, parser, [operand], properties, types))

    def print(self, printer: Printer) -> None:
        names = ("start_indices", "limit_indices", "strides")
        columns = [cast(DenseArrayBase[Any], self.properties[n]).get_values() for n in names]
        ranges = (
            f"{start}:{limit}" + (f":{stride}" if stride != 1 else "")
            for start, limit, stride in zip(*columns, strict=False)
        )
        printer.print_string(" ")
        printer.print_ssa_value(self.operands[0])
        printer.print_string(f" [{', '.join(ranges)}]")
        syntax.print_attributes(printer, self, {}, set())
        printer.print_string(f" : {syntax.functional_text(self)}")


DOT_KEYS = ("lhs_batching_dimensions", "rhs_batching_dimensions",
            "lhs_contracting_dimensions", "rhs_contracting_dimensions")  # fmt: skip


class DotForm(HloOp):
    """`dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1] : types`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return cast(Self, syntax.parse_op(cls, parser))

    def print(self, printer: Printer) -> None:
        syntax.print_op(printer, self)

    @classmethod
    def from_text(cls, properties: Properties) -> Properties:
        """The pairs of dimensions become one record."""
        if "dot_dimension_numbers" in properties:
            return properties
        pairs = {
            name: tuple(cast(DenseArrayBase[Any], properties[name]).get_values())
            for name in DOT_KEYS
            if name in properties
        }
        rest = {name: value for name, value in properties.items() if name not in DOT_KEYS}
        return {**rest, "dot_dimension_numbers": a.DotAttr.of(**pairs)}

    def to_text(self) -> Properties:
        dims = cast(a.DotAttr, self.properties["dot_dimension_numbers"])
        written = {name: ints(dims[name]) for name in DOT_KEYS}
        if not dims["lhs_batching_dimensions"]:
            del written["lhs_batching_dimensions"], written["rhs_batching_dimensions"]
        rest = {k: v for k, v in self.properties.items() if k != "dot_dimension_numbers"}
        return {**written, **rest}


WINDOW = {
    "stride": "window_strides",
    "pad": "padding",
    "lhs_dilate": "lhs_dilation",
    "rhs_dilate": "rhs_dilation",
    "reverse": "window_reversal",
}
"""Word in `window = {...}` -> property."""


class ConvolutionForm(HloOp):
    """`convolution(%x, %w) dim_numbers = [b, f]x[o, i]->[b, f], window = {...} : types`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, parser.parse_unresolved_operand
        )
        parser.parse_keyword("dim_numbers")
        parser.parse_punctuation("=")
        properties: Properties = {
            "dimension_numbers": a.ConvAttr(a.parse_convolution_labels(parser))
        }
        parser.parse_punctuation(",")
        parser.parse_keyword("window")
        parser.parse_punctuation("=")
        parser.parse_comma_separated_list(
            parser.Delimiter.BRACES, lambda: properties.update([_parse_window(parser)])
        )
        types = syntax.TYPES["functional"].parse
        return cast(Self, syntax.finish(cls, parser, operands, properties, types))

    def print(self, printer: Printer) -> None:
        with printer.in_parens():
            printer.print_list(self.operands, printer.print_ssa_value)
        labels = cast(a.ConvAttr, self.properties["dimension_numbers"]).data
        printer.print_string(f" dim_numbers = {a.convolution_labels_text(labels)}, window = {{")
        written = [
            f"{word} = {_window_text(self.properties[name])}"
            for word, name in WINDOW.items()
            if name in self.properties
        ]
        printer.print_string(f"{', '.join(written)}}}")
        known = {"dimension_numbers", *WINDOW.values()}
        syntax.print_attributes(printer, self, self.properties, known)
        printer.print_string(f" : {syntax.functional_text(self)}")


def _parse_window(parser: Parser) -> tuple[str, Attribute]:
    """One of the lists in `window = {...}`."""
    word = parser.expect(
        lambda: parser.parse_optional_keyword_in(WINDOW), f"expected one of {', '.join(WINDOW)}"
    )
    parser.parse_punctuation("=")
    if word == "pad":
        pairs = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: a.parse_integers(parser)
        )
        if any(len(pair) != 2 for pair in pairs):
            parser.raise_error("expected pairs of paddings")
        return WINDOW[word], padding(pairs)
    values = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)
    return WINDOW[word], DenseArrayBase.from_list(i1 if word == "reverse" else i64, values)


def padding(pairs: Sequence[Sequence[int]]) -> Attribute:
    """`dense<[[low, high], ...]>`."""
    flat = [n for pair in pairs for n in pair]
    type = cast(TensorType[Any], TensorType(i64, (len(pairs), 2)))
    return DenseIntOrFPElementsAttr.from_list(type, flat)


def _window_text(value: Attribute) -> str:
    if isinstance(value, DenseIntOrFPElementsAttr):
        flat = [*cast(Any, value).get_values()]
        return str([list(pair) for pair in zip(flat[::2], flat[1::2], strict=True)])
    array = cast(DenseArrayBase[Any], value)
    if array.elt_type == i1:
        return "[" + ", ".join("true" if item else "false" for item in array.get_values()) + "]"
    return str([*array.get_values()])


class CustomCallForm(HloOp):
    """`custom_call @target(%x, ...) {...} : types`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: Properties = {"call_target_name": parser.parse_symbol_name()}
        operands = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, parser.parse_unresolved_operand
        )
        types = syntax.TYPES["functional"].parse
        return cast(Self, syntax.finish(cls, parser, operands, properties, types))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(cast(StringAttr, self.properties["call_target_name"]).data)
        with printer.in_parens():
            printer.print_list(self.operands, printer.print_ssa_value)
        syntax.print_attributes(printer, self, self.properties, {"call_target_name"})
        printer.print_string(f" : {syntax.functional_text(self)}")


class CompositeForm(HloOp):
    """`composite "name" %x, ... {...} : types`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: Properties = {"name": StringAttr(parser.parse_str_literal())}
        operands = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        types = syntax.TYPES["functional"].parse
        return cast(Self, syntax.finish(cls, parser, operands or [], properties, types))

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {self.properties['name']} ")
        printer.print_list(self.operands, printer.print_ssa_value)
        syntax.print_attributes(printer, self, self.properties, {"name"})
        printer.print_string(f" : {syntax.functional_text(self)}")


class ElementForm(HloOp):
    """`get_tuple_element %x[0] : types`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operand = parser.parse_unresolved_operand()
        parser.parse_punctuation("[")
        index = syntax.INT.parse(parser, ("index",))
        parser.parse_punctuation("]")
        types = syntax.TYPES["functional"].parse
        return cast(Self, syntax.finish(cls, parser, [operand], index, types))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_ssa_value(self.operands[0])
        printer.print_string(f"[{syntax.INT.text([self.properties['index']])}]")
        syntax.print_attributes(printer, self, {}, set())
        printer.print_string(f" : {syntax.functional_text(self)}")


class ListForm(HloOp):
    """`return %x, ... : types`: operands and the types that they, and the results, have."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        listed = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        operands = listed or []
        if not operands and parser.parse_optional_punctuation("("):
            parser.parse_punctuation(")")
        attributes = parser.parse_optional_attr_dict()
        types: list[Attribute] = []
        position = parser.pos
        if operands:
            parser.parse_punctuation(":")
            types, _ = syntax.TYPES["pairwise"].parse(parser, len(operands))
        values = parser.resolve_operands(operands, types, position)
        results = types if cls.get_irdl_definition().results else []
        return cast(Self, syntax.make(cls, values, results, {}, attributes))

    def print(self, printer: Printer) -> None:
        if self.operands:
            printer.print_string(" ")
            printer.print_list(self.operands, printer.print_ssa_value)
        elif self.get_irdl_definition().results:
            printer.print_string("()")
        syntax.print_attributes(printer, self, {}, set())
        if self.operands:
            printer.print_string(" : ")
            printer.print_list([v.type for v in self.operands], printer.print_attribute)
