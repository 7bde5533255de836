"""Element types: numpy's dtypes and xDSL's types."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects.builtin import bf16, f16, f32, f64
from xdsl.ir import Attribute

from dlir.dialects.dl.constants import ELEMENTS

from .values import Unsupported


def is_known(dtype: np.dtype[Any]) -> bool:
    """Whether `dl` has the element type."""
    return dtype.name in ELEMENTS


def xdsl_type(dtype: np.dtype[Any]) -> Attribute:
    """The element type of a tensor of `dtype`; raises `Unsupported` for one that `dl` lacks."""
    if not is_known(dtype):
        raise Unsupported(f"element type {dtype.name}")
    return ELEMENTS[dtype.name]


def numpy_type_of(element: Attribute) -> np.dtype[Any]:
    """The dtype of a `dl` element type."""
    import ml_dtypes

    name = next(name for name, attribute in ELEMENTS.items() if attribute == element)
    return np.dtype(getattr(ml_dtypes, name, name))


def is_float(element: Attribute) -> bool:
    return element in (f32, f64, f16, bf16)
