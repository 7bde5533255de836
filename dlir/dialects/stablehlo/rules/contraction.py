"""Sums of products, and how many windows of a kernel there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.ir import Operation

from dlir.dialects.stablehlo.ops.base import same_sizes
from dlir.dialects.stablehlo.shapes import (
    DYNAMIC,
    Pair,
    Shape,
    expect_axes,
    expect_count,
    expect_shape,
    ints_of,
    number_of,
    pairs_of,
    reject,
    shape_of,
    text,
)


def dot_general(op: Operation) -> None:
    dims = cast(Any, op.properties["dot_dimension_numbers"])
    batch: Pair = (dims["lhs_batching_dimensions"], dims["rhs_batching_dimensions"])
    inner: Pair = (dims["lhs_contracting_dimensions"], dims["rhs_contracting_dimensions"])
    left, right = shape_of(op.operands[0]), shape_of(op.operands[1])
    for (a, b), what in ((batch, "batching"), (inner, "contracting")):
        if len(a) != len(b):
            reject("axes", f"expected as many {what} dimensions of both, got {[*a]} and {[*b]}")
    expect_axes("dimensions of lhs", (*batch[0], *inner[0]), len(left))
    expect_axes("dimensions of rhs", (*batch[1], *inner[1]), len(right))
    for a, b in zip((*batch[0], *inner[0]), (*batch[1], *inner[1]), strict=True):
        if not same_sizes([left[a]], [right[b]]):
            reject("shape", f"dimension {a} of lhs has size {left[a]}, {b} of rhs has {right[b]}")
    free = [[n for i, n in enumerate(left) if i not in (*batch[0], *inner[0])],
            [n for i, n in enumerate(right) if i not in (*batch[1], *inner[1])]]  # fmt: skip
    expect_shape(op.results[0], [*(left[axis] for axis in batch[0]), *free[0], *free[1]])


def dot(op: Operation) -> None:
    left, right = shape_of(op.operands[0]), shape_of(op.operands[1])
    if not 1 <= len(left) <= 2 or not 1 <= len(right) <= 2:
        reject("shape", f"expected operands of rank 1 or 2, got {text(left)} and {text(right)}")
    if not same_sizes(left[-1:], right[:1]):
        reject("shape", f"inner sizes differ: {left[-1]} and {right[0]}")
    expect_shape(op.results[0], [*left[:-1], *right[1:]])


def convolution(op: Operation) -> None:
    labels = cast(Any, op.properties["dimension_numbers"]).data
    left, right = shape_of(op.operands[0]), shape_of(op.operands[1])
    count = len(left) - 2
    spatial = [str(i) for i in range(count)]
    for names, shape, two in zip(labels, (left, right, left), ("bf", "io", "bf"), strict=True):
        if sorted(names) != sorted([*two, *spatial]) or len(names) != len(shape):
            reject("axes", f"expected {', '.join([*two, *spatial])} in some order, got {[*names]}")
    groups = number_of(op, "feature_group_count", 1), number_of(op, "batch_group_count", 1)
    if min(groups) < 1 or max(groups) > 1 < min(groups):
        reject("property", f"expected group counts >= 1, one of them 1, got {groups}")
    lhs, rhs = (dict(zip(n, s, strict=True)) for n, s in zip(labels, (left, right), strict=False))
    if not same_sizes([lhs["f"]], [rhs["i"] if rhs["i"] < 0 else rhs["i"] * groups[0]]):
        message = f"lhs has {lhs['f']} features, rhs expects {rhs['i']} in {groups[0]} groups"
        reject("shape", message)
    if (rhs["o"] % max(groups) and rhs["o"] >= 0) or (lhs["b"] % groups[1] and lhs["b"] >= 0):
        reject("shape", f"expected groups that divide {rhs['o']} features, got {max(groups)}")
    windows = convolution_windows(op, [lhs[i] for i in spatial], [rhs[i] for i in spatial])
    batch = lhs["b"] if lhs["b"] < 0 else lhs["b"] // groups[1]
    sizes = {"b": batch, "f": rhs["o"], **dict(zip(spatial, windows, strict=True))}
    expect_shape(op.results[0], [sizes[name] for name in labels[2]])


def convolution_windows(op: Operation, image: Shape, kernel: Shape) -> list[int]:
    """How many windows of the kernel there are in each dimension of the image."""
    count = len(image)
    ones = [1] * count
    strides = ints_of(op, "window_strides", ones)
    dilations = [ints_of(op, f"{side}_dilation", ones) for side in ("lhs", "rhs")]
    for what, values in (("strides", strides), ("dilations", dilations[0]),
                         ("dilations", dilations[1])):  # fmt: skip
        expect_count(what, values, count)
    dilated = [spread(n, d) for n, d in zip(image, dilations[0], strict=True)]
    known = "padding" in op.properties or op.name == "stablehlo.convolution"
    padding = pairs_of(op, "padding", count) if known else None
    if padding is None:
        return [DYNAMIC] * count
    return window_counts(dilated, kernel, strides, padding, dilations[1])


def spread(size: int, dilation: int) -> int:
    """The size with `dilation - 1` holes between elements."""
    if dilation < 1:
        reject("property", f"expected dilations >= 1, got {dilation}")
    return size if size < 1 else (size - 1) * dilation + 1


def window_counts(
    shape: Shape,
    window: Shape,
    strides: Shape,
    padding: Sequence[tuple[int, int]],
    dilations: Shape,
) -> list[int]:
    """How many windows fit into the padded shape, in each dimension."""
    if min(strides, default=1) < 1:
        reject("property", f"expected strides >= 1, got {[*strides]}")
    counts: list[int] = []
    for n, k, s, (low, high), d in zip(shape, window, strides, padding, dilations, strict=True):
        if n < 0 or k < 0:
            counts.append(DYNAMIC)
            continue
        padded, reach = n + low + high, spread(k, d)
        counts.append(0 if padded == 0 or reach > padded else (padded - reach) // s + 1)
    return counts
