"""`structured-group-rows`: ops that can walk the rows of their tensors together are marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import func, tensor
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops import DestinationOp, GenericOp
from dlir.dialects.structured.roles import covers_outs, may_fail


@dataclass(frozen=True)
class StructuredGroupRows(ModulePass):
    """Give the ops of a softmax, a norm or the like one `rows` entry in their schedules.

    A group begins with a reduction of rows. An op joins it that reads what the group made, each row
    of its result from the same row. `rows` holds the group's number, then the iterators that
    number the rows: `structured-bufferize` keeps the memory of a group's ops apart, and
    `structured-walk-rows` takes some rows through all of the ops before it turns to the next ones.

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
                for number, group in enumerate(_groups(list(function.body.block.ops))):
                    group.mark(number)


@dataclass
class _Group:
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
        if not _is_candidate(op):
            return None
        found = {
            self._rows_read(op, number)
            for number, value in enumerate(op.inputs)
            if value in self.places
        }
        rows = next(iter(found)) if len(found) == 1 else None
        if rows is None or any(v in self.places for v in op.epilogue_inputs):
            return None
        return rows if _walks_along_rows(op, rows) and self._may_write(op, rows) else None

    def _may_write(self, op: GenericOp, rows: tuple[int, ...]) -> bool:
        """Whether it writes fresh memory, or in the place of a row the same row."""
        if isinstance(op.outs.owner, tensor.EmptyOp):
            return True
        places = self.places.get(op.outs)
        return places is not None and rows == tuple(op.out_forms[p].plain_dim for p in places)

    def _rows_read(self, op: GenericOp, number: int) -> tuple[int, ...] | None:
        forms = op.input_forms[number]
        dims = [forms[place].plain_dim for place in self.places[op.inputs[number]]]
        rows = tuple(d for d in dims if d is not None)
        others = [f for p, f in enumerate(forms) if p not in self.places[op.inputs[number]]]
        apart = not any(d in form.dims for form in others for d in rows)
        return rows if apart and len(rows) == len(dims) else None

    def mark(self, number: int) -> None:
        for op, rows in self.members:
            schedule = op.schedule or ScheduleAttr.get({})
            op.schedule = schedule.updated({"rows": [number, *rows]})


def _groups(ops: Sequence[Operation]) -> Iterator[_Group]:
    group = _Group()
    for op in ops:
        if isinstance(op, GenericOp):
            rows = group.rows_of(op)
            if rows is None:
                yield from _complete(group)
                group, rows = _Group(), _first_rows(op)
            if rows is not None:
                group.add(op, rows)
        elif isinstance(op, DestinationOp) or op.regions:
            yield from _complete(group)
            group = _Group()
    yield from _complete(group)


def _complete(group: _Group) -> Iterator[_Group]:
    if len(group.members) > 1:
        yield group


def _is_candidate(op: GenericOp) -> bool:
    """Whether rows can be cut out of its operands without further ado."""
    kernel = op.schedule.word("kernel") if op.schedule is not None else None
    padded = any(padding is not None for padding in op.paddings)
    starts = op.init is not None or not op.reduction_dims
    return (
        kernel is None
        and not padded
        and starts
        and op.domain is None
        and op.result is not None
        and covers_outs(op)
        and not may_fail(op)
    )


def _first_rows(op: GenericOp) -> tuple[int, ...] | None:
    """The iterators that number the rows which an op reduces."""
    rows = tuple(op.parallel_dims)
    fresh = isinstance(op.outs.owner, tensor.EmptyOp)
    if not rows or not op.reduction_dims or not fresh or not _is_candidate(op):
        return None
    return rows if _walks_along_rows(op, rows) else None


def _walks_along_rows(op: GenericOp, rows: Sequence[int]) -> bool:
    """Whether each row is a result's own, and vectors run within rows."""
    written = [form.plain_dim for form in op.out_forms]
    within = [form.plain_dim for forms in op.input_forms for form in forms[-1:]]
    if not op.reduction_dims:
        within = written[-1:]
    along = [d for d in within if d is not None and d not in rows]
    return bool(along) and all(written.count(row) == 1 for row in rows)
