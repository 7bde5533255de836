"""Quantised tensors in numpy: the value is the array of the stored integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.semantics.narrow import widened
from dlir.dialects.dl.semantics.quantization import dequantized, quantized
from dlir.dialects.quant.ops import DcastOp, QcastOp, ScastOp
from dlir.dialects.quant.types import UniformType, misfit, uniform_of
from dlir.numpy_types import Array, dtype_of


def parameters(uniform: UniformType, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Scales and zero points as they broadcast against an array of the shape.

    Raises ValueError if they do not fit it.
    """
    if problem := misfit(shape, uniform):
        raise ValueError(problem)
    scales = np.array([s.data for s in uniform.scales], np.float32)
    zeros = np.array([z.data for z in uniform.zero_points], np.int32)
    return _spread(uniform, shape, scales), _spread(uniform, shape, zeros)


def _spread(uniform: UniformType, shape: tuple[int, ...], values: Array) -> Array:
    values = values.reshape(uniform.shape)
    if uniform.axis is not None:
        return values.reshape(-1, *[1] * (len(shape) - uniform.axis - 1))
    if uniform.shape:
        for axis, block in enumerate(uniform.block_sizes(shape)):
            values = values.repeat(block, axis)
    return values


def _uniform(value: SSAValue) -> UniformType:
    found = uniform_of(value.type)
    assert found is not None
    return found


def qcast(_: Any, op: QcastOp, x: Array) -> Array:
    """saturate(round(x / scale) + zero_point)"""
    uniform = _uniform(op.result)
    dtype = dtype_of(uniform)
    q = quantized(x, *parameters(uniform, x.shape), dtype)
    return np.clip(q.astype(np.int32), *uniform.bounds).astype(dtype)


def dcast(_: Any, op: DcastOp, x: Array) -> Array:
    """(x - zero_point) * scale"""
    uniform = _uniform(op.x)
    return dequantized(widened(x, uniform.storage), *parameters(uniform, x.shape))


def scast(_: Any, op: ScastOp, x: Array) -> Array:
    """y = x"""
    return x


SEMANTICS: dict[type[Operation], Callable[..., Any]] = {
    QcastOp: qcast,
    DcastOp: dcast,
    ScastOp: scast,
}
