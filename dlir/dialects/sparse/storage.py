"""The encodings in numpy: matrices to what is stored of them, and back without the loss of a bit.

Parts have one form for each matrix; `assemble` raises ValueError for any other, such as a column
outside of the matrix, so that what is read from a file is right or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.sparse.attrs import (
    PLACE_BITS,
    BitmaskAttr,
    BsrAttr,
    CsrAttr,
    Encoding,
    NmAttr,
    Shape,
)
from dlir.numpy_types import Array

Mask = NDArray[np.bool_]


def nonzero(array: Array) -> Mask:
    """Where any bit is set: -0.0 and NaN are other than zero."""
    array = np.ascontiguousarray(array)
    return array.view(f"u{array.dtype.itemsize}") != 0


def stored(encoding: Encoding, matrix: Array) -> Mask:
    """The elements that have a term in products: all of a stored block, else those not zero."""
    if not isinstance(encoding, BsrAttr):
        return nonzero(matrix)
    blocks = _blocks(encoding, nonzero(matrix)).any(axis=(2, 3))
    wide = blocks.repeat(encoding.rows.data, axis=0).repeat(encoding.columns.data, axis=1)
    return wide[: matrix.shape[0], : matrix.shape[1]]


def csr(matrix: Array) -> CsrAttr:
    """The encoding as compressed rows that fits."""
    return CsrAttr(int(nonzero(matrix).sum()))


def bsr(matrix: Array, block: Sequence[int]) -> BsrAttr:
    """The encoding as rows of blocks that fits."""
    empty = BsrAttr(block, 0)
    return BsrAttr(block, int(_blocks(empty, nonzero(matrix)).any(axis=(2, 3)).sum()))


def bitmask(matrix: Array) -> BitmaskAttr:
    """The encoding as a bit for each element that fits."""
    return BitmaskAttr(int(nonzero(matrix).sum()))


def fits_nm(encoding: NmAttr, matrix: Array) -> bool:
    """Whether no group has more than N elements that are not zero."""
    return bool((_groups(encoding, nonzero(matrix)).sum(axis=2) <= encoding.n.data).all())


def check_fit(encoding: Encoding, matrix: Array) -> None:
    """Raises ValueError if the matrix has not the form that the encoding says."""
    if isinstance(encoding, NmAttr):
        if not fits_nm(encoding, matrix):
            raise ValueError(f"a group has more elements other than zero than {encoding} stores")
        return
    fitting = bsr(matrix, encoding.block) if isinstance(encoding, BsrAttr) else csr(matrix)
    expected, got = (getattr(e, "count").data for e in (encoding, fitting))  # noqa: B009
    if expected != got:
        raise ValueError(f"the tensor has {got} to store, {encoding} says {expected}")


# Blocks and groups


def _blocks(encoding: BsrAttr, matrix: Array) -> Array:
    """[block row, block column, row, column], filled up with zeros."""
    (height, width), (rows, columns) = encoding.grid(matrix.shape), encoding.block
    full = np.zeros((height * rows, width * columns), matrix.dtype)
    full[: matrix.shape[0], : matrix.shape[1]] = matrix
    return full.reshape(height, rows, width, columns).swapaxes(1, 2)


def _groups(encoding: NmAttr, matrix: Array) -> Array:
    """[row, group, place], filled up with zeros."""
    rows, columns = matrix.shape
    groups = -(-columns // encoding.m.data)
    full = np.zeros((rows, groups * encoding.m.data), matrix.dtype)
    full[:, :columns] = matrix
    return full.reshape(rows, groups, encoding.m.data)


def _pack(numbers: Array, bits: int) -> Array:
    """Numbers of a few bits in bytes, along the last axis, the lowest bits first."""
    spread = (numbers[..., None] >> np.arange(bits)) & 1
    flat = spread.reshape(*numbers.shape[:-1], numbers.shape[-1] * bits).astype(np.uint8)
    return np.packbits(flat, axis=-1, bitorder="little")


def _unpack(data: Array, bits: int, count: int) -> Array:
    """The inverse of `_pack`; raises ValueError if a bit behind the last number is set."""
    flat = np.unpackbits(data, axis=-1, bitorder="little")
    if flat[..., count * bits :].any():
        raise ValueError("bits are set behind the last one")
    flat = flat[..., : count * bits].reshape(*data.shape[:-1], count, bits)
    return (flat.astype(np.int64) << np.arange(bits)).sum(axis=-1)


# Each encoding: matrix -> parts, parts -> matrix


def _csr_parts(encoding: CsrAttr, matrix: Array) -> tuple[Array, ...]:
    kept = nonzero(matrix)
    rows = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    return matrix[kept], np.nonzero(kept)[1].astype(np.int32), rows


def _csr_matrix(encoding: CsrAttr, shape: Shape, *parts: Array) -> Array:
    values, columns, rows = parts
    row = _row_of_each(rows, columns, shape[1])
    matrix = np.zeros(shape, values.dtype)
    matrix[row, columns] = values
    return matrix


def _bsr_parts(encoding: BsrAttr, matrix: Array) -> tuple[Array, ...]:
    blocks = _blocks(encoding, matrix)
    kept = _blocks(encoding, nonzero(matrix)).any(axis=(2, 3))
    rows = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    values = np.ascontiguousarray(blocks[kept].swapaxes(1, 2))
    return values, np.nonzero(kept)[1].astype(np.int32), rows


def _bsr_matrix(encoding: BsrAttr, shape: Shape, *parts: Array) -> Array:
    values, columns, rows = parts
    grid, (height, width) = encoding.grid(shape), encoding.block
    row = _row_of_each(rows, columns, grid[1])
    blocks = np.zeros((*grid, height, width), values.dtype)
    blocks[row, columns] = values.swapaxes(1, 2)
    full = blocks.swapaxes(1, 2).reshape(grid[0] * height, grid[1] * width)
    if nonzero(full[shape[0] :]).any() or nonzero(full[:, shape[1] :]).any():
        raise ValueError("a block has elements outside of the matrix")
    return np.ascontiguousarray(full[: shape[0], : shape[1]])


def _row_of_each(rows: Array, columns: Array, width: int) -> Array:
    """The row of each entry; raises ValueError for positions that are none."""
    lengths = np.diff(rows)
    if rows[0] != 0 or rows[-1] != columns.size or (lengths < 0).any():
        raise ValueError(f"rows do not begin at 0, ascend and end at {columns.size}")
    if ((columns < 0) | (columns >= width)).any():
        raise ValueError(f"a column is outside of 0 to {width - 1}")
    row = np.arange(lengths.size).repeat(lengths)
    if (np.diff(row * width + columns) <= 0).any():
        raise ValueError("the columns of a row do not ascend")
    return row


def _bitmask_parts(encoding: BitmaskAttr, matrix: Array) -> tuple[Array, ...]:
    kept = nonzero(matrix)
    return matrix[kept], _pack(kept.reshape(-1).astype(np.int64), 1)


def _bitmask_matrix(encoding: BitmaskAttr, shape: Shape, *parts: Array) -> Array:
    values, mask = parts
    kept = _unpack(mask, 1, int(np.prod(shape))).astype(np.bool_)
    if kept.sum() != values.size:
        raise ValueError(f"the mask has {kept.sum()} bits for {values.size} values")
    matrix = np.zeros(kept.size, values.dtype)
    matrix[kept] = values
    return matrix.reshape(shape)


def _nm_parts(encoding: NmAttr, matrix: Array) -> tuple[Array, ...]:
    groups, n = _groups(encoding, matrix), encoding.n.data
    zero = ~_groups(encoding, nonzero(matrix))
    places = np.sort(np.argsort(zero, axis=2, kind="stable")[..., :n], axis=2)
    slots = groups.shape[1] * n
    values = np.take_along_axis(groups, places, axis=2).reshape(matrix.shape[0], slots)
    flat = places.reshape(matrix.shape[0], slots)
    return np.ascontiguousarray(values), _pack(flat, PLACE_BITS[encoding.m.data])


def _nm_matrix(encoding: NmAttr, shape: Shape, *parts: Array) -> Array:
    values, data = parts
    n, m = encoding.n.data, encoding.m.data
    groups = -(-shape[1] // m)
    places = _unpack(data, PLACE_BITS[m], groups * n).reshape(shape[0], groups, n)
    if (np.diff(places, axis=2) <= 0).any():
        raise ValueError("the places of a group do not ascend")
    full = np.zeros((shape[0], groups, m), values.dtype)
    np.put_along_axis(full, places, values.reshape(places.shape), axis=2)
    flat = full.reshape(shape[0], groups * m)
    if nonzero(flat[:, shape[1] :]).any():
        raise ValueError("a group has elements outside of the matrix")
    return np.ascontiguousarray(flat[:, : shape[1]])


class _Format(NamedTuple):
    parts: Callable[..., tuple[Array, ...]]
    matrix: Callable[..., Array]


_FORMATS: dict[type[Encoding], _Format] = {
    CsrAttr: _Format(_csr_parts, _csr_matrix),
    BsrAttr: _Format(_bsr_parts, _bsr_matrix),
    BitmaskAttr: _Format(_bitmask_parts, _bitmask_matrix),
    NmAttr: _Format(_nm_parts, _nm_matrix),
}


def disassemble(encoding: Encoding, matrix: Array) -> tuple[Array, ...]:
    """What is stored of a matrix that fits."""
    return _FORMATS[type(encoding)].parts(encoding, matrix)


def assemble(encoding: Encoding, shape: Shape, parts: Sequence[Any]) -> Array:
    """The matrix that is stored in parts. Raises ValueError for parts that are not its form."""
    matrix = _FORMATS[type(encoding)].matrix(encoding, shape, *parts)
    for part, again in zip(parts, disassemble(encoding, matrix), strict=True):
        if part.shape != again.shape or part.tobytes() != again.tobytes():
            raise ValueError(f"the parts store a zero: {encoding} has another form")
    return matrix
