"""The space of schedules: from one schedule to those that differ from it in one key.

Each axis gives the values that a key may have for an op, the most promising ones first; what does
not fit the op, and what the cost model says cannot be good, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from xdsl.dialects.builtin import DYNAMIC_INDEX

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.dots import suitable_dot
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import (
    Contraction,
    match_contraction,
    parallel_order,
    planned,
)
from dlir.dialects.structured.schedule_checks import misfit
from dlir.targets.cpu.description import host
from dlir.targets.cpu.tune.cost import Sizes, capacities, cycles, sizes_of, tiles_that_fit
from dlir.transforms.structured_schedule import best_tile, near_rows

SLOWER = 1.4
"""A schedule that the model finds so much slower than the best is not tried."""
MOST = 8
"""Values of one key that are tried."""
BLOCKS = (4, 16, 64)
"""Register tiles in a block of rows."""
TERMS = (8, 16, 128, 512, 2048)
"""Of a block of a sum."""
PARTS = (1, 2, 4, 6)
"""Of a sum."""

Axis: TypeAlias = Callable[["Problem", ScheduleAttr], Iterator[ScheduleAttr | None]]


@dataclass(frozen=True)
class Problem:
    """The op whose schedule is looked for, and the threads there are."""

    op: GenericOp
    threads: int


def neighbours(axis: str, problem: Problem, schedule: ScheduleAttr) -> list[ScheduleAttr]:
    """Schedules that differ in one key, or two that depend on each other."""
    found: dict[ScheduleAttr, None] = {}
    for other in AXES[axis](problem, schedule):
        if other is None:
            other = ScheduleAttr.get({})
        if other != schedule and misfit(problem.op, other) is None:
            found[other] = None
    return list(found)[:MOST]


def _kernel(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr | None]:
    """A contraction by register tiles, or by the general loops."""
    sizes, roles = sizes_of(problem.op), match_contraction(problem.op)
    if sizes is None or roles is None:
        return
    if schedule.word("kernel") == "contraction":
        yield schedule.without("kernel", "vector", "pack", "dot", "tile", "block")
        return
    registers, tallest = host().vector_registers, near_rows(roles)
    tile = best_tile(sizes.rows, sizes.columns, sizes.lanes, registers, tallest)
    packed = schedule.updated(
        {"kernel": "contraction", "vector": tile, "pack": [_right(problem.op, roles)]}
    )
    yield packed
    yield packed.without("pack")


def _vector(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr]:
    """Register tiles: rows, and vectors of lanes in a row."""
    sizes = sizes_of(problem.op)
    if sizes is None or schedule.word("kernel") != "contraction":
        return
    tiles = [schedule.updated({"vector": list(tile)}) for tile in tiles_that_fit(sizes)]
    costs = {tile: cycles(sizes, tile) for tile in tiles}
    least = min(costs.values())
    yield from sorted((t for t in tiles if costs[t] <= SLOWER * least), key=costs.__getitem__)


def _pack(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr | None]:
    """The right side of a contraction packed, or read in place."""
    roles = match_contraction(problem.op)
    if roles is None or schedule.word("kernel") != "contraction":
        return
    packed = schedule.updated({"pack": [_right(problem.op, roles)]})
    yield schedule.without("pack") if schedule.integers("pack") else packed


def _dot(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr | None]:
    """Dot products of groups, or products of single numbers."""
    roles = match_contraction(problem.op)
    if roles is None or not schedule.integers("pack"):
        return
    if schedule.word("dot") is not None:
        yield schedule.without("dot")
    elif (dot := suitable_dot(problem.op, roles, host().dots)) is not None:
        yield schedule.updated({"dot": dot})


def _right(op: GenericOp, roles: Contraction) -> int:
    """The number of the right side among the inputs."""
    return [i for i, value in enumerate(op.inputs) if value is roles.b.value][-1]


def _order(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr]:
    """Each parallel iterator but the lanes' as the innermost; of a contraction, as its rows."""
    op, extents = problem.op, problem.op.static_extents()
    *outer, lanes = parallel_order(op) or [-1]
    loops = [d for d in outer if extents[d] != 1]
    for dim in loops[:-1]:  # the last one is innermost already
        inner = [*(d for d in outer if d != dim), dim, lanes]
        yield schedule.updated({"order": [*inner, *op.reduction_dims]})


def _tile(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr | None]:
    """Blocks of rows, or of the sum, or neither."""
    sizes, roles = sizes_of(problem.op), match_contraction(problem.op)
    vector = schedule.integers("vector")
    if sizes is None or roles is None or vector is None:
        return
    found = [*_blocks_of_rows(sizes, roles, vector), *_blocks_of_sum(problem.op, sizes, vector)]
    if schedule.integers("tile"):
        yield schedule.without("tile")
    most = SLOWER * cycles(sizes, schedule)
    for dim, size in found:
        tile = [size if d == dim else 0 for d in range(len(problem.op.kinds))]
        blocked = schedule.updated({"tile": tile})
        if cycles(sizes, blocked) <= most:
            yield blocked


def _blocks_of_rows(
    sizes: Sizes, roles: Contraction, vector: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Where the left side is too large for the cache it is read from again."""
    row, near = sizes.depth * sizes.bytes, capacities().get("l2", 0)
    if roles.row is None or sizes.columns <= vector[1] or sizes.rows * row <= near:
        return
    for size in (blocks * vector[0] for blocks in BLOCKS):
        if size < sizes.rows and size * row <= near:
            yield roles.row, size


def _blocks_of_sum(op: GenericOp, sizes: Sizes, vector: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where a panel of the right side is too large for the nearest cache."""
    panel = sizes.depth * vector[1] * sizes.bytes
    if len(op.reduction_dims) == 1 and panel > capacities().get("l1", 0):
        yield from ((op.reduction_dims[0], size) for size in TERMS if size < sizes.depth)


def _block(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr]:
    """More or fewer rows of scores at a time; so many more still have room on a stack."""
    roles, block = match_contraction(problem.op), schedule.integers("block")
    if roles is None or roles.row is None or not block:
        return
    rows = planned(problem.op.static_extents()[roles.row])
    for size in (2 * block[0], block[0] // 2, 4 * block[0], block[0] // 4):
        if 1 <= size <= rows:
            yield schedule.updated({"block": size})


def _parts(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr]:
    """The sum of a tile in more or fewer parts at once, whose accumulators fit the registers."""
    sizes, vector = sizes_of(problem.op), schedule.integers("vector")
    if sizes is None or vector is None or not schedule.integers("pack"):
        return
    registers = prod(vector) // sizes.lanes
    for parts in PARTS:
        if parts * registers < host().vector_registers:
            yield schedule.updated({"parts": parts})


def _threads(problem: Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr]:
    """The iterator that threads share, or none."""
    if problem.threads < 2:
        return
    extents = problem.op.static_extents()
    for dim in problem.op.parallel_dims:
        if extents[dim] == DYNAMIC_INDEX or extents[dim] >= problem.threads:
            yield schedule.updated({"threads": [dim]})
    yield schedule.updated({"threads": []})


AXES: dict[str, Axis] = {
    "kernel": _kernel,
    "vector": _vector,
    "pack": _pack,
    "dot": _dot,
    "order": _order,
    "tile": _tile,
    "parts": _parts,
    "block": _block,
    "threads": _threads,
}
"""The keys, in the order in which they are looked at."""
