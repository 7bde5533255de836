"""What tuning brought, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlir.dialects.structured.schedule_file import Entry, schedule_text
from dlir.targets.cpu.tune.search import Finding
from dlir.targets.cpu.tune.subjects import Subject

HEAD = ("before us", "after us", "times", "calls", "kernel")
LONGEST = 100


def table(
    subjects: Sequence[Subject], entries: Mapping[str, Entry], found: Sequence[Finding]
) -> str:
    """A line per kernel whose time is known, what is saved most first; then the sums."""
    rows: list[tuple[float, list[str], str]] = []
    before = after = 0.0
    for subject in subjects:
        entry = entries.get(subject.kernel)
        if entry is None or entry.measured is None:
            continue
        times, count = entry.measured, subject.count
        before, after = before + count * times.before, after + count * times.seconds
        numbers = [f"{1e6 * t:.1f}" for t in (times.before, times.seconds)]
        row = [*numbers, f"{times.before / times.seconds:.2f}", str(count), _short(subject.kernel)]
        changed = schedule_text(entry.schedule) if times.before > times.seconds else ""
        rows.append((count * (times.before - times.seconds), row, changed))
    rows.sort(key=lambda row: -row[0])
    lines = _columns([list(HEAD), *(row for _, row, _ in rows)])
    notes = ["", *(note for _, _, note in rows)]
    text = [f"{line}\n{'':{_indent(lines[0])}}{n}" if n else line
            for line, n in zip(lines, notes, strict=True)]  # fmt: skip
    return "\n".join([*(text if rows else []), _lead(subjects, found, before, after)])


def _lead(
    subjects: Sequence[Subject], found: Sequence[Finding], before: float, after: float
) -> str:
    tried = sum(f.tried for f in found)
    times = f"; {1e6 * before:.1f} us before, {1e6 * after:.1f} us after" if after else ""
    return f"{len(subjects)} kernels, {len(found)} tuned now with {tried} measurements{times}"


def _short(kernel: str) -> str:
    return kernel if len(kernel) <= LONGEST else kernel[: LONGEST - 3] + "..."


def _indent(head: str) -> int:
    return head.index(HEAD[-1])


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD) - 1)]
    return [
        "  ".join([*(c.rjust(w) for c, w in zip(row[:-1], widths, strict=True)), row[-1]])
        for row in rows
    ]
