"""Programs of the accelerator: one stream per engine, a memory layout, and where it came from.

    builder = ProgramBuilder(load_machine("gemmini"))
    x = builder.symbol("x", 256, kind="input")
    builder.emit("ld", "ld", line=0, dram=x, rows=16, len=16, stride=16, sig=1)
    builder.emit("mx", "lw", line=64, k=16, n=16, wait=2)
    program = builder.build()
    program.streams["ld"].column("ld.rows")     # array([16, ...])

The same program is a file (container.py), a text (assembler.py) and a module of the `isa` dialect
(view.py); all three hold exactly what is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.diagnostics import fail
from dlir.dialects.isa.encoding import EncodingError, Value
from dlir.dialects.isa.fields import DRAM_BITS, HOST_BASE, ISA
from dlir.targets.accel.description import Machine
from dlir.targets.accel.expansion import Expanded, expand
from dlir.targets.accel.packing import PackedMemory, PackingError, unpack
from dlir.targets.accel.stream import Stream, Words, encode_columns, no_words, pack

__all__ = [
    "Expanded", "Program", "ProgramBuilder", "Stream", "Symbol", "SymbolKind", "expand",
]  # fmt: skip

Bytes: TypeAlias = NDArray[np.uint8]
DRAM_SIZE = 1 << DRAM_BITS


class SymbolKind(StrEnum):
    """Who writes a piece of memory."""

    INPUT = "input"
    OUTPUT = "output"
    WEIGHT = "weight"
    """Read-only, with contents from the program's file."""
    TEMP = "temp"
    """Spilled values: written by the program before it reads them."""
    PACKED = "packed"
    """A weight without its zeros (packing.py); addresses and the size are those of all of it."""


@dataclass(frozen=True)
class Symbol:
    """A piece of DRAM, or of host memory from `HOST_BASE` on, with a name.

    `type` says what it holds, as MLIR spells it (`tensor<16x64xi8>`), or nothing.
    """

    name: str
    kind: SymbolKind
    address: int
    size: int
    type: str = ""

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.address + self.size

    @property
    def in_host(self) -> bool:
        """Whether it lies in host memory."""
        return self.address >= HOST_BASE


@dataclass(frozen=True, eq=False)
class Program:
    """A program for one machine.

    `symbols` are sorted by address and do not overlap; `data` holds the contents of weights (as
    many bytes as the symbol has); `debug` maps the tags of `mark` to what the model calls the op.
    """

    machine: Machine
    streams: Mapping[str, Stream]
    symbols: Mapping[str, Symbol] = field(default_factory=dict[str, Symbol])
    data: Mapping[str, Bytes] = field(default_factory=dict[str, Bytes])
    debug: Mapping[int, str] = field(default_factory=dict[int, str])

    def __post_init__(self) -> None:
        check_symbols(self.symbols, self.data)
        ordered = sorted(self.symbols.values(), key=lambda s: s.address)
        object.__setattr__(self, "symbols", {s.name: s for s in ordered})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    @property
    def machine_hash(self) -> str:
        """The hash of the hardware file that the program was made for."""
        return self.machine.hash

    @property
    def size(self) -> int:
        """The number of instructions as they stand."""
        return sum(map(len, self.streams.values()))

    @property
    def packed(self) -> PackedMemory:
        """Where the bytes of packed weights are."""
        kept = (s for s in self.symbols.values() if s.kind is SymbolKind.PACKED)
        return PackedMemory.of((s.address, s.size, self.data[s.name]) for s in kept)

    def symbol_at(self, address: int) -> Symbol | None:
        """The symbol that holds an address."""
        return next((s for s in self.symbols.values() if s.address <= address < s.end), None)

    def to_bytes(self) -> bytes:
        """The container `DLX1`; equal programs give equal bytes."""
        from dlir.targets.accel.container import write_container

        return write_container(self)

    @staticmethod
    def from_bytes(data: bytes, machine: Machine | None = None, name: str = "<bytes>") -> Program:
        """The program of a container. Raises CompileError for everything that is none.

        When `machine` is given, a program for another one is refused.
        """
        from dlir.targets.accel.container import read_container

        return read_container(data, machine, name)


MOST_TEXT = 1 << 16
"""Bytes of a name or a type are less."""


def check_symbols(symbols: Mapping[str, Symbol], data: Mapping[str, Bytes]) -> None:
    """Symbols lie in memory, apart from each other, and data fit. Raises CompileError."""
    before: Symbol | None = None
    for one in sorted(symbols.values(), key=lambda s: s.address):
        if not 0 < _bytes_in(one.name) < MOST_TEXT or _bytes_in(one.type) >= MOST_TEXT:
            _reject(f"the name or the type of the symbol at {one.address} is empty or too long")
        if one.size < 1 or one.address < 0 or one.end > DRAM_SIZE:
            _reject(f"symbol '{one.name}': {one.size} bytes at {one.address}, of {DRAM_SIZE}")
        if one.address < HOST_BASE < one.end:
            _reject(f"symbol '{one.name}' lies across the host's memory at {HOST_BASE}")
        if before is not None and before.end > one.address:
            end, begin = before.end, one.address
            _reject(f"'{before.name}' ends at {end}, but '{one.name}' begins at {begin}")
        before = one
    _check_data(symbols, data)


def _check_data(symbols: Mapping[str, Symbol], data: Mapping[str, Bytes]) -> None:
    for name, contents in data.items():
        if name not in symbols:
            _reject(f"there are data for '{name}', which is no symbol")
        kind, size = symbols[name].kind, symbols[name].size
        if kind is SymbolKind.PACKED:
            _check_packed(name, contents, size)
        elif kind is not SymbolKind.WEIGHT or contents.size != size:
            _reject(f"{contents.size} bytes of data for the {kind} '{name}' of {size} bytes")
    for one in symbols.values():
        if one.kind is SymbolKind.PACKED and (one.name not in data or one.in_host):
            _reject(f"the packed weight '{one.name}' has no data, or lies in the host's memory")


def _bytes_in(text: str) -> int:
    """Of UTF-8, in which programs are stored; half of a surrogate pair has none."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        _reject(f"the name or the type {text!r} of a symbol is no Unicode text")


def _check_packed(name: str, contents: Bytes, size: int) -> None:
    try:
        unpack(contents, size)
    except PackingError as error:
        _reject(f"the packed weight '{name}' of {size} bytes: {error}")


def _reject(message: str) -> NoReturn:
    fail(None, message, rule="isa-symbols")


ALIGNMENT = 64
"""Symbols begin at multiples of a DMA burst."""


class ProgramBuilder:
    """Builds a program instruction by instruction, or thousands at a time."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._chunks: dict[str, list[Words]] = {name: [] for name in machine.streams}
        self._pending: dict[str, list[int]] = {name: [] for name in machine.streams}
        self._symbols: dict[str, Symbol] = {}
        self._data: dict[str, Bytes] = {}
        self._debug: dict[int, str] = {}
        self._free = {False: 0, True: HOST_BASE}

    def symbol(
        self,
        name: str,
        size: int,
        *,
        kind: str = "temp",
        type: str = "",
        contents: NDArray[Any] | None = None,
        host: bool = False,
    ) -> int:
        """Place `size` bytes in DRAM (`host`: in host memory); gives the address.

        `contents`, for weights, is an array of that many bytes of any type.
        """
        address = self._free[host]
        self._free[host] = -(-(address + size) // ALIGNMENT) * ALIGNMENT
        self._symbols[name] = Symbol(name, SymbolKind(kind), address, size, type)
        if contents is not None:
            self._data[name] = np.ascontiguousarray(contents).reshape(-1).view(np.uint8)
        return address

    def emit(self, stream: str, mnemonic: str, **values: Value) -> None:
        """Append one instruction. Raises CompileError when it cannot be encoded."""
        self._check_stream(stream, mnemonic)
        with encoding_errors(stream):
            self._pending[stream].append(ISA.encode(mnemonic, values))

    def emit_many(self, stream: str, mnemonic: str, **values: Value | NDArray[Any]) -> None:
        """Append one instruction per element of the arrays, which have one length."""
        self._check_stream(stream, mnemonic)
        self._flush(stream)
        with encoding_errors(stream):
            self._chunks[stream].append(encode_columns(mnemonic, values))

    def emit_words(self, stream: str, words: Words) -> None:
        """Append instructions that are encoded already."""
        self._flush(stream)
        self._chunks[stream].append(words)

    def origin(self, tag: int, text: str) -> None:
        """What the tag of a `mark` stands for."""
        self._debug[tag] = text

    def mark(self, stream: str, tag: int, origin: str) -> None:
        """What follows in the stream comes from `origin`, such as `"fc1" of model.onnx`."""
        self.origin(tag, origin)
        self.emit(stream, "mark", tag=tag)

    def build(self, *, halt: bool = True) -> Program:
        """The program; `halt` ends every stream that does not end itself."""
        for name in self._pending:
            self._flush(name)
        streams = {
            name: Stream(name, np.concatenate([no_words(), *chunks]))
            for name, chunks in self._chunks.items()
        }
        if halt:
            streams = {name: _halted(one) for name, one in streams.items()}
        return Program(self.machine, streams, self._symbols, self._data, self._debug)

    def _check_stream(self, stream: str, mnemonic: str) -> None:
        if mnemonic not in ISA.instructions:
            fail(None, f"there is no instruction '{mnemonic}'", rule="isa-encoding")
        if stream not in self._pending or stream not in ISA.instructions[mnemonic].streams:
            where = ", ".join(ISA.instructions[mnemonic].streams)
            fail(None, f"'{mnemonic}' belongs to {where}, not to '{stream}'", rule="isa-encoding")

    def _flush(self, stream: str) -> None:
        if self._pending[stream]:
            self._chunks[stream].append(pack(self._pending[stream]))
            self._pending[stream] = []


def _halted(stream: Stream) -> Stream:
    """The stream with a `halt` at its end."""
    halt = ISA.instructions["halt"].opcode
    if len(stream) and stream.opcode[-1] == halt:
        return stream
    return Stream(stream.name, np.concatenate([stream.words, pack([ISA.encode("halt", {})])]))


class encoding_errors:
    """Turns an EncodingError raised inside into a CompileError that names the stream."""

    def __init__(self, stream: str) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, EncodingError):
            fail(None, f"stream '{self.stream}': {error}", rule="isa-encoding")


def instructions(program: Program) -> Iterator[tuple[str, int, str, dict[str, Value]]]:
    """(stream, position, mnemonic, values) of every instruction; slow, for small programs."""
    for name, stream in program.streams.items():
        for position in range(len(stream)):
            yield (name, position, *stream.instruction(position))
