"""Schedules as a text file: one entry per kernel, which people read, edit, compare and merge.

    // anything behind two slashes is a comment
    contraction [32, 512, sum 784] f32(d0, d2), weight f32(d2, d1) -> f32(d0, d1)
        <kernel = contraction, vector = [6, 64], pack = [1], threads = [0]>

A line that begins at the margin names a kernel (see `kernels.kernel_name`); its schedule stands
indented below it. A third line says where an entry was measured, and that it is for there only:

        12.3 us (15.0 us before) with 2 threads on x86_64 znver4 512-bit by dlir 0.1.0

Entries stand alone, so that files are merged by writing one behind the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import StringIO

from xdsl.context import Context
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import ParseError, VerifyException

from dlir.diagnostics import Diagnostic, Severity, diagnose, file_location, remember_source
from dlir.dialects.structured.attrs import ScheduleAttr

INDENT = "    "
_MEASURED = re.compile(
    r"(?P<us>[0-9.e+-]+) us \((?P<before>[0-9.e+-]+) us before\) with (?P<threads>\d+) threads? "
    r"on (?P<machine>.+) by dlir (?P<version>\S+)"
)


@dataclass(frozen=True, order=True)
class Place:
    """Where times hold: on which machine, with how many threads, of code by which dlir."""

    machine: str
    threads: int
    version: str


@dataclass(frozen=True)
class Measured:
    """What a schedule was found to take, and what the compiler's own took beside it."""

    seconds: float
    before: float
    place: Place

    def __str__(self) -> str:
        place = self.place
        team = f"{place.threads} thread{'s' if place.threads != 1 else ''}"
        times = f"{self.seconds * 1e6:.4g} us ({self.before * 1e6:.4g} us before)"
        return f"{times} with {team} on {place.machine} by dlir {place.version}"


@dataclass(frozen=True)
class Entry:
    """A kernel and its schedule; `measured` restricts it to the place where it was measured."""

    kernel: str
    schedule: ScheduleAttr
    measured: Measured | None = None
    file: str = ""
    line: int = 0
    """Of the schedule."""

    def __str__(self) -> str:
        lines = [self.kernel, INDENT + schedule_text(self.schedule)]
        return "\n".join([*lines, *([f"{INDENT}{self.measured}"] if self.measured else [])])


def schedule_text(schedule: ScheduleAttr) -> str:
    """`<kernel = contraction, vector = [6, 64]>`"""
    stream = StringIO()
    schedule.print_parameters(Printer(stream))
    return stream.getvalue()


def file_text(entries: Iterable[Entry], head: str = "") -> str:
    """The file: comment lines, then the entries in the order of their kernels' names."""
    comments = "".join(f"// {line}\n" for line in head.splitlines())
    return comments + "".join(sorted(f"{entry}\n" for entry in entries))


def parse_entries(text: str, file: str) -> tuple[list[Entry], list[Diagnostic]]:
    """The entries of a file, and what is wrong with the lines that are none."""
    remember_source(file, text)
    reader = _Reader(file)
    for number, line in enumerate(text.splitlines(), 1):
        reader.read(number, line)
    reader.end()
    return reader.entries, reader.problems


class _Reader:
    """Reads line by line; after a bad line it goes on with the next kernel."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.entries: list[Entry] = []
        self.problems: list[Diagnostic] = []
        self.kernel: str | None = None
        self.line = 0
        self.entry: Entry | None = None

    def read(self, number: int, line: str) -> None:
        content = line.strip()
        if not content or content.startswith("//"):
            return
        if line[0] not in " \t":
            self.end()
            self.kernel, self.line = content, number
        elif content.startswith("<"):
            self._schedule(number, line, content)
        else:
            self._measured(number, line, content)

    def end(self) -> None:
        """What belongs to a kernel's name is complete."""
        if self.entry is not None:
            self.entries.append(self.entry)
        elif self.kernel is not None:
            self._problem(self.line, 1, "no schedule follows this kernel")
        self.kernel = self.entry = None

    def _schedule(self, number: int, line: str, content: str) -> None:
        column = line.index("<") + 1
        if self.kernel is None or self.entry is not None:
            self._problem(number, column, "a schedule stands below the name of its kernel")
            return
        parser = Parser(Context(), content)
        try:
            schedule = ScheduleAttr.new(ScheduleAttr.parse_parameters(parser))
            if rest := content[parser.pos :].strip():
                parser.raise_error(f"'{rest}' behind the schedule")
        except ParseError as error:
            self._bad(number, column + error.span.start, error.msg.strip())
        except VerifyException as error:
            self._bad(number, column, str(error))
        else:
            self.entry = Entry(self.kernel, schedule, file=self.file, line=number)

    def _measured(self, number: int, line: str, content: str) -> None:
        column = len(line) - len(line.lstrip()) + 1
        match = _MEASURED.fullmatch(content)
        if self.entry is None or match is None or self.entry.measured is not None:
            self._bad(number, column, "this is neither a schedule nor where it was measured")
            return
        try:
            times = [float(match[name]) / 1e6 for name in ("us", "before")]
        except ValueError:
            self._bad(number, column, "a time is a number of microseconds")
            return
        place = Place(match["machine"], int(match["threads"]), match["version"])
        self.entry = replace(self.entry, measured=Measured(times[0], times[1], place))

    def _bad(self, number: int, column: int, message: str) -> None:
        """A line that makes its whole entry void."""
        self._problem(number, column, message)
        self.kernel = self.entry = None

    def _problem(self, line: int, column: int, message: str) -> None:
        where = file_location(self.file, line, column)
        self.problems.append(diagnose(Severity.ERROR, where, message))


# --- which entry counts ---------------------------------------------------------------------------


def chosen(entries: Iterable[Entry], here: Place | None) -> dict[str, Entry]:
    """The entry that counts for each kernel: one for every place, else the fastest for `here`.

    The order of entries does not matter, but that of two for every place the first counts.
    """
    found: dict[str, Entry] = {}
    for entry in sorted(entries, key=_rank):
        if entry.measured is None or entry.measured.place == here:
            found.setdefault(entry.kernel, entry)
    return found


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """One entry per kernel and place: of several the one that `chosen` takes."""
    found: dict[tuple[str, Place | None], Entry] = {}
    for entry in sorted(entries, key=_rank):
        found.setdefault((entry.kernel, entry.measured and entry.measured.place), entry)
    return list(found.values())


def _rank(entry: Entry) -> tuple[float, str]:
    """What was written by a person first, then by time."""
    if entry.measured is None:
        return -1.0, ""
    return entry.measured.seconds, schedule_text(entry.schedule)
