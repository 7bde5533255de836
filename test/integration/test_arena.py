"""The arena of whole models beside the most that is in use at one step, below which none can be."""

import json
from pathlib import Path

import pytest
from integration.light_models import light_model

import dlir
from dlir.api import lower
from dlir.executable import CompileOptions
from dlir.tools.compile import main as dlir_compile

ENCODER = Path(__file__).parents[2] / "examples/minilm/encoder.mlir"
ALLOWED = 1.05


def arena(model, shapes: dict[str, str]) -> list[dict[str, int]]:
    """The rows of `dlir.arena`."""
    options = CompileOptions(shapes=shapes, threads=1)
    module = lower(model, "cpu", "buffers", options=options)
    rows = [op.attributes["dlir.arena"].data for op in module.ops if "dlir.arena" in op.attributes]  # pyright: ignore
    assert rows
    return [{name: n.value.data for name, n in row.data.items()} for row in rows[-1]]


@pytest.mark.parametrize("shapes", [{}, {"0": "1x128", "1": "1x128"}, {"0": "3x7", "1": "3x7"}])
def test_minilm(shapes: dict[str, str]) -> None:
    for row in arena(dlir.load(ENCODER), shapes):
        assert row["live"] <= row["bytes"] <= ALLOWED * row["live"]
        assert bool(row["factors"]) == (not shapes)


@pytest.mark.parametrize("name", ["resnet50", "squeezenet"])
def test_image_networks(name: str) -> None:
    (row,) = arena(dlir.load(light_model(name)), {})
    assert row["live"] <= row["bytes"] <= ALLOWED * row["live"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["densenet121", "shufflenet", "inception_v1", "vgg19"])
def test_more_image_networks(name: str) -> None:
    test_image_networks(name)


def test_the_report(tmp_path: Path) -> None:
    source, report = tmp_path / "m.mlir", tmp_path / "r.json"
    text = """
func.func @main(%x: tensor<NxNxf32>) -> tensor<NxNxf32> {
  %0 = dl.matmul %x, %x acc f32 : (tensor<NxNxf32>, tensor<NxNxf32>) -> tensor<NxNxf32>
  %1 = dl.matmul %0, %x acc f32 : (tensor<NxNxf32>, tensor<NxNxf32>) -> tensor<NxNxf32>
  func.return %1 : tensor<NxNxf32>
}"""
    for size in ("32", "?"):
        source.write_text(text.replace("N", size))
        assert dlir_compile([str(source), f"--report={report}"]) == 0
        said = json.loads(report.read_text())
        if size == "?":
            assert all(row["bytes"] >= row["live"] for row in said["details"]["arena"])
        else:
            assert said["memory"]["arena"] >= said["memory"]["arena, least"] >= 32 * 32 * 4
