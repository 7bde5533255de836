"""`dlir-quantize`: recipes and their errors, the search, the files it writes, the report."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlir
from dlir.api import Model
from dlir.diagnostics import CompileError
from dlir.interpreter import Interpreter
from dlir.registry import UsageError
from dlir.targets.quantize.recipe import load_recipe, names
from dlir.targets.quantize.search import search
from dlir.tools.quantize import main

MODEL = """
func.func @main(%x: tensor<?x16xf32>) -> tensor<?x4xf32> {
  %w = dl.param "w" : tensor<16x32xf32>
  %b = dl.param "b" : tensor<32xf32>
  %v = dl.param "v" : tensor<4x32xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x16xf32>, tensor<16x32xf32>) -> tensor<?x32xf32>
  %1 = dl.add %0, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %2 = dl.relu %1 : tensor<?x32xf32>
  %3 = dl.matmul %2, %v acc f32 {transpose_rhs}
      : (tensor<?x32xf32>, tensor<4x32xf32>) -> tensor<?x4xf32>
  func.return %3 : tensor<?x4xf32>
}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    shapes = {"w": (16, 32), "b": (32,), "v": (4, 32)}
    weights = {name: rng.normal(size=s).astype(np.float32) for name, s in shapes.items()}
    path = tmp_path / "model.mlir"
    Model(dlir.load(MODEL).module, weights).save(path)
    x = np.random.default_rng(1).normal(size=(40, 16)).astype(np.float32)
    np.savez(tmp_path / "samples.npz", x=x)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main([str(a) for a in arguments], stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def quantize(model: Path, recipe: str, *more: object) -> tuple[Path, dict[str, Any]]:
    out, report = model.with_name("small.mlir"), model.with_name("report.json")
    samples = model.with_name("samples.npz")
    code, _, err = run(model, f"--recipe={recipe}", f"--calibration={samples}", "-o", out,
                       f"--report={report}", *more)  # fmt: skip
    assert code == 0, err
    return out, json.loads(report.read_text())


def call(path: Path, x: Any) -> Any:
    loaded = dlir.load(path)
    return Interpreter(loaded.module, params=loaded.params).call("main", x)[0]


def test_the_named_recipes() -> None:
    assert names() == ["bf16", "int4-weight-only", "int8-dynamic", "int8-static",
                       "int8-weight-only"]  # fmt: skip
    for name in names():
        load_recipe(name)


@pytest.mark.parametrize(
    ("recipe", "cosine", "share"),
    [
        ("int8-static", 0.999, 0.5),
        ("int8-dynamic", 0.999, 0.5),
        ("int8-weight-only", 0.999, 0.5),
        ("int4-weight-only", 0.99, 0.45),
        ("bf16", 0.9999, 0.55),
    ],
)
def test_a_model_gets_smaller_and_stays_near(
    model: Path, recipe: str, cosine: float, share: float
) -> None:
    out, report = quantize(model, recipe, "--no-timing")
    assert report["cosine"] > cosine and report["samples"] == 40
    assert report["bytes_after"] < share * report["bytes_before"]
    sizes = [path.with_suffix(".safetensors").stat().st_size for path in (model, out)]
    assert sizes[1] < sizes[0]
    x = np.random.default_rng(2).normal(size=(9, 16)).astype(np.float32)
    wanted, got = call(model, x), call(out, x)
    assert (wanted * got).sum() / np.sqrt((wanted**2).sum() * (got**2).sum()) > cosine
    compiled = dlir.compile(out, cache=False)(x)
    step = np.abs(got).max() / 100  # integers round once more between the layers
    np.testing.assert_allclose(compiled, got, atol=step)


def test_the_report_names_layers_and_times(model: Path) -> None:
    _, report = quantize(model, "int8-weight-only")
    first, second = report["layers"]
    assert (first["name"], first["op"], first["format"]) == ("w", "dl.matmul", "i8")
    assert (first["bytes_before"], second["bytes_before"]) == (16 * 32 * 4, 4 * 32 * 4)
    assert first["bytes_after"] == 16 * 32 + 32 * 4
    assert first["time_before"] > 0 and report["time_after"] > 0
    for suffix, start in ((".html", "<!doctype html>"), (".txt", "model.mlir, ")):
        path = model.with_name(f"report{suffix}")
        assert run(model, "--recipe=bf16", f"--report={path}")[0] == 0
        assert path.read_text().startswith(start)


def test_the_report_counts_cycles_of_a_machine(model: Path) -> None:
    """The sample's sizes are those of the program; the layers' cycles are parts of the whole."""
    _, report = quantize(model, "int8-static", "--target=accel", "--machine=gemmini")
    assert report["time_unit"] == "cycles" and not report["notes"]
    for key in ("time_before", "time_after"):
        times = [layer[key] for layer in report["layers"]]
        assert min(times) > 0 and sum(times) <= report[key]


def test_a_target_that_cannot_run_the_model_is_told(model: Path) -> None:
    _, report = quantize(model, "int8-weight-only", "--target=accel", "--machine=tiny.toml")
    assert report["time_before"] is None and "tiny.toml" in report["notes"][0]


def test_a_search_keeps_what_costs_most(model: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mix.toml"
    recipe.write_text('[activations]\nmode = "none"\n[weights]\nelement = "i2"\n'
                      '[keep]\nmax_loss = 0.01\nfallback = "i8"\n')  # fmt: skip
    _, report = quantize(model, str(recipe), "--no-timing")
    assert report["cosine"] > 0.99
    assert any(row["note"].startswith("kept high: alone, it costs") for row in report["layers"])
    assert {row["format"] for row in report["layers"]} <= {"i2", "i8"}


def test_layers_that_the_recipe_keeps(model: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mix.toml"
    recipe.write_text('[activations]\nmode = "dynamic"\n[weights]\nelement = "i8"\n'
                      '[keep]\nlayers = ["v"]\n')  # fmt: skip
    out, report = quantize(model, str(recipe), "--no-timing")
    assert [row["format"] for row in report["layers"]] == ["i8", "f32"]
    assert "tensor<4x32xf32>" in out.read_text()


def test_equalisation_and_bias_correction_help(model: Path, tmp_path: Path) -> None:
    """With channels of very different ranges, four bits need both."""
    loaded = dlir.load(model)
    weights = {name: np.array(loaded.params[name]) for name in loaded.params}
    stretch = np.geomspace(0.01, 100, 32).astype(np.float32)
    weights["w"], weights["b"] = weights["w"] * stretch, np.abs(weights["b"]) * stretch
    weights["v"] = weights["v"] / stretch
    Model(loaded.module, weights).save(model)
    losses: dict[bool, float] = {}
    for corrected in (False, True):
        recipe = tmp_path / f"{corrected}.toml"
        flag = str(corrected).lower()
        recipe.write_text('[activations]\nmode = "static"\n[weights]\nelement = "i8"\n'
                          f"[corrections]\nequalize = {flag}\nbias = {flag}\n")  # fmt: skip
        losses[corrected] = 1 - quantize(model, str(recipe), "--no-timing")[1]["cosine"]
    assert losses[True] < losses[False] / 10


RECIPES = {
    "unknown key 'elment' in [weights]; did you mean 'element'?": '[weights]\nelment = "i8"',
    "unknown table 'weigths'; did you mean 'weights'?": '[weigths]\nelement = "i8"',
    "'weights.search' is true or false": '[weights]\nelement = "i8"\nsearch = 1',
    "'activations.observer' cannot be 'minmx'; did you mean 'minmax'?":
        '[activations]\nmode = "static"\nobserver = "minmx"\n[weights]\nelement = "i8"',
    "'weights.block' is an integer": '[weights]\nelement = "i8"\nblock = "32"',
    "[weights] lacks the key 'element'": "[weights]",
    "activations need quantised weights": '[activations]\nmode = "static"\n[weights]\n'
        'element = "bf16"',
    "not a TOML file": "[weights",
}  # fmt: skip


@pytest.mark.parametrize("message", RECIPES)
def test_bad_recipes(model: Path, tmp_path: Path, message: str) -> None:
    text = RECIPES[message]
    recipe = tmp_path / "bad.toml"
    recipe.write_text(text if "activations" in text else f'[activations]\nmode = "none"\n{text}\n')
    code, out, err = run(model, f"--recipe={recipe}")
    assert code == 1 and not out
    assert "bad.toml" in err and "error[recipe]" in err and message in err


SAMPLES: dict[str, dict[str, Any]] = {
    "the calibration has no array 'x'": {"y": np.ones((2, 16), np.float32)},
    "which is no input": {"x": np.ones((2, 16), np.float32), "z": np.ones(2)},
    "the calibration has no samples": {"x": np.ones((0, 16), np.float32)},
    "numbers are not finite": {"x": np.full((2, 16), np.nan, np.float32)},
    "dimension 1 must be 16": {"x": np.ones((2, 15), np.float32)},
    "element types differ": {"x": np.ones((2, 16))},
}


@pytest.mark.parametrize("message", SAMPLES)
def test_bad_samples(model: Path, message: str) -> None:
    path = model.with_name("bad.npz")
    np.savez(path, **SAMPLES[message])
    code, out, err = run(model, "--recipe=int8-static", f"--calibration={path}")
    assert code == 1 and not out and message in err and "Traceback" not in err


def test_bad_weights_name_the_layer(model: Path) -> None:
    loaded = dlir.load(model)
    weights = {name: np.array(loaded.params[name]) for name in loaded.params}
    weights["v"][0, 0] = np.inf
    Model(loaded.module, weights).save(model)
    code, _, err = run(model, "--recipe=int8-dynamic")
    assert code == 1 and "the weight of the layer v holds NaN or infinities" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe=int8-statik"], "no recipe 'int8-statik'; did you mean 'int8-static'?"),
        (["--recipe=int8-static"], "needs samples, for 'activations.mode'"),
        (["--recipe=bf16", "-o", "x.onnx"], "write OUT.mlir"),
        (["--recipe=bf16", "--report=x.pdf"], "write R.json, R.html or R.txt"),
        ([], "no --recipe given"),
    ],
)
def test_misuse(model: Path, arguments: list[str], message: str) -> None:
    code, _, err = run(model, *arguments)
    assert code == 2 and message in err


def test_a_model_is_not_written_over(model: Path) -> None:
    code, _, err = run(model, "--recipe=bf16", "-o", model)
    assert code == 2 and "is an input" in err


def test_a_missing_recipe_file_is_an_error() -> None:
    with pytest.raises(CompileError, match="cannot read"):
        load_recipe("missing.toml")
    with pytest.raises(UsageError):
        load_recipe("missing")


def test_search_finds_the_cheapest_mix() -> None:
    """Losses that add up: the best is known."""
    losses, costs = [0.5, 0.01, 0.3, 0.02], [10.0, 1.0, 100.0, 1.0]

    def loss(kept: frozenset[int]) -> float:
        return sum(losses[n] for n in range(4) if n not in kept)

    assert search(costs, loss, 1.0).kept == frozenset()
    assert search(costs, loss, 0.35).kept == {0}
    assert search(costs, loss, 0.0).kept == {0, 1, 2, 3}
    found = search(costs, lambda kept: 0.5, 0.1)
    assert found.kept == {0, 1, 2, 3} and found.loss == 0.5
