"""Sums of products on one tile: weight planes, rows that stream through them, the epilogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

from xdsl.dialects.builtin import f32, i32
from xdsl.ir import SSAValue

from dlir.dialects.accel.access import MAX_NEST, Access
from dlir.dialects.accel.attrs import Memory
from dlir.dialects.accel.ops import MatmulOp
from dlir.dialects.accel.verify import width_of
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.structured_to_accel.emitter import (
    MOST_OUTER,
    MOST_OUTER_STEP,
    MOST_ROWS,
    MOST_STEP,
    Domain,
    Emitter,
    View,
    dense,
    merged,
)
from dlir.lowering.structured_to_accel.evaluate import Value, temporary
from dlir.lowering.structured_to_accel.inside import parts_inside
from dlir.lowering.structured_to_accel.plan import ContractionPlan
from dlir.lowering.structured_to_accel.stored import blocks_of
from dlir.lowering.structured_to_accel.tiles import Box, Range, Tiles, boxes
from dlir.lowering.structured_to_accel.vector import finish
from dlir.types import element_of, is_integer


def packed_shape(plan: ContractionPlan, cols: int) -> tuple[int, ...]:
    """Packed weights: batch loops, blocks of columns, taps, blocks of the sum, rows of planes."""
    extents = plan.extents
    n = blocks_of(extents[plan.lane or 0], cols)
    k = 1 if plan.diagonal else blocks_of(extents[plan.k], cols)
    batch, taps = ([extents[d] for d in dims] for dims in (plan.batch, plan.taps))
    return (*batch, n, *taps, k, plane_rows(plan, cols))


def plane_rows(plan: ContractionPlan, cols: int) -> int:
    """Rows of a packed plane: as many as the array, or as the sum has terms if those are fewer."""
    return 1 if plan.by_vector else min(cols, plan.extents[plan.k])


class Planes:
    """The weights of one kernel, as planes on chip."""

    def __init__(self, tiles: Tiles, plan: ContractionPlan, packed: SSAValue | None) -> None:
        self.tiles, self.plan, self.packed = tiles, plan, packed
        self.kept: dict[tuple[Range, ...], View] = {}

    def view(self, box: Sequence[Range], keep: bool) -> View:
        """Planes over (columns, taps, sum) of a box; with `keep` all that were loaded stay."""
        if self.packed is None:
            return self._in_place(box)
        plan = self.plan
        assert plan.lane is not None
        dims = (*plan.batch, plan.lane, *plan.taps, plan.k)
        key = tuple(box[d] for d in dims)
        if key not in self.kept:
            if not keep:
                self.kept.clear()
            self.kept[key] = self._load(box)
        return self.kept[key]

    def _load(self, box: Sequence[Range]) -> View:
        """A piece of the packed weights; whole blocks of columns and of the sum."""
        plan, emit = self.plan, self.tiles.emit
        cols, lane = emit.cols, plan.lane
        assert self.packed is not None and lane is not None
        shape = packed_shape(plan, cols)
        source = dense(self.packed, shape)
        first = [box[d][0] for d in plan.batch]
        first += [box[lane][0] // cols, *(box[d][0] for d in plan.taps)]
        first += [0 if plan.diagonal else box[plan.k][0] // cols, 0]
        n = blocks_of(box[lane][1], cols)
        k = 1 if plan.diagonal else blocks_of(box[plan.k][1], cols)
        domain = (n, *(box[d][1] for d in plan.taps), k, plane_rows(plan, cols))
        part = source.at(first).with_steps(source.steps[len(plan.batch) :])
        if part.memory is Memory.SPM:  # all of the weights are there
            return part.with_steps(part.steps[:-1])
        tile = dense(emit.alloc(Memory.SPM, domain, element_of(self.packed.type)), domain)
        emit.load(part, tile, domain)
        return tile.with_steps(tile.steps[:-1])

    def _in_place(self, box: Sequence[Range]) -> View:
        """Planes of a tensor: rows of the sum, or transposed, rows of columns."""
        plan, cols = self.plan, self.tiles.emit.cols
        assert plan.lane is not None
        axes = [plan.lane, *plan.taps, plan.k]
        view = self.tiles.view(plan.w.value, plan.w.forms, box, axes)
        steps = list(view.steps)
        rows = 0 if plan.transposed else len(axes) - 1
        steps[rows] *= cols  # from one plane to the next
        return view.with_steps(steps)

    def row_step(self, box: Sequence[Range]) -> int:
        """Rows from one row of a plane to the next."""
        if self.packed is not None:
            return 1
        plan = self.plan
        assert plan.lane is not None
        axis = plan.lane if plan.transposed else plan.k
        view = self.tiles.view(plan.w.value, plan.w.forms, box, [axis])
        return view.steps[0]


Views: TypeAlias = tuple[View, View, View]
"""Of the activations, the weights and the sums."""
Place: TypeAlias = Callable[[Box, Callable[[View], None]], None]
"""Has a box of the result written to a view, and brings it to where the result is."""


@dataclass(frozen=True)
class Schedule:
    """How one tile of a contraction is computed."""

    k_tile: int
    """Blocks of the sum at a time."""
    keep_weights: bool = False
    """Whether all weights that were loaded stay on chip."""
    held: Mapping[int, int] = field(default_factory=dict[int, int])
    """What accumulators hold of the tile at a time, by iterator; empty if they hold all of it."""


def compute_contraction(
    tiles: Tiles,
    plan: ContractionPlan,
    planes: Planes,
    box: Sequence[Range],
    schedule: Schedule,
    place: Place,
) -> None:
    """A tile of the result; `place` gives views over (columns, rows of the activations)."""
    parts = list(_parts_of_sum(plan, box, schedule.k_tile * tiles.emit.cols))
    if schedule.held:
        _sum_in_scratchpad(tiles, plan, planes, parts, schedule, place)
        return
    acc = _sums(tiles, plan, box, Memory.ACC)
    for number, part in enumerate(parts):
        weights = planes.view(part, schedule.keep_weights)
        if plan.by_vector:
            _multiply_lanes(tiles, plan, part, weights, acc)
        else:
            a = _activations(tiles, plan, part)
            views = a, weights, acc
            _sum_inside(tiles.emit, plan, part, views, planes.row_step(part), not number)
    _finish(tiles, plan, box, acc, place)


def _sum_in_scratchpad(
    tiles: Tiles,
    plan: ContractionPlan,
    planes: Planes,
    parts: Sequence[Box],
    schedule: Schedule,
    place: Place,
) -> None:
    """More sums than accumulators: these take them piece by piece, for one part of the sum.

    The larger a tile, the fewer times its operands are loaded. Every piece has a place of its own,
    so that results and the next tile find room as soon as the first ones are finished.
    """
    emit = tiles.emit
    sums: dict[tuple[int, ...], View] = {}
    for number, part in enumerate(parts):
        a = _activations(tiles, plan, part)
        last = number == len(parts) - 1
        for piece in boxes(part, schedule.held):
            at = _offset(plan, part, piece, emit.cols)
            acc = _sums(tiles, plan, piece, Memory.ACC)
            a_here = a.at((0, *[0] * len(plan.taps), *at[1:]))
            weights = planes.view(piece, schedule.keep_weights)
            views = a_here, weights, acc
            _sum_inside(emit, plan, piece, views, planes.row_step(piece), True)
            domain = _domain(plan, piece, emit.cols)
            if number:
                emit.binary("add", acc, sums[at], acc if last else sums[at], domain)
            elif not last:
                sums[at] = _sums(tiles, plan, piece, Memory.SPM)
                emit.unary("copy", acc, sums[at], domain)
            if last:
                _finish(tiles, plan, piece, acc, place)


def _parts_of_sum(plan: ContractionPlan, box: Box, step: int) -> Iterator[list[Range]]:
    """The box for one part of the sum after the other."""
    if plan.diagonal:
        yield list(box)
        return
    yield from boxes(box, {plan.k: step})


def _offset(plan: ContractionPlan, box: Box, piece: Box, cols: int) -> tuple[int, ...]:
    """Where a piece begins in a box, over (columns, rows)."""
    assert plan.lane is not None
    columns = (piece[plan.lane][0] - box[plan.lane][0]) // cols
    return (columns, *(piece[d][0] - box[d][0] for d in plan.rows))


def _domain(plan: ContractionPlan, box: Box, cols: int) -> Domain:
    """Blocks of columns, and rows."""
    assert plan.lane is not None
    return (blocks_of(box[plan.lane][1], cols), *(box[d][1] for d in plan.rows))


def _sums(tiles: Tiles, plan: ContractionPlan, box: Box, memory: Memory) -> View:
    """A place for the sums of a box."""
    domain = _domain(plan, box, tiles.emit.cols)
    kind = i32 if is_integer(element_type_of(plan.a.value)) else f32
    return dense(tiles.emit.alloc(memory, domain, kind), domain)


def _activations(tiles: Tiles, plan: ContractionPlan, box: Box) -> View:
    """The rows of the activations over (blocks of the sum, taps, rows)."""
    sum_axis = plan.lane if plan.diagonal else plan.k
    assert sum_axis is not None
    walk = [sum_axis, *plan.taps, *plan.rows]
    return tiles.view(plan.a.value, plan.a.forms, box, walk, plan.a.filler)


def _finish(tiles: Tiles, plan: ContractionPlan, box: Box, acc: View, place: Place) -> None:
    """The epilogue on the sums of a box."""
    assert plan.lane is not None
    domain = _domain(plan, box, tiles.emit.cols)
    varies = frozenset(a for a, size in enumerate(domain) if size > 1)
    total, axes = Value(acc, varies, owned=True), [plan.lane, *plan.rows]
    place(box, lambda into: finish(tiles, plan, total, box, axes, into))


def _multiply_lanes(
    tiles: Tiles, plan: ContractionPlan, box: Sequence[Range], weights: View, acc: View
) -> None:
    """acc = sum over taps of rows times the tap's weight of each lane, on the vector unit."""
    emit = tiles.emit
    assert plan.lane is not None
    axes = [plan.lane, *plan.taps, *plan.rows]
    a = tiles.view(plan.a.value, plan.a.forms, box, axes, plan.a.filler)
    domain = (blocks_of(box[plan.lane][1], emit.cols), *(box[d][1] for d in plan.rows))
    t, rows = len(plan.taps), [0] * len(plan.rows)
    for number, tap in enumerate(product(*(range(box[d][1]) for d in plan.taps))):
        x = a.at((0, *tap, *rows)).with_steps((a.steps[0], *a.steps[1 + t :]))
        y = weights.at((0, *tap, 0)).with_steps((weights.steps[0], *rows))
        if any(n > 1 and step != 1 for n, step in list(zip(domain, x.steps, strict=True))[-1:]):
            # an instruction of two operands takes whole runs, and one type of the scratchpad
            near = temporary(emit, domain, acc.element, outside=x.element)
            emit.unary("copy", x, near, domain)
            x = near
        emit.binary("mulacc" if number else "mul", x, y, acc, domain)


def _sum_inside(
    emit: Emitter,
    plan: ContractionPlan,
    box: Sequence[Range],
    views: Views,
    row_step: int,
    start: bool,
) -> None:
    """acc (+)= a . w, less rows and taps that meet on a border of zeros."""
    a, weights, acc = views
    for part in parts_inside(plan, box):
        taps, rows = ([part[d][0] - box[d][0] for d in dims] for dims in (plan.taps, plan.rows))
        moved = a.at((0, *taps, *rows)), weights.at((0, *taps, 0)), acc.at((0, *rows))
        _sum(emit, plan, part, moved, row_step, start)
        start = False


def _sum(
    emit: Emitter,
    plan: ContractionPlan,
    box: Sequence[Range],
    views: Views,
    row_step: int,
    start: bool,
) -> None:
    """acc (+)= a . w over a part of the sum; blocks that are not whole are instructions apart."""
    a, weights, acc = views
    assert plan.lane is not None
    cols = emit.cols
    rows = tuple(box[d][1] for d in plan.rows)
    taps = tuple(box[d][1] for d in plan.taps)
    t = len(taps)
    first_k = True
    k_parts = [(0, 1, cols)] if plan.diagonal else _parts(box[plan.k][1], cols)
    for k_first, k_count, k_lanes in k_parts:
        for n_first, n_count, n_lanes in _parts(box[plan.lane][1], cols):
            domain = (n_count, *taps, k_count)
            along = a.steps[0] if plan.diagonal else 0
            view_a = a.at((k_first if not plan.diagonal else n_first, *[0] * (t + len(rows))))
            view_a = view_a.with_steps(
                (along, *a.steps[1 : 1 + t], 0 if plan.diagonal else a.steps[0], *a.steps[1 + t :])
            )
            view_w = weights.at((n_first, *[0] * t, k_first))
            view_c = acc.at((n_first, *[0] * len(rows)))
            view_c = view_c.with_steps((acc.steps[0], *[0] * (t + 1), *acc.steps[1:]))
            k = min(k_lanes, n_lanes) if plan.diagonal else k_lanes
            fields = {
                "k": k, "n": n_lanes, "step": row_step, "tr": int(plan.transposed),
            }  # fmt: skip
            _multiply(emit, domain, rows, (view_a, view_w, view_c), start and first_k, fields)
        first_k = False


def _parts(size: int, cols: int) -> list[tuple[int, int, int]]:
    """(first block, blocks, lanes): the whole blocks, and the one that is not."""
    whole, rest = divmod(size, cols)
    parts = [(0, whole, cols)] if whole else []
    return [*parts, (whole, 1, rest)] if rest else parts


def _multiply(
    emit: Emitter,
    planes: Domain,
    rows: Domain,
    views: Views,
    start: bool,
    fields: dict[str, int],
) -> None:
    """Loops over planes, and in each a walk over the rows of the activations."""
    count = len(planes)
    a, w, c = views
    w = w.with_steps((*w.steps, *[0] * len(rows)))
    walk, (walk_a, walk_c) = merged(
        rows, (a.with_steps(a.steps[count:]), c.with_steps(c.steps[count:]))
    )
    outer, inner = _walk(walk, walk_a, walk_c, width_of(a.memref.type))
    nest, plane_views = merged(
        planes,
        (
            a.with_steps(a.steps[:count]),
            w.with_steps(w.steps[:count]),
            c.with_steps(c.steps[:count]),
        ),
    )
    nest, plane_views = _without_single(nest, plane_views)
    extra_a, extra_c = (v.steps[: len(outer)] for v in (walk_a, walk_c))
    steps = [
        (*plane_views[0].steps, *extra_a),
        (*plane_views[1].steps, *[0] * len(outer)),
        (*plane_views[2].steps, *extra_c),
    ]
    loops = (*nest, *outer)
    unrolled = max(0, len(loops) - MAX_NEST)
    if unrolled > len(nest):
        raise AssertionError("more loops over rows than the machine nests")
    for point in product(*(range(n) for n in loops[:unrolled])):
        accesses = [
            (
                v.memref,
                Access(v.base + sum(s * p for s, p in zip(st, point, strict=False)), st[unrolled:]),
            )
            for v, st in zip(views, steps, strict=True)
        ]
        sums = [p for p, s in zip(point, steps[2], strict=False) if s == 0]
        emit.add(
            MatmulOp,
            accesses,
            loops[unrolled:],
            planes=len(nest) - unrolled,
            start=int(start and not any(sums)),
            **inner,
            **fields,
        )


def _without_single(nest: Domain, views: list[View]) -> tuple[Domain, list[View]]:
    """One plane needs no loop."""
    if nest == (1,):
        return (), [v.with_steps(()) for v in views]
    return nest, views


def _walk(rows: Domain, a: View, c: View, width: int) -> tuple[Domain, dict[str, int]]:
    """The loops that remain around the walk of one instruction, and its fields."""
    fits = 0 <= a.steps[-1] * width <= MOST_STEP and c.steps[-1] == 1 and rows[-1] <= MOST_ROWS
    if not fits:
        return rows, {}
    inner = {"nx": rows[-1], "sx": a.steps[-1]}
    if len(rows) == 1:
        return (), inner
    second = rows[-2] <= MOST_OUTER and 0 <= a.steps[-2] * width <= MOST_OUTER_STEP
    if second and c.steps[-2] == rows[-1]:
        return rows[:-2], {**inner, "ny": rows[-2], "sy": a.steps[-2]}
    return rows[:-1], inner
