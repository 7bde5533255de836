"""Determinants and Fourier transforms of every kind of size."""

from __future__ import annotations

from numeric.cases import Case, Scaled

from dlir.dialects.dl.ops import linear_algebra as la

LENGTHS = (1, 2, 3, 4, 7, 17, 64, 65, 67, 96, 128, 134, 400, 1000)
"""One, small, prime, and products of small and large numbers."""


def linear_algebra_cases(element: str) -> list[Case]:
    matrices = ("2?x3x3", "1x1", "3x3", "2x3?x2x2", "0?x4x4", "5x0x0", "7x7", "3?x8x8", "17x17")
    cases = [Case("det", f"{shape}x{element}", la.DetOp, Scaled(300)) for shape in matrices]
    singular = [[0.0, 0.0], [0.0, 3.0]], [[0.0, 2.0], [-3.0, 1.0]], [[1.0, 2.0], [2.0, 4.0]]
    cases.append(Case("det", f"3?x2x2x{element}", la.DetOp, Scaled(4), values=[list(singular)]))
    for n in LENGTHS:
        shape = f"2?x{n}x2x{element}"
        cases.append(Case("dft", shape, lambda x: la.DftOp(x, 1), Scaled(n)))
    for shape, axis in (("5x3?x2x2", 0), ("2x3x5?x2", 1), ("2?x3x12x2", 2), ("0?x6x2", 1)):
        make = lambda x, axis=axis: la.DftOp(x, axis, inverse=True)  # noqa: E731
        cases.append(Case("idft", f"{shape}x{element}", make, Scaled(12)))
    return cases
