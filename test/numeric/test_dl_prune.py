"""`dl-prune` beside direct descriptions of what goes, and with weights beside the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlir.diagnostics import CompileError
from dlir.params import Weights, write_weights
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_prune import DlPrune
from dlir.transforms.pruning.masks import Granularity, count_of, masks, n_of_m

CONTEXT = default_registry().context()
RANDOM = np.random.default_rng(11)


def granularity(text: str) -> Granularity:
    found = Granularity.parse(text)
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["0x1", "1x0", "3:2", "0:4", "x", "2:", "rows", "", "1.5x1"])
def test_what_is_no_granularity(text: str) -> None:
    assert Granularity.parse(text) is None


def test_counts_are_those_of_the_decimal_number() -> None:
    assert count_of(0.29, 100) == 29  # 0.29 * 100 is 28.999999999999996
    assert [count_of(s, 10) for s in (0, 0.19, 0.8, 0.99, 1)] == [0, 1, 8, 9, 10]


@pytest.mark.parametrize("shape", [(1, 1), (7, 13), (16, 16), (0, 4), (4, 0)])
@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.5, 1.0])
def test_elements(shape: tuple[int, int], sparsity: float) -> None:
    matrix = RANDOM.integers(-3, 4, shape).astype(np.float32)  # with many ties
    (mask,) = masks([matrix], granularity("element"), sparsity)
    order = sorted(range(matrix.size), key=lambda i: (abs(matrix.flat[i]), i))
    assert {*np.flatnonzero(~mask)} == {*order[: count_of(sparsity, matrix.size)]}


@pytest.mark.parametrize("text", ["row", "4x1", "3x2", "16x1", "1x5"])
def test_blocks(text: str) -> None:
    matrix = RANDOM.standard_normal((17, 10)).astype(np.float32)
    (mask,) = masks([matrix], granularity(text), 0.5)
    rows, columns = (1, 10) if text == "row" else map(int, text.split("x"))
    starts = [(i, j) for i in range(0, 17, rows) for j in range(0, 10, columns)]
    parts = [(slice(i, i + rows), slice(j, j + columns)) for i, j in starts]
    means = [np.square(matrix[part], dtype=np.float64).mean() for part in parts]
    gone = [i for i, part in enumerate(parts) if not mask[part].any()]
    assert all(mask[part].all() for i, part in enumerate(parts) if i not in gone)
    assert gone == sorted(np.argsort(means, kind="stable")[: len(parts) // 2])


def test_all_layers_together() -> None:
    small, great = np.full((2, 3), 1.0), np.full((2, 2), 2.0)
    found = masks([great, small], granularity("element"), 0.7)
    assert [int(mask.sum()) for mask in found] == [3, 0]


@pytest.mark.parametrize("columns", [0, 1, 3, 4, 5, 8, 11])
@pytest.mark.parametrize(("n", "m"), [(2, 4), (1, 4), (4, 4), (1, 1), (2, 3)])
def test_n_of_m(columns: int, n: int, m: int) -> None:
    matrix = RANDOM.integers(-3, 4, (5, columns)).astype(np.float32)
    mask = n_of_m(matrix, n, m)
    for row, stays in zip(matrix, mask, strict=True):
        for start in range(0, columns, m):
            places = range(start, min(start + m, columns))
            best = sorted(places, key=lambda i: (abs(row[i]), i))[-n:]
            assert sorted(i for i in places if stays[i]) == sorted(best)


TEXT = """
func.func @main(%x: tensor<?x8xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
  %w = dl.param "fc.weight" : tensor<8x6xf32>
  %y = dl.matmul %x, %w acc f32 : (tensor<?x8xf32>, tensor<8x6xf32>) -> tensor<?x6xf32>
  %v = dl.param "fc.weight" : tensor<8x6xf32>
  %z = dl.matmul %x, %v acc f32 : (tensor<?x8xf32>, tensor<8x6xf32>) -> tensor<?x6xf32>
  func.return %y, %z : tensor<?x6xf32>, tensor<?x6xf32>
}
"""


def test_weights_beside_the_text(tmp_path: Path) -> None:
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    weight = RANDOM.standard_normal((8, 6)).astype(np.float32)
    write_weights(old, {"fc.weight": weight, "unused": weight})
    module = parse_module(TEXT, CONTEXT, "model")
    before = str(module)
    DlPrune(granularity="2:4", params=str(old), output=str(new)).apply(CONTEXT, module)
    assert str(module) == before and [*Weights(new)] == ["fc.weight"]
    expected = np.where(n_of_m(weight.T, 2, 4).T, weight, 0)
    np.testing.assert_array_equal(Weights(new)["fc.weight"], expected)


def test_weights_that_are_missing_or_nan() -> None:
    module = parse_module(TEXT, CONTEXT, "model")
    with pytest.raises(CompileError, match="stands beside the text"):
        DlPrune(sparsity=0.5).apply(CONTEXT, module)
    weights = {"fc.weight": np.full((8, 6), np.nan, np.float32)}
    with pytest.raises(CompileError, match="has NaN"):
        DlPrune(sparsity=0.5).prune(module, weights, granularity("element"))
