"""The dialect `hello`: one op."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import AnyFloat, TensorType
from xdsl.ir import Dialect, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure


@irdl_op_definition
class AxpyOp(IRDLOperation):
    """Scaled sum: `result = a * x + y`, element by element.

    C1: operands and result have one and the same type, a tensor of floats

    ```mlir
    %r = hello.axpy %a, %x, %y : tensor<4xf32>
    ```
    """

    T: ClassVar = VarConstraint("T", TensorType.constr(AnyFloat))

    name = "hello.axpy"

    a = operand_def(T)
    x = operand_def(T)
    y = operand_def(T)
    result = result_def(T)

    traits = traits_def(Pure())

    assembly_format = "$a `,` $x `,` $y attr-dict `:` type($result)"

    def __init__(self, a: SSAValue, x: SSAValue, y: SSAValue) -> None:
        super().__init__(operands=[a, x, y], result_types=[y.type])


Hello = Dialect("hello", [AxpyOp])
