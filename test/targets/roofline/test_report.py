"""The report: totals, what is live, what is left out; as JSON and as a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import onnx
import pytest
from xdsl.dialects.func import FuncOp

import dlir
from dlir.diagnostics import CompileError, collect_diagnostics
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.signature import entry_function
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.simulator.bounds import bound_of
from dlir.targets.accel.work.model import work_in
from dlir.targets.roofline.analysis import Roofline, analyse
from dlir.targets.roofline.machine import find_machine
from dlir.targets.roofline.page import to_html
from dlir.targets.roofline.text import duration, to_json, to_text

XEON = find_machine("xeon-8280", {}, None, False)
GEMMINI = find_machine("gemmini", {}, None, False)
LAYER = Path(__file__).parents[3] / "examples/layer.mlir"


def function(text: str) -> FuncOp:
    return entry_function(dlir.load(text).module)


def report(text: str, machine: Any = XEON) -> Roofline:
    return analyse(function(text), machine)


CHAIN = """
func.func @main(%x: tensor<1000xf32>) -> tensor<1000xf32> {
  %0 = dl.neg %x : tensor<1000xf32>
  %1 = dl.exp %0 : tensor<1000xf32>
  %2 = dl.reshape %1 : tensor<1000xf32> -> tensor<10x100xf32>
  %3 = dl.relu %2 : tensor<10x100xf32>
  %4 = dl.reshape %3 : tensor<10x100xf32> -> tensor<1000xf32>
  func.return %4 : tensor<1000xf32>
}
"""


def test_totals_are_sums_and_the_whole_moves_only_what_is_outside() -> None:
    found = report(CHAIN)
    assert found.flops == 3000 and found.bytes == 3 * 8000
    assert found.time == sum(row.time for row in found.rows) == pytest.approx(24000 / 140.784e9)
    assert found.whole_bytes == 8000 and found.whole["memory"] == pytest.approx(8000 / 140.784e9)
    assert found.whole["compute"] == pytest.approx(3000 / (28 * 64 * 2.7e9))
    assert found.shares == {"memory": 1.0} and found.bound == "memory"


def test_what_is_live() -> None:
    """The argument stays; each op has operand and result; a view is no tensor of its own."""
    assert report(CHAIN).live == 3 * 4000
    assert report(CHAIN).weights == 0


def test_weights_are_live_all_the_time_and_count_once() -> None:
    found = report("""
    func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
      %w = dl.param "w" : tensor<4x4xf32>
      %0 = dl.matmul %x, %w acc f32 : tensor<4x4xf32>
      %1 = dl.matmul %0, %w acc f32 : tensor<4x4xf32>
      func.return %1 : tensor<4x4xf32>
    }""")
    assert (found.weights, found.live, found.footprint) == (64, 3 * 64, 4 * 64)
    assert found.whole_bytes == 3 * 64
    assert found.bytes == 2 * (64 + 64 + 2 * 64)


def test_rows_of_a_table_that_are_read_and_no_others() -> None:
    found = report("""
    func.func @main(%i: tensor<3xi64>) -> tensor<3x8xf32> {
      %w = dl.param "w" : tensor<1000x8xf32>
      %0 = dl.gather %w, %i {axis = 0} : (tensor<1000x8xf32>, tensor<3xi64>) -> tensor<3x8xf32>
      func.return %0 : tensor<3x8xf32>
    }""")
    assert found.bytes == found.whole_bytes == 2 * 3 * 32 + 24
    assert found.weights == 32000  # all of it has to be there
    assert found.flops == 0 and found.bound == "memory"


def test_nothing_takes_no_time() -> None:
    found = report("""
    func.func @main(%x: tensor<0x4xf32>) -> tensor<0x4xf32> {
      %y = dl.relu %x : tensor<0x4xf32>
      func.return %y : tensor<0x4xf32>
    }""")
    assert (found.time, found.bytes, found.bound) == (0, 0, "none")
    assert json.loads(to_json(found))["ops"][0]["intensity"] is None
    assert "Nothing is computed." in to_html(found) and "0 ns" in to_text(found)
    empty = report("func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {"
                   " func.return %x : tensor<4xf32> }")  # fmt: skip
    assert empty.rows == [] and "total" in to_text(empty) and to_html(empty)
    assert json.loads(to_json(empty))["total"]["time_s"] == 0


def test_unknown_work_is_said_in_every_format() -> None:
    text = """
    func.func private @g(%x: tensor<4xf32>) -> tensor<4xf32> {
      func.return %x : tensor<4xf32>
    }
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = func.call @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
      %1 = dl.neg %0 : tensor<4xf32>
      func.return %1 : tensor<4xf32>
    }"""
    with collect_diagnostics() as said:
        found = report(text)
    assert [d.rule for d in said] == ["dl-roofline"]
    assert json.loads(to_json(found))["total"]["unknown"] == 1
    assert "unknown" in to_text(found)
    assert "Unknown work, which no total has: 1 op." in to_html(found)


def test_types_that_no_dl_op_has() -> None:
    """Only what is unknown has them; their memory counts."""
    found = report("""
    func.func @main(%x: tensor<5xindex>, %y: tensor<3xi4>) -> tensor<3xi4> {
      func.return %y : tensor<3xi4>
    }""")
    assert found.live == 5 * 8 + 3


# Products of matrices and convolutions, as a model is usually counted: torchvision's documentation
# gives ResNet-50 4.09 and VGG-19 19.63 thousand million multiply-adds for an image of 224 x 224.
@pytest.mark.parametrize(("name", "gmacs"), [("resnet50", 4.09), ("vgg19", 19.63)])
def test_models_as_they_are_usually_counted(name: str, gmacs: float) -> None:
    folder = Path(onnx.__file__).parent / "backend/test/data/light"
    found = analyse(entry_function(dlir.load(folder / f"light_{name}.onnx").module), XEON)
    assert found.macs / 1e9 == pytest.approx(gmacs, rel=2e-3)
    assert found.unknown == []


# --- JSON -----------------------------------------------------------------------------------------


def test_the_names_that_scripts_rely_on() -> None:
    document = json.loads(to_json(report(LAYER.read_text("utf-8"))))
    keys = {"op", "loc", "class", "flops", "macs", "bytes", "intensity", "bound", "time_s"}
    assert all(keys <= {*op} for op in document["ops"])
    assert [op["op"] for op in document["ops"]] == ["dl.matmul", "dl.add", "dl.relu"]
    total = document["total"]
    assert {"flops", "macs", "bytes", "intensity", "bound", "time_s", "footprint"} <= {*total}
    for name in ("flops", "macs", "bytes", "time_s"):
        assert total[name] == pytest.approx(sum(op[name] for op in document["ops"]))
    assert document["machine"]["bandwidths"] == {"memory": 140.784e9}


def test_ops_of_a_model_are_named_as_in_the_model() -> None:
    text = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { %y = dl.relu %x : tensor<4xf32> "
    text += 'loc("features.0.relu") func.return %y : tensor<4xf32> }'
    assert report(text).rows[0].loc == "features.0.relu"


# --- accelerators ---------------------------------------------------------------------------------


def test_an_accelerator_is_bound_as_its_own_counting_says() -> None:
    """A layer, counted on the level below and by `dl` op: one roof for both."""
    found = report(LAYER.read_text("utf-8"), GEMMINI)
    module = dlir.load(LAYER).module
    pipeline = "accel-pipeline{to=structured},structured-share-terms,accel-count-work"
    manager = PassManager(pipeline, registry=default_registry())
    manager.run(default_registry().context(), module)
    counted = work_in(entry_function(module))
    assert counted is not None
    roofs = bound_of(counted.whole, load_machine("gemmini")).roofs
    assert found.whole["dram"] == pytest.approx(roofs["dram"] / 1e9)
    assert found.whole["compute"] == pytest.approx(roofs["compute"] / 1e9)
    assert found.whole["array_load"] == pytest.approx(roofs["array_load"] / 1e9)
    # op by op the vector unit writes the sum and the maximum, together it writes once
    assert found.whole["vector"] >= roofs["vector"] / 1e9


def test_what_a_host_gives_and_takes_goes_over_its_channel() -> None:
    tpu = find_machine("tpu1", {}, None, False)
    product = report(LAYER.read_text("utf-8"), tpu).rows[0]
    assert product.roofs["host"] == pytest.approx(2 * 4 * 8 / 14e9)  # x, in 16 bits
    assert product.roofs["dram"] == pytest.approx(2 * (8 * 16 + 4 * 16) / 34e9, rel=1e-3)


def test_types_that_an_array_lacks() -> None:
    machine = find_machine(
        "gemmini", {"array.types": '["i8"]', "array.rate": "{i8=1}"}, None, False
    )
    with pytest.raises(CompileError, match="needs products of bf16"):
        report(LAYER.read_text("utf-8"), machine)


# --- the page -------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Checks that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("machine", [XEON, GEMMINI], ids=["cpu", "accel"])
def test_a_page_stands_alone_and_has_a_point_per_op(machine: Any) -> None:
    text = to_html(report(LAYER.read_text("utf-8"), machine))
    page = Page()
    page.feed(text)
    assert page.open == []
    assert text.count("<circle") == 3 + 2  # and the total and the whole
    assert not re.search(r"<script|(src|href)=|https?:|@import|url\(", text)
    for label in ("operations per second", "operations per byte of memory traffic"):
        assert label in text
    places = [float(x) for x in re.findall(r'c[xy]="([-\d.]+)"', text)]
    assert all(0 < x < 860 for x in places)


def test_points_in_one_place_tell_of_each_other() -> None:
    text = to_html(report(CHAIN))
    (first, *_) = re.findall(r"<title>(dl\.[^<]*)</title>", text)
    assert [line.split()[0] for line in first.split("\n")][:3] == ["dl.neg", "dl.exp", "dl.relu"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ns"), (1.5, "1.5 s"), (0.9999999, "1 s"), (2e-3, "2 ms"), (3.21e-8, "32.1 ns")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
