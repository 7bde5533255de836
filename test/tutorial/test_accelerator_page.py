"""docs/accelerator.md says what the code does: its tables, its program, the tests it names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from dlir.dialects.isa.fields import ISA, SEQUENCER
from dlir.targets.accel.assembler import assemble
from dlir.targets.accel.description import NODES, load_machine, preset_names
from dlir.targets.accel.pipeline import PHASES, phase_text
from dlir.targets.accel.simulator.functional import run
from dlir.targets.accel.verifier import verify_program

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "accelerator.md").read_text("utf-8")


def rows(first: str) -> dict[str, list[str]]:
    """The table whose first column is headed so: first cell -> the other cells."""
    block = re.search(rf"^\| {first} \|.*\n\| ---.*\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert block is not None, first
    cells = [[c.strip() for c in line.strip("|\n").split("|")] for line in block[1].splitlines()]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_presets() -> None:
    table = rows("preset")
    assert list(table) == preset_names()
    for name, cells in table.items():
        m = load_machine(name)
        tops = 2 * m.peak_macs_per_cycle("i8") * m.clock_mhz / 1e6
        sizes = (m.spm.bytes >> 10, m.acc.rows, m.wbuf.bytes >> 10)
        shape = f"{m.array.rows}x{m.array.cols}"
        numbers = (m.clock_mhz, *sizes, m.dma.bytes_per_cycle, m.dma.latency, m.vector.lanes)
        assert cells[0] == shape
        assert [float(c) for c in cells[1:8]] == list(numbers)
        assert float(cells[8]) == pytest.approx(tops, rel=1e-4)
        assert int(cells[9]) == m.net.chips


def test_passes_in_order() -> None:
    block = TEXT[TEXT.index("| pass | level |") : TEXT.index("**Layouts.**")]
    told = re.findall(r"^\| `([\w-]+)` \| (?:`(\w+)`)?", block, re.MULTILINE)
    phases = {
        level: [
            re.split(r"[{]", name)[0]
            for name in re.split(r",(?![^{]*})", phase_text(level, "gemmini", integerize=True))
        ]
        for level in PHASES
    }
    assert [name for name, _ in told] == [name for passes in phases.values() for name in passes]
    assert [(name, level) for name, level in told if level] == [
        (passes[0], level) for level, passes in phases.items()
    ]


def test_the_picture_is_there() -> None:
    (path,) = re.findall(r"!\[.*?\]\((.*?)\)", TEXT)
    assert 0 < (ROOT / "docs" / path).stat().st_size < 300_000


def test_prices() -> None:
    table = rows("price")
    for node, column in (("45nm", 0), ("7nm", 1)):
        assert {name: float(cells[column]) for name, cells in table.items()} == NODES[node]


def test_every_instruction_is_in_its_stream() -> None:
    table = {name: re.findall(r"`(\w+)`", cells[1]) for name, cells in rows("stream").items()}
    assert tuple(table.pop("all")) == SEQUENCER
    assert set(table) == set(ISA.streams)
    for name, one in ISA.instructions.items():
        if name not in SEQUENCER:
            assert name in table[one.streams[0]]


def test_the_program_runs() -> None:
    (text,) = re.findall(r"^```text\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    program = assemble(text)
    verify_program(program)
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-9, 10, (16, 16)).astype(np.int8) for _ in range(2))
    y = run(program, {"x": x, "w": w})["y"].view(np.int8).reshape(16, 16)
    np.testing.assert_array_equal(y, np.clip(x.astype(int) @ w.astype(int), 0, 127))


def test_fifteen_points() -> None:
    (table,) = re.findall(r"(?:^\| \d+ \|.*\n)+", TEXT, re.MULTILINE)
    assert [int(n) for n in re.findall(r"^\| (\d+) ", table, re.MULTILINE)] == [*range(1, 16)]
    source = (ROOT / "test" / "targets" / "accel").glob("test_*.py")
    tests = "\n".join(path.read_text("utf-8") for path in source)
    for point in range(1, 16):
        assert f"def test_{point}_" in tests, point


def test_tests_that_are_named_exist() -> None:
    source = (ROOT / "test" / "targets" / "accel").glob("test_*.py")
    tests = "\n".join(path.read_text("utf-8") for path in source)
    named = re.findall(r"`(test_\w+)`", TEXT)
    assert len(named) >= 10
    assert not [name for name in named if f"def {name}(" not in tests]


def test_links_and_paths_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith("#")]
    assert not [link for link in links if not (ROOT / "docs" / link).exists()]
    paths = re.findall(r"`((?:dlir|test|docs)/[\w./-]+)`", TEXT)
    assert not [path for path in paths if not (ROOT / path).exists()]
    anchors = {
        "#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\((#[^)]+)\)", TEXT)) == anchors
