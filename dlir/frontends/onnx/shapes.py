"""Operands that are shapes, axes and bounds: as numbers, or as sizes known at run time."""

from __future__ import annotations

from dlir.frontends.builder import dims as d
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Constant, NeedsValue, Unsupported, Value, as_ints


def dims_of(value: Value, what: str) -> list[Dim]:
    """The items of a shape operand; raises `NeedsValue` when they come from tensor elements."""
    ints = as_ints(value)
    if ints is None:
        raise NeedsValue(f"{what} computed from tensor elements at run time", value)
    return list(ints.items.flat)


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
        dims = [old[i] if n == 0 and i < len(old) else n for i, n in enumerate(dims)]
    if any(isinstance(n, int) and n < -1 for n in dims) or dims.count(-1) > 1:
        raise Unsupported(f"shape {target}")
    if -1 in dims:
        rest = d.product(n for n in dims if n != -1)
        total = d.product(old)
        # an empty tensor leaves the open dimension undetermined; numpy's answer is 0
        dims[dims.index(-1)] = 0 if rest == 0 and total == 0 else d.div(total, rest)
    return tuple(dims)
