"""Whole processes: what a user waits for, start of Python and imports included."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from bench.harness import Settings, Timing, time_process
from bench.peers import installed
from bench.program import DLIR, Case, Goal, Row

OPT_GOAL = Goal(0.35)
TEN_LINES = """\
func.func @main(%x: tensor<?x784xf32>, %w: tensor<784x10xf32>, %b: tensor<10xf32>)
    -> tensor<?x10xf32> {
  %product = dl.matmul %x, %w acc f32
      : (tensor<?x784xf32>, tensor<784x10xf32>) -> tensor<?x10xf32>
  %sum = dl.add %product, %b
      : (tensor<?x10xf32>, tensor<10xf32>) -> tensor<?x10xf32>
  %active = dl.relu %sum : tensor<?x10xf32>
  func.return %active : tensor<?x10xf32>
}
"""


def once(engine: str, model: Path, *arguments: str) -> list[str]:
    """The command that runs `bench.once`."""
    return [sys.executable, "-m", "bench.once", str(model), "--engine", engine, *arguments]


def cold_and_warm(
    name: str,
    ours: Sequence[str],
    theirs: Sequence[str],
    settings: Settings,
    goals: dict[str, Goal],
) -> Iterable[Row]:
    """Rows of a process that finds an empty cache and of one that finds the other's.

    `theirs` runs in turns with both; it keeps nothing between processes.
    """
    rows = {kind: Row(f"{name}/{kind}", goal=goals.get(kind)) for kind in ("cold", "warm")}
    peers = {"onnxruntime": theirs} if installed("onnxruntime") else {}
    for row in rows.values():
        row.times = {contestant: Timing() for contestant in (DLIR, *peers)}
    for command in peers.values():
        time_process(Timing(), command)  # reads the files into memory
    for _ in range(settings.process_rounds):
        with tempfile.TemporaryDirectory() as folder:
            for row in rows.values():
                steps = time_process(row.times[DLIR], ours, {"DLIR_CACHE_DIR": folder})
                row.details["steps"] = json.loads(steps)
                for peer, command in peers.items():
                    time_process(row.times[peer], command)
    yield from rows.values()


def _opt(name: str, settings: Settings, passes: Sequence[str] = ()) -> Iterable[Row]:
    row = Row(name, {DLIR: Timing()}, goal=OPT_GOAL)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ten_lines.mlir"
        file.write_text(TEN_LINES)
        line = [str(Path(sys.executable).with_name("dlir-opt")), *passes, str(file)]
        time_process(Timing(), line)
        for _ in range(2 * settings.process_rounds):
            time_process(row.times[DLIR], line)
    yield row


CASES: list[Case] = [
    Case("process/dlir-opt", _opt),
    Case("process/dlir-opt-simplify", partial(_opt, passes=["--dl-simplify"])),
]
