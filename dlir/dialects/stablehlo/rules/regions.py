"""Reductions and other ops whose regions say what is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.dialects.stablehlo.ops.base import Tensor, same_sizes
from dlir.dialects.stablehlo.rules.contraction import spread, window_counts
from dlir.dialects.stablehlo.shapes import (
    agree,
    element_of,
    expect_axes,
    expect_count,
    expect_element,
    expect_shape,
    ints_of,
    number_of,
    pairs_of,
    reject,
    shape_of,
    text,
)


def reduce(op: Operation) -> None:
    inputs, inits = _halves(op)
    shape = agree([shape_of(value) for value in inputs])
    axes = ints_of(op, "dimensions")
    expect_axes("dimensions", axes, len(shape))
    kept = [n for axis, n in enumerate(shape) if axis not in axes]
    for result in op.results:
        expect_shape(result, kept)
    expect_count("results", op.results, len(inputs))
    expect_reducer(op.regions[0], inits)


def reduce_window(op: Operation) -> None:
    inputs, inits = _halves(op)
    shape = agree([shape_of(value) for value in inputs])
    ones = [1] * len(shape)
    window = ints_of(op, "window_dimensions")
    names = ("window_strides", "window_dilations", "base_dilations")
    strides, dilations, base = (ints_of(op, name, ones) for name in names)
    for what, values in (("window dimensions", window), ("strides", strides),
                         ("dilations", dilations), ("dilations", base)):  # fmt: skip
        expect_count(what, values, len(shape))
    if min(window, default=1) < 1:
        reject("property", f"expected window dimensions >= 1, got {[*window]}")
    padding = pairs_of(op, "padding", len(shape))
    dilated = [spread(n, d) for n, d in zip(shape, base, strict=True)]
    counts = window_counts(dilated, window, strides, padding, dilations)
    for result in op.results:
        expect_shape(result, counts)
    expect_reducer(op.regions[0], inits)


def _halves(op: Operation) -> tuple[Sequence[SSAValue], Sequence[SSAValue]]:
    """(inputs, initial values), equally many and at least one, the latter of rank 0."""
    count = len(op.operands) // 2
    inputs, inits = op.operands[:count], op.operands[count:]
    if not inputs or len(inits) != count:
        reject("shape", f"expected an initial value per input, got {len(op.operands)} operands")
    for value, init in zip(inputs, inits, strict=True):
        expect_element(init, element_of(value))
        if shape_of(init):
            reject("shape", f"expected initial values of rank 0, got {init.type}")
    return inputs, inits


def block_of(region: Region) -> Block:
    """The one block of a region that computes something."""
    blocks = [*region.blocks]
    if len(blocks) != 1 or blocks[0].last_op is None:
        reject("region", "expected one block that ends in stablehlo.return")
    return blocks[0]


def expect_arguments(region: Region, types: Sequence[Attribute]) -> None:
    given = [argument.type for argument in block_of(region).args]
    if given != [*types]:
        expected, got = (", ".join(map(str, listed)) for listed in (types, given))
        reject("region", f"expected a region with arguments ({expected}), got ({got})")


def expect_returned(region: Region, types: Sequence[Attribute]) -> None:
    """The region returns values that fit these types."""
    last = block_of(region).last_op
    given = [] if last is None else [value.type for value in last.operands]
    if last is None or last.name != "stablehlo.return":
        reject("region", "expected a region that ends in stablehlo.return")
    if len(given) != len(types) or not all(map(fits, given, types)):
        expected, got = (", ".join(map(str, listed)) for listed in (types, given))
        reject("region", f"expected a region that returns ({expected}), got ({got})")


def fits(given: Attribute, expected: Attribute) -> bool:
    """Whether a value of one type may stand for the other: `?` agrees with every size."""
    if given == expected:
        return True
    shaped = hasattr(given, "get_shape") and hasattr(expected, "get_shape")
    if not shaped:
        return False
    one, other = cast(Tensor, given), cast(Tensor, expected)
    same = one.element_type == other.element_type
    return same and same_sizes(one.get_shape(), other.get_shape())


def expect_reducer(region: Region, inits: Sequence[SSAValue]) -> None:
    """A region that makes one of two of each kind."""
    types = [init.type for init in inits]
    expect_arguments(region, [*types, *types])
    expect_returned(region, types)


def sort(op: Operation) -> None:
    shape = agree([shape_of(value) for value in op.operands])
    axis = number_of(op, "dimension", -1)
    if not -len(shape) <= axis < max(len(shape), 1):
        reject("axes", f"expected an axis of {text(shape)}, got {axis}")
    expect_count("results", op.results, len(op.operands))
    for value, result in zip(op.operands, op.results, strict=True):
        expect_element(result, element_of(value))
        expect_shape(result, shape)
    scalars = [Tensor(element_of(value), ()) for value in op.operands for _ in range(2)]
    expect_arguments(op.regions[0], scalars)


def select_and_scatter(op: Operation) -> None:
    x, _, init = op.operands
    expect_element(init, element_of(x))
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], shape_of(x))
    expect_arguments(op.regions[0], [init.type, init.type])
    expect_reducer(op.regions[1], [init])


def map_(op: Operation) -> None:
    shape = agree([shape_of(value) for value in op.operands])
    expect_shape(op.results[0], shape)
    expect_arguments(op.regions[0], [Tensor(element_of(value), ()) for value in op.operands])
    expect_returned(op.regions[0], [Tensor(element_of(op.results[0]), ())])
