"""Normalisations by statistics of groups of channels, by the mean square, and of a whole batch."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import AnyTensorTypeConstr, IntegerAttr, TensorType, i1, i64
from xdsl.ir import Attribute
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import FLOATS, integer, real
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import Operand, element_of, normalised, rank_of, shape_of
from dlir.dialects.dl.ops.composite import CompositeOp
from dlir.dialects.dl.ops.source import AXIS


class ChannelNormOp(CompositeOp):
    """Normalisation of [batch, channels, ...] within each image, then a scale and a bias each."""

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    bias = operand_def(AnyTensorTypeConstr)
    epsilon = opt_prop_def(FLOAT, default_value=real(1e-5))

    def check_channels(self) -> int:
        """C1, C3 and C4; the number of channels."""
        self.check_elements(FLOATS, self.x)
        shape = shape_of(self.x)
        if len(shape) < 2:
            self.reject(3, f"expected an operand of rank 2 or more, got rank {len(shape)}")
        self.check_companions(4, shape[1:2], self.scale, self.bias)
        return shape[1]


@irdl_op_definition
class GroupNormOp(ChannelNormOp):
    """Normalisation of groups of channels of each image:
    `y = (x - mean) / sqrt(variance + epsilon) * scale + bias`.

    Mean and variance are those of the channels of one group at all places of one image.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the operand has rank 2 or more: [batch, channels, ...]
    C4: scale and bias are vectors of one number per channel, of the operand's element type
    C5: groups >= 1 divides the channels

    ```mlir
    %y = dl.group_norm %x, %s, %b {groups = 8}
        : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x14x14xf32>
    ```
    """

    name = "dl.group_norm"

    groups = prop_def(IntegerAttr.constr(i64))

    def __init__(
        self, x: Operand, scale: Operand, bias: Operand, groups: int, *, epsilon: float = 1e-5
    ):
        properties = {"groups": integer(groups), "epsilon": real(epsilon)}
        self.initialise([x, scale, bias], properties)

    def infer(self) -> Sequence[Attribute]:
        channels, groups = self.check_channels(), self.groups.value.data
        if groups < 1 or (channels != shapes.DYNAMIC and channels % groups):
            got = f"{groups} for {channels} channels"
            self.reject(5, f"expected groups >= 1 that divide the channels, got {got}")
        return self.same_type()


@irdl_op_definition
class InstanceNormOp(ChannelNormOp):
    """Normalisation of each channel of each image:
    `y = (x - mean) / sqrt(variance + epsilon) * scale + bias`.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the operand has rank 2 or more: [batch, channels, ...]
    C4: scale and bias are vectors of one number per channel, of the operand's element type

    ```mlir
    %y = dl.instance_norm %x, %s, %b
        : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x14x14xf32>
    ```
    """

    name = "dl.instance_norm"

    def __init__(self, x: Operand, scale: Operand, bias: Operand, *, epsilon: float = 1e-5):
        self.initialise([x, scale, bias], {"epsilon": real(epsilon)})

    def infer(self) -> Sequence[Attribute]:
        self.check_channels()
        return self.same_type()


@irdl_op_definition
class RmsNormOp(CompositeOp):
    """Normalisation by the mean square of the dimensions from `axis` on:
    `y = x / sqrt(mean(x^2) + epsilon) * scale`.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: the axis is one of the operand's
    C4: the scale has the shape of the normalised dimensions, and the operand's element type

    ```mlir
    %y = dl.rms_norm %x, %s {axis = 2}
        : (tensor<?x128x768xf32>, tensor<768xf32>) -> tensor<?x128x768xf32>
    ```
    """

    name = "dl.rms_norm"

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    epsilon = opt_prop_def(FLOAT, default_value=real(1e-5))

    def __init__(self, x: Operand, scale: Operand, *, axis: int = -1, epsilon: float = 1e-5):
        properties = {"axis": integer(normalised(axis, rank_of(x))), "epsilon": real(epsilon)}
        self.initialise([x, scale], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        shape, axis = shape_of(self.x), self.axis.value.data
        self.check_axis(3, axis, len(shape))
        self.check_companions(4, shape[axis:], self.scale)
        return self.same_type()


@irdl_op_definition
class BatchNormTrainingOp(CompositeOp):
    """Normalisation of each channel by the statistics of the whole batch, which are results, too:
    `y = (x - mean) / sqrt(variance + epsilon) * scale + bias`.

    The variance is that of the population, mean((x - mean)^2).

    C1: the element type is a float
    C2: the results are of the operand's type, and two vectors of one number per channel
    C3: the axis is one of the operand's
    C4: scale and bias are vectors of the axis' size, of the operand's element type

    ```mlir
    %y, %m, %v = dl.batch_norm_training %x, %s, %b
        : (tensor<?x64x7x7xf32>, tensor<64xf32>, tensor<64xf32>)
        -> (tensor<?x64x7x7xf32>, tensor<64xf32>, tensor<64xf32>)
    ```
    """

    name = "dl.batch_norm_training"

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    bias = operand_def(AnyTensorTypeConstr)
    axis = opt_prop_def(AXIS, default_value=integer(1))
    epsilon = opt_prop_def(FLOAT, default_value=real(1e-5))
    mean = result_def(AnyTensorTypeConstr)
    variance = result_def(AnyTensorTypeConstr)

    def __init__(
        self, x: Operand, scale: Operand, bias: Operand, *, axis: int = 1, epsilon: float = 1e-5
    ):
        properties = {"axis": integer(normalised(axis, rank_of(x))), "epsilon": real(epsilon)}
        self.initialise([x, scale, bias], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        shape, axis = shape_of(self.x), self.axis.value.data
        self.check_axis(3, axis, len(shape))
        channels = shape[axis : axis + 1]
        self.check_companions(4, channels, self.scale, self.bias)
        statistic = TensorType(element_of(self.x), channels)
        return [*self.same_type(), statistic, statistic]

    def _placeholders(self) -> Sequence[Attribute | Sequence[Attribute]]:
        return [TensorType(i1, ())] * 3
