"""Which weights go: masks of matrices of weights, a row per output channel. True is what stays.

The counts are exact: of n units `floor(sparsity * n)` go, with the sparsity as the decimal number
that was written. The least go first; of units that weigh the same, the first ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Granularity:
    """What goes together: blocks of a size (elements are 1x1, rows 1x all), or all but N of M."""

    rows: int
    columns: int
    """0: the whole row."""
    keep: int = 0
    """The N of N:M, whose M is `columns`; 0: blocks."""

    @staticmethod
    def parse(text: str) -> Granularity | None:
        """`element`, `row`, `4x1` or `2:4`; None for any other text."""
        if text in ("element", "row"):
            return Granularity(1, int(text == "element"))
        match = re.fullmatch(r"([1-9]\d*)([x:])([1-9]\d*)", text)
        if match is None:
            return None
        first, second = int(match[1]), int(match[3])
        if match[2] == "x":
            return Granularity(first, second)
        return Granularity(1, second, keep=first) if first <= second else None


def count_of(sparsity: float, units: int) -> int:
    """How many of so many units go: 0.29 of 100 are 29, whatever binary fractions say."""
    return int(Fraction(repr(sparsity)) * units)


def masks(matrices: Sequence[Matrix], granularity: Granularity, sparsity: float) -> list[Mask]:
    """The masks of matrices of which `sparsity` goes in total: of one, or of all together."""
    if granularity.keep:
        return [n_of_m(matrix, granularity.keep, granularity.columns) for matrix in matrices]
    sizes = [block_of(granularity, matrix) for matrix in matrices]
    scores = [block_scores(m, *size) for m, size in zip(matrices, sizes, strict=True)]
    stays = least_go(np.concatenate([s.ravel() for s in scores]), sparsity)
    ends = np.cumsum([s.size for s in scores])
    found: list[Mask] = []
    for score, end, matrix, (rows, columns) in zip(scores, ends, matrices, sizes, strict=True):
        blocks = stays[end - score.size : end].reshape(score.shape)
        wide = blocks.repeat(rows, axis=0).repeat(columns, axis=1)
        found.append(wide[: matrix.shape[0], : matrix.shape[1]])
    return found


def block_of(granularity: Granularity, matrix: Matrix) -> tuple[int, int]:
    """The size of blocks in a matrix."""
    return granularity.rows, granularity.columns or max(matrix.shape[1], 1)


def block_scores(matrix: Matrix, rows: int, columns: int) -> Matrix:
    """The mean square of each block; blocks at the last edges may be smaller than the others.

    A mean and not a sum, so that blocks of different sizes compare.
    """
    if matrix.size == 0:
        return np.zeros((-(-matrix.shape[0] // rows), -(-matrix.shape[1] // columns)))

    def sums(values: Matrix) -> Matrix:
        tall = np.add.reduceat(values, range(0, values.shape[0], rows), axis=0)
        return np.add.reduceat(tall, range(0, values.shape[1], columns), axis=1)

    squares = np.square(matrix.astype(np.longdouble))  # no magnitude of f64 vanishes or overflows
    return sums(squares) / sums(np.ones(matrix.shape))


def least_go(scores: Matrix, sparsity: float) -> Mask:
    """A mask of a vector without its `sparsity` least elements."""
    stays = np.ones(scores.shape, np.bool_)
    stays[np.argsort(scores, kind="stable")[: count_of(sparsity, scores.size)]] = False
    return stays


def n_of_m(matrix: Matrix, n: int, m: int) -> Mask:
    """The N greatest of each M neighbours in a row stay; of equals the last ones.

    A group at the end of a row may have fewer than M members.
    """
    rows, columns = matrix.shape
    groups = -(-columns // m)
    padded = np.full((rows, groups * m), -1.0)  # less than any magnitude: what is not there goes
    padded[:, :columns] = np.abs(matrix)
    order = np.argsort(padded.reshape(rows, groups, m), axis=2, kind="stable")
    stays = np.zeros(order.shape, np.bool_)
    np.put_along_axis(stays, order[..., m - n :], True, axis=2)
    return stays.reshape(rows, groups * m)[:, :columns]
