"""The work of a model, counted by hand, and that no program is faster than its bound."""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

import dlir
from dlir import api
from dlir.executable import CompileOptions
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.execute import AccelExecutable
from dlir.targets.accel.simulator.bounds import Work, bound_of, ends_of
from dlir.targets.accel.work.count import held_bytes
from dlir.targets.accel.work.layers import layers_of, readers_of
from dlir.targets.accel.work.model import ModelWork, bound_in, model_work_of, work_in

GEMMINI, TPU1 = load_machine("gemmini"), load_machine("tpu1")


def structured(text: str) -> FuncOp:
    """The function on the level `structured`."""
    module: ModuleOp = dlir.load(text).module
    registry = default_registry()
    manager = PassManager("accel-pipeline{to=structured},structured-share-terms", registry=registry)
    manager.run(registry.context(), module)
    return next(op for op in module.ops if isinstance(op, FuncOp))


def work_of(text: str, machine: Machine = GEMMINI) -> ModelWork:
    return model_work_of(structured(text).body.block, machine)


def gemm(m: int, n: int, k: int) -> str:
    x, w, y = (f"tensor<{a}x{b}xf32>" for a, b in ((m, k), (k, n), (m, n)))
    return f"""
    func.func @main(%x: {x}) -> {y} {{
      %w = dl.param "w" : {w}
      %y = dl.matmul %x, %w acc f32 : ({x}, {w}) -> {y}
      func.return %y : {y}
    }}
    """


def test_a_product_of_matrices() -> None:
    work = work_of(gemm(64, 48, 32))
    assert work.whole.macs == {"i8": 0, "bf16": 64 * 48 * 32}
    assert work.whole.dram_bytes == 2 * (64 * 32 + 32 * 48 + 64 * 48)
    assert work.whole.load_rows == 32 * 48 // 16
    assert work.whole.vector_cycles == 64 * 48 // 16
    assert [layer.name for layer in work.layers] == ["product 64x48"]
    assert work.layers[0].work == work.whole


def test_what_the_host_passes_is_apart_where_it_has_a_channel() -> None:
    whole = work_of(gemm(64, 48, 32), TPU1).whole
    assert whole.dram_bytes == 2 * 32 * 48
    assert whole.host_bytes == 2 * (64 * 32 + 64 * 48)


# --- on-chip memory -------------------------------------------------------------------------------


def test_a_chip_that_holds_little_moves_more() -> None:
    """2 P sqrt(2 * 2 * 4 / S) - 2 S - 4 C bytes are read, and 2 C written."""
    machine = load_machine("edge16")
    held = 65536 + 256 * 64 + 2 * 16 * 16 * 2
    assert held_bytes(machine) == held
    work = work_of(gemm(512, 512, 512), machine).whole
    read = 2 * 512**3 * sqrt(16 / held) - 2 * held - 4 * 512**2
    assert work.reuse_bytes == pytest.approx(read + 2 * 512**2, abs=1)
    assert work.reuse_bytes > work.dram_bytes
    assert bound_of(work, machine).name == "reuse"


def test_where_all_fits_nothing_is_moved_twice() -> None:
    work = work_of(gemm(64, 48, 32)).whole
    assert work.reuse_bytes == work.dram_bytes


def test_an_element_of_a_convolution_is_used_for_several_windows() -> None:
    """Nine windows share an element, so a third of what a matrix of windows would need."""
    text = conv(512, 32, 512, 3)
    machine = load_machine("edge16", {"spm.bytes": "4096", "acc.rows": "16"})
    held, points = held_bytes(machine), 512 * 512 * (3 * 32 - 2) ** 2
    read = 2 * points * sqrt(16 / (9 * held)) - 2 * held - 4 * 512 * 32 * 32
    assert work_of(text, machine).whole.reuse_bytes == pytest.approx(
        read + 2 * 512 * 32 * 32, abs=1
    )


def conv(channels: int, size: int, width: int, kernel: int) -> str:
    around, image = kernel // 2, f"{size}x{size}xf32"
    x, w = f"tensor<1x{channels}x{image}>", f"tensor<{width}x{channels}x{kernel}x{kernel}xf32>"
    return f"""
    func.func @main(%x: {x}) -> tensor<1x{width}x{image}> {{
      %w = dl.param "w" : {w}
      %y = dl.conv2d %x, %w acc f32 {{strides = [1, 1], padding = [{", ".join([str(around)] * 4)}]}}
          : ({x}, {w}) -> tensor<1x{width}x{image}>
      func.return %y : tensor<1x{width}x{image}>
    }}
    """


def test_taps_on_padding_need_no_product() -> None:
    """Along each side of 8, three taps of a window find 3 * 8 - 2 elements."""
    assert work_of(conv(16, 8, 32, 3)).whole.macs["bf16"] == 16 * 32 * 22 * 22


# --- layers ---------------------------------------------------------------------------------------

TWO_LAYERS = """
func.func @main(%x: tensor<32x16xf32>) -> tensor<32x16xf32> {
  %v = dl.param "v" : tensor<16x64xf32>
  %w = dl.param "w" : tensor<64x16xf32>
  %a = dl.matmul %x, %v acc f32 : (tensor<32x16xf32>, tensor<16x64xf32>) -> tensor<32x64xf32>
  %b = dl.relu %a : tensor<32x64xf32>
  %c = dl.matmul %b, %w acc f32 : (tensor<32x64xf32>, tensor<64x16xf32>) -> tensor<32x16xf32>
  %y = dl.add %c, %x : (tensor<32x16xf32>, tensor<32x16xf32>) -> tensor<32x16xf32>
  func.return %y : tensor<32x16xf32>
}
"""


def test_layers_exchange_what_the_whole_keeps() -> None:
    work = work_of(TWO_LAYERS)
    x, a, v = 32 * 16, 32 * 64, 16 * 64
    first, second = (one.work for one in work.layers)
    assert first.dram_bytes == 2 * (x + v + a)
    assert second.dram_bytes == 2 * (a + v + x + x)
    assert work.whole.dram_bytes == 2 * (x + v + v + x)
    assert work.whole.macs["bf16"] == first.macs["bf16"] + second.macs["bf16"]
    assert work.whole.reuse_bytes == 0


def test_the_bound_of_the_layers_is_no_less_than_that_of_the_whole() -> None:
    function = structured(TWO_LAYERS)
    function.attributes["accel.work"] = model_work_of(function.body.block, GEMMINI).attribute
    bound = bound_in(function, GEMMINI)
    assert bound is not None
    ends = min(ends_of(GEMMINI).values())
    assert bound.cycles_of_layers == sum(b.cycles for _, b in bound.layers) + ends
    assert bound.cycles_of_layers > bound.whole.cycles
    assert bound.to_json()["rows"][0]["layer"] == "product 32x64"


def test_tensors_written_in_parts_are_neither_read_nor_written_as_a_whole() -> None:
    """Step by step, an LSTM fills its results: each step writes one row of them."""
    text = """
    func.func @main(%x: tensor<3x1x16xf32>, %h: tensor<1x16xf32>, %c: tensor<1x16xf32>)
        -> tensor<3x1x16xf32> {
      %w = dl.param "w" : tensor<64x16xf32>
      %r = dl.param "r" : tensor<64x16xf32>
      %b = dl.param "b" : tensor<64xf32>
      %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %b, %h, %c
          : (tensor<3x1x16xf32>, tensor<64x16xf32>, tensor<64x16xf32>, tensor<64xf32>,
             tensor<64xf32>, tensor<1x16xf32>, tensor<1x16xf32>)
          -> (tensor<3x1x16xf32>, tensor<1x16xf32>, tensor<1x16xf32>)
      func.return %y : tensor<3x1x16xf32>
    }
    """
    function = structured(text)
    work = model_work_of(function.body.block, GEMMINI)
    weights, inputs = 2 * 64 * 16 + 64, 3 * 16 + 16 + 16
    assert work.whole.dram_bytes == 2 * (weights + inputs + 3 * 16)
    last = layers_of(function.body.block)[-1].ops[-1]
    assert [op.name for op in readers_of(last.results[0])] == ["func.return"]
    # state, row of the inputs' product, weights, cell; the last row of the results
    assert work.layers[-1].work.dram_bytes == 2 * (16 + 64 + 64 * 16 + 16 + 16)


# --- the vector unit ------------------------------------------------------------------------------


def vector_of(body: str, shape: str = "32x64") -> int:
    text = f"""
    func.func @main(%x: tensor<{shape}xf32>) -> tensor<{shape}xf32> {{
      {body}
      func.return %y : tensor<{shape}xf32>
    }}
    """
    return work_of(text).whole.vector_cycles


@pytest.mark.parametrize(
    ("body", "cycles"),
    [
        ("%y = dl.relu %x : tensor<32x64xf32>", 128),
        ("%y = dl.exp %x : tensor<32x64xf32>", 4 * 128),
        ("%y = dl.sigmoid %x : tensor<32x64xf32>", 4 * 128),
        # maxima of 64; exponentials; sums are the array's; 2 rows of reciprocals; products
        ("%y = dl.softmax %x {axis = 1} : tensor<32x64xf32>", 126 + 4 * 128 + 4 * 2 + 128),
    ],
)
def test_rows_and_functions(body: str, cycles: int) -> None:
    assert vector_of(body) == cycles


def test_windows_of_a_maximum_share_elements() -> None:
    """Of 16 * 16 elements each has to be seen; 3 x 3 windows see them more than twice."""
    text = """
    func.func @main(%x: tensor<1x16x16x16xf32>) -> tensor<1x16x8x8xf32> {
      %y = dl.max_pool2d %x {kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]}
          : tensor<1x16x16x16xf32> -> tensor<1x16x8x8xf32>
      func.return %y : tensor<1x16x8x8xf32>
    }
    """
    assert work_of(text).whole.vector_cycles == 16 * 16 - 8 * 8


# --- bounds ---------------------------------------------------------------------------------------


def test_ends_come_on_top_where_there_is_something_to_do() -> None:
    work = Work({"bf16": 256}, 160, 0, 0, 7)
    plain, ended = bound_of(work, GEMMINI), bound_of(work, GEMMINI, ends_of(GEMMINI))
    assert plain.roofs == {"compute": 1, "dram": 10, "array_load": 0, "vector": 7}
    array = 2 * 100 + 30 + 8 + 3 * 2
    assert ended.roofs == {
        "compute": 1 + array, "dram": 10 + 100, "array_load": 0, "vector": 7 + array - 32,
    }  # fmt: skip


def test_the_array_loads_one_plane_while_it_uses_another() -> None:
    """Layer by layer: 64 rows stream for longer than 16 load, of one row it is the other way."""
    text = """
    func.func @main(%x: tensor<64x16xf32>, %z: tensor<1x16xf32>)
        -> (tensor<64x32xf32>, tensor<1x32xf32>) {
      %v = dl.param "v" : tensor<16x32xf32>
      %w = dl.param "w" : tensor<16x32xf32>
      %a = dl.matmul %x, %v acc f32 : (tensor<64x16xf32>, tensor<16x32xf32>) -> tensor<64x32xf32>
      %b = dl.matmul %z, %w acc f32 : (tensor<1x16xf32>, tensor<16x32xf32>) -> tensor<1x32xf32>
      func.return %a, %b : tensor<64x32xf32>, tensor<1x32xf32>
    }
    """
    work = work_of(text)
    assert [layer.work.array_cycles for layer in work.layers] == [2 * 64, 2 * 16]
    assert work.whole.array_cycles == 2 * 64 + 2 * 16
    roofs = bound_of(work.whole, GEMMINI).roofs
    assert roofs["array"] > max(roofs["compute"], roofs["array_load"])


def test_lanes_of_the_vector_unit_take_several_rows() -> None:
    """Eight rows of 128 columns a cycle, of 1024 lanes."""
    body = "%y = dl.relu %x : tensor<32x256xf32>"
    text = f"""
    func.func @main(%x: tensor<32x256xf32>) -> tensor<32x256xf32> {{
      {body}
      func.return %y : tensor<32x256xf32>
    }}
    """
    assert work_of(text, load_machine("large128")).whole.vector_cycles == 32 * 256 // 1024


@pytest.mark.parametrize("machine", ["gemmini", "edge16", "large128", "tpu1"])
def test_no_program_is_faster_than_its_bound(machine: str) -> None:
    random = np.random.default_rng(4)
    for _ in range(4):
        m, n, k = (int(v) for v in random.integers(1, 300, 3))
        report = compiled(gemm(m, n, k), machine, w=(k, n)).timing().total
        assert 0 < report["percent_of_bound"] <= 100, (m, n, k)
        assert report["percent_of_layers"] == pytest.approx(report["percent_of_bound"])


def compiled(text: str, machine: str, **params: tuple[int, ...]) -> AccelExecutable:
    held = {name: np.zeros(shape, np.float32) for name, shape in params.items()}
    found = dlir.compile(dlir.load(text, params=held), target="accel", machine=machine)
    assert isinstance(found, AccelExecutable)
    return found


def test_the_work_goes_with_the_model(tmp_path: Path) -> None:
    executable = compiled(TWO_LAYERS, "gemmini", v=(16, 64), w=(64, 16))
    (tmp_path / "m.dlx").write_bytes(cast("bytes", executable.stage("isa-binary")))
    opened = api.open_artifact(tmp_path / "m.dlx", CompileOptions())
    assert isinstance(opened, AccelExecutable)
    for one in (executable, opened):
        total = one.timing().total
        assert total["bound"]["distinct_bytes"] == work_of(TWO_LAYERS).whole.dram_bytes
        rows = total["layers"]["rows"]
        assert len(rows) == 2
        assert sum(row["time"] for row in rows) == pytest.approx(total["cycles"])
        for engine in ("mx", "vx", "st"):
            busy = sum(row["busy"][engine] for row in rows)
            assert 0 < busy == pytest.approx(total["engines"][engine]["busy"])
        assert total["percent_of_bound"] < total["percent_of_layers"]


def test_work_that_the_host_shares_is_not_held_against_the_machine() -> None:
    """Rows of a computed table are gathered on the host."""
    text = """
    func.func @main(%x: tensor<32x16xf32>, %i: tensor<4xi32>) -> tensor<4x16xf32> {
      %a = dl.relu %x : tensor<32x16xf32>
      %y = dl.gather %a, %i {axis = 0} : (tensor<32x16xf32>, tensor<4xi32>) -> tensor<4x16xf32>
      func.return %y : tensor<4x16xf32>
    }
    """
    executable = compiled(text, "gemmini")
    assert work_in(executable.entry) is None
    assert executable.timing().total["layers"]["rows"] == []


@pytest.mark.parametrize("held", ["3 : i64", "{}", "{whole = {}, layers = [1 : i64]}"])
def test_an_attribute_of_somebody_else_is_no_work(held: str) -> None:
    text = f"func.func @main() attributes {{accel.work = {held}}} {{\n  func.return\n}}\n"
    function = next(op for op in dlir.load(text).module.ops if isinstance(op, FuncOp))
    assert work_in(function) is None
