"""Rectifiers that models seldom have; the common ones are in activation.py."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, opt_prop_def

from dlir.dialects.dl.attrs import real
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import Operand
from dlir.dialects.dl.ops.elementwise import UnaryOp


@irdl_op_definition
class CeluOp(UnaryOp):
    """Continuously differentiable exponential linear unit:
    `y = x for x > 0, else alpha * (e^(x / alpha) - 1)`.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: alpha is finite and not 0

    ```mlir
    %y = dl.celu %x {alpha = 0.5} : tensor<?x4xf32>
    ```
    """

    name = "dl.celu"

    alpha = opt_prop_def(FLOAT, default_value=real(1.0))

    def __init__(self, x: Operand, alpha: float = 1.0):
        super().__init__(x, {"alpha": real(alpha)})

    def infer(self) -> Sequence[Attribute]:
        types, alpha = super().infer(), self.alpha.value.data
        if alpha == 0 or not isfinite(alpha):
            self.reject(3, f"expected a finite alpha other than 0, got {alpha}")
        return types


@irdl_op_definition
class ThresholdedReluOp(UnaryOp):
    """Rectifier with a threshold: `y = x for x > alpha, else 0`; NaN becomes 0.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.thresholded_relu %x {alpha = 0.5} : tensor<?x4xf32>
    ```
    """

    name = "dl.thresholded_relu"

    alpha = opt_prop_def(FLOAT, default_value=real(1.0))

    def __init__(self, x: Operand, alpha: float = 1.0):
        super().__init__(x, {"alpha": real(alpha)})
