"""Determinants and discrete Fourier transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import FLOATS, OpClass, integer
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, normalised, rank_of, shape_of
from dlir.dialects.dl.ops.source import AXIS


@irdl_op_definition
class DetOp(DlOp):
    """Determinant of (a stack of) square matrices: `y = det x`.

    C1: the element type is a float
    C2: the result has the operand's shape without the last two dimensions
    C3: the operand has rank 2 or more, and its last two sizes are one number

    ```mlir
    %y = dl.det %x : tensor<?x3x3xf32> -> tensor<?xf32>
    ```
    """

    name = "dl.det"

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def __init__(self, x: Operand):
        self.initialise([x])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        shape = shape_of(self.x)
        if len(shape) < 2 or shape[-1] != shape[-2] or shape[-1] == shapes.DYNAMIC:
            self.reject(3, f"expected square matrices of a known size, got {shapes.text(shape)}")
        return [TensorType(element_of(self.x), shape[:-2])]


@irdl_op_definition
class DftOp(DlOp):
    """Discrete Fourier transform along an axis of complex numbers, which are the last dimension:
    `y[k] = sum over j of x[j] * e^(-2 pi i j k / n)`.

    With `inverse` the sign of the exponent changes, and the sum is divided by n.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the axis is one of the operand's, but not the last
    C4: the last size is 2: real and imaginary part
    C5: the size n along the axis is a number >= 1

    ```mlir
    %y = dl.dft %x {axis = 1} : tensor<?x400x2xf32>
    ```
    """

    name = "dl.dft"

    OP_CLASS: ClassVar[OpClass] = OpClass.CONTRACTION
    SHORT_TYPES: ClassVar[bool] = True

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    inverse = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(self, x: Operand, axis: int, *, inverse: bool = False):
        properties = {
            "axis": integer(normalised(axis, rank_of(x))),
            "inverse": UnitAttr() if inverse else None,
        }
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        shape, axis = shape_of(self.x), self.axis.value.data
        self.check_axis(3, axis, len(shape) - 1)
        if shape[-1] != 2:
            self.reject(4, f"expected a last size of 2, got {shapes.text(shape)}")
        if shape[axis] < 1:
            self.reject(5, f"expected a number >= 1 along axis {axis}, got {shapes.text(shape)}")
        return [TensorType(element_of(self.x), shape)]
