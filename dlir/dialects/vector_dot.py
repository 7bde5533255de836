"""`vector.dot`, which upstream's `vector` dialect lacks: sums of products of narrow numbers."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type, VectorType, i32
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, SpacedOpaqueSyntaxAttribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

from dlir.types import element_of


class Dot(StrEnum):
    """What a lane of 32 bits of `a` and of `b` holds."""

    U8S8 = "u8s8"
    S16S16 = "s16s16"
    BF16 = "bf16"


@dataclass(frozen=True)
class Group:
    """The numbers that share a lane: how many, and the type of the sum."""

    count: int
    sum: Attribute

    @property
    def bits(self) -> int:
        """The width of one number."""
        return 32 // self.count


GROUPS: dict[Dot, Group] = {
    Dot.U8S8: Group(4, i32),
    Dot.S16S16: Group(2, i32),
    Dot.BF16: Group(2, Float32Type()),
}


@irdl_attr_definition
class DotAttr(EnumAttribute[Dot], SpacedOpaqueSyntaxAttribute):
    """The kind of a `vector.dot`."""

    name = "vector.dot_kind"


@irdl_op_definition
class DotOp(IRDLOperation):
    """`acc + a[0] * b[0] + a[1] * b[1] + ...` for each lane, whose 32 bits hold several numbers.

    | kind | a lane of `a` | a lane of `b` | sums |
    |---|---|---|---|
    | `u8s8` | four unsigned bytes | four signed bytes | i32, wrapping |
    | `s16s16` | two signed 16-bit integers | the same | i32, wrapping |
    | `bf16` | two bf16 | the same | f32, in no stated order; subnormals may count as zero |

    The first number has the lowest bits. No sum saturates on its way.

    Example: `%r = vector.dot u8s8 %a, %b, %acc : vector<6x64xi32>`
    """

    name = "vector.dot"

    kind = prop_def(DotAttr)
    a = operand_def(VectorType)
    b = operand_def(VectorType)
    acc = operand_def(VectorType)
    result = result_def(VectorType)

    traits = traits_def(Pure())

    def __init__(self, kind: Dot, a: SSAValue, b: SSAValue, acc: SSAValue):
        super().__init__(
            operands=[a, b, acc], properties={"kind": DotAttr(kind)}, result_types=[acc.type]
        )

    def verify_(self) -> None:
        expected = GROUPS[self.kind.data].sum
        lanes = _lanes_of(self.acc.type)
        if self.result.type != self.acc.type or element_of(self.acc.type) != expected:
            raise VerifyException(f"the sums of {self.kind.data} are vectors of {expected}")
        if self.a.type != lanes or self.b.type != lanes:
            raise VerifyException(f"expected a and b of type {lanes}")

    @classmethod
    def parse(cls, parser: Parser) -> DotOp:
        at = parser.pos
        word = parser.parse_identifier(": a kind of dot product")
        if word not in list(Dot):
            parser.raise_error(f"expected one of {', '.join(Dot)}", at)
        at = parser.pos
        names = parser.parse_comma_separated_list(
            parser.Delimiter.NONE, parser.parse_unresolved_operand
        )
        if len(names) != 3:
            parser.raise_error("expected a, b and the sum", at)
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        lanes = _lanes_of(type_)
        a, b, acc = parser.resolve_operands(names, [lanes, lanes, type_], parser.pos)
        return cls(Dot(word), a, b, acc)

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {self.kind.data} ")
        printer.print_list(self.operands, printer.print_ssa_value)
        printer.print_string(" : ")
        printer.print_attribute(self.acc.type)


def _lanes_of(type_: Attribute) -> Attribute:
    """The type of `a` and `b` for sums of this type."""
    return VectorType(i32, type_.get_shape()) if isinstance(type_, VectorType) else type_
