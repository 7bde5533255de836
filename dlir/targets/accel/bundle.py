"""`DLXB`, the file of a compiled model: the host's function, its constants, and the programs.

Equal models give equal bytes, and only what this module would write is read. Behind the head and
the table of every file made of sections (sections.py) stand:

| section | holds |
|---|---|
| `.host` | MLIR text: the function, and a declaration of every program (an `accel.program` without ops) |
| `.par` | per constant of the host: length of the name (4), rank (2), length of the type (2), size (8), name, type, shape (8 each), contents |
| `.p0` `.p1` ... | the programs, each a `DLX1` file, in the order of their declarations |
"""  # noqa: E501

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

import numpy as np
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
    i8,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region
from xdsl.parser import Parser
from xdsl.utils.exceptions import DiagnosticException, ParseError

from dlir.diagnostics import fail
from dlir.dialects.accel.attrs import Role, RoleAttr
from dlir.dialects.accel.ops import LaunchOp, ProgramOp
from dlir.numpy_types import Array, dtype_named, find_dtype, type_name
from dlir.params import check_params
from dlir.parser import parse_module
from dlir.printer import print_module
from dlir.registry import Registry, default_registry
from dlir.signature import entry_function
from dlir.targets.accel import container
from dlir.targets.accel.description import Machine
from dlir.targets.accel.host import MAX_WRITTEN
from dlir.targets.accel.program import Program, Symbol, SymbolKind
from dlir.targets.accel.sections import SectionFile, write_sections
from dlir.targets.accel.view import machine_attribute
from dlir.types import is_tensor, shape_of
from dlir.verifier import verify

MAGIC = b"DLXB"
_CONSTANT = struct.Struct("<IHHQ")
ROLES = {
    SymbolKind.INPUT: Role.INPUT,
    SymbolKind.WEIGHT: Role.WEIGHT,
    SymbolKind.OUTPUT: Role.OUTPUT,
}
EXCHANGED = (SymbolKind.INPUT, SymbolKind.OUTPUT)
"""What passes between the host and a program."""


@dataclass
class Bundle:
    """A compiled model."""

    host: ModuleOp
    programs: dict[str, Program]
    constants: dict[str, Array] = field(default_factory=dict[str, Array])

    @property
    def entry(self) -> FuncOp:
        """The host's function."""
        return entry_function(self.host)

    @property
    def machine(self) -> Machine | None:
        """The machine of all programs; None when there is no program."""
        return next((p.machine for p in self.programs.values()), None)

    def arguments(self, program: str) -> dict[SymbolKind, list[str]]:
        """Inputs and outputs of a program, in the order in which a launch has them."""
        (declared,) = (
            op for op in self.host.ops if isinstance(op, ProgramOp) and op.sym_name.data == program
        )
        pairs = list(zip(declared.names.data, declared.roles.data, strict=True))
        return {
            kind: [name.data for name, role in pairs if role.data is ROLES[kind]]
            for kind in EXCHANGED
        }

    def to_bytes(self) -> bytes:
        """The file; `read_bundle` is the inverse."""
        programs = enumerate(self.programs.values())
        machine = self.machine
        sections = {
            ".host": host_text(self.host).encode(),
            ".par": b"".join(_constant_record(*one) for one in sorted(self.constants.items())),
            **{f".p{number}": program.to_bytes() for number, program in programs},
        }
        return write_sections(
            MAGIC, bytes.fromhex(machine.hash) if machine else bytes(32), sections
        )


def host_text(module: ModuleOp) -> str:
    """The canonical text of the host's module."""
    return f"{print_module(module, print_debuginfo=False)}\n"


def _constant_record(name: str, array: Array) -> bytes:
    raw, type = name.encode(), type_name(array[()] if not array.shape else array).rpartition("x")[2]
    fixed = _CONSTANT.pack(len(raw), array.ndim, len(type), array.nbytes)
    shape = struct.pack(f"<{array.ndim}Q", *array.shape)
    return fixed + raw + type.encode() + shape + np.ascontiguousarray(array).tobytes()


# --- reading --------------------------------------------------------------------------------------


def read_file(
    data: bytes,
    machine: Machine | None = None,
    name: str = "<bytes>",
    registry: Registry | None = None,
) -> Bundle:
    """A compiled model, or a single program as one. Raises CompileError for everything else."""
    if _is_single(data, name):
        return of_program(Program.from_bytes(data, machine, name))
    return read_bundle(data, machine, name, registry)


def read_programs(data: bytes, name: str = "<bytes>") -> dict[str, Program]:
    """The programs of a file by name; a single program has none. Raises CompileError."""
    if _is_single(data, name):
        return {"": Program.from_bytes(data, name=name)}
    return read_bundle(data, name=name).programs


def _is_single(data: bytes, name: str) -> bool:
    """Whether a file is a program, and not a model. Raises CompileError for what is neither."""
    if data[:4] not in (container.MAGIC, MAGIC):
        SectionFile(name, data).reject(
            f"not a DLX1 or DLXB file: it begins with {data[:4]!r}",
            help="dlir-compile --target=accel -o FILE.dlx writes one",
        )
    return data[:4] == container.MAGIC


def read_bundle(
    data: bytes,
    machine: Machine | None = None,
    name: str = "<bytes>",
    registry: Registry | None = None,
) -> Bundle:
    """The model of a file. Raises CompileError for everything that is none."""
    file = SectionFile(name, data)
    machine_hash, sections = file.read(MAGIC)
    count = len(sections) - 2
    expected = [".host", ".par", *(f".p{number}" for number in range(count))]
    if [*sections] != expected:
        file.reject(f"the sections are {' '.join(sections)}; a model has {' '.join(expected)}")
    host = _read_host(file, sections[".host"], registry or default_registry())
    declared = [op for op in host.ops if isinstance(op, ProgramOp)]
    if len(declared) != count:
        file.reject(f"{len(declared)} programs are declared, but {count} are there")
    programs: dict[str, Program] = {}
    for number, op in enumerate(declared):
        own = op.sym_name.data
        program = Program.from_bytes(sections[f".p{number}"], machine, f"{name}(@{own})")
        if program.machine_hash != machine_hash.hex():
            file.reject(f"program @{own} is for another machine than the head says")
        _check_declaration(file, op, program)
        programs[own] = program
    if not programs and machine_hash.strip(b"\0"):
        file.reject("the head names a machine, but there is no program")
    constants = dict(_read_constants(file, sections[".par"]))
    bundle = Bundle(host, programs, constants)
    _check_host(file, bundle)
    return bundle


def _read_host(file: SectionFile, data: bytes, registry: Registry) -> ModuleOp:
    text = file.text(data, "section '.host'")
    place = f"{file.name}(.host)"
    module = parse_module(text, registry.context(), place, max_splat_bytes=8 * MAX_WRITTEN)
    verify(module)
    if host_text(module) != text:
        file.reject("section '.host' is not in canonical form")
    return module


def _check_host(file: SectionFile, bundle: Bundle) -> None:
    """The function can be found, and its parameters are there."""
    entry_function(bundle.host)
    check_params(bundle.host, bundle.constants)


def _check_declaration(file: SectionFile, op: ProgramOp, program: Program) -> None:
    """The inputs and outputs of a program are those that the host launches it with."""
    declared = {
        (name.data, role.data, _bytes_of(argument.type))
        for name, role, argument in zip(
            op.names.data, op.roles.data, op.body.block.args, strict=True
        )
    }
    found = {
        (symbol.name, ROLES[symbol.kind], symbol.size)
        for symbol in program.symbols.values()
        if symbol.kind in EXCHANGED
    }
    if declared != found or op.body.block.first_op is not None:
        file.reject(f"program @{op.sym_name.data} is not as it is declared")
    for symbol in program.symbols.values():
        if symbol.kind is SymbolKind.WEIGHT and symbol.name not in program.data:
            file.reject(f"program @{op.sym_name.data} lacks the contents of '{symbol.name}'")


def _bytes_of(type: Attribute) -> int:
    dtype = find_dtype(type)
    return 0 if dtype is None else dtype.itemsize * prod(shape_of(type))


def _read_constants(file: SectionFile, data: bytes) -> Iterator[tuple[str, Array]]:
    """Names and arrays, which are views of the file."""
    at, last = 0, ""
    while at < len(data):
        if len(data) - at < _CONSTANT.size:
            file.reject(f"section '.par' ends inside of the record at {at}")
        length, rank, type_length, size = _CONSTANT.unpack_from(data, at)
        at += _CONSTANT.size
        if length + type_length + 8 * rank + size > len(data) - at or rank > 32:
            file.reject(f"section '.par': a record of {size} bytes, {len(data) - at} left")
        name = file.text(data[at : at + length], "a name of section '.par'")
        at += length
        dtype = dtype_named(file.text(data[at : at + type_length], f"the type of '{name}'"))
        at += type_length
        shape = struct.unpack_from(f"<{rank}Q", data, at)
        at += 8 * rank
        if dtype is None or dtype.itemsize * prod(shape) != size or name <= last:
            file.reject(f"constant '{name}' is out of order, or not as large as its type says")
        contents = np.frombuffer(data, np.uint8, size, at)
        yield name, contents.view(dtype).reshape(shape)
        at, last = at + size, name


# --- a single program as a model ------------------------------------------------------------------


def of_program(program: Program, name: str = "program") -> Bundle:
    """The model of one program: `@main` launches it once."""
    symbols = [
        s for s in program.symbols.values() if s.kind in (SymbolKind.INPUT, SymbolKind.OUTPUT)
    ]
    for symbol in program.symbols.values():
        if symbol.kind is SymbolKind.WEIGHT and symbol.name not in program.data:
            fail(None, f"the contents of weight '{symbol.name}' are not in the program")
    types = {s.name: _type_of(s) for s in symbols}
    block = Block(arg_types=[MemRefType(t.element_type, t.get_shape()) for t in types.values()])
    roles = [RoleAttr(ROLES[s.kind]) for s in symbols]
    declared = ProgramOp(name, machine_attribute(program.machine), roles, [*types], Region(block))
    inputs = [s.name for s in symbols if s.kind is SymbolKind.INPUT]
    outputs = [s.name for s in symbols if s.kind is SymbolKind.OUTPUT]
    body = Block(arg_types=[types[n] for n in inputs])
    launch = LaunchOp(name, body.args, [types[n] for n in outputs])
    body.add_ops([launch, ReturnOp(*launch.outputs)])
    signature = ([types[n] for n in inputs], [types[n] for n in outputs])
    main = FuncOp("main", signature, Region(body))
    main.attributes["dlir.arg_names"] = _names(inputs)
    main.attributes["dlir.result_names"] = _names(outputs)
    return Bundle(ModuleOp([declared, main]), {name: program})


def _names(names: list[str]) -> ArrayAttr[StringAttr]:
    return ArrayAttr([StringAttr(name) for name in names])


def _type_of(symbol: Symbol) -> TensorType[Attribute]:
    """The tensor that a symbol says it holds; its bytes when it says nothing."""
    if not symbol.type:
        return TensorType(i8, [symbol.size])
    try:
        type = Parser(default_registry().context(), symbol.type).parse_type()
    except (ParseError, DiagnosticException) as error:
        fail(None, f"symbol '{symbol.name}' has type '{symbol.type}': {str(error).strip()}")
    if not is_tensor(type) or DYNAMIC_INDEX in type.get_shape() or _bytes_of(type) != symbol.size:
        fail(None, f"symbol '{symbol.name}' of {symbol.size} bytes cannot hold a {symbol.type}")
    return type
