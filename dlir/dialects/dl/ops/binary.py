"""Elementwise ops of two and three tensors, and the conversion of element types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr, i1
from xdsl.ir import Attribute
from xdsl.irdl import (
    BaseAttr,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

from dlir.dialects.dl.attrs import (
    ANY,
    BOOLS,
    REALS,
    STORABLE,
    ElementSet,
    OpClass,
    Predicate,
    PredicateAttr,
    RoundMode,
    RoundModeAttr,
)
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of, type_of
from dlir.dialects.dl.ops.elementwise import (
    BinaryOp,
    BitsBinaryOp,
    FloatBinaryOp,
    PlainBinaryOp,
    broadcast,
)

NEAREST = RoundModeAttr(RoundMode.NEAREST)


@irdl_op_definition
class AddOp(PlainBinaryOp):
    """Sum: `y = lhs + rhs`; integers wrap around.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.add %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.add"


@irdl_op_definition
class SubOp(PlainBinaryOp):
    """Difference: `y = lhs - rhs`; integers wrap around.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.sub %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.sub"


@irdl_op_definition
class MulOp(PlainBinaryOp):
    """Product: `y = lhs * rhs`; integers wrap around.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.mul %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.mul"


@irdl_op_definition
class DivOp(PlainBinaryOp):
    """Quotient: `y = lhs / rhs`; of integers truncated toward zero.

    An integer divided by zero is an error at run time.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.div %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.div"


@irdl_op_definition
class ModOp(PlainBinaryOp):
    """Remainder with the sign of the divisor (Python's %): `y = lhs - floor(lhs / rhs) * rhs`.

    An integer divided by zero is an error at run time.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.mod %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.mod"


@irdl_op_definition
class FmodOp(PlainBinaryOp):
    """Remainder with the sign of the dividend (C's fmod): `y = lhs - trunc(lhs / rhs) * rhs`.

    An integer divided by zero is an error at run time.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.fmod %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.fmod"


@irdl_op_definition
class PowOp(PlainBinaryOp):
    """Power: `y = lhs ^ rhs`.

    A negative power of an integer is truncated toward zero; that of 0 is an error at run time.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.pow %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.pow"


@irdl_op_definition
class MaxOp(PlainBinaryOp):
    """Maximum: `y = max(lhs, rhs)`; NaN if either is NaN.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.max %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.max"


@irdl_op_definition
class MinOp(PlainBinaryOp):
    """Minimum: `y = min(lhs, rhs)`; NaN if either is NaN.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.min %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.min"


@irdl_op_definition
class Atan2Op(FloatBinaryOp):
    """Angle of the point (rhs, lhs), from -pi to pi: `y = atan2(lhs, rhs)`.

    C1: the element type is a float
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.atan2 %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.atan2"


@irdl_op_definition
class PreluOp(PlainBinaryOp):
    """Rectifier with a learned slope: `y = lhs for lhs >= 0, else rhs * lhs`.

    C1: the element type is a number
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.prelu %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.prelu"


@irdl_op_definition
class AndOp(BitsBinaryOp):
    """Bitwise and; on i1 logical: `y = lhs & rhs`.

    C1: the element type is an integer or i1
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.and %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
    ```
    """

    name = "dl.and"


@irdl_op_definition
class OrOp(BitsBinaryOp):
    """Bitwise or; on i1 logical: `y = lhs | rhs`.

    C1: the element type is an integer or i1
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.or %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
    ```
    """

    name = "dl.or"


@irdl_op_definition
class XorOp(BitsBinaryOp):
    """Bitwise exclusive or; on i1 logical: `y = lhs ^ rhs`.

    C1: the element type is an integer or i1
    C2: the result has the broadcast shape
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.xor %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
    ```
    """

    name = "dl.xor"


@irdl_op_definition
class CompareOp(BinaryOp):
    """Comparison: `y = lhs P rhs`, with P one of eq ne lt le gt ge; of a NaN only ne holds.

    C1: the element type is supported
    C2: the result has the broadcast shape and element type i1
    C3: the operands have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.compare lt, %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xi1>
    ```
    """

    name = "dl.compare"

    SHORT_TYPES: ClassVar[bool] = False
    ELEMENTS: ClassVar[ElementSet] = ANY
    LEAD: ClassVar[tuple[str, ...]] = ("predicate",)

    predicate = prop_def(BaseAttr(PredicateAttr))

    def __init__(self, predicate: str | Predicate, lhs: Operand, rhs: Operand):
        super().__init__(lhs, rhs, {"predicate": PredicateAttr(Predicate(predicate))})

    def result_element(self) -> Attribute:
        return i1

    @classmethod
    def parse_lead(cls, parser: Parser) -> dict[str, Attribute]:
        predicate = parser.parse_str_enum(Predicate)
        parser.parse_punctuation(",")
        return {"predicate": PredicateAttr(predicate)}

    def print_lead(self, printer: Printer) -> None:
        printer.print_string(f"{self.predicate.data}, ")


@irdl_op_definition
class SelectOp(DlOp):
    """Choice by element: `y[i] = on_true[i] if condition[i] else on_false[i]`, all three broadcast.

    C1: the condition has element type i1, the element type of the others is supported
    C2: the result has the broadcast shape and the element type of the choices
    C3: the choices have one element type
    C4: the shapes broadcast

    ```mlir
    %y = dl.select %c, %a, %b : (tensor<?x4xi1>, tensor<4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    ```
    """

    name = "dl.select"

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE

    condition = operand_def(AnyTensorTypeConstr)
    on_true = operand_def(AnyTensorTypeConstr)
    on_false = operand_def(AnyTensorTypeConstr)
    result = result_def()

    def __init__(self, condition: Operand, on_true: Operand, on_false: Operand):
        self.initialise([condition, on_true, on_false])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(BOOLS, self.condition)
        self.check_elements(ANY, self.on_true)
        on_true, on_false = element_of(self.on_true), element_of(self.on_false)
        if on_true != on_false:
            got = f"{on_true} and {on_false}"
            self.reject(3, f"expected choices of one element type, got {got}", "insert dl.cast")
        return [TensorType(on_true, broadcast(self, self.condition, self.on_true, self.on_false))]


@irdl_op_definition
class CastOp(DlOp):
    """Conversion of the element type.

    | from, to | value |
    |---|---|
    | float, float | rounded once, by default to nearest even |
    | integer, float | rounded once to nearest even |
    | float, integer | truncated toward zero; saturates at the target's limits; NaN becomes 0 |
    | integer, integer | wraps around (the low bits); the source's type says how it is extended |
    | i1, any | 0 or 1 |
    | any, `i1` | `x != 0` |

    A float beyond the last number of its target becomes infinite, in a type without infinities NaN,
    in one without NaN that last number. With `saturate` it becomes the last number in every type,
    and so do infinities and integers. Types without NaN have -0 for it. `f8E8M0FNU` has powers of
    two alone: numbers below the smallest become that, negative ones NaN, and 0 NaN, too, or with
    `saturate` the smallest number.

    `round_mode` is `nearest`, `upward` (the least number that is not below) or `downward`; by the
    last two a finite number never leaves the finite ones on the other side.

    C1: both element types are storable
    C2: the result has the operand's shape
    C3: a `round_mode` but `nearest` converts a float to a float
    C4: with `saturate` neither element type is i1

    ```mlir
    %y = dl.cast %x {round_mode = "downward", saturate}
        : tensor<?x4xf32> -> tensor<?x4xf8E4M3FN>
    ```
    """

    name = "dl.cast"

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    round_mode = opt_prop_def(BaseAttr(RoundModeAttr), default_value=NEAREST)
    saturate = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self,
        x: Operand,
        element_type: Attribute,
        *,
        round_mode: RoundMode = RoundMode.NEAREST,
        saturate: bool = False,
    ):
        properties = {
            "round_mode": RoundModeAttr(round_mode),
            "saturate": UnitAttr() if saturate else None,
        }
        self.initialise([x], properties, [TensorType(element_type, shape_of(x))])

    @property
    def is_plain(self) -> bool:
        """Whether it rounds to nearest and does not saturate."""
        return self.round_mode == NEAREST and self.saturate is None

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(STORABLE, self.x, self.result)
        source, target = element_of(self.x), type_of(self.result).element_type
        if self.round_mode != NEAREST and not (source in REALS and target in REALS):
            mode, got = self.round_mode.data, f"{source} and {target}"
            self.reject(3, f"expected floats for round_mode {mode}, got {got}")
        if self.saturate is not None and i1 in (source, target):
            self.reject(4, f"expected numbers to saturate, got {source} and {target}")
        return [TensorType(target, shape_of(self.x))]
