"""Rewrites what the documentation takes from the code: docs/reference, the README's examples.

    python docs/update.py            or `make docs`
    python docs/update.py --check    only says what is out of date; exit code 1 if anything is

In a Markdown file the fenced block after a comment is filled in:

    <!-- output of: dlir-opt examples/layer.mlir -->        what the command prints
    <!-- contents of: examples/layer.mlir -->               a file

Commands run in the repository's root, with the commands of this Python's environment first.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from dlir.doc import reference
from dlir.doc_text import files
from dlir.registry import builtin_registry
from dlir.status import status_page

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md", "CONTRIBUTING.md", "docs/accelerator.md", "docs/element-types.md",
    "docs/fusion.md", "docs/pytorch.md", "docs/roofline.md", "docs/stablehlo.md", "docs/tuning.md",
)  # fmt: skip
REFERENCE = Path("docs/reference")

_BLOCK = re.compile(
    r"(?P<head><!-- (?P<kind>output|contents) of: (?P<what>.*?) -->\n+```\w*\n)"
    r"(?P<body>.*?)(?P<foot>^```$)",
    re.MULTILINE | re.DOTALL,
)


class CommandFailed(Exception):
    """A command of the documentation does not work."""


def filled(page: str, failures: list[CommandFailed] | None = None) -> str:
    """The page with every block filled in.

    A command that fails is added to `failures` and its block stays as it is; without `failures`
    CommandFailed is raised.
    """

    def fill(block: re.Match[str]) -> str:
        try:
            return block["head"] + _body(block["kind"], block["what"]) + block["foot"]
        except CommandFailed as failure:
            if failures is None:
                raise
            failures.append(failure)
            return block[0]

    return _BLOCK.sub(fill, page)


def _body(kind: str, what: str) -> str:
    if kind == "contents":
        return (ROOT / what).read_text(encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(
        ["sh", "-c", what], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandFailed(f"{what}\n{done.stderr}")
    return done.stdout


def expected(failures: list[CommandFailed]) -> dict[Path, str]:
    """Every generated or filled file, relative to the root, and what it must hold."""
    pages = {Path(p): filled((ROOT / p).read_text(encoding="utf-8"), failures) for p in PAGES}
    registry = builtin_registry()
    texts = {**files(reference(registry)), "status.md": status_page(registry)}
    return pages | {REFERENCE / name: text for name, text in texts.items()}


def _current(path: Path) -> str | None:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.is_file() else None


def main() -> int:
    failures: list[CommandFailed] = []
    changed = {path: text for path, text in expected(failures).items() if _current(path) != text}
    for failure in failures:
        print(f"this command of the documentation fails: {failure}", file=sys.stderr)
    check = "--check" in sys.argv[1:]
    for path, text in changed.items():
        print(f"{path}: {'out of date; run `make docs`' if check else 'rewritten'}")
        if not check:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
    return int(bool(failures) or (check and bool(changed)))


if __name__ == "__main__":
    sys.exit(main())
