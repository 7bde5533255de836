"""What patterns may ask and compute by name: native constraints and native rewrites.

A constraint is a function of what the pattern bound that answers yes or no; a rewrite gives an
attribute or a type. Each is registered with the kinds of its arguments, so that a pattern file that
calls it wrongly is refused when it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

from xdsl.dialects import pdl
from xdsl.dialects.builtin import DenseArrayBase, i1, i64
from xdsl.ir import Attribute, OpResult, SSAValue
from xdsl.traits import ConstantLike
from xdsl.utils.exceptions import VerifyException

from dlir.dialects.dl.attrs import (
    BOOLS,
    FLOATS,
    NUMBERS,
    UNSIGNED,
    IntList,
    Predicate,
    PredicateAttr,
)
from dlir.dialects.dl.rules import negative_zero, splat
from dlir.dialects.dl.simplify_compute import widens
from dlir.types import element_of, is_number, is_tensor

Kind: TypeAlias = type[pdl.ValueType | pdl.TypeType | pdl.AttributeType]
VALUE, TYPE, ATTRIBUTE = pdl.ValueType, pdl.TypeType, pdl.AttributeType
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Native:
    """A named function with the kinds of its arguments and, of a rewrite, of its result."""

    call: Callable[..., Any]
    arguments: tuple[Kind, ...]
    result: Kind | None = None

    @property
    def summary(self) -> str:
        """What it means, from the docstring."""
        return (self.call.__doc__ or "").partition("\n")[0]


CONSTRAINTS: dict[str, Native] = {}
"""Name -> what `pdl.apply_native_constraint` calls."""

REWRITES: dict[str, Native] = {}
"""Name -> what `pdl.apply_native_rewrite` calls."""


def constraint(*arguments: Kind) -> Callable[[F], F]:
    """Registers a constraint under the function's name."""

    def register(function: F) -> F:
        CONSTRAINTS[function.__name__] = Native(function, arguments)
        return function

    return register


def native_rewrite(*arguments: Kind, result: Kind) -> Callable[[F], F]:
    """Registers a rewrite under the function's name."""

    def register(function: F) -> F:
        REWRITES[function.__name__] = Native(function, arguments, result)
        return function

    return register


# Constraints on values


@constraint(VALUE)
def is_constant(x: SSAValue) -> bool:
    """The value is made by a constant op."""
    return isinstance(x, OpResult) and x.op.has_trait(ConstantLike, value_if_unregistered=False)


@constraint(VALUE)
def has_one_use(x: SSAValue) -> bool:
    """The value is read once, so that an op that only made it for this reader goes away."""
    return x.has_one_use()


@constraint(VALUE, ATTRIBUTE)
def splat_equals(x: SSAValue, number: Attribute) -> bool:
    """The value is a constant filled with this number; zeros must have the same sign."""
    wanted, known = _number(number), splat(x)
    if wanted is None or known is None or known != wanted:
        return False
    return negative_zero(known) == negative_zero(wanted)


@constraint(VALUE)
def has_exact_reciprocal(x: SSAValue) -> bool:
    """The value is a constant filled with a power of two whose reciprocal is a normal number."""
    from math import frexp

    known = splat(x)
    if known is None or element_of(x.type) not in FLOATS:
        return False
    mantissa, exponent = frexp(float(known))
    return abs(mantissa) == 0.5 and abs(exponent) < 14


# Constraints on types


@constraint(TYPE)
def is_float(type: Attribute) -> bool:
    """A type of floats, or of tensors of them."""
    return element_of(type) in FLOATS


@constraint(TYPE)
def is_integer(type: Attribute) -> bool:
    """A type of integers wider than one bit, or of tensors of them."""
    return element_of(type) in NUMBERS and element_of(type) not in FLOATS


@constraint(TYPE)
def is_signed(type: Attribute) -> bool:
    """A type of numbers that may be negative, or of tensors of them."""
    return element_of(type) in NUMBERS and element_of(type) not in UNSIGNED


@constraint(TYPE)
def is_bool(type: Attribute) -> bool:
    """A type of booleans, or of tensors of them."""
    return element_of(type) in BOOLS


@constraint(TYPE)
def is_static(type: Attribute) -> bool:
    """A tensor type in which every size is a number."""
    return is_tensor(type) and type.has_static_shape()


@constraint(TYPE, TYPE)
def same_element_type(one: Attribute, other: Attribute) -> bool:
    """Tensor types of the same element type."""
    return element_of(one) == element_of(other)


@constraint(TYPE, TYPE)
def same_shape(one: Attribute, other: Attribute) -> bool:
    """Tensor types of the same static shape: a `?` may be another one elsewhere."""
    if not is_tensor(one) or not is_tensor(other):
        return False
    return one.has_static_shape() and one.get_shape() == other.get_shape()


@constraint(TYPE, TYPE)
def holds_all_of(wide: Attribute, narrow: Attribute) -> bool:
    """Every value of the second element type is one of the first."""
    elements = element_of(narrow), element_of(wide)
    return all(e in NUMBERS or e in BOOLS for e in elements) and widens(*elements)


# Constraints on attributes


@constraint(ATTRIBUTE, ATTRIBUTE)
def are_inverse(one: Attribute, other: Attribute) -> bool:
    """Permutations each of which undoes the other."""
    return list(composed(one, other).get_values()) == [*range(len(_integers(one)))]


# Rewrites


@native_rewrite(TYPE, ATTRIBUTE, result=ATTRIBUTE)
def filled(type: Attribute, number: Attribute) -> Attribute:
    """A tensor of this type with the number everywhere, as the value of a `dl.constant`."""
    import numpy as np

    from dlir.dialects.dl.constants import dense
    from dlir.numpy_types import dtype_of

    if not is_tensor(type) or not type.has_static_shape():
        raise VerifyException(f"expected a tensor type of known shape, got {type}")
    if (value := _number(number)) is None:
        raise VerifyException(f"expected a number, got {number}")
    return dense(np.full(type.get_shape(), value, dtype_of(type)), type)


@native_rewrite(VALUE, result=ATTRIBUTE)
def reciprocal_of(x: SSAValue) -> Attribute:
    """1 / x for a constant x, as the value of a `dl.constant`."""
    from dlir.dialects.dl.constants import dense, known_array
    from dlir.dialects.dl.ops.base import type_of

    array = known_array(x)
    if array is None:
        raise VerifyException("expected a constant")
    return dense((1 / array.astype(float)).astype(array.dtype), type_of(x))


@native_rewrite(ATTRIBUTE, ATTRIBUTE, result=ATTRIBUTE)
def composed(first: Attribute, then: Attribute) -> IntList:
    """The permutation that `dl.transpose` by the one and then by the other is."""
    order, chosen = _integers(first), _integers(then)
    if len(order) != len(chosen):
        raise VerifyException(f"expected permutations of one rank, got {first} and {then}")
    return DenseArrayBase.from_list(i64, [order[axis] for axis in chosen])


_OPPOSITE = {
    Predicate.EQ: Predicate.NE,
    Predicate.NE: Predicate.EQ,
    Predicate.LT: Predicate.GE,
    Predicate.GE: Predicate.LT,
    Predicate.GT: Predicate.LE,
    Predicate.LE: Predicate.GT,
}


@native_rewrite(ATTRIBUTE, result=ATTRIBUTE)
def opposite(predicate: Attribute) -> Attribute:
    """The comparison that holds where this one does not; of numbers, NaN aside."""
    if not isinstance(predicate, PredicateAttr):
        raise VerifyException(f"expected a predicate of dl.compare, got {predicate}")
    return PredicateAttr(_OPPOSITE[predicate.data])


# What the functions share


def _number(attribute: Attribute) -> float | None:
    if not is_number(attribute):
        return None
    return abs(attribute.value.data) if attribute.type == i1 else attribute.value.data


def _integers(attribute: Attribute) -> tuple[int, ...]:
    if not isinstance(attribute, DenseArrayBase):
        raise VerifyException(f"expected a permutation, got {attribute}")
    return tuple(int(n) for n in cast(IntList, attribute).get_values())
