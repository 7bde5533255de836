"""FFT: in frequencies a convolution is a product, one matrix of channels for each frequency.

    Y(f, g) = sum over c of X(f, g) * conj(W(f, g))

on all of the padded image at once: results whose window would wrap around are not read. Fourier
transforms are matrix products by constant cosines and sines; of the frequencies along a line only
those from 0 to the middle are kept, since images are real. Work grows with the image and not with
the kernel, so this is for kernels of a third of the image and more.

Rounding (f32, relative to the largest result): 1e-6.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.terms import Formula, Term
from dlir.numpy_types import Array
from dlir.transforms.dl_convolution_algorithm.image import (
    Convolution,
    matrix,
    padded,
    product,
    reshaped,
    sliced,
    transposed,
)

Complex = NDArray[np.complex128]
CONJUGATE = np.array([[1, 0], [0, 1], [0, -1], [1, 0]])
"""How (w, iw) enter x * conj(w): real from x, real from ix, imaginary from x, imaginary from ix."""


def fft(conv: Convolution, make: Formula) -> Term:
    """All results at stride 1 by way of frequencies; strides are taken at the end."""
    (kh, kw), (dh, dw), (channels, out) = conv.kernel, conv.dilations, conv.channels
    top, left, bottom, right = conv.padding
    tall, wide = conv.image[0] + top + bottom, conv.image[1] + left + right
    x = padded(make.term(conv.x), *conv.padding)
    w = transposed(make.term(conv.op.weight), 2, 3, 1, 0)
    sizes = (tall, wide)
    seen = _frequencies(make, x, conv.batch, sizes, range(tall), range(wide))
    taps = [[d * i for i in range(k)] for k, d in ((kh, dh), (kw, dw))]
    weight = _frequencies(make, reshaped(w, 1, kh, kw, channels * out), 1, sizes, *taps)
    lines = tall * (wide // 2 + 1)
    x_parts = transposed(reshaped(seen, conv.batch, lines, 2, channels), 1, 0, 2, 3)
    w_parts = reshaped(weight, lines, 2, channels, out)
    y = _multiplied(x_parts, w_parts, conv)
    y = _image(make, y, conv.batch, sizes, out)
    (height, width), (sh, sw) = conv.places, conv.strides
    return sliced(y, (0, 0, 0), (height, width, out), (sh, sw, 1))


def _frequencies(
    make: Formula, x: Term, batch: int, sizes: tuple[int, int],
    rows: Sequence[int], columns: Sequence[int],
) -> Term:  # fmt: skip
    """[b, i, j, c], standing at these rows and columns -> [b, (f, g), (real, imaginary), c]"""
    (tall, wide), c = sizes, shape_of(x.value)[-1]
    kept = wide // 2 + 1
    lines = batch * len(rows) if batch >= 0 else -1
    along = reshaped(x, lines, len(columns), c)
    x = product(matrix(make, _waves(wide, range(kept), columns)), along)
    x = reshaped(x, batch, len(rows), kept, 2, c)
    x = reshaped(transposed(x, 0, 2, 1, 3, 4), batch, kept, len(rows) * 2, c)
    x = product(matrix(make, _complex(_wave(tall, range(tall), rows))), x)
    x = reshaped(x, batch, kept, tall, 2, c)
    return reshaped(x, batch, kept * tall, 2, c)


def _multiplied(x: Term, w: Term, conv: Convolution) -> Term:
    """x * conj(w) for each frequency: [re, im] times the matrix [[re, -im], [im, re]]"""
    channels, out = conv.channels
    lines = shape_of(w.value)[0]
    make = x.formula
    w = product(matrix(make, CONJUGATE), reshaped(w, lines, 2, channels * out))
    w = reshaped(w, lines, 2, 2, channels, out)  # the result's part, x's part
    w = reshaped(transposed(w, 0, 2, 3, 1, 4), lines, 2 * channels, 2 * out)
    y = product(reshaped(x, lines, conv.batch, 2 * channels), w)
    return reshaped(y, lines, conv.batch, 2, out)


def _image(make: Formula, y: Term, batch: int, sizes: tuple[int, int], out: int) -> Term:
    """[(g, f), b, (real, imaginary), o] -> [b, i, j, o]"""
    tall, wide = sizes
    kept = wide // 2 + 1
    y = transposed(y, 1, 0, 2, 3)
    y = reshaped(y, batch, kept, tall * 2, out)
    back = _wave(tall, range(tall), range(tall)).conj().T / tall
    y = product(matrix(make, _complex(back)), y)
    y = transposed(reshaped(y, batch, kept, tall, 2, out), 0, 2, 1, 3, 4)
    y = reshaped(y, batch, tall, kept * 2, out)
    return product(matrix(make, _real_part(wide)), y)


def _wave(size: int, frequencies: Sequence[int], places: Sequence[int]) -> Complex:
    """e^(-2 pi i f p / size)"""
    turns = np.outer(frequencies, places) % size
    return np.exp(-2j * np.pi * turns / size)


def _waves(size: int, frequencies: Sequence[int], places: Sequence[int]) -> Array:
    """Real and imaginary part of each frequency below one another, of real numbers."""
    wave = _wave(size, frequencies, places)
    return np.stack([wave.real, wave.imag], axis=1).reshape(-1, len(places))


def _complex(values: Complex) -> Array:
    """A complex matrix as a real one, for columns of real and imaginary parts in turn."""
    blocks = np.array([[values.real, -values.imag], [values.imag, values.real]])
    rows, columns = values.shape
    return blocks.transpose(2, 0, 3, 1).reshape(2 * rows, 2 * columns)


def _real_part(wide: int) -> Array:
    """The inverse from half of the frequencies: those that stand for two count twice."""
    kept = wide // 2 + 1
    back = _wave(wide, range(wide), range(kept)).conj() / wide
    twice = np.array([1 if f == 0 or 2 * f == wide else 2 for f in range(kept)])
    back = back * twice
    return np.stack([back.real, -back.imag], axis=2).reshape(wide, 2 * kept)
