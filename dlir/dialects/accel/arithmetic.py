"""The machine's numbers: types in memory, conversions, and the vector functions.

The vector unit works in int32 (wrapping) when it reads `i8` or `i32`, and in float32 when it reads
`bf16` or `f32`. Every float result is the exact one rounded once to float32, nearest even; the
transcendental functions are evaluated in float64 first. A float NaN becomes integer 0.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.numpy_types import BFLOAT16
from dlir.requantize import shift_right_rounded

Array: TypeAlias = NDArray[Any]

DTYPES: dict[str, np.dtype[Any]] = {
    "i8": np.dtype(np.int8),
    "bf16": BFLOAT16,
    "i32": np.dtype(np.int32),
    "f32": np.dtype(np.float32),
}
"""Element types in memory, little-endian."""

ACC_TYPES = {"i8": "i32", "i32": "i32", "bf16": "f32", "f32": "f32"}
"""The 32-bit type that a value of some type has in the accumulators."""


_LIMITS = {dtype: (np.iinfo(dtype).min, np.iinfo(dtype).max) for dtype in map(np.dtype, "bi")}


def _clip(x: Array, least: int, most: int) -> Array:
    """`np.clip`, which takes longer than this for a few rows."""
    return np.minimum(np.maximum(x, least), most)


def widen(values: Array) -> Array:
    """What the vector unit works with: int32 or float32; `values` themselves if they are that."""
    return values.astype(np.int32 if values.dtype.kind == "i" else np.float32, copy=False)


def convert(values: Array, dtype: np.dtype[Any]) -> Array:
    """Round int32 or float32 to a type in memory: nearest even, integers saturate, NaN gives 0."""
    if dtype.kind == "i" and values.dtype != dtype:
        limits = _LIMITS[dtype]
        if values.dtype.kind == "f":
            values = np.nan_to_num(np.rint(values.astype(np.float64)), nan=0.0)
        return _clip(values, *limits).astype(dtype)
    with np.errstate(over="ignore"):
        return values.astype(dtype)


def multiply_planes(rows: Array, plane: Array) -> Array:
    """`rows` (m x k) times the weights `plane` (k x n), as the array adds them up.

    int8: exact in int32. bf16: the products (exact in float32) enter the column sum from k = 0 on,
    each addition rounded to float32, starting from the first product.
    """
    if rows.dtype == np.int8:
        # float32 holds sums of up to 1024 products of int8 exactly (2**10 * 2**14 = 2**24).
        exact = np.float32 if rows.shape[1] <= 1024 else np.float64
        return (rows.astype(exact) @ plane.astype(exact)).astype(np.int32)
    # Columns of results are contiguous here: numpy is fast along the many rows.
    a, w = rows.T.astype(np.float32, order="C"), plane.astype(np.float32)[:, :, None]
    total = a[0] * w[0]
    product = np.empty_like(total)
    for k in range(1, len(a)):
        np.multiply(a[k], w[k], out=product)
        total += product
    return total.T


def _select(x: Array, y: Array, d: Array) -> Array:
    return np.where(y != 0, x, d)


def _mulacc(x: Array, y: Array, d: Array) -> Array:
    return d + x * y


def _shift_right(x: Array, y: Array) -> Array:
    return shift_right_rounded(x.astype(np.int64), y & 31).astype(np.int32)


BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "shr": _shift_right,
    "fill": lambda x, y: np.broadcast_to(y, x.shape),
    "div": np.divide,
}
"""`d = fn(x, y)` on int32 or float32 (`div`: float32 only; `shr`: int32 only, to nearest, by y mod
32)."""

TERNARY: dict[str, Callable[[Array, Array, Array], Array]] = {"select": _select, "mulacc": _mulacc}
"""`d = fn(x, y, old d)`: `select` keeps d where y is 0; `mulacc` rounds twice in float32."""


def quantize(x: Array, scale: Array, zero_point: Array) -> Array:
    """`saturate(round(x / scale) + zero_point)` of float32, as int32 in -128..127; NaN as 0."""
    with np.errstate(all="ignore"):
        nearest = np.rint(x / scale)
    moved = np.where(np.isnan(nearest), np.float32(0), nearest) + zero_point
    return _clip(moved, -128, 127).astype(np.int32)


def _erf(x: Array) -> Array:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), np.float64)


def _gelu(x: Array) -> Array:
    return x * (1 + _erf(x / math.sqrt(2))) / 2


FLOAT_UNARY: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "gelu": _gelu,
    "recip": lambda x: 1 / x,
    "rsqrt": lambda x: 1 / np.sqrt(x),
}
"""Functions of float32 only, given float64."""


def float_unary(name: str, x: Array) -> Array:
    """A transcendental function of float32, rounded once from float64."""
    with np.errstate(all="ignore"):
        return FLOAT_UNARY[name](x.astype(np.float64)).astype(np.float32)


def row_sum(x: Array) -> Array:
    """The sum of each row: pairwise tree over the lanes, the width padded to a power of two.

    Lane i takes lane i + width/2, halving the width each step, as the reduction tree does.
    """
    width = 1 << max(0, x.shape[1] - 1).bit_length()
    total = x
    if width > x.shape[1]:
        total = np.zeros((x.shape[0], width), x.dtype)
        total[:, : x.shape[1]] = x
    while width > 1:
        width //= 2
        total = total[:, :width] + total[:, width:]
    return total


def immediate(imm: float, dtype: np.dtype[Any]) -> Array:
    """A number of an instruction: an integer, or a float as the bf16 that the field holds."""
    if dtype.kind == "i":
        return np.array([[int(imm)]], np.int32)
    return widen(np.array([[imm]], np.float32).astype(BFLOAT16))


def immediate_of_bits(bits: int, dtype: np.dtype[Any]) -> Array:
    """The same from the field's 16 bits, given as a signed integer."""
    row = np.array([[bits]], np.int16)
    return widen(row if dtype.kind == "i" else row.view(BFLOAT16))


def unary(fn: str, x: Array, outer: int, lanes: int) -> Array:
    """A function of one operand on rows of int32 or float32, in `outer` groups.

    `lanes` is how many lanes count in functions of whole rows.
    """
    if fn in REDUCE_WALK:
        with np.errstate(all="ignore"):
            groups = x.reshape(outer, -1, x.shape[1]).swapaxes(0, 1)
            return functools.reduce(REDUCE_WALK[fn], groups)
    if fn in FLOAT_UNARY:
        return float_unary(fn, x.astype(np.float32))
    return SHAPES[fn](x, lanes)


def _lane0(column: Array, like: Array) -> Array:
    result = np.zeros_like(like)
    result[:, 0] = column
    return result


def _transposed(x: Array, n: int) -> Array:
    """Rows x C lanes to n rows, whose lanes behind the number of rows are 0."""
    result = np.zeros((n, x.shape[1]), x.dtype)
    result[:, : len(x)] = x[:, :n].T
    return result


SHAPES: dict[str, Callable[[Array, int], Array]] = {
    "copy": lambda x, n: x,
    "relu": lambda x, n: np.maximum(x, 0),
    "rowsum": lambda x, n: _lane0(row_sum(x[:, :n])[:, 0], x),
    "rowmax": lambda x, n: _lane0(x[:, :n].max(1), x),
    "transpose": _transposed,
}
"""Functions of `vs` on int32 or float32; n is the number of lanes that count."""

REDUCE_WALK: dict[str, Callable[[Array, Array], Array]] = {
    "maxinto": np.maximum,
    "addinto": np.add,
}
"""Functions of `vs` that make one row of each outer row, taking the inner rows in order."""
