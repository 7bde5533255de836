"""One LSTM layer, as torch.nn.LSTM is exported: from a state of zeros, without directions."""

from __future__ import annotations

from bench.models.graph import GraphWriter

GATES = 4


def lstm(steps: int = 64, hidden: int = 256, batch: int = 1) -> GraphWriter:
    g = GraphWriter("lstm")
    x = g.normal_input("x", steps, batch, hidden)
    rows, scale = GATES * hidden, hidden**-0.5
    weights = [g.random(1, rows, hidden, scale=scale) for _ in "WR"]
    bias = g.random(1, 2 * rows, scale=0.1)
    state = g.node("LSTM", x, *weights, bias, hidden_size=hidden)
    g.node("Squeeze", state, g.integers(1))
    return g
