"""Objects linked into this process without LLVM, whose library takes 50 MB of memory.

All sections that code needs lie in one piece of memory: code and the stubs of far functions, then
constants and the table of addresses, then variables. Each of the three is protected as it is to
be used, so no page can be both written and run. What only debuggers and unwinders need is left
out: generated functions throw nothing.

    call sinf  ->  call stub ... stub: jmp [slot] ... slot: the address of sinf

Objects in other formats than ELF for x86-64 are linked by LLVM.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from dlir.diagnostics import fail
from dlir.targets.cpu import elf
from dlir.targets.cpu.elf import BadObject, ElfObject, Section, Symbol

LEAST_ALIGNMENT = 64
"""That of sections: a cache line, so that where a loop lies does not depend on other objects."""
MOST = (1 << 31) - (1 << 20)
"""Bytes of one library; relative addresses reach as far, with some to spare."""
LIBRARIES = ("libm.so.6", "libgcc_s.so.1")
"""Where functions that LLVM calls by itself are looked for when the process has not loaded them."""
UNWINDING = (b".eh_frame", b".gcc_except_table")
SLOT, STUB = 8, 8
JUMP = b"\xff\x25"
"""`jmp [rip + ...]`"""


class Library:
    """Objects linked into this process; their code lives as long as this does."""

    def __init__(
        self,
        objects: Iterable[bytes],
        exports: Iterable[str],
        imports: Mapping[str, int] | None = None,
    ):
        images = [*objects]
        if all(map(elf.is_elf_of_x86_64, images)):
            try:
                self._code = Link(images, exports, imports or {})
            except BadObject as error:
                fail(None, f"compiled code cannot be loaded: {error}", rule="load-object")
            return
        from dlir.targets.cpu.llvmlite_binding import JitLibrary

        self._code = JitLibrary(images, exports, imports or {})

    def address(self, name: str) -> int:
        """The address of an exported symbol."""
        return self._code.address(name)


_READ, _WRITE, _RUN = 1, 2, 4
"""Protections of pages."""


class _Room:
    """Pages that are protected alike."""

    def __init__(self, protection: int):
        self.protection = protection
        self.size = 0
        self.start = 0
        """In the memory of the library."""

    def take(self, size: int, alignment: int) -> int:
        """Where as many bytes are free, from the start of the room."""
        start = _rounded(self.size, alignment)
        self.size = start + size
        return start


class Link:
    """Objects in memory that is ready to run. Raises BadObject."""

    def __init__(self, images: Sequence[bytes], exports: Iterable[str], imports: Mapping[str, int]):
        self._objects = [ElfObject(image) for image in images]
        self._imports = imports
        self._code = _Room(_READ | _RUN)
        self._constants = _Room(_READ)
        self._variables = _Room(_READ | _WRITE)
        places = [[self._place(s) for s in o.sections] for o in self._objects]
        commons = self._place_commons()
        self._reserve_slots()
        self._memory = self._allocate()
        self._start = _address_of(self._memory)
        self._bases = [
            [None if p is None else self._start + p[0].start + p[1] for p in row] for row in places
        ]
        self._copy()
        common_start = self._start + self._variables.start
        self._symbols = {name: common_start + place for name, place in commons.items()}
        self._define()
        self._slots: dict[int, int] = {}
        self._stubs: dict[int, int] = {}
        for number in range(len(self._objects)):
            self._relocate(number)
        for name in exports:
            if name.encode() not in self._symbols:
                raise BadObject(f"'{name}' is not in it")
        self._protect()

    def address(self, name: str) -> int:
        """The address of an exported symbol."""
        return self._symbols[name.encode()]

    # --- room ---------------------------------------------------------------------------------

    def _place(self, section: Section) -> tuple[_Room, int] | None:
        """The room of a section and its place there; None for what code does not need."""
        flags = section.flags
        if not flags & elf.ALLOCATED or section.type == elf.UNWIND or section.name in UNWINDING:
            return None
        if flags & elf.THREAD_LOCAL:
            raise BadObject("it has variables of threads")
        if section.alignment > mmap.PAGESIZE:
            raise BadObject(f"a section is aligned to {section.alignment}")
        if flags & elf.EXECUTABLE:
            room = self._code
        else:
            room = self._variables if flags & elf.WRITE else self._constants
        return room, room.take(section.size, max(section.alignment, LEAST_ALIGNMENT))

    def _place_commons(self) -> dict[bytes, int]:
        """Room for variables that any object may define; the largest wish counts."""
        wishes: dict[bytes, tuple[int, int]] = {}
        for object in self._objects:
            for symbol in object.symbols:
                if symbol.section == elf.COMMON:
                    size, alignment = wishes.get(object.name(symbol), (0, LEAST_ALIGNMENT))
                    wish = max(size, symbol.size), max(alignment, symbol.value)
                    wishes[object.name(symbol)] = wish
        for _, alignment in wishes.values():
            if alignment > mmap.PAGESIZE or alignment & (alignment - 1):
                raise BadObject(f"a variable is aligned to {alignment}")
        return {name: self._variables.take(*wish) for name, wish in wishes.items()}

    def _reserve_slots(self) -> None:
        """At the ends of the code and of the constants, as many as can be needed."""
        slots = stubs = 0
        for object in self._objects:
            looked_up: set[int] = set()
            called: set[int] = set()
            for _, relocations in object.relocations():
                looked_up |= {i >> 32 for _, i, _ in relocations if i & 0xFFFF_FFFF in LOOK_UPS}
                called |= {i >> 32 for _, i, _ in relocations if i & 0xFFFF_FFFF == CALL}
            slots += len(looked_up | called)
            stubs += len(called)
        self._next_slot = self._constants.take(SLOT * slots, SLOT)
        self._next_stub = self._code.take(STUB * stubs, STUB)

    def _allocate(self) -> mmap.mmap:
        total = 0
        for room in (self._code, self._constants, self._variables):
            room.start = total
            total += _rounded(room.size, mmap.PAGESIZE)
        if total > MOST:
            raise BadObject(f"it takes {total} bytes")
        try:
            return mmap.mmap(
                -1, max(total, mmap.PAGESIZE), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
            )  # private: a child of this process has variables of its own
        except OSError as error:
            raise BadObject(f"no memory: {error.strerror}") from None

    def _copy(self) -> None:
        for object, bases in zip(self._objects, self._bases, strict=True):
            for section, base in zip(object.sections, bases, strict=True):
                if base is not None and section.type != elf.NO_BITS:
                    start = base - self._start
                    self._memory[start : start + section.size] = object.content(section)

    # --- symbols ------------------------------------------------------------------------------

    def _define(self) -> None:
        """The addresses of what objects show to each other: a weak definition gives way."""
        weak: dict[bytes, int] = {}
        strong: dict[bytes, int] = {}
        for object, bases in zip(self._objects, self._bases, strict=True):
            for symbol in object.symbols:
                if symbol.binding == elf.LOCAL or symbol.section in (elf.UNDEFINED, elf.COMMON):
                    continue
                name, address = object.name(symbol), _defined(symbol, bases)
                if symbol.binding == elf.WEAK:
                    weak.setdefault(name, address)
                elif name in strong:
                    raise BadObject(f"'{_text(name)}' is defined twice")
                else:
                    strong[name] = address
        self._symbols = weak | self._symbols | strong

    def _resolve(self, object: ElfObject, bases: Sequence[int | None], number: int) -> int:
        """The address of a symbol that a relocation names."""
        if number >= len(object.symbols):
            raise BadObject("a relocation names a symbol that there is not")
        symbol = object.symbols[number]
        if symbol.binding == elf.LOCAL:
            return 0 if symbol.section == elf.UNDEFINED else _defined(symbol, bases)
        name = object.name(symbol)
        address = self._symbols.get(name)
        if address is None:
            address = self._imports.get(_text(name)) or _of_process(_text(name))
        if address is None:
            if symbol.binding == elf.WEAK:
                return 0
            raise BadObject(f"'{_text(name)}' is neither in it nor in this process")
        return address

    # --- relocations --------------------------------------------------------------------------

    def _relocate(self, number: int) -> None:
        object, bases = self._objects[number], self._bases[number]
        addresses: dict[int, int] = {}
        for section, relocations in object.relocations():
            base, size = bases[section], object.sections[section].size
            if base is None:
                continue
            for offset, info, addend in relocations:
                kind = KINDS.get(info & 0xFFFF_FFFF)
                if kind is None:
                    raise BadObject(f"it has a relocation of type {info & 0xFFFF_FFFF}")
                if offset + kind.field.size > size:
                    raise BadObject("a relocation is outside its section")
                symbol = info >> 32
                target = addresses.get(symbol)
                if target is None:
                    target = addresses[symbol] = self._resolve(object, bases, symbol)
                place = base + offset
                try:
                    value = kind.value(self, target, addend, place)
                    kind.field.pack_into(self._memory, place - self._start, value)
                except struct.error:
                    name = _text(object.name(object.symbols[symbol]))
                    raise BadObject(f"'{name}' is too far away") from None

    def slot(self, target: int) -> int:
        """The address of an entry of the table that holds this address."""
        slot = self._slots.get(target)
        if slot is None:
            start = self._constants.start + self._next_slot
            self._next_slot += SLOT
            _ADDRESS.pack_into(self._memory, start, target)
            slot = self._slots[target] = self._start + start
        return slot

    def stub(self, target: int) -> int:
        """The address of code near the other that jumps there."""
        stub = self._stubs.get(target)
        if stub is None:
            start = self._code.start + self._next_stub
            self._next_stub += STUB
            stub = self._stubs[target] = self._start + start
            self._memory[start : start + 2] = JUMP
            _SIGNED.pack_into(self._memory, start + 2, self.slot(target) - (stub + 6))
        return stub

    def _protect(self) -> None:
        for room in (self._code, self._constants):
            if room.size:
                _mprotect(self._start + room.start, room.size, room.protection)


# --- kinds of relocations -------------------------------------------------------------------------

_ADDRESS, _DISTANCE = struct.Struct("<Q"), struct.Struct("<q")
_SIGNED, _UNSIGNED = struct.Struct("<i"), struct.Struct("<I")
_MASK = (1 << 64) - 1

Value = Callable[[Link, int, int, int], int]
"""What is written at the place, by the address of a symbol, the addend and the place."""


def _absolute(link: Link, target: int, addend: int, place: int) -> int:
    return target + addend


def _wrapped(link: Link, target: int, addend: int, place: int) -> int:
    return target + addend & _MASK


def _relative(link: Link, target: int, addend: int, place: int) -> int:
    return target + addend - place


def _called(link: Link, target: int, addend: int, place: int) -> int:
    distance = target + addend - place
    return distance if abs(distance) < MOST else link.stub(target) + addend - place


def _looked_up(link: Link, target: int, addend: int, place: int) -> int:
    return link.slot(target) + addend - place


class Kind(NamedTuple):
    """A type of relocation: a field, which takes what fits it, and what is written there."""

    field: struct.Struct
    value: Value


CALL = 4
LOOK_UPS = (9, 41, 42)
KINDS = {
    1: Kind(_ADDRESS, _wrapped),  # R_X86_64_64
    2: Kind(_SIGNED, _relative),  # R_X86_64_PC32
    CALL: Kind(_SIGNED, _called),  # R_X86_64_PLT32
    9: Kind(_SIGNED, _looked_up),  # R_X86_64_GOTPCREL
    10: Kind(_UNSIGNED, _absolute),  # R_X86_64_32
    11: Kind(_SIGNED, _absolute),  # R_X86_64_32S
    24: Kind(_DISTANCE, _relative),  # R_X86_64_PC64
    41: Kind(_SIGNED, _looked_up),  # R_X86_64_GOTPCRELX
    42: Kind(_SIGNED, _looked_up),  # R_X86_64_REX_GOTPCRELX
}


# --- the process ----------------------------------------------------------------------------------


def _of_process(name: str) -> int | None:
    """The address of a function that this process or a library of the system has."""
    for library in _libraries():
        try:
            return ctypes.cast(library[name], ctypes.c_void_p).value
        except AttributeError:
            continue
    return None


def _libraries() -> Iterator[ctypes.CDLL]:
    yield _opened(None)
    for path in LIBRARIES:
        try:
            yield _opened(path)
        except OSError:
            continue


@cache
def _opened(path: str | None) -> ctypes.CDLL:
    return ctypes.CDLL(path, use_errno=True)


def _mprotect(start: int, size: int, protection: int) -> None:
    protect = _opened(None).mprotect
    if protect(ctypes.c_void_p(start), ctypes.c_size_t(size), protection) != 0:
        raise BadObject(f"its pages cannot be protected: {os.strerror(ctypes.get_errno())}")


def _address_of(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def _defined(symbol: Symbol, bases: Sequence[int | None]) -> int:
    """The address of a symbol that its object defines."""
    if symbol.type == elf.CHOSEN_AT_RUN_TIME:
        raise BadObject("it has a function that is chosen at run time")
    if symbol.section == elf.ABSOLUTE:
        return symbol.value
    base = bases[symbol.section] if symbol.section < len(bases) else None
    if base is None:
        raise BadObject("it refers to a section that is not loaded")
    return base + symbol.value


def _rounded(size: int, step: int) -> int:
    return -(-size // step) * step


def _text(name: bytes) -> str:
    return name.decode(errors="replace")
