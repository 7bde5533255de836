"""Conversion of floats by chance; `dl.cast` is the plain one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr, i32
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import REALS, OpClass
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of, type_of


@irdl_op_definition
class StochasticCastOp(DlOp):
    """Conversion of floats, rounded up as often as they are near:
    `y = below + unit * (random < (|x| - below) / unit)` for numbers >= 0, and alike for others.

    `below` and `below + unit` are the two numbers of the result's type around |x|, and `random` is
    the fraction in [0, 1) that the first 24 bits of `bits` are. Uniform bits, as of
    `dl.random_bits`, make the expected value x. What is beyond the last number, and `saturate`, are
    those of `dl.cast`.

    C1: both element types are floats
    C2: the result has the operand's shape
    C3: the bits are i32, one for each element

    ```mlir
    %y = dl.stochastic_cast %x, %bits
        : (tensor<?x4xf32>, tensor<?x4xi32>) -> tensor<?x4xf8E5M2>
    ```
    """

    name = "dl.stochastic_cast"

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE

    x = operand_def(AnyTensorTypeConstr)
    bits = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    saturate = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self, x: Operand, bits: Operand, element_type: Attribute, *, saturate: bool = False
    ):
        properties = {"saturate": UnitAttr() if saturate else None}
        self.initialise([x, bits], properties, [TensorType(element_type, shape_of(x))])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(REALS, self.x, self.result)
        shape = shapes.meet_shapes(shape_of(self.x), shape_of(self.bits))
        if element_of(self.bits) != i32 or shape is None:
            expected = TensorType(i32, shape_of(self.x))
            self.reject(3, f"expected bits of type {expected}, got {type_of(self.bits)}")
        return [TensorType(type_of(self.result).element_type, shape)]
