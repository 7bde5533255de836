"""ONNX operators on arrays of numpy, or of a library with the same functions (JAX)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from onnx import TensorProto

Array = Any


def array_operators(xp: Any, real: Any) -> dict[str, Callable[..., Any]]:
    """The operators that are the same for all; `real` is the type that floats are cast to."""
    binary = {
        "Add": xp.add, "Div": xp.divide, "Max": xp.maximum, "MatMul": xp.matmul,
        "Mul": xp.multiply, "Pow": xp.power, "Sub": xp.subtract, "Where": xp.where,
    }  # fmt: skip
    unary = {"Sqrt": xp.sqrt, "Tanh": xp.tanh}
    others: dict[str, Callable[..., Any]] = {
        "Attention": partial(_attention, xp),
        "BatchNormalization": partial(_batch_norm, xp),
        "Cast": lambda x, to: x.astype(real if to == TensorProto.FLOAT else np.int64),
        "Concat": lambda *parts, axis: xp.concatenate(parts, axis),
        "Dropout": lambda x, *_, **__: x,
        "Flatten": lambda x, axis=1: x.reshape(math.prod(x.shape[:axis]), -1),
        "Gather": lambda x, indices, axis=0: xp.take(x, indices, axis=axis),
        "Gemm": _gemm,
        "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
        "LayerNormalization": partial(_layer_norm, xp),
        "ReduceL2": lambda x, axes, keepdims=1: xp.sqrt(
            (x * x).sum(axis=tuple(axes), keepdims=bool(keepdims))
        ),
        "ReduceMean": lambda x, axes, keepdims=1: x.mean(tuple(axes), keepdims=bool(keepdims)),
        "ReduceSum": lambda x, axes, keepdims=1: x.sum(tuple(axes), keepdims=bool(keepdims)),
        "Relu": lambda x: xp.maximum(x, 0),
        "Reshape": _reshape,
        "Shape": lambda x: np.array(x.shape),
        "Sigmoid": lambda x: 1 / (1 + xp.exp(-x)),
        "Slice": _slice,
        "Softmax": partial(_softmax, xp),
        "Split": lambda x, sizes, axis=0: xp.split(x, np.cumsum(np.asarray(sizes))[:-1], axis),
        "Squeeze": lambda x, axes: x.squeeze(tuple(axes)),
        "Sum": lambda *parts: sum(parts[1:], parts[0]),
        "Transpose": lambda x, perm: xp.transpose(x, perm),
        "Unsqueeze": lambda x, axes: xp.expand_dims(x, tuple(map(int, axes))),
    }
    return {**binary, **unary, **others}


def numpy_operators(real: Any = np.float64) -> dict[str, Callable[..., Any]]:
    """For numpy, in double precision unless `real` says otherwise.

    A transposition makes an array, as it does for the others: a view would not move a byte.
    """

    def erf(x: Array) -> Array:
        flat = np.fromiter(map(math.erf, x.ravel().tolist()), real, x.size)
        return flat.reshape(x.shape)

    return {
        **array_operators(np, real),
        "Conv": _conv,
        "Erf": erf,
        "Gelu": lambda x: x * (1 + erf(x * math.sqrt(0.5))) / 2,
        "LSTM": _lstm,
        "MatMulNBits": _matmul_bits,
        "MaxPool": _max_pool,
        "Transpose": lambda x, perm: np.ascontiguousarray(np.transpose(x, perm)),
    }


def _attention(xp: Any, q: Array, k: Array, v: Array, *, scale: float, is_causal: int = 0) -> Array:
    scores = xp.matmul(q, xp.swapaxes(k, -1, -2)) * scale
    if is_causal:
        scores = xp.where(xp.tri(*scores.shape[-2:], dtype=bool), scores, -xp.inf)
    return xp.matmul(_softmax(xp, scores), v)


def _gemm(
    a: Array,
    b: Array,
    c: Array = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> Array:
    product = (a.T if transA else a) @ (b.T if transB else b)
    scaled = product if alpha == 1 else alpha * product
    return scaled if c is None else scaled + (c if beta == 1 else beta * c)


def _matmul_bits(
    x: Array, w: Array, scales: Array, *, K: int, N: int, bits: int, block_size: int
) -> Array:
    """Unsigned integers around half of their range; those of 4 bits two to a byte."""
    codes = w.reshape(N, -1)
    if bits == 4:
        codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(N, -1)
    wide = codes[:, :K].astype(x.dtype) - (1 << (bits - 1))
    return x @ (wide * np.repeat(scales, block_size, axis=1)[:, :K].astype(x.dtype)).T


def _layer_norm(
    xp: Any, x: Array, scale: Array, bias: Array, axis: int = -1, epsilon: float = 1e-5
) -> Array:
    axes = tuple(range(axis % x.ndim, x.ndim))
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = (centred * centred).mean(axis=axes, keepdims=True)
    return centred / xp.sqrt(variance + epsilon) * scale + bias


def _batch_norm(
    xp: Any,
    x: Array,
    scale: Array,
    bias: Array,
    mean: Array,
    var: Array,
    epsilon: float = 1e-5,
    **_: Any,
) -> Array:
    factor = (scale / xp.sqrt(var + epsilon))[:, None, None]
    return x * factor + (bias[:, None, None] - mean[:, None, None] * factor)


def _softmax(xp: Any, x: Array, axis: int = -1) -> Array:
    exp = xp.exp(x - x.max(axis=axis, keepdims=True))
    return exp / exp.sum(axis=axis, keepdims=True)


def _reshape(x: Array, shape: Sequence[int], **_: Any) -> Array:
    return x.reshape([x.shape[i] if n == 0 else int(n) for i, n in enumerate(shape)])


def _slice(
    x: Array,
    starts: Sequence[int],
    ends: Sequence[int],
    axes: Sequence[int] | None = None,
    steps: Sequence[int] | None = None,
) -> Array:
    where = [slice(None)] * x.ndim
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        step = 1 if steps is None else int(steps[number])
        where[number if axes is None else int(axes[number])] = slice(int(start), int(end), step)
    return x[tuple(where)]


def _windows(x: Array, kernel: Sequence[int], strides: Sequence[int]) -> Array:
    """[batch, channels, rows, columns, *kernel]."""
    views = np.lib.stride_tricks.sliding_window_view(x, kernel, (2, 3))
    return views[:, :, :: strides[0], :: strides[1]]


def _padded(x: Array, pads: Sequence[int], value: float) -> Array:
    top, left, bottom, right = pads
    widths = (0, 0), (0, 0), (top, bottom), (left, right)
    return np.pad(x, widths, constant_values=value)


def _conv(
    x: Array,
    w: Array,
    bias: Array = None,
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
    group: int = 1,
    **_: Any,
) -> Array:
    padded, filters = _padded(x, pads, 0), len(w) // group
    channels = x.shape[1] // group
    parts: list[Array] = []
    for number in range(group):
        own = padded[:, number * channels : (number + 1) * channels]
        windows = _windows(own, w.shape[2:], strides)
        weights = w[number * filters : (number + 1) * filters]
        part = np.tensordot(windows, weights, axes=((1, 4, 5), (1, 2, 3)))
        parts.append(np.moveaxis(part, -1, 1))
    result = np.concatenate(parts, axis=1)
    return result if bias is None else result + bias[:, None, None]


def _max_pool(
    x: Array,
    kernel_shape: Sequence[int],
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
    **_: Any,
) -> Array:
    return _windows(_padded(x, pads, -np.inf), kernel_shape, strides).max(axis=(4, 5))


def lstm_step(xp: Any, gates: Array, cell: Array) -> tuple[Array, Array]:
    """Hidden and cell state after one step; gates in the order of ONNX: in, out, forget, cell."""

    def sigmoid(x: Array) -> Array:
        return 1 / (1 + xp.exp(-x))

    i, o, f, c = xp.split(gates, 4, axis=-1)
    new = sigmoid(f) * cell + sigmoid(i) * xp.tanh(c)
    return sigmoid(o) * xp.tanh(new), new


def lstm_start(
    xp: Any, x: Array, w: Array, b: Array, states: Sequence[Array], hidden_size: int
) -> tuple[Array, Array, Array]:
    """What the input adds to the gates of each step, and the state before the first."""
    inputs = x @ w[0].T + (b[0, : 4 * hidden_size] + b[0, 4 * hidden_size :])
    zeros = xp.zeros((x.shape[1], hidden_size), x.dtype)
    _, hidden, cell = (*states, None, None, None)[:3]
    return inputs, zeros if hidden is None else hidden[0], zeros if cell is None else cell[0]


def _lstm(
    x: Array, w: Array, r: Array, b: Array, *states: Array, hidden_size: int, **_: Any
) -> tuple[Array, Array, Array]:
    """One direction; `states` are lengths (none of them), hidden and cell state."""
    inputs, hidden, cell = lstm_start(np, x, w, b, states, hidden_size)
    steps: list[Array] = []
    for row in inputs:
        hidden, cell = lstm_step(np, row + hidden @ r[0].T, cell)
        steps.append(hidden[None])
    return np.stack(steps), hidden[None], cell[None]
