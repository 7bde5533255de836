"""Control flow: what regions take and return."""

from __future__ import annotations

from xdsl.ir import Operation

from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.rules.regions import block_of, expect_arguments, expect_returned, fits
from dlir.dialects.stablehlo.shapes import element_of, reject, shape_of


def if_(op: Operation) -> None:
    condition = op.operands[0]
    if shape_of(condition) or kind_of(element_of(condition)) != "b":
        reject("element-type", f"expected a condition of type tensor<i1>, got {condition.type}")
    _branches(op)


def case(op: Operation) -> None:
    index = op.operands[0]
    if shape_of(index) or kind_of(element_of(index)) != "s":
        reject("element-type", f"expected an index of type tensor<i32>, got {index.type}")
    if not op.regions:
        reject("region", "expected a branch, got none")
    _branches(op)


def _branches(op: Operation) -> None:
    for region in op.regions:
        expect_arguments(region, [])
        expect_returned(region, op.result_types)


def while_(op: Operation) -> None:
    types = [value.type for value in op.operands]
    if len(types) != len(op.results) or not all(map(fits, op.result_types, types)):
        reject("shape", "expected results of the operands' types")
    condition, body = op.regions
    for region in (condition, body):
        expect_arguments(region, types)
    returned = block_of(condition).last_op
    kinds = [] if returned is None else [value.type for value in returned.operands]
    if len(kinds) != 1 or str(kinds[0]) != "tensor<i1>":
        reject("region", "expected a condition that returns one tensor<i1>")
    expect_returned(body, types)
