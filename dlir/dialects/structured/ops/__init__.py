"""Operations of `structured`: one generic op over an iteration space, and its few companions."""

from typing import TypeAlias

from dlir.dialects.structured.ops.base import ShapedType, element_type_of, shape_of
from dlir.dialects.structured.ops.generic import GenericOp, IndexOp, YieldOp, body_region
from dlir.dialects.structured.ops.movement import FillOp, GatherOp, ReshapeOp
from dlir.dialects.structured.ops.sequential import ScanOp, ScatterOp, SortOp
from dlir.dialects.structured.ops.sparse import SparseMatmulOp

DestinationOp: TypeAlias = (
    GenericOp | FillOp | GatherOp | ScanOp | SortOp | ScatterOp | SparseMatmulOp
)
"""Ops that write into `outs`, their last operand but for the epilogue inputs of a generic."""

__all__ = [
    "DestinationOp",
    "FillOp",
    "GatherOp",
    "GenericOp",
    "IndexOp",
    "ReshapeOp",
    "ScanOp",
    "ScatterOp",
    "ShapedType",
    "SortOp",
    "SparseMatmulOp",
    "YieldOp",
    "body_region",
    "element_type_of",
    "shape_of",
]
