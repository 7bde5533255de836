"""What is chosen by its elements: how many there are is known only when the program runs.

The sizes of the results follow from elements, so the host runs these ops with their semantics; what
they choose is gathered by other ops.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr, i64
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ANY, FLOATS, integer, real
from dlir.dialects.dl.ops.activation import FLOAT
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


class SelectionOp(DlOp):
    """The family of ops whose result sizes follow from elements."""

    ON_HOST: ClassVar[bool] = True


@irdl_op_definition
class NonzeroOp(SelectionOp):
    """The places of the elements that are not 0, in row-major order: `x[y[0, k], ..] != 0`.

    A NaN is not 0.

    C1: the element type is supported
    C2: the result is i64 and has a row per dimension of the operand, and a `?` of columns
    C3: the operand has a dimension

    ```mlir
    %y = dl.nonzero %x : tensor<?x4xf32> -> tensor<2x?xi64>
    ```
    """

    name = "dl.nonzero"

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def __init__(self, x: Operand):
        self.initialise([x])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        rank = rank_of(self.x)
        if rank == 0:
            self.reject(3, f"expected a dimension, got {type_of(self.x)}")
        return [TensorType(i64, [rank, shapes.DYNAMIC])]


@irdl_op_definition
class UniqueOp(SelectionOp):
    """The different slices along an axis: `x = values[inverse]`, `values = x[indices]`.

    Without an axis the slices are the elements in row-major order. `indices` are the first places
    of the slices, `counts` how often each occurs. Slices come in rising lexicographic order, where
    NaN is the greatest and equal to itself; with `by_place` in the order of `indices`.

    C1: the element type is supported
    C2: the values have the operand's element type and a `?` along the axis, without one nothing
        else; the others are i64 of one dimension, of which `inverse` has the size of the axis
    C3: the axis is one of the operand's

    ```mlir
    %v, %i, %n, %c = dl.unique %x {axis = 0} : tensor<5x2xf32>
      -> (tensor<?x2xf32>, tensor<?xi64>, tensor<5xi64>, tensor<?xi64>)
    ```
    """

    name = "dl.unique"

    x = operand_def(AnyTensorTypeConstr)
    values = result_def(AnyTensorTypeConstr)
    indices = result_def(AnyTensorTypeConstr)
    inverse = result_def(AnyTensorTypeConstr)
    counts = result_def(AnyTensorTypeConstr)
    axis = opt_prop_def(AXIS)
    by_place = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(self, x: Operand, axis: int | None = None, *, by_place: bool = False):
        properties = {
            "axis": None if axis is None else integer(normalised(axis, rank_of(x))),
            "by_place": UnitAttr() if by_place else None,
        }
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(ANY, self.x)
        shape = shape_of(self.x)
        size, taken = shapes.element_count(shape), (shapes.DYNAMIC,)
        if self.axis is not None:
            axis = self.axis.value.data
            self.check_axis(3, axis, len(shape))
            size, taken = shape[axis], (*shape[:axis], shapes.DYNAMIC, *shape[axis + 1 :])
        unknown = TensorType(i64, [shapes.DYNAMIC])
        values = TensorType(element_of(self.x), taken)
        return [values, unknown, TensorType(i64, [size]), unknown]

    def _placeholders(self) -> Sequence[Attribute | Sequence[Attribute]]:
        return [TensorType(i64, ())] * 4


@irdl_op_definition
class NmsOp(SelectionOp):
    """Boxes that overlap no better one, per image and class: non-max suppression.

    Boxes are taken in falling order of their scores, equal ones by their place, those whose score
    is not above `score_threshold` left out. One is chosen if less than `most` of its class are, and
    its intersection with none of them is more than `iou_threshold` of their union. Rows of the
    result are (image, class, box). A box is two opposite corners (y, x, y, x), with `centered` its
    centre and its size (x, y, width, height).

    C1: the element type is a float
    C2: the result is i64 of `?` rows and 3 columns
    C3: the boxes have three dimensions, of which the last has 4 elements
    C4: the scores have three dimensions: images, classes, boxes; their sizes are those of the boxes
    C5: `most` is not negative
    C6: boxes and scores have the same element type

    ```mlir
    %y = dl.nms %boxes, %scores {iou_threshold = 0.5, most = 3}
      : (tensor<1x?x4xf32>, tensor<1x2x?xf32>) -> tensor<?x3xi64>
    ```
    """

    name = "dl.nms"

    boxes = operand_def(AnyTensorTypeConstr)
    scores = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    most = prop_def(AXIS)
    iou_threshold = prop_def(FLOAT)
    score_threshold = opt_prop_def(FLOAT)
    centered = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self,
        boxes: Operand,
        scores: Operand,
        most: int,
        iou_threshold: float = 0.0,
        score_threshold: float | None = None,
        *,
        centered: bool = False,
    ):
        properties = {
            "most": integer(most),
            "iou_threshold": real(iou_threshold),
            "score_threshold": None if score_threshold is None else real(score_threshold),
            "centered": UnitAttr() if centered else None,
        }
        self.initialise([boxes, scores], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.boxes, self.scores)
        boxes, scores = shape_of(self.boxes), shape_of(self.scores)
        if len(boxes) != 3 or not shapes.meet(boxes[2], 4):
            self.reject(3, f"expected images x boxes x 4, got {type_of(self.boxes)}")
        if len(scores) != 3 or not all(
            shapes.meet(m, n) is not None for m, n in zip(boxes[:2], scores[::2], strict=True)
        ):
            expected = f"{shapes.text(boxes[:1])} images and {shapes.text(boxes[1:2])} boxes"
            self.reject(4, f"expected scores of {expected}, got {type_of(self.scores)}")
        if self.most.value.data < 0:
            self.reject(5, f"expected 0 or more boxes per class, got {self.most.value.data}")
        if element_of(self.boxes) != element_of(self.scores):
            self.reject(6, f"expected {element_of(self.boxes)}, got {element_of(self.scores)}")
        return [TensorType(i64, [shapes.DYNAMIC, 3])]
