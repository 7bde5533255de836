"""Where tensors and sizes come from: constants, weights, counting, other tensors' dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from xdsl.dialects.builtin import (
    AnyTensorTypeConstr,
    DenseIntOrFPElementsAttr,
    IndexType,
    IntegerAttr,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.ir import Attribute
from xdsl.irdl import (
    BaseAttr,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import ConstantLike

from dlir.dialects.dl import assembly, shapes
from dlir.dialects.dl.attrs import NUMBERS, STORABLE, Tensor, integer
from dlir.dialects.dl.ops.base import DlOp, Operand, normalised, rank_of, shape_of, type_of

AXIS = IntegerAttr.constr(i64)


class SourceOp(DlOp):
    """An op without tensor operands; its result type is always written."""

    SHORT_TYPES: ClassVar[bool] = True

    result = result_def(AnyTensorTypeConstr)

    @property
    def type(self) -> Tensor:
        return type_of(self.result)

    def require_static(self) -> None:
        """C2 of constants and weights."""
        if not shapes.is_static(self.type.get_shape()):
            self.reject(2, f"expected a static result type, got {self.type}")


@irdl_op_definition
class ConstantOp(SourceOp):
    """A tensor known at compile time: `y = value`.

    C1: the element type is supported
    C2: the result type is static and is that of the value

    ```mlir
    %y = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
    ```
    """

    name = "dl.constant"

    value = prop_def(BaseAttr[DenseIntOrFPElementsAttr[Any]](DenseIntOrFPElementsAttr))

    traits = traits_def(ConstantLike())

    def __init__(self, value: DenseIntOrFPElementsAttr[Any]):
        self.initialise([], {"value": value}, result_types=[value.get_type()])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(STORABLE, self.result)
        self.require_static()
        return [self.value.get_type()]

    @classmethod
    def parse(cls, parser: Parser) -> ConstantOp:
        position = parser.pos
        value = parser.parse_attribute()
        if not isinstance(value, DenseIntOrFPElementsAttr):
            parser.raise_error("expected dense<...> : type", position, parser.pos)
        value = cast(DenseIntOrFPElementsAttr[Any], value)
        _, attributes = assembly.parse_options(parser, cls.get_irdl_definition())
        return cls.create(
            properties={"value": value}, attributes=attributes, result_types=[value.get_type()]
        )

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_attribute(self.value)
        assembly.print_options(printer, self, skip=("value",))


@irdl_op_definition
class ParamOp(SourceOp):
    """A weight that is given by name when the program is loaded: `y = params[name]`.

    C1: the element type is supported
    C2: the result type is static

    ```mlir
    %y = dl.param "fc1.weight" : tensor<784x512xf32>
    ```
    """

    name = "dl.param"

    param_name = prop_def(BaseAttr(StringAttr), prop_name="name")

    LEAD: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(self, name: str, type: Tensor):
        self.initialise([], {"name": StringAttr(name)}, result_types=[type])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(STORABLE, self.result)
        self.require_static()
        return [self.type]

    @classmethod
    def parse_lead(cls, parser: Parser) -> dict[str, Attribute]:
        return {"name": StringAttr(parser.parse_str_literal())}

    def print_lead(self, printer: Printer) -> None:
        printer.print_string_literal(self.param_name.data)


@irdl_op_definition
class IotaOp(SourceOp):
    """Counting along an axis: `y[i] = i[axis]`.

    Each `?` of the result takes its size from an operand.

    C1: the element type is a number
    C2: the result type has as many `?` as there are size operands
    C3: the axis is one of the result's

    ```mlir
    %y = dl.iota axis 1 [%n] : tensor<?x4xi64>
    ```
    """

    name = "dl.iota"

    axis = prop_def(AXIS)
    sizes = var_operand_def(IndexType())

    LEAD: ClassVar[tuple[str, ...]] = ("axis",)
    SIZED: ClassVar[bool] = True

    def __init__(self, shape: Sequence[int | Operand], axis: int, element_type: Attribute):
        static, sizes = split_sizes(shape)
        axis = normalised(axis, len(static))
        self.initialise([sizes], {"axis": integer(axis)}, [TensorType(element_type, static)])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(NUMBERS, self.result)
        self.check_axis(3, self.axis.value.data, rank_of(self.result))
        check_sizes(self, 2, self.sizes)
        return [self.type]

    @classmethod
    def parse_lead(cls, parser: Parser) -> dict[str, Attribute]:
        parser.parse_keyword("axis")
        return {"axis": integer(parser.parse_integer())}

    def print_lead(self, printer: Printer) -> None:
        printer.print_string(f"axis {self.axis.value.data}")


@irdl_op_definition
class DimOp(DlOp):
    """The size of a dimension as an index: `n = shape(x)[axis]`.

    C1: the element type is supported
    C2: the result type is index
    C3: the axis is one of the operand's

    ```mlir
    %n = dl.dim %x, 0 : tensor<?x4xf32>
    ```
    """

    name = "dl.dim"

    x = operand_def(AnyTensorTypeConstr)
    axis = prop_def(AXIS)
    result = result_def()

    def __init__(self, x: Operand, axis: int):
        self.initialise([x], {"axis": integer(normalised(axis, rank_of(x)))})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(STORABLE, self.x)
        self.check_axis(3, self.axis.value.data, rank_of(self.x))
        return [IndexType()]

    @classmethod
    def parse(cls, parser: Parser) -> DimOp:
        operand = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        axis = integer(parser.parse_integer())
        _, attributes = assembly.parse_options(parser, cls.get_irdl_definition())
        parser.parse_punctuation(":")
        return cls.create(
            operands=[parser.resolve_operand(operand, parser.parse_type())],
            properties={"axis": axis},
            attributes=attributes,
            result_types=[IndexType()],
        )

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_ssa_value(self.x)
        printer.print_string(f", {self.axis.value.data}")
        assembly.print_options(printer, self, skip=("axis",))
        printer.print_string(" : ")
        printer.print_attribute(self.x.type)


def split_sizes(shape: Sequence[int | Operand]) -> tuple[shapes.Shape, list[Operand]]:
    """(shape with a `?` per value, the values) of a list of sizes; a -1 is a `?` without one."""
    static = tuple(
        (shapes.DYNAMIC if size < 0 else size) if isinstance(size, int) else shapes.DYNAMIC
        for size in shape
    )
    return static, [size for size in shape if not isinstance(size, int)]


def check_sizes(op: DlOp, rule: int, sizes: Sequence[Operand], may_infer: bool = False) -> None:
    """One index operand per `?` of the result; with `may_infer`, none will do for a single `?`."""
    shape = shape_of(op.results[0])
    count = shape.count(shapes.DYNAMIC)
    if len(sizes) != count and not (may_infer and count == 1 and not sizes):
        message = f"expected {count} size operands, one per `?` of the result, got {len(sizes)}"
        op.reject(rule, message)
