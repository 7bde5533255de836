"""Sizes in formulas: numbers where they are known, else `index` values computed by `arith`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from xdsl.dialects import arith
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, IntegerAttr
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.ops.movement import ReshapeOp, SliceOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term

Size: TypeAlias = int | SSAValue


def sizes_of(x: SSAValue, make: Make) -> list[Size]:
    """The sizes of a tensor, with a `dl.dim` for each `?`."""
    return [
        make.apply(DimOp(x, axis)).value if size == DYNAMIC_INDEX else size
        for axis, size in enumerate(shape_of(x))
    ]


def add(make: Make, a: Size, number: int) -> Size:
    """`a + number`."""
    if isinstance(a, int):
        return a + number
    return a if number == 0 else _insert(make, arith.AddiOp(a, _index(make, number)))


def product(make: Make, *sizes: Size) -> Size:
    """The numbers multiplied first."""
    known, unknown = 1, list[SSAValue]()
    for size in sizes:
        if isinstance(size, int):
            known *= size
        else:
            unknown.append(size)
    if not unknown or known == 0:
        return known
    total = unknown[0]
    for size in unknown[1:]:
        total = _insert(make, arith.MuliOp(total, size))
    return total if known == 1 else _insert(make, arith.MuliOp(total, _index(make, known)))


def divided(make: Make, a: Size, number: int) -> Size:
    """`a / number` rounded down; a is not negative."""
    if isinstance(a, int):
        return a // number
    return a if number == 1 else _insert(make, arith.DivSIOp(a, _index(make, number)))


def window(make: Make, size: Size, kernel: int, stride: int, padding: int, dilation: int) -> Size:
    """How many places a sliding window has; `padding` is the sum of both ends."""
    free = add(make, size, padding - ((kernel - 1) * dilation + 1))
    return add(make, divided(make, free, stride), 1)


def reshaped(x: Term, sizes: Sequence[Size]) -> Term:
    """The same elements; nothing is made for the shape that x has."""
    if list(sizes) == list(shape_of(x.value)):
        return x
    return x.then(ReshapeOp, list(sizes))


def sliced(x: Term, offsets: Sequence[int], sizes: Sequence[Size]) -> Term:
    """`sizes` elements from the offsets on; nothing is made for all of x."""
    if list(sizes) == list(shape_of(x.value)) and not any(offsets):
        return x
    return x.then(SliceOp, list(offsets), list(sizes))


def _index(make: Make, number: int) -> SSAValue:
    return _insert(make, arith.ConstantOp(IntegerAttr(number, IndexType())))


def _insert(make: Make, op: Operation) -> SSAValue:
    make.insert(op)
    return op.results[0]
