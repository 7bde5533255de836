"""Elements read and written at computed places.

Indices lie in [-n, n), negative ones count from the end; others are an error at run time, but for
`dl.one_hot`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, IndexType, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, var_operand_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import (
    ANY,
    INTS,
    NUMBERS,
    OpClass,
    Reduction,
    ReductionAttr,
    integer,
)
from dlir.dialects.dl.ops.base import (
    DlOp,
    Operand,
    element_of,
    normalised,
    rank_of,
    shape_of,
    type_of,
)
from dlir.dialects.dl.ops.source import AXIS, split_sizes

SUMS = (Reduction.ADD, Reduction.MUL)


class IndexedOp(DlOp):
    """An op with a tensor and indices into it."""

    x = operand_def(AnyTensorTypeConstr)
    indices = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def check_within(self, rule: int, axis: int, *values: SSAValue) -> None:
        """Tensors of the operand's rank, no larger than it but along the axis."""
        shape = shape_of(self.x)
        for value in values:
            own = shape_of(value)
            fits = len(own) == len(shape) and all(
                dim == axis or shapes.DYNAMIC in (n, m) or n <= m
                for dim, (n, m) in enumerate(zip(own, shape, strict=True))
            )
            if not fits:
                expected = f"expected a shape within {shapes.text(shape)} but along axis {axis}"
                self.reject(rule, f"{expected}, got {shapes.text(own)}")

    def coordinates(self, rule: int, skipped: int) -> int:
        """How many dimensions an index names: the size of the indices' last dimension."""
        indices, rank = shape_of(self.indices), rank_of(self.x)
        count = indices[-1] if len(indices) > skipped else -1
        if not 1 <= count <= rank - skipped:
            expected = f"expected 1 to {rank - skipped} numbers in the last dimension"
            self.reject(rule, f"{expected} of the indices, got {type_of(self.indices)}")
        return count


@irdl_op_definition
class GatherElementsOp(IndexedOp):
    """One element per index, from its row along an axis: `y[.., i, ..] = x[.., indices[i], ..]`.

    C1: the element type is supported, that of the indices is an integer
    C2: the result has the indices' shape
    C3: the axis is one of the operand's
    C4: the indices have the operand's rank, and no larger sizes but along the axis

    ```mlir
    %y = dl.gather_elements %x, %i {axis = 1}
        : (tensor<?x10xf32>, tensor<?x3xi64>) -> tensor<?x3xf32>
    ```
    """

    name = "dl.gather_elements"

    axis = prop_def(AXIS)

    def __init__(self, x: Operand, indices: Operand, axis: int = 0):
        self.initialise([x, indices], {"axis": integer(normalised(axis, rank_of(x)))})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        self.check_elements(INTS, self.indices)
        axis = self.axis.value.data
        self.check_axis(3, axis, rank_of(self.x))
        self.check_within(4, axis, self.indices)
        return [TensorType(element_of(self.x), shape_of(self.indices))]


@irdl_op_definition
class GatherNdOp(IndexedOp):
    """Slices at points: `y[b.., i.., r..] = x[b.., indices[b.., i.., :].., r..]`.

    The first `batch_dims` dimensions b are common to the operand and the indices.

    C1: the element type is supported, that of the indices is an integer
    C2: the result has the indices' shape without the last dimension, then what no index names
    C3: the batch dimensions are those of both operands, and of equal sizes
    C4: the last dimension of the indices is the number of dimensions that they name

    ```mlir
    %y = dl.gather_nd %x, %i : (tensor<4x5x8xf32>, tensor<?x2xi64>) -> tensor<?x8xf32>
    ```
    """

    name = "dl.gather_nd"

    batch_dims = prop_def(AXIS, default_value=integer(0))

    def __init__(self, x: Operand, indices: Operand, batch_dims: int = 0):
        self.initialise([x, indices], {"batch_dims": integer(batch_dims)})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        self.check_elements(INTS, self.indices)
        shape, indices, batch = shape_of(self.x), shape_of(self.indices), self.batch_dims.value.data
        common = shapes.meet_shapes(shape[:batch], indices[:batch])
        if not 0 <= batch < min(len(shape), len(indices)) or common is None:
            got = f"{batch} of {shapes.text(shape)} and {shapes.text(indices)}"
            self.reject(3, f"expected equal batch dimensions, got {got}")
        count = self.coordinates(4, batch)
        return [
            TensorType(element_of(self.x), (*common, *indices[batch:-1], *shape[batch + count :]))
        ]


class ScatterFamilyOp(IndexedOp):
    """The family of scatters: the operand with updates put, or folded, into some places.

    Updates that meet in one place are applied in row-major order of their indices, each rounded.
    """

    x = operand_def(AnyTensorTypeConstr)
    indices = operand_def(AnyTensorTypeConstr)
    updates = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    reduction = prop_def(ReductionAttr, default_value=ReductionAttr(Reduction.NONE))

    @property
    def op_class(self) -> OpClass:
        """Elements that only take a place are moved; others are folded into what is there."""
        moves = self.reduction.data is Reduction.NONE
        return OpClass.MOVEMENT if moves else OpClass.REDUCTION

    def check_scatter(self) -> None:
        """C1."""
        chosen = NUMBERS if self.reduction.data in SUMS else ANY
        self.check_elements(chosen, self.x)
        self.check_elements(INTS, self.indices)
        if element_of(self.updates) != element_of(self.x):
            elements = f"expected updates of {element_of(self.x)}"
            self.reject(1, f"{elements}, got {element_of(self.updates)}")


@irdl_op_definition
class ScatterElementsOp(ScatterFamilyOp):
    """One update per index, in its row along an axis: `y[.., indices[i], ..] = updates[.., i, ..]`.

    With a `reduction`, `f(y, update)` is put there: their sum, product, maximum or minimum.

    C1: the element type is supported and the updates', a number for sums and products; that of the
        indices is an integer
    C2: the result has the operand's type
    C3: the axis is one of the operand's
    C4: indices and updates have the operand's rank, and no larger sizes but along the axis
    C5: indices and updates have one shape

    ```mlir
    %y = dl.scatter_elements %x, %i, %u {axis = 1, reduction = "add"}
        : (tensor<?x10xf32>, tensor<?x3xi64>, tensor<?x3xf32>) -> tensor<?x10xf32>
    ```
    """

    name = "dl.scatter_elements"

    axis = prop_def(AXIS)

    def __init__(
        self, x: Operand, indices: Operand, updates: Operand, axis: int = 0,
        reduction: Reduction | str = Reduction.NONE,
    ):  # fmt: skip
        properties = {
            "axis": integer(normalised(axis, rank_of(x))),
            "reduction": ReductionAttr(Reduction(reduction)),
        }
        self.initialise([x, indices, updates], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_scatter()
        axis = self.axis.value.data
        self.check_axis(3, axis, rank_of(self.x))
        self.check_within(4, axis, self.indices, self.updates)
        if shapes.meet_shapes(shape_of(self.indices), shape_of(self.updates)) is None:
            got = f"{type_of(self.indices)} and {type_of(self.updates)}"
            self.reject(5, f"expected indices and updates of one shape, got {got}")
        return [type_of(self.x)]


@irdl_op_definition
class ScatterNdOp(ScatterFamilyOp):
    """Updates of slices at points: `y[indices[i.., :].., r..] = updates[i.., r..]`.

    With a `reduction`, `f(y, update)` is put there: their sum, product, maximum or minimum.

    C1: the element type is supported and the updates', a number for sums and products; that of the
        indices is an integer
    C2: the result has the operand's type
    C3: the last dimension of the indices is the number of dimensions that they name
    C4: the updates have the indices' shape without the last dimension, then what no index names

    ```mlir
    %y = dl.scatter_nd %x, %i, %u
        : (tensor<4x5x8xf32>, tensor<?x2xi64>, tensor<?x8xf32>) -> tensor<4x5x8xf32>
    ```
    """

    name = "dl.scatter_nd"

    def __init__(
        self, x: Operand, indices: Operand, updates: Operand,
        reduction: Reduction | str = Reduction.NONE,
    ):  # fmt: skip
        properties = {"reduction": ReductionAttr(Reduction(reduction))}
        self.initialise([x, indices, updates], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_scatter()
        count = self.coordinates(3, 0)
        expected = (*shape_of(self.indices)[:-1], *shape_of(self.x)[count:])
        if shapes.meet_shapes(expected, shape_of(self.updates)) is None:
            shape = shapes.text(expected)
            self.reject(4, f"expected updates of shape {shape}, got {type_of(self.updates)}")
        return [type_of(self.x)]


@irdl_op_definition
class OneHotOp(DlOp):
    """Vectors with a one at the index: `y[.., j, ..] = 1 if j = index[..] else 0`.

    The vectors run along the axis of the result. Of an index outside [-n, n) the vector is zero.

    C1: the result's element type is supported, that of the indices is an integer
    C2: the result has the indices' shape with the axis inserted
    C3: the axis is one of the result's
    C4: one size operand if the axis is a `?`

    ```mlir
    %y = dl.one_hot %i {axis = 1} : tensor<?xi64> -> tensor<?x10xf32>
    ```
    """

    name = "dl.one_hot"
    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE

    SIZED: ClassVar[bool] = True

    indices = operand_def(AnyTensorTypeConstr)
    sizes = var_operand_def(IndexType())
    result = result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)

    def __init__(
        self, indices: Operand, depth: int | Operand, element_type: Attribute, axis: int = -1
    ):
        shape = shape_of(indices)
        axis = normalised(axis, len(shape) + 1)
        (size,), sizes = split_sizes([depth])
        type = TensorType(element_type, (*shape[:axis], size, *shape[axis:]))
        self.initialise([indices, sizes], {"axis": integer(axis)}, [type])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(INTS, self.indices)
        self.check_elements(ANY, self.result)
        indices, written, axis = (
            shape_of(self.indices),
            shape_of(self.result),
            self.axis.value.data,
        )
        self.check_axis(3, axis, len(indices) + 1)
        depth = written[axis] if len(written) > axis else shapes.DYNAMIC
        count = int(depth == shapes.DYNAMIC)
        if len(self.sizes) != count:
            message = f"expected {count} size operands for an axis of size {shapes.text([depth])}"
            self.reject(4, f"{message}, got {len(self.sizes)}")
        shape = (*indices[:axis], depth, *indices[axis:])
        return [TensorType(element_of(self.result), shape)]
