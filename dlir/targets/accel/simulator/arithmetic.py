"""The machine's numbers: types in memory, conversions, requantisation, and the vector functions.

The vector unit works in int32 (wrapping) when it reads `i8` or `i32`, and in float32 when it reads
`bf16` or `f32`. Every float result is the exact one rounded once to float32, nearest even; the
transcendental functions are evaluated in float64 first. A float NaN becomes integer 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.numpy_types import BFLOAT16

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


def requantize(x: Array, multiplier: Array, shift: Array, zero_point: int) -> Array:
    """int32 to int8 by one rounding: `saturate(zero_point + x * multiplier / 2**(31 + shift))`.

    The product is exact in int64 (`|x * multiplier| <= 2**62`); halves go away from zero. `shift`
    is in -31..31; `multiplier` and `shift` are int32, one per lane. The result has int32 elements
    in -128..127.
    """
    product = x.astype(np.int64) * multiplier.astype(np.int64)
    rounded = shift_right_rounded(product, shift.astype(np.int64) + 31)
    return _clip(rounded + zero_point, -128, 127).astype(np.int32)


def shift_right_rounded(x: Array, bits: Array) -> Array:
    """`x / 2**bits` to nearest, halves away from zero, for int64 up to 2**62 and bits in 0..62."""
    bits = bits.astype(np.int64)
    half = (np.int64(1) << bits) >> 1
    # A shift rounds down, so a half of a negative number, which has to go down, needs one less.
    return (x + half - ((x < 0) & (half > 0))) >> bits


_LIMITS = {dtype: (np.iinfo(dtype).min, np.iinfo(dtype).max) for dtype in map(np.dtype, "bi")}


def _clip(x: Array, least: int, most: int) -> Array:
    """`np.clip`, which takes longer than this for a few rows."""
    return np.minimum(np.maximum(x, least), most)


def widen(values: Array) -> Array:
    """What the vector unit works with: int32 or float32."""
    if values.dtype.kind == "i":
        return values.astype(np.int32)
    return values.astype(np.float32)


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
}
"""`d = fn(x, y)` on int32 or float32 (`shr`: int32 only, to nearest, by y mod 32)."""

TERNARY: dict[str, Callable[[Array, Array, Array], Array]] = {"select": _select, "mulacc": _mulacc}
"""`d = fn(x, y, old d)`: `select` keeps d where y is 0; `mulacc` rounds twice in float32."""


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
    total = np.zeros((x.shape[0], width), x.dtype)
    total[:, : x.shape[1]] = x
    while width > 1:
        width //= 2
        total = total[:, :width] + total[:, width:]
    return total
