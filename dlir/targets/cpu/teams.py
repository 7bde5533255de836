"""The threads of a team that has all cores stay on one core each.

A worker that slept is often woken on the core of the thread that called it, which then waits for
it, spinning, until the scheduler takes the core away: 8 ms for a product that takes one. So every
worker gets a core of its own, as in other engines. The caller's thread stays free, and a team that
is smaller than the process may use is left to the scheduler. Whoever sets one of `VARIABLES` has
said how threads are bound, and nothing is done here.
"""

from __future__ import annotations

import ctypes
import os
import threading
from contextlib import suppress

from dlir.diagnostics import warn
from dlir.targets.cpu import cores, openmp

VARIABLES = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY")

_BODY = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_PARALLEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)


class _Team(threading.local):
    """Of the calling thread: a runtime keeps a team for each one, and a new size is a new team."""

    size = 0


class _Process:
    """Whether some thread of this process led a team, and whether that was before it was forked."""

    has_led = False
    has_lost = False


TEAM = _Team()
PROCESS = _Process()


def possible(threads: int) -> int:
    """One thread, with a notice, in a process forked from one with a team: a runtime would wait for
    workers that were not copied."""
    if threads < 2 or not PROCESS.has_lost:
        return threads
    warn(
        None,
        "this process was forked from one with a team of threads; its models use one thread",
        help="start processes by 'spawn', or compile with threads=1 before the fork",
    )
    return 1


def settle(threads: int) -> None:
    """Bind the team that the calling thread leads from now on, of so many threads with it."""
    TEAM.size, PROCESS.has_led = threads, True
    functions = openmp.runtime()
    if threads < 2 or functions is None or any(name in os.environ for name in VARIABLES):
        return
    places = cores.numbers()
    if threads != len(places):
        return
    number = ctypes.CFUNCTYPE(ctypes.c_int)(functions["omp_get_thread_num"])

    def bind(_: int | None) -> None:
        worker = number()
        if worker > 0:
            with suppress(OSError):  # the core may be gone by now; then the worker stays free
                os.sched_setaffinity(0, places[worker : worker + 1])

    body = _BODY(bind)
    parallel = _PARALLEL(functions["GOMP_parallel"])
    parallel(ctypes.cast(body, ctypes.c_void_p), None, threads, 0)


def _after_fork() -> None:
    PROCESS.has_lost = PROCESS.has_led


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
