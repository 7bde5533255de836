"""A whole schedule is dumped to a file, applied again, edited: on models, down to machine code."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir import api
from dlir.diagnostics import CompileError, collect_diagnostics
from dlir.dialects.structured.schedule_file import (
    Entry,
    Measured,
    file_text,
    parse_entries,
    schedule_text,
)
from dlir.executable import CompileOptions
from dlir.targets.cpu import schedules

MODEL = """
func.func @main(%x: tensor<50x70xf32>, %i: tensor<1x8x9x9xf32>)
    -> (tensor<50x130xf32>, tensor<1x16x9x9xf32>, tensor<50xf32>) {
  %w = dl.constant dense<0.25> : tensor<70x130xf32>
  %f = dl.constant dense<0.5> : tensor<16x8x3x3xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<50x70xf32>, tensor<70x130xf32>) -> tensor<50x130xf32>
  %1 = dl.relu %0 : tensor<50x130xf32>
  %2 = dl.conv2d %i, %f acc f32 {padding = [1, 1, 1, 1]}
      : (tensor<1x8x9x9xf32>, tensor<16x8x3x3xf32>) -> tensor<1x16x9x9xf32>
  %3 = dl.reduce_sum %1 {axes = [1]} : tensor<50x130xf32> -> tensor<50xf32>
  func.return %1, %2, %3 : tensor<50x130xf32>, tensor<1x16x9x9xf32>, tensor<50xf32>
}
"""


def lowered(options: CompileOptions, level: str) -> str:
    return str(api.lower(MODEL, "cpu", level, options=options))


def test_what_is_dumped_and_applied_gives_the_same_code(tmp_path: Path) -> None:
    first, second = tmp_path / "1.txt", tmp_path / "2.txt"
    options = CompileOptions(threads=1, dump_schedule=first)
    code = lowered(options, "asm")
    with collect_diagnostics() as found:
        again = lowered(replace(options, schedule=first, dump_schedule=second), "asm")
    assert not found
    assert second.read_text() == first.read_text()
    assert again == code


def attention(heads: int, rows: int | str, keys: int, width: int) -> str:
    """A function with one attention, and a mask added to its scores."""
    q, k = (f"tensor<1x{heads}x{n}x{width}xf32>" for n in (rows, keys))
    mask = f"tensor<1x1x1x{keys}xf32>"
    return f"""func.func @main(%q: {q}, %k: {k}, %v: {k}, %m: {mask}) -> {q} {{
      %y = dl.attention %q, %k, %v, %m : ({q}, {k}, {k}, {mask}) -> {q}
      func.return %y : {q}
    }}"""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("sizes", [(2, 50, 70, 16), (12, 128, 128, 64), (3, 300, 512, 32),
                                   (4, 5, 3, 8), (2, "?", 64, 16)])  # fmt: skip
def test_blocks_of_attention_are_dumped_and_obeyed(
    sizes: tuple[int, int | str, int, int], threads: int, tmp_path: Path
) -> None:
    path = tmp_path / "s.txt"
    options = CompileOptions(threads=threads, dump_schedule=path)

    def code(**changed: object) -> str:
        chosen = replace(options, **changed)
        return str(api.lower(attention(*sizes), "cpu", "buffers", options=chosen))

    first = code()
    dumped = path.read_text()
    found, problems = parse_entries(dumped, "")
    assert not problems
    (scores,) = [e for e in found if e.schedule.integers("block") is not None]
    assert f"sum {sizes[-1]}]" in scores.kernel
    again = tmp_path / "again.txt"
    assert code(schedule=path, dump_schedule=again) == first
    assert again.read_text() == dumped
    fewer = replace(scores, schedule=scores.schedule.updated({"block": 3}))
    path.write_text(file_text([fewer, *(e for e in found if e is not scores)]))
    other = code(schedule=path, dump_schedule=again)
    assert other != first
    assert "block = [3]" in again.read_text()


TWO_KINDS = """
func.func @main(%q: tensor<1x2x50x16xf32>, %k: tensor<1x2x16x70xf32>, %v: tensor<1x2x70x16xf32>)
    -> (tensor<1x2x50x16xf32>, tensor<1x2x50x70xf32>) {
  %s = dl.matmul %q, %k acc f32
      : (tensor<1x2x50x16xf32>, tensor<1x2x16x70xf32>) -> tensor<1x2x50x70xf32>
  %p = dl.softmax %s {axis = 3} : tensor<1x2x50x70xf32>
  %y = dl.matmul %p, %v acc f32
      : (tensor<1x2x50x70xf32>, tensor<1x2x70x16xf32>) -> tensor<1x2x50x16xf32>
  %r = dl.relu %q : tensor<1x2x50x16xf32>
  %z = dl.matmul %r, %k acc f32
      : (tensor<1x2x50x16xf32>, tensor<1x2x16x70xf32>) -> tensor<1x2x50x70xf32>
  func.return %y, %z : tensor<1x2x50x16xf32>, tensor<1x2x50x70xf32>
}
"""


def test_what_a_kernel_takes_in_one_place_alone_is_not_dumped(tmp_path: Path) -> None:
    """A product is made in blocks where a softmax reads it, and all at once as a result."""
    path = tmp_path / "s.txt"
    options = CompileOptions(threads=1, dump_schedule=path)
    code = str(api.lower(TWO_KINDS, "cpu", "buffers", options=options))
    entries, _ = parse_entries(path.read_text(), "")
    assert sum("sum 16]" in e.kernel for e in entries) == 1
    assert "block" not in path.read_text()
    again = replace(options, schedule=path, dump_schedule=None)
    assert str(api.lower(TWO_KINDS, "cpu", "buffers", options=again)) == code


def edited(path: Path, **entries: list[int]) -> Path:
    """The dumped schedule with some keys of its matmul replaced."""
    lowered(CompileOptions(threads=1, dump_schedule=path), "buffers")
    known, _ = parse_entries(path.read_text(), "")
    matmul = next(e for e in known if "sum 70" in e.kernel)
    rest = [e for e in known if e is not matmul]
    path.write_text(file_text([*rest, replace(matmul, schedule=matmul.schedule.updated(entries))]))
    return path


@pytest.mark.parametrize(
    "entries",
    [
        {"vector": [4, 32]},
        {"vector": [1, 16]},
        {"vector": [7, 48]},
        {"tile": [12, 64, 0]},
        {"tile": [7, 0, 0]},
        {"tile": [0, 1, 0]},
        {"order": [1, 0, 2]},
        {"pack": []},
    ],
)
def test_an_edited_schedule_changes_the_loops_and_no_result(
    entries: dict[str, list[int]], tmp_path: Path
) -> None:
    path = edited(tmp_path / "s.txt", **entries)
    options = CompileOptions(threads=1)
    if "order" not in entries:  # its rows are the only iterator that there is to order
        assert lowered(replace(options, schedule=path), "loops") != lowered(options, "loops")
    values = np.random.default_rng(0)
    x = values.standard_normal((50, 70), np.float32)
    i = values.standard_normal((1, 8, 9, 9), np.float32)
    found = dlir.compile(MODEL, schedule=path, threads=1)(x, i)
    known = dlir.compile(MODEL, target="ref")(x, i)
    for one, other in zip(found, known, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_the_cache_knows_schedules_apart(tmp_path: Path) -> None:
    path = tmp_path / "s.txt"
    with pytest.raises(CompileError, match="cannot read"):
        dlir.compile(MODEL, schedule=path)
    plain = dlir.compile(MODEL, threads=1)
    edited(path, vector=[2, 16])
    other = dlir.compile(MODEL, schedule=path, threads=1)
    assert str(other.stage("loops")) != str(plain.stage("loops"))
    path.write_text("nonsense")
    with pytest.raises(CompileError, match="no schedule follows this kernel"):
        dlir.compile(MODEL, schedule=path, threads=1)


def test_other_targets_have_no_schedules(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="target 'ref' has no schedules"):
        dlir.compile(MODEL, target="ref", schedule=tmp_path / "s.txt")


def test_a_compilation_looks_into_the_database_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edited(tmp_path / "tuning.txt", vector=[2, 16])
    here = Measured(1e-6, 2e-6, schedules.place(1))
    elsewhere = replace(here, seconds=1e-9, place=schedules.place(2))
    known, _ = parse_entries(path.read_text(), "")
    matmul = next(e for e in known if "sum 70" in e.kernel)
    other = Entry(matmul.kernel, matmul.schedule.updated({"vector": [3, 16]}), elsewhere)
    path.write_text(file_text([replace(matmul, measured=here), other]) + "torn line")
    plain = lowered(CompileOptions(threads=1), "buffers")
    monkeypatch.setenv(schedules.VARIABLE, str(path))
    with collect_diagnostics() as found:
        tuned = lowered(CompileOptions(threads=1), "buffers")
    assert tuned != plain
    assert schedule_text(matmul.schedule) in tuned
    assert [d.message for d in found] == [
        "left out of the database: no schedule follows this kernel"
    ]
    nothing = CompileOptions(threads=1, schedule=Path("/dev/null"))
    assert lowered(nothing, "buffers") == plain
