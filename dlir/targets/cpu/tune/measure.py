"""A process that times schedules of one kernel: `python -m dlir.targets.cpu.tune.measure`.

The first line on stdin is a `Task`, answered by `ready`; every other one is a `Trial`, answered by
a `Times`. Lines are JSON. What goes wrong with a schedule may end this process, and nothing else.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import SSAValue
from xdsl.parser import Parser

from dlir.diagnostics import CompileError
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.kernels import kernels_of
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Operand, operands_of
from dlir.divergence import difference
from dlir.executable import CompileOptions
from dlir.numpy_types import Array, Value, dtype_of
from dlir.params import param_ops
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.report import Report
from dlir.signature import entry_function
from dlir.targets.cpu.bundle import Bundle
from dlir.targets.cpu.compiling import compile_many
from dlir.targets.cpu.description import host
from dlir.targets.cpu.target import TARGET, CpuExecutable
from dlir.targets.cpu.tune.subjects import kernel_in, planned_extents
from dlir.types import element_of, shape_of

ROUNDS = 7
SECONDS = 0.004
"""Of one contestant in a round."""
ENOUGH = 3.0
"""Seconds after which there is no further round."""
HOPELESS = 1.25
"""A contestant that is so much slower in each of the first rounds is not measured on."""
SEED = 2020


@dataclass(frozen=True)
class Task:
    """What the process is for."""

    text: str
    threads: int


@dataclass(frozen=True)
class Trial:
    """Two schedules, as text: the one to beat, whose results are right, and another."""

    best: str
    other: str
    rounds: int = ROUNDS


@dataclass(frozen=True)
class Times:
    """How two schedules did; `problem` says why there is no time."""

    ratio: float = 0.0
    """Time of the other by that of the best: the median of the rounds."""
    best: float = 0.0
    other: float = 0.0
    """Seconds of a call: the least of the rounds."""
    problem: str = ""


class Kernel:
    """One kernel with synthetic data, compiled for one schedule after the other."""

    def __init__(self, task: Task) -> None:
        self.module = parse_module(task.text, default_registry().context())
        self.options = CompileOptions(threads=task.threads, cache=False)
        self.clock = time.thread_time if task.threads == 1 else time.perf_counter
        values = _values([op for _, op in kernels_of(self.module)])
        entry = entry_function(self.module)
        self.arguments = [values[a] for a in entry.body.block.args]
        self.params: dict[str, Array] = {
            name: np.asarray(values[op.results[0]]) for op, name in param_ops(self.module)
        }
        self.compiled: dict[str, Callable[[], Any]] = {}

    def compare(self, trial: Trial) -> Times:
        """Compile, check the other's results by the best's, and time both in turns."""
        try:
            calls = [self._call(trial.best), self._call(trial.other)]
        except CompileError as error:
            return Times(problem=error.diagnostics[0].message)
        right, found = calls[0](), calls[1]()
        self.compiled = {trial.best: calls[0], trial.other: calls[1]}
        if not difference("result", right, found, None).agrees:
            return Times(problem="its results are wrong")
        return self._timed(calls[0], calls[1], trial.rounds)

    def _timed(self, one: Callable[[], Any], two: Callable[[], Any], rounds: int) -> Times:
        best, other = list[float](), list[float]()
        end = time.perf_counter() + ENOUGH
        for number in range(rounds):
            turn = [(one, best), (two, other)]
            for call, times in turn[:: -1 if number % 2 else 1]:
                times.append(self._least(call))
            hopeless = number == 1 and min(other) > HOPELESS * max(best)
            if hopeless or time.perf_counter() > end:
                break
        ratio = statistics.median(b / a for a, b in zip(best, other, strict=True))
        return Times(ratio, min(best), min(other))

    def _least(self, call: Callable[[], Any]) -> float:
        """Seconds of the fastest of some calls; short ones are timed several at a time."""
        call()  # the other contestant's data are out of the caches now
        start = self.clock()
        call()
        repeat = max(1, int(1e-4 / max(self.clock() - start, 1e-7)))
        least, end = float("inf"), time.perf_counter() + SECONDS
        while time.perf_counter() < end or least == float("inf"):
            start = self.clock()
            for _ in range(repeat):
                call()
            least = min(least, (self.clock() - start) / repeat)
        return least

    def _call(self, schedule: str) -> Callable[[], Any]:
        if schedule not in self.compiled:
            executable = self._executable(schedule)
            self.compiled[schedule] = lambda: executable(*self.arguments)
        return self.compiled[schedule]

    def _executable(self, schedule: str) -> CpuExecutable:
        module = self.module.clone()
        kernel_in(module).schedule = read_schedule(schedule)
        lowered = TARGET.lower(module, {}, self.options, "structured", "llvm")
        assert isinstance(lowered, ModuleOp)
        from dlir.targets.cpu.emit import emit_ir

        bundle = Bundle.describe(lowered, "main")
        bundle.objects = compile_many([emit_ir(lowered, host())], host(), processes=1)
        report = Report("cpu", "main", [], [], {})
        return TARGET.link(self.module, self.params, self.options, report, bundle)


def read_schedule(text: str) -> ScheduleAttr:
    """The schedule of a text that dlir wrote."""
    return ScheduleAttr.new(ScheduleAttr.parse_parameters(Parser(Context(), text)))


# --- synthetic data -------------------------------------------------------------------------------


def _values(ops: Sequence[GenericOp]) -> Mapping[SSAValue, Value]:
    """A value for every operand: `?` is a typical size, numbers are random."""
    random = np.random.default_rng(SEED)
    values: dict[SSAValue, Value] = {}
    for op in ops:
        extents = planned_extents(op.static_extents())
        inputs, out, extra = operands_of(op)
        for operand in (*inputs, out, *extra):
            if operand.value not in values:
                values[operand.value] = _value(random, operand, extents)
    return values


def _value(random: np.random.Generator, operand: Operand, extents: Sequence[int]) -> Value:
    shape = [
        form.bounds([max(1, e) for e in extents])[1] + 1 if size == DYNAMIC_INDEX else size
        for size, form in zip(shape_of(operand.value.type), operand.forms, strict=True)
    ]
    array = _array(random, shape, dtype_of(element_of(operand.value.type)))
    return array if operand.forms else array[()]


def _array(random: np.random.Generator, shape: list[int], dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        return random.integers(1, 4, shape).astype(dtype)  # never a divisor of zero
    return random.uniform(0.5, 1.5, shape).astype(dtype)


def main() -> None:
    """Answer the lines on stdin until there are none."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what else is printed is no answer
    kernel = Kernel(Task(**json.loads(sys.stdin.readline())))
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        times = kernel.compare(Trial(**json.loads(line)))
        print(json.dumps(asdict(times)), file=answers, flush=True)


if __name__ == "__main__":
    main()
