"""Ops on the bits of numbers; those that work bit by bit (and, or, xor) are in binary.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, result_def

from dlir.dialects.dl.attrs import INTS, NUMBERS, WIDTHS, ElementSet
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of, type_of
from dlir.dialects.dl.ops.elementwise import PlainBinaryOp


class ShiftOp(PlainBinaryOp):
    """A binary op on integers whose right operand counts bits."""

    ELEMENTS: ClassVar[ElementSet] = INTS


@irdl_op_definition
class ShiftLeftOp(ShiftOp):
    """Shift to the left: `y = lhs * 2^rhs`, the low bits; 0 where rhs is the width or more.

    A negative count is one that is too large.

    C1: the element type is an integer
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.shift_left %a, %b : (tensor<?x4xui8>, tensor<4xui8>) -> tensor<?x4xui8>
    ```
    """

    name = "dl.shift_left"


@irdl_op_definition
class ShiftRightOp(ShiftOp):
    """Shift to the right: `y = floor(lhs / 2^rhs)`.

    Zeros move into an unsigned number, copies of the sign into a signed one. A negative count is
    one that is too large: what remains is 0, or -1 of a negative number.

    C1: the element type is an integer
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.shift_right %a, %b : (tensor<?x4xui8>, tensor<4xui8>) -> tensor<?x4xui8>
    ```
    """

    name = "dl.shift_right"


@irdl_op_definition
class BitcastOp(DlOp):
    """The same bits as numbers of another element type: `y = bits of x`.

    C1: both element types are numbers
    C2: the result has the operand's shape
    C3: both element types have the same width

    ```mlir
    %y = dl.bitcast %x : tensor<?x4xf32> -> tensor<?x4xui32>
    ```
    """

    name = "dl.bitcast"

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def __init__(self, x: Operand, element_type: Attribute):
        self.initialise([x], result_types=[TensorType(element_type, shape_of(x))])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(NUMBERS, self.x, self.result)
        source, target = element_of(self.x), type_of(self.result).element_type
        if WIDTHS[source] != WIDTHS[target]:
            got = f"{source} and {target}"
            self.reject(3, f"expected element types of one width, got {got}")
        return [TensorType(target, shape_of(self.x))]
