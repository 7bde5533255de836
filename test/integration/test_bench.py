"""The benchmarks run, check results, and write what they measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("onnx")
ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_two_cases(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    names = ["matmul/256", "conv/3x3-depthwise-32-112"]
    peers = ["--peers", "onnxruntime,numpy"]
    done = bench("--quick", "--rounds", "1", *peers, "--json", str(file), *names)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert [row["name"] for row in found["rows"]] == names
    for row in found["rows"]:
        times = row["seconds"]["dlir"]
        assert 0 < times["min"] <= times["median"]
        assert all(ratio > 0 for ratio in row["ratio"].values())
        assert row["error"]["relative"] is None or row["error"]["relative"] < 1e-4
        assert f"\n{row['name']}" in done.stdout
    assert found["versions"]["dlir"] is not None


def test_all_cases_are_listed() -> None:
    listed = bench("--list").stdout.split()
    assert {"matmul/1024", "minilm/8x128", "light/resnet50", "process/dlir-opt"} <= {*listed}
    assert bench("--list", "conv").stdout.split() == [n for n in listed if n.startswith("conv/")]


def test_an_unknown_name_is_refused() -> None:
    done = bench("matmul/nothing")
    assert done.returncode != 0 and "matmul/nothing" in done.stderr
