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
from dlir.lowering.stablehlo_to_dl.regions import combiner
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
    chosen = _selected(e, op, x, source, pooling)
    spread = Spread(e, x, source, pooling)
    if combiner(op.regions[1].block) == "add" and known_number(init) == 0:
        return spread.sum(chosen)
    return spread.fold(chosen, op, init)


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


@dataclass(frozen=True)
class Spread:
    """What windows contribute to the elements that they chose, place by place."""

    e: Emitter
    x: SSAValue
    source: SSAValue
    pooling: Pooling

    def sum(self, chosen: SSAValue) -> SSAValue:
        """The sum over the places of what windows that chose them contribute."""
        zero = self.e.constant(0, element_of(self.x))
        total: SSAValue | None = None
        for number, offset in enumerate(self.pooling.places()):
            mine = self.e.select(self._is(chosen, number), self.source, zero)
            part = self._laid_out(mine, offset, 0)
            total = part if total is None else combine(self.e, "add", total, part)
        assert total is not None, "a window has a place"
        return self._inside(total)

    def fold(self, chosen: SSAValue, op: Operation, init: SSAValue) -> SSAValue:
        """The region's fold of the contributions, each element's from `init` on."""
        e = self.e
        wide = [
            n + low + high
            for n, low, high in zip(
                shape_of(self.x), self.pooling.low, self.pooling.high, strict=True
            )
        ]
        total = e.broadcast(init, wide)
        for number, offset in enumerate(self.pooling.places()):
            part = self._laid_out(self.source, offset, 0)
            here = self._laid_out(self._is(chosen, number), offset, False)
            (made,) = applied(e, op, op.regions[1].block, [total, part])
            total = e.select(here, made, total)
        return self._inside(total)

    def _is(self, chosen: SSAValue, number: int) -> SSAValue:
        return self.e.compare("eq", chosen, self.e.constant(number, i32))

    def _laid_out(self, values: SSAValue, offset: Sequence[int], around: float) -> SSAValue:
        """One value per window at that place of the window, in the padded operand."""
        pooling = self.pooling
        geometry = zip(shape_of(self.x), shape_of(self.source), pooling.strides, pooling.low,
                       pooling.high, offset, strict=True)  # fmt: skip
        behind = [
            size + low + high - start - max(count - 1, 0) * stride - (count > 0)
            for size, count, stride, low, high, start in geometry
        ]
        holes = [stride - 1 for stride in pooling.strides]
        return padded(self.e, values, offset, behind, holes, around)

    def _inside(self, wide: SSAValue) -> SSAValue:
        return cut(self.e, wide, self.pooling.low, self.pooling.high)


RULES: dict[str, Rule] = {"stablehlo.select_and_scatter": select_and_scatter}
