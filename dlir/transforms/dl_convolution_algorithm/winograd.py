"""Winograd's algorithm F(m x m, 3 x 3): m x m results from (m + 2)^2 products per channel.

    Y = A^T [ sum over c of (G w G^T) * (B^T d B) ] A    for each tile d of (m + 2) x (m + 2) pixels

The sums over channels are (m + 2)^2 matrix products of tiles by channels; the transforms are matrix
products by small constant matrices, along columns and then along rows. F(2 x 2, 3 x 3) takes 16
products for 36, F(4 x 4, 3 x 3) 36 for 144.

Rounding (f32, relative to the largest result, weights of variance 2 / terms, 512 channels): direct
2e-7, F(2 x 2) 5e-7, F(4 x 4) 3e-6. `test/numeric/test_dl_convolution_algorithm.py` keeps to that.
"""

from __future__ import annotations

import numpy as np

from dlir.dialects.dl.terms import Formula, Term
from dlir.transforms.dl_convolution_algorithm.image import (
    Convolution,
    correlated,
    matrix,
    padded,
    product,
    reshaped,
    sliced,
    transposed,
)
from dlir.transforms.dl_convolution_algorithm.toom_cook import (
    POINTS,
    ShortCorrelation,
    array,
    short_correlation,
)

TAPS = 3


def winograd(conv: Convolution, make: Formula, tile: int) -> Term:
    """The whole formula, for tiles of tile x tile results."""
    matrices = short_correlation(tile, TAPS, POINTS[tile])
    height, width = conv.places
    rows, columns = -(-height // tile), -(-width // tile)
    seen = _neighbours(conv, make, matrices, rows, columns)
    sums = product(seen, _filters(conv, make, matrices))
    result = _results(sums, make, matrices, conv, rows, columns)
    return sliced(result, (0, 0, 0), (height, width, conv.channels[1]), (1, 1, 1))


def _filters(conv: Convolution, make: Formula, matrices: ShortCorrelation) -> Term:
    """G w G^T as [v, 1, u, c, o]: both directions at once, from weights alone, before any call."""
    channels, out = conv.channels
    g, n = array(matrices.g), len(matrices.g)
    w = transposed(make.term(conv.op.weight), 3, 2, 1, 0)
    w = product(matrix(make, np.kron(g, g)), reshaped(w, TAPS * TAPS, channels * out))
    return reshaped(w, n, 1, n, channels, out)


def _neighbours(
    conv: Convolution, make: Formula, matrices: ShortCorrelation, rows: int, columns: int
) -> Term:
    """B^T d B as [v, batch, u, tile, c]: along columns, then along rows; tiles overlap by two."""
    n, (height, width), channels = len(matrices.b), conv.image, conv.channels[0]
    step = n - TAPS + 1
    top, left = conv.padding[:2]
    tall, wide = step * rows + TAPS - 1, step * columns + TAPS - 1
    x = make.term(conv.x)
    x = padded(x, top, left, max(0, tall - top - height), max(0, wide - left - width))
    x = sliced(x, (0, 0, 0), (tall, wide, channels), (1, 1, 1))
    b = matrix(make, array(matrices.b).reshape(n, 1, n, 1))
    lines = conv.batch * tall if conv.batch >= 0 else -1
    x = correlated(reshaped(x, lines, 1, wide, channels), b, step)
    x = reshaped(
        transposed(x, 1, 0, 2, 3),
        n * conv.batch if conv.batch >= 0 else -1,
        1,
        tall,
        columns * channels,
    )
    x = correlated(x, b, step)
    return reshaped(x, n, conv.batch, n, rows * columns, channels)


def _results(
    sums: Term, make: Formula, matrices: ShortCorrelation, conv: Convolution,
    rows: int, columns: int,
) -> Term:  # fmt: skip
    """A^T M A as an image of whole tiles."""
    tile, n, out = len(matrices.a), len(matrices.b), conv.channels[1]
    a = matrix(make, array(matrices.a))
    y = reshaped(sums, n, conv.batch, n, rows, columns, out)
    y = product(a, transposed(y, 1, 3, 4, 0, 2, 5))
    y = product(a, transposed(y, 0, 1, 4, 2, 3, 5))
    return reshaped(y, conv.batch, rows * tile, columns * tile, out)
