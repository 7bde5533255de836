"""Elementwise ops: shapes that agree, element types that are one, or follow from another."""

from __future__ import annotations

from typing import Any, cast

from xdsl.ir import Attribute, Operation

from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.ops.base import same_sizes, tensor
from dlir.dialects.stablehlo.shapes import (
    agree,
    element_of,
    expect_axes,
    expect_count,
    expect_element,
    expect_shape,
    ints_of,
    number_of,
    reject,
    shape_of,
    text,
)


def same_types(op: Operation) -> None:
    """All operands and the result have one type."""
    elementwise(op)
    for value in (*op.operands[1:], op.results[0]):
        expect_element(value, element_of(op.operands[0]))


def elementwise(op: Operation) -> None:
    """All operands and the result have one shape."""
    shape = agree([shape_of(value) for value in op.operands])
    expect_shape(op.results[0], shape)


def compare(op: Operation) -> None:
    elementwise(op)
    expect_element(op.operands[1], element_of(op.operands[0]))
    if kind_of(element_of(op.results[0])) != "b":
        reject("element-type", f"expected a result of i1, got {op.results[0].type}")


def predicate(op: Operation) -> None:
    elementwise(op)
    if kind_of(element_of(op.results[0])) != "b":
        reject("element-type", f"expected a result of i1, got {op.results[0].type}")


def select(op: Operation) -> None:
    condition, on_true, on_false = op.operands
    if kind_of(element_of(condition)) != "b":
        reject("element-type", f"expected a condition of i1, got {condition.type}")
    shape = agree([shape_of(on_true), shape_of(on_false)])
    if shape_of(condition) and not same_sizes(shape_of(condition), shape):
        reject("shape", f"expected a condition of shape {text(shape)} or [], got {condition.type}")
    for value in (on_false, op.results[0]):
        expect_element(value, element_of(on_true))
    expect_shape(op.results[0], shape)


def clamp(op: Operation) -> None:
    low, x, high = op.operands
    for bound in (low, high):
        expect_element(bound, element_of(x))
        if shape_of(bound) and not same_sizes(shape_of(bound), shape_of(x)):
            reject("shape", f"expected bounds of shape {text(shape_of(x))} or [], got {bound.type}")
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], shape_of(x))


def bitcast_convert(op: Operation) -> None:
    """The same bits; a last dimension holds the parts where one side has narrower elements."""
    old, new = tensor(op.operands[0]), tensor(op.results[0])
    shapes = [[*old.get_shape()], [*new.get_shape()]]
    if len(shapes[0]) != len(shapes[1]):
        shapes[len(shapes[0]) > len(shapes[1])].append(1)
    widths = [width_of(type.element_type) for type in (old, new)]
    bits = [s[-1] * w if s and s[-1] >= 0 else w for s, w in zip(shapes, widths, strict=True)]
    if not same_sizes(shapes[0][:-1], shapes[1][:-1]) or bits[0] != bits[1]:
        reject("shape", f"expected a result with the bits of {old}, got {new}")


def width_of(element: Attribute) -> int:
    """How many bits an element has."""
    return int(cast(Any, element).bitwidth)


def broadcasting(op: Operation) -> None:
    """Operands broadcast to the result, trailing dimensions aligned or as the property says."""
    result = shape_of(op.results[0])
    dims = ints_of(op, "broadcast_dimensions")
    for value in op.operands:
        shape = shape_of(value)
        axes = range(len(result) - len(shape), len(result))
        if dims and len(shape) < len(result):
            expect_count("dimensions", dims, len(shape))
            axes = dims
        if len(shape) > len(result):
            reject("shape", f"expected operands of rank {len(result)} at most, got {value.type}")
        expect_axes("dimensions", [*axes], len(result))
        fits = (n == 1 or same_sizes([n], [result[d]]) for n, d in zip(shape, axes, strict=True))
        if not all(fits):
            reject("shape", f"expected operands that broadcast to {text(result)}, got {value.type}")


def top_k(op: Operation) -> None:
    shape, k = shape_of(op.operands[0]), number_of(op, "k")
    if not shape or k < 0 or k > shape[-1] >= 0:
        reject("property", f"expected 0 <= k <= the last size of {text(shape)}, got {k}")
    expect_element(op.results[0], element_of(op.operands[0]))
    for result in op.results:
        expect_shape(result, [*shape[:-1], k])
