"""Files as the tools read and write them: whole, or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dlir.diagnostics import fail


def read_text(path: str, stdin: IO[str] | None = None) -> str:
    """The text of a file, or of standard input for `-`. Raises CompileError."""
    try:
        if path == "-":
            return (stdin or sys.stdin).read()
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        fail(None, f"cannot read '{path}': {error.strerror}")
    except UnicodeDecodeError:
        help = None if path.endswith(".toml") else "MLIR bytecode is not read"
        fail(None, f"cannot read '{path}': it is not UTF-8 text", help=help)


def read_bytes(path: str, stdin: IO[str] | None = None) -> bytes:
    """The bytes of a file, or the text of standard input for `-`. Raises CompileError."""
    try:
        if path == "-":
            return (stdin or sys.stdin).read().encode()
        return Path(path).read_bytes()
    except OSError as error:
        fail(None, f"cannot read '{path}': {error.strerror}")


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in one step: readers see the old or the new text. Raises CompileError."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file in one step, through a temporary file beside it. Raises CompileError.

    What is not a regular file (`/dev/null`, a pipe) is written to directly; folders on the way are
    made.
    """
    with replacing(path) as file:
        file.write(data)


def same_file(one: str | Path, other: str | Path) -> bool:
    """Whether two paths name one regular file."""
    one, other = Path(one), Path(other)
    return one.is_file() and other.is_file() and one.samefile(other)


@contextmanager
def replacing(path: str | Path) -> Generator[IO[bytes], None, None]:
    """A file to write to that takes its name only at the end, and only if nothing was raised.

    Like `write_bytes`, for data that comes in pieces; several of these, nested, appear together.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(target) as file:
            yield file
    except FileExistsError:
        fail(None, f"cannot write '{path}': a folder on the way is a file")
    except OSError as error:
        fail(None, f"cannot write '{path}': {error.strerror}")


@contextmanager
def _replacing(path: Path) -> Generator[IO[bytes], None, None]:
    import tempfile  # Loaded late: it is slow to load, and small runs write no files.

    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def temporary_path(prefix: str, text: str, suffix: str) -> Path:
    """A path in the system's folder for temporary files, with a name made from the contents."""
    import hashlib
    import tempfile

    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"{prefix}-{digest}{suffix}"
