"""The measuring process as seen from outside: it may crash or hang; that costs one candidate."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from threading import Event, Timer
from typing import IO

from dlir.targets.cpu.tune.measure import Task, Times, Trial

MODULE = "dlir.targets.cpu.tune.measure"


START = 60.0
"""Seconds in which the process must be ready; its time is not that of a candidate."""


class Bench:
    """Measures schedules of one kernel; a context manager that ends its process."""

    def __init__(self, task: Task, timeout: float, module: str = MODULE) -> None:
        self.task, self.timeout, self.module = task, timeout, module
        self._process: subprocess.Popen[str] | None = None
        self._late = Event()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def compare(self, trial: Trial) -> Times:
        """The times of two schedules; a process that dies of them is followed by another."""
        process = self._process
        if process is None:
            process = self._process = self._started()
            if not self._ask(process, self.task, START):
                return Times(problem=self._end(START))
        try:
            return Times(**json.loads(self._ask(process, trial, self.timeout)))
        except (ValueError, TypeError):
            return Times(problem=self._end(self.timeout))

    def _started(self) -> subprocess.Popen[str]:
        self._late.clear()
        return subprocess.Popen(
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _ask(self, process: subprocess.Popen[str], what: Task | Trial, seconds: float) -> str:
        """The answer; nothing from a process that is dead, or is ended after so many seconds."""

        def kill() -> None:
            self._late.set()
            process.kill()

        to, back = _pipe(process.stdin), _pipe(process.stdout)
        alarm = Timer(seconds, kill)
        alarm.start()
        try:
            to.write(json.dumps(asdict(what)) + "\n")
            to.flush()
            return back.readline()
        except OSError:
            return ""
        finally:
            alarm.cancel()

    def _end(self, seconds: float = 0.0) -> str:
        """End the process, and say what became of it."""
        process, self._process = self._process, None
        if process is None:
            return ""
        process.kill()
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()
        if self._late.is_set():
            return f"it took longer than {seconds:g} s"
        return f"its process ended with code {code}"


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
