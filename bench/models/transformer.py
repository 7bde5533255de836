"""A layer of BERT and a block of GPT-2."""

from __future__ import annotations

import math

import numpy as np

from bench.models.graph import GraphWriter

EPSILON = {"bert": 1e-12, "gpt2": 1e-5}


def bert(layers: int, length: int = 128, width: int = 768, heads: int = 12) -> GraphWriter:
    """The layers of BERT's encoder, one after the other."""
    g = GraphWriter("bert")
    x = g.normal_input("x", 1, length, width)
    for _ in range(layers):
        x = _bert_layer(g, x, width, heads)
    return g


def bert_layer(length: int = 128, width: int = 768, heads: int = 12) -> GraphWriter:
    return bert(1, length, width, heads)


def _bert_layer(g: GraphWriter, x: str, width: int, heads: int) -> str:
    """Attention and a feed-forward part, each added to its input and normalised."""
    q, k, v = (_split(g, g.dense(x, width, width), heads, width, perm) for perm in PERMS)
    scores = g.node("Div", g.node("MatMul", q, k), g.scalar(math.sqrt(width // heads)))
    mixed = g.node("MatMul", g.node("Softmax", scores, axis=-1), v)
    attended = g.node("Add", g.dense(_joined(g, mixed, width), width, width), x)
    x = g.layer_norm(attended, width, EPSILON["bert"])
    wide = g.gelu(g.dense(x, width, 4 * width))
    narrow = g.node("Add", g.dense(wide, 4 * width, width), x)
    return g.layer_norm(narrow, width, EPSILON["bert"])


PERMS = [0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]
"""Of queries, keys (transposed) and values, as heads."""


def gpt2_block(length: int = 128, width: int = 768, heads: int = 12) -> GraphWriter:
    """Each part normalises its input first; a position sees those before it."""
    g = GraphWriter("gpt2_block")
    x = g.normal_input("x", 1, length, width)
    normed = g.layer_norm(x, width, EPSILON["gpt2"])
    joined = _conv1d(g, normed, length, width, 3 * width)
    sizes = g.integers(width, width, width)
    parts = g.nodes_of("Split", joined, sizes, count=3, axis=2)
    q, k, v = (_split(g, p, heads, width, perm) for p, perm in zip(parts, PERMS, strict=True))
    scores = g.node("Div", g.node("MatMul", q, k), g.scalar(math.sqrt(width // heads)))
    seen = g.constant("seen", np.tril(np.ones((1, 1, length, length), bool)))
    lowest = g.constant("lowest", np.finfo(np.float32).min)
    share = g.node("Softmax", g.node("Where", seen, scores, lowest), axis=-1)
    mixed = _joined(g, g.node("MatMul", share, v), width)
    x = g.node("Add", _conv1d(g, mixed, length, width, width), x)
    normed = g.layer_norm(x, width, EPSILON["gpt2"])
    wide = _tanh_gelu(g, _conv1d(g, normed, length, width, 4 * width))
    g.node("Add", x, _conv1d(g, wide, length, 4 * width, width))
    return g


def _split(g: GraphWriter, x: str, heads: int, width: int, perm: list[int]) -> str:
    apart = g.node("Reshape", x, g.integers(1, -1, heads, width // heads))
    return g.node("Transpose", apart, perm=perm)


def _joined(g: GraphWriter, x: str, width: int) -> str:
    rows = g.node("Transpose", x, perm=[0, 2, 1, 3])
    return g.node("Reshape", rows, g.integers(1, -1, width))


def _conv1d(g: GraphWriter, x: str, length: int, inner: int, columns: int) -> str:
    """GPT-2 keeps its weights as they are multiplied, and multiplies matrices."""
    flat = g.node("Reshape", x, g.integers(-1, inner))
    weight, bias = g.random(inner, columns, scale=inner**-0.5), g.random(columns, scale=0.1)
    product = g.node("Gemm", flat, weight, bias)
    return g.node("Reshape", product, g.integers(1, length, columns))


def _tanh_gelu(g: GraphWriter, x: str) -> str:
    cube = g.node("Mul", g.node("Pow", x, g.scalar(3.0)), g.scalar(0.044715))
    inner = g.node("Mul", g.node("Add", x, cube), g.scalar(math.sqrt(2 / math.pi)))
    sum_ = g.node("Add", g.node("Tanh", inner), g.scalar(1.0))
    return g.node("Mul", g.node("Mul", x, g.scalar(0.5)), sum_)
