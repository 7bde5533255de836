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

BYTES_PER_CYCLE: Mapping[str, float] = {"l1": 128, "l2": 48, "l3": 16, "memory": 8}
"""About what one core reads from each level."""


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
        )


def tiles_that_fit(sizes: Sizes) -> list[tuple[int, int]]:
    """The register rule: the tiles whose accumulators stay in registers."""
    return list(register_tiles(sizes.rows, sizes.lanes, host().vector_registers))


def cycles(sizes: Sizes, schedule: ScheduleAttr) -> float:
    """The longer of arithmetic and traffic, as if each were all there is."""
    height, width = schedule.integers("vector") or (1, sizes.lanes)
    tile = (min(height, sizes.rows), width)
    arithmetic = tile_cycles(sizes.rows, sizes.columns, sizes.lanes, tile) * sizes.depth
    panel = sizes.depth * width * sizes.bytes
    left = sizes.depth * sizes.rows * sizes.bytes
    panels, steps = -(-sizes.columns // width), -(-sizes.rows // tile[0])
    traffic = panels * (
        steps * panel / BYTES_PER_CYCLE[level_of(panel)] + left / BYTES_PER_CYCLE[level_of(left)]
    )
    return sizes.batch * max(arithmetic, traffic)


def sizes_of(op: GenericOp) -> Sizes | None:
    """The sizes of a contraction; None for any other op."""
    roles = match_contraction(op) if op.reduction_dims else None
    return None if roles is None else Sizes.of(op, roles)
