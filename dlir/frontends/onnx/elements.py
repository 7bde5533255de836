"""ONNX's numbers of element types."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.frontends.builder.elements import is_known
from dlir.frontends.builder.values import Unsupported


def numpy_type(number: int) -> np.dtype[Any]:
    """The dtype of a TensorProto.DataType; raises `Unsupported` for a string or an unknown one."""
    from onnx import TensorProto, helper

    try:
        dtype = helper.tensor_dtype_to_np_dtype(number)
    except KeyError:
        raise Unsupported(f"element type number {number}") from None
    if not is_known(dtype):
        raise Unsupported(f"element type {TensorProto.DataType.Name(number).lower()}")
    return dtype
