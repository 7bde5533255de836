"""Solvers and Fourier transforms: which matrices fit together."""

from __future__ import annotations

from typing import Any, cast

from xdsl.dialects.builtin import ComplexType
from xdsl.ir import Attribute, Operation

from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.ops.base import same_sizes
from dlir.dialects.stablehlo.rules.elementwise import same_types
from dlir.dialects.stablehlo.shapes import (
    element_of,
    expect_element,
    expect_shape,
    flag_of,
    ints_of,
    reject,
    shape_of,
    text,
)


def cholesky(op: Operation) -> None:
    same_types(op)
    _expect_square(shape_of(op.operands[0]))


def _expect_square(shape: tuple[int, ...]) -> None:
    if len(shape) < 2 or not same_sizes(shape[-1:], shape[-2:-1]):
        reject("shape", f"expected square matrices, got {text(shape)}")


def triangular_solve(op: Operation) -> None:
    a, b = op.operands
    matrix, right = shape_of(a), shape_of(b)
    _expect_square(matrix)
    side = -2 if flag_of(op, "left_side") else -1
    if len(right) != len(matrix) or not same_sizes(
        [*matrix[:-2], matrix[-1]], [*right[:-2], right[side]]
    ):
        reject("shape", f"expected b of the batch and size of {text(matrix)}, got {text(right)}")
    for value in (b, op.results[0]):
        expect_element(value, element_of(a))
    expect_shape(op.results[0], right)


def fft(op: Operation) -> None:
    """`RFFT` halves the last dimension, `IRFFT` makes it whole again."""
    x, result = op.operands[0], op.results[0]
    kind, length = cast(Any, op.properties["fft_type"]).data.value, ints_of(op, "fft_length")
    shape, count = shape_of(x), len(length)
    if not 1 <= count <= min(3, len(shape)):
        reject("property", f"expected 1 to 3 lengths, at most {len(shape)}, got {count}")
    half = [*length[:-1], length[-1] // 2 + 1 if length[-1] else 0]
    before, after = {"RFFT": (length, half), "IRFFT": (half, length)}.get(kind, (length, length))
    if not same_sizes(shape[-count:], before):
        reject("shape", f"expected an operand that ends in {text(before)}, got {text(shape)}")
    expect_shape(result, [*shape[:-count], *after])
    for value, is_real in ((x, kind == "RFFT"), (result, kind == "IRFFT")):
        if (kind_of(element_of(value)) == "f") != is_real:
            numbers = "real" if is_real else "complex"
            reject("element-type", f"expected {numbers} numbers for {kind}, got {value.type}")
    if part(element_of(x)) != part(element_of(result)):
        reject("element-type", f"expected the precision of {x.type}, got {result.type}")


def part(element: Attribute) -> Attribute:
    """The type of the parts of a complex number; of another number its own."""
    return cast(Any, element).element_type if isinstance(element, ComplexType) else element
