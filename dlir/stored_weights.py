"""Weights that stay in the model's file until they are used, whatever the format of the file.

A file is trusted to be the one that was opened as long as the system's record of it is the same.
What changes meanwhile is an error that says so, and never another model's numbers.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path

import numpy as np

from dlir.addresses import address_of
from dlir.diagnostics import fail
from dlir.numpy_types import Array, ArrayType
from dlir.passing_memory import passing_bytes

SETTLED = 2_000_000_000
"""Nanoseconds. A file that was changed later than so long ago may change again without a trace:
the clocks of file systems are coarse, of some a second or two."""


@dataclass(frozen=True)
class FileState:
    """What the system knows of an open file: all of it differs when the content may differ."""

    device: int
    number: int
    size: int
    modified: int
    changed: int

    @staticmethod
    def of(handle: int) -> FileState:
        """Of an open file."""
        found = os.fstat(handle)
        return FileState(
            found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        )

    def is_settled(self) -> bool:
        """Whether a change from now on would show."""
        return max(self.modified, self.changed) < time.time_ns() - SETTLED

    def has_content_of(self, other: FileState) -> bool:
        """Whether nothing was written between the two; names and rights may have changed."""
        return (self.size, self.modified) == (other.size, other.modified)

    def __str__(self) -> str:
        return f"{self.device} {self.number} {self.size} {self.modified} {self.changed}"


class StoredFile:
    """A model's file, kept open, so that nobody but who writes into it can change it.

    Raises OSError when there is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._handle)
        mode = os.fstat(self._handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file")
        self.state = FileState.of(self._handle)
        self.settled = self.state.is_settled()

    @cached_property
    def mapped(self) -> mmap.mmap | bytes:
        """All of the file, for as long as it is being looked at."""
        empty = not self.state.size
        return b"" if empty else mmap.mmap(self._handle, 0, access=mmap.ACCESS_READ)

    @property
    def content(self) -> Array:
        """Its bytes."""
        return np.frombuffer(self.mapped, np.uint8)

    def forget(self) -> None:
        """Give `mapped` back, once nobody looks at it."""
        self.__dict__.pop("mapped", None)

    def place_of(self, array: Array) -> int | None:
        """Where an array begins, if it is a part of `content` in row-major order."""
        if not array.size or not array.flags.c_contiguous:
            return None
        offset = address_of(array) - address_of(self.content)
        return offset if 0 <= offset <= len(self.content) - array.nbytes else None

    def read(self, offset: int, type: ArrayType) -> Array:
        """The array that begins there. Raises CompileError if the file has been written to."""
        dtype, shape = type
        data = passing_bytes(prod(shape) * dtype.itemsize)
        done = 0
        while done < len(data) and (
            count := os.preadv(self._handle, [data.data[done:]], offset + done)
        ):
            done += count
        if done < len(data) or not FileState.of(self._handle).has_content_of(self.state):
            help = "load the model again"
            fail(None, f"'{self.path}' has changed since it was loaded", help=help)
        array = data.view(dtype).reshape(shape)
        array.flags.writeable = False
        return array

    def identity(self) -> str | None:
        """A name for this content, which no other content has; None where that is not sure."""
        unchanged = self.settled and FileState.of(self._handle) == self.state
        return str(self.state) if unchanged else None


@dataclass(frozen=True)
class Place:
    """Where in which file an array lies, and what it is."""

    file: StoredFile
    offset: int
    type: ArrayType

    def read(self) -> Array:
        """See `StoredFile.read`."""
        return self.file.read(self.offset, self.type)


class StoredWeights(Mapping[str, Array]):
    """Arrays in files, read when they are used, and shared while they are; others are in memory.

    `files` are all that any of the arrays comes from. Raises CompileError when one has been written
    to in the meantime.
    """

    def __init__(self, files: Sequence[StoredFile], entries: Mapping[str, Place | Array]) -> None:
        self.files = files
        self.entries: Mapping[str, Place | Array] = entries
        self._used: weakref.WeakValueDictionary[str, Array] = weakref.WeakValueDictionary()

    def __getitem__(self, name: str) -> Array:
        entry = self.entries[name]
        if not isinstance(entry, Place):
            return entry
        known = self._used.get(name)
        if known is None:
            known = self._used[name] = entry.read()
        return known

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def type_of(self, name: str) -> ArrayType:
        """The element type and shape of an array, which is not read."""
        entry = self.entries[name]
        return entry.type if isinstance(entry, Place) else (entry.dtype, entry.shape)

    def identity(self) -> str | None:
        """Of all files, see `StoredFile.identity`."""
        return joint_identity(self.files)


def joint_identity(files: Iterable[StoredFile]) -> str | None:
    """A name for the content of several files, which nothing else has; None if one has none."""
    found = [file.identity() for file in files]
    return None if None in found else ", ".join(map(str, found))


def left_in_files(arrays: Mapping[str, Array], files: Sequence[StoredFile]) -> Mapping[str, Array]:
    """The same arrays: parts of the files' contents stay there, or are read if one is too fresh."""
    places = {
        name: Place(file, offset, (array.dtype, array.shape))
        for file in files
        for name, array in arrays.items()
        if (offset := file.place_of(array)) is not None
    }
    for file in files:
        file.forget()
    if files and all(file.settled for file in files):
        return StoredWeights(files, {**arrays, **places})
    return {**arrays, **{name: place.read() for name, place in places.items()}}
