"""Where work is done: in this process, in processes of this machine, or on a Dask cluster.

What a worker was doing when it died is tried once more, part by part and alone, so that
none is blamed for another's death; when the worker dies again, it has failed. All else goes on.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast

from dlir.diagnostics import fail
from dlir.registry import misuse


class Job(Protocol):
    """What one worker does in one go; it and its answer travel between processes."""

    def run(self) -> Any:
        """The answer. Never raises an Exception."""
        ...

    def single(self) -> Sequence[Job]:
        """The same in the smallest parts that can be tried alone."""
        ...


J = TypeVar("J", bound=Job)


@dataclass(frozen=True)
class Opened:
    """An executor that takes `width` jobs at a time and raises one of `lost` for a dead worker."""

    executor: Executor
    width: int
    lost: tuple[type[BaseException], ...] = ()


Workers: TypeAlias = Callable[[], AbstractContextManager[Opened]]
"""Opens an executor; may be called again after it has broken."""


def workers_for(jobs: int | None, dask: str | None) -> Workers:
    """What `--jobs` and `--dask` ask for. Raises CompileError."""
    count = jobs or processors()
    if dask is not None:
        if jobs is not None and dask != "local":
            raise misuse("--jobs is for processes of this machine, not for a cluster's")
        return on_dask(dask, count)
    return in_this_process if count == 1 else in_processes(count)


def run_all(jobs: Iterator[J], workers: Workers) -> Iterator[tuple[J, Any]]:
    """Every job with its answer, in the order in which they end; None when its worker died twice.

    A job is taken from `jobs` when there is room for it, so `jobs` may look at what has ended.
    """
    suspects: list[Job] = []
    for job, answer in _pass(jobs, workers):
        if isinstance(answer, _Lost):
            suspects += job.single()
        else:
            yield job, answer
    for job, answer in _pass(iter(suspects), workers, alone=True):
        yield cast(J, job), None if isinstance(answer, _Lost) else answer


@dataclass(frozen=True)
class _Lost:
    """Stands for the answer of a worker that died."""


class _Queue(Generic[J]):
    """Jobs that are taken one by one and may be put back."""

    def __init__(self, jobs: Iterator[J]) -> None:
        self.jobs = jobs
        self.back: list[J] = []

    def take(self) -> J | None:
        return self.back.pop() if self.back else next(self.jobs, None)

    def more(self) -> bool:
        if (job := self.take()) is not None:
            self.back.append(job)
        return job is not None


def _pass(jobs: Iterator[J], workers: Workers, *, alone: bool = False) -> Iterator[tuple[J, Any]]:
    """Every job once; `_Lost` for answers that were lost with their worker."""
    queue = _Queue(jobs)
    while queue.more():
        with workers() as opened:
            yield from _until_lost(queue, opened, 1 if alone else opened.width)


def _until_lost(queue: _Queue[J], opened: Opened, width: int) -> Iterator[tuple[J, Any]]:
    """Jobs until the queue is empty or a worker is lost; what runs then still ends."""
    running: dict[Future[Any], J] = {}
    sound = True
    while True:
        while sound and len(running) < width and (job := queue.take()) is not None:
            try:
                running[opened.executor.submit(_run, job)] = job
            except opened.lost:
                queue.back.append(job)  # it has not begun
                sound = False
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            answer = _answer(future, opened.lost)
            sound = sound and not isinstance(answer, _Lost)
            yield running.pop(future), answer


def _run(job: Job) -> Any:
    return job.run()


def _answer(future: Future[Any], lost: tuple[type[BaseException], ...]) -> Any:
    try:
        return future.result()
    except lost:
        return _Lost()


# --- this process ---------------------------------------------------------------------------------


class _Here(Executor):
    """Calls at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def in_this_process() -> Generator[Opened, None, None]:
    """One job after the other, here."""
    yield Opened(_Here(), 1)


# --- processes ------------------------------------------------------------------------------------


def in_processes(jobs: int) -> Workers:
    """`jobs` processes of this machine, started anew (not forked)."""
    return lambda: _processes(jobs)


@contextmanager
def _processes(jobs: int) -> Generator[Opened, None, None]:
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker)
    try:
        yield Opened(executor, jobs, (BrokenProcessPool,))
    except BaseException:  # interrupted: nobody waits for what is running
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    executor.shutdown()


def _start_worker() -> None:
    """In a worker: leave the keyboard to the parent, and end when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(200_000, 50, 50)  # jobs leave little that only the collector frees
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- Dask -----------------------------------------------------------------------------------------


def on_dask(address: str, jobs: int) -> Workers:
    """The cluster of a scheduler's address, or `local`: one of `jobs` processes, for this run.

    Raises CompileError when dask.distributed is not installed, or nobody answers.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        fail(None, "dask.distributed is not installed", help="pip install 'dlir[explore]'")
    return lambda: _cluster(distributed, address, jobs)


@contextmanager
def _cluster(distributed: Any, address: str, jobs: int) -> Generator[Opened, None, None]:
    # One death is enough to lose a job: trying again, alone, is run_all's.
    config: Any = import_module("dask.config")
    with ExitStack() as stack:
        stack.enter_context(config.set({"distributed.scheduler.allowed-failures": 0}))
        if address == "local":
            where = distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, dashboard_address=None, silence_logs=50
            )
            stack.enter_context(where)
        else:
            where = address
        try:
            client = stack.enter_context(distributed.Client(where))
        except (OSError, ValueError) as error:
            reason = str(error).strip().split("\n")[0]
            fail(None, f"no Dask scheduler at '{address}': {reason}")
        executor = stack.enter_context(client.get_executor(pure=False, retries=0))
        width = max(1, sum(client.nthreads().values()))
        yield Opened(executor, width, (distributed.KilledWorker, CancelledError))
