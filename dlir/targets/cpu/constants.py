"""The constants of a compiled model: weights as they are, and what its `@f.init` makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Attribute

from dlir.addresses import address_of
from dlir.numpy_types import Array, ArrayType, Value
from dlir.params import drop_pages
from dlir.passing_memory import passing_bytes
from dlir.targets.cpu.bundle import Bundle, Weight, init_names
from dlir.targets.cpu.execute import NativeModule, dtype_of
from dlir.types import is_memref

ALIGNMENT = 64  # bytes: where an arena and large arrays start
LARGE = 1 << 14  # bytes
Empty = Callable[[Sequence[int], "np.dtype[Any]"], Array]
"""Makes a fresh array of this shape and type."""


def empty(shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """A fresh array; a large one begins at a cache line, so that no vector lies across two."""
    return maker(shape, dtype)()


def maker(shape: Sequence[int], dtype: np.dtype[Any]) -> Callable[[], Array]:
    """What makes arrays like that of `empty`."""
    size = prod(shape) * dtype.itemsize
    if size < LARGE:
        return partial(np.empty, shape, dtype)
    return lambda: room_of(size).view(dtype).reshape(shape)


def load_constants(
    native: NativeModule, bundle: Bundle, params: Mapping[str, Array], empty: Empty = empty
) -> list[Array]:
    """Run `@entry.init`, ... once; a parameter that is used as it is is not copied.

    What is made lies where `empty` says. Raises ValueError when a check of the init function fails.
    """
    made: list[Array] = []
    for name, wanted in zip(init_names(bundle.entry, native.functions), bundle.inits, strict=True):
        init, weights = native.functions[name], [weight_of(w, bundle, params) for w in wanted]
        size = native.functions[f"{name}.plan"](*weights)[0]
        types = map(array_type, init.signature.inputs[len(weights) : -1])
        results = [empty(shape, dtype) for dtype, shape in types]
        init(*weights, *results, aligned(passing_bytes(int(size) + ALIGNMENT), int(size)))
        made += results
        for used in weights:
            drop_pages(used)
    if (message := native.status()) is not None:
        raise ValueError(f"@{bundle.entry}: {message}")
    return [
        made[s] if isinstance(s, int) else weight_of(s, bundle, params, empty)
        for s in bundle.constants
    ]


def weight_of(
    source: Weight, bundle: Bundle, params: Mapping[str, Array], empty: Empty = empty
) -> Array:
    """A weight as the code reads it: as it is, or a copy in another order."""
    name = source if isinstance(source, str) else source.param
    array = bundle.data[name] if name in bundle.data else contiguous(params[name])
    if isinstance(source, str):
        return array
    view = source.of(array)
    if view.flags.c_contiguous:
        return view.view(array.dtype)
    copy = empty(view.shape, view.dtype)
    np.copyto(copy, view)
    drop_pages(array)
    return copy.view(array.dtype)


def contiguous(value: Value) -> Value:
    """An array in row-major order; a copy only when it must be. Scalars pass."""
    if value.__class__ is np.ndarray and cast(Array, value).flags.c_contiguous:
        return value
    return np.require(cast(Array, value), requirements="C") if np.ndim(value) else value


def array_type(attribute: Attribute) -> ArrayType:
    """Of a memref."""
    assert is_memref(attribute)
    return dtype_of(attribute.element_type), attribute.get_shape()


def allocate(types: Sequence[ArrayType], sizes: Sequence[int]) -> list[Array]:
    """Fresh arrays of these types; `sizes` gives every dynamic size, in order."""
    if not sizes:
        return [empty(shape, dtype) for dtype, shape in types]
    known = iter(sizes)
    return [
        empty([next(known) if n == DYNAMIC_INDEX else n for n in shape], dtype)
        for dtype, shape in types
    ]


def room_of(size: int) -> Array:
    """That many bytes, aligned."""
    return aligned(np.empty(size + ALIGNMENT, np.int8), size)


def aligned(raw: Array, size: int) -> Array:
    """That many bytes of larger room, from a cache line on."""
    start = -address_of(raw) % ALIGNMENT
    return raw[start : start + size]
