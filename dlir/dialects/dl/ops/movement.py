"""Ops that move elements and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, IndexType, TensorType
from xdsl.ir import Attribute
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    var_operand_def,
    var_result_def,
)

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ANY, INTS, STORABLE, integer, ints, number
from dlir.dialects.dl.ops.activation import NUMBER
from dlir.dialects.dl.ops.base import (
    DlOp,
    Operand,
    check_number,
    element_of,
    normalised,
    rank_of,
    shape_of,
)
from dlir.dialects.dl.ops.contraction import INTS_CONSTR
from dlir.dialects.dl.ops.source import AXIS, check_sizes, split_sizes


class MoveOp(DlOp):
    """An op with one tensor operand and one result."""

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def result_type(self, shape: Sequence[int]) -> Sequence[Attribute]:
        """C1, and the operand's element type with that shape."""
        self.check_elements(STORABLE, self.x)
        return [TensorType(element_of(self.x), shape)]


class SizedOp(MoveOp):
    """A movement whose result shape is written; each `?` in it comes from an index operand."""

    SIZED: ClassVar[bool] = True

    x = operand_def(AnyTensorTypeConstr)
    sizes = var_operand_def(IndexType())


@irdl_op_definition
class ReshapeOp(SizedOp):
    """The same elements in row-major order under another shape.

    A `?` of the result takes its size from an operand; a single `?` may go without, and is then
    what remains.

    C1: the element type is supported
    C2: the result has the operand's element type
    C3: one size operand per `?` of the result, or none for a single `?`
    C4: operand and result have equally many elements

    ```mlir
    %y = dl.reshape %x : tensor<?x4x5xf32> -> tensor<?x20xf32>
    ```
    """

    name = "dl.reshape"

    def __init__(self, x: Operand, shape: Sequence[int | Operand]):
        """A -1 among the sizes stands for what remains, as in numpy."""
        static, sizes = split_sizes(shape)
        self.initialise([x, sizes], result_types=[TensorType(element_of(x), static)])

    def infer(self) -> Sequence[Attribute]:
        old, new = shape_of(self.x), shape_of(self.result)
        check_sizes(self, 3, self.sizes, may_infer=True)
        shape = new if self.sizes else shapes.reshape(old, new)
        counts = shapes.element_count(old), shapes.element_count(shape)
        known = shapes.DYNAMIC not in counts
        if known and counts[0] != counts[1]:
            message = f"expected a shape of {counts[0]} elements, got {shapes.text(new)}"
            self.reject(4, message)
        if counts[0] != shapes.DYNAMIC and not known and not self.sizes:
            message = f"expected a shape that divides {counts[0]} elements, got {shapes.text(new)}"
            self.reject(4, message)
        return self.result_type(shape)


@irdl_op_definition
class TransposeOp(MoveOp):
    """Dimensions in another order: dimension i of the result is dimension perm[i] of the operand.

    C1: the element type is supported
    C2: the result has the permuted shape
    C3: perm is a permutation of the operand's axes

    ```mlir
    %y = dl.transpose %x {perm = [0, 2, 1]} : tensor<?x4x5xf32> -> tensor<?x5x4xf32>
    ```
    """

    name = "dl.transpose"

    perm = prop_def(INTS_CONSTR)

    def __init__(self, x: Operand, perm: Sequence[int] | None = None):
        """Without `perm` the order is reversed, as in numpy."""
        rank = rank_of(x)
        order = range(rank)[::-1] if perm is None else [normalised(axis, rank) for axis in perm]
        self.initialise([x], {"perm": ints(list(order))})

    def infer(self) -> Sequence[Attribute]:
        shape, perm = shape_of(self.x), self.perm.get_values()
        if sorted(perm) != list(range(len(shape))):
            self.reject(3, f"expected a permutation of {[*range(len(shape))]}, got {[*perm]}")
        return self.result_type([shape[axis] for axis in perm])


@irdl_op_definition
class BroadcastOp(SizedOp):
    """The elements repeated along new dimensions and those of static size 1: `y[.., i] = x[i]`.

    C1: the element type is supported
    C2: the result has the operand's element type
    C3: one size operand per `?` of the result
    C4: each size of the operand is 1 or the result's, aligned at the end

    ```mlir
    %y = dl.broadcast %x [%n] : tensor<1x4xf32> -> tensor<?x3x4xf32>
    ```
    """

    name = "dl.broadcast"

    def __init__(self, x: Operand, shape: Sequence[int | Operand]):
        static, sizes = split_sizes(shape)
        self.initialise([x, sizes], result_types=[TensorType(element_of(x), static)])

    def infer(self) -> Sequence[Attribute]:
        old, new = shape_of(self.x), shape_of(self.result)
        check_sizes(self, 3, self.sizes)
        aligned = new[len(new) - len(old) :] if len(new) >= len(old) else ()
        fits = len(aligned) == len(old) and all(
            a == 1 or shapes.meet(a, b) is not None for a, b in zip(old, aligned, strict=True)
        )
        if not fits:
            expected = f"expected a shape that {shapes.text(old)} broadcasts to"
            self.reject(4, f"{expected}, got {shapes.text(new)}", "only a static 1 stretches")
        return self.result_type(new)


@irdl_op_definition
class SliceOp(SizedOp):
    """Every stride-th element from an offset on: `y[i] = x[offsets + i * strides]`.

    The sizes are those of the result type. A negative stride runs backwards. A place outside a `?`
    dimension is an error at run time.

    C1: the element type is supported
    C2: the result has the operand's element type and rank
    C3: one size operand per `?` of the result
    C4: one offset >= 0 and one stride other than 0 per dimension
    C5: the places lie inside the operand

    ```mlir
    %y = dl.slice %x [%n] {offsets = [0, 3], strides = [1, -1]} : tensor<?x4xf32> -> tensor<?x2xf32>
    ```
    """

    name = "dl.slice"

    offsets = prop_def(INTS_CONSTR)
    strides = prop_def(INTS_CONSTR)

    def __init__(
        self,
        x: Operand,
        offsets: Sequence[int],
        shape: Sequence[int | Operand],
        strides: Sequence[int] | None = None,
    ):
        static, sizes = split_sizes(shape)
        steps = [1] * len(offsets) if strides is None else strides
        properties = {"offsets": ints(offsets), "strides": ints(steps)}
        self.initialise([x, sizes], properties, [TensorType(element_of(x), static)])

    def infer(self) -> Sequence[Attribute]:
        shape, size = shape_of(self.x), shape_of(self.result)
        offsets, strides = self.offsets.get_values(), self.strides.get_values()
        if len(size) != len(shape):
            self.reject(2, f"expected a result of rank {len(shape)}, got rank {len(size)}")
        check_sizes(self, 3, self.sizes)
        well_formed = len(offsets) == len(strides) == len(shape)
        if not well_formed or any(o < 0 for o in offsets) or 0 in strides:
            message = f"expected {len(shape)} offsets >= 0 and as many strides other than 0"
            self.reject(4, f"{message}, got {[*offsets]} and {[*strides]}")
        for axis, (n, o, s, d) in enumerate(zip(shape, offsets, size, strides, strict=True)):
            if s in (0, shapes.DYNAMIC):
                continue
            last = o + (s - 1) * d
            if last < 0 or (n != shapes.DYNAMIC and not (o < n and last < n)):
                there = f"{o} to {last} of dimension {axis} of size {n if n >= 0 else '?'}"
                self.reject(5, f"expected places inside the operand, got {there}")
        return self.result_type(size)


@irdl_op_definition
class PadOp(MoveOp):
    """The operand surrounded by a value: `y[i] = x[i - low]` where that exists, else `value`.

    C1: the element type is supported
    C2: the result has the operand's sizes, each grown by low and high
    C3: one low >= 0 and one high >= 0 per dimension
    C4: the value is a float for float elements and an integer for others

    ```mlir
    %y = dl.pad %x {low = [0, 1], high = [0, 2], value = 0.0} : tensor<?x4xf32> -> tensor<?x7xf32>
    ```
    """

    name = "dl.pad"

    low = prop_def(INTS_CONSTR)
    high = prop_def(INTS_CONSTR)
    value = prop_def(NUMBER)

    def __init__(self, x: Operand, low: Sequence[int], high: Sequence[int], value: float = 0):
        properties = {"low": ints(low), "high": ints(high), "value": number(value, element_of(x))}
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        shape, low, high = shape_of(self.x), self.low.get_values(), self.high.get_values()
        if not len(low) == len(high) == len(shape) or min((*low, *high), default=0) < 0:
            message = f"expected {len(shape)} sizes >= 0 at each end"
            self.reject(3, f"{message}, got {[*low]} and {[*high]}", "cut with dl.slice")
        check_number(self, 4, self.value, element_of(self.x))
        return self.result_type(shapes.pad(shape, low, high))


@irdl_op_definition
class GatherOp(MoveOp):
    """Slices along an axis, chosen by indices: `y[a.., i.., b..] = x[a.., indices[i..], b..]`.

    Indices lie in [-n, n), negative ones count from the end; others are an error at run time.

    C1: the element type is supported, that of the indices is an integer
    C2: the result has the indices' shape in place of the axis
    C3: the axis is one of the operand's

    ```mlir
    %y = dl.gather %x, %i {axis = 0}
        : (tensor<30000x768xf32>, tensor<?x128xi64>) -> tensor<?x128x768xf32>
    ```
    """

    name = "dl.gather"

    x = operand_def(AnyTensorTypeConstr)
    indices = operand_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)

    def __init__(self, x: Operand, indices: Operand, axis: int = 0):
        self.initialise([x, indices], {"axis": integer(normalised(axis, rank_of(x)))})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(INTS, self.indices)
        axis, shape = self.axis.value.data, shape_of(self.x)
        self.check_axis(3, axis, len(shape))
        return self.result_type(shapes.gather(shape, shape_of(self.indices), axis))


@irdl_op_definition
class ConcatOp(DlOp):
    """Tensors joined along an axis.

    C1: the element types are supported
    C2: the result has the sum of the sizes along the axis, and the common sizes elsewhere
    C3: the axis is one of the operands'
    C4: there is an operand, all have one element type, and equal sizes but along the axis

    ```mlir
    %y = dl.concat %a, %b {axis = 1} : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x7xf32>
    ```
    """

    name = "dl.concat"

    inputs = var_operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)

    def __init__(self, inputs: Sequence[Operand], axis: int):
        rank = rank_of(inputs[0]) if inputs else 0
        self.initialise([inputs], {"axis": integer(normalised(axis, rank))})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(STORABLE, *self.inputs)
        if not self.inputs:
            self.reject(4, "expected an operand, got none")
        axis, elements = self.axis.value.data, {element_of(value) for value in self.inputs}
        self.check_axis(3, axis, rank_of(self.inputs[0]))
        same_rank = len({rank_of(value) for value in self.inputs}) == 1
        shape = shapes.concat([shape_of(v) for v in self.inputs], axis) if same_rank else None
        if shape is None or len(elements) != 1:
            got = ", ".join(str(value.type) for value in self.inputs)
            self.reject(4, f"expected operands that differ only in dimension {axis}, got {got}")
        return [TensorType(element_of(self.inputs[0]), shape)]


@irdl_op_definition
class SplitOp(DlOp):
    """A tensor cut along an axis into sizes of given sizes; the inverse of `dl.concat`.

    C1: the element type is supported
    C2: one result per size, with that size along the axis
    C3: the axis is one of the operand's
    C4: the sizes are 0 or more and add up to that of the axis

    ```mlir
    %y, %z = dl.split %x {axis = 1, sizes = [4, 3]}
        : tensor<?x7xf32> -> (tensor<?x4xf32>, tensor<?x3xf32>)
    ```
    """

    name = "dl.split"

    x = operand_def(AnyTensorTypeConstr)
    outputs = var_result_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    sizes = prop_def(INTS_CONSTR)

    def __init__(self, x: Operand, axis: int, sizes: Sequence[int]):
        axis = normalised(axis, rank_of(x))
        self.initialise([x], {"axis": integer(axis), "sizes": ints(sizes)})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(STORABLE, self.x)
        shape, axis, sizes = shape_of(self.x), self.axis.value.data, self.sizes.get_values()
        self.check_axis(3, axis, len(shape))
        if min(sizes, default=0) < 0 or shapes.meet(sum(sizes), shape[axis]) is None:
            message = f"expected sizes >= 0 that add up to {shape[axis]}, got {[*sizes]}"
            self.reject(4, message)
        element = element_of(self.x)
        return [TensorType(element, (*shape[:axis], n, *shape[axis + 1 :])) for n in sizes]

    def _placeholders(self) -> Sequence[Attribute | Sequence[Attribute]]:
        return [[]]
