"""Asking an attribute what it is, with an answer that a type checker can use.

xDSL's types are generic, so `isinstance(t, VectorType)` leaves the element type unknown to a
checker; these ask the same and answer `VectorType[Attribute]`. The constants follow the same idea.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from typing_extensions import TypeIs
from xdsl.dialects.builtin import (
    AnyFloat,
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    FloatTF32Type,
    IndexType,
    IntegerAttr,
    IntegerType,
    MemRefType,
    Signedness,
    TensorType,
    VectorType,
    f32,
)
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute

from dlir.number_formats import COMPUTED, FORMATS

Integer: TypeAlias = IntegerType[int, Signedness]
Number: TypeAlias = IntegerAttr[Integer | IndexType] | FloatAttr[AnyFloat]
Dense: TypeAlias = DenseIntOrFPElementsAttr[Any]
AnyTensor: TypeAlias = TensorType[Attribute]
AnyMemRef: TypeAlias = MemRefType[Attribute]
AnyVector: TypeAlias = VectorType[Attribute]


def is_tensor(type: Attribute) -> TypeIs[TensorType[Attribute]]:
    return isinstance(type, TensorType)


def is_memref(type: Attribute) -> TypeIs[MemRefType[Attribute]]:
    return isinstance(type, MemRefType)


def is_vector(type: Attribute) -> TypeIs[VectorType[Attribute]]:
    return isinstance(type, VectorType)


def is_integer(type: Attribute) -> TypeIs[IntegerType[int, Signedness]]:
    """An integer of some width; not `index`."""
    return isinstance(type, IntegerType)


def unsigned(width: int) -> Integer:
    """`ui<width>`, the unsigned integers of so many bits."""
    return IntegerType(width, Signedness.UNSIGNED)


def is_unsigned(type: Attribute) -> TypeIs[IntegerType[int, Signedness]]:
    """An integer type that holds no negative numbers; `i1`, which is signless, is none."""
    return is_integer(type) and type.signedness.data is Signedness.UNSIGNED


NARROW_FLOATS = tuple(kind for kind in FORMATS if kind not in COMPUTED)
"""Floats that are stored, moved and converted; nothing is computed in them."""
BYTE_FLOATS = tuple(kind for kind in NARROW_FLOATS if kind is not FloatTF32Type)
"""Those of 8 bits and fewer, which take a byte each; `tf32` is held as `f32`."""


def is_narrow_float(type: Attribute) -> bool:
    return isinstance(type, NARROW_FLOATS)


def is_narrow_integer(type: Attribute) -> TypeIs[IntegerType[int, Signedness]]:
    """An integer of 2 or 4 bits, each of which is stored in a byte."""
    return is_integer(type) and type.bitwidth in (2, 4)


class StoredType(ParametrizedAttribute, TypeAttribute):
    """A type of elements whose values are those of another type."""

    @property
    @abstractmethod
    def stored_as(self) -> Attribute:
        """The type whose values these are."""


ELEMENT_MARK = "dlir.element"
"""The attribute of arguments, results and weights that below the `dl` dialect are held in another
element type than that of their callers: the element type that callers see."""


def held_type(type: Attribute) -> Attribute:
    """The scalar or tensor type that stands for this one below `dl`: signless, of whole words.

    The same object if it is this one.
    """
    if is_tensor(type):
        element = held_type(type.element_type)
        kept = element is type.element_type
        return type if kept else TensorType(element, type.get_shape(), type.encoding)
    if isinstance(type, FloatTF32Type):
        return f32
    if is_narrow_float(type) or is_narrow_integer(type):
        return IntegerType(8)
    return IntegerType(type.bitwidth) if is_unsigned(type) else type


def with_element(type: Attribute, element: Attribute) -> Attribute:
    """The type with another element type: the inverse of `held_type`."""
    if is_tensor(type):
        return TensorType(element, type.get_shape(), type.encoding)
    return element


def limits_of(type: Integer) -> tuple[int, int]:
    """The least and the greatest number of an integer type; what is signless is signed, but i1."""
    if is_unsigned(type) or type.bitwidth == 1:
        return 0, (1 << type.bitwidth) - 1
    return -(1 << (type.bitwidth - 1)), (1 << (type.bitwidth - 1)) - 1


def is_number(attribute: Attribute | None) -> TypeIs[Number]:
    """One integer, index or float constant."""
    return isinstance(attribute, IntegerAttr | FloatAttr)


def is_array(attribute: Attribute | None) -> TypeIs[ArrayAttr[Attribute]]:
    return isinstance(attribute, ArrayAttr)


def element_of(type: Attribute) -> Attribute:
    """The element type of a tensor, memref or vector; any other type itself."""
    return type.element_type if is_tensor(type) or is_memref(type) or is_vector(type) else type


def shape_of(type: Attribute) -> tuple[int, ...]:
    """The shape of a tensor, memref or vector, DYNAMIC_INDEX for `?`; `()` of any other type."""
    return type.get_shape() if is_tensor(type) or is_memref(type) or is_vector(type) else ()


def number(value: float, type: Attribute) -> Number:
    """`value` as a constant of an integer, index or float type."""
    if is_integer(type) or isinstance(type, IndexType):
        return IntegerAttr(int(value), type)
    return FloatAttr(float(value), cast(AnyFloat, type))


def dense(values: Sequence[float], element: Attribute, shape: Sequence[int]) -> Dense:
    """A vector constant; one value alone fills it."""
    type = cast("VectorType[AnyFloat]", VectorType(element, shape))
    return DenseIntOrFPElementsAttr.from_list(type, values)
