"""Three fully connected layers."""

from __future__ import annotations

from itertools import pairwise

from bench.models.graph import GraphWriter


def mlp(batch: int, widths: tuple[int, ...] = (784, 512, 512, 10)) -> GraphWriter:
    g = GraphWriter("mlp")
    x = g.normal_input("x", batch, widths[0])
    for number, (inner, columns) in enumerate(pairwise(widths)):
        if number:
            x = g.node("Relu", x)
        x = g.linear(x, inner, columns)
    return g
