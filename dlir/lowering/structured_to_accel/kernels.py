"""From planned ops to tiles in loops: one kernel per op that is not computed inside of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod

from xdsl.dialects.builtin import bf16, f32, i32
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.accel.attrs import Memory
from dlir.dialects.accel.verify import width_of
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.structured_to_accel.choose import columns_of, too_large
from dlir.lowering.structured_to_accel.contraction import (
    Place,
    Planes,
    Schedule,
    compute_contraction,
)
from dlir.lowering.structured_to_accel.emitter import View
from dlir.lowering.structured_to_accel.expression import Unsupported
from dlir.lowering.structured_to_accel.homes import Homes
from dlir.lowering.structured_to_accel.plan import (
    ContractionPlan,
    Operand,
    Plan,
    VectorPlan,
    rounded_lines,
    storage_type,
)
from dlir.lowering.structured_to_accel.stored import Stored, blocks_of
from dlir.lowering.structured_to_accel.tiles import (
    Box,
    Local,
    Range,
    Tiles,
    boxes,
    divided,
    domain_of,
    hull,
    last_of_rows,
    relative,
    rows_of,
    written_strides,
)
from dlir.lowering.structured_to_accel.tiling import Tiling, row_tile
from dlir.lowering.structured_to_accel.vector import compute_vector
from dlir.types import element_of, is_integer

TILES, LEAST_ROWS = 8, 256
"""A kernel of the vector unit has so many tiles, unless these have fewer rows than that: it begins
with the first rows while others are computed. The memory alone may ask for more tiles."""


@dataclass
class Kernels:
    """Writes kernels, where and in which tiles it was decided."""

    tiles: Tiles
    homes: Homes
    tilings: Mapping[Operation, Tiling]
    packed: Mapping[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """The result of a contraction -> its packed weights in DRAM."""
    free_lines: int = 0
    """Lines of the scratchpad that tiles may take."""
    _planes: dict[SSAValue, Planes] = field(default_factory=dict[SSAValue, Planes])

    def __post_init__(self) -> None:
        self.tiles.produce = self._produce

    @property
    def cols(self) -> int:
        return self.tiles.emit.cols

    def lower(self, plan: Plan, result: SSAValue) -> None:
        """The kernel that computes a tensor, tile by tile."""
        self.tiles.begin()
        self._planes.clear()
        target = self.tiles.stored[result]
        if isinstance(plan, ContractionPlan):
            self._contraction(plan, result, target)
        else:
            assert isinstance(plan, VectorPlan)
            self._vector(plan, result, target)

    # --- one tile ---------------------------------------------------------------------------------

    def _compute(
        self,
        plan: Plan,
        result: SSAValue,
        box: Box,
        place: Place,
        schedule: Schedule | None = None,
    ) -> None:
        """The points of a box, which `place` takes."""
        if isinstance(plan, VectorPlan):
            axes = self.axes(plan)
            place(box, lambda into: compute_vector(self.tiles, plan, box, into, axes))
            return
        assert isinstance(plan, ContractionPlan)
        if result not in self._planes:
            self._planes[result] = Planes(self.tiles, plan, self.packed.get(result))
        whole = Schedule(blocks_of(plan.extents[plan.k], self.cols))
        compute_contraction(self.tiles, plan, self._planes[result], box, schedule or whole, place)

    def _view(
        self,
        plan: Plan,
        box: Box,
        target: Stored,
        origin: Sequence[int],
        strides: Sequence[int] = (),
    ) -> View:
        """A box of the result in a tensor on chip whose index 0 is `origin`.

        With strides, it holds every so-many-th element only.
        """
        forms = relative(plan.op.out_forms, box, origin)
        if strides:
            forms = [divided(f, s) for f, s in zip(forms, strides, strict=True)]
        view = target.over(forms, self.axes(plan), self.cols)
        assert view is not None, "planned before"
        return view

    def axes(self, plan: Plan) -> list[int]:
        """The iterators over which results are written, the lane's first."""
        if isinstance(plan, ContractionPlan):
            assert plan.lane is not None
            return [plan.lane, *plan.rows]
        rows = [d for d in out_order(plan) if d != plan.lane]
        return rows if plan.lane is None else [plan.lane, *rows]

    def _produce(
        self, value: SSAValue, origin: Sequence[int], sizes: Sequence[int]
    ) -> Local | None:
        """A box of a fused tensor, computed here."""
        plan = self.homes.fused.get(value)
        if plan is None:
            return None
        tile = self.tiles.tile(sizes, plan.out_lane, self.local_type(value))
        box = list[Range]([(0, n) for n in plan.extents])
        for form, first, size in zip(plan.op.out_forms, origin, sizes, strict=True):
            if form.plain_dim is not None:
                box[form.plain_dim] = (first, size)
        for part in boxes(box, self._sizes_at_once(plan, box)):
            self._compute(
                plan, value, part, lambda piece, write: write(self._view(plan, piece, tile, origin))
            )
        return Local(tile, tuple(origin))

    def _sizes_at_once(self, plan: Plan, box: Box) -> dict[int, int]:
        """What the accumulators hold of a sum of products, by iterator."""
        if not isinstance(plan, ContractionPlan) or plan.lane is None:
            return {}
        most = max(1, self.tiles.emit.machine.acc.rows // 2)
        blocks = blocks_of(box[plan.lane][1], self.cols)
        rows = row_tile([box[d][1] for d in plan.rows], max(1, most // blocks))
        sizes = {d: 1 for d in plan.batch} | dict(zip(plan.rows, rows, strict=True))
        return sizes if blocks <= most else sizes | {plan.lane: most * self.cols}

    def local_type(self, value: SSAValue) -> Attribute:
        """32 bits inside of a kernel, unless the array reads it, or the model says bf16."""
        element = storage_type(element_type_of(value))
        if element_type_of(value) == bf16:
            return bf16
        for use in value.uses:
            reader = self.homes.section.plans.get(use.operation)
            if isinstance(reader, ContractionPlan) and value in (reader.a.value, reader.w.value):
                return element
        return i32 if is_integer(element) else f32

    # --- tiles in loops ---------------------------------------------------------------------------

    def _contraction(self, plan: ContractionPlan, result: SSAValue, target: Stored) -> None:
        assert isinstance(result.owner, Operation)
        chosen = self.tilings[result.owner]
        assert plan.lane is not None
        self.tiles.kept = {plan.a.value} if chosen.panel else set()
        if chosen.runs:
            stored = self.tiles.stored[plan.a.value]
            last = last_of_rows(len(stored.shape), stored.lane)
            self.tiles.whole = {} if last is None else {plan.a.value: last}
        columns = {plan.lane: chosen.n * self.cols}
        sizes = dict(zip(plan.rows, chosen.rows, strict=True))
        schedule = Schedule(chosen.k, chosen.keep_weights, self._held(plan, chosen))
        whole = [(0, n) for n in plan.extents]
        for batch in boxes(whole, {d: 1 for d in plan.batch}):
            rows = list(boxes(batch, sizes))
            panel = chosen.panel or len(rows)
            for first in range(0, len(rows), panel):
                if chosen.panel:
                    self.tiles.loaded.pop(plan.a.value, None)
                for column in boxes(batch, columns):
                    if not chosen.panel:
                        self._planes.clear()
                    if chosen.held:
                        self._load_columns(plan, column)
                    for tile in rows[first : first + panel]:
                        box = list(tile)
                        box[plan.lane] = column[plan.lane]
                        self._tile(plan, result, box, target, schedule)

    def _load_columns(self, plan: ContractionPlan, column: Box) -> None:
        """The numbers per column for all pieces of a tile, which else each load their own."""
        assert plan.lane is not None
        for extra in columns_of(plan, self.homes):
            self.tiles.view(extra.value, extra.forms, column, [plan.lane])

    def _held(self, plan: ContractionPlan, chosen: Tiling) -> dict[int, int]:
        """What accumulators hold of a tile at a time, by iterator."""
        if not chosen.held:
            return {}
        assert plan.lane is not None
        *rows, n = chosen.held
        return {plan.lane: n * self.cols, **dict(zip(plan.rows, rows, strict=True))}

    def _tile(
        self,
        plan: Plan,
        result: SSAValue,
        box: Box,
        target: Stored,
        schedule: Schedule | None = None,
    ) -> None:
        """One tile of a kernel, and its way to DRAM."""
        self.tiles.local.clear()
        self._compute(plan, result, box, partial(self._place, plan, target), schedule)

    def _place(self, plan: Plan, target: Stored, box: Box, write: Callable[[View], None]) -> None:
        """Have a box written where the result is, or beside it and stored."""
        origin, sizes = hull(plan.op.out_forms, box)
        if target.memory is Memory.SPM:
            write(self._view(plan, box, target.box(origin, sizes, self.cols), origin))
            return
        strides = written_strides(plan.op.out_forms, box)
        sizes = [-(-n // step) for n, step in zip(sizes, strides, strict=True)]
        tile = self.tiles.tile(sizes, target.lane, element_of(target.memref.type))
        write(self._view(plan, box, tile, origin, strides))
        rest = [-(-(t - o) // step) for t, o, step in
                zip(target.shape, origin, strides, strict=True)]  # fmt: skip
        inside = [min(n, r) for n, r in zip(sizes, rest, strict=True)]
        domain = domain_of(inside, target.lane, self.cols)
        part = target.box(origin, inside, self.cols).spread(strides)
        self.tiles.emit.store(rows_of(tile), rows_of(part), domain)

    # --- vector kernels ---------------------------------------------------------------------------

    def _vector(self, plan: VectorPlan, result: SSAValue, target: Stored) -> None:
        rows = [d for d in out_order(plan) if d != plan.lane]
        extents = [plan.extents[d] for d in rows]
        lane_blocks = 1 if plan.lane is None else blocks_of(plan.extents[plan.lane], self.cols)
        block_limit = lane_blocks
        whole = [(0, n) for n in plan.extents]
        while True:
            limit = min(prod(extents), max(LEAST_ROWS, -(-prod(extents) // TILES)))
            per_row = self._lines_per_row(plan, block_limit)
            limit = max(1, min(limit, self.free_lines // (3 * per_row)))
            if (
                limit * per_row * 2 <= self.free_lines
                or block_limit == 1
                or self._whole_lanes(plan)
            ):
                break
            block_limit = -(-block_limit // 2)
        if limit * per_row > self.free_lines:
            raise Unsupported(too_large(self.free_lines, self.tiles.emit.machine))
        sizes = dict(zip(rows, row_tile(extents, limit), strict=True))
        if plan.lane is not None and block_limit < lane_blocks:
            sizes[plan.lane] = block_limit * self.cols
        for box in boxes(whole, sizes):
            self._tile(plan, result, box, target)

    def _whole_lanes(self, plan: VectorPlan) -> bool:
        return plan.reduced_lane is not None or any(
            o.value in self.homes.fused for o in plan.operands
        )

    def _lines_per_row(self, plan: VectorPlan, blocks: int) -> int:
        """Lines of the scratchpad per result row: what is read, fused, rounded, and the result."""
        lines = 2 * (blocks if plan.reduced_lane is None else 1) + self.homes.fused_lines(plan)
        lines += blocks * rounded_lines(plan.term, plan.epilogue)
        for operand in (*plan.operands, *plan.extras):
            lines += self._operand_lines(plan, operand, blocks)
        return lines

    def _operand_lines(self, plan: VectorPlan, operand: Operand, blocks: int) -> int:
        """Lines of a DRAM operand per result row: what is walked to make one row."""
        stored = self.tiles.stored.get(operand.value)
        if stored is None or stored.memory is not None:
            return 0
        used = {d for f in operand.forms for d in f.dims}
        lane = plan.lane if plan.reduced_lane is None else plan.reduced_lane
        rows = prod(plan.extents[d] for d in plan.op.reduction_dims if d in used and d != lane)
        if lane not in used:
            blocks = 1
        elif plan.reduced_lane is not None:
            blocks = blocks_of(plan.extents[plan.reduced_lane], self.cols)
        return blocks * rows * width_of(stored.memref.type)


def out_order(plan: Plan) -> list[int]:
    """Parallel iterators in the order of the result's dimensions."""
    order: list[int] = []
    for form in plan.op.out_forms:
        order += [
            d for d in sorted(form.dims, key=lambda d: -form.coefficients[d]) if d not in order
        ]
    return order
