"""Operands that are shapes, axes and bounds: as numbers, or as sizes known at run time."""

from __future__ import annotations

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder.context import Context, broadcast_dims
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.elements import numpy_type_of
from dlir.frontends.builder.values import (
    Constant,
    Ints,
    NeedsValue,
    Tensor,
    Unsupported,
    Value,
    as_ints,
)
from dlir.types import is_integer

MOST_ELEMENTS = 32
"""A shape that is read at run time is no longer than this."""


def dims_of(value: Value, what: str) -> list[Dim]:
    """The items of a shape operand; raises `NeedsValue` when they come from tensor elements."""
    ints = as_ints(value)
    if ints is None:
        raise NeedsValue(f"{what} computed from tensor elements at run time", value)
    return list(ints.items.flat)


def read_ints(context: Context, value: Value) -> Ints | None:
    """The elements of a small run-time tensor of integers as sizes of the program."""
    if not isinstance(value, Tensor) or value.rank > 1 or not is_integer(value.element):
        return None
    count = value.dims[0] if value.rank else 1
    if not isinstance(count, int) or count > MOST_ELEMENTS:
        return None
    read = [context.element(value, *position) for position in np.ndindex((count,) * value.rank)]
    items = np.empty(len(read), dtype=object)
    items[:] = read
    return Ints(items.reshape((count,) * value.rank), numpy_type_of(value.element))


def static_ints(value: Value, what: str) -> list[int]:
    """The items of an operand that must be numbers at import."""
    items = dims_of(value, what)
    numbers = [item for item in items if isinstance(item, int)]
    if len(numbers) != len(items):
        raise Unsupported(f"{what} that depend on run-time sizes")
    return numbers


def static_floats(value: Value, what: str) -> list[float]:
    """The items of an operand of floats, which must be known at import."""
    if not isinstance(value, Constant):
        raise NeedsValue(f"{what} computed from tensor elements at run time", value)
    return [float(item) for item in value.array.reshape(-1)]


def reshaped(old: tuple[Dim, ...], target: list[Dim], allow_zero: bool) -> tuple[Dim, ...]:
    """The dimensions of ONNX `Reshape`: 0 copies a dimension, -1 stands for what remains."""
    dims = list(target)
    if not allow_zero:
        dims = [_copied(n, old[i]) if i < len(old) else n for i, n in enumerate(dims)]
    if any(isinstance(n, int) and n < -1 for n in dims) or dims.count(-1) > 1:
        raise Unsupported(f"shape {target}")
    total = d.product(old)
    if -1 in dims:
        rest = d.product(n for n in dims if n != -1)
        # an empty tensor leaves the open dimension undetermined; numpy's answer is 0
        dims[dims.index(-1)] = 0 if rest == 0 and total == 0 else d.div(total, _divisor(rest))
        return tuple(dims)
    return tuple(_remaining(dims, number, total) for number in range(len(dims)))


def _copied(n: Dim, old: Dim) -> Dim:
    if d.is_signed(n):
        return d.choose(d.equal_number(n, 0), old, n)
    return old if n == 0 else n


def _remaining(dims: list[Dim], number: int, total: Dim) -> Dim:
    """A dimension that is read at run time may turn out to be -1."""
    n = dims[number]
    if not d.is_signed(n):
        return n
    rest = d.product(dims[:number] + dims[number + 1 :])
    return d.choose(d.equal_number(n, -1), d.div(total, _divisor(rest)), n)


def _divisor(rest: Dim) -> Dim:
    """A product of sizes that were read may be anything, which must not divide by zero."""
    return d.maximum(rest, 1) if d.is_signed(rest) else rest


def stretched(m: Dim, n: Dim) -> Dim:
    """What ONNX `Expand` makes of a dimension m where n is wanted: a 1 gives way.

    Where n is read at run time, sizes that do not fit give -1, which no size may be.
    """
    if not d.is_signed(n):
        return broadcast_dims([m], [n])[0]
    if isinstance(m, int):
        return n if m == 1 else d.choose(d.equal_number(n, 1), m, n)
    fitting = d.choose(d.equal_number(m, n), n, -1)
    return d.choose(d.equal_number(n, 1), m, d.choose(d.equal_number(m, 1), n, fitting))
