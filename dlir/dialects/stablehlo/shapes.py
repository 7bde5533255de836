"""Shapes, element types and properties of `stablehlo` ops, and how a disagreement is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, cast

from xdsl.dialects.builtin import DenseArrayBase, DenseIntOrFPElementsAttr
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.diagnostics import RuleViolation
from dlir.dialects.stablehlo.ops.base import same_sizes, tensor

Shape = Sequence[int]
Pair = tuple[tuple[int, ...], tuple[int, ...]]
DYNAMIC = -1


def reject(what: str, message: str) -> NoReturn:
    """The op breaks the rule `stablehlo-<what>`."""
    raise RuleViolation(f"stablehlo-{what}", message)


def text(shape: Iterable[int]) -> str:
    return "[" + ", ".join("?" if size < 0 else str(size) for size in shape) + "]"


def shape_of(value: SSAValue) -> tuple[int, ...]:
    return tensor(value).get_shape()


def element_of(value: SSAValue) -> Attribute:
    return tensor(value).element_type


def ints_of(op: Operation, name: str, default: Sequence[int] = ()) -> tuple[int, ...]:
    """The integers of a property that is an array or a dense constant; the default without it."""
    value = op.properties.get(name)
    if isinstance(value, DenseArrayBase):
        return tuple(cast(DenseArrayBase[Any], value).get_values())
    if isinstance(value, DenseIntOrFPElementsAttr):
        return tuple(int(n) for n in cast(Any, value).get_values())
    return tuple(default)


def pairs_of(op: Operation, name: str, count: int) -> list[tuple[int, int]]:
    """(low, high) for each dimension, from a constant of shape count x 2; zeros without it."""
    flat = ints_of(op, name, [0] * (2 * count))
    if len(flat) != 2 * count:
        reject("property", f"expected {count} pairs in {name}, got {len(flat)} numbers")
    return list(zip(flat[::2], flat[1::2], strict=True))


def number_of(op: Operation, name: str, default: int = 0) -> int:
    """An integer property."""
    value = op.properties.get(name)
    return default if value is None else int(cast(Any, value).value.data)


def flag_of(op: Operation, name: str) -> bool:
    return bool(number_of(op, name))


def expect_shape(value: SSAValue, expected: Shape) -> None:
    if not same_sizes(shape_of(value), expected):
        reject("shape", f"expected a result of shape {text(expected)}, got {value.type}")


def expect_element(value: SSAValue, expected: Attribute) -> None:
    if element_of(value) != expected:
        reject("element-type", f"expected elements of type {expected}, got {element_of(value)}")


def expect_axes(what: str, axes: Sequence[int], rank: int, rising: bool = False) -> None:
    """Axes are in range and differ; some lists must rise."""
    if any(not 0 <= axis < rank for axis in axes) or len({*axes}) != len(axes):
        reject("axes", f"expected {what} that differ, from 0 to {rank - 1}, got {[*axes]}")
    if rising and [*axes] != sorted(axes):
        reject("axes", f"expected {what} in rising order, got {[*axes]}")


def expect_count(what: str, values: Sequence[object], count: int) -> None:
    if len(values) != count:
        reject("property", f"expected {count} {what}, got {len(values)}")


def agree(shapes: Sequence[Shape]) -> Shape:
    """The shape that several are; `?` gives way to a number."""
    first, *others = shapes
    for other in others:
        if not same_sizes(first, other):
            reject("shape", f"expected operands of one shape, got {text(first)} and {text(other)}")
        first = [max(a, b) for a, b in zip(first, other, strict=True)]
    return first
