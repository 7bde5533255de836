"""Elementwise ops and reductions on one tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from xdsl.dialects.builtin import f32, i32

from dlir.lowering.structured_to_accel.emitter import Domain, Emitter, View, merged
from dlir.lowering.structured_to_accel.evaluate import Evaluator, Value, temporary
from dlir.lowering.structured_to_accel.expression import Arg, Expr, arguments
from dlir.lowering.structured_to_accel.plan import Operand, Plan, VectorPlan
from dlir.lowering.structured_to_accel.stored import blocks_of
from dlir.lowering.structured_to_accel.tiles import Box, Tiles
from dlir.types import is_integer


def domain_over(box: Box, axes: Sequence[int], lane: int | None, cols: int) -> Domain:
    """The extents of some iterators in a box; the lane's in blocks."""
    return tuple(blocks_of(box[d][1], cols) if d == lane else box[d][1] for d in axes)


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
    evaluator = Evaluator(tiles.emit, domain, [total, *extras], tiles.constant)
    evaluator.evaluate(plan.epilogue or Arg(0), into)


def _read_arguments(expr: Expr | None) -> set[int]:
    return arguments(expr) if expr is not None else set()


def compute_vector(tiles: Tiles, plan: VectorPlan, box: Box, into: View, axes: Sequence[int]) -> None:
    """A tile of the result. `axes` are the parallel iterators, the lane's first, as `into` has."""
    if not plan.combine:
        domain = domain_over(box, axes, plan.lane, tiles.emit.cols)
        values = [read(tiles, plan, o, box, axes) for o in plan.operands]
        Evaluator(tiles.emit, domain, values, tiles.constant).evaluate(plan.term, into)
        return
    reduce = _over_lanes if plan.reduced_lane is not None else _over_rows
    total = reduce(tiles, plan, box, axes)
    finish(tiles, plan, total, box, axes, into)


# --- sums and maxima over rows --------------------------------------------------------------------


def _over_rows(tiles: Tiles, plan: VectorPlan, box: Box, axes: Sequence[int]) -> Value:
    """Rows are folded by one instruction along the longest walk, and by pairs along the others."""
    emit, cols = tiles.emit, tiles.emit.cols
    inner = [d for d in plan.op.reduction_dims if box[d][1] > 1]
    all_axes = [*axes, *inner]
    domain = domain_over(box, all_axes, plan.lane, cols)
    term = _term(tiles, plan, box, all_axes, domain)
    keep = domain[: len(axes)]
    element = i32 if is_integer(term.view.element) else f32
    total = temporary(emit, keep, element)
    owned = Value(total, frozenset(a for a, n in enumerate(keep) if n > 1), owned=True)
    walks, (view,) = merged(domain[len(axes) :], (_last(term.view, len(axes)),))
    folded = replace(term.view, steps=(*term.view.steps[: len(axes)], *view.steps))
    _fold(emit, plan.combine, folded, total, keep, walks)
    return owned


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


def _term(
    tiles: Tiles, plan: VectorPlan, box: Box, axes: Sequence[int], domain: Domain
) -> Value:
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
    assert plan.reduced_lane is not None
    others = [d for d in plan.op.reduction_dims if d != plan.reduced_lane and box[d][1] > 1]
    all_axes = [plan.reduced_lane, *others, *axes]
    domain = domain_over(box, all_axes, plan.reduced_lane, cols)
    term = _term(tiles, plan, box, all_axes, domain)
    keep = domain[1 + len(others) :]
    whole, rest = divmod(box[plan.reduced_lane][1], cols)
    fold = f"row{'sum' if plan.combine == 'add' else 'max'}"
    rows = Value(_kept(emit, term, keep), frozenset(a for a, n in enumerate(keep) if n > 1), True)
    parts: list[View] = []
    for first, count, lanes in ((0, whole, 0), (whole, int(rest > 0), rest)):
        if count:
            view = term.view.at((first, *[0] * (len(domain) - 1)))
            parts.append(_lanes(emit, plan.combine, fold, view, (count, *domain[1:]), keep, lanes))
    if len(parts) == 2:
        emit.binary(plan.combine, parts[0], parts[1], rows.view, keep)
        return replace(rows, view=replace(rows.view, lane=True))
    return Value(replace(parts[0], lane=True), rows.axes, owned=True)


def _kept(emit: Emitter, term: Value, keep: Domain) -> View:
    return temporary(emit, keep, i32 if is_integer(term.view.element) else f32)


def _lanes(
    emit: Emitter, combine: str, fold: str, x: View, domain: Domain, keep: Domain, lanes: int
) -> View:
    """Rows of blocks to one number per row."""
    element = i32 if is_integer(x.element) else f32
    folded = len(domain) - len(keep)
    points = list(product(*(range(n) for n in domain[:folded])))
    row = x.with_steps(x.steps[folded:])
    result = temporary(emit, keep, element)
    if len(points) > 1:
        total = temporary(emit, keep, element)
        firsts = [x.at((*p, *[0] * len(keep))).base for p in points]
        second = replace(row, base=firsts[1])
        emit.binary(combine, replace(row, base=firsts[0]), second, total, keep)
        for base in firsts[2:]:
            emit.binary(combine, total, replace(row, base=base), total, keep)
        row = total
    emit.unary(fold, row, result, keep, n=lanes)
    return result


