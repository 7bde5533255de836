"""Attributes and types of `stablehlo` and `chlo`: words, records of dimensions, bounds, tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias, cast

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ComplexType,
    IntegerType,
    Signedness,
    UnregisteredAttr,
)
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Data, ParametrizedAttribute, TypeAttribute
from xdsl.ir.core import SpacedOpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.str_enum import StrEnum

# Words


class Direction(StrEnum):
    """How `compare` compares."""

    EQ = "EQ"
    NE = "NE"
    GE = "GE"
    GT = "GT"
    LE = "LE"
    LT = "LT"


class CompareType(StrEnum):
    """What `compare` takes its operands for; `NOTYPE` means what their element type says."""

    NOTYPE = "NOTYPE"
    FLOAT = "FLOAT"
    TOTALORDER = "TOTALORDER"
    SIGNED = "SIGNED"
    UNSIGNED = "UNSIGNED"


class Precision(StrEnum):
    """How exact a product should at least be."""

    DEFAULT = "DEFAULT"
    HIGH = "HIGH"
    HIGHEST = "HIGHEST"


class FftType(StrEnum):
    """The kinds of Fourier transforms."""

    FFT = "FFT"
    IFFT = "IFFT"
    RFFT = "RFFT"
    IRFFT = "IRFFT"


class RngAlgorithm(StrEnum):
    """The generators of random bits."""

    DEFAULT = "DEFAULT"
    THREE_FRY = "THREE_FRY"
    PHILOX = "PHILOX"


class RngDistribution(StrEnum):
    """The distributions of random numbers."""

    UNIFORM = "UNIFORM"
    NORMAL = "NORMAL"


class Transpose(StrEnum):
    """What `triangular_solve` does to its matrix first."""

    NO_TRANSPOSE = "NO_TRANSPOSE"
    TRANSPOSE = "TRANSPOSE"
    ADJOINT = "ADJOINT"


class AccuracyMode(StrEnum):
    """Where the accuracy of a result comes from."""

    DEFAULT = "DEFAULT"
    HIGHEST = "HIGHEST"
    TOLERANCE = "TOLERANCE"


@irdl_attr_definition
class DirectionAttr(EnumAttribute[Direction], SpacedOpaqueSyntaxAttribute):
    """`#stablehlo<comparison_direction LT>`."""

    name = "stablehlo.comparison_direction"


@irdl_attr_definition
class CompareTypeAttr(EnumAttribute[CompareType], SpacedOpaqueSyntaxAttribute):
    """`#stablehlo<comparison_type TOTALORDER>`."""

    name = "stablehlo.comparison_type"


@irdl_attr_definition
class PrecisionAttr(EnumAttribute[Precision], SpacedOpaqueSyntaxAttribute):
    """`#stablehlo<precision HIGHEST>`."""

    name = "stablehlo.precision"


@irdl_attr_definition
class FftTypeAttr(EnumAttribute[FftType], SpacedOpaqueSyntaxAttribute):
    """`#stablehlo<fft_type RFFT>`."""

    name = "stablehlo.fft_type"


@irdl_attr_definition
class RngAlgorithmAttr(EnumAttribute[RngAlgorithm], SpacedOpaqueSyntaxAttribute):
    """`#stablehlo<rng_algorithm PHILOX>`."""

    name = "stablehlo.rng_algorithm"


@irdl_attr_definition
class RngDistributionAttr(EnumAttribute[RngDistribution], SpacedOpaqueSyntaxAttribute):
    """`#stablehlo<rng_distribution NORMAL>`."""

    name = "stablehlo.rng_distribution"


@irdl_attr_definition
class TransposeAttr(EnumAttribute[Transpose], SpacedOpaqueSyntaxAttribute):
    """`#stablehlo<transpose ADJOINT>`."""

    name = "stablehlo.transpose"


@irdl_attr_definition
class AccuracyModeAttr(EnumAttribute[AccuracyMode]):
    """`#stablehlo.result_accuracy_mode<DEFAULT>`."""

    name = "stablehlo.result_accuracy_mode"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> AccuracyMode:
        with parser.in_angle_brackets():
            return parser.parse_str_enum(AccuracyMode)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.data.value}>")


# Records

Entry: TypeAlias = Any
"""The value of a field: a number, a tuple of numbers, or an attribute."""


def parse_integers(parser: AttrParser) -> tuple[int, ...]:
    """`[0, 1]`."""
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer))


def _parse_boolean(parser: AttrParser) -> bool:
    return parser.parse_boolean()


def _parse_real(parser: AttrParser) -> float:
    return float(parser.parse_number())


FIELD_KINDS: dict[str, tuple[Callable[[AttrParser], Entry], Entry]] = {
    "ints": (parse_integers, ()),
    "int": (lambda parser: parser.parse_integer(), 0),
    "bool": (_parse_boolean, None),
    "real": (_parse_real, 0.0),
    "type": (lambda parser: parser.parse_type(), None),
    "attribute": (lambda parser: parser.parse_attribute(), None),
}
"""Kind of a field -> (how it is read, the value that is not written)."""


class Record(Data[tuple[tuple[str, Entry], ...]]):
    """`<field = value, ...>`; a field that is not written has the default of its kind."""

    FIELDS: ClassVar[Mapping[str, str]]

    def __getitem__(self, field: str) -> Entry:
        return dict(self.data).get(field, FIELD_KINDS[self.FIELDS[field]][1])

    @classmethod
    def of(cls, **fields: Entry) -> Record:
        """A record of these fields, in the order of the definition."""
        return cls(cls._in_order(fields))

    @classmethod
    def _in_order(cls, fields: Mapping[str, Entry]) -> tuple[tuple[str, Entry], ...]:
        written = {k: v for k, v in fields.items() if v != FIELD_KINDS[cls.FIELDS[k]][1]}
        return tuple((name, written[name]) for name in cls.FIELDS if name in written)

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[tuple[str, Entry], ...]:
        fields: dict[str, Entry] = {}

        def parse_field() -> None:
            position = parser.pos
            name = parser.parse_identifier()
            if name not in cls.FIELDS or name in fields:
                parser.raise_error(f"expected one of {', '.join(cls.FIELDS)}, once", position)
            parser.parse_punctuation("=")
            fields[name] = FIELD_KINDS[cls.FIELDS[name]][0](parser)

        parser.parse_comma_separated_list(parser.Delimiter.ANGLE, parse_field)
        return cls._in_order(fields)

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_list(self.data, lambda item: self._print_field(printer, *item))

    def _print_field(self, printer: Printer, name: str, value: Entry) -> None:
        printer.print_string(f"{name} = ")
        if isinstance(value, Attribute):
            printer.print_attribute(value)
        elif isinstance(value, tuple):
            printer.print_string(str([*cast(tuple[int, ...], value)]))
        else:
            printer.print_string(str(value).lower())


@irdl_attr_definition
class GatherAttr(Record):
    """The dimension numbers of `gather`."""

    name = "stablehlo.gather"
    FIELDS: ClassVar[Mapping[str, str]] = {
        "offset_dims": "ints",
        "collapsed_slice_dims": "ints",
        "operand_batching_dims": "ints",
        "start_indices_batching_dims": "ints",
        "start_index_map": "ints",
        "index_vector_dim": "int",
    }


@irdl_attr_definition
class ScatterAttr(Record):
    """The dimension numbers of `scatter`."""

    name = "stablehlo.scatter"
    FIELDS: ClassVar[Mapping[str, str]] = {
        "update_window_dims": "ints",
        "inserted_window_dims": "ints",
        "input_batching_dims": "ints",
        "scatter_indices_batching_dims": "ints",
        "scatter_dims_to_operand_dims": "ints",
        "index_vector_dim": "int",
    }


@irdl_attr_definition
class DotAttr(Record):
    """The dimension numbers of `dot_general`."""

    name = "stablehlo.dot"
    FIELDS: ClassVar[Mapping[str, str]] = {
        "lhs_batching_dimensions": "ints",
        "rhs_batching_dimensions": "ints",
        "lhs_contracting_dimensions": "ints",
        "rhs_contracting_dimensions": "ints",
    }


@irdl_attr_definition
class DotAlgorithmAttr(Record):
    """How `dot_general` is to be computed on hardware that has a choice."""

    name = "stablehlo.dot_algorithm"
    FIELDS: ClassVar[Mapping[str, str]] = {
        "lhs_precision_type": "type",
        "rhs_precision_type": "type",
        "accumulation_type": "type",
        "lhs_component_count": "int",
        "rhs_component_count": "int",
        "num_primitive_operations": "int",
        "allow_imprecise_accumulation": "bool",
    }


@irdl_attr_definition
class ChannelHandleAttr(Record):
    """The channel of a transfer."""

    name = "stablehlo.channel_handle"
    FIELDS: ClassVar[Mapping[str, str]] = {"handle": "int", "type": "int"}


@irdl_attr_definition
class OutputOperandAliasAttr(Record):
    """A result of `custom_call` that takes the place of an operand."""

    name = "stablehlo.output_operand_alias"
    FIELDS: ClassVar[Mapping[str, str]] = {
        "output_tuple_indices": "ints",
        "operand_index": "int",
        "operand_tuple_indices": "ints",
    }


@irdl_attr_definition
class ResultAccuracyAttr(Record):
    """How exact the result of a function such as `exponential` should be."""

    name = "stablehlo.result_accuracy"
    FIELDS: ClassVar[Mapping[str, str]] = {
        "atol": "real",
        "rtol": "real",
        "ulps": "int",
        "mode": "attribute",
    }


# Convolutions

Labels: TypeAlias = tuple[str, ...]


def parse_convolution_labels(parser: AttrParser) -> tuple[Labels, Labels, Labels]:
    """`[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`."""
    lhs = _parse_labels(parser)
    parser.parse_keyword("x")
    rhs = _parse_labels(parser)
    parser.parse_punctuation("->")
    return lhs, rhs, _parse_labels(parser)


def _parse_labels(parser: AttrParser) -> Labels:
    def parse_label() -> str:
        number = parser.parse_optional_integer(allow_boolean=False, allow_negative=False)
        return parser.parse_identifier() if number is None else str(number)

    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_label))


def convolution_labels_text(labels: Sequence[Labels]) -> str:
    """The inverse of `parse_convolution_labels`."""
    lhs, rhs, result = (f"[{', '.join(one)}]" for one in labels)
    return f"{lhs}x{rhs}->{result}"


@irdl_attr_definition
class ConvAttr(Data[tuple[Labels, Labels, Labels]]):
    """What the dimensions of a convolution's operands and result are: `b` batch, `f` feature, `i`
    and `o` the features of the kernel, numbers for the spatial ones."""

    name = "stablehlo.conv"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Labels, Labels, Labels]:
        with parser.in_angle_brackets():
            return parse_convolution_labels(parser)

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(convolution_labels_text(self.data))


# Types


@irdl_attr_definition
class BoundsAttr(Data[tuple[int, ...]]):
    """The largest sizes of a tensor's `?`, its encoding: `tensor<?xf32, #stablehlo.bounds<3>>`."""

    name = "stablehlo.bounds"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[int, ...]:
        def parse_bound() -> int:
            unknown = parser.parse_optional_punctuation("?") is not None
            return DYNAMIC_INDEX if unknown else parser.parse_integer()

        return tuple(parser.parse_comma_separated_list(parser.Delimiter.ANGLE, parse_bound))

    def print_parameter(self, printer: Printer) -> None:
        bounds = ("?" if n == DYNAMIC_INDEX else str(n) for n in self.data)
        printer.print_string(f"<{', '.join(bounds)}>")


@irdl_attr_definition
class TokenType(ParametrizedAttribute, TypeAttribute):
    """`!stablehlo.token`: orders effects."""

    name = "stablehlo.token"


@irdl_attr_definition(init=False)
class ShardingRuleAttr(UnregisteredAttr):
    """`#sdy.op_sharding_rule<([i, j])->([i, j]) {i=4, j=4}, custom>` of Shardy, with which JAX says
    how a custom call may be divided among devices; only its text is kept."""

    name = "sdy.op_sharding_rule"


ATTRIBUTES = (
    DirectionAttr, CompareTypeAttr, PrecisionAttr, FftTypeAttr, RngAlgorithmAttr,
    RngDistributionAttr, TransposeAttr, AccuracyModeAttr, GatherAttr, ScatterAttr, DotAttr,
    DotAlgorithmAttr, ChannelHandleAttr, OutputOperandAliasAttr, ResultAccuracyAttr, ConvAttr,
    BoundsAttr, TokenType, ShardingRuleAttr,
)  # fmt: skip


# Element types

KINDS = {
    "b": "boolean",
    "s": "integer",
    "u": "unsigned integer",
    "f": "float",
    "c": "complex",
}
"""Letters for kinds of element types: `"suf"` means integers and floats."""


def kind_of(element: Attribute) -> str:
    """The letter of an element type; anything that is no integer and not complex is a float."""
    if isinstance(element, IntegerType):
        if element.bitwidth == 1:
            return "b"
        signedness = cast(Any, element).signedness.data
        return "u" if signedness is Signedness.UNSIGNED else "s"
    return "c" if isinstance(element, ComplexType) else "f"


def kinds_text(kinds: str) -> str:
    """`"sf"` in words."""
    return " or ".join(KINDS[kind] for kind in kinds)
