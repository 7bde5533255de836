"""Packed weights: blocks of a tensor without its zeros, which the DMA expands on the way in.

A weight is rows of lanes, cut into blocks of four rows, or of `LEAST_BLOCK` bytes where that is more.
A block becomes a mask, one bit per element, and the elements whose bit is set. The formats differ in
what they keep:

| format | keeps | so blocks |
|---|---|---|
| `bitmask` | what is not zero | differ in size: an index of 4 bytes per block says where they end |
| `2:4` | of every four rows two elements in each lane; weights with more do not fit | have one size, and need no index |

An address means the same byte whether a weight is packed or not, so instructions do not know. The
contents of a packed symbol are a head (format, bytes of an element, lanes, bytes of all), the index,
and the blocks one after the other. Nothing is lost: `unpack(pack(x)) == x`, and what would not become
smaller, or is less than a block, is not packed.
"""  # noqa: E501

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

LEAST_BLOCK = 256
INDEX_BYTES = 4
WIDTHS = (1, 2, 4)
_HEAD = struct.Struct("<BBHI")
HEAD_BYTES = _HEAD.size


class PackingError(Exception):
    """Contents that are no packed weight; the message says why."""


def _two_of_four(nonzero: Mask, lanes: int) -> Mask | None:
    """What is not zero, and of fewer than two in four the first zeros, too."""
    groups = nonzero.reshape(-1, 4, lanes)
    if np.any(groups.sum(1) > 2):
        return None
    first = np.argsort(~groups, axis=1, kind="stable")[:, :2]
    kept = np.zeros_like(groups)
    np.put_along_axis(kept, first, True, axis=1)
    return kept.reshape(nonzero.shape)


def _all_nonzero(nonzero: Mask, lanes: int) -> Mask | None:
    return nonzero


KEPT: dict[str, Callable[[Mask, int], Mask | None]] = {"bitmask": _all_nonzero, "2:4": _two_of_four}
"""Format -> which elements of each block it keeps, given those that are not zero."""
FORMATS = tuple(KEPT)
LEAST = {"none": 1.0, "bitmask": 1 / 32, "2:4": 1 / 2}
"""Format -> the least part that is left of a weight: a bit of mask for four bytes, or half."""


def pack(contents: Bytes, format: str, width: int, lanes: int) -> Bytes | None:
    """The packed form of rows of `lanes` elements of `width` bytes; None if it is not smaller."""
    elements = _blocks(contents, width, block_bytes(width, lanes))
    kept = KEPT[format](np.asarray(elements.any(axis=2)), lanes)
    if kept is None or contents.size < LEAST_BLOCK:
        return None
    masks = np.packbits(kept, axis=1, bitorder="little")
    size = masks.shape[1] + kept.sum(1) * width
    ends = np.cumsum(size)
    index = ends.astype("<u4").view(np.uint8) if format == "bitmask" else np.zeros(0, np.uint8)
    total = HEAD_BYTES + len(index) + int(ends[-1])
    if total >= contents.size:
        return None
    payload = np.empty(int(ends[-1]), np.uint8)
    is_mask = _mask_bytes(ends, masks.shape[1])
    payload[is_mask], payload[~is_mask] = masks.reshape(-1), elements[kept].reshape(-1)
    head = _HEAD.pack(FORMATS.index(format), width, lanes, total)
    return np.concatenate([np.frombuffer(head, np.uint8), index, payload])


def unpack(stored: Bytes, size: int) -> Bytes:
    """The `size` bytes of a weight. Raises PackingError."""
    found = layout_of(stored, size)
    columns = found.block // found.width
    payload = stored[len(stored) - int(found.ends[-1]) :]
    is_mask = _mask_bytes(found.ends, columns // 8)
    masks = payload[is_mask].reshape(-1, columns // 8)
    kept = np.unpackbits(masks, axis=1, bitorder="little").astype(bool)
    if (columns // 8 + kept.sum(1) * found.width != np.diff(found.ends, prepend=0)).any():
        raise PackingError("a mask does not fit the size of its block")
    if found.format == "2:4" and (kept.reshape(-1, 4, found.lanes).sum(1) != 2).any():
        raise PackingError("a mask keeps other than two of four")
    elements = np.zeros((*kept.shape, found.width), np.uint8)
    elements[kept] = payload[~is_mask].reshape(-1, found.width)
    return elements.reshape(-1)[:size]


@dataclass(frozen=True)
class Layout:
    """Where the blocks of a packed weight are."""

    format: str
    width: int
    lanes: int
    ends: Ints
    """The byte behind each block."""

    @property
    def block(self) -> int:
        """Bytes of a block before it is packed."""
        return block_bytes(self.width, self.lanes)


def block_bytes(width: int, lanes: int) -> int:
    """Bytes of a block of rows of `lanes` elements: whole groups of four rows."""
    rows = 4 * width * lanes
    return -(-LEAST_BLOCK // rows) * rows


def layout_of(stored: Bytes, size: int) -> Layout:
    """Read the head and the index of a weight of `size` bytes. Raises PackingError."""
    if len(stored) < HEAD_BYTES or stored_size(stored) != len(stored):
        raise PackingError(f"{len(stored)} bytes are not as many as the head says")
    number, width, lanes, _ = _head(stored)
    if number >= len(FORMATS) or width not in WIDTHS or lanes < 4 or lanes % 4:
        raise PackingError(f"no format {number} of {lanes} elements of {width} bytes")
    format, block = FORMATS[number], block_bytes(width, lanes)
    blocks, columns = -(-size // block), block // width
    least, most = columns // 8, columns // 8 + block
    behind = len(stored) - HEAD_BYTES
    if format == "2:4" and behind == blocks * (least + block // 2):
        ends = np.arange(1, blocks + 1, dtype=np.int64) * (least + block // 2)
    elif format == "2:4":
        raise PackingError(f"{blocks} blocks are not the {behind} bytes that are there")
    elif behind < INDEX_BYTES * blocks:
        raise PackingError(f"{behind} bytes are too few for the index of {blocks} blocks")
    else:
        index = stored[HEAD_BYTES : HEAD_BYTES + INDEX_BYTES * blocks]
        ends = index.view("<u4").astype(np.int64)
        behind -= index.size
    sizes = np.diff(ends, prepend=0)
    if int(ends[-1]) != behind or (sizes < least).any() or (sizes > most).any():
        raise PackingError(f"{blocks} blocks are not the {behind} bytes that are there")
    return Layout(format, width, lanes, ends)


def stored_size(contents: Bytes | bytes) -> int:
    """The bytes of the packed weight that begins here, as its head says; 0 without a head."""
    return _head(contents)[3] if len(contents) >= HEAD_BYTES else 0


def _head(contents: Bytes | bytes) -> tuple[int, int, int, int]:
    """Format, bytes of an element, lanes, and bytes of all."""
    return cast("tuple[int, int, int, int]", _HEAD.unpack(bytes(contents[:HEAD_BYTES])))


def _blocks(contents: Bytes, width: int, block: int) -> Bytes:
    """Blocks x elements x bytes; the last block is filled up with zeros."""
    padded = np.zeros(-(-contents.size // block) * block, np.uint8)
    padded[: contents.size] = contents
    return padded.reshape(-1, block // width, width)


def _mask_bytes(ends: Ints, length: int) -> Mask:
    """Which bytes of the blocks are masks."""
    starts = np.concatenate([[0], ends[:-1]])
    found = np.zeros(int(ends[-1]), bool)
    found[(starts[:, None] + np.arange(length)).reshape(-1)] = True
    return found


@dataclass(frozen=True)
class PackedMemory:
    """Where the bytes of all packed symbols of a program really are; one array entry per block."""

    start: Ints
    """The address of the block's first byte, in order."""
    limit: Ints
    """The address behind the block's symbol."""
    stored: Ints
    """Bytes from the first block of all to the end of this one, with its entry of the index."""
    moved: Ints
    """What leads from a number of `stored` to an address inside of the symbol."""

    @classmethod
    def of(cls, symbols: Iterable[tuple[int, int, Bytes]]) -> PackedMemory:
        """Of (address, size, contents) in order of address. Raises PackingError."""
        nothing = np.zeros(0, np.int64)
        columns = [(nothing, nothing, nothing, nothing)]
        before = 0
        for address, size, contents in symbols:
            found = layout_of(contents, size)
            count = len(found.ends)
            index = INDEX_BYTES * (found.format == "bitmask")
            stored = before + found.ends + index * np.arange(1, count + 1)
            start = address + found.block * np.arange(count, dtype=np.int64)
            same: Ints = np.ones(count, np.int64)
            columns.append((start, same * (address + size), stored, same * (address - before)))
            before = int(stored[-1])
        return cls(*(np.concatenate(column) for column in zip(*columns, strict=True)))

    def __bool__(self) -> bool:
        return len(self.start) > 0

    def holds(self, address: Ints) -> Mask:
        """Which addresses lie in packed symbols."""
        block = np.searchsorted(self.start, address, "right") - 1
        return (block >= 0) & (address < np.append(self.limit, 0)[block])

    def pieces(self, address: Ints, length: Ints) -> tuple[Ints, Ints]:
        """Address and length of what is read for pieces of packed symbols: whole blocks."""
        first = np.searchsorted(self.start, address, "right") - 1
        last = np.searchsorted(self.start, address + length - 1, "right") - 1
        before = np.concatenate([[0], self.stored])[first]
        return before + self.moved[first], self.stored[last] - before
