"""All numbers of the element types, and what casts make of them, found without dlir's own code.

The oracle of roundings is a table of all numbers of a format that ml_dtypes decodes, searched.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

import dlir
from dlir.dialects.dl.attrs import NARROW
from dlir.dialects.dl.constants import ELEMENTS
from dlir.numpy_types import dtype_of

BY_NAME = {str(t): t for t in [*ELEMENTS.values(), *NARROW.types]}
EIGHT = [name for name, t in BY_NAME.items() if dtype_of(t).itemsize == 1 and name != "i1"]
SIXTEEN = ["f16", "bf16", "i16", "ui16"]
NARROW_FLOATS = [str(t) for t in NARROW.types if "i" not in str(t) and str(t) != "tf32"]
ROUNDED = [*NARROW_FLOATS, "tf32", "bf16", "f16"]
"""Formats with less precision than f32."""


def dtype_named(name: str) -> Any:
    return dtype_of(BY_NAME[name])


def is_integer(name: str) -> bool:
    return name.lstrip("u").startswith("i")


def every_number(name: str) -> Any:
    """All values of a type of 8 or 16 bits, or fewer."""
    dtype = dtype_named(name)
    if dtype.itemsize == 2:
        return np.arange(2**16, dtype=np.uint16).view(dtype)
    if is_integer(name):
        limits = ml_dtypes.iinfo(dtype)
        return np.arange(int(limits.min), int(limits.max) + 1).astype(np.int16).astype(dtype)
    return np.arange(2 ** int(ml_dtypes.finfo(dtype).bits), dtype=np.uint8).view(dtype)


def numbers_of(name: str) -> Any:
    """The finite numbers of a format of up to 16 bits, or of tf32, in order, as f64."""
    if name == "tf32":
        codes = np.arange(2**19, dtype=np.uint32) << 13
        numbers = codes.view(np.float32).astype(np.float64)
    else:
        numbers = every_number(name).astype(np.float64)
    return np.unique(numbers[np.isfinite(numbers)])


def casts(source: str, options: str, targets: list[str], target: str, x: Any) -> dict[str, Any]:
    """x cast to every target type, by one program."""
    lines = [
        f"%{i} = dl.cast %x {options} : tensor<?x{source}> -> tensor<?x{to}>"
        for i, to in enumerate(targets)
    ]
    types = ", ".join(f"tensor<?x{to}>" for to in targets)
    text = (
        f"func.func @main(%x: tensor<?x{source}>) -> ({types}) {{\n"
        + "\n".join(lines)
        + f"\nfunc.return {', '.join(f'%{i}' for i in range(len(targets)))} : {types}\n}}"
    )
    made = dlir.compile(text, target=target, cache=False)(x)
    return dict(zip(targets, made if isinstance(made, tuple) else (made,), strict=True))


def expected_cast(x: Any, to: str) -> Any:
    """What ml_dtypes and numpy make of all numbers of a small type."""
    dtype = dtype_named(to)
    from_integer = x.dtype.kind in "iu" or "int" in x.dtype.name
    if to == "i1":
        return x.astype(np.float64) != 0
    if to == "tf32":
        return rounded(x.astype(np.float64), to).astype(np.float32)
    if not is_integer(to):
        wide = (x.astype(np.int64) if from_integer else x).astype(np.float32)
        if to == "f8E8M0FNU":  # ml_dtypes rounds subnormal numbers up, however near they are
            wide[(wide > 2.0**-127) & (wide < 1.5 * 2.0**-127)] = 2.0**-127
        return wide.astype(dtype)
    limits = ml_dtypes.iinfo(dtype)
    least, most = int(limits.min), int(limits.max)
    if from_integer:
        whole = x.astype(np.int64)
        size = most - least + 1
        if dtype.itemsize == 8:
            return whole.astype(dtype)
        return ((whole - least) % size + least).astype(dtype)
    number = np.clip(np.nan_to_num(np.trunc(x.astype(np.float64)), nan=0.0), -1e30, 1e30)
    whole = [min(max(int(n), least), most) for n in number]
    return np.array(whole, dtype if dtype.kind in "iu" else np.int8).astype(dtype)


def rounded(x: Any, to: str, mode: str = "nearest", *, saturate: bool = False) -> Any:
    """x as numbers of a format with a sign, searched in the table of them."""
    table = numbers_of(to)
    with np.errstate(invalid="ignore"):
        up = np.clip(np.searchsorted(table, x), 0, len(table) - 1)
        below = np.clip(np.searchsorted(table, x, side="right") - 1, 0, len(table) - 1)
        low, high = table[below], table[up]
        if mode == "nearest":
            result = np.where(x - low < high - x, low, high)
            tie = (x - low == high - x) & (low != high)
            result = np.where(tie, np.where(_even(low, to), low, high), result)
        else:
            result = high if mode == "upward" else low
    last = table[-1]
    half = last + (last - table[-2]) / (2 if mode == "nearest" else 1)
    size = np.abs(x)
    if mode == "nearest":
        beyond = (size > half) | (size == half) & ~_even(np.float64(last), to)
    else:
        outward = (x > 0) == (mode == "upward")
        beyond = (size > last) & (outward | np.isinf(x))
    other = _beyond(to)
    result = np.where(beyond, np.copysign(last if saturate or other is None else other, x), result)
    one_zero = "FNUZ" in to
    result = np.where((result == 0) & one_zero, 0.0, np.copysign(result, x))
    no_number = -0.0 if other is None else np.nan
    return np.where(np.isnan(x), no_number, result)


def _even(number: Any, to: str) -> Any:
    """Whether the last bit of a number of a format is 0."""
    if to == "tf32":
        return (np.asarray(number, np.float32).view(np.uint32) >> 13) % 2 == 0
    code = np.asarray(number).astype(np.float32).astype(dtype_named(to))
    return code.view(f"u{code.dtype.itemsize}") % 2 == 0


def _beyond(to: str) -> float | None:
    """inf or NaN, or None in formats of numbers alone."""
    if "f4" in to or "f6" in to:
        return None
    return np.nan if "FN" in to else np.inf


def same(got: Any, want: Any, numbers: Any = True) -> None:
    """The same numbers, NaN where there is NaN, and zeros of one sign in those places."""
    assert got.dtype == want.dtype, (got.dtype, want.dtype)
    a, b = got.astype(np.float64), want.astype(np.float64)
    np.testing.assert_array_equal(a, b)
    signed = ~np.isnan(b) & numbers
    np.testing.assert_array_equal(np.signbit(a)[signed], np.signbit(b)[signed])
