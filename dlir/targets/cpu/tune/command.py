"""What `dlir-tune` does with its arguments."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import fail, warn
from dlir.dialects.structured.schedule_file import Entry, file_text
from dlir.executable import CompileOptions, Progress
from dlir.files import write_text
from dlir.signature import entry_function
from dlir.targets.cpu import schedules
from dlir.targets.cpu.target import TARGET, threads_of
from dlir.targets.cpu.tune.database import Database, merge
from dlir.targets.cpu.tune.measure import read_schedule
from dlir.targets.cpu.tune.search import Finding, Search, usual_schedule
from dlir.targets.cpu.tune.subjects import Subject, subjects_of, work_of
from dlir.targets.cpu.tune.table import table
from dlir.workers import Workers, run_all, workers_for


@dataclass(frozen=True)
class Request:
    """The arguments of the command; `run` does what they ask for."""

    options: CompileOptions
    output: str | None = None
    """Receives the schedule of the whole model."""
    database: str | None = None
    """Where results are kept; default: where compiling looks for them."""
    kernels: str | None = None
    """A pattern for names of kernels, or a part of them."""
    budget: float | None = None
    """Seconds for all."""
    timeout: float = 30.0
    """Seconds for one candidate."""
    again: bool = False
    """Tune what is known, too."""
    jobs: int | None = None
    dask: str | None = None

    def run(self, module: ModuleOp, progress: Progress | None = None) -> str:
        """Tune, keep what is found, and give the table. Raises CompileError."""
        entry_function(module, self.options.function)
        lowered = TARGET.lower(module.clone(), {}, self.options, "dl", "structured")
        assert isinstance(lowered, ModuleOp)
        subjects = self._wanted(subjects_of(lowered))
        threads = threads_of(self.options)
        path = Path(self.database) if self.database else schedules.database()
        database = Database(path)
        known = database.known(schedules.place(threads))
        missing = [s for s in subjects if self.again or s.kernel not in known]
        found = self._search(missing, threads, database, progress)
        entries = {s.kernel: known[s.kernel] for s in subjects if s.kernel in known}
        entries |= {f.kernel: entry for f in found if (entry := entry_of(f)) is not None}
        if self.output is not None:
            write_text(self.output, _schedule(subjects_of(lowered), entries, threads))
        _warn_of_failures(found)
        return table(subjects, entries, found)

    def _wanted(self, subjects: list[Subject]) -> list[Subject]:
        """The kernels that match the pattern, those with the most work first."""
        pattern = self.kernels or "*"
        pattern = pattern if any(c in pattern for c in "*?") else f"*{pattern}*"
        wanted = [s for s in subjects if fnmatchcase(s.kernel, pattern.replace("[", "[[]"))]
        if not wanted:
            names = "\n".join(s.kernel for s in subjects) or "none that is computed in a call"
            fail(None, f"no kernel matches '{self.kernels or '*'}'", help=f"there are:\n{names}")
        return sorted(wanted, key=work_of, reverse=True)

    def _search(
        self,
        subjects: Sequence[Subject],
        threads: int,
        database: Database,
        progress: Progress | None,
    ) -> list[Finding]:
        end = float("inf") if self.budget is None else time.time() + self.budget
        found: list[Finding] = []

        def searches() -> Iterator[Search]:
            for subject in subjects:
                if time.time() >= end:
                    return
                yield Search(subject, threads, end, self.timeout)

        try:
            for search, answer in run_all(searches(), self._workers()):
                died = Finding(search.subject.kernel, problem="its worker process died twice")
                found.append(answer or died)
                if (entry := entry_of(found[-1])) is not None:
                    database.add([entry])
                if progress is not None:
                    progress("tuning", len(found), len(subjects))
        except KeyboardInterrupt:
            fail(None, f"interrupted after {len(found)} of {len(subjects)} kernels",
                 help="what was found is kept, and the same command goes on")  # fmt: skip
        if len(found) < len(subjects):
            warn(None, f"{len(subjects) - len(found)} kernels were not reached within the budget")
        return found

    def _workers(self) -> Workers:
        """One at a time on this machine, unless more are asked for: they slow each other down."""
        is_here = self.dask in (None, "local")
        return workers_for(1 if is_here and self.jobs is None else self.jobs, self.dask)


@dataclass(frozen=True)
class MergeRequest:
    """`dlir-tune --merge`: several files become one."""

    inputs: Sequence[str]
    output: str

    def run(self) -> str:
        """Write it. Raises CompileError."""
        return f"{merge(self.inputs, self.output)} entries in {self.output}"


def entry_of(found: Finding) -> Entry | None:
    """What to keep of a finding."""
    if found.measured is None:
        return None
    return Entry(found.kernel, read_schedule(found.schedule), found.measured)


def _schedule(subjects: Sequence[Subject], entries: dict[str, Entry], threads: int) -> str:
    """The schedule of a model: what was found, and for other kernels the compiler's own."""
    place = schedules.place(threads)
    head = f"A schedule, tuned with {threads} thread(s) on {place.machine}; see docs/tuning.md."

    def schedule(subject: Subject) -> Entry:
        if (entry := entries.get(subject.kernel)) is not None:
            return Entry(entry.kernel, entry.schedule)
        return Entry(subject.kernel, usual_schedule(subject.text, threads))

    return file_text(map(schedule, subjects), head)


def _warn_of_failures(found: Sequence[Finding]) -> None:
    """One warning for kernels without an answer, one for candidates that were lost."""
    failed = [f for f in found if f.problem]
    if failed:
        warn(None, f"{len(failed)} kernels could not be tuned, such as {failed[0].kernel}: "
             f"{failed[0].problem}")  # fmt: skip
    lost = [reason for f in found for reason in f.lost]
    if lost:
        warn(None, f"{len(lost)} candidates were left out, such as {lost[0]}")
