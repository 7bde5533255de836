"""`dl.pack` and `dl.unpack`: bytes, and an iterator over the numbers in a byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.dialects import arith
from xdsl.dialects.builtin import i8
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.attrs import ui8
from dlir.dialects.dl.ops.packing import PackOp, UnpackOp, bits_of
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Space,
    dimensions,
)
from dlir.lowering.dl_to_structured.narrow import as_type
from dlir.lowering.dl_to_structured.scalar import Scalar, from_index, number
from dlir.lowering.dl_to_structured.sizes import tensor_type
from dlir.types import is_narrow_integer, is_unsigned


def pack(emitter: Emitter, op: PackOp) -> SSAValue:
    """The numbers of a byte, each moved to its place, are joined: a reduction by `or`."""
    width = bits_of(element_type_of(op.x))
    sizes = emitter.sizes.of(op.x)
    letters = dimensions(len(sizes))
    space = Space(letters, "i")
    last = {letters[-1]: space.form({letters[-1]: 8 // width, "i": 1})}
    type = tensor_type(op.result)
    out = emitter.empty(type, [*sizes[:-1], type.get_shape()[-1]])

    def body(position: Scalar, x: Scalar, total: Scalar) -> Scalar:
        code = as_type(x, i8)
        moved = _moved(code & code.like((1 << width) - 1), position, width, arith.ShLIOp)
        return as_type(as_type(total, i8) | moved, ui8)

    return emitter.generic(
        space,
        [Access(op.x, space.forms(letters, last), number(0, element_type_of(op.x)))],
        Destination(out, space.forms(letters)),
        body,
        init=number(0, ui8),
        domain={"i": 8 // width},
        positions="i",
    )


def unpack(emitter: Emitter, op: UnpackOp) -> SSAValue:
    """Each number is moved to the lower end of its byte, and extended as its type says."""
    element = element_type_of(op.result)
    width = bits_of(element)
    sizes = emitter.sizes.of(op.x)
    letters = dimensions(len(sizes))
    space = Space(letters + "i")
    last = {letters[-1]: space.form({letters[-1]: 8 // width, "i": 1})}
    type = tensor_type(op.result)
    out = emitter.empty(type, [*sizes[:-1], type.get_shape()[-1]])
    return emitter.generic(
        space,
        [Access(op.x, space.forms(letters))],
        Destination(out, space.forms(letters, last)),
        lambda position, x: _part(as_type(x, i8), position, width, element),
        domain={"i": 8 // width},
        positions="i",
    )


def _part(code: Scalar, position: Scalar, width: int, element: Attribute) -> Scalar:
    """Signed numbers: up to the sign's end of the byte, and down again with copies of the sign."""
    if is_narrow_integer(element) and not is_unsigned(element):
        back = code.like(8 - width) - from_index(position, i8) * width
        up = code.body.add(arith.ShLIOp(code.value, back.value))
        part = code.body.add(arith.ShRSIOp(up.value, code.like(8 - width).value))
    else:
        part = _moved(code, position, width, arith.ShRUIOp) & code.like((1 << width) - 1)
    return as_type(part, element)


def _moved(code: Scalar, position: Scalar, width: int, kind: type) -> Scalar:
    """A code moved by `position` numbers."""
    places = from_index(position, i8) * width
    return code.body.add(kind(code.value, places.value))


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {PackOp: pack, UnpackOp: unpack}
