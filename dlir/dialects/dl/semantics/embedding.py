"""Rows of a table, chosen by indices and pooled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlir.dialects.dl.attrs import Pooling
from dlir.dialects.dl.ops import embedding as e
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.dialects.dl.semantics.scatter import checked
from dlir.numpy_types import Array

POOLINGS: dict[Pooling, Callable[..., Array]] = {
    Pooling.SUM: np.sum,
    Pooling.MEAN: np.mean,
    Pooling.MAX: np.max,
}


def embedding_bag(
    _: Any, op: e.EmbeddingBagOp, table: Array, indices: Array, offsets: Array, *weights: Array
) -> Array:
    """y[b] = pool(rows of the indices from offsets[b] on), in f64; 0 of nothing"""
    outside = (offsets < 0) | (offsets > indices.size)
    if np.any(outside):
        raise IndexError(f"offset {offsets[outside].flat[0]} is outside [0, {indices.size}]")
    rows = to_f64(table)[checked(indices, len(table), 0)]
    for weight in weights:
        if weight.shape != indices.shape:
            raise ValueError(f"{weight.size} weights for {indices.size} indices")
        rows = rows * to_f64(weight)[:, None]
    pool, starts = POOLINGS[op.pooling.data], np.sort(offsets)
    result = np.zeros((offsets.size, table.shape[1]))
    ends = np.append(starts, indices.size)[1:]
    for bag, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if start < end:
            result[bag] = pool(rows[int(start) : int(end)], axis=0)
    return rounded(result, result_dtype(op))


SEMANTICS = {e.EmbeddingBagOp: embedding_bag}
