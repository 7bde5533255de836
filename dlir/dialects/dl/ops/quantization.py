"""Affine int8: an integer q stands for the real number `(q - zero_point) * scale`.

Scales, multipliers and shifts are tensors of rank 0, or vectors with one entry per place along
`axis`. Integer sums of products are `dl.matmul` and `dl.conv2d` on i8 with `acc i32`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from xdsl.dialects.builtin import AnyTensorTypeConstr, IntegerAttr, TensorType, f32, i8, i32, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ElementSet, OpClass, integer
from dlir.dialects.dl.constants import known_array
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, normalised, rank_of, shape_of
from dlir.dialects.dl.ops.source import AXIS

if TYPE_CHECKING:
    from dlir.numpy_types import Array

REAL = ElementSet("the real", (f32,))
SUM = ElementSet("the accumulator", (i32,))
QUANTIZED = ElementSet("a quantised", (i8, i32))


class Rule(NamedTuple):
    """What holds for each number of an operand."""

    text: str
    holds: Callable[[Array], Array]


def _positive(x: Array) -> Array:
    return (x > 0) & (x < float("inf"))


def _between(x: Array) -> Array:
    return (x >= -31) & (x <= 31)


SCALES = Rule("scales that are finite and > 0", _positive)
SHIFTS = Rule("shifts in -31..31", _between)


class AffineOp(DlOp):
    """Elementwise, with parameters per tensor or per place along an axis."""

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE
    SOURCE: ClassVar[ElementSet] = REAL
    PARAMETER: ClassVar[Attribute] = f32
    TARGET: ClassVar[Attribute] = i8
    RULE: ClassVar[Rule] = SCALES
    """What holds for the numbers of the last operand."""

    x = operand_def(AnyTensorTypeConstr)
    axis = opt_prop_def(AXIS)
    zero_point = opt_prop_def(IntegerAttr.constr(i64), default_value=integer(0))
    result = result_def(AnyTensorTypeConstr)

    @property
    def parameters(self) -> Sequence[SSAValue]:
        """The operands that are given per tensor or per place along the axis."""
        return self.operands[1:]

    def start(
        self, x: Operand, parameters: Sequence[Operand], axis: int | None, zero_point: int
    ) -> None:
        """What the constructors do."""
        properties = {
            "axis": None if axis is None else integer(normalised(axis, rank_of(x))),
            "zero_point": integer(zero_point),
        }
        self.initialise([x, *parameters], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.SOURCE, self.x)
        self._check_parameters()
        array = known_array(self.parameters[-1])
        if array is not None and not (good := self.RULE.holds(array)).all():
            self.reject(5, f"expected {self.RULE.text}, got {array[~good].flat[0]}")
        self._check_zero_point(self.zero_point.value.data)
        return [TensorType(self.TARGET, shape_of(self.x))]

    def _check_parameters(self) -> None:
        """C4 and C3."""
        shape: shapes.Shape = ()
        if self.axis is not None:
            axis = self.axis.value.data
            self.check_axis(4, axis, rank_of(self.x))
            shape = shape_of(self.x)[axis : axis + 1]
        for value in self.parameters:
            fits = shapes.meet_shapes(shape_of(value), shape) is not None
            if not fits or element_of(value) != self.PARAMETER:
                expected = TensorType(self.PARAMETER, shape)
                help = None if self.axis is not None else "with `axis` it is a vector"
                names = " and ".join(d for d, _ in self.get_irdl_definition().operands[1:])
                self.reject(3, f"expected {names} of type {expected}, got {value.type}", help)

    def _check_zero_point(self, zero_point: int) -> None:
        """C6."""
        if not -128 <= zero_point <= 127:
            self.reject(6, f"expected a zero point in -128..127, got {zero_point}")


@irdl_op_definition
class QuantizeOp(AffineOp):
    """Real numbers to int8: `y = saturate(round(x / scale) + zero_point)`.

    The quotient is rounded to f32, then to the nearest integer, halves to even; NaN counts as 0.

    C1: the element type is f32
    C2: the result has the operand's shape and element type i8
    C3: the scale is an f32 of rank 0, or with `axis` a vector of the axis' size
    C4: the axis is one of the operand's
    C5: scales are finite and > 0 (checked when the program runs, if they are no constants)
    C6: the zero point is in -128..127

    ```mlir
    %y = dl.quantize %x, %scale {axis = 0, zero_point = -3}
        : (tensor<64x3x7x7xf32>, tensor<64xf32>) -> tensor<64x3x7x7xi8>
    ```
    """

    name = "dl.quantize"

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)

    def __init__(self, x: Operand, scale: Operand, *, axis: int | None = None, zero_point: int = 0):
        self.start(x, [scale], axis, zero_point)


@irdl_op_definition
class DequantizeOp(AffineOp):
    """Integers to the real numbers that they stand for: `y = (x - zero_point) * scale`.

    The difference is exact; it is rounded to f32, and so is the product. Accumulators (i32) have
    no zero point.

    C1: the element type is i8 or i32
    C2: the result has the operand's shape and element type f32
    C3: the scale is an f32 of rank 0, or with `axis` a vector of the axis' size
    C4: the axis is one of the operand's
    C5: scales are finite and > 0 (checked when the program runs, if they are no constants)
    C6: the zero point is in -128..127, and 0 for i32

    ```mlir
    %y = dl.dequantize %x, %scale {zero_point = 4} : (tensor<?x4xi8>, tensor<f32>) -> tensor<?x4xf32>
    ```
    """  # noqa: E501

    name = "dl.dequantize"

    SOURCE: ClassVar[ElementSet] = QUANTIZED
    TARGET: ClassVar[Attribute] = f32

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)

    def __init__(self, x: Operand, scale: Operand, *, axis: int | None = None, zero_point: int = 0):
        self.start(x, [scale], axis, zero_point)

    def _check_zero_point(self, zero_point: int) -> None:
        super()._check_zero_point(zero_point)
        if zero_point and element_of(self.x) == i32:
            self.reject(6, f"expected zero point 0 for i32, got {zero_point}")


@irdl_op_definition
class RequantizeOp(AffineOp):
    """Accumulators to int8: `y = saturate(zero_point + x * multiplier / 2^(31 + shift))`.

    The product is exact and the quotient is rounded once, halves away from zero: the one rule of
    `dlir.requantize`, which all levels share.

    C1: the element type is i32
    C2: the result has the operand's shape and element type i8
    C3: multiplier and shift are i32 of rank 0, or with `axis` vectors of the axis' size
    C4: the axis is one of the operand's
    C5: shifts are in -31..31 (checked when the program runs, if they are no constants)
    C6: the zero point is in -128..127

    ```mlir
    %y = dl.requantize %x, %m, %s {axis = 1}
        : (tensor<?x64x56x56xi32>, tensor<64xi32>, tensor<64xi32>) -> tensor<?x64x56x56xi8>
    ```
    """

    name = "dl.requantize"

    SOURCE: ClassVar[ElementSet] = SUM
    PARAMETER: ClassVar[Attribute] = i32
    RULE: ClassVar[Rule] = SHIFTS

    x = operand_def(AnyTensorTypeConstr)
    multiplier = operand_def(AnyTensorTypeConstr)
    shift = operand_def(AnyTensorTypeConstr)

    def __init__(
        self,
        x: Operand,
        multiplier: Operand,
        shift: Operand,
        *,
        axis: int | None = None,
        zero_point: int = 0,
    ):
        self.start(x, [multiplier, shift], axis, zero_point)
