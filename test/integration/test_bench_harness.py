"""The harness of the benchmarks: rounds, errors, peers that fail, tables. With made-up peers."""

import io
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

from rich.console import Console

from bench import onnx_models, peers, report, tables
from bench.harness import QUICK, Settings, Timing, default_cores, pinned, time_calls
from bench.operators import numpy_operators
from bench.program import DLIR, Program, Row, WrongResult, check, measure_program

SETTINGS = replace(QUICK, rounds=3, seconds=0.0, cores=None)
X = np.arange(6, dtype=np.float32).reshape(2, 3)
TEXT = """func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %r = dl.relu %x : tensor<2x3xf32>
  func.return %r : tensor<2x3xf32>
}"""


def program(**options: Any) -> Program:
    node = onnx_models.node("Relu", "x")
    return Program(TEXT, {"x": X}, lambda: onnx_models.model([node], {"x": X}, {}), **options)


def fake(monkeypatch: pytest.MonkeyPatch, **makers: Callable[[Program, int], Any]) -> None:
    """Peers that are these functions, each made as from a module of its own."""
    table = tuple(peers.Peer(name, "numpy", "none") for name in makers)
    monkeypatch.setattr(peers, "TABLE", table)
    monkeypatch.setattr(peers, "PEERS", {peer.name: peer for peer in table})
    monkeypatch.setattr(peers.Peer, "make", lambda peer, *given: makers[peer.name](*given))


def test_rounds_are_interleaved_and_reversed() -> None:
    order: list[str] = []
    calls = {name: lambda name=name: order.append(name) for name in "ab"}
    timings = time_calls(calls, SETTINGS)
    assert [name for name, last in zip(order, [*order[1:], ""], strict=True) if name != last] == [
        *"ab",  # the second round begins with the one that ended the first
        *"a",
        *"b",
    ]
    assert all(len(timing.rounds) == 3 for timing in timings.values())


def test_a_slow_call_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.harness.SLOW", 0.001)
    calls: list[float] = []
    timing = time_calls({"slow": lambda: calls.append(time.sleep(0.002) or 0)}, SETTINGS)["slow"]
    assert len(calls) == 1 and len(timing.rounds) == 3 and timing.least >= 0.002


def test_pinned_goes_back() -> None:
    before = default_cores(1000)
    with pinned(default_cores(1)):
        assert default_cores(1000) == default_cores(1)
    assert default_cores(1000) == before


def test_every_contestant_is_checked_and_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(
        monkeypatch,
        right=lambda program, threads: lambda: [np.maximum(program.inputs["x"], 0)],
        wrong=lambda program, threads: lambda: [program.inputs["x"] + 1],
        nan=lambda program, threads: lambda: np.full_like(X, np.nan),
        flat=lambda program, threads: lambda: X.ravel(),
        unmade=lambda program, threads: 1 // 0,
        raising=lambda program, threads: lambda: 1 // 0,
    )
    row = measure_program(Row("relu"), program(), SETTINGS)
    assert set(row.times) == {DLIR, "right"} and row.judge == "float64"
    assert row.errors == {DLIR: 0, "right": 0}
    assert set(row.absent) == {"wrong", "nan", "flat", "unmade", "raising"}
    assert "differs from float64 by 2.0e-01" in row.absent["wrong"]
    assert row.absent["raising"].startswith("ZeroDivisionError")


def test_a_peer_that_does_not_take_the_kind_has_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, any=lambda program, threads: lambda: X)
    assert measure_program(Row("relu"), program(kind="other"), SETTINGS).absent == {}


def test_peers_can_be_chosen() -> None:
    assert peers.present(("numpy", "nobody")) == ["numpy"]
    assert "numpy" in peers.present(())


def test_a_wrong_result_of_dlir_fails() -> None:
    with pytest.raises(WrongResult, match=r"differs from float64 by 2.0e-01"):
        check(Row("relu"), program(), {DLIR: lambda: X + 1})


def test_the_first_peer_judges_what_numpy_does_not_know() -> None:
    node = onnx_models.node("Softsign", "x")
    unknown = replace(program(), model=lambda: onnx_models.model([node], {"x": X}, {}))
    row = Row("softsign")
    check(row, unknown, {DLIR: lambda: X, "peer": lambda: X})
    assert row.judge == "peer" and row.errors == {DLIR: 0, "peer": 0}


def rows() -> list[Row]:
    def row(name: str, ours: float, **theirs: float) -> Row:
        times = {n: Timing([[t], [t]]) for n, t in {DLIR: ours, **theirs}.items()}
        return Row(name, times, {DLIR: 1e-7}, family=name.partition("/")[0], suite=True)

    return [
        row("a/slow", 2.0, p=1.0, q=4.0),
        row("a/fast", 1.0, p=3.0, q=2.0),
        row("b/alone", 1.0),
        Row("b/failed", failure="WrongResult: by much", family="b", suite=True),
    ]


def test_speeds_compare_with_the_best_peer() -> None:
    slow, fast, alone, failed = rows()
    assert (slow.best_peer(), slow.speed()) == ("p", 0.5)
    assert (fast.best_peer(), fast.speed()) == ("q", 2.0)
    assert alone.speed() is None and failed.speed() is None
    assert tables.geometric_mean(rows()) == pytest.approx(1.0)
    assert tables.geometric_mean([alone]) is None


def test_tables_show_every_row_and_reason() -> None:
    found = rows()
    found[0].absent["r"] = "RuntimeError: [no] such op"
    found[0].details["compile"] = {
        "dlir cold": {"load": 1.0, "compile": 2.0, "first call": 1.0, "import": 5.0},
        "dlir warm": {"load": 1.0, "compile": 0.0, "first call": 1.0},
        "iree": {"load": 8.0, "first call": 0.0},
        "onnxruntime": {"load": 0.1, "first call": 0.0},
        "tvm": {"failure": "no LSTM"},
    }
    peaks = {"dlir cold": 8e6, "dlir warm": 4e6, "onnxruntime": 4e6}
    found[0].details["memory"] = {name: {"peak": peak} for name, peak in peaks.items()}
    out = io.StringIO()
    tables.show({1: found, 2: found[1:2]}, Console(file=out, width=400))
    text = out.getvalue()
    for part in ("a/slow", "a/fast", "b/alone", "a: geometric mean", "threads: 2"):
        assert part in text
    assert "suite of 2, threads 1: geometric mean of best peer / dlir 1.000, least 0.50" in text
    assert "below 0.85: a/slow 0.50" in text
    assert "a/slow: r: RuntimeError: [no] such op" in text
    assert "b/failed: dlir: WrongResult: by much" in text
    assert "a/slow: tvm, compile: no LSTM" in text
    lines = [line for line in text.splitlines() if "│ a/slow" in line]
    compiling, memory = lines[1].split(), lines[2].split()
    assert [*compiling[-4:-3], *compiling[-2:-1]] == ["2.00", "4.00"]
    assert [*memory[-4:-3], *memory[-2:-1]] == ["0.50", "1.00"]


def test_json_has_everything_by_threads() -> None:
    import json

    found = json.loads(report.to_json({1: rows(), 2: rows()[:1]}, Settings()))
    assert [row["threads"] for row in found["rows"]] == [1, 1, 1, 1, 2]
    assert found["rows"][0]["ratio"] == {"p": 2.0, "q": 0.5}
    assert found["rows"][0]["best_peer"] == "p"
    assert found["rows"][3]["failure"] == "WrongResult: by much"


def test_numpy_moves_what_it_transposes() -> None:
    result = numpy_operators(np.float32)["Transpose"](X, perm=(1, 0))
    assert result.flags.c_contiguous and not np.shares_memory(result, X)
