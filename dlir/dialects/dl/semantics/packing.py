"""Several narrow numbers in a byte, the earlier ones in its lower bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops import packing as p
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.numpy_types import Array, dtype_of


def pack(_: Any, op: p.PackOp, x: Array) -> Array:
    """y[.., j] = sum over i of bits(x[.., p * j + i]) << (i * w)"""
    width = p.bits_of(element_of(op.x))
    parts = np.ascontiguousarray(x).view(np.uint8) & np.uint8((1 << width) - 1)
    total = np.zeros((*x.shape[:-1], shape_of(op.result)[-1]), np.uint8)
    for i in range(8 // width):
        part = parts[..., i :: 8 // width]
        total[..., : part.shape[-1]] |= part << np.uint8(i * width)
    return total


def unpack(_: Any, op: p.UnpackOp, x: Array) -> Array:
    """y[.., p * j + i] = the bits i * w .. i * w + w - 1 of x[.., j]"""
    element, size = element_of(op.result), shape_of(op.result)[-1]
    width = p.bits_of(element)
    shifts = np.arange(0, 8, width, dtype=np.uint8)
    parts = (x[..., None] >> shifts) & np.uint8((1 << width) - 1)
    codes = parts.reshape(*x.shape[:-1], x.shape[-1] * len(shifts))[..., :size]
    return np.ascontiguousarray(codes).view(dtype_of(element))


SEMANTICS = {p.PackOp: pack, p.UnpackOp: unpack}
