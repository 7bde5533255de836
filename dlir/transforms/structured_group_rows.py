"""`structured-group-rows`: ops that can walk the rows of their tensors together are marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func, tensor
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from dlir.dialects.structured.ops import DestinationOp, GenericOp
from dlir.transforms.row_groups.group import Group, is_candidate, walks_along_rows
from dlir.transforms.row_groups.products import between_products


@dataclass(frozen=True)
class StructuredGroupRows(ModulePass):
    """Give the ops of a softmax, a norm or the like one `rows` entry in their schedules.

    A group begins with a reduction of rows. An op joins it that reads what the group made, each row
    of its result from the same row. `rows` holds the group's number, then the iterators that
    number the rows: `structured-bufferize` keeps the memory of a group's ops apart, and
    `structured-walk-rows` takes some rows through all of the ops before it turns to the next ones.

    Attention is such a group between two contractions: the first one makes rows of scores, and the
    last one reads them. Their right sides, keys and values, belong to heads that are among the
    rows' iterators: weights, which are the same for all rows, are not read again for every block.
    How many rows of scores are there at a time is `block`, which the first contraction's schedule
    may say; else so many that they stay in the second
    cache, and make the fewest register tiles; unknown numbers and lengths are planned for as for
    256. For rows that are too long for that the ops between the contractions are a group alone.

    Before:
    ```mlir
    %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
           iterators = [parallel, reduction], ...} ins(%x : tensor<8x64xf32>) ...
    %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
           iterators = [parallel, parallel]} ins(%x, %m : tensor<8x64xf32>, tensor<8xf32>) ...
    ```
    After:
    ```mlir
    %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
           iterators = [parallel, reduction], ...,
           schedule = #structured.schedule<rows = [0, 0]>} ins(%x : tensor<8x64xf32>) ...
    %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
           iterators = [parallel, parallel],
           schedule = #structured.schedule<rows = [0, 0]>} ins(%x, %m : ...) ...
    ```
    """

    name = "structured-group-rows"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and function.body.blocks:
                block = function.body.block
                first = len(between_products(block))
                for number, group in enumerate(_groups(list(block.ops)), first):
                    group.mark(number)


def _groups(ops: Sequence[Operation]) -> Iterator[Group]:
    group = Group()
    for op in ops:
        if isinstance(op, GenericOp):
            rows = group.rows_of(op)
            if rows is None:
                yield from _complete(group)
                group, rows = Group(), _first_rows(op)
            if rows is not None:
                group.add(op, rows)
        elif isinstance(op, DestinationOp) or op.regions:
            yield from _complete(group)
            group = Group()
    yield from _complete(group)


def _complete(group: Group) -> Iterator[Group]:
    if len(group.members) > 1:
        yield group


def _first_rows(op: GenericOp) -> tuple[int, ...] | None:
    """The iterators that number the rows which an op reduces."""
    rows = tuple(op.parallel_dims)
    fresh = isinstance(op.outs.owner, tensor.EmptyOp)
    if not rows or not op.reduction_dims or not fresh or not is_candidate(op):
        return None
    return rows if walks_along_rows(op, rows) else None
