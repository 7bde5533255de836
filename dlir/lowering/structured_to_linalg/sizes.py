"""Sizes of what this conversion makes, asked without touching the tensors themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.dialects import tensor
from xdsl.ir import Operation, OpResult, SSAValue

from dlir.dialects.linalg.ops import Structured
from dlir.dialects.structured.shapes import Size, Sizes, mixed
from dlir.dialects.tensors import ExpandShapeOp, ReshapeOp
from dlir.types import shape_of


class UpstreamSizes(Sizes):
    """Also follows the ops of linalg and tensor up to where a size comes from."""

    def of(self, value: SSAValue, position: int) -> Size:
        if isinstance(value, OpResult) and shape_of(value.type)[position] < 0:
            owner = value.op
            if isinstance(owner, Structured):
                return self.of(owner.outputs[value.index], position)
            if (rule := _SOURCES.get(type(owner))) is not None:
                return rule(self, owner, position)
        return super().of(value, position)


def _of_slice(sizes: Sizes, op: tensor.ExtractSliceOp, position: int) -> Size:
    return mixed(op.static_sizes.get_values(), op.sizes)[position]


def _of_expanded(sizes: Sizes, op: ExpandShapeOp, position: int) -> Size:
    return mixed(op.static_output_shape.get_values(), op.dynamic_output_shape)[position]


def _of_reshaped(sizes: Sizes, op: ReshapeOp, position: int) -> Size:
    shape = op.shape.owner
    if isinstance(shape, tensor.FromElementsOp):
        return shape.elements[position]
    return Sizes.of(sizes, op.result, position)


def _of_cast(sizes: Sizes, op: tensor.CastOp, position: int) -> Size:
    return sizes.of(op.source, position)


_SOURCES: dict[type[Operation], Callable[[Sizes, Any, int], Size]] = {
    tensor.ExtractSliceOp: _of_slice,
    ExpandShapeOp: _of_expanded,
    ReshapeOp: _of_reshaped,
    tensor.CastOp: _of_cast,
}
"""The slices of this conversion drop no dimension."""
