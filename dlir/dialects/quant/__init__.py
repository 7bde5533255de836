"""The `quant` dialect: number formats as element types, in MLIR's own spelling.

    %q = quant.qcast %x
        : tensor<4x8xf32> -> tensor<4x8x!quant.uniform<i8:f32:0, {0.5, 0.25, 0.5:3, 1.0}>>
    %y = quant.dcast %q
        : tensor<4x8x!quant.uniform<i8:f32:0, {0.5, 0.25, 0.5:3, 1.0}>> -> tensor<4x8xf32>

The type says what an integer stands for, so that a person reads and edits the formats of a model as
its types. `dl` states the same by operands: `convert-quant-to-dl` and `convert-dl-to-quant` go
between the two. The value of a quantised tensor is the array of its integers.
"""

from __future__ import annotations

from xdsl.ir import Dialect

from dlir.dialects.quant.ops import DcastOp, QcastOp, ScastOp
from dlir.dialects.quant.types import UniformType

QUANT = Dialect("quant", [QcastOp, DcastOp, ScastOp], [UniformType])
