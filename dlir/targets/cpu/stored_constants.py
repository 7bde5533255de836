"""The constants of a program in the cache, so that a known model's weights are not packed again.

A file of them is kept where they come from weights in a file, which name them together with the
code that packs. It holds each array once, and is mapped: processes share it, and nothing is copied.
Sums of its pages find what was damaged; they are taken at the speed of memory, unlike a
cryptographic checksum. What is in the cache is replaced and removed, but never written to.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping, Sequence
from io import BufferedReader
from math import prod
from typing import Any

import numpy as np

from dlir.numpy_types import Array
from dlir.params import identity_of
from dlir.targets.cpu.bundle import Bundle, joined
from dlir.targets.cpu.constants import ALIGNMENT, load_constants
from dlir.targets.cpu.execute import NativeModule
from dlir.targets.cpu.object_cache import Buffer, ObjectCache, key_of

_MAGIC = b"dlir-arrays-1\n"
_DIGEST = hashlib.sha256().digest_size
_START = len(_MAGIC) + 8 + _DIGEST
"""Bytes before the header."""
_PAGE = 4096
"""Bytes that are summed together."""
Lists = list[list[Array]]


def all_constants(
    native: NativeModule,
    bundles: Sequence[Bundle],
    params: Mapping[str, Array],
    store: ObjectCache | None,
) -> Lists:
    """The constants of every function of a program.

    Raises ValueError when a check of an init function fails.
    """
    packs = any(not isinstance(s, str) for bundle in bundles for s in bundle.constants)
    identity = identity_of(params) if store is not None and packs else None
    if store is None or identity is None:
        return [load_constants(native, bundle, params) for bundle in bundles]
    code = hashlib.sha256(joined(bundles)).hexdigest()
    key = key_of("constants", code, identity)
    known = _read(store, key, [len(bundle.constants) for bundle in bundles])
    if known is not None:
        return known
    made = [load_constants(native, bundle, params) for bundle in bundles]
    if identity_of(params) == identity:
        store.put_parts(key, _parts(key, made))
    return made


# --- the file -------------------------------------------------------------------------------------
#
# magic, length of the header (8 bytes), its checksum, the header as JSON; then the arrays' bytes,
# each from the start of a cache line on.


def _parts(key: str, lists: Lists) -> list[Buffer]:
    """The contents of a file."""
    arrays = {id(array): array for arrays in lists for array in arrays}
    numbers = {known: number for number, known in enumerate(arrays)}
    rows: list[tuple[str, tuple[int, ...], int]] = []
    data: list[Buffer] = []
    sums = hashlib.sha256()
    size = 0
    for array in arrays.values():
        raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        sums.update(_sums(raw))
        rows.append((array.dtype.name, array.shape, size))
        gap = bytes(-raw.nbytes % ALIGNMENT)
        data += [raw.data, gap]
        size += raw.nbytes + len(gap)
    used = [[numbers[id(array)] for array in arrays] for arrays in lists]
    fields = {"arrays": rows, "lists": used, "size": size, "sums": sums.hexdigest()}
    header = json.dumps(fields).encode()
    header += b" " * (-(_START + len(header)) % ALIGNMENT)
    return [_MAGIC, len(header).to_bytes(8, "little"), _digest(key, header), header, *data]


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


def _contents(file: BufferedReader, key: str) -> tuple[dict[str, Any], Array] | None:
    """The header of a file and what follows; None where the header is not what was written."""
    start = file.read(_START)
    magic, size = start[: len(_MAGIC)], int.from_bytes(start[len(_MAGIC) : -_DIGEST], "little")
    left = os.fstat(file.fileno()).st_size - len(start) - size
    header = file.read(size) if magic == _MAGIC and left >= 0 else b""
    if _digest(key, header) != start[-_DIGEST:]:
        return None
    fields: dict[str, Any] = json.loads(header)
    if left != fields["size"]:
        return None
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return fields, np.frombuffer(mapped, np.uint8)[_START + size :]


def _digest(key: str, header: bytes) -> bytes:
    """A file of another name differs, as one whose header was damaged."""
    return hashlib.sha256(key.encode() + header).digest()


def _sums(raw: Array) -> bytes:
    """What differs when any byte of an array does."""
    whole = len(raw) // _PAGE * _PAGE
    pages = raw[:whole].view(np.uint64).reshape(-1, _PAGE // 8)
    return pages.sum(axis=1).tobytes() + raw[whole:].tobytes()
