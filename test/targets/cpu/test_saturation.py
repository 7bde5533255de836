"""Casts of clipped floats on the CPU: bounds inside, at and beyond those of an integer, and NaN."""

from __future__ import annotations

import numpy as np
import pytest

import dlir
from dlir.targets.cpu.executable import CpuExecutable

TEXT = """
func.func @main(%x: tensor<{count}x{real}>) -> tensor<{count}x{whole}> {{
  %c = dl.clip %x {{min = {low}, max = {high}}} : tensor<{count}x{real}>
  %y = dl.cast %c : tensor<{count}x{real}> -> tensor<{count}x{whole}>
  func.return %y : tensor<{count}x{whole}>
}}"""
LIMITS = {
    "i8": (-(2.0**7), 2.0**7 - 1),
    "ui8": (0.0, 2.0**8 - 1),
    "i16": (-(2.0**15), 2.0**15 - 1),
    "i32": (-(2.0**31), 2.0**31 - 1),
}
REALS = {"f32": np.float32, "f64": np.float64}


def ranges(low: float, high: float) -> list[tuple[float, float]]:
    """Inside of a type's range, at its ends, one beyond one of them or both, and outside."""
    inner = (low / 2 + 1, high / 2)
    return [inner, (low, high), (low, high + 1), (low - 1, high), (-4 - high, high * 4), (high + 2,
            high * 8), (low * 8 - 9, low - 2)]  # fmt: skip


def hard(low: float, high: float, dtype: type[np.floating]) -> np.ndarray:
    near = [b + d for b in (low, high, 0.0) for d in (-1.5, -1, -0.5, 0, 0.5, 1, 1.5)]
    return np.array([*near, 1e30, -1e30, np.inf, -np.inf, np.nan, -0.0, 1e-40], dtype)


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("whole", LIMITS)
def test_clipped(whole: str, real: str):
    for low, high in ranges(*LIMITS[whole]):
        x = np.concatenate([hard(*LIMITS[whole], REALS[real]), hard(low, high, REALS[real])])
        text = TEXT.format(count=len(x), real=real, whole=whole, low=repr(low), high=repr(high))
        run = dlir.compile(dlir.load(text), target="cpu", threads=1)
        assert np.array_equal(run(x), dlir.compile(dlir.load(text), target="ref")(x))


def test_only_nan_is_asked_for():
    text = TEXT.format(count=64, real="f64", whole="i32", low="-1000.0", high="1000.0")
    run = dlir.compile(dlir.load(text), target="cpu", threads=1)
    assert isinstance(run, CpuExecutable)
    assert "cmpf ord" in str(run.stage("buffers")) and "cmpf oge" not in str(run.stage("buffers"))
