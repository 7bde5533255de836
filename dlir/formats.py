"""Formats below MLIR that are read as well as written: a target's binaries and assembler text.

A format's value (a program in memory) can be seen as a module and made from one. Two formats of one
family share their values, so that nothing passes through a module between them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from xdsl.dialects.builtin import ModuleOp

from dlir.executable import Artifact
from dlir.registry import FORMATS, did_you_mean, load_attribute, misuse
from dlir.verifier import verify


class Format(Protocol):
    """The members of a format; named in `registry.FORMATS`."""

    @property
    def family(self) -> str:
        """Formats of one family have the same values."""
        ...

    def read(self, data: bytes, file: str) -> Any:
        """The value of a file's contents. Raises CompileError."""
        ...

    def write(self, value: Any) -> str | bytes:
        """The file's contents."""
        ...

    def choose(self, value: Any, name: str) -> Any:
        """The part of a value that has that name. Raises UsageError."""
        ...

    def module(self, value: Any) -> ModuleOp:
        """The value as a module."""
        ...

    def from_module(self, module: ModuleOp) -> Any:
        """The value that a verified module stands for. Raises CompileError."""
        ...


def find_format(name: str | None) -> Format | None:
    """The format with that name, or None for what is none (`mlir`, `onnx`, `object`)."""
    return load_attribute(FORMATS[name]) if name in FORMATS else None


def translate(
    source: Format | None,
    to: str,
    read: Callable[[], bytes],
    load: Callable[[], ModuleOp],
    file: str,
    part: str | None = None,
) -> Artifact:
    """From `source`, or from a module where it is None, to the format or level `to`.

    `part` names what is to be taken of a file that holds several programs.

    Exactly one of `read` and `load` is called. Raises CompileError, and UsageError where there is
    no way from one to the other.
    """
    target = find_format(to)
    if source is None:
        assert target is not None, "one of the two is a format"
        return target.write(target.from_module(load()))
    if target is None and to != "mlir":
        known = ["mlir", *FORMATS]
        help = f"formats: {', '.join(known)}"
        raise misuse(f"cannot translate to '{to}'{did_you_mean(to, known)}", help=help)
    value = source.read(read(), file)
    if part is not None:
        value = source.choose(value, part)
    if target is not None and target.family == source.family:
        return target.write(value)
    module = source.module(value)
    verify(module)
    return module if target is None else target.write(target.from_module(module))
