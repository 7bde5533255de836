"""The matrices of F(m, r): m results of a filter of r taps by m + r - 1 products.

    y = A^T ((G g) * (B^T d))        for m + r - 1 neighbours d and r taps g

d stands for a polynomial's coefficients; products are taken at m + r - 2 points and at infinity
(Toom and Cook; Winograd; Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
2015). All entries are exact fractions until they are asked for as arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dlir.numpy_types import Array

Matrix = list[list[Fraction]]

POINTS: dict[int, tuple[Fraction, ...]] = {
    2: (Fraction(0), Fraction(1), Fraction(-1)),
    4: (Fraction(0), Fraction(2, 3), Fraction(-2, 3), Fraction(3, 2), Fraction(-3, 2)),
}
"""Results at a time -> the finite points, for filters of three taps.

Pairs +-p, +-1/p keep the powers in A and G near 1: with +-2/3, +-3/2 the largest error of F(4, 3)
is a quarter of that with the customary +-1, +-2.
"""


class ShortCorrelation(NamedTuple):
    """The three matrices, as lists of rows."""

    a: Matrix
    """m x n, from the products to the results."""
    b: Matrix
    """n x n, from the neighbours."""
    g: Matrix
    """n x r, from the taps."""


@cache
def short_correlation(m: int, r: int, points: tuple[Fraction, ...]) -> ShortCorrelation:
    """F(m, r) with n - 1 = m + r - 2 different points, and infinity as the last one."""
    n = m + r - 1
    others = [[q for q in points if q != p] for p in points]
    a = [[p**i for p in points] + [Fraction(int(i == m - 1))] for i in range(m)]
    b = [[*_from_roots(roots), Fraction(0)] for roots in others]
    b.append(_from_roots(points))
    g = [[p**k / _at(roots, p) for k in range(r)] for p, roots in zip(points, others, strict=True)]
    g.append([Fraction(int(k == r - 1)) for k in range(r)])
    assert len(points) == n - 1
    return _balanced(ShortCorrelation(a, b, g))


def _balanced(matrices: ShortCorrelation) -> ShortCorrelation:
    """Rows of B divided by powers of two, those of G multiplied: products of middling size."""
    a, b, g = matrices
    for j, row in enumerate(b):
        scale = Fraction(1)
        while max(map(abs, row)) / scale >= 2:
            scale *= 2
        b[j] = [x / scale for x in row]
        g[j] = [x * scale for x in g[j]]
    return ShortCorrelation(a, b, g)


def _from_roots(roots: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients of (x - roots[0]) (x - roots[1]) ..., lowest power first."""
    result = [Fraction(1)]
    for root in roots:
        lower, higher = [*result, Fraction(0)], [Fraction(0), *result]
        result = [h - root * x for x, h in zip(lower, higher, strict=True)]
    return result


def _at(roots: Sequence[Fraction], x: Fraction) -> Fraction:
    result = Fraction(1)
    for root in roots:
        result *= x - root
    return result


def array(matrix: Matrix) -> Array:
    """The entries rounded to f64."""
    import numpy as np

    return np.array([[float(x) for x in row] for row in matrix])
