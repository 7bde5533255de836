"""Exploration: what is run, kept, resumed and survived, and what the command says."""

from __future__ import annotations

import io
import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from targets.accel import explore_stand_in as stand_in
from targets.accel.explore_stand_in import LAYERS, LOG

from dlir.diagnostics import CompileError
from dlir.drawing import scale_of
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.explore import evaluate, exploration
from dlir.targets.accel.explore.exploration import Exploration, explore
from dlir.targets.accel.explore.page import page
from dlir.targets.accel.explore.space import read_space
from dlir.targets.accel.explore.store import FILE, Outcome, Record, Store
from dlir.targets.accel.explore.summary import order_of, table, to_json
from dlir.tools.explore import main
from dlir.workers import in_processes, in_this_process, on_dask

ROWS = 'base = "gemmini"\n[space]\n"array.rows" = [8, 16, 32]\n'
SPACE = read_space(ROWS)
COSTLY = read_space(f'{ROWS}"spm.bytes" = [131072, 262144]\n')


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gets a line per evaluation."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv(LOG, str(path))
    return path


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def states(found: Exploration) -> list[str]:
    return [point.status for point in found.points]


# --- what is run ----------------------------------------------------------------------------------


def test_layers_count_as_often_as_they_occur() -> None:
    found = explore(LAYERS, SPACE, evaluator=stand_in.gemm)
    for point in found.points:
        machine = load_machine("gemmini", point.settings)
        a, b = (stand_in.gemm(machine, layer.text) for layer in LAYERS)
        assert point.measures is not None
        assert point.measures.cycles == 2 * a.cycles + b.cycles
        assert point.measures.energy_pj == 2 * a.energy_pj + b.energy_pj
        assert point.measures.macs == 2 * a.macs + b.macs
        assert point.values()["time_us"] == pytest.approx(point.measures.cycles / 1000)


def test_the_front() -> None:
    found = explore(LAYERS, COSTLY, evaluator=stand_in.formula)
    best = [dict(found.points[i].settings) for i in found.front]
    assert best == [{"array.rows": rows, "spm.bytes": "131072"} for rows in ("32", "16", "8")]
    only_time = read_space(f'{ROWS}[objective]\nminimize = ["time_us"]\n')
    assert [*explore(LAYERS, only_time, evaluator=stand_in.formula).front] == [2]


def test_equal_machines_are_evaluated_once(log: Path) -> None:
    space = read_space(f'{ROWS}"machine.clock_mhz" = [1000, 1000.0]\n')
    found = explore(LAYERS, space, evaluator=stand_in.formula)
    assert len(found.points) == 6 and len(lines(log)) == found.evaluations == 6


def test_machines_of_one_form_come_layer_by_layer(log: Path) -> None:
    """So that what is compiled for the first is there for the next."""
    space = read_space(f'{ROWS.replace(", 32", "")}"dma.latency" = [1, 2]\n')
    explore(LAYERS, space, evaluator=stand_in.formula)
    a, b = (layer.text for layer in LAYERS)
    assert lines(log) == [f"{rows} {text}" for rows in (8, 16) for text in (a, a, b, b)]


def test_a_machine_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    space = read_space('base = "gemmini"\n[space]\n"array.cols" = [16, 100000]\n')
    found = explore(LAYERS, space, evaluator=stand_in.formula, folder=tmp_path)
    assert states(found) == ["ok", "refused"] and [*found.front] == [0]
    assert "array.cols" in found.points[1].reason
    kept = [json.loads(line) for line in lines(tmp_path / FILE)]
    assert kept[0]["outcome"]["reason"] == found.points[1].reason
    explore(LAYERS, space, evaluator=stand_in.formula, folder=tmp_path)
    assert len(lines(tmp_path / FILE)) == len(kept)


def test_limits(log: Path) -> None:
    space = read_space(f"{ROWS}[limits]\narea_mm2 = 1.9\n")
    found = explore(LAYERS, space, evaluator=stand_in.formula)
    assert states(found) == ["ok", "ok", "over"]
    assert re.fullmatch(r"area_mm2 2\.\d+ > 1\.9", found.points[2].reason)
    assert not [line for line in lines(log) if line.startswith("32 ")], "area is known before"
    space = read_space(f"{ROWS}[limits]\ntime_us = 2e6\n")
    found = explore(LAYERS, space, evaluator=stand_in.formula)
    assert states(found) == ["over", "ok", "ok"] and 0 not in found.front


def test_a_layer_that_is_refused_ends_its_machine(log: Path) -> None:
    found = explore(LAYERS, SPACE, evaluator=stand_in.refusing)
    assert states(found) == ["ok", "refused", "ok"]
    assert found.points[1].reason == "a: no room"
    assert not [line for line in lines(log) if line.startswith("16 ")]


def test_a_bug_fails_its_point_only() -> None:
    found = explore(LAYERS, SPACE, evaluator=stand_in.broken)
    assert states(found) == ["ok", "failed", "ok"]
    assert found.points[1].reason == "a: bug in dlir: KeyError: 'lost'"


# --- what is kept ---------------------------------------------------------------------------------


def test_a_second_run_has_nothing_to_do(tmp_path: Path, log: Path) -> None:
    first = explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    again = explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    assert len(lines(log)) == first.evaluations == 6 and again.evaluations == 0
    assert again.points == first.points and again.front == first.front


def test_only_what_is_missing_is_run(tmp_path: Path, log: Path) -> None:
    first = explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    results = tmp_path / FILE
    kept = results.read_bytes()
    results.write_bytes(kept[:-20])  # the last line is torn
    log.write_text("")
    again = explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    assert again.points == first.points
    assert lines(log) == [f"32 {LAYERS[1].text}"]
    assert results.read_bytes() == kept[:-20] + b"\n" + kept.splitlines(keepends=True)[-1]


def test_what_is_no_result_is_ignored(tmp_path: Path) -> None:
    good = Record("k", Outcome("ok", evaluate.Measures(1, 2.0, 3.0, 4)))
    Store(tmp_path).add(good)
    text = (tmp_path / FILE).read_text()
    wrong = [
        "null", "[]", "{}", "nonsense", '{"key": "x"}',
        text.strip().replace('"k"', '"x"').replace('"ok"', '"fine"'),
        text.strip().replace('"k"', '"x"').replace('"cycles": 1', '"cycles": "1"'),
        text.strip().replace('"k"', '"x"').replace('"cycles"', '"cycle"'),
        '{"key": "x", "outcome": {"status": "ok", "measures": null}}',
    ]  # fmt: skip
    (tmp_path / FILE).write_text("\n".join([*wrong, text]))
    assert Store(tmp_path).known == {"k": good.outcome}


def test_the_later_of_two_results_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add(Record("k", Outcome("failed", reason="killed")))
    assert not store.done("k")
    store.add(Record("k", Outcome("refused", reason="no room")))
    assert Store(tmp_path).known == {"k": Outcome("refused", reason="no room")}


def test_results_of_other_code_do_not_count(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    monkeypatch.setattr(exploration, "code_version", lambda: "another")
    # The worker, whose code is what it was, notices.
    found = explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    assert states(found) == ["failed"] * 3
    assert "another version of dlir" in found.points[0].reason


def test_failures_are_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explore(LAYERS, SPACE, evaluator=stand_in.broken, folder=tmp_path)
    monkeypatch.setattr(stand_in.formula, "__qualname__", "broken")
    found = explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    assert states(found) == ["ok"] * 3 and found.evaluations == 2


def test_ctrl_c_keeps_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CompileError, match=r"interrupted after 4 of 6 evaluations; '.*' keeps"):
        explore(LAYERS, SPACE, evaluator=stand_in.interrupted, folder=tmp_path)
    monkeypatch.setattr(stand_in.formula, "__qualname__", "interrupted")
    found = explore(LAYERS, SPACE, evaluator=stand_in.formula, folder=tmp_path)
    assert states(found) == ["ok"] * 3 and found.evaluations == 2


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CompileError, match="cannot use"):
        Store(tmp_path / "file" / "folder")


# --- where it is run ------------------------------------------------------------------------------


def test_processes_find_what_this_process_finds() -> None:
    here = explore(LAYERS, COSTLY, evaluator=stand_in.gemm)
    there = explore(LAYERS, COSTLY, evaluator=stand_in.gemm, workers=in_processes(2))
    assert there.points == here.points and there.front == here.front


def test_a_killed_worker_is_survived(tmp_path: Path, log: Path) -> None:
    """What runs on 16 rows is lost, after two tries, and nothing else."""
    run = {"folder": tmp_path, "workers": in_processes(2)}
    found = explore(LAYERS[:1], SPACE, evaluator=stand_in.killed, **run)
    assert states(found) == ["ok", "failed", "ok"]
    assert found.points[1].reason == "a: its worker process died twice"
    assert Counter(lines(log))[f"16 {LAYERS[0].text}"] == 2


@pytest.mark.slow
def test_a_killed_worker_is_blamed_for_one_machine(log: Path) -> None:
    """Others of its form, which the same worker was to evaluate, are tried again."""
    space = read_space('base = "gemmini"\n[space]\n"dma.latency" = [7, 8, 9]\n')
    found = explore(LAYERS, space, evaluator=stand_in.killed_by_latency, workers=in_processes(1))
    assert states(found) == ["ok", "failed", "ok"]


@pytest.mark.slow
def test_a_worker_that_is_killed_once_costs_nothing(log: Path) -> None:
    found = explore(LAYERS, SPACE, evaluator=stand_in.killed_once, workers=in_processes(2))
    assert states(found) == ["ok"] * 3
    assert log.with_suffix(".killed").exists()


def test_dask_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CompileError, match=r"dask\.distributed is not installed"):
        on_dask("local", 1)


@pytest.mark.slow
def test_dask_finds_what_this_process_finds_and_survives_killed_workers(log: Path) -> None:
    pytest.importorskip("distributed")
    here = explore(LAYERS, SPACE, evaluator=stand_in.gemm)
    there = explore(LAYERS, SPACE, evaluator=stand_in.gemm, workers=on_dask("local", 2))
    assert there.points == here.points
    found = explore(LAYERS, SPACE, evaluator=stand_in.killed, workers=on_dask("local", 2))
    assert states(found) == ["ok", "failed", "ok"]


# --- what is said ---------------------------------------------------------------------------------


def test_table_with_the_front_first() -> None:
    found = explore(LAYERS, COSTLY, evaluator=stand_in.refusing)
    head, *rows, lead = table(found).splitlines()
    assert " ".join(head.split()) == "array.rows spm.bytes time µs energy µJ area mm²"
    assert [row.split()[:2] for row in rows] == [
        ["32", "131072"], ["8", "131072"], ["32", "262144"], ["8", "262144"],
        ["16", "131072"], ["16", "262144"],
    ]  # fmt: skip
    assert [row.split()[5] for row in rows] == ["front"] * 2 + ["dominated"] * 2 + ["refused:"] * 2
    assert rows[-1].endswith("refused: a: no room")
    assert lead.startswith("6 points, 2 on the front, 2 refused; 2 distinct layers of 3;")
    assert order_of(found) == [4, 0, 5, 1, 2, 3]


def test_json_says_what_the_table_says() -> None:
    found = explore(LAYERS, COSTLY, evaluator=stand_in.refusing)
    data = json.loads(to_json(found))
    assert data["front"] == [4, 0] and data["layers"][0]["count"] == 2
    assert data["points"][0]["time_us"] == found.points[0].values()["time_us"]
    assert data["points"][2]["time_us"] is None and data["points"][2]["area_mm2"] > 0


def test_page_has_a_dot_for_every_measured_point() -> None:
    found = explore(LAYERS, COSTLY, evaluator=stand_in.refusing)
    text = page(found, "<model>.onnx")
    assert text.count("<circle") == 3 * 4 and text.count("<svg") == 3
    assert "&lt;model&gt;" in text and "<model>" not in text
    assert not re.search(r"<script|src=|href=", text)
    assert "array.rows = 32, spm.bytes = 131072: time µs" in text


def test_page_of_equal_points_and_of_none() -> None:
    one = read_space('base = "gemmini"\n[space]\n"array.rows" = [16]\n')
    assert page(explore(LAYERS, one, evaluator=stand_in.formula), "m").count("<circle") == 3
    assert page(explore(LAYERS, one, evaluator=stand_in.refusing), "m").count("<circle") == 0


def test_ticks_lie_inside() -> None:
    scale = scale_of([3, 700], 0, 100)
    assert scale.ticks() == [5, 10, 20, 50, 100, 200, 500]
    assert 0 < scale(3) < scale(700) < 100
    assert scale_of([1e-3, 1e6], 0, 1).ticks() == [10.0**e for e in range(-3, 7)]
    assert scale_of([250, 390], 0, 1).ticks() == [250, 300, 350, 400]


MODEL = """
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x4xf32> {
  %w = dl.param "w" : tensor<8x8xf32>
  %u = dl.param "u" : tensor<8x8xf32>
  %v = dl.param "v" : tensor<8x4xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  %1 = dl.matmul %0, %u acc f32 : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  %2 = dl.matmul %1, %v acc f32 : (tensor<4x8xf32>, tensor<8x4xf32>) -> tensor<4x4xf32>
  func.return %2 : tensor<4x4xf32>
}
"""


def command(*arguments: str) -> tuple[int, str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    code = main(list(arguments), io.StringIO(MODEL), stdout, stderr)
    return code, stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A space file; evaluation is by formula."""
    (tmp_path / "space.toml").write_text(ROWS)
    monkeypatch.setattr(evaluate, "evaluate", stand_in.formula)
    return tmp_path


def test_command(files: Path) -> None:
    flags = [f"--space={files / 'space.toml'}", "--jobs=1", "-o", str(files / "out")]
    code, out, err = command("-", *flags)
    assert (code, err) == (0, "")
    assert "3 points, 3 on the front; 2 distinct layers of 3; 6 evaluations this time" in out
    assert sorted(p.name for p in (files / "out").iterdir()) == [
        "pareto.html", "pareto.json", FILE,
    ]  # fmt: skip
    code, again, _ = command("-", *flags)
    assert code == 0 and again == out.replace("; 6 eval", "; 0 eval")
    code, out, _ = command("-", *flags, "--whole")
    assert code == 0 and "1 distinct layers of 1; 3 evaluations" in out


WRONG = [
    ((), 2, "no model given"),
    (("-",), 2, "no --space given"),
    (("-", "--spcae=x"), 2, "unknown option '--spcae=x'; did you mean 'space'?"),
    (("-", "--space=nowhere.toml"), 1, "cannot read 'nowhere.toml'"),
    (("nowhere.mlir", "--space=SPACE"), 1, "cannot read 'nowhere.mlir'"),
    (("-", "--space=SPACE", "--jobs=0"), 2, "expected a positive number"),
    (("-", "--space=SPACE", "--function=f"), 1, "no function '@f'"),
    (("-", "--space=SPACE", "--dask=tcp://127.0.0.1:1", "--jobs=2"), 2, "--jobs is for processes"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG)
def test_command_says_what_is_wrong(
    files: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    space = str(files / "space.toml")
    found, out, err = command(*(a.replace("SPACE", space) for a in arguments))
    assert (found, out) == (code, "") and message in err and "Traceback" not in err


def test_command_when_nothing_could_be_evaluated(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "evaluate", stand_in.broken)
    (files / "space.toml").write_text(ROWS.replace("[8, 16, 32]", "[16]"))
    code, out, err = command("-", f"--space={files / 'space.toml'}", "--jobs=1")
    assert (code, out) == (1, "")
    assert "warning: 1 points failed" in err and "error: no point could be evaluated" in err


def test_in_this_process_needs_no_cleaning() -> None:
    with in_this_process() as opened:
        assert opened.executor.submit(max, 1, 2).result() == 2
