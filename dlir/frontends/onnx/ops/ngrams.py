"""TfIdfVectorizer: how often n-grams of a list stand in rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import f32, i64

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Constant, Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor

MODES = ("TF", "IDF", "TFIDF")
MOST_DISTANCES = 1024
MOST_COLUMNS = 1 << 24
"""A list that claims to need more is taken for a hostile one."""


@dataclass(frozen=True)
class Grams:
    """The n-grams of one length, and the places of their counts in the result."""

    items: np.ndarray
    places: Sequence[int]


def _tf_idf(context: Context, node: Node) -> Tensor:
    x, mode = tensor(context, node, 0), node.string("mode", "")
    if mode not in MODES or x.rank not in (1, 2):
        raise Unsupported(f"mode '{mode}' for rank {x.rank}")
    tables, places = _tables(node), node.ints("ngram_indexes", ())
    width = max(places, default=-1) + 1
    if width > MOST_COLUMNS:
        raise Unsupported(f"a result of {width} columns")
    rows = context.cast(x if x.rank == 2 else context.reshape(x, (1, *x.dims)), i64)
    counts = [_count(context, rows, grams, node) for grams in tables]
    found = [place for grams in tables for place in grams.places]
    y = _in_place(context, counts, found, (rows.dims[0], width))
    y = _weighted(context, node, y, mode)
    return y if x.rank == 2 else context.reshape(y, (width,))


def _tables(node: Node) -> list[Grams]:
    """The n-grams that count, by length; raises Unsupported for a list that names one twice."""
    pool, starts = node.ints("pool_int64s", ()), node.ints("ngram_counts", ())
    places = node.ints("ngram_indexes", ())
    if "pool_strings" in node.attributes or not pool or not starts:
        raise Unsupported("n-grams of other than integers")
    ends = [*starts[1:], len(pool)]
    tables: list[Grams] = []
    first = 0
    for length, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        count, rest = divmod(end - start, length)
        if start < 0 or count < 0 or rest or end > len(pool):
            raise Unsupported(f"ngram_counts {list(starts)} for {len(pool)} numbers")
        own = places[first : first + count]
        first += count
        if count and node.int("min_gram_length", 0) <= length <= node.int("max_gram_length", 0):
            tables.append(Grams(np.array(pool[start:end], np.int64).reshape(count, length), own))
    if first != len(places) or min(places, default=0) < 0 or len({*places}) != len(places):
        raise Unsupported(f"ngram_indexes {list(places)} for {first} n-grams")
    if any(len(np.unique(grams.items, axis=0)) != len(grams.items) for grams in tables):
        raise Unsupported("an n-gram that is named twice")
    return tables


def _count(context: Context, rows: Tensor, grams: Grams, node: Node) -> Tensor:
    """[rows, n-grams]: how often each is found, with all distances between its items."""
    count, length = grams.items.shape
    size = rows.dims[1]
    if not isinstance(size, int):
        raise Unsupported("rows of dynamic size")
    total = context.broadcast(context.constant(0, f32), (rows.dims[0], count))
    distances = 1 if length == 1 else min(node.int("max_skip_count", 0) + 1, size)
    if distances > MOST_DISTANCES:
        raise Unsupported(f"{distances} distances between the items of an n-gram")
    for distance in range(1, distances + 1):
        if (places := size - distance * (length - 1)) <= 0:
            break
        parts = [context.take(rows, 1, distance * number, places) for number in range(length)]
        found = _found(context, parts, grams.items)
        ones = context.cast(found, f32)
        sums = context.emit(dl.ReduceSumOp(ones.ssa, [1], keepdims=False), total.dims)
        total = context.itemwise(dl.AddOp, total, sums)
    return total


def _found(context: Context, parts: Sequence[Tensor], items: np.ndarray) -> Tensor:
    """[rows, places, n-grams]: whether all items of an n-gram are the numbers at a place."""
    equal = [
        context.compare(
            "eq",
            context.reshape(part, (*part.dims, 1)),
            context.tensor(Constant(np.ascontiguousarray(items[:, number]), "ngrams")),
        )
        for number, part in enumerate(parts)
    ]
    found = equal[0]
    for other in equal[1:]:
        found = context.itemwise(dl.AndOp, found, other)
    return found


def _in_place(
    context: Context, counts: Sequence[Tensor], places: Sequence[int], dims: tuple[Dim, int]
) -> Tensor:
    """The counts in the columns that are theirs; zeros in the others."""
    nothing = context.broadcast(context.constant(0, f32), (dims[0], 1))
    joined = context.emit(
        dl.ConcatOp([x.ssa for x in (*counts, nothing)], 1), (dims[0], len(places) + 1)
    )
    columns = np.full(dims[1], len(places), np.int64)
    columns[[*places]] = np.arange(len(places))
    return context.gather(joined, context.tensor(Constant(columns, "columns")), 1)


def _weighted(context: Context, node: Node, counts: Tensor, mode: str) -> Tensor:
    """The counts, or whether they are more than zero, times the weights.

    The standard says that weights are of n-grams, its reference takes them for those of columns.
    """
    weights = node.floats("weights", ())
    ordered = [*node.ints("ngram_indexes", ())] == [*range(len(weights))]
    if mode != "TF" and weights and not ordered:
        raise Unsupported("weights of n-grams whose counts are not in the order of the list")
    if mode == "IDF":
        zero = context.constant(0, f32)
        counts = context.cast(context.compare("gt", counts, zero), f32)
    if mode == "TF" or not weights:
        return counts
    factors = context.tensor(Constant(np.array(weights, np.float32), "weights"))
    return context.itemwise(dl.MulOp, counts, factors)


OPERATORS: dict[str, Build] = {"TfIdfVectorizer": _tf_idf}
