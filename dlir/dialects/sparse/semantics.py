"""What the `sparse` ops mean, in numpy: a value is the whole tensor, however it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.ir import Operation, SSAValue

from dlir.dialects.sparse import storage
from dlir.dialects.sparse.attrs import Encoding, encoding_of
from dlir.dialects.sparse.ops import AssembleOp, DecodeOp, DisassembleOp, EncodeOp
from dlir.numpy_types import Array
from dlir.types import shape_of


def _encoding(value: SSAValue) -> Encoding:
    found = encoding_of(value.type)
    assert found is not None
    return found


def encode(_: Any, op: EncodeOp, x: Array) -> Array:
    """y = x, if it fits"""
    storage.check_fit(_encoding(op.result), x)
    return x


def decode(_: Any, op: DecodeOp, x: Array) -> Array:
    """y = x"""
    return x


def assemble(_: Any, op: AssembleOp, *parts: Array) -> Array:
    """The matrix that the parts store."""
    return storage.assemble(_encoding(op.result), shape_of(op.result.type), parts)


def disassemble(_: Any, op: DisassembleOp, x: Array) -> tuple[Array, ...]:
    """What is stored of the matrix."""
    storage.check_fit(_encoding(op.x), x)
    return storage.disassemble(_encoding(op.x), x)


SEMANTICS: dict[type[Operation], Callable[..., Any]] = {
    EncodeOp: encode,
    DecodeOp: decode,
    AssembleOp: assemble,
    DisassembleOp: disassemble,
}
