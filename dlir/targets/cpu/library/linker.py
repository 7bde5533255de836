"""The system's linker, which makes a shared library of an object."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from dlir.diagnostics import fail

DRIVERS = ("cc", "gcc", "clang")
"""Compilers that know how to link for this system; `CC` names another."""
LINKERS = ("ld.lld", "ld")
"""Programs that only link: what the library needs of libc is left to the program."""
LIBRARIES = ["-lm"]


@dataclass(frozen=True)
class Linker:
    """A command that links, and the libraries that it is to be given."""

    command: list[str]
    libraries: list[str]


def link(image: bytes, linker: Linker) -> bytes:
    """The shared library of one object. Raises CompileError."""
    command = linker.command
    with tempfile.TemporaryDirectory(prefix="dlir-link-") as folder:
        source, target = Path(folder, "model.o"), Path(folder, "model.so")
        source.write_bytes(image)
        line = [*command, "-shared", "-o", str(target), str(source), *linker.libraries]
        try:
            done = subprocess.run(line, capture_output=True, text=True, errors="replace")
        except OSError as error:
            fail(None, f"cannot run '{command[0]}': {error.strerror}", help=HELP)
        if done.returncode != 0 or not target.is_file():
            said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[0]
            fail(None, f"'{command[0]}' does not link the library: {said}", help=HELP)
        return target.read_bytes()


HELP = "CC names the compiler to link with; --emit=obj needs none"


def find_linker() -> Linker:
    """`CC`, else the first that is on the PATH. Raises CompileError where there is none."""
    named = os.environ.get("CC", "")
    try:
        given = shlex.split(named)
    except ValueError as error:
        fail(None, f"CC is no command: {named}: {error}", help=HELP)
    if given:
        return Linker(given, LIBRARIES)
    for name in (*DRIVERS, *LINKERS):
        if which(name):
            return Linker([name], LIBRARIES if name in DRIVERS else [])
    names = ", ".join((*DRIVERS, *LINKERS))
    fail(None, f"no linker was found: none of {names} is on the PATH", help=HELP)
