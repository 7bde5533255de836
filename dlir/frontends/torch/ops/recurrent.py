"""Recurrent layers: one `dl` op per layer and direction.

PyTorch stacks the gates of an LSTM as i, f, n, o and those of a GRU as r, z, n; `dl` has i, o, f, n
and z, r, n. Weights are put into that order at import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Constant, Tensor, Unsupported, Value

from ..call import Build, Call


@dataclass(frozen=True)
class Kind:
    """One kind of layer: its op, and PyTorch's number of each gate in the order of `dl`."""

    op: Any
    gates: tuple[int, ...]
    states: int = 1
    """How many states go from step to step: h, or h and c."""
    flags: tuple[str, ...] = ()


def _network(kind: Kind) -> Build:
    def build(context: Context, call: Call) -> Sequence[Tensor]:
        if call.flag("train") and call.number("dropout") != 0:
            raise Unsupported("dropout: random numbers are not imported")
        batch_first = call.flag("batch_first")
        x = call.tensor(context, "input")
        if x.rank != 3:
            raise Unsupported(f"an input of rank {x.rank}")
        x = context.transpose(x, [1, 0, 2]) if batch_first else x
        states = call.tensors(context, "hx") if kind.states > 1 else [call.tensor(context, "hx")]
        directions = 2 if call.flag("bidirectional") else 1
        weights = _weights(call, call.int("num_layers") * directions)
        last: list[Sequence[Tensor]] = []
        for layer in range(call.int("num_layers")):
            numbers = range(layer * directions, (layer + 1) * directions)
            made = [
                _direction(context, kind, x, states, weights[n], n, n > numbers[0]) for n in numbers
            ]
            x = _joined(context, [y for y, *_ in made], 2)
            last += [rest for _, *rest in made]
        y = context.transpose(x, [1, 0, 2]) if batch_first else x
        return y, *(_stacked(context, parts) for parts in zip(*last, strict=True))

    return build


def _weights(call: Call, count: int) -> list[list[Value | None]]:
    """Of each layer and direction: w, r, and the biases b and rb, or None."""
    flat: list[Value] = list(call.value("params"))
    size = len(flat) // count
    if size != (4 if call.flag("has_biases") else 2) or len(flat) != size * count:
        raise Unsupported("projections")
    groups = [flat[i * size : (i + 1) * size] for i in range(count)]
    return [[*group, *[None] * (4 - size)] for group in groups]


def _direction(
    context: Context,
    kind: Kind,
    x: Tensor,
    states: Sequence[Tensor],
    weights: Sequence[Value | None],
    number: int,
    backwards: bool,
) -> tuple[Tensor, ...]:
    """The states after every step, then those after the last one."""
    w, r, *biases = (None if v is None else _reordered(context, v, kind.gates) for v in weights)
    assert w is not None and r is not None
    b, rb = (value or _zeros(context, r) for value in biases)
    shape = (x.dims[1], r.dims[1])
    own = [context.reshape(context.take(state, 0, number, 1), shape) for state in states]
    flags = dict.fromkeys(kind.flags, True)
    operands = [value.ssa for value in (x, w, r, b, rb, *own)]
    op = kind.op(*operands, reverse=backwards, **flags)
    return context.emit_all(op, [(x.dims[0], *shape), *[shape] * kind.states])


def _zeros(context: Context, r: Tensor) -> Tensor:
    return context.broadcast(context.constant(0, r.element), r.dims[:1])


def _reordered(context: Context, value: Value, gates: Sequence[int]) -> Tensor:
    """The rows of the gates in another order."""
    if list(gates) == list(range(len(gates))):
        return context.tensor(value)
    rows = value.dims[0]
    if not isinstance(rows, int):
        raise Unsupported("weights whose size is known at run time only")
    size = rows // len(gates)
    if isinstance(value, Constant):
        parts = [value.array[gate * size : (gate + 1) * size] for gate in gates]
        return context.tensor(Constant(np.concatenate(parts), value.name))
    x = context.tensor(value)
    return _joined(context, [context.take(x, 0, gate * size, size) for gate in gates], 0)


def _joined(context: Context, parts: Sequence[Tensor], axis: int) -> Tensor:
    if len(parts) == 1:
        return parts[0]
    total: Dim = sum(n for part in parts if isinstance(n := part.dims[axis], int))
    dims = (*parts[0].dims[:axis], total, *parts[0].dims[axis + 1 :])
    return context.emit(dl.ConcatOp([part.ssa for part in parts], axis), dims)


def _stacked(context: Context, parts: Sequence[Tensor]) -> Tensor:
    return _joined(context, [context.reshape(part, (1, *part.dims)) for part in parts], 0)


OPERATORS: dict[str, Build] = {
    "aten.gru.input": _network(Kind(dl.GruOp, (1, 0, 2), flags=("linear_before_reset",))),
    "aten.lstm.input": _network(Kind(dl.LstmOp, (0, 3, 1, 2), states=2)),
    "aten.rnn_tanh.input": _network(Kind(dl.RnnOp, (0,))),
}
