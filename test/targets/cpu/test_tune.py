"""dlir-tune: the search, processes that crash and hang, the database, workers that die."""

import errno
import io
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir import api
from dlir.diagnostics import CompileError, collect_diagnostics
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.kernels import kernels_of
from dlir.dialects.structured.schedule_checks import misfit
from dlir.dialects.structured.schedule_file import (
    Entry,
    Measured,
    Place,
    parse_entries,
    schedule_text,
)
from dlir.executable import CompileOptions
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.cpu import schedules
from dlir.targets.cpu.tune import database, space
from dlir.targets.cpu.tune.bench import Bench
from dlir.targets.cpu.tune.cost import Sizes, cycles, sizes_of
from dlir.targets.cpu.tune.database import Database
from dlir.targets.cpu.tune.measure import Kernel, Task, Trial
from dlir.targets.cpu.tune.search import Finding, Search, usual_schedule
from dlir.targets.cpu.tune.subjects import Subject, kernel_in, subjects_of, work_of
from dlir.tools.tune import main
from dlir.workers import in_processes, on_dask, run_all

STAND_IN = "tune_stand_in"
NEVER = float("inf")
MODEL = """
func.func @main(%x: tensor<50x70xf32>, %i: tensor<1x8x9x9xf32>, %d: tensor<?x40xf32>)
    -> (tensor<50x128xf32>, tensor<1x16x9x9xf32>, tensor<?x128xf32>, tensor<?xf32>) {
  %w = dl.constant dense<0.25> : tensor<70x128xf32>
  %v = dl.param "v" : tensor<40x128xf32>
  %f = dl.constant dense<0.5> : tensor<16x8x3x3xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<50x70xf32>, tensor<70x128xf32>) -> tensor<50x128xf32>
  %1 = dl.conv2d %i, %f acc f32 {padding = [1, 1, 1, 1]}
      : (tensor<1x8x9x9xf32>, tensor<16x8x3x3xf32>) -> tensor<1x16x9x9xf32>
  %2 = dl.matmul %d, %v acc f32 : (tensor<?x40xf32>, tensor<40x128xf32>) -> tensor<?x128xf32>
  %3 = dl.reduce_max %d {axes = [1]} : tensor<?x40xf32> -> tensor<?xf32>
  func.return %0, %1, %2, %3
      : tensor<50x128xf32>, tensor<1x16x9x9xf32>, tensor<?x128xf32>, tensor<?xf32>
}
"""
ATTENTION = """
func.func @main(%q: tensor<1x2x50x16xf32>, %k: tensor<1x2x70x16xf32>, %v: tensor<1x2x70x24xf32>,
                %m: tensor<1x1x1x70xf32>) -> tensor<1x2x50x24xf32> {
  %0 = dl.attention %q, %k, %v, %m
      : (tensor<1x2x50x16xf32>, tensor<1x2x70x16xf32>, tensor<1x2x70x24xf32>, tensor<1x1x1x70xf32>)
      -> tensor<1x2x50x24xf32>
  func.return %0 : tensor<1x2x50x24xf32>
}
"""
TINY = """
func.func @main(%x: tensor<12x16xf32>, %y: tensor<16x64xf32>) -> tensor<12x64xf32> {
  %0 = dl.matmul %x, %y acc f32 : (tensor<12x16xf32>, tensor<16x64xf32>) -> tensor<12x64xf32>
  func.return %0 : tensor<12x64xf32>
}
"""


@pytest.fixture(autouse=True)
def stand_in_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By processes that are started, and by what they unpickle."""
    here = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", here)
    monkeypatch.setattr(sys, "path", [here, *sys.path])


def subjects(text: str) -> list[Subject]:
    module = api.lower(text, "cpu", "structured", options=CompileOptions(threads=1))
    assert isinstance(module, ModuleOp)
    return subjects_of(module)


def parsed(text: str) -> ModuleOp:
    return parse_module(text, default_registry().context())


@pytest.fixture(scope="module")
def tiny() -> Subject:
    return subjects(TINY)[0]


# --- kernels alone --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [MODEL, ATTENTION])
def test_a_kernel_alone_is_the_same_kernel_and_gets_the_same_schedule(
    text: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.txt"
    options = CompileOptions(threads=1, dump_schedule=path)
    api.lower(text, "cpu", "buffers", options=options)
    dumped = {e.kernel: e.schedule for e in parse_entries(path.read_text(), "")[0]}
    found = subjects(text)
    assert {s.kernel for s in found} == set(dumped)
    for subject in found:
        names = [name for name, _ in kernels_of(parsed(subject.text))]
        is_group = dumped[subject.kernel].integers("block") is not None
        assert names[0] == subject.kernel and (len(names) > 1) == is_group
        assert usual_schedule(subject.text, 1) == dumped[subject.kernel]
        assert work_of(subject) > 0


@pytest.mark.parametrize("text", [MODEL, ATTENTION])
def test_every_kernel_runs_alone_and_wrong_results_are_found(text: str) -> None:
    for subject in subjects(text):
        kernel = Kernel(Task(subject.text, 1))
        usual = str(usual_schedule(subject.text, 1)).removeprefix("#structured.schedule")
        times = kernel.compare(Trial(usual, "<kernel = scalar>", rounds=1))
        assert times.problem == "" and times.best > 0 and times.other > 0
        kernel.compiled["<lies>"] = lambda: np.zeros(1, np.float32)
        assert kernel.compare(Trial(usual, "<lies>")).problem == "its results are wrong"


# --- the space ------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_candidates_fit_and_differ(threads: int) -> None:
    for subject in subjects(MODEL):
        problem = space.Problem(kernel_in(parsed(subject.text)), threads)
        usual = usual_schedule(subject.text, threads)
        for axis in space.AXES:
            found = space.neighbours(axis, problem, usual)
            assert len(found) <= space.MOST
            assert usual not in found
            assert all(misfit(problem.op, candidate) is None for candidate in found)
            assert axis != "threads" or threads > 1 or not found


def test_the_cost_model_knows_what_cannot_be_good(tiny: Subject) -> None:
    sizes = sizes_of(kernel_in(parsed(tiny.text)))
    assert sizes is not None and (sizes.rows, sizes.columns, sizes.depth) == (12, 64, 16)

    def cost(*vector: int) -> float:
        return cycles(sizes, ScheduleAttr.get({"kernel": "contraction", "vector": vector}))

    assert cost(1, sizes.lanes) > 2 * cost(6, 4 * sizes.lanes)
    large = replace(sizes, rows=4096, depth=4096)
    assert cycles(large, ScheduleAttr.get({"vector": [6, 64]})) > 1000 * cost(6, 64)


def test_blocks_of_a_sum_are_tried_where_they_may_help() -> None:
    """Beside a right side that is read in place: not of tiny panels, nor of less than a block."""

    def blocks(depth: int, columns: int) -> set[int]:
        x, y = f"tensor<4x{depth}xf32>", f"tensor<{depth}x{columns}xf32>"
        text = f"""func.func @main(%x: {x}, %y: {y}) -> tensor<4x{columns}xf32> {{
          %0 = dl.matmul %x, %y acc f32 : ({x}, {y}) -> tensor<4x{columns}xf32>
          func.return %0 : tensor<4x{columns}xf32>
        }}"""
        (subject,) = subjects(text)
        problem = space.Problem(kernel_in(parsed(subject.text)), 1)
        tall = ScheduleAttr.get({"kernel": "contraction", "vector": [4, 64]})
        tiles = [s.integers("tile") for s in space.neighbours("tile", problem, tall)]
        return {tile[2] for tile in tiles if tile is not None}

    assert blocks(16, 64) == set()
    assert blocks(2048, 2048) == {8, 16, 128, 512}
    assert blocks(300, 2048) == {8, 16, 128}


def test_rows_of_scores_are_tried_in_smaller_and_larger_blocks() -> None:
    blocks: dict[str, list[tuple[int, ...] | None]] = {}
    for subject in subjects(ATTENTION):
        problem = space.Problem(kernel_in(parsed(subject.text)), 1)
        usual = usual_schedule(subject.text, 1)
        found = space.neighbours("block", problem, usual)
        assert (len(found) > 0) == (usual.integers("block") is not None)
        if found:
            blocks[subject.kernel] = [s.integers("block") for s in (usual, *found)]
            kernel = Kernel(Task(subject.text, 1))
            for other in found:
                times = kernel.compare(Trial(schedule_text(usual), schedule_text(other), rounds=1))
                assert times.problem == "" and times.other > 0
    assert list(blocks.values()) == [[(50,), (25,), (12,)]]


def test_blocks_are_read_from_nearer_caches_but_sums_wait_in_the_result() -> None:
    whole = ScheduleAttr.get({"vector": [1, 64]})
    long = Sizes(1, 6, 64, 1 << 20, 4, 16, 2)
    assert cycles(long, whole.updated({"tile": [0, 0, 64]})) < cycles(long, whole)
    wide = Sizes(1, 6, 1 << 16, 1 << 10, 4, 16, 2)
    assert cycles(wide, whole.updated({"tile": [0, 0, 1]})) > cycles(wide, whole)


# --- the search -----------------------------------------------------------------------------------


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of the register tiles that a search tries; there is nothing else to try."""
    rows: list[int] = []

    def axis(_: space.Problem, schedule: ScheduleAttr) -> Iterator[ScheduleAttr]:
        for height in rows:
            yield schedule.updated({"kernel": "contraction", "vector": [height, 32]})

    monkeypatch.setattr(space, "AXES", {"vector": axis})
    monkeypatch.setattr("dlir.targets.cpu.tune.search.AXES", {"vector": axis})
    return rows


def test_a_search_finds_the_fastest_and_loses_crashes_and_hangs_alone(
    tiny: Subject, tiles: list[int]
) -> None:
    tiles[:] = [5, 7, 8, 9, 10, 3, 2]
    found = Search(tiny, 1, NEVER, timeout=2.0, module=STAND_IN).run()
    assert found.problem == ""
    assert "vector = [3, 32]" in found.schedule
    assert found.measured is not None and found.measured.seconds < found.measured.before
    assert found.measured.place == schedules.place(1)
    reasons = " ".join(found.lost)
    assert len(found.lost) == 4 and found.tried == 9
    assert "ended with code -11" in reasons and "took longer than 2 s" in reasons
    assert "results are wrong" in reasons


def test_a_search_without_time_or_without_a_better_schedule_keeps_the_usual(
    tiny: Subject, tiles: list[int]
) -> None:
    tiles[:] = [3]
    usual = usual_schedule(tiny.text, 1)
    late = Search(tiny, 1, 0.0, module=STAND_IN).run()
    tiles[:] = [40]
    worse = Search(tiny, 1, NEVER, module=STAND_IN).run()
    for found in (late, worse):
        assert str(usual).endswith(found.schedule)
        assert found.measured is not None and found.measured.seconds == found.measured.before


def test_a_process_that_cannot_start_is_a_problem_and_no_exception(tiny: Subject) -> None:
    found = Search(tiny, 1, NEVER, module="no_such_module").run()
    assert found.measured is None and "its process ended with code 1" in found.problem
    assert "another version" in Search(tiny, 1, NEVER, version="0.0").run().problem


def test_a_hang_while_writing_is_ended(tiny: Subject) -> None:
    with Bench(Task(tiny.text, 1), 1.0, STAND_IN) as bench:
        hung = Trial("<>", "<kernel = contraction, vector = [8, 32]>")
        assert bench.compare(hung).problem == "it took longer than 1 s"
        assert bench.compare(Trial("<>", "<>")).ratio == 1.0


def test_killed_workers_are_survived(tiny: Subject, tmp_path: Path) -> None:
    import tune_stand_in

    jobs: list[Search] = [
        tune_stand_in.KilledWorker(tiny, 1, NEVER),
        Search(tiny, 1, 0.0, module=STAND_IN),
    ]
    answers = {type(job): answer for job, answer in run_all(iter(jobs), in_processes(2))}
    assert answers[tune_stand_in.KilledWorker] is None
    assert answers[Search].measured is not None
    once = tune_stand_in.KilledOnce(tiny, 1, NEVER, module=str(tmp_path / "killed"))
    [(_, answer)] = run_all(iter([once]), in_processes(1))
    assert answer.problem == "came to the end"


@pytest.mark.slow
def test_a_search_on_dask(tiny: Subject) -> None:
    pytest.importorskip("distributed")
    import tune_stand_in

    jobs: list[Search] = [
        tune_stand_in.KilledWorker(tiny, 1, NEVER),
        Search(tiny, 1, 0.0, module=STAND_IN),
    ]
    answers = {type(job): answer for job, answer in run_all(iter(jobs), on_dask("local", 1))}
    assert answers[Search].measured is not None
    assert answers[tune_stand_in.KilledWorker] is None


# --- the database ---------------------------------------------------------------------------------

HERE = Place("here", 1, "1")


def entry(kernel: str, seconds: float, place: Place = HERE) -> Entry:
    return Entry(kernel, ScheduleAttr.get({"threads": [0]}), Measured(seconds, 1.0, place))


def test_a_database_replaces_what_is_measured_again_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "tuning.txt"
    store = Database(path)
    assert store.known(HERE) == {}
    store.add([entry("a", 0.5), entry("b", 0.5)])
    store.add([entry("a", 0.7), entry("a", 0.1, Place("there", 1, "1"))])
    known = Database(path).known(HERE)
    assert {k: e.measured.seconds for k, e in known.items() if e.measured} == {"a": 0.7, "b": 0.5}
    assert os.listdir(path.parent) == ["tuning.txt"]


def test_processes_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tuning.txt"
    threads = [
        threading.Thread(target=Database(path).add, args=([entry(f"k{n}", 0.5)],)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Database(path).known(HERE)) == 8


def test_a_lock_that_was_left_behind_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "STALE", 0.1)
    (tmp_path / "tuning.txt.lock").touch()
    Database(tmp_path / "tuning.txt").add([entry("a", 0.5)])
    assert os.listdir(tmp_path) == ["tuning.txt"]


def test_a_full_disk_costs_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = Database(tmp_path / "tuning.txt")
    store.add([entry("a", 0.5)])
    before = (tmp_path / "tuning.txt").read_text()
    monkeypatch.setattr(os, "replace", full)
    with collect_diagnostics() as found:
        store.add([entry("b", 0.5)])
        store.add([entry("c", 0.5)])
    assert len(found) == 1 and "No space left on device" in found[0].message
    assert (tmp_path / "tuning.txt").read_text() == before
    assert os.listdir(tmp_path) == ["tuning.txt"]


# --- the command ----------------------------------------------------------------------------------


def tune(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(list(arguments), stdout=out, stderr=err), out.getvalue(), err.getvalue()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.mlir"
    path.write_text(TINY)
    return path


def test_end_to_end_with_two_candidates(
    model: Path, tiles: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a model to a database and a schedule, both of which a compilation takes."""
    tiles[:] = [2, 3]
    base, file = tmp_path / "tuning.txt", tmp_path / "schedule.txt"
    code, text, errors = tune(
        str(model), f"--database={base}", "-o", str(file), "--threads=1", "--budget=60"
    )
    assert (code, errors) == (0, "")
    assert "1 kernels, 1 tuned now with 4 measurements" in text
    tuned, problems = parse_entries(file.read_text(), str(file))
    kept, more = parse_entries(base.read_text(), str(base))
    assert not problems and not more
    assert [e.schedule for e in tuned] == [e.schedule for e in kept]
    assert kept[0].measured is not None and kept[0].measured.place == schedules.place(1)

    monkeypatch.setenv(schedules.VARIABLE, str(base))
    values = np.random.default_rng(0)
    x, y = (values.standard_normal(s, np.float32) for s in ((12, 16), (16, 64)))
    for schedule in (None, file):
        run = dlir.compile(model, schedule=schedule, threads=1)
        np.testing.assert_allclose(run(x, y), x @ y, rtol=1e-4, atol=1e-4)

    again = tune(str(model), f"--database={base}", "--threads=1")
    assert "1 kernels, 0 tuned now" in again[1]
    assert tune(str(model), f"--database={base}", "--threads=1", "--again")[1].count("1 tuned") == 1


def test_what_a_database_holds_wrongly_is_one_warning(model: Path, tmp_path: Path) -> None:
    """A torn line, a kernel that no model has, a time of another machine, a negative tile."""
    base = tmp_path / "tuning.txt"
    kernel = subjects(TINY)[0].kernel
    base.write_text(
        f"{kernel}\n    <tile = [-1, 0, 0]>\nunknown [4]\n    <threads = [0]>\n"
        f"{kernel}\n    <threads = [0]>\n    1 us (2 us before) with 1 thread on mars by dlir 9\n"
        "torn"
    )
    code, text, errors = tune(str(model), f"--database={base}", "--threads=1", "--budget=1")
    assert code == 0 and "1 tuned now" in text
    assert errors.count("warning: left out") == 1 and "tuning.txt:2:5" in errors
    kept, problems = parse_entries(base.read_text(), "")
    assert not problems and len(kept) == 3


def test_files_become_one(tmp_path: Path) -> None:
    for name, seconds in (("one", 0.5), ("two", 0.25)):
        Database(tmp_path / name).add([entry("a", seconds), entry(name, 1.0)])
    out = tmp_path / "both"
    flags = [f"--merge={tmp_path / 'one'}", f"--merge={tmp_path / 'two'}", "-o", str(out)]
    code, text, _ = tune(*flags)
    assert code == 0 and text == f"3 entries in {out}\n"
    known = Database(out).known(HERE)["a"].measured
    assert known is not None and known.seconds == 0.25
    assert tune(*flags[:2])[0] == 2
    assert tune(*flags, "model.mlir")[0] == 2


def test_what_is_asked_for_must_be_there(model: Path) -> None:
    code, _, errors = tune(str(model), "--kernels=nothing*")
    assert code == 1 and "no kernel matches 'nothing*'" in errors and "contraction [12" in errors
    assert tune()[0] == 2


def test_an_interrupted_run_says_what_is_kept(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Search) -> Finding:
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "run", interrupted)
    code, _, errors = tune(str(model), f"--database={tmp_path / 't.txt'}")
    assert code == 1 and "interrupted after 0 of 1 kernels" in errors


def test_failures_are_named_once(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(search: Search) -> Finding:
        return Finding(search.subject.kernel, problem="the machine is on fire", lost=("x: y",))

    monkeypatch.setattr(Search, "run", failing)
    file = tmp_path / "s.txt"
    code, text, errors = tune(str(model), "-o", str(file))
    assert code == 0 and "the machine is on fire" in errors and "1 candidates were left" in errors
    assert "1 kernels, 1 tuned now" in text
    assert parse_entries(file.read_text(), "")[0], "the compiler's own schedule is there"


def test_a_database_that_is_a_folder_is_an_error(model: Path, tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="cannot read"):
        database.read(tmp_path)
