"""Files made of named sections, in one canonical form, with a checksum over everything.

All numbers are little-endian.

| bytes | what |
|---|---|
| 4 | the kind of file: `DLX1`, `DLXB` |
| 4 | number of sections |
| 8 | size of the file |
| 32 | SHA-256 of the hardware file's canonical text |
| 32 | SHA-256 of the whole file, these 32 bytes taken as zeros |
| 24 each | sections: name (8 bytes, zero-padded), offset, size |

Sections follow one another at multiples of 16 bytes, with zeros between them; nothing else is read.
Reading takes memory in proportion to the file's length, whatever the numbers in it claim.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from dlir.diagnostics import fail, file_location

ALIGNMENT = 16
_HEAD = struct.Struct("<4sIQ32s32s")
_CHECKSUM = slice(48, 80)
_SECTION = struct.Struct("<8sQQ")


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _checksum(data: bytes) -> bytes:
    digest = hashlib.sha256(data[: _CHECKSUM.start])
    digest.update(bytes(32))
    digest.update(memoryview(data)[_CHECKSUM.stop :])
    return digest.digest()


def write_sections(magic: bytes, machine_hash: bytes, sections: Mapping[str, bytes]) -> bytes:
    """The bytes of a file."""
    offset = _aligned(_HEAD.size + _SECTION.size * len(sections))
    table: list[bytes] = []
    body: list[bytes] = []
    for name, contents in sections.items():
        table.append(_SECTION.pack(name.encode(), offset, len(contents)))
        padded = contents.ljust(_aligned(len(contents)), b"\0")
        body.append(padded)
        offset += len(padded)
    head = _HEAD.pack(magic, len(sections), offset, machine_hash, bytes(32)) + b"".join(table)
    data = b"".join([head.ljust(_aligned(len(head)), b"\0"), *body])
    return data[: _CHECKSUM.start] + _checksum(data) + data[_CHECKSUM.stop :]


AGAIN = "copy the file again, or compile the model again"


@dataclass
class SectionFile:
    """A file while it is read; everything raises CompileError at what is not canonical."""

    name: str
    data: bytes

    def reject(self, message: str, help: str | None = None) -> NoReturn:
        """The file is not what it should be."""
        fail(file_location(self.name, 0, 0), message, rule="dlx", help=help)

    def text(self, data: bytes, what: str) -> str:
        """UTF-8 text."""
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            self.reject(f"{what} is not UTF-8 text (at its byte {error.start})")

    def read(self, magic: bytes) -> tuple[bytes, dict[str, bytes]]:
        """The hash of the machine, and the sections by name."""
        return self._check_head(magic), self._sections()

    def _check_head(self, magic: bytes) -> bytes:
        """Magic, size and checksum; gives the hash of the machine."""
        data = self.data
        if data[:4] != magic:
            self.reject(f"not a {magic.decode()} file: it begins with {data[:4]!r}")
        if len(data) < _HEAD.size:
            self.reject(f"the file ends in its head: {len(data)} bytes of {_HEAD.size}", AGAIN)
        _, count, size, machine_hash, checksum = _HEAD.unpack_from(data)
        if size != len(data):
            what = "truncated" if size > len(data) else "followed by something else"
            self.reject(f"the file is {what}: {size} bytes expected, {len(data)} there", AGAIN)
        if _HEAD.size + count * _SECTION.size > size:
            self.reject(f"{count} sections do not fit into a file of {size} bytes")
        if checksum != _checksum(data):
            self.reject(
                f"the checksum is {_checksum(data).hex()[:12]}, but the file says "
                f"{checksum.hex()[:12]}: it is damaged",
                help=AGAIN,
            )
        return machine_hash

    def _sections(self) -> dict[str, bytes]:
        """Name -> contents. Sections follow one another, with zeros between them."""
        count, size = _HEAD.unpack_from(self.data)[1:3]
        sections: dict[str, bytes] = {}
        end = _HEAD.size + count * _SECTION.size
        for number in range(count):
            place = _HEAD.size + number * _SECTION.size
            raw, offset, length = _SECTION.unpack_from(self.data, place)
            name = self.text(raw.rstrip(b"\0"), f"the name of section {number}")
            if offset > size or length > size - offset:
                self.reject(
                    f"section '{name}' is {length} bytes at {offset}, of {size} in the file"
                )
            if offset != _aligned(end):
                self.reject(f"section '{name}' begins at {offset}, not at {_aligned(end)}")
            if self.data[end:offset].strip(b"\0"):
                self.reject(f"the padding before section '{name}' is not zero")
            if name in sections:
                self.reject(f"section '{name}' is there twice")
            sections[name] = self.data[offset : offset + length]
            end = offset + length
        if size != _aligned(end) or self.data[end:].strip(b"\0"):
            self.reject(f"the last section ends at {end}, the file at {size}")
        return sections

    def records(
        self, section: str, data: bytes, fixed: struct.Struct, lengths: slice
    ) -> Iterator[tuple[tuple[int, ...], list[str]]]:
        """Records of a fixed part and texts, whose lengths are among the fixed part's numbers."""
        at = 0
        while at < len(data):
            if len(data) - at < fixed.size:
                self.reject(f"section '{section}' ends inside of the record at {at}")
            numbers = fixed.unpack_from(data, at)
            at += fixed.size
            texts: list[str] = []
            for length in numbers[lengths]:
                if length > len(data) - at:
                    self.reject(
                        f"section '{section}': a text of {length} bytes, {len(data) - at} left"
                    )
                texts.append(self.text(data[at : at + length], f"a text of section '{section}'"))
                at += length
            yield numbers, texts
