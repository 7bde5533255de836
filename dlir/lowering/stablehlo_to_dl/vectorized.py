"""Regions of scalars computed for whole tensors: each op of theirs works on all elements at once.

So a reduction by any region is a tree: neighbours are combined until one is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.lowering.stablehlo_to_dl import chlo, elementwise, movement, precision
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, unsupported
from dlir.lowering.stablehlo_to_dl.regions import text_of

RULES_INSIDE: dict[str, Rule] = {
    **elementwise.RULES,
    **chlo.RULES,
    **precision.RULES,
    "stablehlo.constant": movement.constant,
}
"""What a region may consist of."""


def applied(
    e: Emitter, op: Operation, block: Block, arguments: Sequence[SSAValue]
) -> list[SSAValue]:
    """What the region of `op` makes of tensors of one shape."""
    values: dict[SSAValue, SSAValue] = dict(zip(block.args, arguments, strict=True))
    shape = shape_of(arguments[0])
    for inner in block.ops:
        if inner is block.last_op:
            sizes = e.shape(arguments[0])
            return [e.broadcast(values.get(value, value), sizes) for value in inner.operands]
        rule = RULES_INSIDE.get(inner.name)
        if rule is None:
            unsupported(f"'{inner.name}' in its region:\n{text_of(op)}")
        is_constant = inner.name == "stablehlo.constant"
        clone = type(inner).create(
            operands=[values.get(value, value) for value in inner.operands],
            result_types=[
                result.type if is_constant else TensorType(element_of(result), shape)
                for result in inner.results
            ],
            properties=inner.properties,
        )
        values[inner.results[0]] = cast(SSAValue, rule(e, clone))
        clone.erase()
    raise AssertionError("verified regions end in stablehlo.return")


def tree_reduced(
    e: Emitter, op: Operation, inputs: Sequence[SSAValue], axis: int
) -> list[SSAValue]:
    """The inputs reduced along an axis, which must have elements and stays with size 1."""
    values = [*inputs]
    while (size := shape_of(values[0])[axis]) != 1:
        if size < 0:
            unsupported("a region that is no reduction known, along a dimension of unknown size")
        pairs = [_every_second(e, value, axis, start, size // 2)
                 for start in (0, 1) for value in values]  # fmt: skip
        made = applied(e, op, op.regions[0].block, pairs)
        if size % 2:
            rest = [_every_second(e, value, axis, size - 1, 1) for value in values]
            made = [e.emit(mv.ConcatOp(two, axis)) for two in zip(made, rest, strict=True)]
        values = made
    return values


def _every_second(e: Emitter, x: SSAValue, axis: int, start: int, count: int) -> SSAValue:
    shape: list[Size] = e.shape(x)
    shape[axis] = count
    here = [i == axis for i in range(len(shape))]
    offsets = [start if chosen else 0 for chosen in here]
    return e.slice(x, offsets, shape, [2 if chosen else 1 for chosen in here])


def map_(e: Emitter, op: Operation) -> SSAValue:
    return applied(e, op, op.regions[0].block, [*op.operands])[0]


RULES: dict[str, Rule] = {"stablehlo.map": map_}
