"""docs/tutorial/add-an-instruction.md is carried out, word for word, on a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "add-an-instruction.md"
BLOCK = re.compile(
    r"<!-- (?P<kind>edit|file|run)(?:: (?P<name>\S+))? -->\n+```\w+\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
BLOCKS = [(m["kind"], m["name"] or "", m["body"]) for m in BLOCK.finditer(PAGE.read_text("utf-8"))]


def edit(file: Path, diff: str) -> None:
    """Replace the lines marked ` ` and `-`, which are there once, by those with ` ` and `+`."""
    lines = diff.splitlines()
    old = "\n".join(line[1:] for line in lines if line[:1] != "+")
    new = "\n".join(line[1:] for line in lines if line[:1] != "-")
    text = file.read_text("utf-8")
    assert text.count(f"\n{old}\n") == 1, f"{file.name}: these lines are not there once:\n{old}"
    file.write_text(text.replace(f"\n{old}\n", f"\n{new}\n"), "utf-8")


def session(commands: list[str], folder: Path) -> str:
    """Commands and what they print, as a page shows them."""
    scripts = folder / "bin"
    path = os.pathsep.join([str(scripts), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder), "NO_COLOR": "1"}
    shown = ""
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        shown += f"$ {command}\n{done.stdout}"
    return shown


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package, and of its commands, which use that copy."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "dlir", tmp_path / "dlir", ignore=ignored)
    shutil.copytree(ROOT / "tools", tmp_path / "dlir" / "tools", ignore=ignored)
    (tmp_path / "bin").mkdir()
    for name in ("translate", "doc"):
        command = tmp_path / "bin" / f"dlir-{name}"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dlir.tools.{name} "$@"\n')
        command.chmod(0o755)
    return tmp_path


def test_the_page_has_all_kinds_of_blocks() -> None:
    assert {kind for kind, _, _ in BLOCKS} == {"edit", "file", "run"}
    assert len(BLOCKS) == PAGE.read_text("utf-8").count("\n```") // 2


def test_every_step_works(copy: Path) -> None:
    for kind, name, body in BLOCKS:
        if kind == "edit":
            edit(copy / name, body)
        elif kind == "file":
            (copy / name).write_text(body, "utf-8")
        else:
            commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
            assert session(commands, copy) == body


def test_the_steps_are_needed(copy: Path) -> None:
    """Without them, the program is refused: the copy is what is tested, and it is no other."""
    (text,) = (body for kind, name, body in BLOCKS if (kind, name) == ("file", "clip.isa"))
    (copy / "clip.isa").write_text(text, "utf-8")
    shown = session(["dlir-translate --from isa-text --to isa-binary clip.isa -o clip.dlx"], copy)
    assert "a cost is given for 'clip', no function" in shown
    where = session(["python -c 'import dlir; print(dlir.__file__)'"], copy)
    assert str(copy) in where
