"""The product of a matrix of which blocks are stored with one of which all is."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.interfaces import HasCanonicalizationPatternsInterface
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    opt_result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer

from dlir.dialects.structured import verify_sparse as verify
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops.base import ShapedType, results_for, shape_of
from dlir.dialects.structured.syntax import parse_operands, print_operands
from dlir.dialects.structured.traits import WritesDestination


@irdl_op_definition
class SparseMatmulOp(IRDLOperation, HasCanonicalizationPatternsInterface):
    """Rows of stored blocks times a matrix: `out[r, n] = sum over p from rows[i] to rows[i + 1] and
    j of values[p, j, r - i*h] * x[columns[p]*w + j, n]`, with `i = r / h`.

    A stored block is w columns of h values, [count, w, h]; plain values, [count], are blocks of one
    element. What is not stored has no term. `columns` and `rows` must be those of
    `#sparse.bsr` or `#sparse.csr`: nothing checks them here. The schedule's `vector = [h, c]` says
    how many columns of x are summed at a time; its `threads = [0]` divides the rows of blocks among
    threads.

    Constraints:
    C1: values are of rank 1 or 3, as many as there are columns; x and `outs` are matrices of their
        float element type
    C2: columns and rows are vectors of i32
    C3: there is a row of blocks for each h rows of `outs`, and one end; w divides the rows of x
    C4: tensors have one result of the type of `outs`; memrefs have none

    Example:
    ```mlir
    func.func @product(%v: tensor<5xf32>, %c: tensor<5xi32>, %r: tensor<5xi32>,
                       %x: tensor<8x?xf32>, %o: tensor<4x?xf32>) -> tensor<4x?xf32> {
      %y = structured.sparse_matmul
          ins(%v, %c, %r, %x : tensor<5xf32>, tensor<5xi32>, tensor<5xi32>, tensor<8x?xf32>)
          outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
      func.return %y : tensor<4x?xf32>
    }
    ```
    """

    name = "structured.sparse_matmul"
    values = operand_def(ShapedType)
    columns = operand_def(ShapedType)
    rows = operand_def(ShapedType)
    x = operand_def(ShapedType)
    outs = operand_def(ShapedType)
    schedule = opt_prop_def(ScheduleAttr)
    result = opt_result_def(TensorType)
    traits = traits_def(WritesDestination())

    def __init__(self, parts: Sequence[SSAValue], x: SSAValue, outs: SSAValue):
        super().__init__(operands=[*parts, x, outs], result_types=[results_for(outs)])

    @property
    def block(self) -> tuple[int, int]:
        """The height and width of a block."""
        shape = shape_of(self.values)
        return (shape[2], shape[1]) if len(shape) == 3 else (1, 1)

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from dlir.dialects.structured import simplify

        return simplify.DESTINATION

    @classmethod
    def parse(cls, parser: Parser) -> SparseMatmulOp:
        attributes = parser.parse_optional_attr_dict()
        properties = {k: attributes.pop(k) for k in ("schedule",) if k in attributes}
        inputs, outs = parse_operands(parser, "ins"), parse_operands(parser, "outs")
        results = [parser.parse_type()] if parser.parse_optional_punctuation("->") else []
        return cls.create(
            operands=[*inputs, *outs],
            properties=properties,
            attributes=attributes,
            result_types=results,
        )

    def print(self, printer: Printer) -> None:
        printer.print_op_attributes({**self.properties, **self.attributes})
        print_operands(printer, "ins", self.operands[:-1])
        print_operands(printer, "outs", self.operands[-1:])
        if self.result is not None:
            printer.print_string(" -> ")
            printer.print_attribute(self.result.type)

    def verify_(self) -> None:
        verify.verify_sparse_matmul(self)
