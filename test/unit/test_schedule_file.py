"""Schedule files: read, written, merged; what is wrong with one is said with its line."""

from pathlib import Path

import pytest
from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import CompileError, collect_diagnostics, place_of
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.schedule_file import (
    Entry,
    Measured,
    Place,
    chosen,
    file_text,
    merged,
    parse_entries,
    schedule_text,
)
from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.transforms.apply_schedule import ApplySchedule

HERE, THERE = Place("a cpu, 512-bit", 2, "1.0"), Place("another", 1, "1.0")


def schedule(*vector: int) -> ScheduleAttr:
    return ScheduleAttr.get({"kernel": "contraction", "vector": vector})


def measured(seconds: float, place: Place = HERE) -> Measured:
    return Measured(seconds, 2e-5, place)


def test_what_is_written_is_read_back() -> None:
    entries = [
        Entry("map [?] f32(d0) -> f32(d0)", ScheduleAttr.get({})),
        Entry("contraction [1]", schedule(6, 64)),
        Entry("contraction [1]", schedule(4, 32), measured(1.5e-5)),
        Entry("contraction [1]", schedule(8, 32), measured(1e-3, THERE)),
    ]
    text = file_text(entries, "a comment\nof two lines")
    read, problems = parse_entries(text, "s.txt")
    assert not problems
    assert file_text(read, "a comment\nof two lines") == text
    assert {str(entry) for entry in read} == {str(entry) for entry in entries}


def test_files_are_merged_by_writing_one_behind_the_other_in_any_order() -> None:
    one = file_text([Entry("k", schedule(4, 32), measured(1e-5)), Entry("m", schedule(1, 16))])
    two = file_text([Entry("k", schedule(6, 64), measured(9e-6)), Entry("n", schedule(2, 16))])
    both = [merged(parse_entries(text, "")[0]) for text in (one + two, two + one)]
    assert file_text(both[0]) == file_text(both[1])
    assert schedule_text(chosen(both[0], HERE)["k"].schedule) == schedule_text(schedule(6, 64))
    assert set(chosen(both[0], THERE)) == {"m", "n"}


def test_what_a_person_wrote_goes_before_what_was_measured() -> None:
    by_hand = Entry("k", schedule(1, 16))
    entries = [Entry("k", schedule(6, 64), measured(1e-9)), by_hand]
    assert chosen(entries, HERE) == {"k": by_hand}


BAD_LINES = {
    "k\n": (1, "no schedule follows this kernel"),
    "k\nl\n    <>\n": (1, "no schedule follows this kernel"),
    "    <>\n": (1, "a schedule stands below the name of its kernel"),
    "k\n    <tiles = [1]>\n": (2, "schedule has no key 'tiles'"),
    "k\n    <tile = [-1]>\n": (2, "takes no negative integers"),
    "k\n    <tile = [1], tile = [1]>\n": (2, "'tile' is given twice"),
    "k\n    <tile = [1\n": (2, "Expected"),
    "k\n    <kernel = [1]>\n": (2, "takes a word"),
    "k\n    <> x\n": (2, "'x' behind the schedule"),
    "k\n    <>\n    <>\n": (3, "a schedule stands below"),
    "k\n    <>\n    12 us\n": (3, "neither a schedule nor where it was measured"),
    "k\n    <>\n    1e us (2 us before) with 1 thread on m by dlir 1\n": (3, "a time is a number"),
    "k\n    \x00\x7f\n": (2, "neither a schedule"),
}


@pytest.mark.parametrize("text", BAD_LINES)
def test_a_bad_line_is_named_and_what_follows_is_read(text: str) -> None:
    entries, problems = parse_entries(text + "good\n    <threads = [0]>\n", "s.txt")
    line, message = BAD_LINES[text]
    assert any(message in p.message for p in problems), problems
    place = place_of(problems[0].location)
    assert place is not None and (place.file, place.line) == ("s.txt", line)
    assert entries[-1].kernel == "good"


# --- apply-schedule -------------------------------------------------------------------------------

KERNEL = "contraction [4, 16, sum 8] f32(d0, d2), f32(d1, d2) -> f32(d0, d1)"
TEXT = """
func.func @f(%x: tensor<4x8xf32>, %y: tensor<16x8xf32>, %o: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (n, k), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %y : tensor<4x8xf32>, tensor<16x8xf32>) outs(%o : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<4x16xf32>
  func.return %r : tensor<4x16xf32>
}"""

MISFITS = {
    "kernel = fast": "there is no kernel 'fast'",
    "kernel = contraction": "needs pack = [1]",
    "kernel = contraction, pack = [1]": "a contraction needs a register tile",
    "kernel = contraction, pack = [0], vector = [1, 16]": "packs its right side alone",
    "kernel = contraction, pack = [1], vector = [0, 16]": "sizes of at least 1",
    "kernel = contraction, pack = [1], vector = [1024, 1024]": "4096 elements at most",
    "vector = [1, 16]": "'vector' is for contractions",
    "kernel = vector, vector = [1, 16], parts = [2]": "'parts' is for kernel = contraction",
    "kernel = contraction, pack = [1], vector = [1, 16], parts = [0]": "'parts' is one number",
    "tile = [2, 2]": "one size per iterator, which are 3; got 2",
    "tile = [2, 2, 2]": "'tile' is 0 for iterators of a sum, but for one of known extent",
    "order = [0, 0, 1]": "names each of the iterators 0 to 2 once",
    "pack = [7]": "there is no input 7",
    "threads = [2]": "'threads' takes one parallel iterator (0, 1)",
    "kernel = contraction, pack = [1], vector = [1, 16], block = [0]": "at least [1]",
    "block = [4]": "'block' takes the rows of scores that a contraction makes",
    "home = spm": "'home' is for accelerators",
    "rows = [0, 0]": "'rows' joins ops of one module",
}


def applied(path: Path, text: str, **options: bool) -> ModuleOp:
    path.write_text(text)
    registry = default_registry()
    module = parse_module(TEXT, registry.context())
    passes = [ApplySchedule(str(path), **options)]
    PassManager(passes, registry=registry).run(registry.context(), module)
    return module


@pytest.mark.parametrize("entry", MISFITS)
def test_an_entry_that_contradicts_its_op_is_an_error_with_both_places(
    entry: str, tmp_path: Path
) -> None:
    with pytest.raises(CompileError) as raised:
        applied(tmp_path / "s.txt", f"{KERNEL}\n    <{entry}>\n")
    problem = raised.value.diagnostics[0]
    assert MISFITS[entry] in problem.message
    place = place_of(problem.location)
    assert place is not None and place.line == 2 and place.file.endswith("s.txt")
    assert KERNEL in problem.notes[0].message


def test_two_entries_for_a_kernel_are_an_error_in_a_schedule(tmp_path: Path) -> None:
    text = f"{KERNEL}\n    <threads = [0]>\n{KERNEL}\n    <threads = [1]>\n"
    with pytest.raises(CompileError, match="has a schedule in line 2 already"):
        applied(tmp_path / "s.txt", text)


def test_an_entry_without_an_op_is_a_warning(tmp_path: Path) -> None:
    with collect_diagnostics() as found:
        applied(tmp_path / "s.txt", "map [8]\n    <threads = [0]>\n")
    assert [d.message for d in found] == ["no op is this kernel: map [8]"]


def test_what_is_wrong_with_a_database_costs_one_warning(tmp_path: Path) -> None:
    text = f"map [8]\n    <threads = [0]>\nbad\nworse\n    <\n{KERNEL}\n    <pack = [9]>\n"
    with collect_diagnostics() as found:
        module = applied(tmp_path / "s.txt", text, database=True)
    assert len(found) == 1 and "(and 2 more)" in found[0].message
    assert "schedule" not in str(module)
