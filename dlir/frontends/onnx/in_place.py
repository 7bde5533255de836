"""Large weights stay in the model's file, instead of being read, parsed and copied out of it.

The bytes of a large initialiser are replaced, before protobuf sees them, by a reference to where
they stand: ONNX's own external data, whose file is the model itself. What protobuf then parses is
small, and each weight is looked at where it is (`weights.py`) until the import is done. From then
on it is read when it is used, not mapped: whoever writes a model file anew does not expect to
change a model that was loaded from it (`dlir.stored_weights`).

Only the wire format is looked at (https://protobuf.dev/programming-guides/encoding/); text that is
not of this form is left to protobuf, which says what is wrong with it.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from dlir.stored_weights import StoredFile

IN_PLACE = "in-place"
"""The entry of external data that marks such a reference."""

LARGE = 4096
"""Initialisers of fewer bytes stay where they are."""

# Numbers of fields, of onnx.proto
GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5


Data: TypeAlias = mmap.mmap | bytes


class Malformed(ValueError):
    """Bytes that are no protobuf message."""


class Field(NamedTuple):
    """A field of a message: from `start` to `end`, its content (if delimited) from `content` on."""

    number: int
    kind: int
    start: int
    content: int
    end: int


Rewrite: TypeAlias = Callable[[Field], bytes | None]
"""Gives a field another content, or None to leave it."""


def model_bytes(file: StoredFile) -> bytes:
    """What to parse: the file, with references in the place of large weights."""
    data = file.mapped
    if len(data) > LARGE:
        with suppress(Malformed):
            return _model(data, file.path.name)
    return data[:]


def _model(data: Data, name: str) -> bytes:
    return _rewritten(data, 0, len(data), GRAPH, lambda field: _graph(data, field, name))


def _graph(data: Data, graph: Field, name: str) -> bytes:
    def tensor(field: Field) -> bytes | None:
        return _tensor(data, field, name) if field.end - field.start > LARGE else None

    return _rewritten(data, graph.content, graph.end, INITIALIZER, tensor)


def _tensor(data: Data, tensor: Field, name: str) -> bytes | None:
    """The tensor with a reference to its data; None when that is small, or not raw."""
    raw = [f for f in _fields(data, tensor.content, tensor.end) if f.number == RAW_DATA]
    if len(raw) != 1 or raw[0].kind != _DELIMITED or raw[0].end - raw[0].content < LARGE:
        return None
    from onnx import TensorProto

    reference = TensorProto(data_location=TensorProto.EXTERNAL)
    length = raw[0].end - raw[0].content
    place = {"location": name, "offset": raw[0].content, "length": length, IN_PLACE: "yes"}
    for key, value in place.items():
        reference.external_data.add(key=key, value=str(value))
    # Fields of one message may stand in any order, so the reference is put behind the rest.
    rest = data[tensor.content : raw[0].start] + data[raw[0].end : tensor.end]
    return rest + reference.SerializeToString()


def _rewritten(data: Data, start: int, end: int, number: int, rewrite: Rewrite) -> bytes:
    """The message at this place, with other contents of the fields of that number."""
    parts: list[bytes] = []
    done = start
    for field in _fields(data, start, end):
        if field.number != number or field.kind != _DELIMITED:
            continue
        content = rewrite(field)
        if content is not None:
            head = _varint(field.number << 3 | _DELIMITED) + _varint(len(content))
            parts += [data[done : field.start], head, content]
            done = field.end
    return b"".join([*parts, data[done:end]])


def _fields(data: Data, start: int, end: int) -> Iterator[Field]:
    """The fields of a message; raises Malformed."""
    at = start
    while at < end:
        tag, content = _read_varint(data, at, end)
        kind, after = tag & 7, content
        if kind == _VARINT:
            _, after = _read_varint(data, content, end)
        elif kind == _FIXED64:
            after = content + 8
        elif kind == _FIXED32:
            after = content + 4
        elif kind == _DELIMITED:
            size, content = _read_varint(data, content, end)
            after = content + size
        else:
            raise Malformed(f"wire type {kind}")
        if after > end:
            raise Malformed("a field goes beyond its message")
        yield Field(tag >> 3, kind, at, content, after)
        at = after


def _read_varint(data: Data, at: int, end: int) -> tuple[int, int]:
    """A number of 7 bits per byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Malformed("a number that does not end")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
