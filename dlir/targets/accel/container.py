"""`DLX1`, the file of a program: everything that running it needs, in one canonical form.

All numbers are little-endian. Equal programs give equal bytes, and only what this module would
write is read: sections in order, padding of zeros, tables sorted.

| bytes | what |
|---|---|
| 4 | `DLX1` |
| 4 | number of sections |
| 8 | size of the file |
| 32 | SHA-256 of the hardware file's canonical text |
| 32 | SHA-256 of the whole file, these 32 bytes taken as zeros |
| 24 each | sections: name (8 bytes, zero-padded), offset, size; offsets are multiples of 16 |

| section | holds |
|---|---|
| `.hw` | the canonical hardware file |
| `.ld` `.mx` `.vx` `.st` `.nt` | instructions, 16 bytes each, one section per stream of the machine |
| `.data` | contents of the weights that have any, in order of address, without gaps |
| `.sym` | per symbol: kind (1), has contents (1), lengths of name and type (2, 2), address (8), size (8), name, type |
| `.dbg` | per tag: tag (4), length (4), text |

Reading takes memory in proportion to the file's length, whatever the numbers in it claim.
"""  # noqa: E501

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from dlir.diagnostics import fail, file_location
from dlir.dialects.isa.encoding import WORD_BYTES
from dlir.targets.accel.description import Machine, machine_from_text
from dlir.targets.accel.program import Bytes, Program, Symbol, SymbolKind
from dlir.targets.accel.stream import Stream, words_of

MAGIC = b"DLX1"
ALIGNMENT = 16
_HEAD = struct.Struct("<4sIQ32s32s")
_CHECKSUM = slice(48, 80)
_SECTION = struct.Struct("<8sQQ")
_SYMBOL = struct.Struct("<BBHHQQ")
_DEBUG = struct.Struct("<II")
KINDS = tuple(SymbolKind)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def section_names(machine: Machine) -> list[str]:
    """The sections of a program for this machine, in order."""
    return [".hw", *(f".{name}" for name in machine.streams), ".data", ".sym", ".dbg"]


def _checksum(data: bytes) -> bytes:
    digest = hashlib.sha256(data[: _CHECKSUM.start])
    digest.update(bytes(32))
    digest.update(memoryview(data)[_CHECKSUM.stop :])
    return digest.digest()


# --- writing --------------------------------------------------------------------------------------


def write_container(program: Program) -> bytes:
    """The bytes of a program."""
    sections = {
        ".hw": program.machine.text.encode(),
        **{f".{n}": program.streams[n].to_bytes() for n in program.machine.streams},
        ".data": b"".join(program.data[n].tobytes() for n in program.symbols if n in program.data),
        ".sym": b"".join(_symbol_record(s, program.data) for s in program.symbols.values()),
        ".dbg": b"".join(_debug_record(*entry) for entry in sorted(program.debug.items())),
    }
    offset = _aligned(_HEAD.size + _SECTION.size * len(sections))
    table, body = b"", b""
    for name, contents in sections.items():
        table += _SECTION.pack(name.encode(), offset, len(contents))
        padded = contents.ljust(_aligned(len(contents)), b"\0")
        body += padded
        offset += len(padded)
    machine_hash = bytes.fromhex(program.machine_hash)
    head = _HEAD.pack(MAGIC, len(sections), offset, machine_hash, bytes(32)) + table
    data = head.ljust(_aligned(len(head)), b"\0") + body
    return data[: _CHECKSUM.start] + _checksum(data) + data[_CHECKSUM.stop :]


def _symbol_record(symbol: Symbol, data: Mapping[str, Bytes]) -> bytes:
    name, type = symbol.name.encode(), symbol.type.encode()
    kind, held = KINDS.index(symbol.kind), int(symbol.name in data)
    fixed = _SYMBOL.pack(kind, held, len(name), len(type), symbol.address, symbol.size)
    return fixed + name + type


def _debug_record(tag: int, text: str) -> bytes:
    return _DEBUG.pack(tag, len(text.encode())) + text.encode()


# --- reading --------------------------------------------------------------------------------------


@dataclass
class _File:
    """A container while it is read."""

    name: str
    data: bytes

    def reject(self, message: str, help: str | None = None) -> NoReturn:
        fail(file_location(self.name, 0, 0), message, rule="dlx", help=help)

    def text(self, data: bytes, what: str) -> str:
        """UTF-8 text. Raises CompileError."""
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            self.reject(f"{what} is not UTF-8 text (at its byte {error.start})")


def read_container(data: bytes, machine: Machine | None = None, name: str = "<bytes>") -> Program:
    """The program of a file; see `Program.from_bytes`."""
    file = _File(name, data)
    machine_hash = _check_head(file)
    sections = _read_sections(file)
    found = _read_machine(file, sections, machine_hash, machine)
    if [*sections] != section_names(found):
        have, want = " ".join(sections), " ".join(section_names(found))
        file.reject(f"the sections are {have}; machine '{found.name}' has {want}")
    symbols, held = _read_symbols(file, sections[".sym"])
    return Program(
        found,
        {n: _read_stream(file, n, sections[f".{n}"]) for n in found.streams},
        symbols,
        _read_data(file, sections[".data"], symbols, held),
        dict(_read_debug(file, sections[".dbg"])),
    )


def _check_head(file: _File) -> bytes:
    """Magic, size and checksum; gives the hash of the machine."""
    data = file.data
    if data[:4] != MAGIC:
        file.reject(f"not a DLX1 file: it begins with {data[:4]!r}")
    if len(data) < _HEAD.size:
        file.reject(f"the file ends in its head: {len(data)} bytes of {_HEAD.size}")
    _, count, size, machine_hash, checksum = _HEAD.unpack_from(data)
    if size != len(data):
        what = "truncated" if size > len(data) else "followed by something else"
        file.reject(f"the file is {what}: {size} bytes expected, {len(data)} there")
    if _HEAD.size + count * _SECTION.size > size:
        file.reject(f"{count} sections do not fit into a file of {size} bytes")
    if checksum != _checksum(data):
        file.reject(
            f"the checksum is {_checksum(data).hex()[:12]}, but the file says "
            f"{checksum.hex()[:12]}: it is damaged"
        )
    return machine_hash


def _read_sections(file: _File) -> dict[str, bytes]:
    """Name -> contents. Sections follow one another, with zeros between them."""
    count, size = _HEAD.unpack_from(file.data)[1:3]
    sections: dict[str, bytes] = {}
    end = _HEAD.size + count * _SECTION.size
    for number in range(count):
        raw, offset, length = _SECTION.unpack_from(file.data, _HEAD.size + number * _SECTION.size)
        name = file.text(raw.rstrip(b"\0"), f"the name of section {number}")
        if offset > size or length > size - offset:
            file.reject(f"section '{name}' is {length} bytes at {offset}, of {size} in the file")
        if offset != _aligned(end):
            file.reject(f"section '{name}' begins at {offset}, not at {_aligned(end)}")
        if file.data[end:offset].strip(b"\0"):
            file.reject(f"the padding before section '{name}' is not zero")
        if name in sections:
            file.reject(f"section '{name}' is there twice")
        sections[name] = file.data[offset : offset + length]
        end = offset + length
    if size != _aligned(end) or file.data[end:].strip(b"\0"):
        file.reject(f"the last section ends at {end}, the file at {size}")
    return sections


def _read_machine(
    file: _File, sections: Mapping[str, bytes], machine_hash: bytes, wanted: Machine | None
) -> Machine:
    """The machine in `.hw`, whose hash is that of the head and of `wanted`."""
    if ".hw" not in sections:
        file.reject("there is no section '.hw'")
    text = file.text(sections[".hw"], "section '.hw'")
    found = machine_from_text(text, f"{file.name}(.hw)")
    if found.text != text:
        file.reject("section '.hw' is not in canonical form")
    if found.hash != machine_hash.hex():
        have, want = found.hash[:12], machine_hash.hex()[:12]
        file.reject(f"the hash of section '.hw' is {have}, but the head says {want}")
    if wanted is not None and wanted.hash != found.hash:
        file.reject(
            f"the program is for machine '{found.name}' ({found.hash[:12]}), "
            f"not for '{wanted.name}' ({wanted.hash[:12]})",
            help="compile it again for this machine",
        )
    return found


def _read_stream(file: _File, name: str, data: bytes) -> Stream:
    if len(data) % WORD_BYTES:
        file.reject(f"section '.{name}' is {len(data)} bytes, no multiple of {WORD_BYTES}")
    stream = Stream(name, words_of(data))
    if (illegal := stream.first_illegal()) is not None:
        file.reject(f"{name}[{illegal[0]}]: {illegal[1]}")
    return stream


def _records(
    file: _File, section: str, data: bytes, fixed: struct.Struct, lengths: slice
) -> Iterator[tuple[tuple[int, ...], list[str]]]:
    """Records of a fixed part and texts, whose lengths are among the fixed part's numbers."""
    at = 0
    while at < len(data):
        if len(data) - at < fixed.size:
            file.reject(f"section '{section}' ends inside of the record at {at}")
        numbers = fixed.unpack_from(data, at)
        at += fixed.size
        texts: list[str] = []
        for length in numbers[lengths]:
            if length > len(data) - at:
                file.reject(f"section '{section}': a text of {length} bytes, {len(data) - at} left")
            texts.append(file.text(data[at : at + length], f"a text of section '{section}'"))
            at += length
        yield numbers, texts


def _read_symbols(file: _File, data: bytes) -> tuple[dict[str, Symbol], list[str]]:
    """The symbols, and the names of those that have contents."""
    symbols: dict[str, Symbol] = {}
    held: list[str] = []
    last = -1
    for numbers, (name, type) in _records(file, ".sym", data, _SYMBOL, slice(2, 4)):
        kind, has_contents, _, _, address, size = numbers
        if kind >= len(KINDS) or has_contents > 1:
            file.reject(f"symbol '{name}' has kind {kind} and contents {has_contents}")
        if name in symbols or address <= last:
            file.reject(f"symbol '{name}' at {address} is out of order")
        symbols[name] = Symbol(name, KINDS[kind], address, size, type)
        held += [name] * has_contents
        last = address
    return symbols, held


def _read_data(
    file: _File, data: bytes, symbols: Mapping[str, Symbol], held: list[str]
) -> dict[str, Bytes]:
    """The contents of the symbols that have any."""
    needed = sum(symbols[name].size for name in held)
    if needed != len(data):
        file.reject(f"the weights are {needed} bytes, but section '.data' has {len(data)}")
    contents: dict[str, Bytes] = {}
    at = 0
    for name in held:
        size = symbols[name].size
        contents[name] = np.frombuffer(data, np.uint8, size, at)
        at += size
    return contents


def _read_debug(file: _File, data: bytes) -> Iterator[tuple[int, str]]:
    last = -1
    for (tag, _), (text,) in _records(file, ".dbg", data, _DEBUG, slice(1, 2)):
        if tag <= last:
            file.reject(f"tag {tag} of section '.dbg' is out of order")
        last = tag
        yield tag, text
