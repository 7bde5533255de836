"""JAX as a peer: the graph traced node by node, and compiled as one function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from bench.evaluate import read_for
from bench.harness import Call
from bench.operators import array_operators, lstm_start, lstm_step
from bench.program import Program

Array = Any


def make(program: Program, threads: int) -> Call:
    """As many threads as XLA found cores; inputs lie where XLA wants them."""
    graph = read_for(OPERATORS, program.proto())

    def function(*inputs: Array) -> list[Array]:
        values = {**graph.constants, **dict(zip(graph.inputs, inputs, strict=True))}
        return graph.run(OPERATORS, values)

    with jax.enable_x64(True):  # 64-bit integers stay what they are
        inputs = [jnp.asarray(program.inputs[name]) for name in graph.inputs]
        compiled = jax.jit(function).lower(*inputs).compile()
    return lambda: jax.block_until_ready(compiled(*inputs))


def _conv(
    x: Array,
    w: Array,
    bias: Array = None,
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
    group: int = 1,
    **_: Any,
) -> Array:
    padding = list(zip(pads[:2], pads[2:], strict=True))
    y = lax.conv_general_dilated(x, w, strides, padding, feature_group_count=group)
    return y if bias is None else y + bias[:, None, None]


def _max_pool(
    x: Array,
    kernel_shape: Sequence[int],
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
    **_: Any,
) -> Array:
    padding = ((0, 0), (0, 0), *zip(pads[:2], pads[2:], strict=True))
    window, steps = (1, 1, *kernel_shape), (1, 1, *strides)
    return lax.reduce_window(x, -np.float32(np.inf), lax.max, window, steps, padding)


def _lstm(
    x: Array, w: Array, r: Array, b: Array, *states: Any, hidden_size: int, **_: Any
) -> tuple[Array, Array, Array]:
    inputs, hidden, cell = lstm_start(jnp, x, w, b, states, hidden_size)

    def step(state: tuple[Array, Array], row: Array) -> tuple[tuple[Array, Array], Array]:
        new = lstm_step(jnp, row + state[0] @ r[0].T, state[1])
        return new, new[0]

    (hidden, cell), steps = lax.scan(step, (hidden, cell), inputs)
    return steps[:, None], hidden[None], cell[None]


OPERATORS: dict[str, Callable[..., Any]] = {
    **array_operators(jnp, np.float32),
    "Conv": _conv,
    "Erf": lax.erf,
    "Gelu": lambda x: x * (1 + lax.erf(x * np.float32(math.sqrt(0.5)))) * np.float32(0.5),
    "LSTM": _lstm,
    "MaxPool": _max_pool,
}
