"""A recommendation model: bags of embeddings, a bottom and a top MLP, products of all pairs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bench.models.graph import GraphWriter

DENSE = 13


def dlrm(
    batch: int = 128,
    tables: int = 8,
    rows: int = 20_000,
    width: int = 64,
    bag: int = 4,
    hidden: tuple[int, ...] = (512, 256),
) -> GraphWriter:
    """Every bag has as many members, so that it is a Gather and a sum."""
    g = GraphWriter("dlrm")
    bottom = _mlp(g, g.normal_input("dense", batch, DENSE), (DENSE, *hidden, width))
    bottom = g.node("Relu", bottom)
    vectors = [bottom]
    for number in range(tables):
        ids = g.input(f"ids{number}", g.rng.integers(0, rows, (batch, bag)))
        looked_up = g.node("Gather", g.random(rows, width, scale=width**-0.5), ids, axis=0)
        vectors.append(g.node("ReduceSum", looked_up, g.integers(1), keepdims=0))
    pairs = _pairs(g, vectors, width)
    count = tables * (tables + 1) // 2
    top = g.node("Concat", bottom, pairs, axis=1)
    g.node("Sigmoid", _mlp(g, top, (width + count, *hidden, 1)))
    return g


def _mlp(g: GraphWriter, x: str, widths: tuple[int, ...]) -> str:
    for number, (inner, columns) in enumerate(pairwise(widths)):
        x = g.linear(g.node("Relu", x) if number else x, inner, columns)
    return x


def _pairs(g: GraphWriter, vectors: list[str], width: int) -> str:
    """The products of each vector with those before it, once each."""
    count = len(vectors)
    rows = [g.node("Reshape", v, g.integers(-1, 1, width)) for v in vectors]
    matrix = g.node("Concat", *rows, axis=1)
    products = g.node("MatMul", matrix, g.node("Transpose", matrix, perm=[0, 2, 1]))
    flat = g.node("Reshape", products, g.integers(-1, count * count))
    below = np.array([i * count + j for i in range(count) for j in range(i)], np.int64)
    return g.node("Gather", flat, g.constant("below_the_diagonal", below), axis=1)
