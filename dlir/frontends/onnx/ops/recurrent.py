"""Recurrent layers: one `dl` op per direction, joined to ONNX's results.

ONNX stacks the directions: W [d, gates * h, i], R [d, gates * h, h], B [d, 2 * gates * h], initial
states [d, n, h]. Its results are Y [s, d, n, h], and Y_h and Y_c [d, n, h]. With layout 1 the batch
comes first: X [n, s, i], states [n, d, h], Y [n, s, d, h].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from xdsl.dialects.builtin import i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.control import Loop, Made, Rounds
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import TRUE, Constant, Tensor, Unsupported, Value

from ..node import Node
from ..operator import Build, tensor

DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
"""`direction` -> whether each direction runs backwards."""

UNROLLED = 32
"""Sequences of different lengths are a loop if there are more steps."""

ABSENT = ("clip", "activation_alpha", "activation_beta")
"""Attributes that change the meaning and are not imported."""


@dataclass(frozen=True)
class Layer:
    """One kind of layer: its op, and the activations of each direction."""

    op: Any
    activations: tuple[str, ...]
    states: int = 1
    """How many states go from step to step: h, or h and c."""


def _layer(kind: Layer) -> Build:
    def build(context: Context, node: Node) -> Sequence[Tensor]:
        directions = _directions(node, kind)
        batch_first = bool(node.int("layout", 0))
        x = tensor(context, node, 0)
        if x.rank != 3:
            raise Unsupported(f"X of rank {x.rank}")
        x = context.transpose(x, [1, 0, 2]) if batch_first else x
        lengths = _lengths(context, node, x.dims[0])
        made = [
            _direction(context, node, kind, x, number, backwards, lengths)
            for number, backwards in enumerate(directions)
        ]
        y, *states = (_stacked(context, parts) for parts in zip(*made, strict=True))
        y = context.transpose(y, [2, 1, 0, 3] if batch_first else [1, 0, 2, 3])
        order = [1, 0, 2] if batch_first else [0, 1, 2]
        return y, *(context.transpose(state, order) for state in states)

    return build


def _directions(node: Node, kind: Layer) -> tuple[bool, ...]:
    """Whether each direction runs backwards; raises Unsupported for what `dl` cannot say."""
    for name in ABSENT:
        if name in node.attributes:
            raise Unsupported(name)
    if node.int("input_forget", 0):
        raise Unsupported("input_forget")
    name = node.string("direction", "forward")
    if name not in DIRECTIONS:
        raise Unsupported(f'direction "{name}"')
    given = node.attributes.get("activations")
    names = [item.decode().lower() for item in given.strings] if given is not None else []
    directions = DIRECTIONS[name]
    if names and names != [*kind.activations] * len(directions):
        raise Unsupported(f"activations {', '.join(names)}")
    return directions


def _lengths(context: Context, node: Node, steps: Dim) -> Tensor | None:
    """The lengths of the sequences; None if all are whole."""
    if not node.has(4):
        return None
    given = node.input(4)
    if isinstance(given, Constant) and isinstance(steps, int) and np.all(given.array == steps):
        return None
    lengths = context.cast(context.tensor(given), i64)
    return context.reshape(lengths, (*lengths.dims, 1))


def _direction(
    context: Context,
    node: Node,
    kind: Layer,
    x: Tensor,
    number: int,
    backwards: bool,
    lengths: Tensor | None,
) -> tuple[Tensor, ...]:
    """The results of one direction, without an axis for it."""
    w, r = (context.tensor(_part(context, node.input(i), number, 2)) for i in (1, 2))
    hidden = r.dims[1]
    if (told := node.int("hidden_size", 0)) and told != hidden:
        raise Unsupported(f"hidden_size {told} and weights of {hidden}")
    b, rb = _biases(context, node, number, r)
    shape = (x.dims[1], hidden)
    states = [_state(context, node, i, number, shape) for i in (5, 6)[: kind.states]]
    peepholes = [context.tensor(_part(context, node.input(7), number, 1))] if node.has(7) else []
    flags = {"linear_before_reset": True} if node.int("linear_before_reset", 0) else {}

    def layer(x: Tensor, states: Sequence[Tensor], reverse: bool = False) -> tuple[Tensor, ...]:
        operands = [x, w, r, b, rb, *states, *peepholes]
        op = kind.op(*(operand.ssa for operand in operands), reverse=reverse, **flags)
        return context.emit_all(op, [(x.dims[0], *shape), *[shape] * kind.states])

    if lengths is None:
        return layer(x, states, backwards)
    return _step_by_step(context, x, states, layer, backwards, lengths)


def _step_by_step(
    context: Context,
    x: Tensor,
    states: Sequence[Tensor],
    layer: Callable[[Tensor, Sequence[Tensor]], tuple[Tensor, ...]],
    backwards: bool,
    lengths: Tensor,
) -> tuple[Tensor, ...]:
    """A layer over sequences of different lengths: behind its end a state stays as it is.

    Backwards that is so before the first step of a sequence, which begins with its last element.
    """
    steps, zero = x.dims[0], context.constant(0, x.element)

    def body(number: Dim, before: Sequence[Tensor]) -> Made:
        place = d.sub(d.sub(steps, 1), number) if backwards else number
        index = context.scalar(place, i64)
        _, *after = layer(context.gather(x, context.reshape(index, (1,)), 0), before)
        goes_on = context.compare("gt", lengths, index)
        select = partial(context.itemwise, dl.SelectOp, goes_on)
        states = [select(new, old) for new, old in zip(after, before, strict=True)]
        return Made(TRUE, states, [select(after[0], zero)])

    if not isinstance(steps, int) or not 0 < steps <= UNROLLED:
        kept, (y,) = Loop(context, Rounds(steps, TRUE), states, body, [backwards]).build()
        return y, *kept
    rows: list[Tensor] = []
    for number in range(steps):
        made = body(number, states)
        states = [context.tensor(state) for state in made.carried]
        rows.append(context.tensor(made.items[0]))
    return _stacked(context, rows[::-1] if backwards else rows), *states


def _part(context: Context, value: Value, number: int, rank: int) -> Constant | Tensor:
    """Direction `number` of an operand that stacks them; a weight is cut here and now."""
    count = value.dims[0] if value.rank == rank + 1 else 0
    if isinstance(count, int) and count <= number:
        raise Unsupported(f"an operand of shape {list(value.dims)} for direction {number}")
    if isinstance(value, Constant):
        name = value.name if count == 1 else f"{value.name}.{number}"
        return Constant(value.array[number], name)
    x = context.tensor(value)
    return context.reshape(context.take(x, 0, number, 1), x.dims[1:])


def _biases(context: Context, node: Node, number: int, r: Tensor) -> tuple[Tensor, Tensor]:
    """The biases of the inputs and of the state; zeros if there are none."""
    size = r.dims[0]
    if not node.has(3):
        zeros = context.broadcast(context.constant(0, r.element), (size,))
        return zeros, zeros
    if not isinstance(size, int):
        raise Unsupported("weights whose size is known at run time only")
    both = _part(context, node.input(3), number, 1)
    if both.dims[0] != 2 * size:
        raise Unsupported(f"biases of size {both.dims[0]} for weights of {size} rows")
    return _half(context, both, "input", 0, size), _half(context, both, "state", size, size)


def _half(context: Context, both: Constant | Tensor, side: str, start: int, size: int) -> Tensor:
    if isinstance(both, Constant):
        part = both.array[start : start + size]
        return context.tensor(Constant(part, f"{both.name}.{side}"))
    return context.take(both, 0, start, size)


def _state(context: Context, node: Node, index: int, number: int, shape: tuple[Dim, Dim]) -> Tensor:
    """The state before the first step; zeros if it is not given."""
    if not node.has(index):
        return context.broadcast(context.constant(0, tensor(context, node, 0).element), shape)
    state = context.tensor(node.input(index))
    if node.int("layout", 0) and state.rank == 3:
        state = context.transpose(state, [1, 0, 2])
    return context.tensor(_part(context, state, number, 2))


def _stacked(context: Context, parts: Sequence[Tensor]) -> Tensor:
    """[directions, ..] of one tensor per direction."""
    parts = [context.reshape(part, (1, *part.dims)) for part in parts]
    if len(parts) == 1:
        return parts[0]
    dims = (len(parts), *parts[0].dims[1:])
    return context.emit(dl.ConcatOp([part.ssa for part in parts], 0), dims)


OPERATORS: dict[str, Build] = {
    "GRU": _layer(Layer(dl.GruOp, ("sigmoid", "tanh"))),
    "LSTM": _layer(Layer(dl.LstmOp, ("sigmoid", "tanh", "tanh"), states=2)),
    "RNN": _layer(Layer(dl.RnnOp, ("tanh",))),
}
