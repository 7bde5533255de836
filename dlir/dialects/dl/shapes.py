"""Shape inference: plain functions on shapes; `DYNAMIC`, written `?`, is known at run time only.

A `?` that meets another `?` or a number is taken to be equal to it (the semantics check it when the
program runs), and it never stretches; only a static 1 broadcasts. A function returns None when no
size could make its operands fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from math import prod
from typing import TypeAlias

from xdsl.dialects.builtin import DYNAMIC_INDEX

Shape: TypeAlias = tuple[int, ...]

DYNAMIC = DYNAMIC_INDEX


def text(shape: Sequence[int]) -> str:
    """`[2, ?]`, as shapes appear in messages."""
    return f"[{', '.join('?' if dim == DYNAMIC else str(dim) for dim in shape)}]"


def is_static(shape: Sequence[int]) -> bool:
    return DYNAMIC not in shape


def element_count(shape: Sequence[int]) -> int:
    """The number of elements, or DYNAMIC; a zero decides whatever the other sizes are."""
    if 0 in shape:
        return 0
    return prod(shape) if is_static(shape) else DYNAMIC


def meet(a: int, b: int) -> int | None:
    """One size for two that must be equal: the static one if there is one."""
    if a == DYNAMIC:
        return b
    return a if b in (a, DYNAMIC) else None


def meet_shapes(a: Sequence[int], b: Sequence[int]) -> Shape | None:
    """`meet` dimension by dimension; the ranks must be equal."""
    if len(a) != len(b):
        return None
    return _all([meet(x, y) for x, y in zip(a, b, strict=True)])


def broadcast(*shapes: Sequence[int]) -> Shape | None:
    """numpy's broadcasting of trailing dimensions: a static 1 takes the other size."""
    columns = zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    result = _all([_broadcast_sizes(column) for column in columns])
    return None if result is None else result[::-1]


def _broadcast_sizes(sizes: Sequence[int]) -> int | None:
    result = 1
    for size in sizes:
        if size == 1:
            continue
        joined = size if result == 1 else meet(result, size)
        if joined is None:
            return None
        result = joined
    return result


def matmul(
    lhs: Sequence[int], rhs: Sequence[int], transpose_lhs: bool, transpose_rhs: bool
) -> tuple[tuple[int, int], tuple[int, int], Shape | None]:
    """((m, k of lhs), (k of rhs, n), broadcast batch) of a product of two stacks of matrices."""
    rows, inner_lhs = (lhs[-1], lhs[-2]) if transpose_lhs else (lhs[-2], lhs[-1])
    inner_rhs, columns = (rhs[-1], rhs[-2]) if transpose_rhs else (rhs[-2], rhs[-1])
    return (rows, inner_lhs), (inner_rhs, columns), broadcast(lhs[:-2], rhs[:-2])


def window(size: int, kernel: int, stride: int, low: int, high: int, dilation: int) -> int | None:
    """How many places a sliding window has: floor((size + low + high - extent) / stride) + 1."""
    if DYNAMIC in (size, kernel):
        return DYNAMIC
    places = (size + low + high - ((kernel - 1) * dilation + 1)) // stride + 1
    return places if places > 0 else None


def windows(
    image: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[int],
    dilations: Sequence[int],
) -> Shape | None:
    """`window` for each dimension of an image; padding is low by dimension, then high."""
    rank = len(image)
    sizes = zip(image, kernel, strides, padding[:rank], padding[rank:], dilations, strict=True)
    return _all([window(*size) for size in sizes])


def spread(
    size: int, kernel: int, stride: int, padding: int, dilation: int, extra: int
) -> int | None:
    """How many places a transposed window covers; `padding` is the sum of both ends."""
    if DYNAMIC in (size, kernel):
        return DYNAMIC
    places = (size - 1) * stride + (kernel - 1) * dilation + 1 - padding + extra
    return places if places > 0 else None


def reduce(shape: Sequence[int], axes: Sequence[int], keepdims: bool) -> Shape:
    """The shape without the reduced axes, or with a 1 in their place."""
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    return tuple(kept if keepdims else (s for a, s in enumerate(shape) if a not in axes))


def concat(shapes: Sequence[Sequence[int]], axis: int) -> Shape | None:
    """Equal sizes but along the axis, where they add up."""
    along = [shape[axis] for shape in shapes]
    total = sum(along) if is_static(along) else DYNAMIC
    result: Shape | None = tuple(shapes[0])
    for shape in shapes[1:]:
        if result is None or len(shape) != len(result):
            return None
        result = meet_shapes((*result[:axis], 0, *result[axis + 1 :]),
                             (*shape[:axis], 0, *shape[axis + 1 :]))  # fmt: skip
    return None if result is None else (*result[:axis], total, *result[axis + 1 :])


def gather(shape: Sequence[int], indices: Sequence[int], axis: int) -> Shape:
    """The axis gives way to the shape of the indices."""
    return (*shape[:axis], *indices, *shape[axis + 1 :])


def pad(shape: Sequence[int], low: Sequence[int], high: Sequence[int]) -> Shape:
    """Each static size grows at both ends."""
    sizes = zip(shape, low, high, strict=True)
    return tuple(n if n == DYNAMIC else before + n + after for n, before, after in sizes)


def reshape(shape: Sequence[int], target: Sequence[int]) -> Shape:
    """`target` with its only `?` computed, when everything else is static and it divides."""
    count, known = element_count(shape), prod(dim for dim in target if dim != DYNAMIC)
    if list(target).count(DYNAMIC) != 1 or count == DYNAMIC or known == 0 or count % known:
        return tuple(target)
    return tuple(count // known if dim == DYNAMIC else dim for dim in target)


def fits(written: Sequence[int], inferred: Sequence[int]) -> bool:
    """Whether a result may be written so: static wherever inference is."""
    return len(written) == len(inferred) and all(
        known in (DYNAMIC, size) for size, known in zip(written, inferred, strict=True)
    )


def _all(sizes: Sequence[int | None]) -> Shape | None:
    """The sizes as a shape, unless one is impossible."""
    result = tuple(size for size in sizes if size is not None)
    return result if len(result) == len(sizes) else None
