"""The decisions of the accelerator's lowering as text: `schedule` attributes of structured ops.

`home` says where a result is, `tile` and the rest in which pieces a contraction is computed; see
`ScheduleAttr`. `accel-fuse` and `accel-choose-tiles` write them, `convert-structured-to-accel`
obeys those that are there, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NoReturn

from xdsl.ir import Operation

from dlir.diagnostics import fail
from dlir.dialects.structured.attrs import ScheduleAttr, ScheduleValue
from dlir.dialects.structured.ops import GenericOp
from dlir.lowering.structured_to_accel.plan import ContractionPlan
from dlir.lowering.structured_to_accel.problem import Problem
from dlir.lowering.structured_to_accel.tiling import Tiling

TILE, SPM, DRAM = "tile", "spm", "dram"
"""Homes of a result: a tile of the kernel that reads it, the scratchpad, or DRAM."""


def note(op: GenericOp, entries: Mapping[str, ScheduleValue]) -> None:
    """Add to the schedule of an op."""
    before = ScheduleAttr.get({}) if op.schedule is None else op.schedule
    op.schedule = before.updated(entries)


def home_of(op: Operation) -> str | None:
    """The home that the text asks for. Raises CompileError for an unknown word."""
    schedule = op.schedule if isinstance(op, GenericOp) else None
    word = None if schedule is None else schedule.word("home")
    if word not in (None, TILE, SPM, DRAM):
        fail(op, f"has the home '{word}'", rule="accel-home", help=f"{TILE}, {SPM} or {DRAM}")
    return word


# --- tiles ----------------------------------------------------------------------------------------


def entries_of(plan: ContractionPlan, tiling: Tiling, cols: int) -> dict[str, ScheduleValue]:
    """A tiling in numbers per iterator; 0 for all of it."""
    entries: dict[str, ScheduleValue] = {
        "tile": _per_iterator(plan, (*tiling.rows, tiling.n), tiling.k, cols)
    }
    if tiling.panel:
        entries["panel"] = [tiling.panel]
    if tiling.keep_weights:
        entries["keep"] = [1]
    if tiling.runs:
        entries["runs"] = [0]
    if tiling.held:
        entries["accumulators"] = _per_iterator(plan, tiling.held, tiling.k, cols)
    return entries


def _per_iterator(plan: ContractionPlan, part: Sequence[int], k: int, cols: int) -> list[int]:
    *rows, n = part
    sizes = {**dict(zip(plan.rows, rows, strict=True)), **dict.fromkeys(plan.batch, 1)}
    assert plan.lane is not None
    sizes[plan.lane] = n * cols
    if not plan.diagonal:
        sizes[plan.k] = k * cols
    return [0 if sizes.get(d, n) >= n else sizes[d] for d, n in enumerate(plan.extents)]


def tiling_of(plan: ContractionPlan, problem: Problem, cols: int) -> Tiling | None:
    """The tiling that the text asks for. Raises CompileError for one that cannot be."""
    schedule = plan.op.schedule
    if schedule is None or (tile := schedule.integers("tile")) is None:
        return None
    *rows, n, k = _blocks(plan, tile, cols, "tile")
    part = schedule.integers("accumulators")
    held: tuple[int, ...] = ()
    if part is not None:
        most = _blocks(plan, part, cols, "accumulators")[:-1]
        held = tuple(min(pair) for pair in zip(most, (*rows, n), strict=True))
    panel, keep = schedule.integers("panel") or (0,), schedule.integers("keep") or ()
    if len(panel) != 1 or panel[0] < 0 or keep not in ((), (1,)):
        _refuse(plan, "panel takes one number of tiles, keep the operand number 1 (the weights)")
    runs = schedule.integers("runs") or ()
    if runs not in ((), (0,)):
        _refuse(plan, "runs takes the operand number 0 (the activations)")
    _require_accumulators(plan, problem, held or (*rows, n))
    if problem.whole_n and (n < problem.n_blocks or k < problem.k_blocks):
        _refuse(plan, "its activations are computed in place, so columns and sum are not cut")
    return Tiling(tuple(rows), n, k, panel[0], keep == (1,), held, runs == (0,), 0.0)


def _blocks(plan: ContractionPlan, sizes: Sequence[int], cols: int, key: str) -> list[int]:
    """Extents of the rows, and blocks of columns and of the sum."""
    extents = plan.extents
    if len(sizes) != len(extents):
        _refuse(plan, f"{key} has {len(sizes)} numbers, of {len(extents)} iterators")
    size = [min(s, n) if s > 0 else n for s, n in zip(sizes, extents, strict=True)]
    for d in plan.batch:
        if sizes[d] not in (0, 1):
            _refuse(plan, f"{key} takes {sizes[d]} of iterator {d}, which is walked one by one")
    for d in plan.taps:
        if size[d] < extents[d]:
            _refuse(plan, f"{key} cuts iterator {d}, a tap of the window")
    assert plan.lane is not None
    for d in (plan.lane, plan.k):
        if size[d] < extents[d] and size[d] % cols:
            _refuse(plan, f"{key} takes {size[d]} of iterator {d}, which goes in blocks of {cols}")
    k = 1 if plan.diagonal else -(-size[plan.k] // cols)
    return [*(size[d] for d in plan.rows), -(-size[plan.lane] // cols), k]


def _require_accumulators(plan: ContractionPlan, problem: Problem, part: Sequence[int]) -> None:
    if prod(part) > problem.acc_rows:
        _refuse(
            plan,
            f"its tile takes {prod(part)} rows of accumulators, of which there are "
            f"{problem.acc_rows}; accumulators = [...] says which part of it they take at a time",
        )


def _refuse(plan: ContractionPlan, reason: str) -> NoReturn:
    fail(
        plan.op,
        f"cannot be computed as its schedule says: {reason}",
        rule="accel-schedule",
        help="`accel-choose-tiles` writes a tile where there is none",
    )
