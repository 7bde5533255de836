"""Rounding of weights: limits, groups, and that what claims to lose less does."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from dlir.weight_rounding import RoundedWeight, clip_search, gptq, round_to_nearest

SHAPES = [(0, 3), (1, 1), (5, 3), (32, 7), (33, 2), (64, 0), (127, 5), (130, 16), (300, 4)]
GROUPS = [None, 1, 32, 64, 1000]


def weight_of(depth: int, columns: int, seed: int = 0) -> Any:
    random = np.random.default_rng(seed)
    return (random.standard_t(4, (depth, columns)) * random.uniform(0.1, 2, columns)).astype("f4")


def gram_of(depth: int, samples: int = 512, seed: int = 1) -> Any:
    """Of inputs that are correlated, as those of real layers are."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((samples, depth)) @ (
        random.standard_normal((depth, depth)) / np.sqrt(max(depth, 1)) + 0.3
    )
    return x.T @ x


def output_error(weight: Any, rounded: RoundedWeight, group: int | None, gram: Any) -> float:
    """|x w - x q|^2 over the inputs behind the gram matrix."""
    off = weight.astype("f8") - rounded.dequantized(group)
    return float(np.einsum("kn,kj,jn->", off, gram, off))


def squared_error(weight: Any, rounded: RoundedWeight, group: int) -> float:
    return float(np.square(weight.astype("f8") - rounded.dequantized(group)).sum())


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_integers_are_within_limits_and_scales_have_a_row_per_group(
    shape: tuple[int, int], group: int | None, bits: int, symmetric: bool
) -> None:
    weight = weight_of(*shape)
    every = [
        round_to_nearest(weight, bits, group, symmetric),
        clip_search(weight, bits, group, symmetric),
        gptq(weight, gram_of(shape[0]), bits, group, symmetric),
    ]
    for rounded in every:
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if symmetric else (0, 2**bits - 1)
        assert rounded.integers.shape == shape
        assert rounded.integers.dtype == (np.int8 if symmetric else np.uint8)
        assert ((rounded.integers >= low) & (rounded.integers <= high)).all()
        groups = -(-shape[0] // (group or max(1, shape[0])))
        assert rounded.scales.shape == (groups, shape[1]) and rounded.scales.dtype == np.float32
        assert (rounded.scales > 0).all() and np.isfinite(rounded.scales).all()
        assert (rounded.zero_points is None) == symmetric
        assert rounded.dequantized(group).shape == shape


@pytest.mark.parametrize("symmetric", [True, False])
def test_nearest_is_off_by_half_a_step_at_most(symmetric: bool) -> None:
    weight = weight_of(96, 8)
    rounded = round_to_nearest(weight, 4, 32, symmetric)
    steps, group = np.repeat(rounded.scales, 32, axis=0), 32
    slack = 1.001 if symmetric else 2.001  # the zero point is rounded, too
    assert (np.abs(weight - rounded.dequantized(group)) <= steps / 2 * slack).all()


@pytest.mark.parametrize("bits", [3, 4, 8])
@pytest.mark.parametrize("symmetric", [True, False])
def test_clipping_loses_less(bits: int, symmetric: bool) -> None:
    weight = weight_of(256, 16)
    plain = squared_error(weight, round_to_nearest(weight, bits, 64, symmetric), 64)
    searched = squared_error(weight, clip_search(weight, bits, 64, symmetric), 64)
    assert searched <= plain
    if bits < 8:
        assert searched < 0.98 * plain


@pytest.mark.parametrize("group", [None, 32, 100, 128])
@pytest.mark.parametrize("symmetric", [True, False])
def test_gptq_loses_less_of_the_output(group: int | None, symmetric: bool) -> None:
    weight, gram = weight_of(384, 48), gram_of(384, 1024)
    plain = output_error(weight, round_to_nearest(weight, 4, group, symmetric), group, gram)
    clipped = output_error(weight, clip_search(weight, 4, group, symmetric), group, gram)
    got = output_error(weight, gptq(weight, gram, 4, group, symmetric), group, gram)
    assert got < 0.6 * min(plain, clipped)


def test_gptq_is_the_rule_written_plainly() -> None:
    """Row by row over the whole matrix, without blocks: the same integers."""
    weight, gram = weight_of(150, 6), gram_of(150)
    damped = gram + 0.01 * np.diagonal(gram).mean() * np.eye(150)
    factor = np.linalg.cholesky(np.linalg.inv(damped)).T
    rounded = gptq(weight, gram, 4, group=50)
    work = weight.astype("f8")
    for k in range(150):
        scale = rounded.scales[k // 50].astype("f8")
        q = np.clip(np.rint(work[k] / scale), -8, 7)
        np.testing.assert_array_equal(rounded.integers[k], q)
        work[k + 1 :] -= np.outer(factor[k, k + 1 :], (work[k] - q * scale) / factor[k, k])


def test_independent_inputs_leave_nothing_to_make_up_for() -> None:
    weight = weight_of(64, 5)
    got, nearest = gptq(weight, 3 * np.eye(64), 4, 32), clip_search(weight, 4, 32)
    np.testing.assert_array_equal(got.integers, nearest.integers)
    np.testing.assert_array_equal(got.scales, nearest.scales)


def test_inputs_that_were_always_zero_and_groups_of_zeros() -> None:
    weight, gram = weight_of(64, 5), gram_of(64)
    gram[3], gram[:, 3] = 0, 0
    weight[32:] = 0
    rounded = gptq(weight, gram, 4, 32)
    assert np.isfinite(rounded.scales).all()
    silent = gptq(weight, np.zeros((64, 64)), 4, 32)  # nothing is known: to nearest
    np.testing.assert_array_equal(silent.integers, clip_search(weight, 4, 32).integers)
    assert (clip_search(weight, 4, 32).dequantized(32)[32:] == 0).all()


def test_few_samples_are_enough_for_a_factor() -> None:
    """Fewer samples than rows: the gram matrix is singular, and damping makes up for it."""
    weight, gram = weight_of(200, 5), gram_of(200, samples=3)
    error = output_error(weight, gptq(weight, gram, 4, 64), 64, gram)
    assert error < output_error(weight, round_to_nearest(weight, 4, 64), 64, gram)


def test_it_is_deterministic_and_takes_seconds() -> None:
    """The largest layer of MiniLM."""
    weight, gram = weight_of(1536, 384), gram_of(1536)
    start = time.perf_counter()
    first = gptq(weight, gram, 4, 32)
    assert time.perf_counter() - start < 30
    second = gptq(weight, gram, 4, 32)
    for a, b in zip(first[:2], second[:2], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": np.full((4, 2), np.nan)}, "the weight holds NaN"),
        ({"weight": np.zeros(4)}, "rank 2, got rank 1"),
        ({"inputs_gram": np.full((4, 4), np.inf)}, "the gram matrix holds NaN"),
        ({"inputs_gram": np.zeros((3, 3))}, "shape \\(4, 4\\), got \\(3, 3\\)"),
        ({"inputs_gram": np.eye(4) - 9 * np.fliplr(np.eye(4))}, "negative eigenvalues"),
        ({"bits": 9}, "2 to 8 bits, got 9"),
        ({"group": 0}, "at least one row, got 0"),
    ],
)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    given = {"weight": weight_of(4, 2), "inputs_gram": np.eye(4), "bits": 4, "group": 2} | change
    with pytest.raises(ValueError, match=message):
        gptq(**given)
