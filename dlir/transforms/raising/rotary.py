"""Rotary position embedding, as models write it: halves of rows change places."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import OpResult, SSAValue

import dlir.dialects.dl.match as f
from dlir.dialects.dl import shapes
from dlir.dialects.dl.match import Any, Found, Matches, Node, Pattern
from dlir.dialects.dl.ops.base import DlOp, rank_of, shape_of
from dlir.dialects.dl.ops.movement import ConcatOp, SliceOp, SplitOp
from dlir.dialects.dl.ops.rotary import RotaryEmbeddingOp
from dlir.dialects.dl.simplify_movement import sizes_are_those_of
from dlir.transforms.raising.composite import Composite, Made


@dataclass(frozen=True)
class Half(Pattern):
    """The first or the second half of the rows of x, by a slice or as a part of a split."""

    x: Pattern
    second: bool

    def roots(self) -> tuple[type[DlOp], ...]:
        return (SliceOp, SplitOp)

    def matches(self, value: SSAValue, found: Found) -> Matches:
        op = value.op if isinstance(value, OpResult) else None
        if isinstance(op, SliceOp | SplitOp) and _is_half(op, value, self.second):
            yield from self.x.matches(op.x, found.through(op))


def _is_half(op: SliceOp | SplitOp, value: SSAValue, second: bool) -> bool:
    *leading, size = shape_of(op.x)
    last = rank_of(op.x) - 1
    if size % 2 or size < 2:
        return False
    if isinstance(op, SplitOp):
        halves = op.sizes.get_values() == (size // 2, size // 2)
        return halves and op.axis.value.data == last and value is op.outputs[second]
    offsets = (*[0] * last, size // 2 if second else 0)
    return (
        op.offsets.get_values() == offsets
        and {*op.strides.get_values()} == {1}
        and shape_of(value) == (*leading, size // 2)
        and sizes_are_those_of(op.sizes, op.x)
    )


# How it looks

X, COS, SIN = Any("x"), Any("cos"), Any("sin")

_FIRST, _SECOND = Half(X, False), Half(X, True)
_ROTATED = Node((ConcatOp,), (f.negative(_SECOND), _FIRST), "joined")
ROTARY = (X * COS) + (_ROTATED * SIN)

_REAL = (_FIRST * COS) - (_SECOND * SIN)
_IMAGINARY = (_SECOND * COS) + (_FIRST * SIN)
OF_PAIRS = Node((ConcatOp,), (_REAL, _IMAGINARY), "joined")


# How it is made


def _along_rows(found: Found) -> bool:
    return found["joined"].axis.value.data == rank_of(found["x"]) - 1


def rotary_embedding(found: Found) -> Made:
    if _along_rows(found) and _fits(found, shape_of(found["x"])):
        yield RotaryEmbeddingOp(found["x"], found["cos"], found["sin"])


def rotary_of_pairs(found: Found) -> Made:
    """One angle per pair becomes one per number: the same for both halves."""
    *leading, size = shape_of(found["x"])
    if not _along_rows(found) or not _fits(found, (*leading, size // 2)):
        return
    if any(shape_of(found[name])[-1:] != (size // 2,) for name in ("cos", "sin")):
        return
    cos, sin = (ConcatOp([found[n], found[n]], rank_of(found[n]) - 1) for n in ("cos", "sin"))
    yield cos
    yield sin
    yield RotaryEmbeddingOp(found["x"], cos, sin)


def _fits(found: Found, shape: tuple[int, ...]) -> bool:
    """Whether cos and sin broadcast to the shape without making it larger."""
    factors = shape_of(found["cos"]), shape_of(found["sin"])
    return all(shapes.broadcast(shape, factor) == shape for factor in factors)


ROTARIES = (
    Composite("rotary_embedding", ROTARY, rotary_embedding),
    Composite("rotary_of_pairs", OF_PAIRS, rotary_of_pairs),
)
