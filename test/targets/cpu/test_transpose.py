"""Transposing copies in tiles on the CPU: every size around those of tiles, known or not."""

from __future__ import annotations

import numpy as np
import pytest

import dlir
from dlir.targets.cpu import target
from dlir.targets.cpu.description import describe, host

HOST = host()
AVX2 = describe(HOST.triple, "haswell", "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+popcnt,+movbe")
TEXT = """
func.func @main(%x: tensor<{x}>) -> tensor<{y}> {{
  %y = dl.transpose %x {{perm = [0, 2, 3, 1]}} : (tensor<{x}>) -> tensor<{y}>
  func.return %y : tensor<{y}>
}}"""
TYPES = {"i8": np.int8, "i16": np.int16, "f32": np.float32}
SIZES = [(0, 3, 5), (5, 0, 3), (1, 1, 1), (3, 17, 33), (16, 4, 16), (65, 3, 67), (64, 8, 64),
         (15, 1, 63), (17, 1, 65), (130, 5, 129)]  # fmt: skip


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "dynamic"])
@pytest.mark.parametrize("machine", ["host", "avx2"])
@pytest.mark.parametrize("element", TYPES)
def test_sizes(element: str, machine: str, dynamic: bool, monkeypatch: pytest.MonkeyPatch):
    if machine == "avx2":
        if "avx2" not in HOST.features.replace("+", "").split(","):
            pytest.skip("this machine is older")
        monkeypatch.setattr(target, "host", lambda: AVX2)
    for channels, height, width in SIZES:
        shape = 2, channels, height, width
        x = np.random.default_rng(channels).integers(-128, 128, shape).astype(TYPES[element])
        want = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
        x_type, y_type = (
            "x".join([*(["?"] * 4 if dynamic else map(str, s)), element])
            for s in (shape, want.shape)
        )
        run = dlir.compile(dlir.load(TEXT.format(x=x_type, y=y_type)), target="cpu", threads=1)
        assert np.array_equal(run(x), want), shape
