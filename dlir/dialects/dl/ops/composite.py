"""Ops that keep a well-known meaning together; `dl-decompose` writes them in simpler ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, IntegerAttr, TensorType, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import FLOATS, OpClass, integer, real
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, normalised, rank_of, shape_of
from dlir.dialects.dl.ops.source import AXIS


class CompositeOp(DlOp):
    """A float op on a tensor whose result has the operand's type."""

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def same_type(self) -> Sequence[Attribute]:
        return [TensorType(element_of(self.x), shape_of(self.x))]

    def check_companions(self, rule: int, shape: Sequence[int], *values: SSAValue | None) -> None:
        """Scales, biases and the like have the given shape and the operand's element type."""
        element = element_of(self.x)
        for value in values:
            if value is None:
                continue
            if element_of(value) != element or shapes.meet_shapes(shape_of(value), shape) is None:
                expected, got = TensorType(element, shape), value.type
                self.reject(
                    rule, f"expected scale, bias or statistics of type {expected}, got {got}"
                )


class AxisOp(CompositeOp):
    """A composite op along one axis."""

    SHORT_TYPES: ClassVar[bool] = True

    axis = prop_def(AXIS)

    def __init__(self, x: Operand, axis: int = -1):
        self.initialise([x], {"axis": integer(normalised(axis, rank_of(x)))})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        self.check_axis(3, self.axis.value.data, rank_of(self.x))
        return self.same_type()


@irdl_op_definition
class SoftmaxOp(AxisOp):
    """Softmax along an axis: `y = e^(x - max x) / sum of e^(x - max x)`.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the axis is one of the operand's

    ```mlir
    %y = dl.softmax %x {axis = 1} : tensor<?x10xf32>
    ```
    """

    name = "dl.softmax"


@irdl_op_definition
class LogSoftmaxOp(AxisOp):
    """Logarithm of softmax along an axis: `y = (x - max x) - ln(sum of e^(x - max x))`.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the axis is one of the operand's

    ```mlir
    %y = dl.log_softmax %x {axis = 1} : tensor<?x10xf32>
    ```
    """

    name = "dl.log_softmax"


@irdl_op_definition
class LayerNormOp(CompositeOp):
    """Normalisation over the dimensions from `axis` on:
    `y = (x - mean) / sqrt(variance + epsilon) * scale + bias`.

    The variance is that of the whole population, mean((x - mean)^2). Without a bias nothing is
    added.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the axis is one of the operand's
    C4: scale and bias have the shape of the normalised dimensions, and the operand's element type

    ```mlir
    %y = dl.layer_norm %x, %s, %b {axis = 2}
        : (tensor<?x128x768xf32>, tensor<768xf32>, tensor<768xf32>) -> tensor<?x128x768xf32>
    ```
    """

    name = "dl.layer_norm"

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    bias = opt_operand_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    epsilon = opt_prop_def(FLOAT, default_value=real(1e-5))

    def __init__(
        self,
        x: Operand,
        scale: Operand,
        bias: Operand | None = None,
        *,
        axis: int = -1,
        epsilon: float = 1e-5,
    ):
        properties = {"axis": integer(normalised(axis, rank_of(x))), "epsilon": real(epsilon)}
        self.initialise([x, scale, bias], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        shape, axis = shape_of(self.x), self.axis.value.data
        self.check_axis(3, axis, len(shape))
        self.check_companions(4, shape[axis:], self.scale, self.bias)
        return self.same_type()


@irdl_op_definition
class BatchNormOp(CompositeOp):
    """Normalisation by given statistics of each channel:
    `y = (x - mean) / sqrt(variance + epsilon) * scale + bias`.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the axis is one of the operand's
    C4: scale, bias, mean and variance are vectors of the axis' size, of the operand's element type

    ```mlir
    %y = dl.batch_norm %x, %s, %b, %m, %v {epsilon = 0.001}
        : (tensor<?x64x56x56xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>)
        -> tensor<?x64x56x56xf32>
    ```
    """

    name = "dl.batch_norm"

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    bias = operand_def(AnyTensorTypeConstr)
    mean = operand_def(AnyTensorTypeConstr)
    variance = operand_def(AnyTensorTypeConstr)
    axis = opt_prop_def(AXIS, default_value=integer(1))
    epsilon = opt_prop_def(FLOAT, default_value=real(1e-5))

    def __init__(
        self,
        x: Operand,
        scale: Operand,
        bias: Operand,
        mean: Operand,
        variance: Operand,
        *,
        axis: int = 1,
        epsilon: float = 1e-5,
    ):
        properties = {"axis": integer(normalised(axis, rank_of(x))), "epsilon": real(epsilon)}
        self.initialise([x, scale, bias, mean, variance], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        shape, axis = shape_of(self.x), self.axis.value.data
        self.check_axis(3, axis, len(shape))
        channels = shape[axis : axis + 1]
        self.check_companions(4, channels, self.scale, self.bias, self.mean, self.variance)
        return self.same_type()


@irdl_op_definition
class LrnOp(CompositeOp):
    """Local response normalisation over neighbouring channels:
    `y[c] = x[c] / (bias + alpha / size * sum of x[d]^2)^beta`.

    The sum is over the channels d from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2) that
    exist.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the axis is one of the operand's
    C4: the size is 1 or more

    ```mlir
    %y = dl.lrn %x {size = 5, alpha = 0.001, bias = 2.0} : tensor<?x96x27x27xf32>
    ```
    """

    name = "dl.lrn"

    SHORT_TYPES: ClassVar[bool] = True

    size = prop_def(IntegerAttr.constr(i64))
    alpha = opt_prop_def(FLOAT, default_value=real(1e-4))
    beta = opt_prop_def(FLOAT, default_value=real(0.75))
    bias = opt_prop_def(FLOAT, default_value=real(1.0))
    axis = opt_prop_def(AXIS, default_value=integer(1))

    def __init__(
        self,
        x: Operand,
        size: int,
        *,
        alpha: float = 1e-4,
        beta: float = 0.75,
        bias: float = 1.0,
        axis: int = 1,
    ):
        reals = {"alpha": real(alpha), "beta": real(beta), "bias": real(bias)}
        axis = normalised(axis, rank_of(x))
        self.initialise([x], {"size": integer(size), **reals, "axis": integer(axis)})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        self.check_axis(3, self.axis.value.data, rank_of(self.x))
        if (size := self.size.value.data) < 1:
            self.reject(4, f"expected a size >= 1, got {size}")
        return self.same_type()
