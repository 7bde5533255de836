"""Between `dl.constant` and numpy; numpy is imported only when a value is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects.builtin import (
    BytesAttr,
    DenseIntOrFPElementsAttr,
    IntegerType,
    TensorType,
    bf16,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.ir import Attribute, OpResult, SSAValue

from dlir.dialects.ancestry import is_made_of_known
from dlir.dialects.dl.attrs import Tensor, ui8, ui16, ui32, ui64
from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.number_formats import FORMATS
from dlir.types import BYTE_FLOATS, unsigned

if TYPE_CHECKING:
    from dlir.numpy_types import Array

ELEMENTS: dict[str, Attribute] = {
    "float64": f64, "float32": f32, "float16": f16, "bfloat16": bf16,
    "int64": i64, "int32": i32, "int16": i16, "int8": i8, "bool": i1,
    "uint64": ui64, "uint32": ui32, "uint16": ui16, "uint8": ui8,
    "int4": IntegerType(4), "int2": IntegerType(2), "uint4": unsigned(4), "uint2": unsigned(2),
    **{FORMATS[kind].dtype: kind() for kind in BYTE_FLOATS},
}  # fmt: skip
"""Element types by the names of their dtypes."""


def constant_array(op: ConstantOp) -> Array:
    """The value as a read-only array, without a copy (but for i1)."""
    from dlir.numpy_types import array_of

    return array_of(op.value)


def dense(array: Array, type: Tensor) -> DenseIntOrFPElementsAttr[Any]:
    """An array as an attribute of the type that it has."""
    from dlir.numpy_types import stored

    data = stored(array, type.element_type)
    return DenseIntOrFPElementsAttr(cast(TensorType[Any], type), BytesAttr(data))


def constant(array: Array) -> ConstantOp:
    """A `dl.constant` that holds the array; raises KeyError for a dtype that is no element type."""
    return ConstantOp(dense(array, TensorType(ELEMENTS[array.dtype.name], array.shape)))


def known_array(value: SSAValue) -> Array | None:
    """The array of a value that a `dl.constant` defines."""
    if isinstance(value, OpResult) and isinstance(value.op, ConstantOp):
        return constant_array(value.op)
    return None


def follows_from_weights(value: SSAValue, known: dict[SSAValue, bool] | None = None) -> bool:
    """Whether the value is known before a call: made of parameters and constants by `dl` ops.

    `known` keeps the answers for who asks for many values.
    """
    return is_made_of_known(value, _sources, known)


def _sources(value: SSAValue) -> Sequence[SSAValue] | None:
    """The operands that a value is made of before a call; None where a call makes it."""
    op = value.op if isinstance(value, OpResult) else None
    if isinstance(op, DlOp) and (op.operands or isinstance(op, ConstantOp | ParamOp)):
        return tuple(op.operands)
    return None
