"""An analytic model of what a contraction costs: registers, caches, and the roofline's maximum.

Only ratios matter: the model leaves out schedules that cannot be good, and the rest is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf, prod

from xdsl.dialects.builtin import FixedBitwidthType

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Contraction, match_contraction, planned
from dlir.targets.cpu.description import host
from dlir.transforms.structured_schedule import register_tiles, tile_cycles

CACHES: Mapping[str, float] = {"l1": 128, "l2": 48, "l3": 16}
"""About the bytes that one core reads of each cache in the time of a multiply-add of vectors."""


@cache
def speed() -> Mapping[str, float]:
    """The same of memory, too, which is the measured machine's, as the roofline has it."""
    from dlir.targets.cpu.native import native_cpu

    cpu = native_cpu()
    seconds = 2 * host().lanes(32) / cpu.peak("f32", 1)
    return {**CACHES, "memory": cpu.bandwidth(1) * seconds}


SUM_BYTES = 4
"""Of what waits in the result between two blocks of a sum."""


@cache
def capacities() -> dict[str, float]:
    """Level -> the bytes of it that one operand may take: half, as another comes through."""
    from dlir.targets.cpu.native import data_caches

    return {name: cache.bytes / 2 for name, cache in data_caches().items()} | {"memory": inf}


def level_of(size: float) -> str:
    """The nearest level that keeps so many bytes."""
    return next(name for name, room in capacities().items() if size <= room)


@dataclass(frozen=True)
class Sizes:
    """A contraction as `batch` products of rows x depth by depth x columns."""

    batch: int
    rows: int
    columns: int
    depth: int
    bytes: int
    """Of an element."""
    lanes: int
    sum: int
    """The innermost iterator of the sum."""

    @staticmethod
    def of(op: GenericOp, roles: Contraction) -> Sizes:
        extents = [max(1, planned(e)) for e in op.static_extents()]
        element, total = roles.b.element, op.accumulator_type
        assert isinstance(element, FixedBitwidthType) and isinstance(total, FixedBitwidthType)
        return Sizes(
            prod(extents[d] for d in roles.outer),
            1 if roles.row is None else extents[roles.row],
            extents[roles.lanes],
            prod(extents[d] for d in op.reduction_dims),
            max(1, element.bitwidth // 8),
            host().lanes(total.bitwidth),
            op.reduction_dims[-1],
        )


def tiles_that_fit(sizes: Sizes) -> list[tuple[int, int]]:
    """The register rule: the tiles whose accumulators stay in registers."""
    return list(register_tiles(sizes.rows, sizes.lanes, host().vector_registers))


def cycles(sizes: Sizes, schedule: ScheduleAttr) -> float:
    """The longer of arithmetic and traffic, as if each were all there is."""
    height, width = schedule.integers("vector") or (1, sizes.lanes)
    tile = (min(height, sizes.rows), width)
    arithmetic = tile_cycles(sizes.rows, sizes.columns, sizes.lanes, tile) * sizes.depth
    tiles = schedule.integers("tile")
    block = max(1, (tiles[sizes.sum] if tiles else 0) or sizes.depth)
    blocks = -(-sizes.depth // block)
    panels, steps = -(-sizes.columns // width), -(-sizes.rows // tile[0])
    left = block * sizes.rows * sizes.bytes
    traffic = panels * (steps * _read(block * width * sizes.bytes) + _read(left))
    sums = 2 * _read(sizes.rows * sizes.columns * SUM_BYTES) if blocks > 1 else 0
    return sizes.batch * max(arithmetic, blocks * (traffic + sums))


def _read(size: float) -> float:
    """The time to read so many bytes again."""
    return size / speed()[level_of(size)]


def sizes_of(op: GenericOp) -> Sizes | None:
    """The sizes of a contraction; None for any other op."""
    roles = match_contraction(op) if op.reduction_dims else None
    return None if roles is None else Sizes.of(op, roles)
