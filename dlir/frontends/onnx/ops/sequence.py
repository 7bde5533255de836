"""Sequences and optional values, which exist at import only.

A sequence is a tuple of values whose length and places are known, so nothing of it is left in the
program: `SequenceAt` is the item, `ConcatFromSequence` a `dl.concat` of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import (
    Absent,
    Constant,
    Imported,
    NeedsValue,
    Tensor,
    TensorList,
    Unsupported,
    Value,
    as_ints,
    value_of,
)

from ..node import Node, normalize_axis
from ..operator import BuildStructure, Graphs

MOST_ITEMS = 1 << 14
"""No sequence becomes longer."""

Inputs: TypeAlias = Sequence["Imported | None"]


def _construct(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    return TensorList(tuple(_tensor(inputs, number) for number in range(len(inputs))))


def _empty(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    return TensorList(())


def _at(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    items = _list(inputs, 0)
    return items[_place(_tensor(inputs, 1), len(items))]


def _insert(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    items, new = _list(inputs, 0), _tensor(inputs, 1)
    place = len(items)
    if _has(inputs, 2):
        place = _place(_tensor(inputs, 2), len(items) + 1, len(items))
    return _limited([*items[:place], new, *items[place:]])


def _erase(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    items = _list(inputs, 0)
    place = _place(_tensor(inputs, 1), len(items)) if _has(inputs, 1) else len(items) - 1
    if not items:
        raise Unsupported("an item of an empty sequence")
    return TensorList((*items[:place], *items[place + 1 :]))


def _length(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    return Constant(np.array(len(_list(inputs, 0))), node.output_names[0])


def _map(graphs: Graphs, node: Node, inputs: Inputs) -> Sequence[Imported]:
    graph, count = node.attributes["body"].g, len(_list(inputs, 0))
    columns = [
        _list(inputs, n) if isinstance(value, TensorList) else [_tensor(inputs, n)] * count
        for n, value in enumerate(inputs)
    ]
    if any(len(column) != count for column in columns):
        raise Unsupported("sequences of different lengths")
    rows = [graphs.subgraph(graph, row) for row in zip(*columns, strict=True)]
    return [
        TensorList(tuple(value_of(row[number]) for row in rows))
        for number in range(len(graph.output))
    ]


def _split(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    context = graphs.context
    x = context.tensor(_tensor(inputs, 0))
    axis = normalize_axis(node.int("axis", 0), x.rank)
    total = x.dims[axis]
    if not isinstance(total, int):
        return _split_unknown(context, x, axis, _tensor(inputs, 1) if _has(inputs, 1) else None)
    sizes = _sizes(_tensor(inputs, 1), total) if _has(inputs, 1) else [1] * total
    if len(sizes) > MOST_ITEMS:
        raise Unsupported(f"a sequence of more than {MOST_ITEMS} tensors")
    starts = np.cumsum([0, *sizes])[:-1]
    parts = [context.take(x, axis, int(a), n) for a, n in zip(starts, sizes, strict=True)]
    if not _has(inputs, 1) and not node.int("keepdims", 1):
        parts = [context.reshape(p, (*p.dims[:axis], *p.dims[axis + 1 :])) for p in parts]
    return TensorList(tuple(parts))


def _split_unknown(context: Context, x: Tensor, axis: int, split: Value | None) -> TensorList:
    """The parts of a dimension whose size is known at run time, when it is compared with theirs."""
    if split is None or split.rank == 0:
        raise Unsupported("a dynamic dimension as a sequence of equal parts")
    sizes = _numbers(split, "sizes of parts")
    if not 0 < len(sizes) <= MOST_ITEMS or min(sizes) < 0:
        raise Unsupported(f"parts of sizes {sizes}")
    dims = [(*x.dims[:axis], size, *x.dims[axis + 1 :]) for size in sizes]
    return TensorList(context.emit_all(dl.SplitOp(x.ssa, axis, sizes), dims))


def _sizes(split: Value, total: int) -> list[int]:
    """The sizes of the parts: as listed, or equal ones but for the last."""
    numbers = _numbers(split, "sizes of parts")
    if split.rank == 0:
        if numbers[0] <= 0:
            raise Unsupported(f"parts of size {numbers[0]}")
        full, rest = divmod(total, numbers[0])
        numbers = [numbers[0]] * full + [rest] * (rest > 0)
    if sum(numbers) != total or min(numbers, default=0) < 0:
        raise Unsupported(f"parts of sizes {numbers} of a dimension of size {total}")
    return numbers


def _concat(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    context = graphs.context
    items = [context.tensor(value) for value in _list(inputs, 0)]
    if not items:
        raise Unsupported("an empty sequence")
    new = bool(node.int("new_axis", 0))
    axis = normalize_axis(node.int("axis", 0), items[0].rank + new)
    if new:
        items = [context.reshape(x, (*x.dims[:axis], 1, *x.dims[axis:])) for x in items]
    return _joined(context, items, axis)


def _joined(context: Context, items: Sequence[Tensor], axis: int) -> Tensor:
    if len(items) == 1:
        return items[0]
    dims = list(items[0].dims)
    for item in items[1:]:
        dims[axis] = d.add(dims[axis], item.dims[axis])
    return context.emit(dl.ConcatOp([item.ssa for item in items], axis), dims)


# --- Optional values ------------------------------------------------------------------------------


def _optional(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    return (inputs[0] if inputs else None) or Absent()


def _has_element(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    present = _has(inputs, 0) and not isinstance(inputs[0], Absent)
    return Constant(np.array(present), node.output_names[0])


def _get_element(graphs: Graphs, node: Node, inputs: Inputs) -> Imported:
    value = inputs[0] if inputs else None
    if value is None or isinstance(value, Absent):
        raise Unsupported("an optional value that is absent")
    return value


# --- Operands -------------------------------------------------------------------------------------


def _has(inputs: Inputs, number: int) -> bool:
    return number < len(inputs) and inputs[number] is not None


def _tensor(inputs: Inputs, number: int) -> Value:
    value = inputs[number] if number < len(inputs) else None
    if value is None:
        raise Unsupported(f"input {number} is missing")
    return value_of(value)


def _list(inputs: Inputs, number: int) -> tuple[Value, ...]:
    value = inputs[number] if number < len(inputs) else None
    if not isinstance(value, TensorList):
        raise Unsupported(f"input {number}, which is no sequence")
    return value.items


def _limited(items: Sequence[Value]) -> TensorList:
    if len(items) > MOST_ITEMS:
        raise Unsupported(f"a sequence of more than {MOST_ITEMS} tensors")
    return TensorList(tuple(items))


def _numbers(value: Value, what: str) -> list[int]:
    known = as_ints(value)
    numbers = [] if known is None else [n for n in known.items.flat if isinstance(n, int)]
    if known is None or len(numbers) != known.items.size:
        raise NeedsValue(f"{what} that are known at run time only", value)
    return numbers


def _place(value: Value, count: int, back: int | None = None) -> int:
    """A place below `count`; a negative one counts from `back`, or from `count`."""
    (place,) = _numbers(value, "places in a sequence")
    absolute = place + (count if back is None else back) if place < 0 else place
    if not 0 <= absolute < count:
        raise Unsupported(f"place {place} in a sequence of {count if back is None else back}")
    return absolute


OPERATORS: dict[str, BuildStructure] = {
    "ConcatFromSequence": _concat,
    "Identity": _optional,
    "Optional": _optional,
    "OptionalGetElement": _get_element,
    "OptionalHasElement": _has_element,
    "SequenceAt": _at,
    "SequenceConstruct": _construct,
    "SequenceEmpty": _empty,
    "SequenceErase": _erase,
    "SequenceInsert": _insert,
    "SequenceLength": _length,
    "SequenceMap": _map,
    "SplitToSequence": _split,
}
