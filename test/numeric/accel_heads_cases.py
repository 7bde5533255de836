"""Attention with heads of all widths against blocks of lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric.accel_models import Build, Case, Model

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import movement as mv


def dense(g: Model, x: Any, size: int, out: int) -> Any:
    y = g.add(k.MatmulOp(x, g.param(f"{size}x{out}xf32", size)))
    return g.add(b.AddOp(y, g.param(f"{out}xf32")))


def in_heads(g: Model, x: Any, heads: int, size: int) -> Any:
    """[batch, rows, heads * size] -> [batch, heads, rows, size]"""
    batch, rows, _ = x.type.get_shape()
    y = g.add(mv.ReshapeOp(x, [batch, rows, heads, size]))
    return g.add(mv.TransposeOp(y, (0, 2, 1, 3)))


def merged(g: Model, x: Any) -> Any:
    batch, heads, rows, size = x.type.get_shape()
    return g.add(mv.ReshapeOp(g.add(mv.TransposeOp(x, (0, 2, 1, 3))), [batch, rows, heads * size]))


def mixed(g: Model, q: Any, keys: Any, values: Any, mask: Any = None) -> Any:
    scores = g.add(k.MatmulOp(q, keys, transpose_rhs=True))
    scores = g.add(b.MulOp(scores, g.constant("f32", [q.type.get_shape()[-1] ** -0.5])))
    if mask is not None:
        scores = g.add(b.AddOp(scores, mask))
    return g.add(k.MatmulOp(g.add(c.SoftmaxOp(scores)), values))


def projected(batch: int, rows: int, heads: int, size: int, masked: bool = False) -> Build:
    """Weights before and after."""
    width = heads * size

    def build(g: Model) -> Any:
        x = g.arg(f"{batch}x{rows}x{width}xf32")
        parts = [in_heads(g, dense(g, x, width, width), heads, size) for _ in range(3)]
        gone = np.triu(np.full((rows, rows), -np.inf, np.float32), 1)
        mask = g.arg(f"{rows}x{rows}xf32", gone) if masked else None
        return g.add(b.AddOp(dense(g, merged(g, mixed(g, *parts, mask)), width, width), x))

    return build


def bare(rows: int, heads: int, size: int) -> Build:
    """Nothing but the attention: arguments, and a result that is read twice."""

    def build(g: Model) -> Any:
        shape = f"1x{rows}x{heads * size}xf32"
        parts = [in_heads(g, g.arg(shape), heads, size) for _ in range(3)]
        y = merged(g, mixed(g, *parts))
        return y, dense(g, y, heads * size, 5)

    return build


def read_twice(g: Model) -> Any:
    """Queries that are also given, and keys that are a residual's."""
    x = g.arg("1x7x20xf32")
    q, v = dense(g, x, 20, 20), dense(g, x, 20, 20)
    keys = g.add(b.AddOp(q, x))
    y = merged(g, mixed(g, *(in_heads(g, part, 4, 5) for part in (q, keys, v))))
    return dense(g, y, 20, 20), q


def together(rows: int, heads: int, size: int) -> Build:
    """One projection for queries, keys and values."""
    width = heads * size

    def build(g: Model) -> Any:
        x = g.arg(f"1x{rows}x{width}xf32")
        parts = g.add_all(mv.SplitOp(dense(g, x, width, 3 * width), 2, [width] * 3))
        y = mixed(g, *(in_heads(g, part, heads, size) for part in parts))
        return dense(g, merged(g, y), width, width)

    return build


def decode(keys: int, heads: int, size: int) -> Build:
    """One token against keys and values of earlier ones; its own are given back."""
    width = heads * size

    def build(g: Model) -> Any:
        x = g.arg(f"1x1x{width}xf32")
        cache = [g.arg(f"1x{heads}x{keys}x{size}xf32") for _ in range(2)]
        q, new_key, new_value = (
            in_heads(g, dense(g, x, width, width), heads, size) for _ in range(3)
        )
        return dense(g, merged(g, mixed(g, q, *cache)), width, width), new_key, new_value

    return build


def grown(keys: int, heads: int, size: int) -> Build:
    """One token whose key and value join those of earlier ones."""
    width = heads * size

    def build(g: Model) -> Any:
        x = g.arg(f"1x1x{width}xf32")
        cache = [g.arg(f"1x{heads}x{keys}x{size}xf32") for _ in range(2)]
        q, *new = (in_heads(g, dense(g, x, width, width), heads, size) for _ in range(3))
        joined = [g.add(mv.ConcatOp(pair, 2)) for pair in zip(cache, new, strict=True)]
        return dense(g, merged(g, mixed(g, q, *joined)), width, width), *joined

    return build


SIZES = (
    (1, 5), (4, 5), (3, 8), (6, 2), (12, 2), (9, 2), (7, 3), (13, 3), (5, 6), (4, 15), (2, 16),
    (3, 17), (2, 24), (4, 4), (8, 4), (6, 4),
)  # fmt: skip
"""Heads and their widths: whole blocks, parts of one, several blocks, blocks with lanes over."""


def heads_cases() -> list[Case]:
    return [
        *(Case(f"projected {n}x{d}", projected(1, 7, n, d), depth=9) for n, d in SIZES),
        Case("projected batch", projected(3, 5, 6, 5), depth=9),
        Case("projected one row", projected(2, 1, 4, 5), depth=9, programs=None),
        Case("projected many rows", projected(1, 33, 6, 5), depth=9),
        Case("projected masked", projected(1, 17, 9, 3, masked=True), depth=9),
        *(Case(f"bare {n}x{d}", bare(9, n, d), depth=9, programs=None)
          for n, d in ((4, 5), (3, 8), (4, 4), (8, 4), (2, 24))),
        *(Case(f"decode {n}x{d}", decode(9, n, d), depth=9)
          for n, d in ((4, 5), (3, 8), (4, 4), (8, 4), (2, 16), (2, 24), (1, 5))),
        *(Case(f"together {n}x{d}", together(5, n, d), depth=9, programs=None)
          for n, d in ((4, 4), (8, 4), (4, 5), (2, 24))),
        *(Case(f"grown {n}x{d}", grown(9, n, d), depth=9, programs=None)
          for n, d in ((4, 4), (3, 8), (2, 16))),
        Case("read twice", read_twice, depth=9, programs=None),
    ]  # fmt: skip
