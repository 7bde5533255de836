"""Operations of the `llvm` dialect that xDSL 0.74 lacks or restricts, with upstream's syntax.

Reference: MLIR's LLVM dialect, https://mlir.llvm.org/docs/Dialects/LLVM/.  Vectors are one
dimensional, as everywhere in that dialect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from xdsl.dialects.builtin import (
    I1,
    AnyFloatConstr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    IntegerAttr,
    IntegerType,
    SignlessIntegerConstraint,
    TensorType,
    VectorType,
    i1,
    i32,
    i64,
)
from xdsl.dialects.llvm import (
    FastMathAttr,
    FCmpPredicateFlag,
    GenericCastOp,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.irdl import (
    AnyAttr,
    AttrSizedOperandSegments,
    IRDLOperation,
    ParsePropInAttrDict,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    successor_def,
    traits_def,
    var_operand_def,
    var_successor_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsTerminator, NoMemoryEffect, Pure
from xdsl.utils.exceptions import VerifyException

from dlir.dialects.vectorized import dense, element_of, with_element_type

FLOAT = AnyFloatConstr | VectorType.constr(AnyFloatConstr)
INTEGER = SignlessIntegerConstraint | VectorType.constr(SignlessIntegerConstraint)
BOOL = I1 | VectorType[I1]


def _bool_like(value_type: Attribute) -> Attribute:
    return with_element_type(value_type, i1)


@irdl_op_definition
class FCmpOp(IRDLOperation):
    """Compares floats, elementwise on vectors: `llvm.fcmp "olt" %a, %b : vector<4xf32>`.

    C1: a vector gives a vector of `i1` of the same length, a scalar one `i1`.
    """

    T: ClassVar = VarConstraint("T", FLOAT)

    name = "llvm.fcmp"
    lhs = operand_def(T)
    rhs = operand_def(T)
    predicate = prop_def(IntegerAttr[IntegerType])
    fastmathFlags = prop_def(FastMathAttr, default_value=FastMathAttr(None))
    res = result_def(BOOL)
    traits = traits_def(Pure())

    def __init__(
        self,
        lhs: Operation | SSAValue,
        rhs: Operation | SSAValue,
        predicate: str | IntegerAttr[IntegerType],
        fast_math: FastMathAttr | None = None,
    ):
        if isinstance(predicate, str):
            predicate = IntegerAttr(FCmpPredicateFlag(predicate).to_int(), i64)
        super().__init__(
            operands=[lhs, rhs],
            result_types=[_bool_like(SSAValue.get(lhs).type)],
            properties={
                "predicate": predicate,
                "fastmathFlags": fast_math or FastMathAttr(None),
            },
        )

    @classmethod
    def parse(cls, parser: Parser) -> FCmpOp:
        predicate = FCmpPredicateFlag(parser.parse_str_literal())
        lhs = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        rhs = parser.parse_unresolved_operand()
        attributes = parser.parse_optional_attr_dict()
        fast_math = attributes.pop("fastmathFlags", None)
        assert fast_math is None or isinstance(fast_math, FastMathAttr)
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        operands = parser.resolve_operands([lhs, rhs], [type_, type_], parser.pos)
        op = cls(operands[0], operands[1], IntegerAttr(predicate.to_int(), i64), fast_math)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(f' "{FCmpPredicateFlag.from_int(self.predicate.value.data)}" ')
        printer.print_list(self.operands, printer.print_ssa_value)
        attributes = dict(self.attributes)
        if self.fastmathFlags.data:
            attributes["fastmathFlags"] = self.fastmathFlags
        printer.print_op_attributes(attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.lhs.type)

    def verify_(self) -> None:
        if self.res.type != _bool_like(self.lhs.type):
            raise VerifyException(f"result must be {_bool_like(self.lhs.type)}")


@irdl_op_definition
class SelectOp(IRDLOperation):
    """`%c ? %a : %b`, elementwise when `%c` is a vector of `i1`.

    C1: a vector condition has the length of the values.
    Example: `llvm.select %c, %a, %b : vector<4xi1>, vector<4xf32>`
    """

    T: ClassVar = VarConstraint("T", AnyAttr())

    name = "llvm.select"
    condition = operand_def(BOOL)
    lhs = operand_def(T)
    rhs = operand_def(T)
    fastmathFlags = prop_def(FastMathAttr, default_value=FastMathAttr(None))
    res = result_def(T)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$condition `,` $lhs `,` $rhs attr-dict `:` type($condition) `,` type($res)"

    def __init__(self, condition: SSAValue, lhs: SSAValue, rhs: SSAValue):
        super().__init__(operands=[condition, lhs, rhs], result_types=[lhs.type])

    def verify_(self) -> None:
        condition = self.condition.type
        if isinstance(condition, VectorType) and condition != _bool_like(self.res.type):
            raise VerifyException("a vector condition must have the length of the values")


@irdl_op_definition
class UIToFPOp(GenericCastOp):
    """Unsigned integer to float: `llvm.uitofp %a : i32 to f32`."""

    name = "llvm.uitofp"


@irdl_op_definition
class FPToSIOp(GenericCastOp):
    """Float to signed integer, towards zero; poison outside the range: `... : f32 to i32`."""

    name = "llvm.fptosi"


@irdl_op_definition
class FPToUIOp(GenericCastOp):
    """Float to unsigned integer, towards zero; poison outside the range: `... : f32 to i32`."""

    name = "llvm.fptoui"


@irdl_op_definition
class ExtractElementOp(IRDLOperation):
    """One element of a vector: `llvm.extractelement %v[%i : i64] : vector<4xf32>`."""

    T: ClassVar = VarConstraint("T", AnyAttr())

    name = "llvm.extractelement"
    vector = operand_def(VectorType.constr(T))
    position = operand_def(SignlessIntegerConstraint)
    res = result_def(T)
    traits = traits_def(Pure())
    assembly_format = "$vector `[` $position `:` type($position) `]` attr-dict `:` type($vector)"

    def __init__(self, vector: SSAValue, position: SSAValue):
        super().__init__(operands=[vector, position], result_types=[element_of(vector.type)])


@irdl_op_definition
class FreezeOp(IRDLOperation):
    """Turns undef and poison into some fixed value: `llvm.freeze %a : i32`."""

    T: ClassVar = VarConstraint("T", AnyAttr())

    name = "llvm.freeze"
    val = operand_def(T)
    res = result_def(T)
    traits = traits_def(NoMemoryEffect())
    assembly_format = "$val attr-dict `:` type($val)"

    def __init__(self, val: SSAValue):
        super().__init__(operands=[val], result_types=[val.type])


@irdl_op_definition
class PoisonOp(IRDLOperation):
    """The poison value of any type: `llvm.mlir.poison : vector<4xf32>`."""

    name = "llvm.mlir.poison"
    res = result_def()
    traits = traits_def(Pure())
    assembly_format = "attr-dict `:` type($res)"

    def __init__(self, result_type: Attribute):
        super().__init__(result_types=[result_type])


@irdl_op_definition
class FenceOp(IRDLOperation):
    """Everything stored before is seen by others before anything stored later.

    `ordering` is that of `llvm.load`: 7 stands for sequential consistency.

    Example: `"llvm.fence"() <{ordering = 7 : i64}> : () -> ()`
    """

    name = "llvm.fence"
    ordering = prop_def(IntegerAttr[IntegerType])

    def __init__(self) -> None:
        super().__init__(properties={"ordering": IntegerAttr(7, i64)})


@irdl_op_definition
class SwitchOp(IRDLOperation):
    """Branches on an integer.

    C1: one case value per case block.
    C2: one segment of operands per case block.

    Example:
        llvm.switch %v : i64, ^default(%x : i64) [1: ^bb1, 2: ^bb2(%y : i64)]
    """

    name = "llvm.switch"
    value = operand_def(SignlessIntegerConstraint)
    default_operands = var_operand_def()
    case_operands = var_operand_def()
    case_values = opt_prop_def(DenseIntOrFPElementsAttr)
    case_operand_segments = prop_def(DenseArrayBase.constr(i32))
    default_destination = successor_def()
    case_destinations = var_successor_def()
    traits = traits_def(IsTerminator())
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def __init__(
        self,
        value: SSAValue,
        default: tuple[Block, Sequence[SSAValue]],
        cases: Sequence[tuple[int, Block, Sequence[SSAValue]]],
    ):
        values = None
        if cases:
            type_ = TensorType(value.type, [len(cases)])
            values = dense(type_, [case[0] for case in cases])
        super().__init__(
            operands=[value, default[1], [x for case in cases for x in case[2]]],
            properties={
                "case_values": values,
                "case_operand_segments": DenseArrayBase.from_list(
                    i32, [len(case[2]) for case in cases]
                ),
            },
            successors=[default[0], [case[1] for case in cases]],
        )

    def cases(self) -> list[tuple[int, Block, Sequence[SSAValue]]]:
        """Value, block and block operands of every case, in order."""
        values = cast("Sequence[int]", self.case_values.get_values() if self.case_values else ())
        result: list[tuple[int, Block, Sequence[SSAValue]]] = []
        start = 0
        segments = self.case_operand_segments.iter_values()
        for value, block, count in zip(values, self.case_destinations, segments, strict=True):
            operands = self.case_operands[start : start + int(count)]
            result.append((value, block, operands))
            start += int(count)
        return result

    def verify_(self) -> None:
        count = len(self.case_destinations)
        values = 0 if self.case_values is None else len(self.case_values)
        if values != count:
            raise VerifyException(f"{values} case values for {count} case destinations")
        if len(self.case_operand_segments) != count:
            raise VerifyException("expected one operand segment per case destination")

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_ssa_value(self.value)
        printer.print_string(" : ")
        printer.print_attribute(self.value.type)
        printer.print_string(", ")
        _print_successor(printer, self.default_destination, self.default_operands)
        printer.print_string(" [")
        for i, (value, block, operands) in enumerate(self.cases()):
            printer.print_string(f"{', ' if i else ''}{value}: ")
            _print_successor(printer, block, operands)
        printer.print_string("]")
        printer.print_op_attributes(self.attributes)

    @classmethod
    def parse(cls, parser: Parser) -> SwitchOp:
        name = parser.parse_unresolved_operand()
        parser.parse_punctuation(":")
        value = parser.resolve_operand(name, parser.parse_type())
        parser.parse_punctuation(",")
        default = _parse_successor(parser)

        def case() -> tuple[int, Block, Sequence[SSAValue]]:
            number = parser.parse_integer()
            parser.parse_punctuation(":")
            return (number, *_parse_successor(parser))

        cases = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, case)
        op = cls(value, default, cases)
        op.attributes |= parser.parse_optional_attr_dict()
        return op


def _print_successor(printer: Printer, block: Block, operands: Sequence[SSAValue]) -> None:
    """`^bb1` or `^bb1(%a, %b : i32, f32)`."""
    printer.print_block_name(block)
    if operands:
        with printer.in_parens():
            printer.print_list(operands, printer.print_ssa_value)
            printer.print_string(" : ")
            printer.print_list(operands, lambda value: printer.print_attribute(value.type))


def _parse_successor(parser: Parser) -> tuple[Block, Sequence[SSAValue]]:
    block = parser.parse_successor()
    if parser.parse_optional_punctuation("(") is None:
        return block, ()
    names = parser.parse_comma_separated_list(
        parser.Delimiter.NONE, parser.parse_unresolved_operand
    )
    parser.parse_punctuation(":")
    types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
    parser.parse_punctuation(")")
    return block, parser.resolve_operands(names, types, parser.pos)
