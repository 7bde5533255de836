"""What a value of a model is during import.

- `Tensor`: computed at run time; an SSA value with the dimensions known about it.
- `Constant`: known at import; materialised as `dl.constant` or `dl.param` where a tensor is needed.
- `Ints`: a small integer array whose items are `Dim`s: what `Shape` gives and what shape arithmetic
  makes of it. It never becomes a tensor unless an operator asks for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue

from .dims import Dim, Expr

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

SMALL = 1024
"""Integer arrays up to this size take part in shape arithmetic."""


class Unsupported(Exception):
    """An operator, attribute value, type or shape that dlir does not import; says which and why."""


class NeedsValue(Unsupported):
    """The import needs the elements of a tensor that is computed at run time: axes, a shape."""

    def __init__(self, message: str, value: Value):
        super().__init__(message)
        self.value = value


@dataclass(frozen=True)
class Tensor:
    """A run-time tensor. `dims` has one entry per axis of `ssa`'s type."""

    ssa: SSAValue
    dims: tuple[Dim, ...]

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def element(self) -> Attribute:
        return cast(TensorType[Attribute], self.ssa.type).get_element_type()


@dataclass(frozen=True, eq=False)
class Constant:
    """An array known at import; `name` is what it is called when it becomes a parameter."""

    array: Array
    name: str

    @property
    def dims(self) -> tuple[Dim, ...]:
        return tuple(self.array.shape)

    @property
    def rank(self) -> int:
        return self.array.ndim


@dataclass(frozen=True, eq=False)
class Ints:
    """An integer array of `Dim`s (`items.dtype` is object); `dtype` is its element type."""

    items: Array
    dtype: np.dtype[Any]

    @property
    def dims(self) -> tuple[Dim, ...]:
        return tuple(self.items.shape)

    @property
    def rank(self) -> int:
        return self.items.ndim


Value: TypeAlias = Tensor | Constant | Ints


def as_ints(value: Value) -> Ints | None:
    """`value` as a shape value: an `Ints`, or a small constant of integers or booleans."""
    if isinstance(value, Ints):
        return value
    if not isinstance(value, Constant):
        return None
    array = value.array
    if array.dtype.kind not in "ib" or array.size > SMALL:
        return None
    items = np.empty(array.shape, dtype=object)
    for position, item in np.ndenumerate(array):
        items[position] = int(item)
    return Ints(items, array.dtype)


def settled(value: Ints, name: str) -> Ints | Constant:
    """`value` as a `Constant` when no item depends on a run-time size."""
    if any(isinstance(item, Expr) for item in value.items.flat):
        return value
    return Constant(value.items.astype(value.dtype), name)


@dataclass(frozen=True, eq=False)
class TensorList:
    """A sequence of tensors: its length is known at import, so it is no value of the program."""

    items: tuple[Value, ...]


@dataclass(frozen=True)
class Absent:
    """An optional value that is not there; one that is there is that value itself."""


Imported: TypeAlias = Value | TensorList | Absent
"""What a name of a model may stand for."""


def value_of(imported: Imported) -> Value:
    """A tensor where an operator wants one."""
    if isinstance(imported, TensorList):
        raise Unsupported("a sequence as operand")
    if isinstance(imported, Absent):
        raise Unsupported("an optional value that is absent as operand")
    return imported


TRUE = Constant(np.array(True), "true")


def truth_of(value: Value) -> bool | None:
    """The truth of a value's only element, if it is known at import."""
    item = value.items.flat[0] if isinstance(value, Ints) else None
    if isinstance(value, Constant):
        return bool(value.array.flat[0])
    return bool(item) if isinstance(item, int) else None
