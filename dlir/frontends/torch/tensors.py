"""Tensors of PyTorch as arrays of numpy and back: the same memory, seen by the other library."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.ir import Attribute

from dlir.frontends.builder.elements import xdsl_type
from dlir.frontends.builder.values import Array, Unsupported

if TYPE_CHECKING:
    import torch


def numpy_dtype(dtype: torch.dtype) -> np.dtype[Any]:
    """The dtype of the same name; raises `Unsupported` for what numpy and ml_dtypes lack."""
    import ml_dtypes

    name = str(dtype).removeprefix("torch.")
    if name == "bfloat16":
        return np.dtype(ml_dtypes.bfloat16)
    try:
        return np.dtype(name)
    except TypeError:
        raise Unsupported(f"element type {name}") from None


def element_type(dtype: torch.dtype) -> Attribute:
    """The `dl` element type of a dtype; raises `Unsupported` for one that `dl` lacks."""
    return xdsl_type(numpy_dtype(dtype))


def to_numpy(tensor: torch.Tensor) -> Array:
    """The tensor's memory as an array. Raises `Unsupported` for what is no plain CPU tensor."""
    import torch

    if tensor.device.type != "cpu" or tensor.layout != torch.strided:
        raise Unsupported(f"a tensor on {tensor.device.type} of layout {tensor.layout}")
    if tensor.dtype == torch.bfloat16:
        return tensor.detach().view(torch.int16).numpy().view(numpy_dtype(tensor.dtype))
    return tensor.numpy(force=True)


def from_numpy(array: Array) -> torch.Tensor:
    """An array's memory as a tensor; copied if it is read-only, or runs backwards."""
    import torch

    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    make: Callable[[Array], torch.Tensor] = cast(Any, torch).from_numpy
    if array.dtype.name == "bfloat16":
        return make(array.view(np.int16)).view(torch.bfloat16)
    return make(array)
