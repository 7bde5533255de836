"""What a test file says: its RUN lines, its RUN-VALUE lines and its check lines."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_DIRECTIVE = re.compile(
    r"(?:^|[^\w-])(?P<keyword>RUN|RUN-VALUE)(?P<targets>\[[\w, -]*\])?:(?P<text>.*)$"
)
_PREFIX_OPTION = re.compile(r"--?check-prefix(?:es)?(?:=|\s+)(?P<names>[\w,-]+)")


@dataclass(frozen=True)
class Line:
    """One directive: the number of its first line (from 1), its text with continuations joined."""

    number: int
    text: str


@dataclass(frozen=True)
class Script:
    """A test file, read once."""

    path: Path
    text: str

    @cached_property
    def runs(self) -> tuple[Line, ...]:
        """The `RUN:` lines; a line that ends in a backslash continues in the next RUN line."""
        return tuple(_directives(self.text, "RUN"))

    @cached_property
    def values(self) -> tuple[Line, ...]:
        """The `RUN-VALUE:` lines."""
        return tuple(_directives(self.text, "RUN-VALUE"))

    @cached_property
    def read_prefixes(self) -> frozenset[str]:
        """The check prefixes that some RUN line's filecheck reads in this very file."""
        found: set[str] = set()
        for run in self.runs:
            for command in run.text.split("|"):
                if "filecheck" in command and "%s" in command:
                    names = [m["names"] for m in _PREFIX_OPTION.finditer(command)]
                    found.update(",".join(names).split(",") if names else ["CHECK"])
        return frozenset(found)

    def substitute(self, text: str, temporary: Path) -> str:
        """Replace `%s` (this file), `%S`, `%p` (its folder), `%t` (a scratch file), `%T`, `%%`."""
        table = {
            "s": str(self.path),
            "S": str(self.path.parent),
            "p": str(self.path.parent),
            "t": str(temporary),
            "T": str(temporary.parent),
        }
        quoted = {letter: shlex.quote(value) for letter, value in table.items()}
        return re.sub(r"%([sSptT%])", lambda m: quoted.get(m[1], "%"), text)


def read_script(path: Path) -> Script:
    return Script(path, path.read_text(encoding="utf-8"))


def _directives(text: str, keyword: str) -> Iterator[Line]:
    pending: Line | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        match = _DIRECTIVE.search(line)
        if match is None or match["keyword"] != keyword:
            continue
        part = f"{match['targets'] or ''} {match['text'].strip()}".strip()
        if pending is not None:
            number, part = pending.number, f"{pending.text} {part}"
        if part.endswith("\\"):
            pending = Line(number, part[:-1].rstrip())
            continue
        pending = None
        yield Line(number, part)
    if pending is not None:
        yield pending
