"""A group of structured ops that can walk the rows of their tensors together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import tensor
from xdsl.ir import SSAValue

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import covers_outs, may_fail
from dlir.dialects.structured.rows import rows_of


@dataclass
class Group:
    """Ops in order, each with the iterators that number the rows."""

    members: list[tuple[GenericOp, tuple[int, ...]]] = field(
        default_factory=list[tuple[GenericOp, tuple[int, ...]]]
    )
    places: dict[SSAValue, tuple[int, ...]] = field(default_factory=dict[SSAValue, tuple[int, ...]])
    """Of each result, the dimensions that number the rows."""

    def add(self, op: GenericOp, rows: tuple[int, ...]) -> None:
        assert op.result is not None
        self.members.append((op, rows))
        dims = [form.plain_dim for form in op.out_forms]
        self.places[op.result] = tuple(dims.index(row) for row in rows)

    def rows_of(self, op: GenericOp) -> tuple[int, ...] | None:
        """The iterators of an op that number the same rows; None if it cannot join."""
        if not is_candidate(op):
            return None
        found = {
            self.rows_read(op, number)
            for number, value in enumerate(op.inputs)
            if value in self.places
        }
        rows = next(iter(found)) if len(found) == 1 else None
        if rows is None or any(v in self.places for v in op.epilogue_inputs):
            return None
        return rows if walks_along_rows(op, rows) and self.may_write(op, rows) else None

    def may_write(self, op: GenericOp, rows: tuple[int, ...]) -> bool:
        """Whether it writes fresh memory, or in the place of a row the same row."""
        if isinstance(op.outs.owner, tensor.EmptyOp):
            return True
        places = self.places.get(op.outs)
        return places is not None and rows == tuple(op.out_forms[p].plain_dim for p in places)

    def rows_read(self, op: GenericOp, number: int) -> tuple[int, ...] | None:
        """The iterators of an op that number the rows which it reads as one of its inputs."""
        forms = op.input_forms[number]
        dims = [forms[place].plain_dim for place in self.places[op.inputs[number]]]
        rows = tuple(d for d in dims if d is not None)
        others = [f for p, f in enumerate(forms) if p not in self.places[op.inputs[number]]]
        apart = not any(d in form.dims for form in others for d in rows)
        return rows if apart and len(rows) == len(dims) else None

    def mark(self, number: int) -> None:
        """Tell all members that they are the group of this number."""
        for op, rows in self.members:
            schedule = op.schedule or ScheduleAttr.get({})
            op.schedule = schedule.updated({"rows": [number, *rows]})


def is_candidate(op: GenericOp) -> bool:
    """Whether rows can be cut out of its operands without further ado."""
    kernel = op.schedule.word("kernel") if op.schedule is not None else None
    padded = any(padding is not None for padding in op.paddings)
    starts = op.init is not None or not op.reduction_dims
    return (
        kernel is None
        and rows_of(op) is None
        and not padded
        and starts
        and op.domain is None
        and op.result is not None
        and covers_outs(op)
        and not may_fail(op)
    )


def walks_along_rows(op: GenericOp, rows: Sequence[int]) -> bool:
    """Whether each row is a result's own, and vectors run within rows."""
    written = [form.plain_dim for form in op.out_forms]
    within = [form.plain_dim for forms in op.input_forms for form in forms[-1:]]
    if not op.reduction_dims:
        within = written[-1:]
    along = [d for d in within if d is not None and d not in rows]
    return bool(along) and all(written.count(row) == 1 for row in rows)
