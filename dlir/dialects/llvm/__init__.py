"""The `llvm` dialect: xDSL's operations, and those it lacks (see `ops.py` and `intrinsics.py`).

`LLVM` takes the place of xDSL's dialect of the same name.  Where both define an operation
(`llvm.fcmp`, `llvm.select`, `llvm.intr.masked.store`), ours is upstream's, which takes vectors.
"""

from xdsl.dialects.llvm import LLVM as XDSL_LLVM
from xdsl.ir import Dialect, Operation

from dlir.dialects.llvm.intrinsics import (
    AbsOp,
    CtPopOp,
    FMulAddOp,
    FTruncOp,
    LoadExpOp,
    MaskedLoadOp,
    MaskedStoreOp,
    MaximumOp,
    MemcpyOp,
    MinimumOp,
    PrefetchOp,
    RoundEvenOp,
    RoundOp,
    SMaxOp,
    SMinOp,
    UMaxOp,
    UMinOp,
)
from dlir.dialects.llvm.ops import (
    ExtractElementOp,
    FCmpOp,
    FenceOp,
    FPToSIOp,
    FPToUIOp,
    FreezeOp,
    PoisonOp,
    SelectOp,
    SwitchOp,
    UIToFPOp,
)

__all__ = ["LLVM"]

_OURS: list[type[Operation]] = [
    AbsOp,
    CtPopOp,
    ExtractElementOp,
    FCmpOp,
    FenceOp,
    FMulAddOp,
    FPToSIOp,
    FPToUIOp,
    FTruncOp,
    FreezeOp,
    LoadExpOp,
    MaskedLoadOp,
    MaskedStoreOp,
    MaximumOp,
    MemcpyOp,
    MinimumOp,
    PoisonOp,
    PrefetchOp,
    RoundEvenOp,
    RoundOp,
    SMaxOp,
    SMinOp,
    SelectOp,
    SwitchOp,
    UIToFPOp,
    UMaxOp,
    UMinOp,
]
_OUR_NAMES = {op.name for op in _OURS}

LLVM = Dialect(
    "llvm",
    [*(op for op in XDSL_LLVM.operations if op.name not in _OUR_NAMES), *_OURS],
    list(XDSL_LLVM.attributes),
)
