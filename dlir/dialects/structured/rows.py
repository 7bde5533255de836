"""Groups of ops that walk rows together, as the schedules' `rows` and `block` entries tell."""

from __future__ import annotations

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Block, SSAValue

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
    if not isinstance(owner, GenericOp) or marks is None or not _is_of_group(value):
        return False
    sizes = zip(shape_of(owner.outs), owner.out_forms, strict=True)
    unknown = {form.plain_dim for size, form in sizes if size == DYNAMIC_INDEX}
    return unknown <= {*marks[1:-1]}  # these are taken one by one


def block_dimension(value: SSAValue) -> int | None:
    """The dimension of which one block is enough, if one group alone sees the tensor: its blocks
    can be in the same memory, one after the other, unless threads divide them."""
    owner, marks = value.owner, rows_of(value.owner)
    if not isinstance(owner, GenericOp) or marks is None or not _is_of_group(value):
        return None
    if owner.parent is None or any(map(_divides_blocks, _members(owner.parent, marks[0]))):
        return None
    return [form.plain_dim for form in owner.out_forms].index(marks[-1])


def _is_of_group(value: SSAValue) -> bool:
    """Whether the ops of one group alone see what one of them makes, in blocks."""
    owner = value.owner
    if not isinstance(owner, GenericOp) or block_of(owner) is None:
        return False
    return all(group_number(use.operation) == group_number(owner) for use in value.uses)


def _members(block: Block, number: int) -> list[GenericOp]:
    ops = [op for op in block.ops if isinstance(op, GenericOp)]
    return [op for op in ops if group_number(op) == number]


def _divides_blocks(op: GenericOp) -> bool:
    threads = op.schedule.integers("threads") if op.schedule is not None else None
    return bool(threads) and threads == (rows_of(op) or ())[-1:]
