"""Determinants and Fourier transforms, computed in f64 and rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops.linear_algebra import DetOp, DftOp
from dlir.dialects.dl.semantics.common import result_dtype, rounded, to_f64
from dlir.numpy_types import Array


def det(_: Any, op: DetOp, x: Array) -> Array:
    """numpy.linalg.det"""
    return rounded(np.asarray(np.linalg.det(to_f64(x))), result_dtype(op))


def dft(_: Any, op: DftOp, x: Array) -> Array:
    """numpy.fft.fft or ifft of real + i * imaginary part"""
    parts = to_f64(x)
    transform = np.fft.fft if op.inverse is None else np.fft.ifft
    y = transform(parts[..., 0] + 1j * parts[..., 1], axis=op.axis.value.data)
    return rounded(np.stack([y.real, y.imag], -1), result_dtype(op))


SEMANTICS = {DetOp: det, DftOp: dft}
