"""Element types: numpy's dtypes and xDSL's types."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects.builtin import (
    Float4E2M1FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    IntegerType,
    bf16,
    f16,
    f32,
    f64,
)
from xdsl.ir import Attribute

from dlir.types import unsigned

from .values import Unsupported

_BY_NAME: dict[str, Attribute] = {
    "float32": f32,
    "float64": f64,
    "float16": f16,
    "bfloat16": bf16,
    "int64": IntegerType(64),
    "int32": IntegerType(32),
    "int16": IntegerType(16),
    "int8": IntegerType(8),
    "uint64": unsigned(64),
    "uint32": unsigned(32),
    "uint16": unsigned(16),
    "uint8": unsigned(8),
    "bool": IntegerType(1),
    "int4": IntegerType(4),
    "int2": IntegerType(2),
    "uint4": unsigned(4),
    "uint2": unsigned(2),
    "float8_e4m3fn": Float8E4M3FNType(),
    "float8_e5m2": Float8E5M2Type(),
    "float8_e4m3fnuz": Float8E4M3FNUZType(),
    "float8_e5m2fnuz": Float8E5M2FNUZType(),
    "float4_e2m1fn": Float4E2M1FNType(),
}
"""The element types of the `dl` dialect, by their numpy (or ml_dtypes) name."""


def is_known(dtype: np.dtype[Any]) -> bool:
    """Whether `dl` has the element type."""
    return dtype.name in _BY_NAME


def xdsl_type(dtype: np.dtype[Any]) -> Attribute:
    """The element type of a tensor of `dtype`; raises `Unsupported` for one that `dl` lacks."""
    if not is_known(dtype):
        raise Unsupported(f"element type {dtype.name}")
    return _BY_NAME[dtype.name]


def numpy_type_of(element: Attribute) -> np.dtype[Any]:
    """The dtype of a `dl` element type."""
    import ml_dtypes

    name = next(name for name, attribute in _BY_NAME.items() if attribute == element)
    return np.dtype(getattr(ml_dtypes, name, name))


def is_float(element: Attribute) -> bool:
    return element in (f32, f64, f16, bf16)
