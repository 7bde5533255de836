"""The companions of `structured.generic`: they set, look up and reshape, and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import IndexType, IntegerAttr, TensorType, i64
from xdsl.interfaces import HasCanonicalizationPatternsInterface
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_result_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import Pure

from dlir.dialects.structured import verify
from dlir.dialects.structured.ops.base import ShapedType, results_for
from dlir.dialects.structured.syntax import parse_operands, print_operands
from dlir.dialects.structured.traits import WritesDestination


class _DestinationOp(IRDLOperation, HasCanonicalizationPatternsInterface):
    """Shared text of the ops `name <properties> ins(..) outs(..) -> T`."""

    PROPERTIES: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from dlir.dialects.structured import simplify

        return simplify.DESTINATION

    @classmethod
    def parse(cls, parser: Parser):
        properties: dict[str, Attribute] = {}
        for key in cls.PROPERTIES:
            parser.parse_keyword(key)
            properties[key] = IntegerAttr(parser.parse_integer(), i64)
        inputs = parse_operands(parser, "ins")
        outs = parse_operands(parser, "outs")
        results = [parser.parse_type()] if parser.parse_optional_punctuation("->") else []
        return cls.create(operands=[*inputs, *outs], properties=properties, result_types=results)

    def print(self, printer: Printer) -> None:
        for key in self.PROPERTIES:
            value = self.properties[key]
            assert isinstance(value, IntegerAttr)
            printer.print_string(f" {key} {value.value.data}")
        print_operands(printer, "ins", self.operands[:-1])
        print_operands(printer, "outs", self.operands[-1:])
        if self.results:
            printer.print_string(" -> ")
            printer.print_attribute(self.results[0].type)


@irdl_op_definition
class FillOp(_DestinationOp):
    """Sets every element to one scalar.

    Formula: `out[i...] = value`.

    Constraints:
    C1: the scalar has the element type of `outs`.
    C2: tensors have one result of the type of `outs`; memrefs have none.

    Example:
    ```mlir
    func.func @fill(%v: f32, %o: tensor<4x?xf32>) -> tensor<4x?xf32> {
      %r = structured.fill ins(%v : f32) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
      func.return %r : tensor<4x?xf32>
    }
    ```
    """

    name = "structured.fill"
    value = operand_def()
    outs = operand_def(ShapedType)
    result = opt_result_def(TensorType)
    traits = traits_def(WritesDestination())

    def __init__(self, value: SSAValue, outs: SSAValue):
        super().__init__(operands=[value, outs], result_types=[results_for(outs)])

    def verify_(self) -> None:
        verify.verify_fill(self)


@irdl_op_definition
class GatherOp(_DestinationOp):
    """Reads slices of the input at positions given by an integer tensor.

    Formula: `out[a..., i..., b...] = x[a..., indices[i...], b...]`, the index counted along `axis`;
    a negative index counts from the end. An index outside of `[-n, n)` is a run-time error.

    Constraints:
    C1: `axis` is a dimension of the input, and indices are i32 or i64.
    C2: `outs` has the input's dimensions with `axis` replaced by those of the indices.
    C3: tensors have one result of the type of `outs`; memrefs have none.

    Example:
    ```mlir
    func.func @embed(%t: tensor<100x8xf32>, %i: tensor<?xi64>, %o: tensor<?x8xf32>)
        -> tensor<?x8xf32> {
      %r = structured.gather axis 0 ins(%t, %i : tensor<100x8xf32>, tensor<?xi64>)
             outs(%o : tensor<?x8xf32>) -> tensor<?x8xf32>
      func.return %r : tensor<?x8xf32>
    }
    ```
    """

    name = "structured.gather"
    input = operand_def(ShapedType)
    indices = operand_def(ShapedType)
    outs = operand_def(ShapedType)
    axis = prop_def(IntegerAttr)
    result = opt_result_def(TensorType)
    traits = traits_def(WritesDestination())
    PROPERTIES: ClassVar[tuple[str, ...]] = ("axis",)

    def __init__(self, input: SSAValue, indices: SSAValue, outs: SSAValue, axis: int):
        super().__init__(
            operands=[input, indices, outs],
            properties={"axis": IntegerAttr(axis, i64)},
            result_types=[results_for(outs)],
        )

    @property
    def axis_number(self) -> int:
        return self.axis.value.data

    def verify_(self) -> None:
        verify.verify_gather(self)


@irdl_op_definition
class ReshapeOp(IRDLOperation, HasCanonicalizationPatternsInterface):
    """Another shape for the same elements in row-major order; no data moves.

    Formula: `out.flat[i] = x.flat[i]`. One index operand per `?` of the result type. On memrefs
    the result is an alias; both have the identity layout.

    Constraints:
    C1: element types agree, and static element counts agree.
    C2: one size operand per `?` of the result.
    C3: input and result are both tensors or both memrefs.

    Example:
    ```mlir
    func.func @rows(%x: tensor<?x12x32xf32>, %n: index) -> tensor<?x384xf32> {
      %r = structured.reshape %x [%n] : tensor<?x12x32xf32> to tensor<?x384xf32>
      func.return %r : tensor<?x384xf32>
    }
    ```
    """

    name = "structured.reshape"
    input = operand_def(ShapedType)
    sizes = var_operand_def(IndexType)
    result = result_def(ShapedType)
    assembly_format = "$input (`[` $sizes^ `]`)? attr-dict `:` type($input) `to` type($result)"

    traits = traits_def(Pure())

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from dlir.dialects.structured import simplify

        return simplify.RESHAPE

    def __init__(self, input: SSAValue, sizes: Sequence[SSAValue], result_type: ShapedType):
        super().__init__(operands=[input, sizes], result_types=[result_type])

    def verify_(self) -> None:
        verify.verify_reshape(self)
