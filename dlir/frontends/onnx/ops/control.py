"""Control flow: `If`, `Loop` and `Scan`.

What is known at import is decided at import: an `If` with a known condition is its branch, and a
loop that carries sequences is unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.control import Loop, Made, Rounds, branch
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import (
    TRUE,
    Absent,
    Constant,
    Imported,
    Ints,
    NeedsValue,
    Tensor,
    TensorList,
    Unsupported,
    Value,
    as_ints,
    truth_of,
    value_of,
)

from ..node import Node, normalize_axis
from ..older import BATCHED_SCAN
from ..operator import BuildStructure, Graphs

if TYPE_CHECKING:
    from onnx import GraphProto

MOST_ROUNDS = 1024
"""A loop is not unrolled more often."""
UNKNOWN_ROUNDS = "sequences in a loop whose number of rounds is known at run time only"

Body: TypeAlias = Callable[[Dim, Sequence[Imported]], tuple[Value, list[Imported]]]
"""(round, carried values) -> whether to go on, and all other results of the body."""


def _if(graphs: Graphs, node: Node, inputs: Sequence[Imported | None]) -> Sequence[Imported]:
    condition = _given(inputs, 0)
    graph = {name: _graph(node, name) for name in ("then_branch", "else_branch")}
    known = truth_of(condition)
    if known is not None:
        return graphs.subgraph(graph["then_branch" if known else "else_branch"], [])
    context, structures = graphs.context, list[list[int | None]]()

    def build(name: str) -> Sequence[Value]:
        results = graphs.subgraph(graph[name], [])
        structures.append([_length(result) for result in results])
        return [item for result in results for item in _items(result)]

    chosen = context.truth(condition)
    try:
        found = branch(context, chosen, [lambda name=name: build(name) for name in graph])
    except NeedsValue:
        raise
    except Unsupported as error:
        raise NeedsValue(str(error), condition) from None
    if structures[0] != structures[1]:
        raise NeedsValue("branches with sequences of different lengths", condition)
    values = iter(found)
    return [
        next(values) if n is None else TensorList(tuple(next(values) for _ in range(n)))
        for n in structures[0]
    ]


def _length(value: Imported) -> int | None:
    """The length of a sequence; None for a tensor."""
    return len(_items(value)) if isinstance(value, TensorList) else None


def _items(value: Imported) -> Sequence[Value]:
    return value.items if isinstance(value, TensorList) else [value_of(value)]


# --- Loop -----------------------------------------------------------------------------------------


def _loop(graphs: Graphs, node: Node, inputs: Sequence[Imported | None]) -> Sequence[Imported]:
    context, graph = graphs.context, _graph(node, "body")
    absent = [value is None for value in inputs]
    count = None if absent[0] else _number(context, _given(inputs, 0))
    go_on = TRUE if absent[1:2] in ([], [True]) else _given(inputs, 1)
    initial = [_present(value) for value in inputs[2:]]

    def body(number: Dim, carried: Sequence[Imported]) -> tuple[Value, list[Imported]]:
        go_on, *rest = graphs.subgraph(graph, [_counted(number), TRUE, *carried])
        return value_of(go_on), rest

    rounds = Rounds(count, go_on)
    size = len(initial)
    if any(isinstance(value, TensorList | Absent) for value in initial):
        if not isinstance(count, int | None):
            raise NeedsValue(UNKNOWN_ROUNDS, _given(inputs, 0))
        return _unrolled(context, rounds, initial, body)

    def made(number: Dim, carried: Sequence[Tensor]) -> Made:
        go_on, rest = body(number, carried)
        values = [value_of(value) for value in rest]
        return Made(go_on, values[:size], values[size:])

    tensors = [context.tensor(value_of(value)) for value in initial]
    carried, stacks = Loop(context, rounds, tensors, made).build()
    return [*carried, *stacks]


def _counted(number: Dim) -> Value:
    """The number of a round as the model sees it."""
    if isinstance(number, int):
        return Constant(np.array(number), "round")
    items = np.empty((), dtype=object)
    items[()] = number
    return Ints(items, np.dtype(np.int64))


def _number(context: Context, value: Value) -> Dim:
    """The only element of a tensor of integers."""
    known = as_ints(value)
    if known is not None:
        return known.items.flat[0]
    x = context.tensor(value)
    return context.element(x, *[0] * x.rank)


def _unrolled(
    context: Context, rounds: Rounds, initial: Sequence[Imported], body: Body
) -> Sequence[Imported]:
    """The rounds one after the other: a sequence has a length that is known at import."""
    carried, rows = initial, list[Sequence[Imported]]()
    go_on = truth_of(rounds.go_on)
    if go_on is None:
        raise NeedsValue(UNKNOWN_ROUNDS, rounds.go_on)
    count = MOST_ROUNDS + 1 if rounds.count is None else rounds.count
    assert isinstance(count, int), "the caller sees to that"
    while go_on and len(rows) < count:
        if len(rows) == MOST_ROUNDS:
            raise Unsupported(f"sequences in a loop of more than {MOST_ROUNDS} rounds")
        value, made = body(len(rows), carried)
        carried, go_on = made[: len(initial)], truth_of(value)
        rows.append(made[len(initial) :])
        if go_on is None:
            raise Unsupported("sequences in a loop that ends when a tensor says so")
    stacks = [_stacked(context, [*map(value_of, column)]) for column in zip(*rows, strict=True)]
    return [*carried, *stacks]


def _stacked(context: Context, values: Sequence[Value]) -> Tensor:
    """[n, ..] of n values."""
    items = [context.tensor(value) for value in values]
    rows = [context.reshape(item, (1, *item.dims)) for item in items]
    if len(rows) == 1:
        return rows[0]
    return context.emit(dl.ConcatOp([row.ssa for row in rows], 0), (len(rows), *items[0].dims))


# --- Scan -----------------------------------------------------------------------------------------


def _scan(graphs: Graphs, node: Node, inputs: Sequence[Imported | None]) -> Sequence[Imported]:
    context = graphs.context
    values = [context.tensor(_given(inputs, number)) for number in range(len(inputs))]
    return _scanned(graphs, node, values, "scan_input_directions")


def _batched_scan(
    graphs: Graphs, node: Node, inputs: Sequence[Imported | None]
) -> Sequence[Imported]:
    """Scan of operator set 8: a scan along the first axis for each item of a batch."""
    context = graphs.context
    if not inputs or inputs[0] is not None:
        raise Unsupported("sequence_lens")
    values = [context.tensor(_given(inputs, number)) for number in range(1, len(inputs))]
    if not values or min(x.rank for x in values) < 1 or len({x.dims[0] for x in values}) > 1:
        raise Unsupported("operands without a common batch")

    def item(number: Dim, _: Sequence[Tensor]) -> Made:
        parts = [_slice(context, x, 0, number) for x in values]
        return Made(TRUE, [], _scanned(graphs, node, parts, "directions"))

    return Loop(context, Rounds(values[0].dims[0], TRUE), [], item).build()[1]


def _scanned(
    graphs: Graphs, node: Node, values: Sequence[Tensor], directions: str
) -> Sequence[Tensor]:
    """The last states, then the stacks."""
    context, graph = graphs.context, _graph(node, "body")
    count = node.int("num_scan_inputs", 0)
    states, scanned = values[: len(values) - count], values[len(values) - count :]
    outputs = len(graph.output) - len(states)
    axes = _axes(node, "scan_input_axes", [x.rank for x in scanned])
    reverse = _flags(node, directions, count)
    steps = {x.dims[axis] for x, axis in zip(scanned, axes, strict=True)}
    numbers = [n for n in steps if isinstance(n, int)]
    if not steps or len(set(numbers)) > 1:
        raise Unsupported("inputs of different lengths" if steps else "no input to scan")
    length = (numbers or [scanned[0].dims[axes[0]]])[0]

    def body(number: Dim, carried: Sequence[Tensor]) -> Made:
        back = d.sub(d.sub(length, 1), number)
        slices = [
            _slice(context, x, axis, back if backwards else number)
            for x, axis, backwards in zip(scanned, axes, reverse, strict=True)
        ]
        made = [value_of(value) for value in graphs.subgraph(graph, [*carried, *slices])]
        return Made(TRUE, made[: len(states)], made[len(states) :])

    backwards = _flags(node, "scan_output_directions", outputs)
    carried, stacks = Loop(context, Rounds(length, TRUE), states, body, backwards).build()
    places = _axes(node, "scan_output_axes", [x.rank for x in stacks])
    return [*carried, *(_moved(context, x, axis) for x, axis in zip(stacks, places, strict=True))]


def _axes(node: Node, name: str, ranks: Sequence[int]) -> list[int]:
    given = node.ints(name, [0] * len(ranks))
    return [normalize_axis(axis, rank) for axis, rank in zip(given, ranks, strict=True)]


def _flags(node: Node, name: str, count: int) -> list[bool]:
    return [bool(n) for n in node.ints(name, [0] * count)]


def _slice(context: Context, x: Tensor, axis: int, number: Dim) -> Tensor:
    """x[.., number, ..]"""
    return context.gather(x, context.tensor(_counted(number)), axis)


def _moved(context: Context, x: Tensor, axis: int) -> Tensor:
    """The first axis at another place."""
    order = [*range(1, x.rank)]
    order.insert(axis, 0)
    return context.transpose(x, order)


# --- Operands -------------------------------------------------------------------------------------


def _graph(node: Node, name: str) -> GraphProto:
    if name not in node.attributes:
        raise Unsupported(f"no attribute {name}")
    return node.attributes[name].g


def _present(value: Imported | None) -> Imported:
    if value is None:
        raise Unsupported("an operand that is left out")
    return value


def _given(inputs: Sequence[Imported | None], number: int) -> Value:
    return value_of(_present(inputs[number] if number < len(inputs) else None))


OPERATORS: dict[str, BuildStructure] = {
    BATCHED_SCAN: _batched_scan,
    "If": _if,
    "Loop": _loop,
    "Scan": _scan,
}
