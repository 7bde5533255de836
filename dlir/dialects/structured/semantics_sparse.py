"""What `structured.sparse_matmul` means, in numpy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import Operation

from dlir.dialects.structured.ops.sparse import SparseMatmulOp

Array = NDArray[Any]


def sparse_matmul(
    _: Any, op: SparseMatmulOp, values: Array, columns: Array, rows: Array, x: Array, outs: Array
) -> Array | None:
    """The rows of a row of blocks are the sum of its blocks, each times its rows of x."""
    height, width = op.block
    blocks = values.reshape(-1, width, height).swapaxes(1, 2)
    result = np.empty_like(outs)
    for i, (begin, end) in enumerate(pairwise(rows)):
        total = np.zeros((height, x.shape[1]), x.dtype)
        for p in range(begin, end):
            total += blocks[p] @ x[columns[p] * width :][:width]
        part = result[i * height : (i + 1) * height]
        part[...] = total[: len(part)]
    if op.result is not None:
        return result
    outs[...] = result
    return None


SEMANTICS: dict[type[Operation], Callable[..., Any]] = {SparseMatmulOp: sparse_matmul}
