"""Groups of ops that walk rows together, as the schedules' `rows` and `block` entries tell."""

from __future__ import annotations

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp, shape_of


def rows_of(op: object) -> tuple[int, ...] | None:
    """The number of an op's group, then the iterators that number its rows."""
    schedule = op.schedule if isinstance(op, GenericOp) else None
    return schedule.integers("rows") if schedule is not None else None


def group_number(op: object) -> int | None:
    rows = rows_of(op)
    return rows[0] if rows else None


def block_of(op: GenericOp) -> int | None:
    """How many rows the op's group takes at a time, if that was chosen for it."""
    block = op.schedule.integers("block") if op.schedule is not None else None
    return block[0] if block else None


def is_local(value: SSAValue) -> bool:
    """Whether the ops of one group alone see a tensor, and of it one block of rows at a time, which
    are of known number and size."""
    owner, marks = value.owner, rows_of(value.owner)
    if not isinstance(owner, GenericOp) or marks is None or block_of(owner) is None:
        return False
    number, *rows = marks
    sizes = zip(shape_of(owner.outs), owner.out_forms, strict=True)
    unknown = {form.plain_dim for size, form in sizes if size == DYNAMIC_INDEX}
    if not unknown <= {*rows[:-1]}:  # the others are taken one by one
        return False
    return all(group_number(use.operation) == number for use in value.uses)
