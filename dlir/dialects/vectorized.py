"""xDSL's `arith` and `vector` dialects, mended to take vectors wherever upstream does.

xDSL 0.74 restricts comparisons, selects and conversions to scalars, and masked memory accesses to
one dimension.  Importing this module widens the constraints of those operation classes *in place*,
so the classes stay xDSL's own: its folders, canonicalisations and every table keyed by operation
class keep working.  `Arith` and `Vector` are the dialects for the registry.

What changes, as in MLIR's own definitions:
- `arith.cmpi`, `arith.cmpf`: the result has the operands' shape with element type `i1`;
- `arith.select`: the condition may be a vector of `i1`, written
  `arith.select %c, %a, %b : vector<4xi1>, vector<4xf32>`;
- `arith.{sitofp,uitofp,fptosi,fptoui,extsi,extui,trunci,index_cast}`: elementwise on vectors;
- `vector.maskedload`, `vector.maskedstore`: masks and values of any rank;
- `vector.reduction`: the builder's result type is the element type;
- `arith.remf`, which xDSL lacks, and `vector.dot` are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects import arith, vector
from xdsl.dialects.arith import Arith as XDSL_ARITH
from xdsl.dialects.builtin import (
    AnyFloat,
    BoolAttr,
    ContainerType,
    DenseIntOrFPElementsAttr,
    FixedBitwidthType,
    IndexType,
    IntegerAttr,
    IntegerType,
    VectorBaseTypeConstraint,
    VectorType,
    container_of,
    i1,
)
from xdsl.dialects.vector import Vector as XDSL_VECTOR
from xdsl.ir import Attribute, Dialect, Operation, SSAValue
from xdsl.irdl import (
    AttrConstraint,
    IRDLOperation,
    OperandDef,
    ResultDef,
    base,
    irdl_op_definition,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import PatternRewriter
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.transforms.canonicalization_patterns.arith import ApplyCmpiPredicateToEqualOperands
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.type import get_element_type_or_self, have_compatible_shape

from dlir.dialects.vector_dot import DotAttr, DotOp

__all__ = [
    "Arith",
    "RemfOp",
    "Vector",
    "as_vector",
    "bit_width",
    "dense",
    "element_of",
    "with_element_type",
]

_BOOLS = container_of(IntegerType(1))
_INTEGERS = container_of(IntegerType)
_INDICES = container_of(IntegerType | IndexType)
_FLOATS = container_of(AnyFloat)
_NO_FAST_MATH = arith.FastMathFlagsAttr("none")


@irdl_op_definition
class RemfOp(arith.FloatingPointLikeBinaryOperation):
    """The exact remainder of a division rounded toward zero, with the sign of the dividend.

    As C's `fmod`: a NaN for an infinite dividend and for the divisor 0, the dividend itself for an
    infinite divisor. Example: `%r = arith.remf %a, %b : vector<4xf32>`
    """

    name = "arith.remf"
    traits = traits_def(Pure())


Arith = Dialect(
    XDSL_ARITH.name,
    [*XDSL_ARITH.operations, RemfOp],
    list(XDSL_ARITH.attributes),
    [arith.ArithConstantMaterializationInterface()],
)
Vector = Dialect(
    XDSL_VECTOR.name,
    [*XDSL_VECTOR.operations, DotOp],
    [*XDSL_VECTOR.attributes, DotAttr],
)


def as_vector(type_: Attribute) -> VectorType[Attribute] | None:
    """The type if it is a vector, else None; says so to the type checker, unlike `isinstance`."""
    return cast(VectorType[Attribute], type_) if isinstance(type_, VectorType) else None


def element_of(type_: Attribute) -> Attribute:
    """The element type of a vector; a scalar type itself."""
    vector_type = as_vector(type_)
    return type_ if vector_type is None else vector_type.element_type


def bit_width(type_: Attribute) -> int:
    """The width of an integer or float type, or of a vector's elements."""
    element = element_of(type_)
    assert isinstance(element, FixedBitwidthType)
    return element.bitwidth


def dense(type_: Attribute, values: Sequence[Any]) -> Attribute:
    """A dense constant of a vector type; one value stands for all."""
    return DenseIntOrFPElementsAttr.from_list(cast(Any, type_), values)


def with_element_type(like: Attribute, element: Attribute) -> Attribute:
    """`like` with its element type replaced; a scalar type becomes `element` itself."""
    if isinstance(like, VectorType):
        return VectorType(element, like.shape, like.scalable_dims)
    if isinstance(like, ContainerType):
        return cast(Any, type(like))(element, cast(Any, like).shape)
    return element


def _widen(op: type[IRDLOperation], **constraints: AttrConstraint) -> None:
    """Replace the constraints of the named operands and results of `op`."""
    definition = op.get_irdl_definition()
    for name, entry in (*definition.operands, *definition.results):
        if name in constraints:
            kind = OperandDef if isinstance(entry, OperandDef) else ResultDef
            cast(Any, entry).constr = kind(constraints[name]).constr


def _init_comparison(predicates: list[str], fast_math: bool) -> Callable[..., None]:
    """An `__init__` for cmpi and cmpf whose result has the operands' shape."""

    def init(
        self: IRDLOperation,
        operand1: Operation | SSAValue,
        operand2: Operation | SSAValue,
        arg: int | str,
        fastmath: arith.FastMathFlagsAttr = _NO_FAST_MATH,
    ) -> None:
        lhs, rhs = SSAValue.get(operand1), SSAValue.get(operand2)
        if lhs.type != rhs.type:
            raise TypeError(
                f"Comparison operands must have same type, but provided {lhs.type} and {rhs.type}"
            )
        if isinstance(arg, str):
            if arg not in predicates:
                raise VerifyException(f"Unknown comparison mnemonic: {arg}")
            arg = predicates.index(arg)
        properties: dict[str, Attribute | None] = {"predicate": IntegerAttr(arg, 64)}
        if fast_math:
            properties["fastmath"] = fastmath
        IRDLOperation.__init__(
            self,
            operands=[lhs, rhs],
            result_types=[with_element_type(lhs.type, i1)],
            properties=properties,
        )

    return init


def _parse_select(cls: type[arith.SelectOp], parser: Parser) -> arith.SelectOp:
    """`%c, %a, %b attr-dict : [condition type,] type`."""
    names = parser.parse_comma_separated_list(
        parser.Delimiter.NONE, parser.parse_unresolved_operand
    )
    attributes = parser.parse_optional_attr_dict()
    parser.parse_punctuation(":")
    types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
    condition = types[0] if len(types) == 2 else i1
    operands = parser.resolve_operands(names, [condition, types[-1], types[-1]], parser.pos)
    op = cls(*operands)
    op.attributes |= attributes
    return op


def _print_select(self: arith.SelectOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_list(self.operands, printer.print_ssa_value)
    printer.print_op_attributes(self.attributes)
    printer.print_string(" : ")
    if self.cond.type != i1:
        printer.print_attribute(self.cond.type)
        printer.print_string(", ")
    printer.print_attribute(self.result.type)


def _verify_select(self: arith.SelectOp) -> None:
    """A condition that is not one `i1` has the shape of the values."""
    if self.cond.type != i1 and not have_compatible_shape(self.cond.type, self.result.type):
        raise VerifyException("the condition's shape must be that of the selected values")


def _verify_width(narrower: bool) -> Callable[[Any], None]:
    """`verify_` of the integer conversions: same shape, strictly smaller or larger elements."""

    def verify(self: Any) -> None:
        source, result = self.input.type, self.result.type
        a, b = get_element_type_or_self(source), get_element_type_or_self(result)
        assert isinstance(a, FixedBitwidthType) and isinstance(b, FixedBitwidthType)
        _verify_shape(self)
        if (b.bitwidth < a.bitwidth) is not narrower or a.bitwidth == b.bitwidth:
            word = "smaller" if narrower else "larger"
            raise VerifyException(f"Destination bit-width must be {word} than the input bit-width")

    return verify


def _verify_shape(self: Any) -> None:
    if not have_compatible_shape(self.input.type, self.result.type):
        raise VerifyException("operand and result type must have compatible shape")


def _verify_index_cast(self: arith.IndexCastOp) -> None:
    _verify_shape(self)
    kinds = [get_element_type_or_self(t) for t in (self.input.type, self.result.type)]
    if sum(isinstance(kind, IndexType) for kind in kinds) != 1:
        raise VerifyException(
            f"'arith.index_cast' op operand type '{self.input.type}' and result "
            f"type '{self.result.type}' are cast incompatible"
        )


def _fold_equal_operands(
    self: ApplyCmpiPredicateToEqualOperands, op: Operation, rewriter: PatternRewriter
) -> None:
    """cmpi p, %x, %x folds to a constant of the *result's* type (xDSL's is always a scalar)."""
    if not isinstance(op, arith.CmpiOp) or op.lhs != op.rhs:
        return
    holds = op.predicate.value.data in (0, 3, 5, 7, 9)
    result = op.result.type
    if isinstance(result, VectorType):
        rewriter.replace(op, arith.ConstantOp(cast(Any, dense(result, [int(holds)])), result))
    elif result == i1:
        rewriter.replace(op, arith.ConstantOp(BoolAttr.from_bool(holds)))


def _init_reduction(
    self: vector.ReductionOp,
    vector_: SSAValue | Operation,
    kind: vector.CombiningKindAttr,
    acc: SSAValue | Operation | None = None,
    fastmath: arith.FastMathFlagsAttr | None = None,
) -> None:
    value = SSAValue.get(vector_)
    properties: dict[str, Attribute | None] = {"kind": kind}
    if fastmath is not None:
        properties["fastmath"] = fastmath
    IRDLOperation.__init__(
        self,
        operands=[value, acc],
        result_types=[get_element_type_or_self(value.type)],
        properties=properties,
    )


def _mend() -> None:
    _widen(arith.CmpiOp, result=_BOOLS)
    _widen(arith.CmpfOp, result=_BOOLS)
    _widen(arith.SelectOp, cond=_BOOLS)
    _widen(arith.IndexCastOp, input=_INDICES, result=_INDICES)
    for op in (arith.FPToSIOp, arith.FPToUIOp):
        _widen(op, input=_FLOATS, result=_INTEGERS)
    for op in (arith.SIToFPOp, arith.UIToFPOp):
        _widen(op, input=_INTEGERS, result=_FLOATS)
    for op in (arith.TruncIOp, arith.ExtSIOp, arith.ExtUIOp):
        _widen(op, input=_INTEGERS, result=_INTEGERS)
    masks, values = VectorBaseTypeConstraint(i1), base(VectorType)
    _widen(vector.MaskedLoadOp, mask=masks, result=values)
    _widen(vector.MaskedStoreOp, mask=masks, value_to_store=values)

    methods: list[tuple[type, str, Any]] = [
        (arith.CmpiOp, "__init__", _init_comparison(arith.CMPI_COMPARISON_OPERATIONS, False)),
        (arith.CmpfOp, "__init__", _init_comparison(arith.CMPF_COMPARISON_OPERATIONS, True)),
        (arith.SelectOp, "parse", classmethod(_parse_select)),
        (arith.SelectOp, "print", _print_select),
        (arith.SelectOp, "verify_", _verify_select),
        (arith.IndexCastOp, "verify_", _verify_index_cast),
        (arith.TruncIOp, "verify_", _verify_width(narrower=True)),
        (arith.ExtSIOp, "verify_", _verify_width(narrower=False)),
        (arith.ExtUIOp, "verify_", _verify_width(narrower=False)),
        (vector.ReductionOp, "__init__", _init_reduction),
        (ApplyCmpiPredicateToEqualOperands, "match_and_rewrite", _fold_equal_operands),
    ]
    methods += [
        (op, "verify_", _verify_shape)
        for op in (arith.FPToSIOp, arith.FPToUIOp, arith.SIToFPOp, arith.UIToFPOp)
    ]
    for owner, name, method in methods:
        setattr(owner, name, method)


_mend()
