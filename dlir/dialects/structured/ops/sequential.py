"""Ops that go through elements one after the other: running folds, sorting, scattering.

Their regions say what is folded, which of two elements comes first, and how an update joins what is
there. As in `structured.generic` they are scalar code that sees nothing from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import IntegerAttr, TensorType, UnitAttr, i64
from xdsl.interfaces import HasCanonicalizationPatternsInterface
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    BaseAttr,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    opt_result_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, NoTerminator

from dlir.dialects.structured import verify_sequential as verify
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops.base import ShapedType, results_for
from dlir.dialects.structured.syntax import parse_operands, print_operands
from dlir.dialects.structured.traits import WritesDestination

AXIS = IntegerAttr.constr(i64)


class _SequentialOp(IRDLOperation, HasCanonicalizationPatternsInterface):
    """Shared text of the ops `name {properties} ins(..) outs(..) {body} -> T`."""

    PROPERTIES: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from dlir.dialects.structured import simplify

        return simplify.DESTINATION

    @classmethod
    def parse(cls, parser: Parser):
        properties: dict[str, Attribute] = {}

        def entry() -> None:
            key = parser.parse_identifier(": property name")
            given = parser.parse_optional_punctuation("=") is not None
            properties[key] = parser.parse_attribute() if given else UnitAttr()

        parser.parse_optional_comma_separated_list(parser.Delimiter.BRACES, entry)
        inputs = parse_operands(parser, "ins")
        outs = parse_operands(parser, "outs")
        body = parser.parse_region()
        results = [parser.parse_type()] if parser.parse_optional_punctuation("->") else []
        known = {key: value for key, value in properties.items() if key in cls.PROPERTIES}
        return cls.create(
            operands=[*inputs, *outs],
            properties=known,
            attributes={key: value for key, value in properties.items() if key not in known},
            regions=[body],
            result_types=results,
        )

    def print(self, printer: Printer) -> None:
        entries = {key: self.properties[key] for key in self.PROPERTIES if key in self.properties}
        entries |= self.attributes
        if entries:
            printer.print_string(" {")
            printer.print_list(entries.items(), lambda item: _print_entry(printer, *item))
            printer.print_string("}")
        print_operands(printer, "ins", self.operands[:-1])
        print_operands(printer, "outs", self.operands[-1:])
        printer.print_string(" ")
        printer.print_region(self.regions[0])
        if self.results:
            printer.print_string(" -> ")
            printer.print_attribute(self.results[0].type)


def _print_entry(printer: Printer, key: str, value: Attribute) -> None:
    printer.print_string(key)
    if not isinstance(value, UnitAttr):
        printer.print_string(" = ")
        printer.print_attribute(value)


@irdl_op_definition
class ScanOp(_SequentialOp):
    """The running fold along an axis: sums, products and the like of all elements up to each one.

    Formula, along the axis: `acc[0] = init; acc[j + 1] = body(x[j], acc[j])`, and
    `out[j] = acc[j + 1]`, with `exclusive` `out[j] = acc[j]`. With `reverse` the axis is walked
    from its end. The schedule's `threads = [d]` divides dimension d among threads.

    Constraints:
    C1: `axis` is a dimension of the input, and `outs` has the input's shape.
    C2: `init` is of the type that `outs` holds; the body takes an element and the accumulator, and
        yields the accumulator.
    C3: tensors have one result of the type of `outs`; memrefs have none.

    Example:
    ```mlir
    func.func @running_sum(%x: tensor<?x8xf32>, %o: tensor<?x8xf32>) -> tensor<?x8xf32> {
      %r = structured.scan {axis = 1, init = 0.0 : f32}
          ins(%x : tensor<?x8xf32>) outs(%o : tensor<?x8xf32>) {
      ^bb0(%a: f32, %acc: f32):
        %s = arith.addf %acc, %a : f32
        structured.yield %s : f32
      } -> tensor<?x8xf32>
      func.return %r : tensor<?x8xf32>
    }
    ```
    """

    name = "structured.scan"
    input = operand_def(ShapedType)
    outs = operand_def(ShapedType)
    axis = prop_def(AXIS)
    init = prop_def()
    exclusive = opt_prop_def(BaseAttr(UnitAttr))
    reverse = opt_prop_def(BaseAttr(UnitAttr))
    schedule = opt_prop_def(ScheduleAttr)
    body = region_def("single_block")
    result = opt_result_def(TensorType)
    traits = traits_def(IsolatedFromAbove(), NoTerminator(), WritesDestination())
    PROPERTIES: ClassVar[tuple[str, ...]] = ("axis", "init", "exclusive", "reverse", "schedule")

    def __init__(
        self,
        input: SSAValue,
        outs: SSAValue,
        axis: int,
        init: Attribute,
        body: Region,
        *,
        exclusive: bool = False,
        reverse: bool = False,
    ):
        super().__init__(
            operands=[input, outs],
            properties={
                "axis": IntegerAttr(axis, i64),
                "init": init,
                "exclusive": UnitAttr() if exclusive else None,
                "reverse": UnitAttr() if reverse else None,
            },
            regions=[body],
            result_types=[results_for(outs)],
        )

    def verify_(self) -> None:
        verify.verify_scan(self)


@irdl_op_definition
class SortOp(_SequentialOp):
    """The places of the first elements along an axis, in an order that the body decides.

    Formula, along the axis: `out = [i0, i1, ...]` such that `x[i0]` comes before `x[i1]` and so
    on; `a` comes before `b` where `body(a, b)` holds, or neither precedes the other and `a` has the
    smaller place: the order is stable. `outs` takes as many as it has room for. Of several inputs
    the body gets the elements at one place, then those at another. The schedule's `threads = [d]`
    divides dimension d among threads.

    Constraints:
    C1: `axis` is a dimension of the inputs, which have one shape; `outs` holds i64 and has that
        shape, with no more along the axis.
    C2: the body takes the elements of all inputs twice, and yields i1.
    C3: tensors have one result of the type of `outs`; memrefs have none.

    Example:
    ```mlir
    func.func @least_three(%x: tensor<?x8xf32>, %o: tensor<?x3xi64>) -> tensor<?x3xi64> {
      %r = structured.sort {axis = 1} ins(%x : tensor<?x8xf32>) outs(%o : tensor<?x3xi64>) {
      ^bb0(%a: f32, %b: f32):
        %less = arith.cmpf olt, %a, %b : f32
        structured.yield %less : i1
      } -> tensor<?x3xi64>
      func.return %r : tensor<?x3xi64>
    }
    ```
    """

    name = "structured.sort"
    inputs = var_operand_def(ShapedType)
    outs = operand_def(ShapedType)
    axis = prop_def(AXIS)
    schedule = opt_prop_def(ScheduleAttr)
    body = region_def("single_block")
    result = opt_result_def(TensorType)
    traits = traits_def(IsolatedFromAbove(), NoTerminator(), WritesDestination())
    PROPERTIES: ClassVar[tuple[str, ...]] = ("axis", "schedule")

    def __init__(self, inputs: Sequence[SSAValue], outs: SSAValue, axis: int, body: Region):
        super().__init__(
            operands=[inputs, outs],
            properties={"axis": IntegerAttr(axis, i64)},
            regions=[body],
            result_types=[results_for(outs)],
        )

    def verify_(self) -> None:
        verify.verify_sort(self)


@irdl_op_definition
class ScatterOp(_SequentialOp):
    """Changes rows of `outs` at positions given by an integer tensor; the inverse of a gather.

    Formula: for all `i...` in row-major order, `r = indices[i...]` and all `b...`:
    `out[r, b...] = body(out[r, b...], updates[i..., b...])`; a negative index counts from the end.
    An index outside of `[-n, n)` is a run-time error.

    Constraints:
    C1: indices are i32 or i64, and `outs` has a dimension to index.
    C2: updates have the shape of the indices, then that of a row of `outs`.
    C3: the body takes an element of `outs` and one of the updates, and yields one of `outs`.
    C4: tensors have one result of the type of `outs`; memrefs have none.

    Example:
    ```mlir
    func.func @add_rows(%i: tensor<?xi64>, %u: tensor<?x8xf32>, %o: tensor<100x8xf32>)
        -> tensor<100x8xf32> {
      %r = structured.scatter ins(%i, %u : tensor<?xi64>, tensor<?x8xf32>)
                              outs(%o : tensor<100x8xf32>) {
      ^bb0(%old: f32, %new: f32):
        %s = arith.addf %old, %new : f32
        structured.yield %s : f32
      } -> tensor<100x8xf32>
      func.return %r : tensor<100x8xf32>
    }
    ```
    """

    name = "structured.scatter"
    indices = operand_def(ShapedType)
    updates = operand_def(ShapedType)
    outs = operand_def(ShapedType)
    body = region_def("single_block")
    result = opt_result_def(TensorType)
    traits = traits_def(IsolatedFromAbove(), NoTerminator(), WritesDestination())

    def __init__(self, indices: SSAValue, updates: SSAValue, outs: SSAValue, body: Region):
        super().__init__(
            operands=[indices, updates, outs],
            regions=[body],
            result_types=[results_for(outs)],
        )

    def verify_(self) -> None:
        verify.verify_scatter(self)
