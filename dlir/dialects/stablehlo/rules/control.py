"""Control flow: what regions take and return."""

from __future__ import annotations

from typing import Any, cast

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


def rng_bit_generator(op: Operation) -> None:
    """The state is a key and a counter of 64 bits, or for Philox of 128."""
    state, algorithm = op.operands[0], cast(Any, op.properties["rng_algorithm"]).data.value
    counts = {"THREE_FRY": (2,), "PHILOX": (2, 3)}.get(algorithm, (2, 3))
    if shape_of(state) not in {(n,) for n in counts} or str(element_of(state)) != "ui64":
        expected = " or ".join(f"tensor<{n}xui64>" for n in counts)
        reject("shape", f"expected a state of type {expected}, got {state.type}")
    if op.results[0].type != state.type:
        reject("shape", f"expected a next state of type {state.type}, got {op.results[0].type}")
