"""A cache of compiled objects on disk, shared by all processes of a user.

The folder is `DLIR_CACHE_DIR`, or the platform's user cache folder.  A file is written under a
temporary name and then renamed, so readers see it whole or not at all; a checksum finds files that
were damaged later.  A cache that cannot be used costs one warning and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"dlir-object-2\n"
_HEAD = len(_MAGIC) + hashlib.sha256().digest_size
_LIMIT = 4 << 30
_TRIM_PART = 32
"""So much of the limit is written between two looks at what is there."""
_LARGEST_PART = 4
"""So much of the limit a file may have."""
_NEW = ".new-"
_ABANDONED = 3600
"""Seconds after which nobody writes to a temporary file any more."""


def key_of(*parts: str) -> str:
    """The cache key of everything that decides what an object contains."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()


@cache
def compiler_id() -> str:
    """Changes whenever a file of dlir does, so that no other compiler's work is ever used."""
    return key_of(*sorted(_states(str(Path(__file__).parent))))


def _states(folder: str) -> Iterator[str]:
    """The name, the time and the size of every Python file below; `pathlib` takes twice as
    long."""
    for place, _, names in os.walk(folder):
        for path in (os.path.join(place, name) for name in names if name.endswith(".py")):
            status = os.stat(path)
            yield f"{path[len(folder) :]} {status.st_mtime_ns} {status.st_size}"


def _head(key: str, body: bytes) -> bytes:
    """What stands before the object: a file that was damaged, or has another's name, differs."""
    return _MAGIC + hashlib.sha256(key.encode() + body).digest()


class ObjectCache:
    """Objects by key in one folder of at most about `limit` bytes, the least recently used go."""

    def __init__(self, folder: Path, limit: int = _LIMIT):
        self.folder = folder
        self.limit = limit
        self._untrimmed = 0
        """How many more bytes may be written before the folder is looked at again."""
        self._warned = False

    def get(self, key: str) -> bytes | None:
        """The object, or None if there is none that is whole."""
        try:
            with self.open(key) as file:
                content = file.read()
        except OSError:
            return None
        body = content[_HEAD:]
        return body if content[:_HEAD] == _head(key, body) else None

    def open(self, key: str) -> BufferedReader:
        """A file, to be checked by who wrote its parts. Raises OSError if there is none."""
        path = self._path(key)
        file = path.open("rb")
        with suppress(OSError):
            os.utime(path)  # it is used now
        return file

    def put(self, key: str, body: bytes) -> None:
        """Store an object, unless it is a large part of all; on failure warn once and go on."""
        try:
            self.write(key, body)
        except OSError as error:
            self.warn(error)

    def write(self, key: str, body: bytes) -> None:
        """Store an object, unless it is a large part of all. Raises OSError."""
        parts = _head(key, body), body
        if self.takes(sum(map(len, parts))):
            with self.new_file(key) as file:
                file.writelines(parts)

    def takes(self, size: int) -> bool:
        """Whether a file of so many bytes is no large part of all."""
        return size <= self.limit // _LARGEST_PART

    def warn(self, error: OSError) -> None:
        """Say once why nothing is stored."""
        if not self._warned:
            self._warned = True
            warnings.warn(f"compiled code is not cached: {error}", stacklevel=3)

    @contextmanager
    def new_file(self, key: str) -> Generator[BinaryIO, None, None]:
        """A file that is what `open` finds from the end of the block on, or, after an exception,
        nothing. Raises OSError."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_NEW)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                size = file.seek(0, os.SEEK_END)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._untrimmed -= size
        if self._untrimmed < 0:
            self._untrimmed = self.limit // _TRIM_PART
            self.trim()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.o"

    def trim(self) -> None:
        """Remove the objects not used for longest until four fifths of the limit remain.

        And what processes that were killed had begun to write.
        """
        for path in self.folder.glob(f"*/{_NEW}*"):
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - _ABANDONED:
                    path.unlink()
        files: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("*/*.o"):
            try:
                status = path.stat()
            except OSError:
                continue  # another process removed it
            files.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in files)
        if total <= self.limit:
            return
        for _, size, path in sorted(files):
            if total <= self.limit * 4 // 5:
                break
            try:
                path.unlink()
            except OSError:
                continue
            total -= size


@cache
def _cache_at(folder: str) -> ObjectCache:
    return ObjectCache(Path(folder))


def default_cache() -> ObjectCache:
    """The cache in the folder that the environment names now."""
    folder = os.environ.get("DLIR_CACHE_DIR")
    if not folder:
        from platformdirs import user_cache_dir

        folder = user_cache_dir("dlir")
    return _cache_at(folder)
