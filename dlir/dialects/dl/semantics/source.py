"""Constants, weights, counting and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops.source import ConstantOp, DimOp, IotaOp, ParamOp
from dlir.dialects.dl.semantics.common import result_dtype, sizes_of
from dlir.numpy_types import Array, array_of, held_values, type_name
from dlir.types import ELEMENT_MARK


def constant(_: Any, op: ConstantOp) -> Array:
    """y = value"""
    return array_of(op.value)


def param(interp: Any, op: ParamOp) -> Array:
    """y = params[name]"""
    name, type = op.param_name.data, op.type
    if name not in interp.params:
        given = ", ".join(sorted(interp.params)) or "none"
        raise ValueError(f'no weight named "{name}" was given (given: {given})')
    array = interp.params[name]
    if ELEMENT_MARK in op.attributes:
        array = held_values(array)
    if array.shape != type.get_shape() or array.dtype != result_dtype(op):
        raise ValueError(f'weight "{name}" has type {type_name(array)}, expected {type}')
    return array


def iota(_: Any, op: IotaOp, *sizes: Any) -> Array:
    """y[i] = i[axis]"""
    shape, axis = sizes_of(op.type.get_shape(), sizes), op.axis.value.data
    counted = np.arange(shape[axis]).astype(result_dtype(op))
    return np.broadcast_to(counted.reshape(-1, *[1] * (len(shape) - axis - 1)), shape)


def dim(_: Any, op: DimOp, x: Array) -> Any:
    """n = shape(x)[axis]"""
    return np.int64(x.shape[op.axis.value.data])


SEMANTICS = {ConstantOp: constant, ParamOp: param, IotaOp: iota, DimOp: dim}
