"""Running sums and products along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl.attrs import NUMBERS, OpClass, integer
from dlir.dialects.dl.ops.base import DlOp, Operand, normalised, rank_of, type_of
from dlir.dialects.dl.ops.source import AXIS


class ScanOp(DlOp):
    """The family of running folds: each element of the result folds those up to its place."""

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION
    SHORT_TYPES: ClassVar[bool] = True

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    exclusive = opt_prop_def(BaseAttr(UnitAttr))
    reverse = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self, x: Operand, axis: int = -1, *, exclusive: bool = False, reverse: bool = False
    ):
        properties = {
            "axis": integer(normalised(axis, rank_of(x))),
            "exclusive": UnitAttr() if exclusive else None,
            "reverse": UnitAttr() if reverse else None,
        }
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(NUMBERS, self.x)
        self.check_axis(3, self.axis.value.data, rank_of(self.x))
        return [type_of(self.x)]


@irdl_op_definition
class CumsumOp(ScanOp):
    """Running sum along an axis: `y[j] = x[0] + ... + x[j]`; integers wrap around.

    With `exclusive` the sum ends before `x[j]`; with `reverse` it begins at the axis' end.

    C1: the element type is a number
    C2: the result has the operand's type
    C3: the axis is one of the operand's

    ```mlir
    %y = dl.cumsum %x {axis = 1} : tensor<?x8xf32>
    ```
    """

    name = "dl.cumsum"


@irdl_op_definition
class CumprodOp(ScanOp):
    """Running product along an axis: `y[j] = x[0] * ... * x[j]`; integers wrap around.

    With `exclusive` the product ends before `x[j]`; with `reverse` it begins at the axis' end.

    C1: the element type is a number
    C2: the result has the operand's type
    C3: the axis is one of the operand's

    ```mlir
    %y = dl.cumprod %x {axis = 1, exclusive} : tensor<?x8xf32>
    ```
    """

    name = "dl.cumprod"
