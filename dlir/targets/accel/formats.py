"""The accelerator's two file formats for `dlir-translate`: binaries and assembler text."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import fail
from dlir.targets.accel import view
from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.program import Program


class ProgramFormat:
    """What both have in common: a program is read from bytes, and seen as a module."""

    family = "accel"

    def module(self, value: Program) -> ModuleOp:
        """The program as a module of the `isa` dialect."""
        return view.module_of(value)

    def from_module(self, module: ModuleOp) -> Program:
        """The program of a verified module. Raises CompileError."""
        return view.program_of(module)


@dataclass(frozen=True)
class Binary(ProgramFormat):
    """The container `DLX1`."""

    name: str = "isa-binary"

    def read(self, data: bytes, file: str) -> Program:
        """The program of a file. Raises CompileError."""
        return Program.from_bytes(data, name=file)

    def write(self, value: Program) -> bytes:
        """The file of a program."""
        return value.to_bytes()


@dataclass(frozen=True)
class Text(ProgramFormat):
    """Assembler text."""

    name: str = "isa-text"

    def read(self, data: bytes, file: str) -> Program:
        """The program of a text. Raises CompileError."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            fail(None, f"'{file}' is not UTF-8 text")
        return assemble(text, name=file)

    def write(self, value: Program) -> str:
        """The canonical text of a program."""
        return disassemble(value)


BINARY = Binary()
TEXT = Text()
