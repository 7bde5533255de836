"""The gradient of pooling: what each window contributes goes to the element that it selects.

The places in a window are looked at one after the other, for all windows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from xdsl.dialects.builtin import i1, i32
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.stablehlo.shapes import ints_of, pairs_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule, combine
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, is_static, known_number, unsupported
from dlir.lowering.stablehlo_to_dl.movement import cut, padded
from dlir.lowering.stablehlo_to_dl.regions import combiner, text_of
from dlir.lowering.stablehlo_to_dl.vectorized import applied

MAX_PLACES = 256
"""Windows of more elements would become too many ops."""


@dataclass(frozen=True)
class Pooling:
    """How windows lie on the operand."""

    sizes: Sequence[int]
    strides: Sequence[int]
    low: Sequence[int]
    high: Sequence[int]

    def places(self) -> list[tuple[int, ...]]:
        return [*product(*map(range, self.sizes))]


def select_and_scatter(e: Emitter, op: Operation) -> SSAValue:
    x, source, init = op.operands
    rank = len(shape_of(x))
    pairs = pairs_of(op, "padding", rank)
    pooling = Pooling(
        ints_of(op, "window_dimensions", [1] * rank),
        ints_of(op, "window_strides", [1] * rank),
        [low for low, _ in pairs],
        [high for _, high in pairs],
    )
    if not is_static(shape_of(x)) or not is_static(shape_of(source)):
        unsupported("dimensions of unknown size")
    if prod(pooling.sizes) > MAX_PLACES or min((*pooling.low, *pooling.high), default=0) < 0:
        unsupported(f"windows of more than {MAX_PLACES} elements, or negative paddings")
    if combiner(op.regions[1].block) != "add" or known_number(init) != 0:
        unsupported(f"a scatter that is no sum from 0:\n{text_of(op)}")
    return _spread(e, x, source, pooling, _selected(e, op, x, source, pooling))


def _selected(
    e: Emitter, op: Operation, x: SSAValue, source: SSAValue, pooling: Pooling
) -> SSAValue:
    """For each window the number of the place that it selects, -1 for none."""
    zeros = [0] * len(pooling.sizes)
    wide = padded(e, x, pooling.low, pooling.high, zeros, 0)
    ones = e.broadcast(e.constant(True, i1), e.shape(x))
    real = padded(e, ones, pooling.low, pooling.high, zeros, False)
    chosen = e.broadcast(e.constant(-1, i32), e.shape(source))
    best: SSAValue | None = None
    for number, offset in enumerate(pooling.places()):
        value, here = (e.slice(t, offset, e.shape(source), pooling.strides) for t in (wide, real))
        if best is not None:
            (stays,) = applied(e, op, op.regions[0].block, [best, value])
            nothing = e.compare("lt", chosen, e.constant(0, i32))
            better = e.emit(b.OrOp(nothing, e.emit(m.NotOp(stays))))
            here = e.emit(b.AndOp(here, better))
        best = value if best is None else e.select(here, value, best)
        chosen = e.select(here, e.constant(number, i32), chosen)
    return chosen


def _spread(
    e: Emitter, x: SSAValue, source: SSAValue, pooling: Pooling, chosen: SSAValue
) -> SSAValue:
    """The sum over the places of what windows that chose them contribute."""
    element = element_of(x)
    zero = e.constant(0, element)
    total: SSAValue | None = None
    geometry = [*zip(shape_of(x), shape_of(source), pooling.strides, pooling.low, pooling.high,
                     strict=True)]  # fmt: skip
    for number, offset in enumerate(pooling.places()):
        mine = e.select(e.compare("eq", chosen, e.constant(number, i32)), source, zero)
        behind = [
            size + low + high - start - max(count - 1, 0) * stride - (count > 0)
            for (size, count, stride, low, high), start in zip(geometry, offset, strict=True)
        ]
        part = padded(e, mine, offset, behind, [stride - 1 for stride in pooling.strides], 0)
        total = part if total is None else combine(e, "add", total, part)
    assert total is not None, "a window has a place"
    return cut(e, total, pooling.low, pooling.high)


RULES: dict[str, Rule] = {"stablehlo.select_and_scatter": select_and_scatter}
