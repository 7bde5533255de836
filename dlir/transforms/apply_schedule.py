"""`apply-schedule`: give ops the schedules that a file has for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.diagnostics import (
    CompileError,
    Diagnostic,
    Severity,
    diagnose,
    file_location,
    note,
    warn,
)
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.kernels import kernels_of
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.schedule_checks import misfit
from dlir.dialects.structured.schedule_file import Entry, Place, chosen, parse_entries
from dlir.files import read_text


@dataclass(frozen=True)
class ApplySchedule(ModulePass):
    """Set the `schedule` of every op that a schedule file has an entry for; see docs/tuning.md.

    `file` is what `dump-schedule`, `dlir-tune` or a person wrote. Entries that were measured are
    for one `machine`, number of `threads` and `version` of dlir; elsewhere they do not count. An
    entry that is malformed, does not fit its op, or stands there twice is an error; one without an
    op is a warning. A schedule that an op has already stays. For one thread (`threads=1`) the
    entries' `threads` are left out.

    With `database`, the file is knowledge about many models: entries without an op are normal, and
    what is wrong with the file costs one warning and is left out. A database may be missing.

    Before:
    ```mlir
    structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], ...}
        ins(%x, %w : tensor<32x784xf32>, tensor<784x512xf32>) ...
    ```
    After:
    ```mlir
    structured.generic {...,
        schedule = #structured.schedule<kernel = contraction, vector = [4, 32], pack = [1]>} ...
    ```
    """

    name = "apply-schedule"

    file: str = ""
    database: bool = False
    machine: str = ""
    threads: int = 0
    version: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if not self.file or (self.database and not Path(self.file).is_file()):
            return
        entries, problems = parse_entries(read_text(self.file), self.file)
        here = Place(self.machine, self.threads, self.version)
        known = chosen(entries, here)
        if not self.database:
            problems += _repeated(entries, known)
            if problems:
                raise CompileError(problems)
        used, misfits = _give(op, known, () if self.threads != 1 else ("threads",))
        if self.database:
            _leave_out([*problems, *misfits])
            return
        if misfits:
            raise CompileError(misfits)
        _warn_of_unused(entries, used, here)


def _give(
    module: ModuleOp, known: dict[str, Entry], without: Sequence[str]
) -> tuple[set[str], list[Diagnostic]]:
    """Set schedules: the kernels that were found, and what was wrong with their entries."""
    used: set[str] = set()
    wrong: dict[str, Diagnostic] = {}
    for name, inner in kernels_of(module) if known else ():
        entry = known.get(name)
        if entry is None:
            continue
        used.add(name)
        if inner.schedule is not None:
            continue
        problem = misfit(inner, entry.schedule)
        if problem is None:
            inner.schedule = entry.schedule.without(*without) or ScheduleAttr.get({})
        elif name not in wrong:
            wrong[name] = _error(entry, problem, inner)
    return used, list(wrong.values())


def _error(entry: Entry, message: str, op: GenericOp | None = None) -> Diagnostic:
    notes = [note(op, f"for this op: {entry.kernel}")] if op is not None else []
    where = file_location(entry.file, entry.line, 5)
    return diagnose(Severity.ERROR, where, message, notes=notes)


def _repeated(entries: list[Entry], known: dict[str, Entry]) -> list[Diagnostic]:
    """Errors for entries for every place of which there are two."""
    return [
        _error(entry, f"this kernel has a schedule in line {known[entry.kernel].line} already")
        for entry in entries
        if entry.measured is None and known[entry.kernel] is not entry
    ]


def _warn_of_unused(entries: list[Entry], used: set[str], here: Place) -> None:
    for entry in entries:
        where = file_location(entry.file, entry.line, 0)
        if entry.measured is None and entry.kernel not in used:
            warn(where, f"no op is this kernel: {entry.kernel}")
    elsewhere = [e for e in entries if e.measured is not None and e.measured.place != here]
    if elsewhere:
        first = elsewhere[0]
        warn(
            file_location(first.file, first.line, 0),
            f"{len(elsewhere)} entries do not count here, such as this: {first.measured}",
            help="remove the line that says where it was measured, and it counts everywhere",
        )


def _leave_out(problems: list[Diagnostic]) -> None:
    """One warning, however much is wrong with a database."""
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        warn(first.location, f"left out of the database: {first.message}{more}")
