"""The ops of the `isa` dialect.

One op per instruction is made from the table (fields.py): its properties are the fields, its text
is the assembler's, its documentation the table's. Around them stand four ops that hold what else
belongs to a program: the machine, the memory layout, the streams, and where they came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast

from xdsl.dialects.builtin import (
    BytesAttr,
    IntegerAttr,
    IntegerType,
    StringAttr,
    SymbolNameConstraint,
    UnitAttr,
    i64,
)
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    BaseAttr,
    EqAttrConstraint,
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import NoTerminator
from xdsl.utils.mlir_lexer import MLIRTokenKind

from dlir.diagnostics import require
from dlir.dialects.isa.attrs import MachineAttr
from dlir.dialects.isa.encoding import EncodingError, Field, Instruction, Kind, Value
from dlir.dialects.isa.fields import ISA, STREAMS
from dlir.dialects.isa.reference import bits_table, function_table
from dlir.dialects.isa.text import TextError, parse_operands, print_operands

Int = IntegerAttr[IntegerType]
I64 = IntegerAttr.constr(EqAttrConstraint(i64))
TEXT = BaseAttr(StringAttr) | BaseAttr(BytesAttr)
"""xDSL reads a string with letters beyond ASCII as bytes."""
SYMBOL_KINDS = ("input", "output", "weight", "temp", "packed")


def _attribute(part: Field, value: Value) -> Attribute | None:
    """A value as a property; None for what need not be written."""
    if value == part.default:
        return None
    if part.kind is Kind.FLAG:
        return UnitAttr()
    return StringAttr(value) if isinstance(value, str) else IntegerAttr(value, i64)


def _value(part: Field, attribute: Attribute | None) -> Value:
    """The value that a property, or its absence, stands for."""
    match attribute:
        case UnitAttr():
            return 1
        case StringAttr():
            return attribute.data
        case IntegerAttr():
            return cast(Int, attribute).value.data
        case _:
            assert part.default is not None, "the definition asks for this property"
            return part.default


class InstructionOp(IRDLOperation):
    """An instruction: no operands, no results; its properties are its fields."""

    INSTRUCTION: ClassVar[Instruction]

    def __init__(self, values: Mapping[str, Value]) -> None:
        fields = ISA.fields_of(self.INSTRUCTION.mnemonic)
        attributes = {name: _attribute(fields[name], value) for name, value in values.items()}
        super().__init__(properties=attributes)

    @property
    def mnemonic(self) -> str:
        return self.INSTRUCTION.mnemonic

    @property
    def values(self) -> dict[str, Value]:
        """The values of all fields."""
        fields = ISA.fields_of(self.mnemonic)
        return {name: _value(part, self.properties.get(name)) for name, part in fields.items()}

    @property
    def word(self) -> int:
        """The 128 bits. Raises EncodingError where verification would fail."""
        return ISA.encode(self.mnemonic, self.values)

    def verify_(self) -> None:
        rule = self.name.replace(".", "-")
        try:
            ISA.encode(self.mnemonic, self.values)
        except EncodingError as error:
            raise_rule(f"{rule}-c1", str(error))
        if isinstance(stream := self.parent_op(), StreamOp):
            where = ", ".join(self.INSTRUCTION.streams)
            got = stream.engine.data
            allowed = got in self.INSTRUCTION.streams
            require(allowed, f"{rule}-c2", f"belongs to stream {where}, not to {got}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        start = parser.pos
        words = _words(parser)
        try:
            values = parse_operands(ISA, cls.INSTRUCTION.mnemonic, words)
        except TextError as error:
            parser.raise_error(str(error), error.offset or start)
        op = cls(values)
        op.attributes = parser.parse_optional_attr_dict()
        return op

    def print(self, printer: Printer) -> None:
        text = print_operands(ISA, self.mnemonic, self.values)
        if text:
            printer.print_string(f" {text}")
        printer.print_op_attributes(self.attributes)


def text_of(attribute: StringAttr | BytesAttr | None) -> str:
    """The text of a string attribute, empty when it is not there."""
    if isinstance(attribute, BytesAttr):
        return attribute.data.decode(errors="replace")
    return "" if attribute is None else attribute.data


def raise_rule(rule: str, message: str) -> None:
    """The op breaks a rule."""
    require(False, rule, message)


def _words(parser: Parser) -> list[tuple[int, str]]:
    """The operands that follow, as the assembler splits them: tokens without space between.

    A word begins with a name; the next op, which begins with a name that has a dot or a string, and
    `}` end them.
    """
    words: list[tuple[int, str]] = []
    while (token := parser._current_token).kind is MLIRTokenKind.BARE_IDENT:  # pyright: ignore[reportPrivateUsage]
        if "." in token.text or token.text == "loc":
            break
        start = end = token.span.start
        while token.span.start == end and token.kind is not MLIRTokenKind.EOF:
            end = token.span.end
            parser._consume_token()  # pyright: ignore[reportPrivateUsage]
            token = parser._current_token  # pyright: ignore[reportPrivateUsage]
        words.append((start, token.span.input.content[start:end]))
    return words


def _docstring(one: Instruction) -> str:
    """Summary, formula, rules and example of an instruction."""
    parts = [one.doc, f"`{one.formula}`" if one.formula else "", bits_table(ISA, one.mnemonic)]
    parts += [function_table(part) for part in one.fields if part.name == "fn"]
    ranges = ", ".join(f"{n} {f.range}" for n, f in ISA.fields_of(one.mnemonic).items())
    if ranges:
        parts.append(f"C1: every field is in its range: {ranges}")
    if one.streams != STREAMS:
        engines = " or ".join(one.streams)
        parts.append(f"C2: inside of an `isa.stream`, the engine is {engines}")
    parts.append(f"```mlir\nisa.{one.example}\n```")
    return "\n\n".join(part for part in parts if part)


def _op_class(one: Instruction) -> type[InstructionOp]:
    """`LwOp` for `isa.lw`."""
    name = f"{one.mnemonic.capitalize()}Op"
    fields = ISA.fields_of(one.mnemonic)
    # Some fields are called like members of Operation (`k`, `op`): in Python they get a suffix.
    members: dict[str, Any] = {f"{n}_field": _property(n, part) for n, part in fields.items()}
    members |= {
        "name": f"isa.{one.mnemonic}",
        "INSTRUCTION": one,
        "__annotations__": {"INSTRUCTION": ClassVar[Instruction]},
        "__doc__": _docstring(one),
        "__module__": __name__,
        "__qualname__": name,
    }
    return irdl_op_definition(type(name, (InstructionOp,), members))


def _property(name: str, part: Field) -> Any:
    """The definition of the property that holds a field."""
    if part.kind is Kind.FLAG:
        return opt_prop_def(UnitAttr, prop_name=name)
    kind: Any = StringAttr if part.kind is Kind.CHOICE else Int
    if part.default is None:
        return prop_def(kind, prop_name=name)
    return opt_prop_def(kind, prop_name=name)


INSTRUCTION_OPS: dict[str, type[InstructionOp]] = {
    mnemonic: _op_class(one) for mnemonic, one in ISA.instructions.items()
}
"""Mnemonic -> op."""


@irdl_op_definition
class ProgramOp(IRDLOperation):
    """A program for one machine: symbols, origins, and at most one stream per engine.

    C1: no two streams are for the same engine

    ```mlir
    isa.program <"gemmini"> {
      isa.symbol "input" @x address 0 size 256
      isa.origin 7 "\\"fc1\\" of model.onnx"
      isa.stream "ld" {
        isa.mark tag=7
        isa.ld d=%0 dram=0 rows=16 len=16 stride=16 sig=s1
        isa.halt
      }
    }
    ```
    """

    name = "isa.program"
    machine = prop_def(MachineAttr)
    body = region_def("single_block")
    traits = traits_def(NoTerminator())
    assembly_format = "$machine $body attr-dict"

    def __init__(self, machine: MachineAttr, body: Region) -> None:
        super().__init__(properties={"machine": machine}, regions=[body])

    def verify_(self) -> None:
        engines = [op.engine.data for op in self.body.ops if isinstance(op, StreamOp)]
        twice = next((name for name in engines if engines.count(name) > 1), None)
        require(twice is None, "isa-program-c1", f"stream '{twice}' is there twice")


@irdl_op_definition
class StreamOp(IRDLOperation):
    """The instructions of one engine, in order.

    C1: the engine is one of ld, mx, vx, st, nt

    C2: it holds instructions only

    ```mlir
    isa.stream "mx" {
      isa.lw w=%2048 k=16 n=16 wait=s2
      isa.mm a=%12 c=0 nx=16 k=16 n=16 swap wait=s1 sig=s3
      isa.halt
    }
    ```
    """

    name = "isa.stream"
    engine = prop_def(StringAttr)
    body = region_def("single_block")
    traits = traits_def(NoTerminator())
    assembly_format = "$engine $body attr-dict"

    def __init__(self, engine: str, body: Region) -> None:
        super().__init__(properties={"engine": StringAttr(engine)}, regions=[body])

    def verify_(self) -> None:
        name = self.engine.data
        require(name in STREAMS, "isa-stream-c1", f"no engine '{name}': {', '.join(STREAMS)}")
        other = next((op for op in self.body.ops if not isinstance(op, InstructionOp)), None)
        got = "" if other is None else other.name
        require(other is None, "isa-stream-c2", f"holds instructions only, not '{got}'")


@irdl_op_definition
class SymbolOp(IRDLOperation):
    """A named piece of DRAM; `contents` of a weight are its bytes in hexadecimal.

    A weight is `packed` if its zeros are left out; addresses and the size do not change by that.

    C1: the kind is input, output, weight, temp or packed

    C2: the address is not negative, the size positive

    C3: contents are as many bytes as the size says, if not packed, and those of a weight

    ```mlir
    isa.symbol "weight" @w address 256 size 4 {contents = "00ff7f80", type = "tensor<2x2xi8>"}
    ```
    """

    name = "isa.symbol"
    kind = prop_def(StringAttr)
    sym_name = prop_def(SymbolNameConstraint())
    address = prop_def(I64)
    size = prop_def(I64)
    type = opt_prop_def(TEXT)
    contents = opt_prop_def(StringAttr)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$kind $sym_name `address` $address `size` $size attr-dict"

    def __init__(
        self,
        kind: str,
        name: str,
        address: int,
        size: int,
        type: str = "",
        contents: bytes | None = None,
    ) -> None:
        properties: dict[str, Attribute | None] = {
            "kind": StringAttr(kind),
            "sym_name": StringAttr(name),
            "address": IntegerAttr(address, i64),
            "size": IntegerAttr(size, i64),
            "type": StringAttr(type) if type else None,
            "contents": StringAttr(contents.hex()) if contents is not None else None,
        }
        super().__init__(properties=properties)

    def verify_(self) -> None:
        kind, address, size = self.kind.data, self.address.value.data, self.size.value.data
        kinds = ", ".join(SYMBOL_KINDS)
        require(kind in SYMBOL_KINDS, "isa-symbol-c1", f"'{kind}' is none of {kinds}")
        require(address >= 0 and size > 0, "isa-symbol-c2", f"{size} bytes at {address}")
        if self.contents is not None:
            held = self.contents_bytes()
            there = "no hexadecimal bytes" if held is None else f"{len(held)} bytes"
            message = f"contents of a weight of {size} bytes are {there} of kind {kind}"
            require(
                held is not None and (kind == "packed" or (kind == "weight" and len(held) == size)),
                "isa-symbol-c3",
                message,
            )

    def contents_bytes(self) -> bytes | None:
        """The contents, or None where there are none that can be read."""
        try:
            return None if self.contents is None else bytes.fromhex(self.contents.data)
        except ValueError:
            return None


@irdl_op_definition
class OriginOp(IRDLOperation):
    """Where instructions after an `isa.mark` with this tag come from.

    C1: the tag has 32 bits

    ```mlir
    isa.origin 7 "\\"fc1\\" of model.onnx"
    ```
    """

    name = "isa.origin"
    tag = prop_def(I64)
    text = prop_def(TEXT)
    assembly_format = "$tag $text attr-dict"

    def __init__(self, tag: int, text: str) -> None:
        super().__init__(properties={"tag": IntegerAttr(tag, i64), "text": StringAttr(text)})

    def verify_(self) -> None:
        tag = self.tag.value.data
        require(0 <= tag < 1 << 32, "isa-origin-c1", f"tag {tag} does not have 32 bits")
