"""What was found, in the file that compiling looks into: read, added to, merged.

The file changes in one step, and one process at a time changes it, so that nothing is lost when two
tune at once. Lines that are no entries are left out with one warning, and go when it is written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from dlir.diagnostics import CompileError, fail, warn
from dlir.dialects.structured.schedule_file import (
    Entry,
    Place,
    chosen,
    file_text,
    merged,
    parse_entries,
)
from dlir.files import read_text, write_text

HEAD = "Schedules that dlir-tune measured; see docs/tuning.md. Files like this may be concatenated."
STALE = 10.0
"""Seconds after which the lock of a process that died is broken; it is held for milliseconds."""


def read(path: str | Path, *, quiet: bool = False) -> list[Entry]:
    """The entries of a file; what is none costs one warning. Raises CompileError."""
    entries, problems = parse_entries(read_text(str(path)), str(path))
    if problems and not quiet:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        warn(problems[0].location, f"left out: {problems[0].message}{more}")
    return entries


def merge(paths: Sequence[str], output: str) -> int:
    """Write the entries of all files as one; how many they are. Raises CompileError."""
    entries = merged(entry for path in paths for entry in read(path))
    write_text(output, file_text(entries, HEAD))
    return len(entries)


class Database:
    """The file at a path, which need not be there yet; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._warned = self._has_read = False

    def known(self, here: Place) -> dict[str, Entry]:
        """What was found for a place, by kernel."""
        return chosen([e for e in self._entries() if e.measured is not None], here)

    def add(self, entries: Iterable[Entry]) -> None:
        """Put entries in, in place of those for the same kernels and places.

        A file that cannot be written costs one warning and nothing else.
        """
        if self.path is None:
            return
        new = {_key(entry): entry for entry in entries}
        try:
            with _locked(self.path):
                old = [entry for entry in merged(self._entries()) if _key(entry) not in new]
                write_text(self.path, file_text([*old, *new.values()], HEAD))
        except CompileError as error:
            if not self._warned:
                self._warned = True
                warn(None, f"what is found is not kept: {error.diagnostics[0].message}")

    def _entries(self) -> list[Entry]:
        if self.path is None or not self.path.exists():
            return []
        entries = read(self.path, quiet=self._has_read)
        self._has_read = True
        return entries


def _key(entry: Entry) -> tuple[str, Place | None]:
    return entry.kernel, entry.measured and entry.measured.place


@contextmanager
def _locked(path: Path) -> Generator[None, None, None]:
    """Alone with a file, by another one that only one process can make."""
    lock = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while not _made(lock):
            time.sleep(0.02)
    except OSError as error:
        fail(None, f"cannot write '{lock}': {error.strerror}")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _made(lock: Path) -> bool:
    with suppress(FileExistsError):
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        return True
    with suppress(FileNotFoundError):
        if time.time() - lock.stat().st_mtime > STALE:
            lock.unlink()
    return False
