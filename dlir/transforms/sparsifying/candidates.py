"""What a product with an encoded matrix costs, in a model that measurements have calibrated.

Times are counted in one multiply-add of a vector of 16 columns in the dense product, or of one
element where there is but one column, as they were on the machine of docs/sparsity.md; a machine
that is faster at all of them decides in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dlir.dialects.sparse.attrs import BsrAttr, CsrAttr, Encoding
from dlir.dialects.sparse.storage import bsr, csr
from dlir.numpy_types import Array

VECTOR = 16
"""The columns of one vector of f32."""


class Cost(NamedTuple):
    """What each element that is stored (of blocks: zeros as well) takes."""

    one: float
    """With one column, in its dense multiply-adds."""
    place: float
    """With more columns: for finding the row of x, ..."""
    vector: float
    """... and for each vector of columns."""


DENSE = Cost(1.0, 0.0, 1.0)
COSTS: Mapping[str, Cost] = {
    "csr": Cost(6.0, 2.2, 1.8),
    "4x1": Cost(1.7, 0.45, 0.83),
    "8x1": Cost(1.2, 0.1, 0.83),
    "16x1": Cost(1.1, 0.1, 0.83),
}
"""By the name of a format; fitted to the rows of docs/sparsity.md."""

ROW = 15.0
"""What a row of blocks costs however little it holds, in the same unit, with each vector."""

FORMATS = tuple(COSTS)


def encode_as(name: str, matrix: Array) -> Encoding:
    """The encoding of that name that fits the matrix."""
    if name == "csr":
        return csr(matrix)
    rows, columns = map(int, name.split("x"))
    return bsr(matrix, (rows, columns))


def product_time(cost: Cost, stored: int, rows: int, columns: int) -> float:
    """What a product takes whose matrix stores so many elements in so many rows (of blocks)."""
    vectors = -(-columns // VECTOR)
    each = cost.one if columns == 1 else cost.place + cost.vector * vectors
    return stored * each + rows * ROW * (1 if columns == 1 else vectors)


def dense_time(matrix: Array, columns: int) -> float:
    return product_time(DENSE, matrix.size, 0, columns)


def encoded_time(name: str, encoding: Encoding, matrix: Array, columns: int) -> float:
    """What a product with the encoded matrix takes."""
    assert isinstance(encoding, CsrAttr | BsrAttr)
    height, width = encoding.block if isinstance(encoding, BsrAttr) else (1, 1)
    stored = encoding.count.data * height * width
    return product_time(COSTS[name], stored, -(-matrix.shape[0] // height), columns)


def best_of(matrix: Array, columns: int, format: str = "auto") -> tuple[Encoding, str, float]:
    """The encoding with the least time, of all or of the format that is asked for; its name and
    its time."""
    names = FORMATS if format == "auto" else (format,)
    found = [(name, encode_as(name, matrix)) for name in names]
    timed = [(encoded_time(name, e, matrix, columns), name, e) for name, e in found]
    time, name, encoding = min(timed, key=lambda one: one[0])
    return encoding, name, time
