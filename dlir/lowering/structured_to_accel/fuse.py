"""Which tensors are computed inside of the kernel that reads them, tile by tile.

A tensor is fused when all of its readers are in one kernel, each tile of the kernel reads the rows
that no other tile reads, and its lanes are read as a whole: the row statistics of a norm, the
exponentials of a softmax, the scores of an attention. It then never leaves the chip, and never
takes more of it than a tile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import shape_of
from dlir.lowering.structured_to_accel.plan import ContractionPlan, Operand, Plan
from dlir.lowering.structured_to_accel.stored import blocks_of

Axis = int | None
"""An iterator of the kernel's own op; None for a dimension that is read as a whole."""


@dataclass
class Fusion:
    """The choice for one program: `plans` in order, `kept` the tensors that others read."""

    plans: Mapping[Operation, Plan]
    kept: set[SSAValue]
    cols: int
    most_lines: int
    """Lines that one row of a tile may take of a fused tensor."""
    fused: dict[SSAValue, Plan] = field(default_factory=dict[SSAValue, Plan])
    _root: dict[Operation, Operation] = field(default_factory=dict[Operation, Operation])
    _axes: dict[Operation, dict[int, Axis]] = field(
        default_factory=dict[Operation, dict[int, Axis]]
    )

    def run(self) -> dict[SSAValue, Plan]:
        """Decide from the last op to the first."""
        for op, plan in reversed(list(self.plans.items())):
            if not self._fuse(op, plan):
                self._root[op] = op
                self._axes[op] = {d: d for d in plan.op.parallel_dims if d != plan.lane}
        return self.fused

    def _fuse(self, op: Operation, plan: Plan) -> bool:
        value = op.results[0]
        readers = [use.operation for use in value.uses]
        if value in self.kept or not readers or any(r not in self.plans for r in readers):
            return False
        if isinstance(plan, ContractionPlan) and plan.constant:
            return False  # its tiles are better chosen by themselves
        roots = {self._root[r] for r in readers}
        if len(roots) != 1:
            return False
        root = roots.pop()
        walks = [self._walk(r, o) for r in set(readers) for o in _operands(self.plans[r], value)]
        if any(w is None for w in walks) or any(w != walks[0] for w in walks):
            return False
        axes = walks[0]
        assert axes is not None
        wanted = {
            d for d in self.plans[root].op.parallel_dims
            if d != self.plans[root].lane and self.plans[root].extents[d] > 1
        }  # fmt: skip
        if not wanted <= {a for a in axes if a is not None}:
            return False
        mine = self._own(plan, axes)
        if mine is None or self._least_lines(value, plan, axes) > self.most_lines:
            return False
        self._root[op], self._axes[op] = root, mine
        self.fused[value] = plan
        return True

    def _least_lines(self, value: SSAValue, plan: Plan, axes: Sequence[Axis]) -> int:
        """Lines of the smallest tile: 32-bit numbers of all that is read as a whole."""
        whole = [n for n, axis in zip(shape_of(value), axes, strict=True) if axis is None]
        lanes = 1 if plan.out_lane is None else shape_of(value)[plan.out_lane]
        return 4 * prod(whole) // max(1, lanes) * blocks_of(lanes, self.cols)

    def _walk(self, reader: Operation, operand: Operand) -> Sequence[Axis] | None:
        """Per dimension of the tensor, the kernel's iterator that walks it, or None for whole."""
        plan, axes = self.plans[reader], self._axes[reader]
        if operand.filler is not None:
            return None
        if isinstance(plan, ContractionPlan) and (operand is not plan.a or plan.constant):
            return None  # packed weights are worth tiles of their own
        found: list[Axis] = []
        for form in operand.forms:
            if not form.dims and form.constant == 0:
                found.append(None)
                continue
            if form.plain_dim is None:
                return None
            found.append(axes.get(form.plain_dim))
        return found

    def _own(self, plan: Plan, axes: Sequence[Axis]) -> dict[int, Axis] | None:
        """The producer's iterators as the kernel's; its lanes must be whole."""
        mine: dict[int, Axis] = {}
        for position, (form, axis) in enumerate(zip(plan.op.out_forms, axes, strict=True)):
            if form.plain_dim is None:
                if _is_point(form) and axis is None:
                    continue
                return None
            if position == plan.out_lane and axis is not None:
                return None
            mine[form.plain_dim] = axis
        return mine


def _is_point(form: Linear) -> bool:
    return not form.dims and form.constant == 0


def _operands(plan: Plan, value: SSAValue) -> list[Operand]:
    return [o for o in (*plan.operands, *plan.extras) if o.value is value]
