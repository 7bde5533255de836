"""xDSL's `memref` dialect and `memref.prefetch`, which it lacks."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import BoolAttr, IndexType, IntegerAttr, MemRefType, i32
from xdsl.dialects.memref import MemRef as XDSL_MEMREF
from xdsl.ir import Dialect, SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, var_operand_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from dlir.types import is_memref

__all__ = ["MemRef", "PrefetchOp"]

_WORDS = {"isWrite": ("read", "write"), "isDataCache": ("instr", "data")}


@irdl_op_definition
class PrefetchOp(IRDLOperation):
    """Asks for the cache line of an element; has no other effect, wherever the indices point.

    `locality` goes from 0 (no reuse) to 3 (stay in the first cache).

    Example: `memref.prefetch %b[%i, %j], read, locality<2>, data : memref<8x64xf32>`
    """

    name = "memref.prefetch"

    memref = operand_def(MemRefType)
    indices = var_operand_def(IndexType())
    isWrite = prop_def(BoolAttr)
    localityHint = prop_def(IntegerAttr)
    isDataCache = prop_def(BoolAttr)

    def __init__(
        self,
        ref: SSAValue,
        indices: Sequence[SSAValue],
        *,
        write: bool = False,
        locality: int = 3,
        data: bool = True,
    ):
        super().__init__(
            operands=[ref, indices],
            properties={
                "isWrite": BoolAttr.from_bool(write),
                "localityHint": IntegerAttr(locality, i32),
                "isDataCache": BoolAttr.from_bool(data),
            },
        )

    def verify_(self) -> None:
        assert is_memref(self.memref.type)
        if self.memref.type.get_num_dims() != len(self.indices):
            raise VerifyException("expected an index for each dimension")
        if not 0 <= self.localityHint.value.data <= 3:
            raise VerifyException("locality is 0, 1, 2 or 3")

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.memref)
        with printer.in_square_brackets():
            printer.print_list(self.indices, printer.print_operand)
        use = _WORDS["isWrite"][bool(self.isWrite.value.data)]
        cache = _WORDS["isDataCache"][bool(self.isDataCache.value.data)]
        printer.print_string(f", {use}, locality<{self.localityHint.value.data}>, {cache} : ")
        printer.print_attribute(self.memref.type)

    @classmethod
    def parse(cls, parser: Parser) -> PrefetchOp:
        ref = parser.parse_unresolved_operand()
        indices = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, parser.parse_unresolved_operand
        )
        write = _parse_word(parser, "isWrite")
        parser.parse_punctuation(",")
        parser.parse_keyword("locality")
        with parser.in_angle_brackets():
            locality = parser.parse_integer(allow_boolean=False)
        data = _parse_word(parser, "isDataCache")
        parser.parse_punctuation(":")
        operand = parser.resolve_operand(ref, parser.parse_type())
        places = [parser.resolve_operand(index, IndexType()) for index in indices]
        return cls(operand, places, write=write, locality=locality, data=data)


def _parse_word(parser: Parser, key: str) -> bool:
    """A comma and one of two words."""
    parser.parse_punctuation(",")
    at = parser.pos
    word = parser.parse_identifier()
    if word not in _WORDS[key]:
        parser.raise_error(f"expected {' or '.join(_WORDS[key])}", at)
    return bool(_WORDS[key].index(word))


MemRef = Dialect("memref", [*XDSL_MEMREF.operations, PrefetchOp], list(XDSL_MEMREF.attributes))
