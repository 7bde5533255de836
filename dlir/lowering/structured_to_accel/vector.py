"""Elementwise ops and reductions on one tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod

from xdsl.dialects.builtin import f32, i32

from dlir.dialects.accel.attrs import Memory
from dlir.lowering.structured_to_accel.emitter import Domain, Emitter, View, merged
from dlir.lowering.structured_to_accel.evaluate import Evaluator, Value, temporary
from dlir.lowering.structured_to_accel.expression import Arg, Expr, arguments
from dlir.lowering.structured_to_accel.plan import Operand, Plan, VectorPlan
from dlir.lowering.structured_to_accel.stored import blocks_of
from dlir.lowering.structured_to_accel.tiles import Box, Range, Tiles
from dlir.types import is_integer


def domain_over(box: Box, axes: Sequence[int], lane: int | None, cols: int) -> Domain:
    """The extents of some iterators in a box; the lane's in blocks."""
    return tuple(blocks_of(box[d][1], cols) if d == lane else box[d][1] for d in axes)


def chunks(
    tiles: Tiles, plan: VectorPlan, box: Box, axes: Sequence[int], lane: int | None
) -> Iterator[tuple[list[Range], int]]:
    """The box in parts of so few blocks that temporaries fit the accumulators; the first block.

    Operands are asked for as a whole first, so that they are loaded once.
    """
    if lane is None:
        yield list(box), 0
        return
    for operand in plan.operands:
        tiles.view(operand.value, operand.forms, box, (), operand.filler)
    cols = tiles.emit.cols
    rows = prod(box[d][1] for d in {*axes, *plan.op.reduction_dims} if d != lane)
    step = max(1, tiles.emit.machine.acc.rows // (TEMPORARIES * rows)) * cols
    first, count = box[lane]
    for start in range(first, first + count, step):
        part = list(box)
        part[lane] = (start, min(step, first + count - start))
        yield part, (start - first) // cols


TEMPORARIES = 6
"""How many temporaries the accumulators should hold at once."""


def read(tiles: Tiles, plan: Plan, operand: Operand, box: Box, axes: Sequence[int]) -> Value:
    """An operand over some iterators of the box."""
    view = tiles.view(operand.value, operand.forms, box, axes, operand.filler)
    used = {d for f in operand.forms for d in f.dims if box[d][1] > 1}
    lane = plan.lane
    if isinstance(plan, VectorPlan) and plan.reduced_lane is not None:
        lane = plan.reduced_lane
    domain = domain_over(box, axes, lane, tiles.emit.cols)
    varies = frozenset(a for a, d in enumerate(axes) if d in used and domain[a] > 1)
    return Value(view, varies)


def finish(
    tiles: Tiles, plan: Plan, total: Value, box: Box, axes: Sequence[int], into: View
) -> None:
    """The epilogue on a reduced or contracted value, over parallel iterators."""
    domain = domain_over(box, axes, plan.lane, tiles.emit.cols)
    read_by = _read_arguments(plan.epilogue)
    extras = [
        read(tiles, plan, extra, box, axes) if 1 + i in read_by else total
        for i, extra in enumerate(plan.extras)
    ]
    total = replace(total, view=narrowed(total.view, plan, box))
    evaluator = Evaluator(tiles.emit, domain, [total, *extras], tiles.constant)
    evaluator.evaluate(plan.epilogue or Arg(0), narrowed(into, plan, box))


def narrowed(view: View, plan: Plan, box: Box) -> View:
    """One lane is a number per row."""
    single = plan.lane is not None and box[plan.lane][1] == 1
    return replace(view, lane=True) if single else view


def _read_arguments(expr: Expr | None) -> set[int]:
    return arguments(expr) if expr is not None else set()


def compute_vector(
    tiles: Tiles, plan: VectorPlan, box: Box, into: View, axes: Sequence[int]
) -> None:
    """A tile of the result. `axes` are the parallel iterators, the lane's first, as `into` has."""
    if not plan.combine:
        for part, first in chunks(tiles, plan, box, axes, plan.lane):
            domain = domain_over(part, axes, plan.lane, tiles.emit.cols)
            values = [read(tiles, plan, o, part, axes) for o in plan.operands]
            target = into if not first else into.at((first, *[0] * (len(axes) - 1)))
            target = narrowed(target, plan, part)
            Evaluator(tiles.emit, domain, values, tiles.constant).evaluate(plan.term, target)
        return
    reduce = _over_lanes if plan.reduced_lane is not None else _over_rows
    total = reduce(tiles, plan, box, axes)
    finish(tiles, plan, total, box, axes, into)


# --- sums and maxima over rows --------------------------------------------------------------------


def _over_rows(tiles: Tiles, plan: VectorPlan, box: Box, axes: Sequence[int]) -> Value:
    """Rows are folded by one instruction along the longest walk, and by pairs along the others."""
    emit, cols = tiles.emit, tiles.emit.cols
    inner = [d for d in plan.op.reduction_dims if box[d][1] > 1]
    keep = domain_over(box, axes, plan.lane, cols)
    total: View | None = None
    for part, first in chunks(tiles, plan, box, axes, plan.lane):
        all_axes = [*axes, *inner]
        domain = domain_over(part, all_axes, plan.lane, cols)
        term = _term(tiles, plan, part, all_axes, domain).view
        if total is None:
            total = temporary(emit, keep, i32 if is_integer(term.element) else f32)
        at = total if not first else total.at((first, *[0] * (len(axes) - 1)))
        walks, (view,) = merged(domain[len(axes) :], (_last(term, len(axes)),))
        folded = replace(term, steps=(*term.steps[: len(axes)], *view.steps))
        _fold(emit, plan.combine, folded, at, domain[: len(axes)], walks)
    assert total is not None
    return Value(total, frozenset(a for a, n in enumerate(keep) if n > 1), owned=True)


def _last(view: View, first: int) -> View:
    return view.with_steps(view.steps[first:])


def _fold(emit: Emitter, fn: str, x: View, d: View, keep: Domain, walks: Domain) -> None:
    """d = fold of x over `walks`, the last of which one instruction takes."""
    count = len(keep)
    *outer, _ = walks
    partial: View | None = None
    for point in product(*(range(n) for n in outer)):
        at = x.at((*[0] * count, *point, 0))
        at = at.with_steps((*at.steps[:count], at.steps[-1]))
        if partial is None:
            emit.reduce_rows(f"{fn}into", at, d, (*keep, walks[-1]))
            partial = temporary(emit, keep, d.element)
            continue
        emit.reduce_rows(f"{fn}into", at, partial, (*keep, walks[-1]))
        emit.binary(fn, d, partial, d, keep)


def _term(tiles: Tiles, plan: VectorPlan, box: Box, axes: Sequence[int], domain: Domain) -> Value:
    values = [read(tiles, plan, o, box, axes) for o in plan.operands]
    if isinstance(plan.term, Arg):
        return values[plan.term.index]
    found = Evaluator(tiles.emit, domain, values, tiles.constant).evaluate(plan.term)
    assert isinstance(found, Value), "a term reads an operand"
    return found


# --- sums and maxima over lanes -------------------------------------------------------------------


def _over_lanes(tiles: Tiles, plan: VectorPlan, box: Box, axes: Sequence[int]) -> Value:
    """Whole blocks are combined first; then the lanes of one row, and what is left in the last."""
    emit, cols = tiles.emit, tiles.emit.cols
    lane = plan.reduced_lane
    assert lane is not None
    others = [d for d in plan.op.reduction_dims if d != lane and box[d][1] > 1]
    keep = domain_over(box, axes, None, cols)
    fold = f"row{'sum' if plan.combine == 'add' else 'max'}"
    total: View | None = None
    whole = box[lane][1] // cols * cols
    result: View | None = None
    for part, _ in chunks(tiles, plan, box, axes, lane):
        for blocks, lanes in _whole_and_rest(part, lane, box[lane][0] + whole, cols):
            domain = domain_over(blocks, [lane, *others, *axes], lane, cols)
            term = _term(tiles, plan, blocks, [lane, *others, *axes], domain)
            row = term.view.with_steps(term.view.steps[1 + len(others) :])
            if lanes:
                if others:
                    row = _combined(emit, plan.combine, term.view, domain, keep, None)
                last = _number(emit, fold, row, keep, lanes)
                result = _joined(emit, plan.combine, fold, total, last, keep)
            elif whole == cols and not others:
                total = row  # the only block
            else:
                total = _combined(emit, plan.combine, term.view, domain, keep, total)
    if result is None:
        assert total is not None
        result = _number(emit, fold, total, keep, 0)
    axes_of = frozenset(a for a, n in enumerate(keep) if n > 1)
    return Value(replace(result, lane=True), axes_of, owned=True)


def _whole_and_rest(box: Box, lane: int, end: int, cols: int) -> Iterator[tuple[list[Range], int]]:
    """The whole blocks of a part, and the block that is not, with its lanes."""
    first, count = box[lane]
    inner = min(first + count, end) - first
    if inner > 0:
        part = list(box)
        part[lane] = (first, inner)
        yield part, 0
    if count > inner:
        part = list(box)
        part[lane] = (first + inner, count - inner)
        yield part, (count - inner) % cols


def _combined(
    emit: Emitter, fn: str, x: View, domain: Domain, keep: Domain, total: View | None
) -> View:
    """Blocks (and other reduced iterators) added to the running total of each row."""
    count = len(domain) - len(keep)
    flat, (view,) = merged(domain[:count], (x.with_steps(x.steps[:count]),))
    row = x.with_steps(x.steps[count:])
    made = total or temporary(emit, keep, i32 if is_integer(x.element) else f32)
    if Memory.ACC not in (made.memory, x.memory) and made.element != x.element:
        # two types in the scratchpad: no function of two operands takes both
        part = made if total is None else temporary(emit, keep, made.element)
        _fold(emit, fn, x.with_steps((*row.steps, *view.steps)), part, keep, flat)
        if total is not None:
            emit.binary(fn, total, part, total, keep)
        return made
    points = list(product(*(range(n) for n in flat[:-1])))
    for point in points:
        at = replace(row, base=x.base + sum(s * p for s, p in zip(view.steps, point, strict=False)))
        start, step = 0, view.steps[-1]
        if total is None:
            total = made
            if flat[-1] == 1:
                emit.unary("copy", at, total, keep)
                continue
            emit.binary(fn, at, replace(at, base=at.base + step), total, keep)
            start = 2
        if flat[-1] > start:
            rest = replace(at, base=at.base + start * step, steps=(step, *at.steps))
            emit.accumulate(fn, rest, total, (flat[-1] - start, *keep))
    return made


def _number(emit: Emitter, fold: str, x: View, keep: Domain, lanes: int) -> View:
    """One number per row."""
    result = temporary(emit, keep, i32 if is_integer(x.element) else f32)
    emit.unary(fold, x, result, keep, n=lanes)
    return result


def _joined(
    emit: Emitter, fn: str, fold: str, total: View | None, last: View, keep: Domain
) -> View:
    """The number of the last, partial block with that of the whole ones."""
    if total is not None:
        emit.binary(fn, _number(emit, fold, total, keep, 0), last, last, keep)
    return last
