"""The families of elementwise ops, which `math.py`, `activation.py` and `binary.py` fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, i1
from xdsl.ir import Attribute
from xdsl.irdl import operand_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import BITS, FLOATS, NUMBERS, ElementSet, OpClass
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of, tensor, type_of


def broadcast(op: DlOp, *values: Operand) -> shapes.Shape:
    """C4 of the ops with several operands: their shapes broadcast together."""
    sizes = [shape_of(value) for value in values]
    shape = shapes.broadcast(*sizes)
    if shape is None:
        got = " and ".join(shapes.text(size) for size in sizes)
        help = "sizes are aligned at the end; only a static 1 stretches"
        op.reject(4, f"expected shapes that broadcast together, got {got}", help)
    return shape


class UnaryOp(DlOp):
    """`y[i] = f(x[i])`; the result has the operand's type."""

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE
    SHORT_TYPES: ClassVar[bool] = True
    ELEMENTS: ClassVar[ElementSet] = FLOATS

    x = operand_def(AnyTensorTypeConstr)
    result = result_def()

    def __init__(self, x: Operand, properties: Mapping[str, Attribute | None] | None = None):
        self.initialise([x], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.ELEMENTS, self.x)
        return [tensor(element_of(self.x), shape_of(self.x), self.x)]


class PlainUnaryOp(UnaryOp):
    """A unary op without properties."""

    def __init__(self, x: Operand):
        super().__init__(x)


class NumberUnaryOp(PlainUnaryOp):
    """A unary op on floats and integers."""

    ELEMENTS: ClassVar[ElementSet] = NUMBERS


class ClassifyOp(PlainUnaryOp):
    """A unary op that answers yes or no; the result has element type i1."""

    def infer(self) -> Sequence[Attribute]:
        (type,) = super().infer()
        assert isinstance(type, TensorType)
        return [TensorType(i1, type.get_shape())]


class BinaryOp(DlOp):
    """`y[i] = f(lhs[i], rhs[i])`, with numpy's broadcasting of trailing dimensions."""

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE
    SHORT_TYPES: ClassVar[bool] = True
    ELEMENTS: ClassVar[ElementSet] = NUMBERS

    lhs = operand_def(AnyTensorTypeConstr)
    rhs = operand_def(AnyTensorTypeConstr)
    result = result_def()

    def __init__(
        self,
        lhs: Operand,
        rhs: Operand,
        properties: Mapping[str, Attribute | None] | None = None,
    ):
        self.initialise([lhs, rhs], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.ELEMENTS, self.lhs)
        lhs, rhs = type_of(self.lhs), type_of(self.rhs)
        if lhs.element_type != rhs.element_type:
            got = f"{lhs.element_type} and {rhs.element_type}"
            self.reject(3, f"expected operands of one element type, got {got}", "insert dl.cast")
        shape = broadcast(self, self.lhs, self.rhs)
        return [tensor(self.result_element(), shape, self.lhs, self.rhs)]

    def result_element(self) -> Attribute:
        return element_of(self.lhs)


class PlainBinaryOp(BinaryOp):
    """A binary op without properties."""

    def __init__(self, lhs: Operand, rhs: Operand):
        super().__init__(lhs, rhs)


class FloatBinaryOp(PlainBinaryOp):
    """A binary op on floats."""

    ELEMENTS: ClassVar[ElementSet] = FLOATS


class BitsBinaryOp(PlainBinaryOp):
    """A binary op on integers and i1."""

    ELEMENTS: ClassVar[ElementSet] = BITS
