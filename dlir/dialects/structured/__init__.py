"""The `structured` dialect: what is computed over which iteration space, on tensors or memrefs."""

from xdsl.ir import Dialect

from dlir.dialects.structured.attrs import IteratorAttr, ScheduleAttr
from dlir.dialects.structured.ops import FillOp, GatherOp, GenericOp, IndexOp, ReshapeOp, YieldOp

Structured = Dialect(
    "structured",
    [GenericOp, FillOp, GatherOp, ReshapeOp, IndexOp, YieldOp],
    [IteratorAttr, ScheduleAttr],
)

__all__ = [
    "FillOp",
    "GatherOp",
    "GenericOp",
    "IndexOp",
    "IteratorAttr",
    "ReshapeOp",
    "ScheduleAttr",
    "Structured",
    "YieldOp",
]
