"""How MLIR types and attributes look in numpy.

| MLIR | numpy |
|---|---|
| `f64 f32 f16` | `float64 float32 float16` |
| `bf16` | `ml_dtypes.bfloat16` |
| `i64 i32 i16 i8` | `int64 int32 int16 int8` (signless integers are kept signed) |
| `ui64 ui32 ui16 ui8` | `uint64 uint32 uint16 uint8` |
| `i1` | `bool_` |
| `f8E4M3FN f8E5M2 f6E3M2FN f4E2M1FN ...` | `ml_dtypes.float8_e4m3fn`, ..., one byte each |
| `tf32` | `float32`, of which the first 19 bits count |
| `i4 i2 ui4 ui2` | `ml_dtypes.int4 int2 uint4 uint2`, one byte each |
| `index` | `int64` |
| `!quant.uniform<...>` | that of the stored integers |
| `tensor`, `vector`, `memref` | `ndarray` of the element's dtype |
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FloatAttr,
    FloatTF32Type,
    IndexType,
    IntegerAttr,
    MemRefType,
    TensorType,
    VectorType,
)
from xdsl.ir import Attribute

from dlir.diagnostics import fail
from dlir.number_formats import FORMATS
from dlir.types import BYTE_FLOATS, StoredType, is_integer, is_unsigned

Array: TypeAlias = NDArray[Any]
ArrayType: TypeAlias = tuple[np.dtype[Any], tuple[int, ...]]
"""Element type and sizes, of which -1 stands for one that is not known."""
Value: TypeAlias = Any
"""An array, a numpy scalar, or a value of some dialect's own (a token, ...)."""

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

_FLOATS: dict[type[Attribute], np.dtype[Any]] = {
    IndexType: np.dtype(np.int64),
    **{
        kind: np.dtype(getattr(ml_dtypes, format.dtype, format.dtype))
        for kind, format in FORMATS.items()
    },
}
_BYTE_FLOATS = {_FLOATS[kind]: kind.name for kind in BYTE_FLOATS}
_INTEGERS: dict[int, np.dtype[Any]] = {
    1: np.dtype(np.bool_),
    2: np.dtype(ml_dtypes.int2),
    4: np.dtype(ml_dtypes.int4),
    8: np.dtype(np.int8),
    16: np.dtype(np.int16),
    32: np.dtype(np.int32),
    64: np.dtype(np.int64),
}
_UNSIGNED: dict[int, np.dtype[Any]] = {
    2: np.dtype(ml_dtypes.uint2),
    4: np.dtype(ml_dtypes.uint4),
    8: np.dtype(np.uint8),
    16: np.dtype(np.uint16),
    32: np.dtype(np.uint32),
    64: np.dtype(np.uint64),
}
_NAMES: dict[np.dtype[Any], str] = {
    **{dtype: f"ui{width}" for width, dtype in _UNSIGNED.items()},
    **{dtype: f"i{width}" for width, dtype in _INTEGERS.items()},
    np.dtype(np.float64): "f64",
    np.dtype(np.float32): "f32",
    np.dtype(np.float16): "f16",
    BFLOAT16: "bf16",
    **_BYTE_FLOATS,
}
_HELD: dict[np.dtype[Any], np.dtype[Any]] = {
    **{_UNSIGNED[width]: _INTEGERS[width] for width in (8, 16, 32, 64)},
    **{table[width]: _INTEGERS[8] for table in (_INTEGERS, _UNSIGNED) for width in (2, 4)},
    **dict.fromkeys(_BYTE_FLOATS, _INTEGERS[8]),
}
"""What has other dtypes below the `dl` dialect: see `dlir.types.held_type`."""
_NARROW_INTEGERS = {table[width] for table in (_INTEGERS, _UNSIGNED) for width in (2, 4)}
CUSTOM_FLOATS = {BFLOAT16, *_BYTE_FLOATS}
"""Floats that numpy has from ml_dtypes."""

_DTYPES: dict[str, np.dtype[Any]] = {
    "index": np.dtype(np.int64),
    "tf32": np.dtype(np.float32),
    **{name: dtype for dtype, name in _NAMES.items()},
}

ShapedType: TypeAlias = TensorType[Any] | MemRefType[Any] | VectorType[Any]


def find_dtype(type: Attribute) -> np.dtype[Any] | None:
    """The dtype of a scalar type, or of the elements of a shaped one; None when numpy has none."""
    if isinstance(type, TensorType | MemRefType | VectorType):
        type = cast(ShapedType, type).element_type
    if isinstance(type, StoredType):
        type = type.stored_as
    if is_integer(type):
        return (_UNSIGNED if is_unsigned(type) else _INTEGERS).get(type.bitwidth)
    return _FLOATS.get(type.__class__)


def dtype_of(type: Attribute) -> np.dtype[Any]:
    """Like `find_dtype`; raises CompileError for a type that has no numpy form."""
    dtype = find_dtype(type)
    if dtype is None:
        fail(None, f"type '{type}' has no numpy form", help="use f64 f32 f16 bf16 iN uiN or index")
    return dtype


def held_values(value: Value) -> Value:
    """The same bits in the dtype that stands for the value's below `dl`; mostly the same object."""
    held = _HELD.get(value.dtype)
    return value if held is None else value.view(held)


def with_bits_of(value: Value, dtype: np.dtype[Any]) -> Value:
    """The same bits in a dtype that is held alike; values of others stay."""
    alike = _HELD.get(value.dtype, value.dtype) == _HELD.get(dtype, dtype)
    return value.view(dtype) if alike and value.dtype != dtype else value


def is_integral(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype holds integers; numpy does not know what those of ml_dtypes are."""
    return dtype.kind in "iu" or dtype in _NARROW_INTEGERS


def readable(array: Array) -> Array:
    """The same numbers in a dtype of numpy's own: what its files and printer understand."""
    if array.dtype in _NARROW_INTEGERS:
        return array.astype(np.int8)
    return array.astype(np.float32) if array.dtype in CUSTOM_FLOATS else array


def dtype_named(name: str) -> np.dtype[Any] | None:
    """The dtype of an MLIR element type's spelling: "bf16" -> bfloat16."""
    return _DTYPES.get(name)


def type_name(value: Value) -> str:
    """MLIR's spelling of an array's or scalar's type, without `tensor<>`: "2x3xf32", "f32"."""
    name = _NAMES.get(value.dtype, str(value.dtype))
    return "x".join([*(str(size) for size in value.shape), name])


def scalar_of(attribute: IntegerAttr[Any] | FloatAttr[Any]) -> Value:
    """The numpy scalar of an integer or float attribute."""
    dtype = dtype_of(attribute.type)
    value: Any = attribute.value.data
    return dtype.type(bool(value) if dtype == np.bool_ else value)


def array_of(attribute: DenseIntOrFPElementsAttr[Any]) -> Array:
    """A dense attribute as a read-only array of its type's shape, without a copy where possible.

    xDSL stores i1 as one byte per element (0 or 0xFF) and tf32 as three, every other type as numpy
    does.
    """
    dtype = dtype_of(attribute.type)
    shape = attribute.get_shape()
    if dtype == np.bool_:
        return (np.frombuffer(attribute.data.data, np.int8) != 0).reshape(shape)
    if isinstance(attribute.type.element_type, FloatTF32Type):
        return _tf32_numbers(attribute.data.data).reshape(shape)
    return np.frombuffer(attribute.data.data, dtype).reshape(shape)


def stored(array: Array, element: Attribute) -> bytes:
    """The inverse of `array_of`: the data of a dense attribute."""
    if array.dtype == np.bool_:
        array = -array.astype(np.int8)
    if isinstance(element, FloatTF32Type):
        codes = (np.ascontiguousarray(array).reshape(-1, 1).view(np.uint32) >> 13).view(np.uint8)
        return codes[:, :3].tobytes()
    return array.tobytes()


def _tf32_numbers(data: bytes) -> Array:
    """Codes of 19 bits, in three bytes each, as float32."""
    codes = np.zeros((len(data) // 3, 4), np.uint8)
    codes[:, :3] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return (codes.view("<u4").reshape(-1) << np.uint32(13)).view(np.float32)


def choose(condition: Value, a: Value, b: Value) -> Value:
    """`a` where the condition holds and `b` elsewhere, of `a`'s dtype; scalars stay scalars."""
    chosen = cast(Array, np.where(condition, a, b))
    return chosen.astype(a.dtype, copy=False)[()]


def uninitialised(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Fresh memory in which a read-before-write shows: NaN in floats, -1 in integers."""
    if dtype == np.bool_:
        return np.ones(shape, dtype)
    count = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return np.full(count, 0xFF, np.uint8).view(dtype).reshape(shape)
