"""The `structured` dialect: what is computed over which iteration space, on tensors or memrefs."""

from xdsl.ir import Dialect, Operation

from dlir.dialects.structured.attrs import IteratorAttr, ScheduleAttr
from dlir.dialects.structured.ops import (
    FillOp,
    GatherOp,
    GenericOp,
    IndexOp,
    ReshapeOp,
    ScanOp,
    ScatterOp,
    SortOp,
    SparseMatmulOp,
    YieldOp,
)

OPS: list[type[Operation]] = [
    GenericOp, FillOp, GatherOp, ReshapeOp, ScanOp, SortOp, ScatterOp, SparseMatmulOp, IndexOp,
    YieldOp,
]  # fmt: skip

Structured = Dialect("structured", OPS, [IteratorAttr, ScheduleAttr])

__all__ = [
    "FillOp",
    "GatherOp",
    "GenericOp",
    "IndexOp",
    "IteratorAttr",
    "ReshapeOp",
    "ScanOp",
    "ScatterOp",
    "ScheduleAttr",
    "SortOp",
    "SparseMatmulOp",
    "Structured",
    "YieldOp",
]
