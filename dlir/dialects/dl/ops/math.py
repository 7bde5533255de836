"""Elementary functions of one tensor."""

from __future__ import annotations

from typing import ClassVar

from xdsl.irdl import irdl_op_definition

from dlir.dialects.dl.attrs import BITS, ElementSet
from dlir.dialects.dl.ops.elementwise import ClassifyOp, NumberUnaryOp, PlainUnaryOp


@irdl_op_definition
class NegOp(NumberUnaryOp):
    """Negation: `y = -x`; wraps around for the least integer.

    C1: the element type is a number
    C2: the result has the operand's type

    ```mlir
    %y = dl.neg %x : tensor<?x4xf32>
    ```
    """

    name = "dl.neg"


@irdl_op_definition
class AbsOp(NumberUnaryOp):
    """Absolute value: `y = |x|`; wraps around for the least integer.

    C1: the element type is a number
    C2: the result has the operand's type

    ```mlir
    %y = dl.abs %x : tensor<?x4xf32>
    ```
    """

    name = "dl.abs"


@irdl_op_definition
class SignOp(NumberUnaryOp):
    """Sign: `y = -1, 0 or 1 as x < 0, x = 0 or x > 0`; NaN stays NaN.

    C1: the element type is a number
    C2: the result has the operand's type

    ```mlir
    %y = dl.sign %x : tensor<?x4xf32>
    ```
    """

    name = "dl.sign"


@irdl_op_definition
class ExpOp(PlainUnaryOp):
    """Exponential: `y = e^x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.exp %x : tensor<?x4xf32>
    ```
    """

    name = "dl.exp"


@irdl_op_definition
class Expm1Op(PlainUnaryOp):
    """Exponential minus one, exact near zero: `y = e^x - 1`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.expm1 %x : tensor<?x4xf32>
    ```
    """

    name = "dl.expm1"


@irdl_op_definition
class LogOp(PlainUnaryOp):
    """Natural logarithm: `y = ln x`; NaN below zero, -inf at zero.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.log %x : tensor<?x4xf32>
    ```
    """

    name = "dl.log"


@irdl_op_definition
class Log1pOp(PlainUnaryOp):
    """Natural logarithm of one plus x, exact near zero: `y = ln(1 + x)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.log1p %x : tensor<?x4xf32>
    ```
    """

    name = "dl.log1p"


@irdl_op_definition
class SqrtOp(PlainUnaryOp):
    """Square root: `y = x^(1/2)`; NaN below zero.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.sqrt %x : tensor<?x4xf32>
    ```
    """

    name = "dl.sqrt"


@irdl_op_definition
class RsqrtOp(PlainUnaryOp):
    """Reciprocal square root: `y = 1 / x^(1/2)`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.rsqrt %x : tensor<?x4xf32>
    ```
    """

    name = "dl.rsqrt"


@irdl_op_definition
class ReciprocalOp(PlainUnaryOp):
    """Reciprocal: `y = 1 / x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.reciprocal %x : tensor<?x4xf32>
    ```
    """

    name = "dl.reciprocal"


@irdl_op_definition
class SinOp(PlainUnaryOp):
    """Sine: `y = sin x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.sin %x : tensor<?x4xf32>
    ```
    """

    name = "dl.sin"


@irdl_op_definition
class CosOp(PlainUnaryOp):
    """Cosine: `y = cos x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.cos %x : tensor<?x4xf32>
    ```
    """

    name = "dl.cos"


@irdl_op_definition
class TanOp(PlainUnaryOp):
    """Tangent: `y = tan x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.tan %x : tensor<?x4xf32>
    ```
    """

    name = "dl.tan"


@irdl_op_definition
class TanhOp(PlainUnaryOp):
    """Hyperbolic tangent: `y = tanh x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.tanh %x : tensor<?x4xf32>
    ```
    """

    name = "dl.tanh"


@irdl_op_definition
class ErfOp(PlainUnaryOp):
    """Error function: `y = 2/sqrt(pi) * integral of e^(-t^2) for t from 0 to x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.erf %x : tensor<?x4xf32>
    ```
    """

    name = "dl.erf"


@irdl_op_definition
class FloorOp(PlainUnaryOp):
    """Rounding down: `y = the greatest integer <= x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.floor %x : tensor<?x4xf32>
    ```
    """

    name = "dl.floor"


@irdl_op_definition
class CeilOp(PlainUnaryOp):
    """Rounding up: `y = the least integer >= x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.ceil %x : tensor<?x4xf32>
    ```
    """

    name = "dl.ceil"


@irdl_op_definition
class RoundOp(PlainUnaryOp):
    """Rounding to the nearest integer: `y = the integer nearest to x, the even one of two`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.round %x : tensor<?x4xf32>
    ```
    """

    name = "dl.round"


@irdl_op_definition
class IsNanOp(ClassifyOp):
    """Whether an element is not a number: `y = (x != x)`.

    C1: the element type is a float
    C2: the result has the operand's shape and element type i1

    ```mlir
    %y = dl.is_nan %x : tensor<?x4xf32> -> tensor<?x4xi1>
    ```
    """

    name = "dl.is_nan"


@irdl_op_definition
class IsInfOp(ClassifyOp):
    """Whether an element is infinite: `y = (|x| = inf)`.

    C1: the element type is a float
    C2: the result has the operand's shape and element type i1

    ```mlir
    %y = dl.is_inf %x : tensor<?x4xf32> -> tensor<?x4xi1>
    ```
    """

    name = "dl.is_inf"


@irdl_op_definition
class NotOp(PlainUnaryOp):
    """Bitwise complement; on i1 logical: `y = ~x`.

    C1: the element type is an integer or i1
    C2: the result has the operand's type

    ```mlir
    %y = dl.not %x : tensor<?x4xi1>
    ```
    """

    name = "dl.not"

    ELEMENTS: ClassVar[ElementSet] = BITS
