"""The accelerator's two file formats for `dlir-translate`: binaries and assembler text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import fail
from dlir.registry import misuse
from dlir.targets.accel import view
from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.bundle import read_programs
from dlir.targets.accel.program import Program

Programs: TypeAlias = Mapping[str, Program]
"""Programs by name; one that stands alone has none."""


class ProgramFormat:
    """What both have in common: programs are read from bytes, and seen as a module."""

    family = "accel"

    def choose(self, value: Programs, name: str) -> Programs:
        """The program of that name alone. Raises UsageError."""
        if name not in value:
            known = ", ".join(f"'{one}'" for one in value if one) or "one without a name"
            raise misuse(f"there is no program '{name}'; programs: {known}")
        return {name: value[name]}

    def module(self, value: Programs) -> ModuleOp:
        """The programs as a module of the `isa` dialect."""
        return view.module_of_all(value.values())

    def from_module(self, module: ModuleOp) -> Programs:
        """The program of a verified module. Raises CompileError."""
        return {"": view.program_of(module)}


@dataclass(frozen=True)
class Binary(ProgramFormat):
    """The containers `DLX1` (one program) and, for reading, `DLXB` (a model)."""

    name: str = "isa-binary"

    def read(self, data: bytes, file: str) -> Programs:
        """The programs of a file. Raises CompileError."""
        return read_programs(data, file)

    def write(self, value: Programs) -> bytes:
        """The file of a program. Raises UsageError for several."""
        if len(value) != 1:
            names = ", ".join(f"--program={name}" for name in value)
            raise misuse(f"a file of this format holds one program, not {len(value)}", help=names)
        return next(iter(value.values())).to_bytes()


@dataclass(frozen=True)
class Text(ProgramFormat):
    """Assembler text."""

    name: str = "isa-text"

    def read(self, data: bytes, file: str) -> Programs:
        """The program of a text. Raises CompileError."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            fail(None, f"'{file}' is not UTF-8 text")
        return {"": assemble(text, name=file)}

    def write(self, value: Programs) -> str:
        """The canonical text of a program; several stand under comments with their names."""
        if len(value) == 1:
            return disassemble(next(iter(value.values())))
        return "\n".join(f"; program @{name}\n{disassemble(one)}" for name, one in value.items())


BINARY = Binary()
TEXT = Text()
