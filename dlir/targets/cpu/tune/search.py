"""One kernel: from the compiler's own schedule to the best that was found within the time.

Key by key (`space.AXES`), each candidate is measured in turns with the best so far, and takes its
place when it is clearly faster. What is left at the end must beat the compiler's own once more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dlir.diagnostics import CompileError
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.schedule_file import Measured, schedule_text
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.cpu.description import host
from dlir.targets.cpu.schedules import place
from dlir.targets.cpu.tune.bench import MODULE, Bench
from dlir.targets.cpu.tune.measure import ROUNDS, Task, Times, Trial
from dlir.targets.cpu.tune.space import AXES, Problem, neighbours
from dlir.targets.cpu.tune.subjects import Subject, kernel_in
from dlir.transforms.dump_schedule import entries_of
from dlir.transforms.structured_parallelize import StructuredParallelize
from dlir.transforms.structured_schedule import StructuredSchedule
from dlir.version import version
from dlir.workers import Job

CLEARLY = 0.97
"""A candidate whose time is this part of the best's, or less, is faster; more may be noise."""


@dataclass(frozen=True)
class Finding:
    """What came of a search; without `measured` there is no answer, and `problem` says why."""

    kernel: str
    schedule: str = "<>"
    measured: Measured | None = None
    tried: int = 0
    lost: Sequence[str] = ()
    """Why candidates have no time."""
    problem: str = ""


@dataclass(frozen=True)
class Search(Job):
    """A kernel to be tuned, wherever a worker is."""

    subject: Subject
    threads: int
    end: float
    """When to stop, by the clock of `time.time`."""
    timeout: float = 30.0
    """Seconds for one candidate."""
    version: str = field(default_factory=version)
    module: str = MODULE
    """The process that measures."""

    def single(self) -> list[Search]:
        """The same: a kernel is looked at by one worker."""
        return [self]

    def run(self) -> Finding:
        """Search. Never raises an Exception."""
        if version() != self.version:
            return Finding(self.subject.kernel, problem="the worker has another version of dlir")
        task = Task(self.subject.text, self.threads)
        try:
            with Bench(task, self.timeout, self.module) as bench:
                return _Run(self, bench).finding()
        except CompileError as error:
            return Finding(self.subject.kernel, problem=error.diagnostics[0].message)
        except Exception as error:
            return Finding(self.subject.kernel, problem=f"{type(error).__name__}: {error}")


class _Run:
    """A search that is going on."""

    def __init__(self, search: Search, bench: Bench) -> None:
        self.search, self.bench = search, bench
        module = parse_module(search.subject.text, default_registry().context())
        self.problem = Problem(kernel_in(module), search.threads)
        self.usual = usual_schedule(search.subject.text, search.threads)
        self.tried = 0
        self.lost: list[str] = []

    def finding(self) -> Finding:
        """The best schedule there is time to find."""
        best = self.usual
        alone = self._compare(best, best, 1)
        if alone.problem:
            return Finding(self.search.subject.kernel, problem=alone.problem, tried=1)
        for axis in AXES:
            for candidate in neighbours(axis, self.problem, best):
                if time.time() >= self.search.end:
                    break
                times = self._compare(best, candidate)
                if not times.problem and times.ratio <= CLEARLY:
                    best = candidate
        return self._checked(best)

    def _compare(self, best: ScheduleAttr, other: ScheduleAttr, rounds: int = ROUNDS) -> Times:
        self.tried += 1
        trial = Trial(schedule_text(best), schedule_text(other), rounds)
        times = self.bench.compare(trial)
        if times.problem:
            self.lost.append(f"{trial.other}: {times.problem}")
        return times

    def _checked(self, best: ScheduleAttr) -> Finding:
        """The best against the compiler's own; the latter where the former does not win again."""
        times = self._compare(self.usual, best, 2 * ROUNDS)
        found = Finding(self.search.subject.kernel, tried=self.tried, lost=tuple(self.lost))
        if times.problem:
            return replace(found, problem=times.problem)
        here = place(self.search.threads)
        if best == self.usual or times.ratio > CLEARLY:
            best, times = self.usual, replace(times, other=times.best)
        measured = Measured(times.other, times.best, here)
        return replace(found, schedule=schedule_text(best), measured=measured)


def usual_schedule(text: str, threads: int) -> ScheduleAttr:
    """What the compiler chooses for the kernel of a subject's module."""
    registry = default_registry()
    module = parse_module(text, registry.context())
    context = registry.context()
    StructuredSchedule(host().vector_bits, host().vector_registers, host().dots).apply(
        context, module
    )
    StructuredParallelize(threads).apply(context, module)
    return entries_of(module)[0].schedule
