"""The tiles of every contraction of a program, from what is known before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import i8
from xdsl.ir import Operation, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.accel.attrs import tile_type
from dlir.dialects.accel.verify import width_of
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.structured_to_accel import tiling
from dlir.lowering.structured_to_accel.contraction import plane_rows
from dlir.lowering.structured_to_accel.expression import (
    ROUNDED,
    Arg,
    Call,
    Expr,
    unrounded,
)
from dlir.lowering.structured_to_accel.homes import Homes, packing
from dlir.lowering.structured_to_accel.plan import (
    ContractionPlan,
    Operand,
    rounded_lines,
)
from dlir.lowering.structured_to_accel.problem import Problem
from dlir.lowering.structured_to_accel.schedule import tiling_of
from dlir.lowering.structured_to_accel.stored import blocks_of
from dlir.lowering.structured_to_accel.tiles import Box, hull, last_of_rows, strides_of
from dlir.lowering.structured_to_accel.tiling import Tiling
from dlir.targets.accel.description import Machine

LARGER = "a machine with more scratchpad (spm.bytes) or accumulators (acc.rows)"
"""The help where no tile fits."""


def too_large(free_lines: int, machine: Machine) -> str:
    """The reason why an op has no tile."""
    return (
        f"no tile of it fits: {free_lines * machine.array.cols} bytes of the scratchpad and "
        f"{machine.acc.rows} rows of accumulators are free"
    )


def tilings_of(homes: Homes) -> dict[Operation, Tiling]:
    """The tiling of every contraction with a kernel of its own, as the text says or the cheapest.

    Raises CompileError where no tile fits, and where the text asks for what cannot be.
    """
    section = homes.section
    chosen: dict[Operation, Tiling] = {}
    for number, op in enumerate(section.ops):
        plan = section.plans.get(op)
        if not isinstance(plan, ContractionPlan) or op.results[0] in homes.fused:
            continue
        problem = problem_of(homes, plan, op.results[0], homes.free_lines(number))
        given = tiling_of(plan, problem, section.cols)
        found = tiling.choose(problem, section.machine) if given is None else given
        if found is None:
            reason = too_large(problem.spm_lines, section.machine)
            fail(op, f"does not fit the machine: {reason}", rule="accel-fit", help=LARGER)
        chosen[op] = found
    return chosen


def problem_of(homes: Homes, plan: ContractionPlan, result: SSAValue, free_lines: int) -> Problem:
    """A contraction as the search sees it, with so many lines for its tiles."""
    return _Kernel(homes, plan, result).problem(free_lines)


@dataclass(frozen=True)
class _Kernel:
    """A contraction with all that its tiles depend on."""

    homes: Homes
    plan: ContractionPlan
    result: SSAValue

    @property
    def cols(self) -> int:
        return self.homes.section.cols

    def problem(self, free_lines: int) -> Problem:
        """The contraction as the search sees it."""
        plan, homes, cols = self.plan, self.homes, self.cols
        assert plan.lane is not None
        epilogue = unrounded(plan.epilogue or Arg(0))
        a, fused_a = plan.a.value, plan.a.value in homes.fused
        width = 1 if element_type_of(a) == i8 else 2
        acc_rows = homes.section.machine.acc.rows
        out_on_chip = homes.root(self.result) in homes.resident
        return Problem(
            rows=tuple(plan.extents[d] for d in plan.rows),
            n_blocks=blocks_of(plan.extents[plan.lane], cols),
            k_blocks=1 if plan.diagonal else blocks_of(plan.extents[plan.k], cols),
            taps=prod(plan.extents[d] for d in plan.taps),
            repeat=prod(plan.extents[d] for d in plan.batch),
            type="i8" if width == 1 else "bf16",
            width=width,
            out_width=self.width(self.result),
            hull=self.hull_rows,
            is_strided=self.is_strided(),
            a_on_chip=homes.is_on_chip(a),
            w_on_chip=self.has_weights(),
            out_on_chip=out_on_chip,
            extra_rows=sum(self.width(e.value) for e in plan.extras if self.streams(e)),
            column_lines=sum(self.width(e.value) for e in columns_of(plan, homes)),
            functions=tuple(_functions(epilogue)),
            spm_lines=free_lines,
            acc_rows=acc_rows // (2 if plan.by_vector else 1),
            vector_taps=self.taps_by_vector(),
            k_rows=plane_rows(plan, cols),
            a_outside=homes.is_argument(a),
            out_outside=homes.is_argument(self.result),
            diagonal=plan.diagonal,
            whole_n=fused_a,
            fused_lines=homes.fused_lines(plan) if fused_a else 0,
            rounded_lines=rounded_lines(plan.epilogue),
        )

    def width(self, value: SSAValue) -> int:
        """Lines per row of a tensor as it is stored."""
        return width_of(
            tile_type(None, (1, self.cols), self.homes.section.found.stored_type(value))
        )

    def streams(self, extra: Operand) -> bool:
        """Whether an operand of the epilogue comes from DRAM with every row."""
        varies = len({d for f in extra.forms for d in f.dims}) > 1
        return varies and not self.homes.is_on_chip(extra.value)

    def has_weights(self) -> bool:
        """Whether the weights are on chip already."""
        if self.plan.constant:
            return packing(self.plan, self.cols) in self.homes.shared
        return self.homes.is_on_chip(self.plan.w.value)

    def hull_rows(self, tile: Sequence[int], runs: bool) -> tuple[int, int]:
        """Rows of the activations that a tile loads, per block of the sum, and of one run."""
        box, last = self.box(tile), self.last_of_rows()
        strides = strides_of(self.plan.a.forms, box, last if runs else None)
        _, sizes = hull(self.plan.a.forms, box)
        sizes = [-(-n // s) for n, s in zip(sizes, strides, strict=True)]
        total = prod(n for d, n in enumerate(sizes) if d != self.lane_of_activations())
        return total, 1 if last is None or strides[last] > 1 else sizes[last]

    def box(self, tile: Sequence[int]) -> Box:
        """The first tile of the first batch."""
        box = [(0, n) for n in self.plan.extents]
        for d, size in zip(self.plan.rows, tile, strict=True):
            box[d] = (0, size)
        for d in self.plan.batch:
            box[d] = (0, 1)
        return box

    def is_strided(self) -> bool:
        """Whether some rows of the activations' runs are not read."""
        last = self.last_of_rows()
        if last is None:
            return False
        tile = [self.plan.extents[d] for d in self.plan.rows]
        return strides_of(self.plan.a.forms, self.box(tile))[last] > 1

    def last_of_rows(self) -> int | None:
        """The dimension of the activations of which one row follows another in memory."""
        return last_of_rows(len(self.plan.a.forms), self.lane_of_activations())

    def lane_of_activations(self) -> int | None:
        """The dimension of the activations that lies on the lanes; of fused ones all are rows."""
        a = self.plan.a
        if a.value in self.homes.fused:
            return None
        return a.host.layout.lane if a.host else self.homes.section.found.lanes[a.value]

    def taps_by_vector(self) -> float:
        """Passes of the vector unit over the result for products that it makes itself."""
        plan = self.plan
        if not plan.by_vector:
            return 0.0
        strided = any(max(f.coefficients) > 1 for f in plan.a.forms)
        return float(prod(plan.extents[d] for d in plan.taps) * (1 + strided))


def columns_of(plan: ContractionPlan, homes: Homes) -> list[Operand]:
    """The epilogue's operands from DRAM with a number per column."""
    return [
        extra
        for number, extra in enumerate(plan.extras)
        if number != plan.scale
        and {d for f in extra.forms for d in f.dims} == {plan.lane}
        and not homes.is_on_chip(extra.value)
    ]


def _functions(expr: Expr) -> Iterator[str]:
    """The functions of an expression, each as often as it is computed; sums are copied to round."""
    if isinstance(expr, Call):
        if expr.fn != ROUNDED:
            yield expr.fn
        elif not isinstance(expr.args[0], Call):
            yield "copy"
        for argument in expr.args:
            yield from _functions(argument)
