"""Sizes that are not known, but known to be equal: where they come from."""

from __future__ import annotations

from typing import TypeAlias

from xdsl.ir import OpResult, SSAValue

from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.binary import CastOp, SelectOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.elementwise import BinaryOp, UnaryOp
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.shapes import DYNAMIC

Origin: TypeAlias = tuple[SSAValue, int]
"""An axis of a tensor, or an index, whose axis is then -1."""

MOST_STEPS = 6
"""How far back sizes are followed: what has many operands would be looked at often."""


def same_sizes(x: SSAValue, axis: int, y: SSAValue, other: int) -> bool:
    """Whether two axes are known to be of one size."""
    a, b = shape_of(x)[axis], shape_of(y)[other]
    if DYNAMIC not in (a, b):
        return a == b
    return a == b and not origins(x, axis).isdisjoint(origins(y, other))


def origins(x: SSAValue, axis: int, steps: int = MOST_STEPS) -> set[Origin]:
    """Axes that have the size of this one: its own, and of what the tensor is computed from."""
    found = {(x, axis)}
    op = x.op if isinstance(x, OpResult) else None
    if steps == 0:
        return found
    if isinstance(op, UnaryOp | BinaryOp | CastOp | SelectOp):
        for value in op.operands:
            place = axis - rank_of(x) + rank_of(value)
            if place >= 0 and shape_of(value)[place] == DYNAMIC:
                found |= origins(value, place, steps - 1)
    elif isinstance(op, MatmulOp) and op.transpose_lhs is None and axis < rank_of(x) - 1:
        place = axis - rank_of(x) + rank_of(op.lhs)
        if place >= 0 and shape_of(op.lhs)[place] == DYNAMIC:
            found |= origins(op.lhs, place, steps - 1)
    elif isinstance(op, ReshapeOp) and op.sizes:
        found |= _of_size(op.sizes[shape_of(x)[:axis].count(DYNAMIC)], steps - 1)
    return found


def _of_size(size: SSAValue, steps: int) -> set[Origin]:
    op = size.op if isinstance(size, OpResult) else None
    return {(size, -1)} | (
        origins(op.x, op.axis.value.data, steps) if isinstance(op, DimOp) else set()
    )
