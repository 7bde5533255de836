"""Constants whose bytes stand at the end of a text: `dense_resource<key>`.

torch-mlir and mlir-opt write large constants so. A model is loaded with the bytes in place; a tool
that only rewrites text (`dlir-opt`) leaves them where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
from xdsl.dialects.arith import ConstantOp
from xdsl.dialects.builtin import (
    BytesAttr,
    DenseIntOrFPElementsAttr,
    DenseResourceAttr,
    ModuleOp,
)

from dlir.diagnostics import fail
from dlir.printer import is_boolean

_ALIGNMENT_BYTES = 4
"""A blob begins with its alignment, in little endian."""

_BOOLEANS = bytes([0, *[0xFF] * 255])
"""A blob's booleans are 0 and 1, those of a constant 0 and 0xFF."""


def take_resources(module: ModuleOp, ctx: Context) -> None:
    """Give constants the bytes that the text, just read with `ctx`, has for them."""
    blobs = ctx.get_dialect("builtin").get_interface(OpAsmDialectInterface)
    known: dict[tuple[str, Any], DenseIntOrFPElementsAttr[Any]] = {}
    for op in module.walk():
        if isinstance(op, ConstantOp) and isinstance(value := op.value, DenseResourceAttr):
            handle = value.resource_handle.data
            text = blobs.lookup(handle) if blobs is not None else None
            if not text:
                fail(op, f"no resource '{handle}' in this text", help="was it elided when printed?")
            key = (handle, value.type)
            if key not in known:
                known[key] = _constant(op, value, text)
            op.properties = {**cast(Mapping[str, Any], op.properties), "value": known[key]}


def _constant(op: ConstantOp, value: DenseResourceAttr, text: str) -> DenseIntOrFPElementsAttr[Any]:
    type: Any = value.type
    try:
        data = bytes.fromhex(text.removeprefix("0x"))[_ALIGNMENT_BYTES:]
    except ValueError:
        fail(op, f"resource '{value.resource_handle.data}' is not hexadecimal")
    wanted = prod(type.get_shape()) * type.element_type.compile_time_size
    if len(data) != wanted:
        fail(op, f"its resource has {len(data)} bytes, its type takes {wanted}")
    if is_boolean(type.element_type):
        data = data.translate(_BOOLEANS)
    return DenseIntOrFPElementsAttr(type, BytesAttr(data))
