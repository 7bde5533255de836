"""Quantisation as training sees it: numbers stay real, but only those that a format has remain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, IntegerAttr, TensorType, f32, i32, i64
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_operand_def, prop_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ElementSet, integer
from dlir.dialects.dl.constants import known_array
from dlir.dialects.dl.ops.base import Operand, normalised, rank_of, shape_of, type_of
from dlir.dialects.dl.ops.quantization import REAL, AffineOp

LIMITS = (-(2**15), 2**16 - 1)
"""The least and the greatest number of the integers of up to 16 bits."""


class FakeOp(AffineOp):
    """On a scale, an i32 zero point, and the range `low` to `high` of the integers."""

    TARGET: ClassVar[ElementSet] = REAL

    low = prop_def(IntegerAttr.constr(i64))
    high = prop_def(IntegerAttr.constr(i64))

    @property
    def code(self) -> Attribute:
        return i32

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest integer."""
        return self.low.value.data, self.high.value.data

    def begin(
        self, operands: Sequence[Operand | None], axis: int | None, low: int, high: int
    ) -> None:
        """What the constructors do."""
        x = operands[0]
        assert x is not None
        properties = {
            "axis": None if axis is None else integer(normalised(axis, rank_of(x))),
            "low": integer(low),
            "high": integer(high),
        }
        self.initialise(operands, properties, [TensorType(f32, ())])

    def infer(self) -> Sequence[Attribute]:
        low, high = self.range
        if not LIMITS[0] <= low < high <= LIMITS[1]:
            expected = f"{LIMITS[0]} <= low < high <= {LIMITS[1]}"
            self.reject(7, f"expected {expected}, got {low} and {high}")
        return super().infer()

    def _check_zero_point(self, shape: shapes.Shape) -> None:
        """C6."""
        if self.zero_point is None:
            return
        given, expected = type_of(self.zero_point), TensorType(i32, shape)
        fits = shapes.meet_shapes(given.get_shape(), shape) is not None
        if not fits or given.element_type != i32:
            self.reject(6, f"expected a zero point of type {expected}, got {given}")
        array, (low, high) = known_array(self.zero_point), self.range
        if array is not None and not (good := (array >= low) & (array <= high)).all():
            got = array[~good].flat[0]
            self.reject(6, f"expected zero points in {low}..{high}, got {got}")


@irdl_op_definition
class FakeQuantizeOp(FakeOp):
    """Real numbers to the nearest ones that integers in a range stand for:
    `y = (q - zero_point) * scale`, with `q = clip(round(x / scale) + zero_point, low, high)`.

    It is `dl.dequantize` of `dl.quantize`, with the same roundings, in one op on f32 and with any
    range of up to 16 bits; NaN counts as 0. In quantisation-aware training the model computes with
    it. Its derivative is 0 almost everywhere, so training puts in its place the straight-through
    estimator: `dy/dx = 1` where `low <= round(x / scale) + zero_point <= high`, else 0; that is
    `dl.fake_quantize_grad`.

    C1: the element type is f32
    C2: the result has the operand's type
    C3: the scale is an f32 of rank 0, or with `axis` a vector of the axis' size
    C4: the axis is one of the operand's
    C5: scales are finite and > 0 (checked when the program runs, if they are no constants)
    C6: the zero point is an i32 of the scale's shape, and within the range (known ones are checked)
    C7: -32768 <= low < high <= 65535

    ```mlir
    %y = dl.fake_quantize %x, %scale, %zero_point {axis = 0, low = -127, high = 127}
        : (tensor<64x?xf32>, tensor<64xf32>, tensor<64xi32>) -> tensor<64x?xf32>
    ```
    """

    name = "dl.fake_quantize"

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    zero_point = opt_operand_def(AnyTensorTypeConstr)

    def __init__(
        self,
        x: Operand,
        scale: Operand,
        zero_point: Operand | None = None,
        *,
        low: int,
        high: int,
        axis: int | None = None,
    ):
        self.begin([x, scale, zero_point], axis, low, high)


@irdl_op_definition
class FakeQuantizeGradOp(FakeOp):
    """The straight-through estimator of `dl.fake_quantize`: the gradient where x is in the range.

    `y = gradient where low <= round(x / scale) + zero_point <= high, else 0`; of NaN 0.

    C1: the element types of x and of the gradient are f32
    C2: the result has the operand's type
    C3: the scale is an f32 of rank 0, or with `axis` a vector of the axis' size
    C4: the axis is one of the operand's
    C5: scales are finite and > 0 (checked when the program runs, if they are no constants)
    C6: the zero point is an i32 of the scale's shape, and within the range (known ones are checked)
    C7: -32768 <= low < high <= 65535
    C8: the gradient has the shape of x

    ```mlir
    %y = dl.fake_quantize_grad %x, %gradient, %scale {low = 0, high = 255}
        : (tensor<8x?xf32>, tensor<8x?xf32>, tensor<f32>) -> tensor<8x?xf32>
    ```
    """

    name = "dl.fake_quantize_grad"

    FIRST: ClassVar[int] = 2

    x = operand_def(AnyTensorTypeConstr)
    gradient = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    zero_point = opt_operand_def(AnyTensorTypeConstr)

    def __init__(
        self,
        x: Operand,
        gradient: Operand,
        scale: Operand,
        zero_point: Operand | None = None,
        *,
        low: int,
        high: int,
        axis: int | None = None,
    ):
        self.begin([x, gradient, scale, zero_point], axis, low, high)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(REAL, self.gradient)
        x, gradient = shape_of(self.x), shape_of(self.gradient)
        if shapes.meet_shapes(x, gradient) is None:
            got = shapes.text(gradient)
            self.reject(8, f"expected a gradient of shape {shapes.text(x)}, got {got}")
        return super().infer()
