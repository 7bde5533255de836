"""The `linalg` dialect of upstream MLIR, of which xDSL's has a part."""

from __future__ import annotations

from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.ir import Dialect

from dlir.dialects.linalg.named import NAMED
from dlir.dialects.linalg.ops import (
    BroadcastOp,
    GenericOp,
    IndexOp,
    MapOp,
    NamedOp,
    ReduceOp,
    TransposeOp,
    TypeFnAttr,
    YieldOp,
    named_op,
)

NAMED_OPS: dict[str, type[NamedOp]] = {name: named_op(name, spec) for name, spec in NAMED.items()}
FillOp = NAMED_OPS["fill"]

Linalg = Dialect(
    "linalg",
    [GenericOp, YieldOp, IndexOp, TransposeOp, BroadcastOp, ReduceOp, MapOp, *NAMED_OPS.values()],
    [IteratorTypeAttr, TypeFnAttr],
)
