"""Weights as integers of few bits: to nearest, with the best clipping, or by GPTQ.

A weight `w[k, n]` multiplies inputs `x[.., k]`. Groups of `group` neighbours along k share, per
column n, a scale and a zero point, so that w is about `(q - zero_point) * scale`, which is
`dl.dequantize {axis = 0, block = group}`. Symmetric integers are signed and have no zero point;
others are unsigned. All is deterministic, and computed in f64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dlir.numpy_types import Array

SHRINKS = tuple(1 - step / 40 for step in range(29))
"""What the range of a group is multiplied with in search of the least error."""
BLOCK = 128
"""Rows whose errors are carried on to all later rows together."""
DAMPING = 0.01
"""Of the mean of the diagonal of the gram matrix, added to the diagonal."""


class RoundedWeight(NamedTuple):
    """Integers of the weight's shape; scales and zero points `[ceil(K / group), N]`."""

    integers: Array
    scales: Array
    zero_points: Array | None

    def dequantized(self, group: int | None = None) -> Array:
        """What the integers stand for, in f32, if so many rows share a scale."""
        group = group or max(1, len(self.integers))
        scales = np.repeat(self.scales, group, axis=0)[: len(self.integers)]
        numbers = self.integers.astype(np.int32)
        if self.zero_points is not None:
            zeros = np.repeat(self.zero_points, group, axis=0)[: len(self.integers)]
            numbers = numbers - zeros.astype(np.int32)
        return numbers.astype(np.float32) * scales


def round_to_nearest(
    weight: Array, bits: int, group: int | None = None, symmetric: bool = True
) -> RoundedWeight:
    """Each number to the nearest integer of its group's range; without `group` K is one group."""
    return _grouped(weight, group, _Format(bits, symmetric), lambda part, form: form.fit(part))


def clip_search(
    weight: Array, bits: int, group: int | None = None, symmetric: bool = True
) -> RoundedWeight:
    """To nearest, in ranges that are shrunk as far as the mean squared error gets smaller."""
    return _grouped(weight, group, _Format(bits, symmetric), lambda part, form: form.search(part))


def gptq(
    weight: Array,
    inputs_gram: Array,
    bits: int,
    group: int | None = None,
    symmetric: bool = True,
    damping: float = DAMPING,
) -> RoundedWeight:
    """Rounding that makes up for its errors in the rows that are still to come.

    Frantar et al. 2022, "GPTQ: accurate post-training quantization for generative pre-trained
    transformers". `inputs_gram` is `sum of x^T x` over calibration inputs. With U the upper
    Cholesky factor of its damped inverse, the error of row k, divided by U[k, k], is taken off the
    later rows j times U[k, j]. A row whose inputs were all 0 is rounded to nearest.
    """
    form = _Format(bits, symmetric)
    work = _checked(weight, group).astype(np.float64)
    depth = len(work)
    group = min(group or depth, max(depth, 1))
    factor = _inverse_factor(_checked_gram(inputs_gram, depth), damping)
    integers = np.zeros(work.shape)
    ranges: list[_Range] = []
    for first in range(0, depth, BLOCK):
        last = min(first + BLOCK, depth)
        errors = np.zeros((last - first, work.shape[1]))
        for k in range(first, last):
            if k % group == 0:
                # rows of a group that begin behind this block have not seen its errors yet
                rows = _carried(work, errors, factor, first, k, min(k + group, depth), last)
                ranges.append(form.search(rows))
            integers[k] = form.rounded(work[k], ranges[-1])
            errors[k - first] = (work[k] - form.real(integers[k], ranges[-1])) / factor[k, k]
            work[k + 1 : last] -= np.outer(factor[k, k + 1 : last], errors[k - first])
        work[last:] -= factor[first:last, last:].T @ errors
    return form.finished(integers, ranges, work.shape[1])


def _carried(
    work: Array, errors: Array, factor: Array, first: int, begin: int, end: int, last: int
) -> Array:
    """Rows begin .. end with the errors of rows first .. begin taken off all of them."""
    inside = work[begin : min(end, last)]
    beyond = work[last:end] - factor[first:begin, last:end].T @ errors[: begin - first]
    return np.concatenate([inside, beyond])


# Ranges


class _Range(NamedTuple):
    """Scales and zero points of one group, one per column."""

    scale: Array
    zero: Array


@dataclass(frozen=True)
class _Format:
    """Integers of some bits, with or without a sign."""

    bits: int
    symmetric: bool

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 8:
            raise ValueError(f"expected 2 to 8 bits, got {self.bits}")

    @property
    def limits(self) -> tuple[int, int]:
        half = 1 << (self.bits - 1)
        return (-half, half - 1) if self.symmetric else (0, 2 * half - 1)

    def fit(self, rows: Array, shrink: float = 1.0) -> _Range:
        """The range that just holds a group's numbers, and 0, shrunk."""
        low, high = np.minimum(rows.min(axis=0), 0), np.maximum(rows.max(axis=0), 0)
        if self.symmetric:
            width = np.maximum(-low, high) * shrink / self.limits[1]
        else:
            width = (high - low) * shrink / self.limits[1]
        width = np.where(width > 0, np.maximum(width, np.finfo(np.float32).tiny), 1.0)
        scale = width.astype(np.float32).astype(np.float64)
        zero = np.zeros_like(scale)
        if not self.symmetric:
            zero = np.clip(np.rint(-low * shrink / scale), *self.limits)
        return _Range(scale, zero)

    def search(self, rows: Array) -> _Range:
        """Per column the shrunk range with the least sum of squared errors; ties to the wider."""
        best = self.fit(rows)
        least = self._error(rows, best)
        for shrink in SHRINKS[1:]:
            candidate = self.fit(rows, shrink)
            error = self._error(rows, candidate)
            better = error < least
            least = np.where(better, error, least)
            best = _Range(
                *(np.where(better, new, old) for new, old in zip(candidate, best, strict=True))
            )
        return best

    def _error(self, rows: Array, range: _Range) -> Array:
        return np.square(rows - self.real(self.rounded(rows, range), range)).sum(axis=0)

    def rounded(self, rows: Array, range: _Range) -> Array:
        return np.clip(np.rint(rows / range.scale) + range.zero, *self.limits)

    def real(self, integers: Array, range: _Range) -> Array:
        return (integers - range.zero) * range.scale

    def finished(self, integers: Array, ranges: Sequence[_Range], columns: int) -> RoundedWeight:
        dtype = np.int8 if self.symmetric else np.uint8
        shape = (len(ranges), columns)
        scales = np.array([r.scale for r in ranges], np.float32).reshape(shape)
        zeros = np.array([r.zero for r in ranges]).astype(dtype).reshape(shape)
        return RoundedWeight(integers.astype(dtype), scales, None if self.symmetric else zeros)


def _grouped(
    weight: Array,
    group: int | None,
    form: _Format,
    fit: Callable[[Array, _Format], _Range],
) -> RoundedWeight:
    """Each group on its own."""
    rows = _checked(weight, group).astype(np.float64)
    step = group or max(1, len(rows))
    parts = [rows[first : first + step] for first in range(0, len(rows), step)]
    ranges = [fit(part, form) for part in parts]
    integers = [form.rounded(*pair) for pair in zip(parts, ranges, strict=True)]
    return form.finished(np.concatenate([rows[:0], *integers]), ranges, rows.shape[1])


# What is given


def _checked(weight: Array, group: int | None) -> Array:
    if weight.ndim != 2:
        raise ValueError(f"expected a weight of rank 2, got rank {weight.ndim}")
    if group is not None and group < 1:
        raise ValueError(f"expected a group of at least one row, got {group}")
    return _finite(weight, "weight")


def _checked_gram(gram: Array, depth: int) -> Array:
    if gram.shape != (depth, depth):
        raise ValueError(f"expected a gram matrix of shape {(depth, depth)}, got {gram.shape}")
    return _finite(gram, "gram matrix").astype(np.float64)


def _finite(array: Array, name: str) -> Array:
    if not np.isfinite(array).all():
        raise ValueError(f"expected finite numbers, but the {name} holds NaN or infinities")
    return array


def _inverse_factor(gram: Array, damping: float) -> Array:
    """The upper triangular U with U^T U = (gram + damping)^-1; more damping where it needs it."""
    diagonal: Any = np.diagonal(gram)
    unseen = diagonal <= 0
    amount = damping * float(diagonal[~unseen].mean()) if not unseen.all() else 1.0
    for _ in range(3):
        damped = gram + np.diag(np.where(unseen, 1.0, amount))
        try:
            inverse = np.linalg.inv(np.linalg.cholesky(damped))
            return np.linalg.cholesky(inverse.T @ inverse).T
        except np.linalg.LinAlgError:
            amount = max(amount * 10, np.finfo(np.float64).tiny)
    raise ValueError("expected a gram matrix x^T x, got one with negative eigenvalues")
