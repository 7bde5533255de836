"""Hyperbolic functions and the inverse ones of both kinds; sine and cosine are in math.py."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from dlir.dialects.dl.ops.elementwise import PlainUnaryOp


@irdl_op_definition
class SinhOp(PlainUnaryOp):
    """Hyperbolic sine: `y = sinh x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.sinh %x : tensor<?x4xf32>
    ```
    """

    name = "dl.sinh"


@irdl_op_definition
class CoshOp(PlainUnaryOp):
    """Hyperbolic cosine: `y = cosh x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.cosh %x : tensor<?x4xf32>
    ```
    """

    name = "dl.cosh"


@irdl_op_definition
class AsinOp(PlainUnaryOp):
    """Inverse sine, from -pi/2 to pi/2: `y = arcsin x`; NaN beyond -1 and 1.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.asin %x : tensor<?x4xf32>
    ```
    """

    name = "dl.asin"


@irdl_op_definition
class AcosOp(PlainUnaryOp):
    """Inverse cosine, from 0 to pi: `y = arccos x`; NaN beyond -1 and 1.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.acos %x : tensor<?x4xf32>
    ```
    """

    name = "dl.acos"


@irdl_op_definition
class AtanOp(PlainUnaryOp):
    """Inverse tangent, from -pi/2 to pi/2: `y = arctan x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.atan %x : tensor<?x4xf32>
    ```
    """

    name = "dl.atan"


@irdl_op_definition
class AsinhOp(PlainUnaryOp):
    """Inverse hyperbolic sine: `y = arsinh x`.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.asinh %x : tensor<?x4xf32>
    ```
    """

    name = "dl.asinh"


@irdl_op_definition
class AcoshOp(PlainUnaryOp):
    """Inverse hyperbolic cosine: `y = arcosh x`; NaN below 1.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.acosh %x : tensor<?x4xf32>
    ```
    """

    name = "dl.acosh"


@irdl_op_definition
class AtanhOp(PlainUnaryOp):
    """Inverse hyperbolic tangent: `y = artanh x`; infinite at -1 and 1, NaN beyond.

    C1: the element type is a float
    C2: the result has the operand's type

    ```mlir
    %y = dl.atanh %x : tensor<?x4xf32>
    ```
    """

    name = "dl.atanh"
