"""Fake quantisation against quantisation, and against PyTorch with its own gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.dl_meaning import run
from numeric.quantization_cases import reals
from xdsl.dialects.builtin import i8

from dlir.dialects.dl.ops import fake_quantization as f
from dlir.dialects.dl.ops import quantization as q
from dlir.types import unsigned

X = np.array(reals(), np.float32)


@pytest.mark.parametrize(("element", "low", "high"), [(i8, -128, 127), (unsigned(8), 0, 255)])
@pytest.mark.parametrize("scale", [1.0, 0.1, 3e-39, 2e38])
def test_it_is_dequantize_of_quantize(element: Any, low: int, high: int, scale: float) -> None:
    s = np.array(scale, np.float32)
    for zero in (low, 0, 7, high):
        point = np.array(zero).astype(np.int8 if low else np.uint8)
        exact = run(q.DequantizeOp, run(q.QuantizeOp, X, s, point, element=element), s, point)
        got = run(f.FakeQuantizeOp, X, s, np.array(zero, np.int32), low=low, high=high)
        np.testing.assert_array_equal(got, exact)


@pytest.mark.parametrize("channels", [False, True])
@pytest.mark.parametrize(("low", "high"), [(-128, 127), (0, 255), (-7, 7), (0, 3)])
def test_values_and_gradients_of_torch(channels: bool, low: int, high: int) -> None:
    """By powers of two, whose inverses, which PyTorch multiplies by, are exact."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    finite = X[np.abs(X) < 1e6]
    x = np.stack([finite, rng.permutation(finite)])
    gradient = rng.normal(size=x.shape).astype(np.float32)
    size = (2,) if channels else ()
    scale = np.float32(2.0 ** rng.integers(-6, 3, size))
    zero = rng.integers(low, high, size, np.int32, endpoint=True)
    scale, zero = np.asarray(scale), np.asarray(zero)
    given = torch.tensor(x, requires_grad=True)
    if channels:
        made = torch.fake_quantize_per_channel_affine(
            given, torch.tensor(scale), torch.tensor(zero), 0, low, high
        )
    else:
        made = torch.fake_quantize_per_tensor_affine(given, float(scale), int(zero), low, high)
    made.backward(torch.tensor(gradient))
    options = {"low": low, "high": high, "axis": 0 if channels else None}
    y = run(f.FakeQuantizeOp, x, scale, zero, **options)
    np.testing.assert_array_equal(y, made.detach().numpy())
    slope = run(f.FakeQuantizeGradOp, x, gradient, scale, zero, **options)
    np.testing.assert_array_equal(slope, given.grad.numpy())
