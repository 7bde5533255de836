"""Recurrent layers, computed in f64 from the first step to the last and rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlir.dialects.dl.ops import recurrent as rec
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.dialects.dl.semantics.elementwise import sigmoid
from dlir.numpy_types import Array


def steps_of(op: rec.RecurrentOp, x: Array) -> Sequence[int]:
    """The places of the sequence, in the order in which they are walked."""
    return range(len(x))[:: 1 if op.reverse is None else -1]


def operands_of(op: rec.RecurrentOp, arrays: Sequence[Array]) -> list[Array]:
    """The operands in f64; raises ValueError if their sizes do not agree."""
    sizes: dict[str, int] = {}
    for (name, letters), array in zip(op.SIZES.items(), arrays, strict=False):
        for letter, size in zip(letters, array.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ValueError(f"{name} has shape {[*array.shape]}, expected {sizes[letter]}")
    for letter, times in op.MULTIPLES.items():
        if sizes.get(letter, sizes["h"] * times) != sizes["h"] * times:
            raise ValueError(f"expected {times} gates of {sizes['h']}, got {sizes[letter]} rows")
    return [to_f64(array) for array in arrays]


def results_of(op: rec.RecurrentOp, *states: Array) -> tuple[Array, ...]:
    return tuple(rounded(state, result_dtype(op)) for state in states)


def rnn(_: Any, op: rec.RnnOp, *operands: Array) -> tuple[Array, ...]:
    """h = tanh(x w' + b + h r' + rb)"""
    x, w, r, b, rb, h = operands_of(op, operands)
    y = np.empty((len(x), *h.shape))
    for t in steps_of(op, x):
        y[t] = h = np.tanh(x[t] @ w.T + b + h @ r.T + rb)
    return results_of(op, y, h)


def gru(_: Any, op: rec.GruOp, *operands: Array) -> tuple[Array, ...]:
    """h = (1 - z) n + z h"""
    x, w, r, b, rb, h = operands_of(op, operands)
    r_z, r_r, r_n = np.split(r, 3)
    rb_z, rb_r, rb_n = np.split(rb, 3)
    y = np.empty((len(x), *h.shape))
    for t in steps_of(op, x):
        x_z, x_r, x_n = np.split(x[t] @ w.T + b, 3, axis=-1)
        update = sigmoid(x_z + h @ r_z.T + rb_z)
        reset = sigmoid(x_r + h @ r_r.T + rb_r)
        if op.linear_before_reset is None:
            new = np.tanh(x_n + (reset * h) @ r_n.T + rb_n)
        else:
            new = np.tanh(x_n + reset * (h @ r_n.T + rb_n))
        y[t] = h = (1 - update) * new + update * h
    return results_of(op, y, h)


def lstm(_: Any, op: rec.LstmOp, *operands: Array) -> tuple[Array, ...]:
    """c = f c + i n, h = o tanh(c)"""
    x, w, r, b, rb, h, c, *p = operands_of(op, operands)
    p_i, p_o, p_f = np.split(p[0], 3) if p else (0.0, 0.0, 0.0)
    y = np.empty((len(x), *h.shape))
    for t in steps_of(op, x):
        gates = x[t] @ w.T + b + h @ r.T + rb
        i, o, f, n = np.split(gates, 4, axis=-1)
        c = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * np.tanh(n)
        y[t] = h = sigmoid(o + p_o * c) * np.tanh(c)
    return results_of(op, y, h, c)


SEMANTICS = {rec.RnnOp: rnn, rec.GruOp: gru, rec.LstmOp: lstm}
