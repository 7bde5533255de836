"""Attributes that lowerings make over and over, made once.

xDSL checks every attribute when it is constructed, which takes longer than making an operation.
Attributes are immutable, so equal ones can be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    VectorType,
)
from xdsl.ir import Attribute

_once = lru_cache(maxsize=4096)


@_once
def integer_attr(value: int, type_: IntegerType | IndexType) -> IntegerAttr:
    """`value : type`."""
    return IntegerAttr(value, type_)


@_once
def _integers(values: tuple[int, ...], type_: IntegerType) -> DenseArrayBase:
    return DenseArrayBase.from_list(type_, values)


def integers_attr(values: Sequence[int], type_: IntegerType) -> DenseArrayBase:
    """`array<type: values>`."""
    return _integers(tuple(values), type_)


@_once
def _vector(element: Attribute, shape: tuple[int, ...]) -> VectorType[Attribute]:
    return VectorType(element, shape)


def vector_type(element: Attribute, shape: Sequence[int]) -> VectorType[Attribute]:
    """`vector<shape x element>`."""
    return _vector(element, tuple(shape))


@_once
def splat_attr(
    value: FloatAttr | IntegerAttr, type_: VectorType[Attribute]
) -> DenseIntOrFPElementsAttr:
    """`dense<value> : type`."""
    return DenseIntOrFPElementsAttr.from_list(cast(Any, type_), [value.value.data])
