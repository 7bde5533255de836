"""Gather and scatter: where slices of a tensor begin is told by another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.ir import Operation, SSAValue

from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.ops.base import Tensor, same_sizes
from dlir.dialects.stablehlo.rules.regions import expect_arguments, expect_returned
from dlir.dialects.stablehlo.shapes import (
    DYNAMIC,
    Shape,
    agree,
    element_of,
    expect_axes,
    expect_count,
    expect_element,
    expect_shape,
    ints_of,
    reject,
    shape_of,
    text,
)


def gather(op: Operation) -> None:
    """Checked as the specification does: C1 to C22 in one go, by computing the result's shape."""
    x, starts = op.operands[:2]
    dims = cast(Any, op.properties["dimension_numbers"])
    sizes = ints_of(op, "slice_sizes", [DYNAMIC] * len(shape_of(x)))
    expect_count("slice sizes", sizes, len(shape_of(x)))
    batch = _index_shape(starts, dims["index_vector_dim"], len(dims["start_index_map"]))
    dropped: Shape = (*dims["collapsed_slice_dims"], *dims["operand_batching_dims"])
    rank = len(shape_of(x))
    expect_axes("collapsed and batching dimensions", dropped, rank)
    expect_axes("start_index_map", dims["start_index_map"], rank)
    expect_count("batching dimensions", dims["start_indices_batching_dims"],
                 len(dims["operand_batching_dims"]))  # fmt: skip
    if any(s > n >= 0 or (s < 0 and op.name == "stablehlo.gather")
           for s, n in zip(sizes, shape_of(x), strict=True)):  # fmt: skip
        reject("slice", f"expected slice sizes within {text(shape_of(x))}, got {[*sizes]}")
    if any(n > 1 and axis in dropped for axis, n in enumerate(sizes)):
        reject("slice", f"expected slice sizes of 1 or less in dimensions {[*dropped]}")
    window = [n for axis, n in enumerate(sizes) if axis not in dropped]
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], _interleaved(batch, window, dims["offset_dims"]))


def _index_shape(starts: SSAValue, vector: int, count: int) -> list[int]:
    """The shape of the indices without the dimension that holds their parts."""
    shape = [*shape_of(starts)]
    if kind_of(element_of(starts)) not in "su":
        reject("element-type", f"expected integers as indices, got {starts.type}")
    if not 0 <= vector <= len(shape):
        reject("axes", f"expected an index vector dimension up to {len(shape)}, got {vector}")
    parts = 1 if vector == len(shape) else shape.pop(vector)
    if parts not in (count, DYNAMIC):
        reject("axes", f"expected indices of {count} parts, got {parts}")
    return shape


def _interleaved(batch: Shape, window: Shape, offset_dims: Sequence[int]) -> list[int]:
    """The window's sizes at the offset dimensions, the batch's elsewhere, in order."""
    expect_axes("offset dimensions", offset_dims, len(batch) + len(window), rising=True)
    expect_count("offset dimensions", offset_dims, len(window))
    of_batch, of_window = iter(batch), iter(window)
    rank = len(batch) + len(window)
    return [next(of_window if axis in offset_dims else of_batch) for axis in range(rank)]


def scatter(op: Operation) -> None:
    count = len(op.operands) // 2
    inputs, starts, updates = op.operands[:count], op.operands[count], op.operands[count + 1 :]
    dims = cast(Any, op.properties["scatter_dimension_numbers"])
    shape = agree([shape_of(value) for value in inputs])
    batch = _index_shape(starts, dims["index_vector_dim"],
                         len(dims["scatter_dims_to_operand_dims"]))  # fmt: skip
    dropped = (*dims["inserted_window_dims"], *dims["input_batching_dims"])
    expect_axes("inserted and batching dimensions", dropped, len(shape))
    expect_axes("dimensions of the operand", dims["scatter_dims_to_operand_dims"], len(shape))
    expect_count("batching dimensions", dims["scatter_indices_batching_dims"],
                 len(dims["input_batching_dims"]))  # fmt: skip
    update = agree([shape_of(value) for value in updates])
    window = [n for axis, n in enumerate(update) if axis in dims["update_window_dims"]]
    bounds = [n for axis, n in enumerate(shape) if axis not in dropped]
    expect_count("window dimensions", window, len(bounds))
    if any(s > n >= 0 for s, n in zip(window, bounds, strict=True)):
        reject("slice", f"expected windows within {text(bounds)}, got {text(window)}")
    expected = _interleaved(batch, window, dims["update_window_dims"])
    if not same_sizes(update, expected):
        reject("shape", f"expected updates of shape {text(expected)}, got {text(update)}")
    for value, result in zip(inputs, op.results, strict=True):
        expect_element(result, element_of(value))
        expect_shape(result, shape)
    scalars = [Tensor(element_of(value), ()) for value in inputs]
    expect_arguments(op.regions[0], [*scalars, *scalars])
    expect_returned(op.regions[0], scalars)
