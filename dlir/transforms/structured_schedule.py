"""`structured-schedule`: choose kernels and register tiles, written as `schedule` attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, gcd, inf, prod

from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, FixedBitwidthType, ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.dots import left_number, suitable_dot
from dlir.dialects.structured.ops import GenericOp, SparseMatmulOp, element_type_of, shape_of
from dlir.dialects.structured.roles import (
    STREAMED_COLUMNS,
    STREAMED_ROWS,
    Contraction,
    Operand,
    is_multiply_add,
    is_weight,
    match_contraction,
    operands_of,
    planned,
)
from dlir.dialects.structured.sparse import few_columns
from dlir.dialects.structured.weight_only import KERNEL, WeightOnly, match_weight_only
from dlir.dialects.structured.windows import match_pixels, match_window
from dlir.dialects.vector_dot import GROUPS, Dot

PAGE_BYTES = 4096
MANY_PAGES = 512  # several times what the first table of addresses holds
PART_BYTES, LARGE_BYTES = 1024, 4 << 20  # a row of several panels; several second caches
WIDE_ROWS = 6  # of a tile that is four vectors wide: the wider, the fewer pages in turn
FEW_STREAMS, STREAMS = 8, 16  # that prefetchers follow
MANY_ROWS = 128  # that use a packed panel before its copy has paid
LEAST_SUM = 64  # terms that are worth adding up along lanes
TILE_PIXELS = 4  # of a depthwise convolution: one or two registers of each
WINDOW_ROWS = 8  # of a tile that windows slide down: more hardly save another load
FEW_ROWS = 8  # for which weights are dequantised in registers, once for all rows
PANEL_BYTES = 512 << 10  # of a panel that many rows read: half of a second cache, or less
STREAMED_TALL = 4  # rows of a tile of sums: so many streams from memory
UNROLLED = 16  # terms that divide a part of a sum evenly
PARTS = 6  # of a panel that is read once: streams from memory that are worth their registers
LEAST_PART = 64  # terms
L1_INTERVAL, L1_WAYS = 4096, 8  # bytes between lines of a set of the first cache, and their number
L2_BYTES = 16  # what the second cache delivers per multiply-add (two start in a cycle)


@dataclass(frozen=True)
class StructuredSchedule(ModulePass):
    """Give every contraction without a schedule its register tile, and say what must be packed.

    The tile MR x NR is the one with the fewest machine cycles by a small model: per step of k a
    tile costs MR*NV multiply-adds on NV = NR/lanes registers per row, a row of b from the second
    cache and MR broadcasts; all accumulators, a row of b and one broadcast must fit the registers,
    and a line of each row of a the first cache.

    Packed are weights, what cannot be read along the lanes, and a b that is read by many rows while
    its own lie on a page of memory each, or which is so large that its panels crowd the caches. By
    fewer rows such a b is read where it is, and `tile` takes the sum in blocks. So it does where a
    packed panel has no room in the second cache: each part of it is there until all rows have read
    it.

    Where all rows fit one tile, so that a packed panel is read once, the sum is taken in some parts
    at once, as streams from memory that the machine follows.

    Windows that slide down the rows of an image get a tile of some of these rows, and windows over
    channels a tile of pixels, so that what they share is read once.

    `vector-bits`, `registers` and `dots`, its kinds of dot products, describe the machine. Where a
    kind of dot product computes a sum of narrow numbers, the schedule names it, and the right side
    is packed for it. Schedules written by hand are kept.

    Before:
    ```mlir
    structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], ...}
        ins(%x, %w : tensor<32x784xf32>, tensor<784x512xf32>) ...
    ```
    After:
    ```mlir
    structured.generic {...,
        schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1]>} ...
    ```
    """

    name = "structured-schedule"

    vector_bits: int = 512
    registers: int = 32
    dots: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        weights: dict[SSAValue, bool] = {}
        for inner in op.walk():
            if isinstance(inner, SparseMatmulOp) and inner.schedule is None:
                inner.schedule = self._sparse(inner)
            if not isinstance(inner, GenericOp) or inner.schedule is not None:
                continue
            roles = match_contraction(inner)
            known = roles is not None and is_weight(roles.b.value, weights)
            if roles is not None and inner.reduction_dims and _pays(roles, known):
                inner.schedule = self._contraction(inner, roles, known)
            elif (narrow := match_weight_only(inner)) is not None:
                inner.schedule = self._weight_only(inner, narrow)
            elif is_multiply_add(inner.body.block) and inner.out_forms:
                inner.schedule = self._depthwise(inner)

    def _contraction(self, op: GenericOp, roles: Contraction, known: bool) -> ScheduleAttr | None:
        """`known` says whether b is a weight."""
        extents = op.static_extents()
        rows = 1 if roles.row is None else max(1, planned(extents[roles.row]))
        dot = suitable_dot(op, roles, self.dots)
        if dot is None and (streamed := self._streamed(op, roles, known)) is not None:
            return streamed
        if dot is not None and not (rows >= MANY_ROWS // 2 or known):
            dot = None
        packs = _packs(roles, known) or _is_scattered(op, roles, rows) or dot is not None
        window = None if dot is not None else match_window(op, roles)
        block = None if packs or window is not None else _block_of_sum(op, roles, rows)
        if window is not None:
            lanes = self._lanes_of(op)
            tile = _window_tile(planned(extents[window.row]), lanes, self.registers)
        else:
            tile = self._tile(op, roles, dot is not None, block is not None)
        if packs and window is None:
            block = _block_of_panel(op, roles, tile, dot)
        entries: dict[str, str | list[int]] = {"kernel": "contraction", "vector": list(tile)}
        if packs:
            entries["pack"] = [1 - left_number(op, roles)]
        parts = 1 if window is not None else self._parts(op, roles, tile, dot)
        if packs and parts > 1:
            entries["parts"] = [parts]
        if block is not None:
            entries["tile"] = [block if d in op.reduction_dims else 0 for d in range(len(op.kinds))]
        if dot is not None:
            entries["dot"] = dot
        return ScheduleAttr.get(entries)

    def _streamed(self, op: GenericOp, roles: Contraction, known: bool) -> ScheduleAttr | None:
        """The vector kernel, where few rows or columns meet a side that is read as it lies.

        Its lanes run along the only row of the result, or along the sum; then the few columns are
        brought into the order of the sum, and a tile of rows reads them once.
        """
        a, b, inner = roles.a, roles.b, op.reduction_dims[-1]
        rows, columns = _rows_of(op, roles, [b]), op.static_extents()[roles.lanes]
        if planned(op.static_extents()[inner]) < LEAST_SUM:
            return None
        a_along, b_along = (x.depends_on(inner) and x.is_run_along(inner) for x in (a, b))
        if a_along and 0 < columns <= STREAMED_COLUMNS:
            entries: dict[str, str | list[int]] = {"kernel": "vector"}
            if columns > 1:
                entries["vector"] = self._streamed_tile(op, columns)
            if not b_along:
                entries["pack"] = [1 - left_number(op, roles)]
            return ScheduleAttr.get(entries)
        if known:
            return None
        along_row = rows == 1 and b.is_run_along(roles.lanes)
        along_sum = a_along and b_along and 0 < rows <= STREAMED_ROWS
        return ScheduleAttr.get({"kernel": "vector"}) if along_row or along_sum else None

    def _streamed_tile(self, op: GenericOp, columns: int) -> list[int]:
        """Rows and lanes: all sums, what is read along the shorter side, and one more fit."""
        for rows in range(STREAMED_TALL, 1, -1):
            if rows * columns + min(rows, columns) < self.registers:
                return [rows, self._lanes_of(op)]
        return [1, self._lanes_of(op)]

    def _lanes_of(self, op: GenericOp) -> int:
        """Of a register of accumulators."""
        element = op.accumulator_type
        assert isinstance(element, FixedBitwidthType)
        return self.vector_bits // element.bitwidth

    def _tile(
        self, op: GenericOp, roles: Contraction, has_dot: bool, is_blocked: bool
    ) -> tuple[int, int]:
        """The best register tile; a kind of dot product needs a register for itself."""
        extents = op.static_extents()
        rows = 1 if roles.row is None else max(1, planned(extents[roles.row]))
        columns = max(1, planned(extents[roles.lanes]))
        tallest = WIDE_ROWS if is_blocked else near_rows(roles)
        return best_tile(rows, columns, self._lanes_of(op), self.registers - has_dot, tallest)

    def _parts(
        self, op: GenericOp, roles: Contraction, tile: tuple[int, int], dot: str | None
    ) -> int:
        """In how many parts at once to take a sum whose panels are read by one tile each."""
        rows, depth = _rows_of(op, roles, [roles.b]), op.static_extents()[op.reduction_dims[-1]]
        if not 0 < rows <= tile[0]:
            return 1
        vectors = ceil(tile[1] / self._lanes_of(op))
        fitting = (self.registers - vectors - 1) // (rows * vectors)
        steps = depth if dot is None else depth // GROUPS[Dot(dot)].count
        return max(1, min(PARTS, fitting, steps // LEAST_PART))

    def _sparse(self, op: SparseMatmulOp) -> ScheduleAttr | None:
        """The widest row of lanes such that a tile of the height of a block fits the registers."""
        element, height = element_type_of(op.values), op.block[0]
        assert isinstance(element, FixedBitwidthType)
        if few_columns(op):
            return None
        lanes = self.vector_bits // element.bitwidth
        fitting = [v for v in (8, 4, 2) if height * v + v < self.registers]
        return ScheduleAttr.get({"vector": [height, max([1, *fitting]) * lanes]})

    def _weight_only(self, op: GenericOp, roles: WeightOnly) -> ScheduleAttr:
        """Few rows share what is dequantised in registers; many a panel in a buffer."""
        extents = op.static_extents()
        lanes = self.vector_bits // 32
        columns = max(1, planned(extents[roles.lanes]))
        rows = 1 if roles.row is None else extents[roles.row]
        depth = prod(planned(extents[d]) for d in op.reduction_dims)
        sharing = _rows_of(op, roles, [x for _, x in roles.weights])
        few = 0 <= sharing <= FEW_ROWS or depth * lanes * 4 > PANEL_BYTES
        if few:
            tile = _few_rows(min(max(1, planned(rows)), FEW_ROWS), columns, lanes, self.registers)
        else:
            fitting = [
                t
                for t in register_tiles(max(1, planned(rows)), lanes, self.registers)
                if depth * t[1] * 4 <= PANEL_BYTES
            ]
            tile = min(fitting, key=lambda t: tile_cycles(planned(rows), columns, lanes, t))
        packed = [number for number, x in roles.weights if x.depends_on(roles.lanes)]
        entries: dict[str, str | int | list[int]] = {
            "kernel": KERNEL,
            "vector": [*tile],
            "pack": packed,
        }
        if not few:
            entries["buffer"] = FEW_ROWS + 1
        return ScheduleAttr.get(entries)

    def _depthwise(self, op: GenericOp) -> ScheduleAttr | None:
        """Products without reuse, lanes along the channels: weights are packed with these last.

        A tile of pixels shares what it reads: its sums, a row of the image and a weight fit.
        """
        lanes = op.out_forms[-1].plain_dim
        inputs, _, _ = operands_of(op)
        if lanes is None or not all(x.depends_on(lanes) for x in inputs):
            return None
        strided = [i for i, x in enumerate(inputs) if not x.is_run_along(lanes)]
        if not strided or not all(is_weight(inputs[i].value) for i in strided):
            return None
        entries: dict[str, str | list[int]] = {"kernel": "vector", "pack": strided}
        if match_pixels(op, lanes) is not None:
            entries["vector"] = [TILE_PIXELS, max(1, self.registers // 16) * self._lanes_of(op)]
        return ScheduleAttr.get(entries)


def _rows_of(op: GenericOp, roles: Contraction | WeightOnly, right: Sequence[Operand]) -> int:
    """How many rows read each element of the right side; DYNAMIC_INDEX if that is not known."""
    reading = [d for d in (roles.row, *roles.outer) if d is not None]
    shared = [d for d in reading if any(x.depends_on(d) for x in right)]
    extents = [op.static_extents()[d] for d in reading if d not in shared]
    return DYNAMIC_INDEX if DYNAMIC_INDEX in extents else prod(extents)


def _few_rows(rows: int, columns: int, lanes: int, registers: int) -> tuple[int, int]:
    """The widest tile for all rows: two accumulators each, a row of weights and its making."""
    for vectors in (4, 2, 1):
        needed = 2 * rows * vectors + 2 * vectors + 1
        if (needed <= registers and vectors * lanes < 2 * columns) or vectors == 1:
            return rows, vectors * lanes
    raise AssertionError("one vector always fits")


def _window_tile(rows: int, lanes: int, registers: int) -> tuple[int, int]:
    """As many rows as half of the registers, or eight: the weights of a window fill the others."""
    return max(1, min(rows, WINDOW_ROWS, registers // 2)), lanes


def near_rows(roles: Contraction) -> int:
    """How many rows of a stay in the first cache while k goes along a line of each.

    Rows that lie a power of two apart share the few places that the cache has for them.
    """
    a, element = roles.a, roles.a.element
    steps = [f.coefficients[roles.row] for f in a.forms] if roles.row is not None else []
    within = [shape_of(a.value)[p + 1 :] for p, step in enumerate(steps) if step]
    if len(within) != 1 or DYNAMIC_INDEX in within[0]:
        return L1_WAYS * L1_INTERVAL
    assert isinstance(element, FixedBitwidthType)
    apart = sum(map(abs, steps)) * prod(within[0]) * element.bitwidth // 8
    return L1_WAYS * L1_INTERVAL // gcd(apart, L1_INTERVAL)


def _packs(roles: Contraction, known: bool) -> bool:
    """b is packed if it is a weight (once, at load time) or cannot be read along the lanes."""
    return not roles.b.is_run_along(roles.lanes) or known


def _is_scattered(op: GenericOp, roles: Contraction, rows: int) -> bool:
    """Whether one copy of b into panels costs less than to read them in place for all rows.

    Where each of many rows of b lies on pages of its own, their addresses, too, have to be fetched
    at every use. Where a panel is long and a small part of each row, it uses few sets of a cache.
    """
    element, width = roles.b.element, shape_of(roles.b.value)[-1]
    assert isinstance(element, FixedBitwidthType)
    extents, row = op.static_extents(), width * element.bitwidth // 8
    depth = prod(planned(extents[d]) for d in op.reduction_dims if roles.b.depends_on(d))
    on_pages = row >= PAGE_BYTES and depth >= MANY_PAGES
    crowded = row >= PART_BYTES and row * depth >= LARGE_BYTES
    return rows >= MANY_ROWS and (on_pages or crowded)


def _block_of_sum(op: GenericOp, roles: Contraction, rows: int) -> int | None:
    """How many terms to take at a time where b is read in place and its rows lie on pages each.

    For few rows all columns of a few rows of b, which are streams that prefetchers follow. For more
    rows so much of a panel as stays in a cache until the last of them, and its pages' addresses.
    """
    element, width = roles.b.element, shape_of(roles.b.value)[-1]
    assert isinstance(element, FixedBitwidthType)
    depth, row = op.static_extents()[op.reduction_dims[0]], width * element.bitwidth // 8
    if not _may_wait(op):
        return None
    if depth <= MANY_PAGES or row < PAGE_BYTES:
        return None
    if rows > STREAMS:
        return MANY_PAGES
    return max(FEW_STREAMS, min(rows, STREAMS)) if row > PAGE_BYTES else None


def _block_of_panel(
    op: GenericOp, roles: Contraction, tile: tuple[int, int], dot: str | None
) -> int | None:
    """How many terms to take at a time where more than one tile of rows reads a packed panel that
    is too long: equal parts of it."""
    element, depth = roles.b.element, op.static_extents()[op.reduction_dims[0]]
    assert isinstance(element, FixedBitwidthType)
    whole_groups = dot is None or depth % GROUPS[Dot(dot)].count == 0
    panel = depth * tile[1] * element.bitwidth // 8
    is_read_once = 0 <= _rows_of(op, roles, [roles.b]) <= tile[0]
    if is_read_once or panel <= PANEL_BYTES or not _may_wait(op) or not whole_groups:
        return None
    part = ceil(depth / ceil(panel / PANEL_BYTES))
    return ceil(part / UNROLLED) * UNROLLED


def _may_wait(op: GenericOp) -> bool:
    """Whether a sum can be taken block by block: what is summed is in the result between two."""
    return len(op.reduction_dims) == 1 and op.accumulator_type == element_type_of(op.outs)


def _pays(roles: Contraction, known: bool) -> bool:
    """Whether a contraction reads packed data more than once, so that packing is worth its copy."""
    return roles.row is not None or known or not _packs(roles, known)


def best_tile(rows: int, columns: int, lanes: int, registers: int, tallest: int) -> tuple[int, int]:
    """The register tile (MR, NR) with the fewest estimated cycles for rows x columns; `tallest` is
    the most rows it may have."""
    best, best_cost = (1, lanes), inf
    for height, width in register_tiles(min(rows, tallest), lanes, registers):
        cost = tile_cycles(rows, columns, lanes, (height, width))
        if cost < best_cost - 1e-9:
            best, best_cost = (height, width), cost
    return best


def register_tiles(rows: int, lanes: int, registers: int) -> Iterator[tuple[int, int]]:
    """(MR, NR) whose accumulators, b row and one broadcast fit; wide and tall ones first.

    A row is one vector value in the IR; LLVM splits it into registers only if NV is a power of two.
    """
    for vectors in (4, 2, 1):
        tallest = (registers - vectors - 1) // vectors
        for height in range(min(tallest, rows), 0, -1):
            yield height, vectors * lanes


def tile_cycles(rows: int, columns: int, lanes: int, tile: tuple[int, int]) -> float:
    """Estimated cycles of rows x columns, per step of k."""
    height, width = tile
    vectors = max(1, width // lanes)
    panels = -(-columns // width)
    full, rest = divmod(rows, height)
    cost = full * _cycles(height, vectors, lanes)
    return panels * (cost + (_cycles(rest, vectors, lanes) if rest else 0))


def _cycles(height: int, vectors: int, lanes: int) -> float:
    """Time of one k step of one tile, in multiply-adds: these, the loads, or a sum's latency."""
    multiply_adds = height * vectors
    loads = vectors * lanes * 4 / L2_BYTES + height / 2
    latency = 4.0
    streams = 0.05 * height  # each row of a is a stream of its own
    return max(multiply_adds, loads, latency) + 0.25 + streams
