"""The measurements of import and of the passes on tensors."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx")
pytest.importorskip("rich")

from bench.graph_work import light, steps, totals
from bench.import_time import chain, work
from dlir.parser import parse_module
from dlir.registry import default_registry

TEXT = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<?xf32>) -> (tensor<2x4xf32>, tensor<?xf32>) {
  %w = dl.param "w" : tensor<4x3xf32>
  %t = dl.transpose %w {perm = [1, 0]} : tensor<4x3xf32> -> tensor<3x4xf32>
  %0 = dl.matmul %x, %t acc f32 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %1 = dl.relu %0 : tensor<2x4xf32>
  %2 = dl.exp %y : tensor<?xf32>
  func.return %1, %2 : tensor<2x4xf32>, tensor<?xf32>
}
"""


def test_totals() -> None:
    """What weights alone decide is left out; an op of unknown size is counted as such."""
    found = totals(parse_module(TEXT, default_registry().context()))
    assert found.ops == 3 and found.unknown == 1
    assert found.flops == 2 * 2 * 3 * 4 + 2 * 4
    assert found.bytes == 4 * ((6 + 12 + 8) + (8 + 8))


def test_the_passes_never_add_operations() -> None:
    found = [step for _, step in steps(light("squeezenet"))]
    flops = [step.flops for step in found]
    assert flops == sorted(flops, reverse=True)
    assert not found[-1].unknown


def test_import_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "chain.onnx"
    file.write_bytes(chain(50))
    found = work(file)
    assert found.ops > 40 and 0 < found.load < found.seconds
