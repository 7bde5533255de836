"""xDSL's `tensor` dialect with two ops mended and `tensor.generate`, which it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects import tensor
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    IntegerType,
    TensorType,
    i64,
)
from xdsl.dialects.utils import (
    parse_dynamic_index_list_without_types,
    print_dynamic_index_list,
)
from xdsl.ir import Attribute, Dialect, Region, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from dlir.types import element_of, shape_of

__all__ = ["ExpandShapeOp", "GenerateOp", "ReshapeOp", "Tensor"]


@irdl_op_definition
class ReshapeOp(IRDLOperation):
    """The same elements in row-major order under the sizes that a tensor holds.

    xDSL's op of this name compares numbers of elements where a size is not known, too.

    Example: `%y = tensor.reshape %x(%s) : (tensor<?x2xf32>, tensor<2xi64>) -> tensor<?x4xf32>`
    """

    name = "tensor.reshape"
    source = operand_def(TensorType[Attribute])
    shape = operand_def(TensorType[IntegerType | IndexType])
    result = result_def(TensorType[Attribute])
    traits = traits_def(Pure())
    assembly_format = (
        "$source `(` $shape `)` attr-dict `:` `(` type($source) `,` type($shape) `)` `->` "
        "type($result)"
    )

    def __init__(self, source: SSAValue, shape: SSAValue, result: Attribute):
        super().__init__(operands=[source, shape], result_types=[result])

    def verify_(self) -> None:
        before, after = shape_of(self.source.type), shape_of(self.result.type)
        if element_of(self.source.type) != element_of(self.result.type):
            raise VerifyException("source and result have the same element type")
        if shape_of(self.shape.type) not in ((len(after),), (DYNAMIC_INDEX,)):
            raise VerifyException(f"expected {len(after)} sizes, one per dimension of the result")
        if DYNAMIC_INDEX not in (*before, *after) and prod(before) != prod(after):
            raise VerifyException("source and result have the same number of elements")


@irdl_op_definition
class ExpandShapeOp(IRDLOperation):
    """Splits dimensions: each group of the result's is one of the source's.

    xDSL's op of this name takes no scalar, whose one element becomes `1x1`, and none of the texts
    from before there was `output_shape`.

    Example: `%y = tensor.expand_shape %x [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>`
    """

    name = "tensor.expand_shape"
    src = operand_def(TensorType[Attribute])
    dynamic_output_shape = var_operand_def(IndexType)
    reassociation = prop_def(ArrayAttr[ArrayAttr[IntegerAttr]])
    static_output_shape = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType[Attribute])
    traits = traits_def(Pure())

    def __init__(
        self,
        src: SSAValue,
        sizes: Sequence[SSAValue],
        groups: Sequence[Sequence[int]],
        static: Sequence[int],
        result: Attribute,
    ):
        runs = ArrayAttr([ArrayAttr([IntegerAttr(d, i64) for d in group]) for group in groups])
        super().__init__(
            operands=[src, sizes],
            properties={
                "reassociation": runs,
                "static_output_shape": DenseArrayBase.from_list(i64, static),
            },
            result_types=[result],
        )

    def verify_(self) -> None:
        before, after = shape_of(self.src.type), shape_of(self.result.type)
        groups = [[d.value.data for d in group] for group in self.reassociation]
        if len(self.static_output_shape) != len(after):
            raise VerifyException(f"expected {len(after)} sizes, one per dimension of the result")
        if not before and any(n != 1 for n in after):
            raise VerifyException("a scalar becomes a tensor of sizes 1")
        if not before and not groups:
            return
        if [d for group in groups for d in group] != [*range(len(after))]:
            raise VerifyException("the groups hold the dimensions of the result in order")
        if len(groups) != len(before):
            raise VerifyException(f"expected {len(before)} groups, one per dimension of the source")
        for size, group in zip(before, groups, strict=True):
            parts = [after[d] for d in group]
            if DYNAMIC_INDEX not in (size, *parts) and prod(parts) != size:
                raise VerifyException(f"sizes {parts} do not split {size}")

    @classmethod
    def parse(cls, parser: Parser) -> ExpandShapeOp:
        source = parser.parse_unresolved_operand()
        groups = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE,
            lambda: parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE, parser.parse_integer
            ),
        )
        sizes: list[SSAValue] = []
        static: Sequence[int] | None = None
        if parser.parse_optional_keyword("output_shape"):
            names, static = parse_dynamic_index_list_without_types(
                parser, dynamic_index=DYNAMIC_INDEX
            )
            sizes = [parser.resolve_operand(name, IndexType()) for name in names]
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        operand = parser.resolve_operand(source, parser.parse_type())
        parser.parse_keyword("into")
        result = parser.parse_type()
        op = cls(operand, sizes, groups, shape_of(result) if static is None else static, result)
        if len(sizes) != op.static_output_shape.get_values().count(DYNAMIC_INDEX):
            parser.raise_error(
                "tensor.expand_shape needs output_shape for sizes that are not known"
            )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_ssa_value(self.src)
        groups = ", ".join(
            f"[{', '.join(str(d.value.data) for d in group)}]" for group in self.reassociation
        )
        printer.print_string(f" [{groups}] output_shape ")
        print_dynamic_index_list(
            printer,
            DYNAMIC_INDEX,
            self.dynamic_output_shape,
            self.static_output_shape.get_values(),
        )
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.src.type)
        printer.print_string(" into ")
        printer.print_attribute(self.result.type)


@irdl_op_definition
class GenerateOp(IRDLOperation):
    """A tensor whose elements a region computes from their positions.

    Example:
    ```mlir
    %t = tensor.generate %n {
    ^bb0(%i: index):
      tensor.yield %i : index
    } : tensor<?xindex>
    ```
    """

    name = "tensor.generate"
    sizes = var_operand_def(IndexType)
    body = region_def("single_block")
    result = result_def(TensorType[Attribute])
    assembly_format = "$sizes $body attr-dict `:` type($result)"

    def __init__(self, sizes: Sequence[SSAValue], body: Region, result: Attribute):
        super().__init__(operands=[sizes], regions=[body], result_types=[result])

    def verify_(self) -> None:
        shape = shape_of(self.result.type)
        if len(self.sizes) != shape.count(DYNAMIC_INDEX):
            raise VerifyException("expected one size for each `?` of the result")
        if [argument.type for argument in self.body.block.args] != [IndexType()] * len(shape):
            raise VerifyException("expected one index for each dimension of the result")
        last = self.body.block.last_op
        if not isinstance(last, tensor.YieldOp):
            raise VerifyException("expected a tensor.yield at the end")
        if last.operands[0].type != self.result.type.element_type:
            raise VerifyException(f"yields a {last.operands[0].type}, not an element of the result")


OURS = (ReshapeOp, ExpandShapeOp, GenerateOp)

Tensor = Dialect(
    "tensor",
    [
        *(op for op in tensor.Tensor.operations if op.name not in {ours.name for ours in OURS}),
        *OURS,
    ],
    list(tensor.Tensor.attributes),
)
