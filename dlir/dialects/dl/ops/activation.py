"""Activation functions and clipping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, opt_prop_def

from dlir.dialects.dl.attrs import (
    NUMBERS,
    Approximation,
    ApproximationAttr,
    ElementSet,
    number,
    real,
)
from dlir.dialects.dl.ops.base import Operand, check_number, element_of
from dlir.dialects.dl.ops.elementwise import NumberUnaryOp, PlainUnaryOp, UnaryOp

FLOAT = BaseAttr(FloatAttr)
NUMBER = BaseAttr(IntegerAttr) | BaseAttr(FloatAttr)

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


@irdl_op_definition
class ReluOp(NumberUnaryOp):
    """Rectified linear unit: `y = max(x, 0)`; NaN stays NaN.

    C1: the element type is a number
    C2: the result has the operand's type

    ```mlir
    %y = dl.relu %x : tensor<?x4xf32>
    ```
    """

    name = "dl.relu"


@irdl_op_definition
class SigmoidOp(PlainUnaryOp):
    """Logistic function: `y = 1 / (1 + e^(-x))`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.sigmoid %x : tensor<?x4xf32>
    ```
    """

    name = "dl.sigmoid"


@irdl_op_definition
class SiluOp(PlainUnaryOp):
    """Sigmoid linear unit (swish): `y = x * sigmoid(x)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.silu %x : tensor<?x4xf32>
    ```
    """

    name = "dl.silu"


@irdl_op_definition
class SoftplusOp(PlainUnaryOp):
    """Smooth rectifier: `y = ln(1 + e^x)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.softplus %x : tensor<?x4xf32>
    ```
    """

    name = "dl.softplus"


@irdl_op_definition
class SoftsignOp(PlainUnaryOp):
    """Softsign: `y = x / (1 + |x|)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.softsign %x : tensor<?x4xf32>
    ```
    """

    name = "dl.softsign"


@irdl_op_definition
class MishOp(PlainUnaryOp):
    """Mish: `y = x * tanh(softplus(x))`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.mish %x : tensor<?x4xf32>
    ```
    """

    name = "dl.mish"


@irdl_op_definition
class SeluOp(PlainUnaryOp):
    """Scaled exponential linear unit: `y = s * x for x > 0, else s * a * (e^x - 1)`.

    The constants are s = 1.0507009873554805 and a = 1.6732632423543772.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.selu %x : tensor<?x4xf32>
    ```
    """

    name = "dl.selu"


@irdl_op_definition
class HardSwishOp(PlainUnaryOp):
    """Hard swish: `y = x * min(max(x / 6 + 1/2, 0), 1)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.hard_swish %x : tensor<?x4xf32>
    ```
    """

    name = "dl.hard_swish"


@irdl_op_definition
class GeluOp(UnaryOp):
    """Gaussian error linear unit: `y = x * (1 + erf(x / sqrt(2))) / 2`.

    With `approximate = "tanh"` it is `y = x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.gelu %x {approximate = "tanh"} : tensor<?x4xf32>
    ```
    """

    name = "dl.gelu"

    approximate = opt_prop_def(
        BaseAttr(ApproximationAttr), default_value=ApproximationAttr(Approximation.NONE)
    )

    def __init__(self, x: Operand, approximate: Literal["none", "tanh"] = "none"):
        super().__init__(x, {"approximate": ApproximationAttr(Approximation(approximate))})


@irdl_op_definition
class EluOp(UnaryOp):
    """Exponential linear unit: `y = x for x > 0, else alpha * (e^x - 1)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.elu %x {alpha = 0.5} : tensor<?x4xf32>
    ```
    """

    name = "dl.elu"

    alpha = opt_prop_def(FLOAT, default_value=real(1.0))

    def __init__(self, x: Operand, alpha: float = 1.0):
        super().__init__(x, {"alpha": real(alpha)})


@irdl_op_definition
class LeakyReluOp(UnaryOp):
    """Rectifier with a slope below zero: `y = x for x >= 0, else alpha * x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.leaky_relu %x {alpha = 0.1} : tensor<?x4xf32>
    ```
    """

    name = "dl.leaky_relu"

    alpha = opt_prop_def(FLOAT, default_value=real(0.01))

    def __init__(self, x: Operand, alpha: float = 0.01):
        super().__init__(x, {"alpha": real(alpha)})


@irdl_op_definition
class HardSigmoidOp(UnaryOp):
    """Piecewise linear sigmoid: `y = min(max(alpha * x + beta, 0), 1)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.hard_sigmoid %x {alpha = 0.25} : tensor<?x4xf32>
    ```
    """

    name = "dl.hard_sigmoid"

    alpha = opt_prop_def(FLOAT, default_value=real(0.2))
    beta = opt_prop_def(FLOAT, default_value=real(0.5))

    def __init__(self, x: Operand, alpha: float = 0.2, beta: float = 0.5):
        super().__init__(x, {"alpha": real(alpha), "beta": real(beta)})


@irdl_op_definition
class ClipOp(UnaryOp):
    """Limiting to a range: `y = min(max(x, min), max)`.

    An absent bound does not limit; NaN stays NaN.

    C1: the element type is a number
    C2: the result has the operand's type
    C3: the bounds are floats for float elements and integers for integer elements

    ```mlir
    %y = dl.clip %x {min = 0.0, max = 6.0} : tensor<?x4xf32>
    ```
    """

    name = "dl.clip"

    ELEMENTS: ClassVar[ElementSet] = NUMBERS

    min = opt_prop_def(NUMBER)
    max = opt_prop_def(NUMBER)

    def __init__(self, x: Operand, min: float | None = None, max: float | None = None):
        element = element_of(x)
        bounds = {"min": min, "max": max}
        super().__init__(
            x, {name: None if v is None else number(v, element) for name, v in bounds.items()}
        )

    def infer(self) -> Sequence[Attribute]:
        types = super().infer()
        for bound in (self.min, self.max):
            check_number(self, 3, bound, element_of(self.x))
        return types
