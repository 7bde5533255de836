"""Reductions over whole axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ANY, FLOATS, NUMBERS, ElementSet, OpClass, ints
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, normalised, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import INTS_CONSTR


class ReduceOp(DlOp):
    """The family of reductions; without `keepdims` the reduced axes vanish from the shape."""

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION
    ELEMENTS: ClassVar[ElementSet] = NUMBERS

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    axes = prop_def(INTS_CONSTR)
    keepdims = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(self, x: Operand, axes: Sequence[int] | None = None, keepdims: bool = False):
        rank = rank_of(x)
        chosen = range(rank) if axes is None else sorted(normalised(axis, rank) for axis in axes)
        keep = UnitAttr() if keepdims else None
        self.initialise([x], {"axes": ints(list(chosen)), "keepdims": keep})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.ELEMENTS, self.x)
        axes, rank = self.axes.get_values(), rank_of(self.x)
        for axis in axes:
            self.check_axis(3, axis, rank)
        if any(a >= b for a, b in pairwise(axes)):
            self.reject(4, f"expected axes in rising order, got {[*axes]}")
        shape = shapes.reduce(shape_of(self.x), axes, self.keepdims is not None)
        return [TensorType(element_of(self.x), shape)]


@irdl_op_definition
class ReduceSumOp(ReduceOp):
    """Sum: `y = sum of x over the axes`; 0 of nothing. Integers wrap around.

    C1: the element type is a number
    C2: the result has the operand's shape without the axes, or with ones in their place
    C3: the axes are the operand's
    C4: the axes rise

    ```mlir
    %y = dl.reduce_sum %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
    ```
    """

    name = "dl.reduce_sum"


@irdl_op_definition
class ReduceMeanOp(ReduceOp):
    """Mean: `y = (sum of x over the axes) / count`; NaN of nothing.

    C1: the element type is a float
    C2: the result has the operand's shape without the axes, or with ones in their place
    C3: the axes are the operand's
    C4: the axes rise

    ```mlir
    %y = dl.reduce_mean %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
    ```
    """

    name = "dl.reduce_mean"

    ELEMENTS: ClassVar[ElementSet] = FLOATS


@irdl_op_definition
class ReduceMaxOp(ReduceOp):
    """Maximum: `y = max of x over the axes`; NaN wins.

    Of nothing it is -inf, the least integer or false.

    C1: the element type is supported
    C2: the result has the operand's shape without the axes, or with ones in their place
    C3: the axes are the operand's
    C4: the axes rise

    ```mlir
    %y = dl.reduce_max %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
    ```
    """

    name = "dl.reduce_max"

    ELEMENTS: ClassVar[ElementSet] = ANY


@irdl_op_definition
class ReduceMinOp(ReduceOp):
    """Minimum: `y = min of x over the axes`; NaN wins.

    Of nothing it is inf, the greatest integer or true.

    C1: the element type is supported
    C2: the result has the operand's shape without the axes, or with ones in their place
    C3: the axes are the operand's
    C4: the axes rise

    ```mlir
    %y = dl.reduce_min %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
    ```
    """

    name = "dl.reduce_min"

    ELEMENTS: ClassVar[ElementSet] = ANY


@irdl_op_definition
class ReduceProdOp(ReduceOp):
    """Product: `y = product of x over the axes`; integers wrap around; 1 of nothing.

    C1: the element type is a number
    C2: the result has the operand's shape without the axes, or with ones in their place
    C3: the axes are the operand's
    C4: the axes rise

    ```mlir
    %y = dl.reduce_prod %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
    ```
    """

    name = "dl.reduce_prod"
