"""The `structured` dialect: what is computed over which iteration space, on tensors or memrefs."""

from xdsl.ir import Dialect

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
    YieldOp,
)

Structured = Dialect(
    "structured",
    [GenericOp, FillOp, GatherOp, ReshapeOp, ScanOp, SortOp, ScatterOp, IndexOp, YieldOp],
    [IteratorAttr, ScheduleAttr],
)

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
    "Structured",
    "YieldOp",
]
