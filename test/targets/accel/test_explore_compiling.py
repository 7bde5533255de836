"""Programs that explorations time: what they leave out, and which machines share them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from dlir.api import load
from dlir.diagnostics import CompileError
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.explore.compiling import Cache, compiled
from dlir.targets.accel.explore.evaluate import evaluate, measure
from dlir.targets.accel.target import compile_programs
from dlir.tools.explore import main

MATMUL = """
func.func @main(%x: tensor<200x96xf32>) -> tensor<200x160xf32> {
  %w = dl.param "w" : tensor<96x160xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<200x96xf32>, tensor<96x160xf32>) -> tensor<200x160xf32>
  %1 = dl.relu %0 : tensor<200x160xf32>
  func.return %1 : tensor<200x160xf32>
}
"""
HOST = """
func.func @main(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %0 = dl.relu %x : tensor<3x5xf32>
  func.return %0 : tensor<3x5xf32>
}
"""
DEPTHWISE = """
func.func @main(%x: tensor<1x32x14x14xf32>) -> tensor<1x32x14x14xf32> {
  %w = dl.param "w" : tensor<32x1x3x3xf32>
  %0 = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], groups = 32} : (tensor<1x32x14x14xf32>, tensor<32x1x3x3xf32>) -> tensor<1x32x14x14xf32>
  func.return %0 : tensor<1x32x14x14xf32>
}
"""  # noqa: E501
SMALL = {"spm.bytes": "32768", "acc.rows": "256"}


def gemmini(**settings: object) -> Machine:
    return load_machine("gemmini", {k.replace("__", "."): str(v) for k, v in settings.items()})


def streams(machine: Machine, cache: Cache, text: str = MATMUL) -> list[dict[str, bytes]]:
    programs = compiled(text, machine, cache).programs
    return [{n: s.words.tobytes() for n, s in program.streams.items()} for program in programs]


def test_it_costs_what_the_whole_compilers_program_costs() -> None:
    machine = load_machine("gemmini", SMALL)
    weights = {"w": np.ones((96, 160), np.float32)}
    whole = compile_programs(load(MATMUL).module, weights, machine)
    assert evaluate(machine, MATMUL) == measure(whole)
    assert evaluate(machine, MATMUL).macs == 200 * 96 * 160


def test_it_is_the_whole_compilers_program() -> None:
    """Bit for bit, though it was never IR."""
    machine, weights = load_machine("gemmini", SMALL), {"w": np.ones((96, 160), np.float32)}
    whole = compile_programs(load(MATMUL).module, weights, machine)
    expected = [{n: s.words.tobytes() for n, s in p.streams.items()} for p in whole]
    assert streams(machine, Cache()) == expected


def test_what_the_vector_unit_is_faster_at_is_not_shared() -> None:
    """It decides which unit makes a depthwise product."""
    cache = Cache()
    for lanes in (16, 64):
        machine = gemmini(vector__lanes=lanes)
        assert streams(machine, cache, DEPTHWISE) == streams(machine, Cache(), DEPTHWISE)
    assert streams(gemmini(), cache, DEPTHWISE) != streams(machine, cache, DEPTHWISE)


@pytest.mark.parametrize(
    "settings",
    [
        {"dma.latency": "500", "machine.clock_mhz": "700"},
        {"dma.bytes_per_cycle": "1"},
        {"dma.bytes_per_cycle": "256", "vector.lanes": "4"},
        {"array.load_rows_per_cycle": "4", "vector.cost.default": "9"},
    ],
)
def test_what_is_shared_is_what_would_be_compiled(settings: dict[str, str]) -> None:
    """However machines differ, a cache that saw another one gives the same program."""
    other, cache = load_machine("gemmini", SMALL | settings), Cache()
    streams(load_machine("gemmini", SMALL), cache)
    assert streams(other, cache) == streams(other, Cache())


def test_machines_that_differ_in_latency_share() -> None:
    cache = Cache()
    first = compiled(MATMUL, gemmini(), cache)
    assert compiled(MATMUL, gemmini(dma__latency=999), cache) is first
    assert compiled(MATMUL, gemmini(spm__bytes=32768), cache) is not first
    fast, slow = gemmini(dma__latency=10), gemmini(dma__latency=999)
    assert evaluate(fast, MATMUL).cycles < evaluate(slow, MATMUL).cycles


def test_a_cache_forgets() -> None:
    cache = Cache(size=1)
    first = compiled(MATMUL, gemmini(), cache)
    compiled(HOST, gemmini(), cache)
    assert len(cache.known) == 1
    assert compiled(MATMUL, gemmini(), cache) is not first


def test_a_layer_that_does_not_fit_is_refused() -> None:
    with pytest.raises(CompileError, match="does not fit"):
        evaluate(gemmini(spm__bytes=512), MATMUL)


# --- the command ----------------------------------------------------------------------------------

MODEL = """
func.func @main(%x: tensor<64x96xf32>) -> tensor<64x96xf32> {
  %u = dl.param "u" : tensor<96x96xf32>
  %v = dl.param "v" : tensor<96x96xf32>
  %0 = dl.matmul %x, %u acc f32 : (tensor<64x96xf32>, tensor<96x96xf32>) -> tensor<64x96xf32>
  %1 = dl.relu %0 : tensor<64x96xf32>
  %2 = dl.matmul %1, %v acc f32 : (tensor<64x96xf32>, tensor<96x96xf32>) -> tensor<64x96xf32>
  %3 = dl.relu %2 : tensor<64x96xf32>
  %4 = dl.softmax %3 {axis = 1} : tensor<64x96xf32>
  func.return %4 : tensor<64x96xf32>
}
"""
SPACE = """base = "gemmini"
[space]
"spm.bytes" = [128, 262144]
[[space.together]]
"array.rows" = [8, 16]
"array.cols" = [8, 16]
"vector.lanes" = [8, 16]
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_two_machines_from_the_model_to_the_page(tmp_path: Path, jobs: int) -> None:
    """Points that fit are measured, others say why not; layers count as often as they occur."""
    (tmp_path / "space.toml").write_text(SPACE)
    stdout, stderr = io.StringIO(), io.StringIO()
    flags = [f"--space={tmp_path / 'space.toml'}", f"--jobs={jobs}", "-o", str(tmp_path / "out")]
    assert main(["-", *flags], io.StringIO(MODEL), stdout, stderr) == 0, stderr.getvalue()
    assert "4 points, 2 on the front, 2 refused; 2 distinct layers of 3" in stdout.getvalue()
    found = json.loads((tmp_path / "out" / "pareto.json").read_text())
    assert [layer["count"] for layer in found["layers"]] == [2, 1]
    small, large = found["points"][2:]
    assert [p["status"] for p in found["points"]] == ["refused", "refused", "ok", "ok"]
    assert "does not fit" in found["points"][0]["reason"]
    assert small["macs"] == large["macs"] == 2 * 64 * 96 * 96
    assert small["time_us"] > large["time_us"] and small["area_mm2"] < large["area_mm2"]
    assert (tmp_path / "out" / "pareto.html").read_text().count("<circle") == 6


def test_sizes_are_given_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(SPACE.replace("128, ", ""))
    model, stdout = MODEL.replace("64x96xf32", "?x96xf32"), io.StringIO()
    flags = [f"--space={tmp_path / 'space.toml'}", "--jobs=1", "--shape=x=64x96"]
    assert main(["-", *flags], io.StringIO(model), stdout, io.StringIO()) == 0
    assert "2 distinct layers of 3" in stdout.getvalue()


def test_layers_of_the_host_are_named(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(SPACE.replace("128, ", ""))
    model = """
func.func @main(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = dl.softmax %x {axis = 1} : tensor<4x8xf32>
  %1 = dl.sin %x : tensor<4x8xf32>
  func.return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}
"""
    stdout, stderr = io.StringIO(), io.StringIO()
    flags = [f"--space={tmp_path / 'space.toml'}", "--jobs=1"]
    assert main(["-", *flags], io.StringIO(model), stdout, stderr) == 0, stderr.getvalue()
    assert "left to the host and not timed: dl.sin" in stdout.getvalue()


def test_whole_is_no_slower_than_the_layers(tmp_path: Path) -> None:
    """One program keeps on the chip what layers pass through memory."""
    (tmp_path / "space.toml").write_text(SPACE.replace("128, ", ""))
    times = []
    for extra in ([], ["--whole"]):
        flags = [f"--space={tmp_path / 'space.toml'}", "--jobs=1", "-o", str(tmp_path / str(extra))]
        assert main(["-", *flags, *extra], io.StringIO(MODEL), io.StringIO(), io.StringIO()) == 0
        found = json.loads((tmp_path / str(extra) / "pareto.json").read_text())
        times.append([point["time_us"] for point in found["points"]])
    assert all(whole < parts for parts, whole in zip(*times, strict=True))
