"""What the epilogue of a product does to a score that a mask hides."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp, YieldOp
from dlir.types import is_number

HIDDEN = -1e30
"""Scores up to here are hidden: -inf, or the lowest number with a product added to it."""
VISIBLE = -1e20
"""A row with a score from here on gives hidden ones exp(score - maximum) = 0."""
LARGEST = 1e18
"""Products up to here neither hide what is visible nor show what is hidden."""


@dataclass(frozen=True)
class _Score:
    """A number that moves by at most `gain` times the product, and by the rounding of one sum."""

    gain: float
    added: bool = False
    """Whether it was rounded in a sum: a second one may leave that rounding alone."""


def gain_of(op: GenericOp) -> float | None:
    """How much larger than a product the score's dependence on it may be.

    None unless the score is hidden or not whatever the product: something else is added to it, or
    chosen instead of it.
    """
    epilogue = op.epilogue
    if epilogue is None or not op.epilogue_inputs:
        return None
    scores: dict[SSAValue, _Score] = {epilogue.block.args[0]: _Score(1.0)}
    for inner in epilogue.block.ops:
        if isinstance(inner, YieldOp):
            score = scores.get(inner.value)
            return score.gain if score is not None else None
        if any(operand in scores for operand in inner.operands):
            score = _apply(inner, scores)
            if score is None:
                return None
            scores[inner.results[0]] = score
        elif len(inner.results) != 1:
            return None
    return None


def _apply(op: Operation, scores: dict[SSAValue, _Score]) -> _Score | None:
    """The score that an op makes of another one."""
    first, *others = [scores[o] for o in op.operands if o in scores]
    if op.results[0].type != f32:
        return None
    match op:
        case arith.AddfOp() | arith.SubfOp():
            return None if others or first.added else _Score(first.gain, added=True)
        case arith.MulfOp():
            factor = _number(op.rhs if op.lhs in scores else op.lhs)
            return _scaled(first, abs(factor)) if factor is not None else None
        case arith.DivfOp():
            factor = _number(op.rhs)
            return _scaled(first, 1 / abs(factor)) if factor else None
        case arith.SelectOp():
            chosen = [*others, first]
            added, gain = any(s.added for s in chosen), max(s.gain for s in chosen)
            return _Score(gain, added) if op.cond not in scores else None
        case math.TanhOp():
            return None if first.added else first
        case _:
            return None


def _scaled(score: _Score, factor: float) -> _Score | None:
    gain = score.gain * max(1.0, factor)
    return _Score(gain, score.added) if isfinite(gain) else None


def _number(value: SSAValue) -> float | None:
    op = value.owner
    if not isinstance(op, arith.ConstantOp) or not is_number(op.value):
        return None
    number = float(op.value.value.data)
    return number if isfinite(number) else None
