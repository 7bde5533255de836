"""The documentation is executed: its commands print what it shows, its reference is fresh."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
UPDATE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "update.py"))


@pytest.mark.parametrize("page", UPDATE["PAGES"])
def test_commands_print_what_the_page_shows(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert UPDATE["filled"](text) == text, "run `make docs`"


def test_reference_is_fresh() -> None:
    pages = UPDATE["files"](UPDATE["reference"](UPDATE["builtin_registry"]()))
    folder = ROOT / UPDATE["REFERENCE"]
    stale = [
        name
        for name, text in pages.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def test_reference_has_no_leftovers() -> None:
    pages = UPDATE["files"](UPDATE["reference"](UPDATE["builtin_registry"]()))
    there = {path.name for path in (ROOT / UPDATE["REFERENCE"]).glob("*.md")}
    assert there == {*pages, "status.md"}


@pytest.mark.parametrize("page", [*UPDATE["PAGES"], "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text("utf-8"), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    folder = (ROOT / page).parent
    dead = [link for link in links if "://" not in link and not (folder / link).exists()]
    assert not dead


@pytest.mark.parametrize("page", UPDATE["PAGES"])
def test_make_targets_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z-]+)\b(?= |`|$)", text, flags=re.M)):
        assert re.search(rf"^{target}:", makefile, flags=re.M), f"make {target}"
