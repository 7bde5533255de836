"""The constants of a program in the cache, so that a known model's weights are not packed again.

A file of them is kept where they come from weights in a file, which name them together with the
code that packs. It holds each array once, and is mapped: processes share it, and nothing is copied.
Weights are packed into it right away, so that they take no other memory and are not copied again.
Sums of its pages find what was damaged; they are taken at the speed of memory, unlike a
cryptographic checksum. What is in the cache is replaced and removed, but never written to.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from dlir.addresses import address_of
from dlir.numpy_types import Array
from dlir.object_cache import ObjectCache, key_of
from dlir.params import identity_of, type_of_weight
from dlir.targets.cpu.bundle import Bundle, Rearranged, joined
from dlir.targets.cpu.constants import ALIGNMENT, LARGE, Empty, empty, load_constants
from dlir.targets.cpu.execute import NativeModule

_MAGIC = b"dlir-arrays-2\n"
_DIGEST = hashlib.sha256().digest_size
_START = len(_MAGIC) + 8 + _DIGEST
"""Bytes before the arrays."""
_PAGE = 4096
"""Bytes that are summed together."""
Lists = list[list[Array]]
Buffer: TypeAlias = bytes | memoryview


def all_constants(
    native: NativeModule,
    bundles: Sequence[Bundle],
    params: Mapping[str, Array],
    store: ObjectCache | None,
) -> Lists:
    """The constants of every function of a program.

    Raises ValueError when a check of an init function fails.
    """

    def load(empty: Empty) -> Lists:
        return [load_constants(native, bundle, params, empty) for bundle in bundles]

    packs = any(not isinstance(s, str) for bundle in bundles for s in bundle.constants)
    identity = identity_of(params) if store is not None and packs else None
    if store is None or identity is None or not store.takes(_size(bundles, params)):
        return load(empty)
    code = hashlib.sha256(joined(bundles)).hexdigest()
    key = key_of("constants", code, identity)
    made = _read(store, key, [len(bundle.constants) for bundle in bundles])
    if made is not None:
        return made
    try:
        with store.new_file(key) as file:
            room = _Room(file)
            made = load(room.empty)
            room.finish(key, made)
            if identity_of(params) != identity:
                raise OSError("the file of weights has changed")
    except OSError as error:
        store.warn(error)
    return load(empty) if made is None else made


def _size(bundles: Sequence[Bundle], params: Mapping[str, Array]) -> int:
    """About the bytes of the constants: those of the weights, which packing may fill up."""
    sources = [s for b in bundles for part in (b.constants, *b.inits) for s in part]
    used = {s.param if isinstance(s, Rearranged) else s for s in sources if not isinstance(s, int)}
    types = (type_of_weight(params, name) for name in used if name in params)
    return sum(prod(shape) * dtype.itemsize for dtype, shape in types)


# --- the file -------------------------------------------------------------------------------------
#
# magic, length of the header (8 bytes), its checksum; the arrays' bytes, each from the start of a
# cache line on; then the header as JSON.


class _Room:
    """The file, while it is written: a large array lies in it from the beginning."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[int, tuple[int, Array]] = {}
        """Address -> where in the file the array begins, and the array, so that it stays there."""
        self._last: mmap.mmap | None = None
        self._end = _START

    def empty(self, shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
        """An array to be filled. Raises OSError when the disk is full."""
        size = prod(shape) * dtype.itemsize
        if size < LARGE:
            return empty(shape, dtype)
        start = self._take(size, mmap.ALLOCATIONGRANULARITY)
        _reserve(self._file, start, size)
        self._let_go()
        mapped = self._last = mmap.mmap(self._file.fileno(), size, offset=start)
        array = np.frombuffer(mapped, np.uint8).view(dtype).reshape(shape)
        self._places[address_of(array)] = start, array
        return array

    def _let_go(self) -> None:
        """Of the array that was made last: what is written stays in the file, and a weight is in
        memory beside what was made of it, but not beside what was made of all the others."""
        if self._last is not None and hasattr(self._last, "madvise"):
            self._last.madvise(mmap.MADV_DONTNEED)

    def _take(self, size: int, alignment: int) -> int:
        """Where the next array begins."""
        start = self._end + -self._end % alignment
        self._end = start + size
        return start

    def finish(self, key: str, lists: Lists) -> None:
        """Add the arrays that lie elsewhere, and what all of them are."""
        arrays = {id(array): array for arrays in lists for array in arrays}
        numbers = {known: number for number, known in enumerate(arrays)}
        rows: list[tuple[str, tuple[int, ...], int]] = []
        sums = hashlib.sha256()
        for array in arrays.values():
            raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
            sums.update(_sums(raw))
            if array.size and address_of(array) in self._places:
                place = self._places[address_of(array)][0]
            else:
                place = self._take(raw.nbytes, ALIGNMENT)
                self._write(place, raw.data)
            array.flags.writeable = False
            rows.append((array.dtype.name, array.shape, place))
        used = [[numbers[id(array)] for array in arrays] for arrays in lists]
        header = json.dumps({"arrays": rows, "lists": used, "sums": sums.hexdigest()}).encode()
        self._write(self._end, header)
        self._write(0, _MAGIC + len(header).to_bytes(8, "little") + _digest(key, header))

    def _write(self, start: int, content: Buffer) -> None:
        self._file.seek(start)
        self._file.write(content)


def _reserve(file: BinaryIO, start: int, size: int) -> None:
    """Give the file so many bytes on the disk: a mapping that is not there could not be written."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), start, size)
    else:
        file.seek(start)
        file.write(bytes(size))
        file.flush()


def _read(store: ObjectCache, key: str, counts: list[int]) -> Lists | None:
    """The arrays of a file, or None if there is none that is whole and has so many by function."""
    try:
        with store.open(key) as file:
            found = _contents(file, key)
    except OSError:
        return None
    if found is None:
        return None
    fields, data = found
    sums = hashlib.sha256()
    arrays: list[Array] = []
    for name, shape, offset in fields["arrays"]:
        dtype = np.dtype(name)
        raw = data[offset : offset + prod(shape) * dtype.itemsize]
        sums.update(_sums(raw))
        arrays.append(raw.view(dtype).reshape(shape))
    if sums.hexdigest() != fields["sums"]:
        return None
    used: list[list[int]] = fields["lists"]
    lists = [[arrays[number] for number in numbers] for numbers in used]
    return lists if [*map(len, lists)] == counts else None


def _contents(file: BinaryIO, key: str) -> tuple[dict[str, Any], Array] | None:
    """The header and the bytes of a file; None where the header is not what was written."""
    start = file.read(_START)
    magic, size = start[: len(_MAGIC)], int.from_bytes(start[len(_MAGIC) : -_DIGEST], "little")
    place = os.fstat(file.fileno()).st_size - size
    if magic != _MAGIC or place < _START:
        return None
    file.seek(place)
    header = file.read()
    if _digest(key, header) != start[-_DIGEST:]:
        return None
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return json.loads(header), np.frombuffer(mapped, np.uint8)


def _digest(key: str, header: bytes) -> bytes:
    """A file of another name differs, as one whose header was damaged."""
    return hashlib.sha256(key.encode() + header).digest()


def _sums(raw: Array) -> bytes:
    """What differs when any byte of an array does."""
    whole = len(raw) // _PAGE * _PAGE
    pages = raw[:whole].view(np.uint64).reshape(-1, _PAGE // 8)
    return pages.sum(axis=1).tobytes() + raw[whole:].tobytes()
