"""The scales of the OCP microscaling (MX) formats; `dl.quantize` and `dl.dequantize` apply them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, IntegerAttr, TensorType, f32, i8, i64
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ElementSet, OpClass, integer, powers
from dlir.dialects.dl.ops.base import DlOp, Operand, normalised, rank_of, shape_of
from dlir.dialects.dl.ops.source import AXIS
from dlir.number_formats import format_of

SINGLE = ElementSet("the real", (f32,))
MX_BLOCK = 32
"""How many numbers share a scale in the formats of the specification."""


def exponent_of(element: Attribute) -> int:
    """That of the largest power of two of an MX element type."""
    return 6 if element == i8 else format_of(element).greatest_exponent


@irdl_op_definition
class MxScaleOp(DlOp):
    """The power of two that a block of numbers shares (OCP Microscaling Formats, version 1.0):
    `y[.., j, ..] = 2^(floor(log2 max |x[.., block * j + i, ..]|) - exponent)`.

    `exponent` is that of the element type's largest power of two: 8 for f8E4M3FN, 15 for f8E5M2, 4
    for f6E3M2FN, 2 for f6E2M3FN and f4E2M1FN; 6 for i8, whose numbers MXINT8 counts in 64ths.
    Blocks of zeros have the smallest scale, those with a NaN have NaN, and the scales that are too
    large, as of infinity, are the largest one.

    C1: the element type is f32
    C2: the result has ceil(n / block) places along the axis, and element type f8E8M0FNU
    C3: the axis is one of the operand's
    C4: block >= 1

    ```mlir
    %s = dl.mx_scale %x {axis = 1, block = 32, exponent = 8}
        : tensor<?x64xf32> -> tensor<?x2xf8E8M0FNU>
    ```
    """

    name = "dl.mx_scale"

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    block = prop_def(IntegerAttr.constr(i64), default_value=integer(MX_BLOCK))
    exponent = prop_def(IntegerAttr.constr(i64))

    def __init__(self, x: Operand, axis: int, element: Attribute, block: int = MX_BLOCK):
        properties = {
            "axis": integer(normalised(axis, rank_of(x))),
            "block": integer(block),
            "exponent": integer(exponent_of(element)),
        }
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(SINGLE, self.x)
        shape, axis, block = shape_of(self.x), self.axis.value.data, self.block.value.data
        self.check_axis(3, axis, len(shape))
        if block < 1:
            self.reject(4, f"expected block >= 1, got {block}")
        blocks = shape[axis] if shape[axis] == shapes.DYNAMIC else -(-shape[axis] // block)
        return [TensorType(powers, (*shape[:axis], blocks, *shape[axis + 1 :]))]
