"""Sizes that are told at run time, and normalisations."""

from __future__ import annotations

from xdsl.ir import Operation

from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.ops.base import same_sizes
from dlir.dialects.stablehlo.rules.movement import broadcast_in_dim, iota, reshape
from dlir.dialects.stablehlo.shapes import (
    element_of,
    expect_axes,
    expect_shape,
    number_of,
    reject,
    shape_of,
)


def get_dimension_size(op: Operation) -> None:
    axis = number_of(op, "dimension")
    expect_axes("an axis", [axis], len(shape_of(op.operands[0])))
    if shape_of(op.results[0]) or kind_of(element_of(op.results[0])) != "s":
        reject("shape", f"expected a result of type tensor<i32>, got {op.results[0].type}")


def dynamic_shape(op: Operation) -> None:
    """An operand holds the sizes of the result, in order: as many as it has dimensions."""
    sizes = op.operands[-1]
    if not same_sizes(shape_of(sizes), [len(shape_of(op.results[0]))]):
        rank = len(shape_of(op.results[0]))
        reject("shape", f"expected {rank} sizes of the result, got {sizes.type}")
    if str(element_of(sizes)) != "index" and kind_of(element_of(sizes)) not in "su":
        reject("element-type", f"expected integers as sizes, got {sizes.type}")


def dynamic_broadcast_in_dim(op: Operation) -> None:
    dynamic_shape(op)
    broadcast_in_dim(op)


def dynamic_reshape(op: Operation) -> None:
    dynamic_shape(op)
    reshape(op)


def dynamic_iota(op: Operation) -> None:
    dynamic_shape(op)
    iota(op)


def batch_norm(op: Operation) -> None:
    x, *channels = op.operands
    axis = number_of(op, "feature_index")
    expect_axes("an axis", [axis], len(shape_of(x)))
    for value in channels:
        one_dimension = len(shape_of(value)) == 1
        if one_dimension and not same_sizes(shape_of(value), [shape_of(x)[axis]]):
            reject("shape", f"expected {shape_of(x)[axis]} channels, got {value.type}")
    expect_shape(op.results[0], shape_of(x))
