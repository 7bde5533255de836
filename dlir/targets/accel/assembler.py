"""Assembler text: programs as people write and read them.

    .machine gemmini spm.bytes=131072
    .symbol input @x address=0 size=256 type="tensor<16x16xi8>"
    .debug 7 "\\"fc1\\" of model.onnx"
    ld:
      loop count=4
        mark tag=7                                          ; "fc1" of model.onnx
        ld d=%0+a1 dram=@x+a2 rows=16 len=16 stride=16 sig=s1  ; "fc1" of model.onnx
        aadd ar=a1 imm=16
      endl
      halt
    .data @w 000102...

A program has one canonical text, which `disassemble` writes: so `assemble(disassemble(p))` is p,
and `disassemble(assemble(t))` is t in canonical form. Comments begin with `;`; the canonical ones
repeat what `.debug` says about the last `mark`. A machine that no preset explains is written out,
line by line, after `.hw`. The text of single instructions is described in dialects/isa/text.py;
a mnemonic may be shortened (`relu d=...` for `vs relu d=...`, see `ISA.aliases`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from dlir.diagnostics import fail, file_location, remember_source
from dlir.dialects.isa.encoding import EncodingError, Value
from dlir.dialects.isa.fields import ISA
from dlir.dialects.isa.text import (
    SYMBOL,
    TextError,
    offset_of,
    parse_operands,
    print_instruction,
    symbol_name,
    symbol_text,
)
from dlir.registry import did_you_mean
from dlir.targets.accel.description import (
    Machine,
    load_machine,
    machine_from_text,
    preset_names,
)
from dlir.targets.accel.hardware_file import differences
from dlir.targets.accel.program import Bytes, Program, Symbol, SymbolKind
from dlir.targets.accel.stream import Stream, no_words, pack

DATA_PER_LINE = 32
"""Bytes of contents in one `.data` line."""
_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|[^\s";])++')
_SPACE = re.compile(r"\s*+(?:;.*)?")


# --- disassembler ---------------------------------------------------------------------------------


def disassemble(program: Program) -> str:
    """The canonical text of a program."""
    return "\n".join(_lines(program)) + "\n"


def _lines(program: Program) -> Iterator[str]:
    yield from machine_lines(program.machine)
    for symbol in program.symbols.values():
        type = f" type={_quoted(symbol.type)}" if symbol.type else ""
        place = f"address={symbol.address} size={symbol.size}{type}"
        yield f".symbol {symbol.kind} {symbol_text(symbol.name)} {place}"
    for tag, origin in sorted(program.debug.items()):
        yield f".debug {tag} {_quoted(origin)}"
    book = AddressBook(program)
    for name in program.machine.streams:
        yield f"{name}:"
        yield from _stream_lines(program.streams[name], program, book)
    for name in program.symbols:
        contents = program.data[name].tobytes() if name in program.data else b""
        for at in range(0, len(contents), DATA_PER_LINE):
            yield f".data {symbol_text(name)} {contents[at : at + DATA_PER_LINE].hex()}"


def machine_lines(machine: Machine) -> list[str]:
    """`.machine` with the keys that differ from a preset, or the whole hardware file."""
    if machine.name in preset_names():
        changed = differences(load_machine(machine.name), machine)
        words = [f"{key}={value.replace(' ', '')}" for key, value in (changed or {}).items()]
        if changed is not None and all(_WORD.fullmatch(word) for word in words):
            return [" ".join([".machine", machine.name, *words])]
    return [f".hw {line}".rstrip() for line in machine.text.splitlines()]


def _quoted(text: str) -> str:
    """A JSON string on one line."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(f"\\u{ord(c):04x}" if c in _LINE_ENDS else c for c in escaped)


_LINE_ENDS = "\x7f\x85\u2028\u2029"
"""What `str.splitlines` takes for the end of a line, although JSON does not escape it."""


class AddressBook:
    """Finds the symbol of an address fast."""

    def __init__(self, program: Program) -> None:
        self._symbols = list(program.symbols.values())
        self._starts = np.array([s.address for s in self._symbols], np.int64)

    def find(self, address: int) -> Symbol | None:
        """The symbol that holds an address."""
        position = int(np.searchsorted(self._starts, address, "right")) - 1
        if position < 0 or address >= self._symbols[position].end:
            return None
        return self._symbols[position]

    def describe(self, address: int) -> str | None:
        """`@symbol` or `@symbol+offset`."""
        if (symbol := self.find(address)) is None:
            return None
        offset = address - symbol.address
        return symbol_text(symbol.name) + (f"+{offset}" if offset else "")


def _stream_lines(stream: Stream, program: Program, book: AddressBook) -> Iterator[str]:
    """The instructions of a stream; equal words are decoded once."""
    texts: dict[tuple[int, int], str] = {}
    depth, origin = 0, ""
    for low, high in stream.words.tolist():
        text = texts.get((low, high))
        if text is None:
            mnemonic, values = stream.isa.decode(low | high << 64)
            text = print_instruction(stream.isa, mnemonic, values, book.describe)
            texts[low, high] = text
        depth -= text == "endl" and depth > 0
        if text.startswith("mark "):
            tag = int(text.removeprefix("mark tag="))
            origin = _comment(program.debug.get(tag, ""))
        indent = "  " * (depth + 1)
        yield f"{indent}{text}" + (origin if text not in _SILENT else "")
        depth += text.startswith("loop ")


_SILENT = ("endl", "halt")


def _comment(origin: str) -> str:
    """The comment that says where an instruction comes from."""
    return "  ; " + " ".join(origin.split()) if origin.strip() else ""


# --- assembler ------------------------------------------------------------------------------------


def assemble(text: str, machine: Machine | None = None, name: str = "<asm>") -> Program:
    """The program of a text. Raises CompileError with line, column, and what was expected.

    `machine` is for texts that do not name theirs; one that names another is refused.
    """
    remember_source(name, text)
    reader = _Reader(name, machine)
    for number, line in enumerate(text.split("\n"), start=1):
        reader.read(number, line.removesuffix("\r"))
    return reader.finish()


def _spellings(stream: str) -> Iterator[str]:
    """The words that may begin an instruction of a stream."""
    words = {name: name for name in ISA.instructions} | dict(ISA.aliases)
    for word, text in words.items():
        if stream in ISA.instructions[text.split()[0]].streams:
            yield word


@dataclass
class _Reader:
    """A text while it is read, line by line."""

    name: str
    given: Machine | None
    machine: Machine | None = None
    hardware: list[str] = field(default_factory=list[str])
    symbols: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    data: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    debug: dict[int, str] = field(default_factory=dict[int, str])
    streams: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    current: str | None = None
    line: int = 0
    known: dict[tuple[str | None, str], int] = field(
        default_factory=dict[tuple[str | None, str], int]
    )
    """(stream, line) -> the instruction, for lines that were assembled before."""

    def reject(self, message: str, offset: int = 0, help: str | None = None) -> NoReturn:
        place = file_location(self.name, self.line, offset + 1)
        fail(place, message, rule="isa-text", help=help)

    def read(self, number: int, line: str) -> None:
        """One line: a directive, the beginning of a stream, or an instruction."""
        self.line = number
        if line.lstrip().startswith(".hw"):
            self.hardware.append(line.lstrip()[4:])
            return
        if (word := self.known.get((self.current, line))) is not None:
            self._append(word)
        elif words := self._words(line):
            self._read_words(line, words)

    def _read_words(self, line: str, words: list[tuple[int, str]]) -> None:
        offset, first = words[0]
        if first.startswith("."):
            self._directive(words)
        elif len(words) == 1 and first.endswith(":"):
            self._begin_stream(first[:-1], offset)
        elif self.current is None:
            self.reject("an instruction before any stream", offset, "begin with 'ld:'")
        else:
            word = self.known[self.current, line] = self._encode(self.current, words)
            self._append(word)

    def _append(self, word: int) -> None:
        assert self.current is not None, "instructions are encoded inside of a stream only"
        self.streams[self.current].append(word)

    def _words(self, line: str) -> list[tuple[int, str]]:
        """The words of a line with their offsets, without its comment."""
        words: list[tuple[int, str]] = []
        at = 0
        while True:
            space = _SPACE.match(line, at)
            at = space.end() if space else at
            if at == len(line):
                return words
            if (word := _WORD.match(line, at)) is None:
                self.reject("a quotation mark has no partner", at)
            words.append((at, word[0]))
            at = word.end()

    # Directives

    def _directive(self, words: list[tuple[int, str]]) -> None:
        known = {
            ".machine": self._machine, ".symbol": self._symbol,
            ".debug": self._debug, ".data": self._data,
        }  # fmt: skip
        offset, first = words[0]
        if first not in known:
            self.reject(
                f"unknown directive '{first}'{did_you_mean(first, [*known, '.hw'])}", offset
            )
        known[first](words)

    def _machine(self, words: list[tuple[int, str]]) -> None:
        if self.machine is not None or self.hardware or len(words) < 2:
            self.reject("write '.machine NAME key=value ...' once", words[0][0])
        overrides: dict[str, str] = {}
        for offset, word in words[2:]:
            key, equals, value = word.partition("=")
            if not equals:
                self.reject(f"'{word}' is no key=value", offset)
            overrides[key] = value
        if words[1][1] not in preset_names():
            hint = did_you_mean(words[1][1], preset_names())
            self.reject(f"no preset '{words[1][1]}'{hint}", words[1][0], "write others as .hw")
        self.machine = load_machine(words[1][1], overrides)

    def _symbol(self, words: list[tuple[int, str]]) -> None:
        """`.symbol kind @name address=N size=N [type="..."]`"""
        if len(words) not in (5, 6):
            self.reject("write '.symbol kind @name address=N size=N type=\"...\"'", words[0][0])
        (at, kind), name = words[1], self._symbol_name(words[2])
        kinds = [str(k) for k in SymbolKind]
        if kind not in kinds:
            hint = did_you_mean(kind, kinds)
            self.reject(f"'{kind}' is no kind of symbol{hint}", at, f"kinds: {', '.join(kinds)}")
        if name in self.symbols:
            self.reject(f"symbol '{name}' is defined twice", words[2][0])
        address, size = self._named(words[3], "address"), self._named(words[4], "size")
        type = self._string(words[5][0] + 5, self._value(words[5], "type")) if words[5:] else ""
        self.symbols[name] = Symbol(name, SymbolKind(kind), address, size, type)

    def _debug(self, words: list[tuple[int, str]]) -> None:
        """`.debug tag "text"`"""
        if len(words) != 3:
            self.reject("write '.debug TAG \"where it comes from\"'", words[0][0])
        tag = self._number(words[1][0], words[1][1])
        if tag in self.debug or tag >= 1 << 32:
            self.reject(f"tag {tag} is defined twice or exceeds 32 bits", words[1][0])
        self.debug[tag] = self._string(*words[2])

    def _data(self, words: list[tuple[int, str]]) -> None:
        """`.data @name hexadecimal`; several lines follow one another."""
        if len(words) != 3:
            self.reject("write '.data @name 00010203...'", words[0][0])
        name = self._symbol_name(words[1])
        if name not in self.symbols:
            hint = did_you_mean(name, self.symbols)
            self.reject(f"unknown symbol '{name}'{hint}", words[1][0])
        try:
            self.data.setdefault(name, bytearray()).extend(bytes.fromhex(words[2][1]))
        except ValueError:
            self.reject("data are pairs of hexadecimal digits", words[2][0])

    def _symbol_name(self, word: tuple[int, str]) -> str:
        if not re.fullmatch(SYMBOL, word[1], re.ASCII):
            self.reject(f"'{word[1]}' is no @name", word[0])
        try:
            return symbol_name(word[1])
        except TextError as error:
            self.reject(str(error), word[0])

    def _value(self, word: tuple[int, str], name: str) -> str:
        key, _, value = word[1].partition("=")
        if key != name:
            self.reject(f"expected {name}=..., got '{word[1]}'", word[0])
        return value

    def _named(self, word: tuple[int, str], name: str) -> int:
        return self._number(word[0] + len(name) + 1, self._value(word, name))

    def _number(self, offset: int, text: str) -> int:
        if not re.fullmatch(r"0x[0-9A-Fa-f]{1,16}|[0-9]{1,20}", text):
            self.reject(f"expected a number, got '{text}'", offset)
        return int(text, 0)

    def _string(self, offset: int, text: str) -> str:
        try:
            value = json.loads(text, strict=False)
            value.encode()
        except (ValueError, AttributeError):
            self.reject(f"expected a text in quotes, got {text}", offset)
        return value

    # Instructions

    def _begin_stream(self, name: str, offset: int) -> None:
        if name not in ISA.streams:
            hint = did_you_mean(name, ISA.streams)
            self.reject(f"no stream '{name}'{hint}", offset, f"streams: {', '.join(ISA.streams)}")
        self.streams.setdefault(name, [])
        self.current = name

    def _encode(self, stream: str, words: list[tuple[int, str]]) -> int:
        offset, first = words[0]
        if (alias := ISA.aliases.get(first)) is not None:
            words = [(offset, word) for word in alias.split()] + words[1:]
        mnemonic = words[0][1]
        one = ISA.instructions.get(mnemonic)
        if one is None:
            hint = did_you_mean(mnemonic, _spellings(stream))
            self.reject(f"there is no instruction '{mnemonic}'{hint}", offset)
        if stream not in one.streams:
            where = ", ".join(one.streams)
            self.reject(f"'{mnemonic}' belongs to stream {where}, not to {stream}", offset)
        try:
            values: dict[str, Value] = parse_operands(ISA, mnemonic, words[1:], self._resolve)
            return ISA.encode(mnemonic, values)
        except TextError as error:
            self.reject(str(error), error.offset or offset)
        except EncodingError as error:
            at = offset_of(ISA, mnemonic, words[1:], error.field or "")
            self.reject(str(error), offset if at is None else at)

    def _resolve(self, name: str) -> int | None:
        symbol = self.symbols.get(name)
        return None if symbol is None else symbol.address

    # The end

    def finish(self) -> Program:
        """The program. Raises CompileError."""
        machine = self._find_machine()
        self.line = 0
        for name in self.streams:
            if name not in machine.streams:
                self.reject(f"machine '{machine.name}' has no stream '{name}'")
        streams = {
            name: Stream(name, np.concatenate([no_words(), pack(self.streams.get(name, []))]))
            for name in machine.streams
        }
        data: dict[str, Bytes] = {n: np.frombuffer(b, np.uint8) for n, b in self.data.items()}
        return Program(machine, streams, self.symbols, data, self.debug)

    def _find_machine(self) -> Machine:
        found = self.machine
        if self.hardware:
            found = machine_from_text("\n".join(self.hardware) + "\n", f"{self.name}(.hw)")
        if found is None and self.given is None:
            self.line = 0
            self.reject("the text names no machine", help="begin with '.machine NAME'")
        if found is not None and self.given is not None and found.hash != self.given.hash:
            self.line = 0
            self.reject(
                f"the program is for machine '{found.name}' ({found.hash[:12]}), "
                f"not for '{self.given.name}' ({self.given.hash[:12]})"
            )
        machine = found or self.given
        assert machine is not None
        return machine
