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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threads", "2", "--cpu-time", "matmul/256"], "--cpu-time is for one thread"),
        (["--threads", "0", "matmul/256"], "the number of threads must be positive"),
        (["--threads", "2", "--core", "0", "matmul/256"], "2 threads need as many cores"),
        (["--peers", "nobody", "matmul/256"], "no peer is called 'nobody'"),
        (["--threads", "two"], "argument --threads"),
    ],
)
def test_wrong_options_are_refused(arguments: list[str], message: str) -> None:
    done = bench(*arguments)
    assert done.returncode != 0 and message in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_threads_processes_and_names(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    options = ["--quick", "--rounds", "1", "--threads", "1,2", "--peers", "onnxruntime"]
    done = bench(*options, "--compile", "--memory", "--json", str(file), "--cases", "model/mlp-1")
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = json.loads(file.read_text())["rows"]
    assert (first["threads"], second["threads"]) == (1, 2)
    compiling, memory = first["details"]["compile"], first["details"]["memory"]
    assert set(compiling) >= {"dlir cold", "dlir warm"} and second["details"] == {}
    assert compiling["dlir warm"]["compile"] < compiling["dlir cold"]["compile"]
    assert all(found["peak"] > 1e7 for found in memory.values())
    assert "threads: 1" in done.stdout and "threads: 2" in done.stdout
