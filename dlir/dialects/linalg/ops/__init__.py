"""`linalg` as upstream MLIR has it: what xDSL's dialect of that name reads in part only.

Every op here is a `Structured`: indexing maps, iterator types and a body, so that whoever knows
`linalg.generic` knows them all.
"""

from dlir.dialects.linalg.ops.base import PARALLEL, REDUCTION, Structured, YieldOp
from dlir.dialects.linalg.ops.destination import BroadcastOp, MapOp, ReduceOp, TransposeOp
from dlir.dialects.linalg.ops.generic import GenericOp, IndexOp
from dlir.dialects.linalg.ops.named import NamedOp, TypeFnAttr, named_op

__all__ = [
    "PARALLEL",
    "REDUCTION",
    "BroadcastOp",
    "GenericOp",
    "IndexOp",
    "MapOp",
    "NamedOp",
    "ReduceOp",
    "Structured",
    "TransposeOp",
    "TypeFnAttr",
    "YieldOp",
    "named_op",
]
