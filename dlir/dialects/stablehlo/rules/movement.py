"""Ops that move elements: slices, pads, broadcasts and their like."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, cast

from xdsl.ir import Operation, SSAValue

from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.rules.elementwise import same_types
from dlir.dialects.stablehlo.shapes import (
    DYNAMIC,
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


def constant(op: Operation) -> None:
    value = cast(Any, op.properties["value"])
    if not hasattr(value, "get_type"):
        reject("property", f"expected a dense constant, got {value}")
    if value.get_type() != op.results[0].type:
        reject("shape", f"expected a result of type {value.get_type()}, got {op.results[0].type}")


def iota(op: Operation) -> None:
    expect_axes("an axis", [number_of(op, "iota_dimension")], len(shape_of(op.results[0])))


def reshape(op: Operation) -> None:
    expect_element(op.results[0], element_of(op.operands[0]))
    old, new = shape_of(op.operands[0]), shape_of(op.results[0])
    if min(*old, *new, 0) == 0 and prod(old) != prod(new):
        reject("shape", f"expected a shape of {prod(old)} elements, got {text(new)}")


def transpose(op: Operation) -> None:
    shape, perm = shape_of(op.operands[0]), ints_of(op, "permutation")
    expect_axes("axes", perm, len(shape))
    expect_count("axes", perm, len(shape))
    expect_element(op.results[0], element_of(op.operands[0]))
    expect_shape(op.results[0], [shape[axis] for axis in perm])


def reverse(op: Operation) -> None:
    expect_axes("axes", ints_of(op, "dimensions"), len(shape_of(op.operands[0])))
    same_types(op)


def broadcast_in_dim(op: Operation) -> None:
    """Dimension i of the operand is dimension dims[i] of the result, of that size or 1."""
    old, new = shape_of(op.operands[0]), shape_of(op.results[0])
    dims = ints_of(op, "broadcast_dimensions")
    expect_count("dims, one per dimension of the operand", dims, len(old))
    expect_axes("dims", dims, len(new))
    expect_element(op.results[0], element_of(op.operands[0]))
    if any(n not in (1, DYNAMIC, new[d]) and new[d] >= 0 for n, d in zip(old, dims, strict=True)):
        reject("shape", f"expected sizes of 1 or of the result, got {text(old)} for {text(new)}")


def broadcast(op: Operation) -> None:
    expect_element(op.results[0], element_of(op.operands[0]))
    expect_shape(op.results[0], [*ints_of(op, "broadcast_sizes"), *shape_of(op.operands[0])])


def concatenate(op: Operation) -> None:
    if not op.operands:
        reject("shape", "expected an operand, got none")
    shapes, axis = [[*shape_of(value)] for value in op.operands], number_of(op, "dimension")
    expect_axes("an axis", [axis], len(shapes[0]))
    if any(len(shape) != len(shapes[0]) for shape in shapes):
        reject("shape", "expected operands of one rank")
    sizes = [shape[axis] for shape in shapes]
    for shape in shapes:
        shape[axis] = DYNAMIC
    joined = [*agree(shapes)]
    joined[axis] = DYNAMIC if DYNAMIC in sizes else sum(sizes)
    for value in op.operands:
        expect_element(op.results[0], element_of(value))
    expect_shape(op.results[0], joined)


def slice_(op: Operation) -> None:
    shape = shape_of(op.operands[0])
    start, limit = ints_of(op, "start_indices"), ints_of(op, "limit_indices")
    strides = ints_of(op, "strides", [1] * len(shape))
    for what, values in (("starts", start), ("limits", limit), ("strides", strides)):
        expect_count(what, values, len(shape))
    ranges = list(zip(shape, start, limit, strides, strict=True))
    if any(s < 0 or end < s or d < 1 or (end > n >= 0) for n, s, end, d in ranges):
        reject("slice", f"expected 0 <= start <= limit <= size and strides >= 1 for {text(shape)}")
    expect_element(op.results[0], element_of(op.operands[0]))
    expect_shape(op.results[0], [-(-(end - s) // d) for _, s, end, d in ranges])


def pad(op: Operation) -> None:
    shape = shape_of(op.operands[0])
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    low, high, interior = (ints_of(op, name) for name in names)
    for values in (low, high, interior):
        expect_count("paddings", values, len(shape))
    if any(n < 0 for n in interior):
        reject("property", f"expected interior paddings >= 0, got {[*interior]}")
    expect_element(op.operands[1], element_of(op.operands[0]))
    expect_element(op.results[0], element_of(op.operands[0]))
    if shape_of(op.operands[1]):
        reject("shape", f"expected a padding value of rank 0, got {op.operands[1].type}")
    padded = [
        n if n < 0 else n + max(n - 1, 0) * i + a + b
        for n, a, b, i in zip(shape, low, high, interior, strict=True)
    ]
    if any(size < 0 <= n for n, size in zip(shape, padded, strict=True)):
        reject("shape", "expected paddings that leave no negative size")
    expect_shape(op.results[0], padded)


def dynamic_slice(op: Operation) -> None:
    x, *starts = op.operands
    sizes = ints_of(op, "slice_sizes")
    expect_count("start indices", starts, len(shape_of(x)))
    expect_count("sizes", sizes, len(shape_of(x)))
    _expect_scalars(starts)
    if any(s < 0 or s > n >= 0 for s, n in zip(sizes, shape_of(x), strict=True)):
        reject("slice", f"expected sizes within {text(shape_of(x))}, got {[*sizes]}")
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], sizes)


def dynamic_update_slice(op: Operation) -> None:
    x, update, *starts = op.operands
    expect_count("start indices", starts, len(shape_of(x)))
    _expect_scalars(starts)
    fits = len(shape_of(update)) == len(shape_of(x)) and all(
        s <= n or n < 0 for s, n in zip(shape_of(update), shape_of(x), strict=True)
    )
    if not fits:
        reject("slice", f"expected an update within {text(shape_of(x))}, got {update.type}")
    expect_element(update, element_of(x))
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], shape_of(x))


def _expect_scalars(values: Sequence[SSAValue]) -> None:
    for value in values:
        if shape_of(value) or kind_of(element_of(value)) not in "su":
            reject("shape", f"expected integers of rank 0 as start indices, got {value.type}")
