"""Takes times: in turns, so that a busy moment of the machine hits every contestant alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Call = Callable[[], object]
LEAST_CALLS = 3
"""In a round, except of what takes longer than the round."""
SLOW = 1.0
"""Seconds of a call from which on one is enough for all rounds."""
SPIN = 0.01
"""Seconds after which the idle threads of the contestant before no longer turn in a loop."""


@dataclass(frozen=True)
class Settings:
    """How much to measure, and where."""

    rounds: int = 5
    seconds: float = 0.15
    """Per contestant and round."""
    process_rounds: int = 3
    threads: int = 1
    """For dlir and for every peer."""
    cores: tuple[int, ...] | None = None
    """The cores that timed calls are pinned to; None leaves them free."""
    peers: tuple[str, ...] = ()
    """Those to measure; all without any."""
    cpu_time: bool = False
    """Time calls by the CPU time of this process, some peers having a thread of their own to
    compute in: for a machine that others use as well. On one thread only."""
    compile: bool = False
    """Whether to time compiling of whole models, in processes of their own."""
    memory: bool = False
    """Whether to take the peak memory of running them, in processes of their own."""

    @property
    def clock(self) -> Callable[[], float]:
        return time.process_time if self.cpu_time else time.perf_counter


QUICK = Settings(rounds=2, seconds=0.02, process_rounds=1)


@dataclass
class Timing:
    """Seconds of every call of one contestant, by round; for processes also their CPU time."""

    rounds: list[list[float]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(sample for samples in self.rounds for sample in samples)

    @property
    def least(self) -> float:
        return min(map(min, self.rounds))

    @property
    def cpu_least(self) -> float | None:
        """CPU seconds depend less than wall time on what else the machine does."""
        return min(self.cpu, default=None)

    def ratio(self, other: Timing) -> float:
        """How many times slower than `other`: the median of the rounds' quotients of minima.

        A quotient within one round compares what ran under the same conditions.
        """
        pairs = zip(self.rounds, other.rounds, strict=True)
        return statistics.median(min(mine) / min(its) for mine, its in pairs)


def time_calls(contestants: Mapping[str, Call], settings: Settings) -> dict[str, Timing]:
    """Time all contestants in turns; every other round goes in reverse order."""
    timings = {name: Timing() for name in contestants}
    with pinned(settings.cores):
        for number in range(settings.rounds):
            order = list(contestants)[:: -1 if number % 2 else 1]
            for name in order:
                done = timings[name].rounds
                again = not done or timings[name].least < SLOW
                done.append(_samples(contestants[name], settings) if again else done[0])
    return timings


def _samples(call: Call, settings: Settings) -> list[float]:
    time.sleep(SPIN)
    clock = settings.clock
    start = clock()
    call()  # what ran before has filled the caches with its own data
    first, samples = clock() - start, list[float]()
    if first >= SLOW:
        return [first]
    least = LEAST_CALLS if first < settings.seconds else 1
    end = time.perf_counter() + settings.seconds
    while len(samples) < least or time.perf_counter() < end:
        start = clock()
        call()
        samples.append(clock() - start)
    return samples


@contextmanager
def pinned(cores: Iterable[int] | None) -> Generator[None, None, None]:
    """Keep this thread and those that it starts on these cores, where the system can do that."""
    if cores is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def default_cores(count: int = 1) -> tuple[int, ...] | None:
    """The last cores we may use: the first ones tend to serve interrupts."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return tuple(sorted(os.sched_getaffinity(0))[-count:])


def time_process(
    timing: Timing, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> str:
    """Run a command, add its time as one round, and return what it printed.

    Raises CalledProcessError.
    """
    before = _children_cpu()
    start = time.perf_counter()
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    timing.rounds.append([time.perf_counter() - start])
    timing.cpu.append(_children_cpu() - before)
    return done.stdout


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
