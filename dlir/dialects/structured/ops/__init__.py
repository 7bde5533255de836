"""Operations of `structured`: one generic op over an iteration space, and its few companions."""

from dlir.dialects.structured.ops.base import ShapedType, element_type_of, shape_of
from dlir.dialects.structured.ops.generic import GenericOp, IndexOp, YieldOp, body_region
from dlir.dialects.structured.ops.movement import FillOp, GatherOp, ReshapeOp

__all__ = [
    "FillOp",
    "GatherOp",
    "GenericOp",
    "IndexOp",
    "ReshapeOp",
    "ShapedType",
    "YieldOp",
    "body_region",
    "element_type_of",
    "shape_of",
]
