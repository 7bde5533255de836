"""Groups between two contractions, such as attention: rows of scores are made and used up.

    scores = q k^T (and a mask); shares = softmax(scores); result = shares v

The scores of all rows are large, those of a block of rows are not: only these are ever in memory.
For each block, all keys and values of a head are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, prod

from xdsl.dialects import tensor
from xdsl.dialects.builtin import FixedBitwidthType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.diagnostics import fail
from dlir.dialects.structured.ops import DestinationOp, GenericOp, element_type_of, shape_of
from dlir.dialects.structured.roles import (
    Contraction,
    is_elementwise,
    match_contraction,
    may_fail,
    planned,
)
from dlir.dialects.structured.rows import block_of
from dlir.transforms.row_groups.group import Group

BLOCK_BYTES = 256 << 10
"""Of what a block has to itself: a part of a second cache, and not too much of a thread's stack."""
MOST_BYTES = 1 << 20
"""Of a block whose rows a schedule says."""
FEWEST_ROWS = 4
"""For which keys and values are read once more; rows that are so long that fewer fit stay whole."""
MOST_ROWS = 64
"""More rows are no faster: measured from 13 to 128, for 128 to 2048 keys, they are all the same."""


def between_products(block: Block) -> list[Group]:
    """Mark the groups between two contractions, and say which they are."""
    found: list[Group] = []
    for op in list(block.ops):
        group = _group(op) if isinstance(op, GenericOp) else None
        rows = _block_rows(group) if group is not None else None
        if group is not None and rows is not None:
            _bring_together(group)
            _reuse_memory(group)
            group.mark(len(found))
            _mark_products(group, rows)
            found.append(group)
    return found


def _mark_products(group: Group, block: int) -> None:
    """Rows are taken in blocks, and run along register tiles; threads divide nothing else."""
    for op, rows in group.members:
        assert op.schedule is not None
        op.schedule = op.schedule.updated({"block": block})
        threads = op.schedule.integers("threads")
        if threads and threads[0] not in rows:
            op.schedule = op.schedule.without("threads")
    last, rows = group.members[-1]
    roles = match_contraction(last)
    if roles is not None and roles.row != rows[-1] and last.schedule is not None:
        others = [d for d in range(len(last.kinds)) if d not in rows]
        last.schedule = last.schedule.updated({"order": [*rows, *others]})


def _group(first: GenericOp) -> Group | None:
    """The ops from one contraction to the next one, if all that read its rows walk along these."""
    roles = _product(first)
    if roles is None or not isinstance(first.outs.owner, tensor.EmptyOp):
        return None
    group = Group()
    assert roles.row is not None
    group.add(first, (*roles.outer, roles.row))
    for op in _behind(first):
        if not isinstance(op, DestinationOp) and op.regions:
            return None
        if not any(operand in group.places for operand in op.operands):
            continue
        rows = _rows_of(group, op)
        if rows is None:
            return None
        assert isinstance(op, GenericOp)
        group.add(op, rows)
        if op.schedule is not None and op.schedule.word("kernel") is not None:
            return group
    return None


def _behind(op: Operation) -> Iterator[Operation]:
    following = op.next_op
    while following is not None:
        yield following
        following = following.next_op


def _rows_of(group: Group, op: Operation) -> tuple[int, ...] | None:
    """The rows of what may stand between the contractions, or of the last one."""
    if not isinstance(op, GenericOp):
        return None
    roles = _product(op)
    if roles is None:
        return group.rows_of(op)
    if [v for v in op.operands if v in group.places] != [roles.a.value]:
        return None
    rows = group.rows_read(op, list(op.inputs).index(roles.a.value))
    fits = rows is not None and group.may_write(op, rows)
    return rows if fits and rows and {*rows} == {*roles.outer, roles.row} else None


def _product(op: GenericOp) -> Contraction | None:
    """The roles in a contraction that can be done for some rows, with a right side per head."""
    if op.schedule is None or op.schedule.word("kernel") != "contraction" or may_fail(op):
        return None
    roles = match_contraction(op)
    if roles is None or roles.row is None or op.domain is not None:
        return None
    will_be_direct = roles.a.padding is None and bool(op.schedule.integers("pack"))
    if not roles.is_direct and not will_be_direct:
        return None
    rows = (*roles.outer, roles.row)
    written = [form.plain_dim for form in op.out_forms]
    has_heads = any(roles.b.depends_on(row) for row in roles.outer)
    return roles if has_heads and all(written.count(row) == 1 for row in rows) else None


# --- how many rows --------------------------------------------------------------------------------


def _block_rows(group: Group) -> int | None:
    """What the first one's schedule says, or the number of rows with the fewest register tiles;
    None if too few would fit."""
    (first, rows), *_, (last, _) = group.members
    sizes = [_bytes_of_row(group, op) for op, _ in group.members[:-1]]
    extent = planned(first.static_extents()[rows[-1]])
    if (given := block_of(first)) is not None:
        _check_memory(first, min(given, extent) * sum(sizes))
        return given
    most = min(BLOCK_BYTES // max(1, sum(sizes)), MOST_ROWS, extent)
    if most < min(FEWEST_ROWS, max(1, extent)):
        return None
    heights = [_tile_rows(op) for op in (first, last)]

    def tiles(count: int) -> int:
        full, rest = divmod(extent, count)
        return sum(full * ceil(count / height) + ceil(rest / height) for height in heights)

    return min(range(most, most // 2, -1), key=tiles)


def _check_memory(op: GenericOp, size: int) -> None:
    """A schedule may not ask for more than a thread's stack has room for."""
    if size > MOST_BYTES:
        fail(
            op,
            f"has a block of rows of {size:,} bytes; {MOST_BYTES:,} are the most",
            help="write a smaller 'block'",
        )


def _tile_rows(op: GenericOp) -> int:
    tile = op.schedule.integers("vector") if op.schedule is not None else None
    return tile[0] if tile else 1


def _bytes_of_row(group: Group, op: GenericOp) -> int:
    """What a row of its result adds to a block, if unknown sizes are as planned."""
    assert op.result is not None
    if _is_replacing(group, op) is not None or not isinstance(op.outs.owner, tensor.EmptyOp):
        return 0
    element, places = element_type_of(op.result), group.places[op.result]
    sizes = [planned(size) for p, size in enumerate(shape_of(op.result)) if p not in places]
    width = element.bitwidth if isinstance(element, FixedBitwidthType) else 64
    return prod(sizes) * width // 8


# --- memory ---------------------------------------------------------------------------------------


def _bring_together(group: Group) -> None:
    """Move what stands between the members in front of them; it reads nothing that they make."""
    members = {op for op, _ in group.members}
    first, last = group.members[0][0], group.members[-1][0]
    for op in list(_behind(first)):
        if op is last:
            return
        if op not in members:
            op.detach()
            Rewriter.insert_op(op, InsertPoint.before(first))


def _reuse_memory(group: Group) -> None:
    """Let ops write in the place of what they read as the last ones."""
    for op, _ in group.members[:-1]:
        replaced = _is_replacing(group, op)
        if replaced is not None:
            op.operands[len(op.inputs)] = replaced


def _is_replacing(group: Group, op: GenericOp) -> SSAValue | None:
    """The input of which each element is read by this op last, and where its result has one."""
    if not isinstance(op.outs.owner, tensor.EmptyOp) or not is_elementwise(op):
        return None
    order = {member: number for number, (member, _) in enumerate(group.members)}
    for value, forms in zip(op.inputs, op.input_forms, strict=True):
        same = value.type == op.outs.type and forms == op.out_forms
        if same and value in group.places and _is_read_last(value, op, order):
            return value
    return None


def _is_read_last(value: SSAValue, op: GenericOp, order: dict[GenericOp, int]) -> bool:
    readers: Sequence[Operation] = [use.operation for use in value.uses if use.operation is not op]
    return all(
        isinstance(reader, GenericOp) and order.get(reader, len(order)) < order[op]
        for reader in readers
    )
