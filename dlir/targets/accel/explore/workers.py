"""Where evaluations run: in this process, in processes of this machine, or on a Dask cluster.

What a worker was doing when it died is tried once more, evaluation by evaluation and alone, so that
none is blamed for another's death; when the worker dies again, it has failed. All else goes on.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
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
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, TypeAlias

from dlir.diagnostics import CompileError, collect_diagnostics, fail
from dlir.pipeline import InternalError
from dlir.targets.accel.description import Machine
from dlir.targets.accel.explore.evaluate import Evaluator, code_version
from dlir.targets.accel.explore.store import Outcome

LOST = Outcome("failed", reason="its worker process died twice")


@dataclass(frozen=True)
class Call:
    """Evaluations of one layer on some machines, which one worker does one after the other."""

    keys: tuple[str, ...]
    """The caller's, one per machine."""
    evaluator: Evaluator
    machines: tuple[Machine, ...]
    layer: str
    version: str

    def single(self) -> list[Call]:
        """The same, machine by machine."""
        pairs = zip(self.keys, self.machines, strict=True)
        return [replace(self, keys=(key,), machines=(machine,)) for key, machine in pairs]


@dataclass(frozen=True)
class Opened:
    """An executor that takes `width` calls at a time and raises one of `lost` for a dead worker."""

    executor: Executor
    width: int
    lost: tuple[type[BaseException], ...] = ()


Workers: TypeAlias = Callable[[], AbstractContextManager[Opened]]
"""Opens an executor; may be called again after it has broken."""


def attempt(call: Call) -> list[Outcome]:
    """Evaluate on each machine; what the worker runs. Never raises an Exception."""
    return [_attempt(call, machine) for machine in call.machines]


def _attempt(call: Call, machine: Machine) -> Outcome:
    try:
        if code_version() != call.version:
            return Outcome("failed", reason="the worker runs another version of dlir")
        with collect_diagnostics():
            return Outcome("ok", call.evaluator(machine, call.layer))
    except InternalError as error:
        return Outcome("failed", reason=reason_of(error))
    except CompileError as error:
        return Outcome("refused", reason=reason_of(error))
    except Exception as error:
        text = (str(error).strip() or "no message").split("\n")[0]
        return Outcome("failed", reason=f"bug in dlir: {type(error).__name__}: {text}")


def reason_of(error: CompileError) -> str:
    """The first diagnostic in one line."""
    return " ".join(error.diagnostics[0].message.split()) if error.diagnostics else "no reason"


def run_all(calls: Iterator[Call], workers: Workers) -> Iterator[tuple[Call, list[Outcome]]]:
    """Every call with its outcomes, in the order in which they end.

    A call is taken from `calls` when there is room for it, so `calls` may look at what has ended.
    """
    suspects: list[Call] = []
    for call, outcomes in _pass(calls, workers):
        if outcomes is None:
            suspects += call.single()
        else:
            yield call, outcomes
    for call, outcomes in _pass(iter(suspects), workers, alone=True):
        yield call, outcomes or [LOST]


class _Queue:
    """Calls that are taken one by one and may be put back."""

    def __init__(self, calls: Iterator[Call]) -> None:
        self.calls = calls
        self.back: list[Call] = []

    def take(self) -> Call | None:
        return self.back.pop() if self.back else next(self.calls, None)

    def more(self) -> bool:
        if (call := self.take()) is not None:
            self.back.append(call)
        return call is not None


def _pass(
    calls: Iterator[Call], workers: Workers, *, alone: bool = False
) -> Iterator[tuple[Call, list[Outcome] | None]]:
    """Every call once; None for outcomes that were lost with their worker."""
    queue = _Queue(calls)
    while queue.more():
        with workers() as opened:
            yield from _until_lost(queue, opened, 1 if alone else opened.width)


def _until_lost(
    queue: _Queue, opened: Opened, width: int
) -> Iterator[tuple[Call, list[Outcome] | None]]:
    """Calls until the queue is empty or a worker is lost; what runs then still ends."""
    running: dict[Future[list[Outcome]], Call] = {}
    sound = True
    while True:
        while sound and len(running) < width and (call := queue.take()) is not None:
            try:
                running[opened.executor.submit(attempt, call)] = call
            except opened.lost:
                queue.back.append(call)  # it has not begun
                sound = False
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            outcomes = _outcomes(future, opened.lost)
            sound = sound and outcomes is not None
            yield running.pop(future), outcomes


def _outcomes(
    future: Future[list[Outcome]], lost: tuple[type[BaseException], ...]
) -> list[Outcome] | None:
    try:
        return future.result()
    except lost:
        return None


# --- this process ---------------------------------------------------------------------------------


class _Here(Executor):
    """Calls at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def in_this_process() -> Generator[Opened, None, None]:
    """One evaluation after the other, here."""
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
    gc.set_threshold(200_000, 50, 50)  # evaluations leave little that only the collector frees
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
    # One death is enough to lose a call: trying again, alone, is run_all's.
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
