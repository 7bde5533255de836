"""What the ops of `structured` share."""

from __future__ import annotations

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, SSAValue

from dlir import types
from dlir.types import is_tensor

ShapedType = TensorType | MemRefType


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The static shape with DYNAMIC_INDEX for `?`; a scalar has the empty shape."""
    return types.shape_of(value.type)


def element_type_of(value: SSAValue) -> Attribute:
    """The element type of a tensor or memref; a scalar's own type."""
    return types.element_of(value.type)


def results_for(outs: SSAValue) -> list[Attribute]:
    """Tensors come out as a result; memrefs are written in place."""
    return [outs.type] if is_tensor(outs.type) else []
