"""`DLX1`, the file of a program: everything that running it needs, in one canonical form.

Equal programs give equal bytes, and only what this module would write is read: sections in order,
tables sorted.

Behind the head and the table of every file made of sections (sections.py) stand:

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

import struct
from collections.abc import Iterator, Mapping

import numpy as np

from dlir.dialects.isa.encoding import WORD_BYTES
from dlir.targets.accel.description import Machine, machine_from_text
from dlir.targets.accel.hardware_file import contrast
from dlir.targets.accel.packing import HEAD_BYTES, stored_size
from dlir.targets.accel.program import Bytes, Program, Symbol, SymbolKind
from dlir.targets.accel.sections import SectionFile, write_sections
from dlir.targets.accel.stream import Stream, words_of

MAGIC = b"DLX1"
_SYMBOL = struct.Struct("<BBHHQQ")
_DEBUG = struct.Struct("<II")
KINDS = tuple(SymbolKind)


def section_names(machine: Machine) -> list[str]:
    """The sections of a program for this machine, in order."""
    return [".hw", *(f".{name}" for name in machine.streams), ".data", ".sym", ".dbg"]


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
    return write_sections(MAGIC, bytes.fromhex(program.machine_hash), sections)


def _symbol_record(symbol: Symbol, data: Mapping[str, Bytes]) -> bytes:
    name, type = symbol.name.encode(), symbol.type.encode()
    kind, held = KINDS.index(symbol.kind), int(symbol.name in data)
    fixed = _SYMBOL.pack(kind, held, len(name), len(type), symbol.address, symbol.size)
    return fixed + name + type


def _debug_record(tag: int, text: str) -> bytes:
    return _DEBUG.pack(tag, len(text.encode())) + text.encode()


# --- reading --------------------------------------------------------------------------------------


def read_container(data: bytes, machine: Machine | None = None, name: str = "<bytes>") -> Program:
    """The program of a file; see `Program.from_bytes`."""
    file = SectionFile(name, data)
    machine_hash, sections = file.read(MAGIC)
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


def _read_machine(
    file: SectionFile, sections: Mapping[str, bytes], machine_hash: bytes, wanted: Machine | None
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
            f"the program is {contrast(found, wanted)}",
            help="compile it again for this machine",
        )
    return found


def _read_stream(file: SectionFile, name: str, data: bytes) -> Stream:
    if len(data) % WORD_BYTES:
        file.reject(f"section '.{name}' is {len(data)} bytes, no multiple of {WORD_BYTES}")
    stream = Stream(name, words_of(data))
    if (illegal := stream.first_illegal()) is not None:
        file.reject(f"{name}[{illegal[0]}]: {illegal[1]}")
    return stream


def _read_symbols(file: SectionFile, data: bytes) -> tuple[dict[str, Symbol], list[str]]:
    """The symbols, and the names of those that have contents."""
    symbols: dict[str, Symbol] = {}
    held: list[str] = []
    last = -1
    for numbers, (name, type) in file.records(".sym", data, _SYMBOL, slice(2, 4)):
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
    file: SectionFile, data: bytes, symbols: Mapping[str, Symbol], held: list[str]
) -> dict[str, Bytes]:
    """The contents of the symbols that have any."""
    begins = [0]
    for name in held:
        at, packed = begins[-1], symbols[name].kind is SymbolKind.PACKED
        head = data[at : at + HEAD_BYTES]
        begins.append(at + (stored_size(head) if packed else symbols[name].size))
    if begins[-1] != len(data):
        file.reject(f"the weights are {begins[-1]} bytes, but section '.data' has {len(data)}")
    whole = np.frombuffer(data, np.uint8)
    places = zip(held, begins, begins[1:], strict=False)
    return {name: whole[begin:end] for name, begin, end in places}


def _read_debug(file: SectionFile, data: bytes) -> Iterator[tuple[int, str]]:
    last = -1
    for (tag, _), (text,) in file.records(".dbg", data, _DEBUG, slice(1, 2)):
        if tag <= last:
            file.reject(f"tag {tag} of section '.dbg' is out of order")
        last = tag
        yield tag, text
