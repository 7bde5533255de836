"""What schedules and kernels of `structured.sparse_matmul` agree on."""

from __future__ import annotations

from dlir.dialects.structured.ops.base import shape_of
from dlir.dialects.structured.ops.sparse import SparseMatmulOp

LANE_BYTES = 64
"""A vector of the widest registers."""


def few_columns(op: SparseMatmulOp) -> bool:
    """Whether x has so few columns that lanes along them would be idle for the most part.

    Then lanes run along the height of a block; single elements have the memory of a number to read
    either way.
    """
    columns, height = shape_of(op.x)[1], op.block[0]
    return columns == 1 or 0 <= columns < 8 <= height
