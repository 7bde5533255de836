"""Cycles that the vector unit takes at least for an op.

Each instruction makes results in rows of `cols`, from at most two operands, with one function.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from xdsl.dialects import arith, math
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import operands_of
from dlir.targets.accel.description import Machine
from dlir.targets.accel.work.layers import readers_of
from dlir.targets.accel.work.products import elements, is_sum_of_products

PRICED: dict[type[Operation], tuple[str, ...]] = {
    math.ExpOp: ("exp", "sigmoid"), math.TanhOp: ("tanh",), math.RsqrtOp: ("rsqrt",),
    math.SqrtOp: ("rsqrt",), math.ErfOp: ("gelu",), arith.DivfOp: ("recip", "div", "sigmoid"),
}  # fmt: skip
"""Scalar op -> the functions of the vector unit of which one must be used."""

MAXIMA = (arith.MaximumfOp, arith.MaxSIOp)


def vector_cycles(op: GenericOp, machine: Machine) -> int:
    """Cycles for one op."""
    return -(-max(_instructions(op), _dearest(op, machine)) // machine.vector.lanes)


def _instructions(op: GenericOp) -> int:
    """Elements that instructions have to write."""
    extents = op.static_extents()
    results = prod(extents[d] for d in op.parallel_dims)
    if not op.reduction_dims:
        return results
    if is_sum_of_products(op):
        return results if op.epilogue is not None or _must_leave_sums(op) else 0
    last = op.body.block.last_op
    if last is None or not isinstance(last.operands[0].owner, MAXIMA):
        return 0
    inputs, _, _ = operands_of(op)
    return max(results, max(elements(o, extents) for o in inputs) - results)


def _must_leave_sums(op: GenericOp) -> bool:
    """Whether sums are read by anything but the vector unit, which reads accumulators itself."""
    return any(
        not isinstance(reader, GenericOp) or is_sum_of_products(reader)
        for reader in readers_of(op.results[0])
    )


def _dearest(op: GenericOp, machine: Machine) -> int:
    """The most that one function costs: its different operands times its price."""
    extents = op.static_extents()
    inputs, _, extra = operands_of(op)
    results = prod(extents[d] for d in op.parallel_dims)
    body = op.body.block
    given = [elements(o, extents) for o in inputs]
    amounts = [*_amounts(body, dict(zip(body.args, given, strict=False)), machine)]
    if op.epilogue is not None:
        block = op.epilogue.block
        given = [results, *(elements(o, extents) for o in extra)]
        amounts += _amounts(block, dict(zip(block.args, given, strict=True)), machine)
    return max(amounts, default=0)


def _amounts(block: Block, different: dict[BlockArgument, int], machine: Machine) -> Iterable[int]:
    """Per op that has a price: elements of the largest tensor that it depends on, times that.

    A quotient costs the reciprocals of what it divides by.
    """
    for op in block.ops:
        if type(op) in PRICED:
            count = max((different.get(leaf, 0) for leaf in _leaves(op.operands[-1])), default=0)
            yield count * min(machine.vector.cost_of(name) for name in PRICED[type(op)])


def _leaves(value: SSAValue) -> Iterable[BlockArgument]:
    """The arguments of a body that a scalar depends on."""
    if isinstance(value, BlockArgument):
        yield value
    elif isinstance(value.owner, Operation):
        for operand in value.owner.operands:
            yield from _leaves(operand)
