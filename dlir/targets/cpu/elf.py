"""Relocatable objects in ELF for x86-64, as LLVM writes them, read with every number checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

SYMBOL_TABLE, RELOCATIONS, NO_BITS = 2, 4, 8
"""Types of sections, as far as they matter."""
REFUSED_TYPES = {9: "relocations without addends", 14: "constructors", 15: "destructors"}
REFUSED_NAMES = {b".ctors": "constructors", b".dtors": "destructors"}
UNWIND = 0x7000_0001
WRITE, ALLOCATED, EXECUTABLE, THREAD_LOCAL = 0x1, 0x2, 0x4, 0x400
"""Flags of sections."""
UNDEFINED, ABSOLUTE, COMMON, RESERVED = 0, 0xFFF1, 0xFFF2, 0xFF00
"""Numbers of sections of symbols that are in none; from `RESERVED` on there are no sections."""
LOCAL, GLOBAL, WEAK = 0, 1, 2
"""How symbols bind."""
CHOSEN_AT_RUN_TIME = 10
"""The type of a function that chooses which function a symbol is."""

_IDENT = b"\x7fELF\x02\x01\x01"
_X86_64, _RELOCATABLE = 62, 1
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")


class BadObject(ValueError):
    """An object is damaged, or has what no loader of ours knows."""


class Section(NamedTuple):
    """A part of an object."""

    name: bytes
    type: int
    flags: int
    start: int
    size: int
    link: int
    info: int
    alignment: int


class Symbol(NamedTuple):
    """What stands at `value` in a section."""

    name: int
    """Where its name stands among the names."""
    info: int
    other: int
    section: int
    value: int
    size: int

    @property
    def binding(self) -> int:
        return self.info >> 4

    @property
    def type(self) -> int:
        return self.info & 15


_Row = tuple[int, int, int, int, int, int, int, int, int, int]
Relocation = tuple[int, int, int]
"""Offset in the section, number of the symbol in the high half and type in the low one, addend."""


def is_elf_of_x86_64(image: bytes) -> bool:
    """Whether these bytes begin as such an object does."""
    if len(image) < _HEADER.size or not image.startswith(_IDENT):
        return False
    _, type, machine, *_ = _HEADER.unpack_from(image)
    return type == _RELOCATABLE and machine == _X86_64


class ElfObject:
    """The sections and symbols of one object. Raises BadObject."""

    def __init__(self, image: bytes):
        self._image = memoryview(image)
        if not is_elf_of_x86_64(image):
            raise BadObject("it is no relocatable object for x86-64")
        header: tuple[int, ...] = _HEADER.unpack_from(image)[1:]
        start, (size, count, names) = header[5], header[-3:]
        if size != _SECTION.size or start + size * count > len(image):
            raise BadObject("its table of sections is cut")
        table = self._image[start : start + size * count]
        rows: list[_Row] = [*_SECTION.iter_unpack(table)]
        strings = self._bytes(rows[names][4], rows[names][5]) if names < count else b""
        self.sections = [self._section(row, strings) for row in rows]
        self.symbols: list[Symbol] = []
        self._names = b""
        for section in self.sections:
            if section.type == SYMBOL_TABLE:
                self._read_symbols(section)

    def name(self, symbol: Symbol) -> bytes:
        """A symbol's name."""
        return _string(self._names, symbol.name)

    def content(self, section: Section) -> memoryview:
        """The bytes of a section that has some."""
        return self._image[section.start : section.start + section.size]

    def relocations(self) -> Iterator[tuple[int, list[Relocation]]]:
        """The number of each section that is to be changed, and how."""
        for section in self.sections:
            if section.type != RELOCATIONS:
                continue
            if section.info >= len(self.sections) or section.size % _RELOCATION.size:
                raise BadObject("its table of relocations is damaged")
            yield section.info, [*_RELOCATION.iter_unpack(self.content(section))]

    def _section(self, row: _Row, strings: bytes) -> Section:
        place, type, flags, _, start, size, link, info, alignment, _ = row
        name = _string(strings, place)
        refused = REFUSED_TYPES.get(type) or REFUSED_NAMES.get(name[:6])
        if refused:
            raise BadObject(f"it has {refused}")
        if type != NO_BITS:
            self._check(start, size)
        alignment = max(alignment, 1)
        if alignment & (alignment - 1):
            raise BadObject(f"a section is aligned to {alignment}")
        return Section(name, type, flags, start, size, link, info, alignment)

    def _read_symbols(self, table: Section) -> None:
        if self.symbols or table.size % _SYMBOL.size or table.link >= len(self.sections):
            raise BadObject("its table of symbols is damaged")
        self.symbols = [Symbol(*row) for row in _SYMBOL.iter_unpack(self.content(table))]
        names = self.sections[table.link]
        self._names = self._bytes(names.start, names.size)
        for symbol in self.symbols:
            self._check_symbol(symbol)

    def _check_symbol(self, symbol: Symbol) -> None:
        """That it lies in its section; the end of one counts as part of it."""
        if symbol.section < RESERVED:
            if symbol.section >= len(self.sections):
                raise BadObject("a symbol is in a section that there is not")
            if symbol.section and symbol.value > self.sections[symbol.section].size:
                raise BadObject("a symbol is outside its section")
        elif symbol.section not in (ABSOLUTE, COMMON):
            raise BadObject("a symbol is in a section of a kind that is not known")

    def _bytes(self, start: int, size: int) -> bytes:
        self._check(start, size)
        return bytes(self._image[start : start + size])

    def _check(self, start: int, size: int) -> None:
        if start + size > len(self._image):
            raise BadObject("a section is cut")


def _string(strings: bytes, start: int) -> bytes:
    end = strings.find(b"\0", start)
    if end < 0:
        raise BadObject("a name is outside its table")
    return strings[start:end]
