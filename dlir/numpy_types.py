"""How MLIR types and attributes look in numpy.

| MLIR | numpy |
|---|---|
| `f64 f32 f16` | `float64 float32 float16` |
| `bf16` | `ml_dtypes.bfloat16` |
| `i64 i32 i16 i8` | `int64 int32 int16 int8` (signless integers are kept signed) |
| `ui64 ui32 ui16 ui8` | `uint64 uint32 uint16 uint8` |
| `i1` | `bool_` |
| `index` | `int64` |
| `tensor`, `vector`, `memref` | `ndarray` of the element's dtype |
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import (
    BFloat16Type,
    DenseIntOrFPElementsAttr,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    MemRefType,
    TensorType,
    VectorType,
)
from xdsl.ir import Attribute

from dlir.diagnostics import fail
from dlir.types import is_integer, is_unsigned

Array: TypeAlias = NDArray[Any]
Value: TypeAlias = Any
"""An array, a numpy scalar, or a value of some dialect's own (a token, ...)."""

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

_FLOATS: dict[type[Attribute], np.dtype[Any]] = {
    Float64Type: np.dtype(np.float64),
    Float32Type: np.dtype(np.float32),
    Float16Type: np.dtype(np.float16),
    BFloat16Type: BFLOAT16,
    IndexType: np.dtype(np.int64),
}
_INTEGERS: dict[int, np.dtype[Any]] = {
    1: np.dtype(np.bool_),
    8: np.dtype(np.int8),
    16: np.dtype(np.int16),
    32: np.dtype(np.int32),
    64: np.dtype(np.int64),
}
_UNSIGNED: dict[int, np.dtype[Any]] = {
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
}
_DTYPES: dict[str, np.dtype[Any]] = {
    "index": np.dtype(np.int64),
    **{name: dtype for dtype, name in _NAMES.items()},
}

ShapedType: TypeAlias = TensorType[Any] | MemRefType[Any] | VectorType[Any]


def find_dtype(type: Attribute) -> np.dtype[Any] | None:
    """The dtype of a scalar type, or of the elements of a shaped one; None when numpy has none."""
    if isinstance(type, TensorType | MemRefType | VectorType):
        type = cast(ShapedType, type).element_type
    if is_integer(type):
        return (_UNSIGNED if is_unsigned(type) else _INTEGERS).get(type.bitwidth)
    return _FLOATS.get(type.__class__)


def dtype_of(type: Attribute) -> np.dtype[Any]:
    """Like `find_dtype`; raises CompileError for a type that has no numpy form."""
    dtype = find_dtype(type)
    if dtype is None:
        fail(None, f"type '{type}' has no numpy form", help="use f64 f32 f16 bf16 iN uiN or index")
    return dtype


def with_bits_of(value: Value, dtype: np.dtype[Any]) -> Value:
    """Integers as the same bits of another sign; the same object if they have the dtype."""
    return value if value.dtype == dtype else value.view(dtype)


def signless_values(value: Value) -> Value:
    """Unsigned integers as the same bits of the signed dtype, which signless types have."""
    return value.view(_INTEGERS[8 * value.dtype.itemsize]) if value.dtype.kind == "u" else value


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

    xDSL stores i1 as one byte per element (0 or 0xFF), every other type as numpy does.
    """
    dtype = dtype_of(attribute.type)
    shape = attribute.get_shape()
    if dtype == np.bool_:
        return (np.frombuffer(attribute.data.data, np.int8) != 0).reshape(shape)
    return np.frombuffer(attribute.data.data, dtype).reshape(shape)


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
