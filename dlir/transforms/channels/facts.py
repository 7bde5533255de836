"""What is known of the channels of values: which belong together, and which always hold one number.

The outputs of a product or convolution with known weights are *units*: each may go by itself. A
value's channels name the units that they are, so that ops which keep channels apart hand units on,
and ops that join values (a residual sum) make units one. A unit goes with all its channels, or
stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block

from dlir.diagnostics import RuleViolation
from dlir.dialects.dl.ops.base import DlOp, element_of
from dlir.numpy_types import Array

Units = NDArray[np.int64]
Known = NDArray[np.bool_]


@dataclass(frozen=True)
class Channels:
    """The channels of a value along one of its axes."""

    axis: int
    units: Units
    known: Known
    """Which channels hold one number wherever they are looked at, whatever the inputs are."""
    number: Array
    """That number."""

    def spread(self, rank: int) -> Array:
        """The numbers as a tensor with the value's rank, of size 1 beside the channels."""
        return self.number.reshape([-1 if axis == self.axis else 1 for axis in range(rank)])


class Unions:
    """Units that are one: the least number stands for all."""

    def __init__(self) -> None:
        self.parent: list[int] = []

    def new(self, count: int) -> Units:
        """Units that nothing joins yet."""
        first = len(self.parent)
        self.parent += range(first, first + count)
        return np.arange(first, first + count)

    def find(self, unit: int) -> int:
        """The unit that stands for this one."""
        while self.parent[unit] != unit:
            self.parent[unit] = self.parent[self.parent[unit]]
            unit = self.parent[unit]
        return unit

    def join(self, a: Units, b: Units) -> None:
        """Make one of each pair."""
        for one, other in zip(a.tolist(), b.tolist(), strict=True):
            first, second = sorted((self.find(one), self.find(other)))
            self.parent[second] = first


def evaluated(op: DlOp, arrays: Sequence[Any]) -> Array | None:
    """What an op would give for operands of other sizes; None if it cannot tell."""
    from dlir.dialects.dl.semantics import SEMANTICS

    pairs = zip(op.operands, arrays, strict=True)
    types = [TensorType(element_of(value), array.shape) for value, array in pairs]
    try:
        small = _on_types(op, types, op.result_types)
        small = _on_types(op, types, small.infer())
        with np.errstate(all="ignore"):
            return SEMANTICS[type(op)](None, small, *arrays)[0]
    except (RuleViolation, ValueError, IndexError):
        return None


def _on_types(op: DlOp, types: Sequence[Attribute], results: Sequence[Attribute]) -> DlOp:
    """The op on operands of these types, which stand alone."""
    return type(op).create(
        operands=Block(arg_types=types).args, properties=op.properties, result_types=results
    )


def constant_along(axis: int, result: Array | None, like: Channels) -> tuple[Known, Array]:
    """Known and numbers of a result that was computed from the numbers of `like`."""
    if result is None or result.ndim <= axis or result.shape[axis] != like.number.size:
        return np.zeros_like(like.known), like.number
    rows = np.moveaxis(result, axis, 0).reshape(like.number.size, -1)
    if rows.shape[1] == 0:
        return np.zeros_like(like.known), like.number
    same = (rows == rows[:, :1]).all(axis=1) & np.isfinite(rows[:, 0].astype(np.float64))
    return like.known & same, np.ascontiguousarray(rows[:, 0])


def flattened(shape: Sequence[int], new: Sequence[int], axis: int) -> tuple[int, int] | None:
    """Where channels are after a reshape: (axis, how many places of each follow one another)."""
    count, trail = shape[axis], shape[axis + 1 :]
    if count < 1 or min(trail, default=0) < 0:
        return None
    inside = int(np.prod(trail))
    for b in range(len(new)):
        if min(new[b:]) < 1 or new[b] % count:
            continue
        times = new[b] // count
        if times * int(np.prod(new[b + 1 :])) == inside:
            return b, times
    return None
