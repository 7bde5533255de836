"""Quantised numbers: an integer q stands for the real number `(q - zero_point) * scale`.

Scales, zero points, multipliers and shifts are tensors of rank 0; or vectors with one entry per
place along `axis`; or, with `block`, of the operand's rank, with one entry for each so many places
along `axis`. Without a zero point it is 0. Integer sums of products are `dl.matmul` and the
convolutions on 8 bits with `acc i32`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from xdsl.dialects.builtin import (
    AnyTensorTypeConstr,
    Float8E8M0FNUType,
    IntegerAttr,
    IntegerType,
    TensorType,
    f32,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, opt_operand_def, opt_prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import ElementSet, OpClass, integer, powers, ui8, ui16
from dlir.dialects.dl.constants import known_array
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
from dlir.types import BYTE_FLOATS, is_integer, unsigned

if TYPE_CHECKING:
    from dlir.numpy_types import Array

BYTES = (i8, ui8)
INTEGERS = (*BYTES, *(make(n) for n in (4, 2) for make in (IntegerType, unsigned)), i16, ui16)
CODES = (*INTEGERS, *(kind() for kind in BYTE_FLOATS if kind is not Float8E8M0FNUType))

REAL = ElementSet("the real", (f32,))
SUM = ElementSet("the accumulator", (i32,))
BYTE = ElementSet("an 8-bit integer", BYTES)
QUANTIZED = ElementSet("a quantised", CODES)
QUANTIZED_OR_SUM = ElementSet("a quantised", (*CODES, i32))
BLOCK = IntegerAttr.constr(i64)


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
    """Elementwise, with parameters per tensor, per place along an axis, or per block of it."""

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE
    SOURCE: ClassVar[ElementSet] = REAL
    PARAMETER: ClassVar[Attribute] = f32
    TARGET: ClassVar[ElementSet] = QUANTIZED
    RULE: ClassVar[Rule] = SCALES
    """What holds for the numbers of the last of the parameters."""
    FIRST: ClassVar[int] = 1
    """Where the parameters begin; before them are operands of x's shape."""
    COUNT: ClassVar[int] = 1
    """How many parameters there are before the zero point."""

    x = operand_def(AnyTensorTypeConstr)
    zero_point = opt_operand_def(AnyTensorTypeConstr)
    axis = opt_prop_def(AXIS)
    result = result_def(AnyTensorTypeConstr)

    @property
    def parameters(self) -> Sequence[SSAValue]:
        """The scale, or the multiplier and the shift."""
        return self.operands[self.FIRST : self.FIRST + self.COUNT]

    @property
    def block_size(self) -> int | None:
        """How many places along the axis have one parameter, if `block` says so."""
        return None

    @property
    def code(self) -> Attribute:
        """The element type of the quantised numbers: the result's, or x's if the result is real."""
        return element_of(self.result)

    def start(
        self,
        operands: Sequence[Operand | None],
        axis: int | None,
        block: int | None,
        element: Attribute,
    ) -> None:
        """What the constructors do."""
        x = operands[0]
        assert x is not None
        properties = {
            "axis": None if axis is None else integer(normalised(axis, rank_of(x))),
            "block": None if block is None else integer(block),
        }
        self.initialise(operands, properties, [TensorType(element, ())])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.SOURCE, self.x)
        element = element_of(self.result)
        if element not in self.TARGET:
            self.reject(2, f"expected a result of {self.TARGET}, got {element}")
        shape = self._parameter_shape()
        self._check_parameters(shape)
        array = known_array(self.parameters[-1])
        checked = element_of(self.parameters[-1]) != powers
        if checked and array is not None and not (good := self.RULE.holds(array)).all():
            self.reject(5, f"expected {self.RULE.text}, got {array[~good].flat[0]}")
        self._check_zero_point(shape)
        return [TensorType(element, shape_of(self.x))]

    def _parameter_shape(self) -> shapes.Shape:
        """C4; the shape that parameters have."""
        shape, block = shape_of(self.x), self.block_size
        if self.axis is None:
            if block is not None:
                self.reject(4, "expected an axis for blocks", "`axis` says along which they are")
            return ()
        axis = self.axis.value.data
        self.check_axis(4, axis, len(shape))
        if block is None:
            return shape[axis : axis + 1]
        if block < 1:
            self.reject(4, f"expected block >= 1, got {block}")
        blocks = shape[axis] if shape[axis] == shapes.DYNAMIC else -(-shape[axis] // block)
        return (*shape[:axis], blocks, *shape[axis + 1 :])

    def _check_parameters(self, shape: shapes.Shape) -> None:
        """C3."""
        for value in self.parameters:
            fits = shapes.meet_shapes(shape_of(value), shape) is not None
            power = self.block_size is not None and element_of(value) == powers
            if not fits or not (power or element_of(value) == self.PARAMETER):
                expected = TensorType(self.PARAMETER, shape)
                help = None if self.axis is not None else "with `axis` it is a vector"
                definitions = self.get_irdl_definition().operands[self.FIRST :][: self.COUNT]
                names = " and ".join(name for name, _ in definitions)
                self.reject(3, f"expected {names} of type {expected}, got {value.type}", help)

    def _check_zero_point(self, shape: shapes.Shape) -> None:
        """C6."""
        if self.zero_point is None:
            return
        given, element = type_of(self.zero_point), self.code
        if not is_integer(element) or element == i32:
            self.reject(6, f"expected no zero point for {element}, got {given}")
        fits = shapes.meet_shapes(given.get_shape(), shape) is not None
        if not fits or given.element_type != element:
            expected = TensorType(element, shape)
            self.reject(6, f"expected a zero point of type {expected}, got {given}")


class ScaledOp(AffineOp):
    """Between real numbers and quantised ones."""

    block = opt_prop_def(BLOCK)

    @property
    def block_size(self) -> int | None:
        return None if self.block is None else self.block.value.data


def _code(element: Attribute | None, zero_point: Operand | None) -> Attribute:
    """The element type that is stated, or that of the zero point, or i8."""
    return element or (i8 if zero_point is None else element_of(zero_point))


@irdl_op_definition
class QuantizeOp(ScaledOp):
    """Real numbers to quantised ones: `y = saturate(round(x / scale) + zero_point)`.

    The quotient is rounded to f32, then to the nearest integer, halves to even; NaN counts as 0.
    To a narrow float it is rounded as `dl.cast` does, but saturates at the last finite number, and
    NaN stays what it is.

    C1: the element type is f32
    C2: the result has the operand's shape and an integer element type of 2, 4, 8 or 16 bits, or a
        narrow float
    C3: the scale is an f32 of rank 0; with `axis` a vector of the axis' size; with `block`, too, of
        the operand's rank, with one place per block along the axis, and f32 or f8E8M0FNU
    C4: the axis is one of the operand's, and block >= 1 has one
    C5: scales are finite and > 0 (checked when the program runs, if they are no constants), but
        those of f8E8M0FNU may be NaN, which makes their block NaN
    C6: the zero point has the scale's shape and the result's element type; narrow floats have none

    ```mlir
    %y = dl.quantize %x, %scale, %zero_point {axis = 0}
        : (tensor<64x3x7x7xf32>, tensor<64xf32>, tensor<64xui8>) -> tensor<64x3x7x7xui8>
    ```
    """

    name = "dl.quantize"

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    zero_point = opt_operand_def(AnyTensorTypeConstr)

    def __init__(
        self,
        x: Operand,
        scale: Operand,
        zero_point: Operand | None = None,
        *,
        axis: int | None = None,
        block: int | None = None,
        element: Attribute | None = None,
    ):
        self.start([x, scale, zero_point], axis, block, _code(element, zero_point))


@irdl_op_definition
class DequantizeOp(ScaledOp):
    """Quantised numbers to the real ones that they stand for: `y = (x - zero_point) * scale`.

    The difference is exact; it is rounded to f32, and so is the product. Accumulators (i32) and
    narrow floats have no zero point.

    C1: the element type is an integer of 2, 4, 8 or 16 bits, i32, or a narrow float
    C2: the result has the operand's shape and element type f32
    C3: the scale is an f32 of rank 0; with `axis` a vector of the axis' size; with `block`, too, of
        the operand's rank, with one place per block along the axis, and f32 or f8E8M0FNU
    C4: the axis is one of the operand's, and block >= 1 has one
    C5: scales are finite and > 0 (checked when the program runs, if they are no constants), but
        those of f8E8M0FNU may be NaN, which makes their block NaN
    C6: the zero point has the scale's shape and the operand's element type; i32 and narrow floats
        have none

    ```mlir
    %y = dl.dequantize %x, %scale, %zero_point {axis = 1, block = 32}
        : (tensor<?x64xi4>, tensor<?x2xf32>, tensor<?x2xi4>) -> tensor<?x64xf32>
    ```
    """

    name = "dl.dequantize"

    SOURCE: ClassVar[ElementSet] = QUANTIZED_OR_SUM
    TARGET: ClassVar[ElementSet] = REAL

    x = operand_def(AnyTensorTypeConstr)
    scale = operand_def(AnyTensorTypeConstr)
    zero_point = opt_operand_def(AnyTensorTypeConstr)

    def __init__(
        self,
        x: Operand,
        scale: Operand,
        zero_point: Operand | None = None,
        *,
        axis: int | None = None,
        block: int | None = None,
    ):
        self.start([x, scale, zero_point], axis, block, f32)

    @property
    def code(self) -> Attribute:
        return element_of(self.x)


@irdl_op_definition
class RequantizeOp(AffineOp):
    """Accumulators to 8 bits: `y = saturate(zero_point + x * multiplier / 2^(31 + shift))`.

    The product is exact and the quotient is rounded once, halves away from zero: the one rule of
    `dlir.requantize`, which all levels share.

    C1: the element type is i32
    C2: the result has the operand's shape and element type i8 or ui8
    C3: multiplier and shift are i32 of rank 0, or with `axis` vectors of the axis' size
    C4: the axis is one of the operand's
    C5: shifts are in -31..31 (checked when the program runs, if they are no constants)
    C6: the zero point has the multiplier's shape and the result's element type

    ```mlir
    %y = dl.requantize %x, %m, %s {axis = 1}
        : (tensor<?x64x56x56xi32>, tensor<64xi32>, tensor<64xi32>) -> tensor<?x64x56x56xi8>
    ```
    """

    name = "dl.requantize"

    SOURCE: ClassVar[ElementSet] = SUM
    PARAMETER: ClassVar[Attribute] = i32
    TARGET: ClassVar[ElementSet] = BYTE
    RULE: ClassVar[Rule] = SHIFTS
    COUNT: ClassVar[int] = 2

    x = operand_def(AnyTensorTypeConstr)
    multiplier = operand_def(AnyTensorTypeConstr)
    shift = operand_def(AnyTensorTypeConstr)
    zero_point = opt_operand_def(AnyTensorTypeConstr)

    def __init__(
        self,
        x: Operand,
        multiplier: Operand,
        shift: Operand,
        zero_point: Operand | None = None,
        *,
        axis: int | None = None,
        element: Attribute | None = None,
    ):
        operands = [x, multiplier, shift, zero_point]
        self.start(operands, axis, None, _code(element, zero_point))
