"""Where the extremes of an axis are, and its elements in order.

NaN counts as greater than every number when elements are ordered; -0.0 and 0.0 are equal.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr, i64
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ANY, OpClass, integer
from dlir.dialects.dl.ops.base import (
    DlOp,
    Operand,
    element_of,
    normalised,
    rank_of,
    shape_of,
    type_of,
)
from dlir.dialects.dl.ops.source import AXIS


class ExtremeOp(DlOp):
    """The family of places of extremes; without `keepdims` the axis vanishes from the shape."""

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    keepdims = opt_prop_def(BaseAttr(UnitAttr))
    select_last = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self, x: Operand, axis: int = -1, *, keepdims: bool = False, select_last: bool = False
    ):
        properties = {
            "axis": integer(normalised(axis, rank_of(x))),
            "keepdims": UnitAttr() if keepdims else None,
            "select_last": UnitAttr() if select_last else None,
        }
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        axis, shape = self.axis.value.data, shape_of(self.x)
        self.check_axis(3, axis, len(shape))
        if shape[axis] == 0:
            self.reject(4, f"expected an element along dimension {axis}, got {type_of(self.x)}")
        return [TensorType(i64, shapes.reduce(shape, [axis], self.keepdims is not None))]


@irdl_op_definition
class ArgmaxOp(ExtremeOp):
    """The place of the greatest element along an axis: `x[y] = max x`.

    A NaN counts as the greatest. Of equal ones it is the first place, with `select_last` the last.

    C1: the element type is supported
    C2: the result is i64 and has the operand's shape without the axis, or with a one in its place
    C3: the axis is one of the operand's
    C4: the axis has an element; none at run time is an error there

    ```mlir
    %y = dl.argmax %x {axis = 1} : tensor<?x10xf32> -> tensor<?xi64>
    ```
    """

    name = "dl.argmax"


@irdl_op_definition
class ArgminOp(ExtremeOp):
    """The place of the least element along an axis: `x[y] = min x`.

    A NaN counts as the least. Of equal ones it is the first place, with `select_last` the last.

    C1: the element type is supported
    C2: the result is i64 and has the operand's shape without the axis, or with a one in its place
    C3: the axis is one of the operand's
    C4: the axis has an element; none at run time is an error there

    ```mlir
    %y = dl.argmin %x {axis = 1, keepdims} : tensor<?x10xf32> -> tensor<?x1xi64>
    ```
    """

    name = "dl.argmin"


class OrderOp(DlOp):
    """The family of elements in order, with the places that they come from."""

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    x = operand_def(AnyTensorTypeConstr)
    values = result_def(AnyTensorTypeConstr)
    indices = result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)

    @property
    @abstractmethod
    def falls(self) -> bool:
        """Whether the greatest element comes first."""

    def ordered(self, count: int) -> Sequence[Attribute]:
        """The result types with so many elements along the axis."""
        axis, shape = self.axis.value.data, shape_of(self.x)
        taken = (*shape[:axis], count, *shape[axis + 1 :])
        return [TensorType(element_of(self.x), taken), TensorType(i64, taken)]

    def _placeholders(self) -> Sequence[Attribute | Sequence[Attribute]]:
        return [TensorType(i64, ())] * 2


@irdl_op_definition
class SortOp(OrderOp):
    """The elements along an axis in rising order, and their places: `values = x[indices]`.

    With `descending` in falling order. NaN counts as the greatest; equal elements keep their order
    either way.

    C1: the element type is supported
    C2: the values have the operand's type, the indices its shape and i64
    C3: the axis is one of the operand's

    ```mlir
    %v, %i = dl.sort %x {axis = 1} : tensor<?x10xf32> -> (tensor<?x10xf32>, tensor<?x10xi64>)
    ```
    """

    name = "dl.sort"

    descending = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(self, x: Operand, axis: int = -1, *, descending: bool = False):
        properties = {
            "axis": integer(normalised(axis, rank_of(x))),
            "descending": UnitAttr() if descending else None,
        }
        self.initialise([x], properties)

    @property
    def falls(self) -> bool:
        return self.descending is not None

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        axis, shape = self.axis.value.data, shape_of(self.x)
        self.check_axis(3, axis, len(shape))
        return self.ordered(shape[axis])


@irdl_op_definition
class TopkOp(OrderOp):
    """The k greatest elements along an axis in falling order, and their places.

    With `smallest` the k least in rising order: what `dl.sort` begins with, either way.

    C1: the element type is supported
    C2: the results have the operand's shape with k elements along the axis, the indices are i64
    C3: the axis is one of the operand's
    C4: 0 <= k <= the size of the axis; a `?` that is less is an error at run time

    ```mlir
    %v, %i = dl.topk %x {axis = 1, k = 3} : tensor<?x10xf32> -> (tensor<?x3xf32>, tensor<?x3xi64>)
    ```
    """

    name = "dl.topk"

    k = prop_def(AXIS)
    smallest = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(self, x: Operand, k: int, axis: int = -1, *, smallest: bool = False):
        properties = {
            "axis": integer(normalised(axis, rank_of(x))),
            "k": integer(k),
            "smallest": UnitAttr() if smallest else None,
        }
        self.initialise([x], properties)

    @property
    def falls(self) -> bool:
        return self.smallest is None

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        axis, shape, k = self.axis.value.data, shape_of(self.x), self.k.value.data
        self.check_axis(3, axis, len(shape))
        size = shape[axis]
        if k < 0 or (size != shapes.DYNAMIC and k > size):
            most = "the size of the axis" if size == shapes.DYNAMIC else str(size)
            self.reject(4, f"expected 0 <= k <= {most}, got {k}")
        return self.ordered(k)
