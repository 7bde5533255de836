"""Requantisation on the CPU against its rule, to the bit, whatever lanes it is computed in."""

from __future__ import annotations

import re

import numpy as np
import pytest

import dlir
from dlir.numpy_types import Array
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.requantize import multiplier_and_shift, requantize
from dlir.targets.cpu import target
from dlir.targets.cpu.compiling import emit_assembly
from dlir.targets.cpu.description import AARCH64, CpuDescription, describe, host
from dlir.targets.cpu.emit import emit_ir
from dlir.targets.cpu.executable import CpuExecutable
from dlir.targets.cpu.pipeline import PHASES, phase_text

HOST = host()
AVX2 = describe(HOST.triple, "haswell", "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+popcnt,+movbe")
HAS_AVX2 = "avx2" in HOST.features.replace("+", "").split(",")
MACHINES = {"host": HOST, "avx2": AVX2} if HAS_AVX2 else {"host": HOST}
MOST = 2**31 - 1
LIMITS = {"i8": (-128, 127), "ui8": (0, 255)}


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> CpuDescription:
    chosen = MACHINES[request.param]
    monkeypatch.setattr(target, "host", lambda: chosen)
    return chosen


TEXT = """
func.func @main(%x: tensor<{rows}x{columns}xi32>) -> tensor<{rows}x{columns}x{element}> {{
  %m = dl.constant dense<{multipliers}> : tensor<{columns}xi32>
  %s = dl.constant dense<{shifts}> : tensor<{columns}xi32>
  %z = dl.constant dense<{zeros}> : tensor<{columns}x{element}>
  %y = dl.requantize %x, %m, %s, %z {{axis = 1}}
    : (tensor<{rows}x{columns}xi32>, tensor<{columns}xi32>, tensor<{columns}xi32>,
       tensor<{columns}x{element}>) -> tensor<{rows}x{columns}x{element}>
  func.return %y : tensor<{rows}x{columns}x{element}>
}}"""


def compiled(
    multipliers: Array, shifts: Array, rows: int, element: str, zeros: int | list[int]
) -> CpuExecutable:
    numbers = {"multipliers": multipliers.tolist(), "shifts": shifts.tolist(), "zeros": zeros}
    text = TEXT.format(rows=rows, columns=len(multipliers), element=element, **numbers)
    run = dlir.compile(dlir.load(text), target="cpu", threads=1)
    assert isinstance(run, CpuExecutable)
    return run


def near_halves(multiplier: int, shift: int) -> Array:
    """Sums whose quotients are halves, or next to them, and the ends of i32."""
    places = (np.arange(-600, 601) + 0.5) * 2.0 ** (31 + shift) / (multiplier or 1)
    sums = np.clip(np.rint(places), -MOST - 1, MOST).astype(np.int64)
    around = (sums[:, None] + np.array([-1, 0, 1])).ravel()
    ends = np.array([-MOST - 1, -MOST, -1, 0, 1, MOST - 1, MOST])
    return np.clip(np.concatenate([around, ends]), -MOST - 1, MOST).astype(np.int32)


MULTIPLIERS = [-MOST - 1, -MOST, -(2**30), -3, -1, 0, 1, 2, 2**20, 2**30, 3 * 2**29, MOST - 1, MOST]
SHIFTS = {"narrow": range(2, 32), "wide": (-31, -1, 0, 1, 5, 31)}


@pytest.mark.parametrize("element", LIMITS)
@pytest.mark.parametrize("shifts", SHIFTS)
def test_every_shift(shifts: str, element: str, machine: CpuDescription):
    """Each multiplier with each shift, a column each; the rows are what is hard to round."""
    pairs = [(m, s) for m in MULTIPLIERS for s in SHIFTS[shifts]]
    multipliers, each = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    x = np.stack([near_halves(*pair) for pair in pairs], axis=1)
    low, high = LIMITS[element]
    for zeros in (high - 117, [low + 3 * i % 256 for i in range(len(pairs))]):
        run = compiled(multipliers, each, len(x), element, zeros)
        assert ("math.absi" in str(run.stage("loops"))) == (shifts == "narrow")
        want = requantize(x, multipliers, each, np.array(zeros, np.int32), (low, high))
        assert np.array_equal(run(x).astype(np.int32), want)


@pytest.mark.parametrize("columns", [1, 15, 16, 17, 64, 65])
def test_columns(columns: int, machine: CpuDescription):
    """Positive scales, as models have them, in every number of lanes."""
    rng = np.random.default_rng(columns)
    multipliers, shifts = multiplier_and_shift(rng.uniform(1e-6, 0.2, columns))
    x = (rng.uniform(-300, 300, (13, columns)) / 0.01).astype(np.int32)
    x[0], x[1] = -MOST - 1, MOST
    want = requantize(x, multipliers, shifts, 0)
    assert np.array_equal(compiled(multipliers, shifts, 13, "i8", 0)(x), want)


def assembly(cpu: CpuDescription) -> str:
    """The code of a machine, which may not be the host, for one row of 64 columns."""
    multipliers, shifts = multiplier_and_shift(np.linspace(0.001, 0.1, 64))
    numbers = {"multipliers": multipliers.tolist(), "shifts": shifts.tolist(), "zeros": 0}
    text = TEXT.format(rows=8, columns=64, element="i8", **numbers)
    module, registry = dlir.load(text).module, default_registry()
    machine = dict(
        vector_bits=cpu.vector_bits, registers=cpu.vector_registers, dots=cpu.dots, threads=1
    )
    passes = ",".join(phase_text(level, **machine) for level in PHASES)
    PassManager(passes, registry=registry).run(registry.context(), module)
    return emit_assembly(emit_ir(module, cpu), cpu)


def test_code_of_x86():
    """Two products of 32 bits for the lanes of a register, and no other arithmetic of 64 bits."""
    avx512 = describe("x86_64-linux-gnu", "skylake-avx512", "+avx512f,+avx512bw")
    for cpu, register, count in [(avx512, "zmm", 4), (AVX2, "ymm", 8)]:
        code = assembly(cpu)
        assert len(re.findall(rf"\tvpmuludq\t.*%{register}", code)) == 2 * count
        assert len(re.findall(rf"\tvpsrlvd\t.*%{register}", code)) == count
        assert not re.search(r"\tvp(mullq|srlvq|sravq|absq|subq)\t", code)


def test_code_of_arm():
    code = assembly(AARCH64)
    assert len(re.findall(r"\tumull2?\t", code)) == 2 * 16
    assert "smull" not in code
