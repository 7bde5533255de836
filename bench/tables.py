"""Tables of what was measured: a table per number of threads, grouped by family."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.peers import generating
from bench.processes import COLD, MEMORY_PEERS, WARM, seconds
from bench.program import DLIR, Row
from bench.report import duration, error

Values = Mapping[str, Mapping[str, float | None]]
"""By model and engine."""
WIDTH = 240
BEHIND = 0.85
"""A row below this is far behind."""


def show(rows: Mapping[int, Sequence[Row]], console: Console | None = None) -> None:
    """Print the tables; a file or a pipe gets lines as long as they need to be."""
    console = console or Console()
    if not console.is_terminal:
        console.width = WIDTH
    for threads, found in rows.items():
        timed = [row for row in found if row.times]
        console.print()
        console.print(speeds(timed, threads))
        console.print(means(timed, threads))
        for table in process_tables(timed):
            console.print(table)
        for row in found:
            for name, reason in _reasons(row):
                console.print(f"{row.name}: {name}: {reason}", markup=False, highlight=False)


def speeds(rows: Sequence[Row], threads: int) -> Table:
    """Medians of all contestants; how many times faster than the best peer dlir is; its error."""
    peers = list(dict.fromkeys(name for row in rows for name in row.times if name != DLIR))
    table = Table(title=f"threads: {threads}", title_justify="left")
    table.add_column("case", no_wrap=True)
    for name in (DLIR, *peers, "best peer", "best peer / dlir"):
        table.add_column(name, justify="right", no_wrap=name in (DLIR, *peers))
    table.add_column("error", justify="right")
    table.add_column("worst error of a peer", justify="right")
    for family, members in by_family(rows).items():
        for row in members:
            table.add_row(*_cells(row, peers))
        table.add_section()
        mean = geometric_mean(members)
        if mean is not None and len(members) > 1:
            blank = [""] * (len(peers) + 2)
            table.add_row(f"{family}: geometric mean", *blank, f"{mean:.2f}", style="bold")
            table.add_section()
    return table


def _cells(row: Row, peers: Iterable[str]) -> list[str]:
    times = [duration(row.times[n].median) if n in row.times else "" for n in (DLIR, *peers)]
    best, speed = row.best_peer(), row.speed()
    ratio = "" if speed is None else f"{speed:.2f}"
    if speed is not None and speed < BEHIND:
        ratio = f"[red]{ratio}[/red]"
    theirs = [(value, name) for name, value in row.errors.items() if name != DLIR]
    worst = f"{error(max(theirs)[0])} {max(theirs)[1]}" if theirs else ""
    return [row.name, *times, best or "", ratio, error(row.errors.get(DLIR)), worst]


def means(rows: Sequence[Row], threads: int) -> str:
    """The geometric mean over the suite, its least entry, and the rows that are far behind."""
    suite = [row for row in rows if row.suite and row.speed() is not None]
    mean = geometric_mean(suite)
    if mean is None:
        return ""
    least = min(suite, key=lambda row: row.speed() or 0)
    behind = [f"{row.name} {row.speed():.2f}" for row in suite if (row.speed() or 0) < BEHIND]
    return (
        f"suite of {len(suite)}, threads {threads}: geometric mean of best peer / dlir {mean:.3f}, "
        f"least {least.speed():.2f} ({least.name})\n"
        f"below {BEHIND}: {', '.join(behind) or 'none'}"
    )


def process_tables(rows: Sequence[Row]) -> Iterator[Table]:
    """Of compiling, and of memory, where that was measured."""
    compiling = _measured(rows, "compile", seconds)
    title = "from the model's file to the first result, imports of libraries left out"
    if compiling:
        yield _process_table(title, compiling, duration, generating())
    memory = _measured(rows, "memory", lambda printed: printed.get("peak"))
    title = "peak memory of a process that compiles the model and calls it once, imports included"
    if memory:
        yield _process_table(title, memory, lambda peak: f"{peak / 1e6:.0f} MB", MEMORY_PEERS)


def _measured(rows: Sequence[Row], kind: str, value: Callable[[Any], float | None]) -> Values:
    return {
        row.name: {engine: value(printed) for engine, printed in row.details[kind].items()}
        for row in rows
        if kind in row.details
    }


def _process_table(
    title: str,
    values: Values,
    text: Callable[[float], str],
    rivals: Sequence[str],
) -> Table:
    """A row per model; the last columns compare with the least of the rivals."""
    engines = list(dict.fromkeys(engine for some in values.values() for engine in some))
    table = Table(title=f"{title}; rivals: {', '.join(rivals)}", title_justify="left")
    table.add_column("model", no_wrap=True)
    for name in (*engines, f"best rival / {COLD}", f"best rival / {WARM}"):
        table.add_column(name, justify="right")
    for name, some in values.items():
        cells = [text(found) if (found := some.get(e)) is not None else "" for e in engines]
        theirs = [found for rival in rivals if (found := some.get(rival)) is not None]
        ours = [some.get(COLD), some.get(WARM)]
        ratios = [f"{min(theirs) / mine:.2f}" if theirs and mine else "" for mine in ours]
        table.add_row(name, *cells, *ratios)
    return table


def by_family(rows: Iterable[Row]) -> dict[str, list[Row]]:
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row)
    return families


def geometric_mean(rows: Iterable[Row]) -> float | None:
    """Of the best peer's time over dlir's; None where there is no such row."""
    found = [speed for row in rows if (speed := row.speed()) is not None]
    return statistics.geometric_mean(found) if found else None


def _reasons(row: Row) -> Iterable[tuple[str, str]]:
    """Why a row or a cell is empty."""
    if row.failure is not None:
        yield DLIR, row.failure
    if row.skipped is not None:
        yield DLIR, f"skipped: {row.skipped}"
    yield from row.absent.items()
    for kind in ("compile", "memory"):
        for engine, printed in row.details.get(kind, {}).items():
            if "failure" in printed:
                yield f"{engine}, {kind}", printed["failure"]
