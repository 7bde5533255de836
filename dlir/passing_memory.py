"""Bytes that are needed for a while, and then go back to the system.

What is freed of a heap stays with the process as long as something behind it is in use, and glibc
takes ever larger pieces from the heap once one of their size was freed. Where large arrays come and
go between small ones that stay, that is as much again as the largest of them.
"""

from __future__ import annotations

import mmap

import numpy as np

from dlir.numpy_types import Array

LARGE = 1 << 17
"""Bytes from which on a mapping of its own is worth it."""
_PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)


def passing_bytes(size: int) -> Array:
    """So many bytes, of any content; many begin at a page."""
    if size < LARGE or not _PRIVATE:
        return np.empty(size, np.uint8)
    return np.frombuffer(mmap.mmap(-1, size, flags=_PRIVATE), np.uint8)
