"""Where the elements of an array are in memory.

numpy tells it by `array.ctypes.data`, which takes almost a microsecond: a good part of a call of a
small model. It is the first field of numpy's documented `PyArrayObject`, behind what every object
begins with, and is read there where that is so.
"""

from __future__ import annotations

import ctypes
import sys

import numpy as np

from dlir.numpy_types import Array

_FIRST_FIELD = object.__basicsize__
_word_at = ctypes.c_size_t.from_address


def _told(array: Array) -> int:
    return array.__array_interface__["data"][0]


def _read(array: Array) -> int:
    return _word_at(id(array) + _FIRST_FIELD).value


def _is_as_documented() -> bool:
    """Whether this interpreter and this numpy lay out arrays so."""
    if sys.implementation.name != "cpython":
        return False
    sample = np.arange(3, dtype=np.int8)
    return all(_read(view) == _told(view) for view in (sample, sample[1:], sample[::-1]))


address_of = _read if _is_as_documented() else _told
"""The address of an array's first element."""
