"""What the semantics of several families share.

Floats are computed in f64 and rounded once to the result's element type, so that every value is as
right as it can be; integers are computed in their own type and wrap around.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import FLOATS, Tensor
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.upstream.rounding import narrow
from dlir.numpy_types import Array, dtype_of

F64 = np.float64


def result_dtype(op: Operation) -> np.dtype[Any]:
    return dtype_of(op.results[0].type)


def is_float(value: SSAValue) -> bool:
    return cast(Tensor, value.type).element_type in FLOATS


def to_f64(array: Array) -> Array:
    return array.astype(F64)


def rounded(array: Array, dtype: np.dtype[Any]) -> Array:
    """The array in the result's element type, rounded once."""
    return np.asarray(narrow(array, dtype))


def sizes_of(shape: Sequence[int], values: Sequence[Any]) -> tuple[int, ...]:
    """The shape with each `?` replaced by the next value; raises ValueError for a negative one."""
    given = iter(values)
    sizes = tuple(int(next(given)) if dim == shapes.DYNAMIC else dim for dim in shape)
    if min(sizes, default=0) < 0:
        raise ValueError(f"a size is negative: {[*sizes]}")
    return sizes


def stretched(operands: Sequence[SSAValue], arrays: Sequence[Array]) -> list[Array]:
    """The arrays broadcast to one shape; raises ValueError if a `?` would have to stretch."""
    if len({array.shape for array in arrays}) == 1:
        return [*arrays]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    for operand, array in zip(operands, arrays, strict=True):
        check_stretch(shape_of(operand), array.shape, shape)
    return [*np.broadcast_arrays(*arrays)]


def check_stretch(static: Sequence[int], actual: Sequence[int], shape: Sequence[int]) -> None:
    """Only a size that is written as 1 may stretch; raises ValueError."""
    target = shape[len(shape) - len(actual) :]
    for written, size, wanted in zip(static, actual, target, strict=True):
        if written != 1 and size != wanted:
            raise ValueError(f"a `?` of size {size} meets size {wanted}; only a static 1 stretches")


def check_result(op: Operation, values: tuple[Any, ...]) -> None:
    """The values have the sizes and the element types of the result types; raises ValueError."""
    for result, value in zip(op.results, values, strict=True):
        type: Attribute = result.type
        if not isinstance(type, TensorType):
            continue
        type = cast(Tensor, type)
        written = type.get_shape()
        assert value.dtype == dtype_of(type), f"{op.name}: {value.dtype} for {type}"
        if not shapes.fits(value.shape, written):
            raise ValueError(f"result has shape {shapes.text(value.shape)}, expected {type}")
