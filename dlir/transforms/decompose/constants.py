"""Tables of numbers in formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType, i64
from xdsl.ir import Attribute

from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term


def indices(make: Make, values: Sequence[int], shape: Sequence[int]) -> Term:
    """Integers for `dl.gather`, in row-major order."""
    return _constant(make, values, shape, i64)


def numbers(make: Make, values: Sequence[float], shape: Sequence[int]) -> Term:
    """Numbers of the formula's element type, in row-major order."""
    return _constant(make, values, shape, make.element)


def _constant(
    make: Make, values: Sequence[float], shape: Sequence[int], element: Attribute
) -> Term:
    type = cast(TensorType[Any], TensorType(element, shape))
    return make.apply(ConstantOp(DenseIntOrFPElementsAttr.from_list(type, list(values))))
