"""How many bytes a weight takes in each encoding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dlir.dialects.dl.constants import ELEMENTS
from dlir.dialects.sparse.attrs import Encoding, NmAttr
from dlir.dialects.sparse.storage import bitmask, bsr, csr, fits_nm
from dlir.numpy_types import Array

BLOCKS = ((4, 1), (8, 1), (16, 1))


class Stored(NamedTuple):
    """An encoding, and the bytes of all its parts."""

    name: str
    bytes: int


def encodings(matrix: Array) -> Iterator[tuple[str, Encoding]]:
    """The encodings that a matrix fits."""
    yield "csr", csr(matrix)
    yield "bitmask", bitmask(matrix)
    for block in BLOCKS:
        yield f"bsr {block[0]}x{block[1]}", bsr(matrix, block)
    if fits_nm(pairs := NmAttr(2, 4), matrix):
        yield "nm 2:4", pairs


def stored_sizes(matrix: Array) -> list[Stored]:
    """The plain matrix and all encodings that it fits, the smallest first."""
    element = ELEMENTS[matrix.dtype.name]
    found = [Stored("dense", matrix.nbytes)]
    for name, encoding in encodings(matrix):
        found.append(Stored(name, -(-encoding.bits(matrix.shape, element) // 8)))
    return sorted(found, key=lambda one: one.bytes)
