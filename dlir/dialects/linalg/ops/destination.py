"""Ops that list dimensions behind their operands, and `linalg.map`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    i64,
)
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation as Structured
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.ir import Block, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    prop_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from dlir.dialects.linalg import syntax
from dlir.dialects.linalg.ops.base import PARALLEL, REDUCTION, YieldOp, verify_results
from dlir.types import element_of, shape_of


class _DestinationOp(Structured):
    """Ops with a list of dimensions behind their operands: `ins(..) outs(..) KEY = [..]`."""

    KEY: ClassVar[str]

    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        return ArrayAttr([PARALLEL] * len(shape_of(self.outputs[0].type)))

    def verify_(self) -> None:
        self.verify_dimensions()
        super().verify_()
        verify_results(self)

    def verify_dimensions(self) -> None:
        """The numbers of the list are dimensions, none of them twice."""
        dims, rank = self.list_of(), self.rank_of_list()
        if len({*dims}) != len(dims) or not all(0 <= d < rank for d in dims):
            raise VerifyException(f"{list(dims)} are not different dimensions of {rank}")

    def rank_of_list(self) -> int:
        """How many dimensions the list chooses from."""
        if len(self.outputs) == 0:
            raise VerifyException("expected an output")
        return len(shape_of(self.outputs[0].type))

    def list_of(self) -> tuple[int, ...]:
        """The dimensions."""
        held = self.properties[self.KEY]
        assert isinstance(held, DenseArrayBase)
        return tuple(int(n) for n in held.iter_values())

    @classmethod
    def make(
        cls, inputs: Sequence[SSAValue], outputs: Sequence[SSAValue], body: Region,
        dimensions: Sequence[int],
    ):  # fmt: skip
        return cls.build(
            operands=[inputs, outputs],
            properties={cls.KEY: DenseArrayBase.from_list(i64, dimensions)},
            result_types=[syntax.results_for(outputs)],
            regions=[body],
        )

    @classmethod
    def parse(cls, parser: Parser):
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        dimensions = syntax.parse_dimensions(parser, cls.KEY)
        block = Block(arg_types=[element_of(v.type) for v in (*inputs, *outputs)])
        if block.args:
            block.add_op(YieldOp(block.args[0]))
        op = cls.make(inputs, outputs, Region(block), dimensions)
        op.attributes |= parser.parse_optional_attr_dict()
        return op

    def print(self, printer: Printer) -> None:
        syntax.print_operands(printer, "ins", self.inputs)
        syntax.print_operands(printer, "outs", self.outputs)
        printer.print_string(f" {self.KEY} = [{', '.join(map(str, self.list_of()))}]")
        if self.attributes:
            printer.print_op_attributes(self.attributes)


@irdl_op_definition
class TransposeOp(_DestinationOp):
    """Permutes dimensions.

    Formula: dimension i of the output is dimension `permutation[i]` of the input.
    """

    name = "linalg.transpose"
    KEY: ClassVar[str] = "permutation"
    permutation = prop_def(DenseArrayBase.constr(i64))

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        order = self.list_of()
        read = AffineMap(
            len(order), 0, tuple(AffineDimExpr(order.index(d)) for d in range(len(order)))
        )
        return ArrayAttr([AffineMapAttr(read), AffineMapAttr(AffineMap.identity(len(order)))])


@irdl_op_definition
class BroadcastOp(_DestinationOp):
    """Repeats the input along new dimensions.

    Formula: the output has the input's dimensions and, at the positions `dimensions`, new ones.
    """

    name = "linalg.broadcast"
    KEY: ClassVar[str] = "dimensions"
    dimensions = prop_def(DenseArrayBase.constr(i64))

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        rank, new = len(shape_of(self.outputs[0].type)), self.list_of()
        read = AffineMap(rank, 0, tuple(AffineDimExpr(d) for d in range(rank) if d not in new))
        return ArrayAttr([AffineMapAttr(read), AffineMapAttr(AffineMap.identity(rank))])


@irdl_op_definition
class ReduceOp(_DestinationOp):
    """Folds dimensions away, with any body.

    Formula: `out = fold over dimensions of body(in, out)`, from what the output holds.
    """

    name = "linalg.reduce"
    KEY: ClassVar[str] = "dimensions"
    dimensions = prop_def(DenseArrayBase.constr(i64))

    def rank_of_list(self) -> int:
        if len(self.inputs) == 0:
            raise VerifyException("expected an input")
        return len(shape_of(self.inputs[0].type))

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        gone, rank = self.list_of(), len(shape_of(self.inputs[0].type))
        return ArrayAttr([REDUCTION if d in gone else PARALLEL for d in range(rank)])

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        rank, gone = len(shape_of(self.inputs[0].type)), self.list_of()
        whole = AffineMapAttr(AffineMap.identity(rank))
        kept = AffineMap(rank, 0, tuple(AffineDimExpr(d) for d in range(rank) if d not in gone))
        outs = [AffineMapAttr(kept)] * len(self.outputs)
        return ArrayAttr([*[whole] * len(self.inputs), *outs])

    @classmethod
    def parse(cls, parser: Parser):
        payload = syntax.parse_payload_name(parser)
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        dimensions = syntax.parse_dimensions(parser, cls.KEY)
        attributes = parser.parse_optional_attr_dict()
        if payload is None:
            body = syntax.parse_body(parser)
        else:  # of one input and one output: first the output, then the input
            body = syntax.payload_region(*payload, [*inputs, *outputs], (1, 0), YieldOp)
        op = cls.make(inputs, outputs, body, dimensions)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        super().print(printer)
        syntax.print_body(printer, self.body, self.body.block.args)


@irdl_op_definition
class MapOp(Structured):
    """A body applied to every element of inputs of one shape.

    Formula: `out[i...] = body(in_0[i...], in_1[i...], ...)`. The last argument of the body, what
    the output held, is there as in every `linalg` op; the text leaves it out.
    """

    name = "linalg.map"
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def verify_(self) -> None:
        if len(self.outputs) != 1:
            raise VerifyException(f"expected one output, got {len(self.outputs)}")
        super().verify_()
        verify_results(self)

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        return ArrayAttr([PARALLEL] * len(shape_of(self.outputs[0].type)))

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        whole = AffineMapAttr(AffineMap.identity(len(shape_of(self.outputs[0].type))))
        return ArrayAttr([whole] * len(self.operands))

    @classmethod
    def parse(cls, parser: Parser) -> MapOp:
        payload = syntax.parse_payload_name(parser)
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        attributes = parser.parse_optional_attr_dict()
        if payload is None:
            body = syntax.parse_body(parser)
            if len(body.block.args) == len(inputs):
                body.block.insert_arg(element_of(outputs[-1].type), len(inputs))
        else:
            order = range(len(inputs))
            body = syntax.payload_region(*payload, [*inputs, *outputs], order, YieldOp)
        op = cls.build(
            operands=[inputs, outputs],
            result_types=[syntax.results_for(outputs)],
            regions=[body],
            attributes=attributes,
        )
        return op

    def print(self, printer: Printer) -> None:
        syntax.print_operands(printer, "ins", self.inputs)
        syntax.print_operands(printer, "outs", self.outputs)
        if self.attributes:
            printer.print_op_attributes(self.attributes)
        syntax.print_body(printer, self.body, self.body.block.args[:-1])
