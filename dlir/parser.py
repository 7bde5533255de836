"""Reading MLIR text: xDSL's parser, with source positions and mended dense constants.

- Every op (where its name stands) and every block argument gets a `file:line:column` location,
  unless the text gives one with `loc(...)`.
- A location may be an alias that the text defines later, and a range (`"f.py":1:2 to :9`), as MLIR
  prints them.
- Dense constants read the hexadecimal forms of MLIR: `dense<[1.0, 0x7FC00000]>`,
  `dense<0xFF800000>` and bit-packed booleans `dense<"0x05"> : tensor<3xi1>`.
- Whatever the text holds, the only exception is `CompileError`, and its diagnostics have a place.
  Nesting is limited, and so is what a splat may take of memory.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from xdsl.context import Context
from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
from xdsl.dialects.builtin import (
    UNKNOWN_LOC,
    AnyFloat,
    BytesAttr,
    ComplexType,
    DenseIntOrFPElementsAttr,
    FileLineColLoc,
    IndexType,
    IntAttr,
    IntegerType,
    LocationAttr,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import AttributeInvT, Block, BlockArgument, Operation, SSAValue, TypeAttribute
from xdsl.parser import AttrParser, UnresolvedOperand
from xdsl.parser import Parser as XdslParser
from xdsl.utils.exceptions import DiagnosticException, ParseError
from xdsl.utils.lexer import Input, Span
from xdsl.utils.mlir_lexer import MLIRTokenKind

from dlir.diagnostics import (
    CompileError,
    Diagnostic,
    Severity,
    fail,
    file_location,
    from_exception,
    remember_source,
)
from dlir.lexer import Lexer
from dlir.printer import is_boolean, unpack_bits

MAX_NESTING = 64
"""Ops inside ops; every walk, printer and pass downstream may recurse this deep."""

MAX_SPLAT_BYTES = 1 << 28
"""A splat is kept expanded, so a short text must not ask for more memory than this."""

MAX_INTEGER_WIDTH = (1 << 24) - 1
"""MLIR's own limit."""

_LOCATION_ALIAS = re.compile(r"^(#[\w.$-]+)\s*=\s*(?=loc\()", re.MULTILINE)


def parse_module(
    text: str,
    ctx: Context,
    file_name: str = "<string>",
    *,
    first_line: int = 1,
    allow_unregistered_dialect: bool = False,
    max_splat_bytes: int = MAX_SPLAT_BYTES,
) -> ModuleOp:
    """Parse a whole file; ops outside of a `builtin.module` are put into a new one.

    `first_line` is the number of the first line of `text` in the file (for the chunks of
    `--split-input-file`); a splat may take up to `max_splat_bytes`. Raises only `CompileError`.
    """
    remember_source(file_name, text, first_line)
    if allow_unregistered_dialect and not ctx.allow_unregistered:
        # A context keeps the unregistered names it met, so it must not be the caller's.
        ctx = ctx.clone()
        ctx.allow_unregistered = True
    parser = Parser(ctx, text, file_name, first_line)
    parser.max_splat_bytes = max_splat_bytes
    try:
        return parser.parse_module()
    except CompileError:
        raise
    except RecursionError:
        fail(parser.here(), "nested too deeply: brackets, types or ops inside one another")
    except ParseError as error:
        raise CompileError([parser.diagnostic(error)]) from None
    except DiagnosticException as error:
        raise CompileError(from_exception(error, parser.start_of_op())) from error
    except Exception as error:
        # xDSL's parser and the constructors of ops and attributes also raise ValueError,
        # AssertionError, NotImplementedError, ... for wrong input: all of it is the text's fault.
        message = f"cannot be read: {error or 'wrong here'} ({type(error).__name__})"
        raise CompileError([Diagnostic(Severity.ERROR, message, parser.start_of_op())]) from error


def parse_file(
    path: str | Path, ctx: Context, *, allow_unregistered_dialect: bool = False
) -> ModuleOp:
    """Parse a file of MLIR text. Raises only `CompileError`, also when the file cannot be read."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        fail(None, f"cannot read '{path}': {error.strerror or error}")
    if content.startswith(b"ML\xefR"):
        fail(
            file_location(str(path), 0, 0),
            "this is MLIR bytecode; only text can be read",
            help="write text: `mlir-opt` without --emit-bytecode; in JAX, "
            "jax.export.export(f)(...).mlir_module()",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fail(file_location(str(path), line, 0), f"not UTF-8 text at byte {error.start}")
    return parse_module(text, ctx, str(path), allow_unregistered_dialect=allow_unregistered_dialect)


class Parser(XdslParser):
    """One parse of one text. Use `parse_module` or `parse_file`, which convert the exceptions."""

    def __init__(self, ctx: Context, text: str, name: str, first_line: int = 1) -> None:
        # xDSL's own lexer must not see the text: see `dlir.lexer`.
        super().__init__(ctx, "", name)
        self._parser_state.lexer = Lexer(Input(text, name))
        self._file = StringAttr(name)
        self._first_line = first_line
        self.max_splat_bytes = MAX_SPLAT_BYTES
        self._line_starts = _line_starts(text)
        self._integers: dict[int, IntAttr] = {}
        self._starts: list[int] = []
        self._first_uses: dict[str, Span] = {}
        self._later_aliases: dict[str, int] | None = None
        self._later_locations: dict[str, LocationAttr] = {}
        self._resources: dict[tuple[str, str], str] = {}

    # Positions

    def location_at(self, position: int) -> FileLineColLoc:
        """The location of a position in the text, in O(log lines)."""
        line = bisect_right(self._line_starts, position)
        column = position - self._line_starts[line - 1] + 1
        return FileLineColLoc(
            self._file, self._integer(line + self._first_line - 1), self._integer(column)
        )

    def _integer(self, value: int) -> IntAttr:
        """A shared attribute: lines and columns repeat a lot, and making one is slow."""
        attribute = self._integers.get(value)
        if attribute is None:
            attribute = self._integers[value] = IntAttr(value)
        return attribute

    def here(self) -> FileLineColLoc:
        """The location of the next token."""
        return self.location_at(self.pos)

    def start_of_op(self) -> FileLineColLoc:
        """The location of the innermost op (or alias) whose text is being read."""
        return self.location_at(self._starts[-1] if self._starts else 0)

    def diagnostic(self, error: ParseError) -> Diagnostic:
        """A parse error of this text, with positions in the file."""
        (found,) = from_exception(error)
        spans = [error.span, *(span for span, _ in getattr(error, "refs", ()))]
        places = [self.location_at(span.start) for span in spans]
        notes = tuple(
            Diagnostic(Severity.NOTE, note.message, place)
            for note, place in zip(found.notes, places[1:], strict=True)
        )
        return Diagnostic(Severity.ERROR, found.message, places[0], notes=notes)

    # Modules, ops and values

    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """Parse the whole text."""
        self._parser_state.current_token = self.lexer.lex()
        ops: list[Operation] = []
        while self._current_token.kind != MLIRTokenKind.EOF:
            self._starts = [self.pos]
            self._parse_top_level(ops)
        if self.forward_ssa_references:
            raise CompileError(self._undefined_values())
        if len(ops) == 1 and isinstance(ops[0], ModuleOp):
            return ops[0]
        if not allow_implicit_module:
            fail(self.location_at(0), "expected one 'builtin.module'")
        module = ModuleOp(ops)
        module.location = self.location_at(0)
        return module

    def _parse_top_level(self, ops: list[Operation]) -> None:
        match self._current_token.kind:
            case MLIRTokenKind.HASH_IDENT | MLIRTokenKind.EXCLAMATION_IDENT:
                self._parse_alias_def()
            case MLIRTokenKind.FILE_METADATA_BEGIN:
                self._parse_file_metadata_dictionary()
            case _:
                op = self.parse_optional_operation()
                if op is None:
                    self.raise_error(f"expected an operation, found '{self._current_token.text}'")
                ops.append(op)

    def _undefined_values(self) -> list[Diagnostic]:
        return [
            Diagnostic(
                Severity.ERROR,
                f"use of undefined value %{name}",
                self.location_at(self._first_uses[name].start),
            )
            for name in self.forward_ssa_references
        ]

    def _parse_block(self) -> Block:
        if self._current_token.kind != MLIRTokenKind.CARET_IDENT:
            found = self._current_token.text or "the end of the file"
            self.raise_error(f"expected an operation, a block or '}}', found {found!r}")
        return super()._parse_block()

    def parse_operation(self) -> Operation:
        """Parse one op; its location is where its name stands, unless the text gives another."""
        depth = len(self._starts)
        if depth > MAX_NESTING:
            self.raise_error(f"ops are nested more than {MAX_NESTING} deep")
        op = super().parse_operation()
        if op.location is UNKNOWN_LOC:
            op.location = self.location_at(self._starts[depth])
        del self._starts[depth:]
        return op

    def _parse_op_result_list(self) -> list[tuple[Span, int]]:
        # Called once per op, first thing: afterwards the next token is the op's name.
        results = super()._parse_op_result_list()
        self._starts.append(self.pos)
        return results

    def _get_op_by_name(self, name: str) -> type[Operation]:
        stack = self._parser_state.dialect_stack
        if (op_type := self.ctx.get_optional_op(name, dialect_stack=stack)) is not None:
            return op_type
        dialect, _, _ = name.partition(".")
        names = [op.name for op in self.ctx.loaded_ops]
        close = get_close_matches(name, names, n=1)
        registered = dialect in self.ctx.registered_dialect_names
        if close:
            help = f"did you mean '{close[0]}'?"
        else:
            help = None if registered else "dlir-opt --show-dialects lists those that there are"
        fail(
            self.start_of_op(),
            f"unknown op '{name}'" if registered else f"unknown op '{name}': no such dialect",
            help=help,
        )

    def resolve_operand(
        self, operand: UnresolvedOperand, type: AttributeInvT
    ) -> SSAValue[AttributeInvT]:
        """The value an operand names; remembers where a value not yet defined is used first."""
        name = operand.operand_name
        if name not in self.ssa_values:
            self._first_uses.setdefault(name, operand.span)
        return super().resolve_operand(operand, type)

    def _register_ssa_definition(self, name: str, values: Sequence[SSAValue], span: Span) -> None:
        super()._register_ssa_definition(name, values, span)
        for value in values:
            if isinstance(value, BlockArgument) and value.location is UNKNOWN_LOC:
                value.location = self.location_at(span.start)

    # Locations

    def _parse_location(self) -> LocationAttr:
        alias = self._current_token
        if alias.kind == MLIRTokenKind.HASH_IDENT and alias.text not in self.attribute_aliases:
            self._consume_token()
            return self._location_defined_later(alias.text, alias.span)
        location = super()._parse_location()
        if isinstance(location, FileLineColLoc) and self.parse_optional_keyword("to"):
            self._parse_end_of_range()
        return location

    def _parse_end_of_range(self) -> None:
        """`:9` or `2:9`: only the start of a range is kept."""
        if self.parse_optional_punctuation(":") is None:
            self.parse_integer(False, False)
            self.parse_punctuation(":")
        self.parse_integer(False, False)

    def _location_defined_later(self, name: str, span: Span) -> LocationAttr:
        """The location that an alias at the end of the text stands for; read there once."""
        if self._later_aliases is None:
            found = _LOCATION_ALIAS.finditer(self.lexer.input.content)
            self._later_aliases = {match[1]: match.end() for match in found}
        if name not in self._later_locations:
            if name not in self._later_aliases:
                self.raise_error(f"undefined symbol alias '{name}'", span)
            self._later_locations[name] = UNKNOWN_LOC  # what it is inside of itself
            position = self.pos
            self._resume_from(self._later_aliases[name])
            location = self.parse_optional_location()
            self._later_locations[name] = location or UNKNOWN_LOC
            self._resume_from(position)
        return self._later_locations[name]

    # Types and constants

    def _parse_dialect_resource_handle(
        self, dialect_name: str, interface: OpAsmDialectInterface
    ) -> str:
        # xDSL's forgets that it gave a key of an earlier text another name.
        key = self.parse_identifier(" for resource handle")
        if (dialect_name, key) not in self._resources:
            self._resources[dialect_name, key] = interface.declare_resource(key)
        return self._resources[dialect_name, key]

    def _parse_optional_integer_or_float_type(self) -> TypeAttribute | None:
        start = self.pos
        found = super()._parse_optional_integer_or_float_type()
        if getattr(found, "bitwidth", 0) > MAX_INTEGER_WIDTH:
            self.raise_error(f"integer types have at most {MAX_INTEGER_WIDTH} bits", start)
        return found

    def parse_dense_int_or_fp_elements_attr(
        self, type: Any = None
    ) -> DenseIntOrFPElementsAttr[Any]:
        """Parse what follows `dense`: `<...>`, and `: type` when the type is not known yet."""
        start = self.pos
        self.parse_punctuation("<", " in dense attribute")
        literal: str | tuple[list[Any], list[int]] = ([], [0])
        if self._current_token.text != ">":
            hexadecimal = self.parse_optional_str_literal()
            literal = self._parse_tensor_literal() if hexadecimal is None else hexadecimal
        self.parse_punctuation(">", " in dense attribute")
        if type is None:
            self.parse_punctuation(":", " in dense attribute")
            type = self._parse_dense_literal_type()
        shape: list[int] = list(type.get_shape())
        count = math.prod(shape)
        if isinstance(literal, str):
            return DenseIntOrFPElementsAttr(
                type, BytesAttr(self._dense_bytes(literal, type.element_type, count, start))
            )
        elements, found = literal
        if found == shape or (count == 0 and not elements):
            values = [element.to_type(self, type.element_type) for element in elements]
            return DenseIntOrFPElementsAttr.from_list(type, values)
        if found:
            self.raise_error(f"the constant has shape {found}, its type {shape}", start)
        self._check_splat(type.element_type.compile_time_size, count, start)
        # Given one value, `from_list` multiplies its bytes.
        value = elements[0].to_type(self, type.element_type)
        return DenseIntOrFPElementsAttr.from_list(type, [value])

    def _check_splat(self, size: int, count: int, start: int) -> None:
        if size * count > self.max_splat_bytes:
            self.raise_error(
                f"a splat of {count} elements takes {size * count} bytes; "
                f"at most {self.max_splat_bytes} can be written as a constant",
                start,
            )

    def _dense_bytes(self, literal: str, element_type: Any, count: int, start: int) -> bytes:
        """The bytes of `dense<"0x...">`, which gives all elements, or one for all of them."""
        try:
            data = bytes.fromhex(literal.removeprefix("0x")) if literal[:2] == "0x" else None
        except ValueError:
            data = None
        if data is None:
            self.raise_error('expected hexadecimal digits after "0x', start)
        size: int = element_type.compile_time_size
        if len(data) == size * count and not (is_boolean(element_type) and count == 1):
            return data
        if is_boolean(element_type):
            if len(data) == (count + 7) // 8:
                return unpack_bits(data, count)
            if data not in (b"\x00", b"\xff"):
                data = b""
        if len(data) != size:
            self.raise_error(
                f"the constant has {len(data)} bytes, its {count} elements take {size * count}",
                start,
            )
        self._check_splat(size, count, start)
        return data * count

    def _parse_tensor_literal_element(self) -> AttrParser._TensorLiteralElement:
        element = super()._parse_tensor_literal_element()
        if "x" in element.span.text:
            return _HexElement(element.is_negative, element.value, element.span)
        return element


class _HexElement(AttrParser._TensorLiteralElement):  # pyright: ignore[reportPrivateUsage]
    """An element written in hexadecimal: an integer, or the bits of a float."""

    def to_type(
        self, parser: AttrParser, type: AnyFloat | IntegerType | IndexType | ComplexType
    ) -> Any:
        """The element as a value of `type`."""
        if isinstance(type, ComplexType):
            parser.raise_error("complex numbers are written in decimal", at_position=self.span)
        if not isinstance(type, AnyFloat) or not isinstance(self.value, int):
            return super().to_type(parser, type)
        size = type.compile_time_size
        if self.is_negative or self.value >> (8 * size):
            parser.raise_error(f"expected the {8 * size} bits of a float", at_position=self.span)
        return type.unpack(self.value.to_bytes(size, "little"), 1)[0]


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts
