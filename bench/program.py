"""A computation that dlir and its peers all run, and a row of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.harness import Call, Settings, Timing, pinned, time_calls

if TYPE_CHECKING:
    from onnx import ModelProto

Array = np.ndarray
DLIR = "dlir"


@dataclass(frozen=True)
class Program:
    """One computation on given inputs, as each contestant wants it."""

    source: ModelProto | str | Path
    """For dlir: text, the path of a file, or the model that the peers get."""
    inputs: Mapping[str, Array]
    model: Callable[[], ModelProto | Path]
    """For the peers; its inputs are named as ours."""
    params: Mapping[str, Array] | Path | None = None
    kind: str = "model"
    """Peers say which kinds they take: matmul, attention, conv, memory, model, integer."""
    flop: float = 0
    moved: float = 0
    """Bytes that have to be read and written."""
    tolerance: float = 1e-4
    """The error that is allowed, relative to the largest magnitude in the result."""

    def serialised(self) -> str | bytes:
        """The path of the model's file, or the file's contents where there is none."""
        model = self.model()
        return str(model) if isinstance(model, Path) else self.proto().SerializeToString()

    def proto(self) -> ModelProto:
        """The model in memory, with the sizes of the inputs filled in."""
        import onnx

        model = self.model()
        model = onnx.load(model) if isinstance(model, Path) else model
        for info in model.graph.input:
            if info.name in self.inputs:
                dims = info.type.tensor_type.shape.dim
                for dim, size in zip(dims, self.inputs[info.name].shape, strict=True):
                    dim.dim_value = size
        return model


@dataclass(frozen=True)
class Goal:
    """What dlir is to reach: at most so many seconds, or so many times a peer's time."""

    limit: float
    peer: str | None = None

    def met(self, times: Mapping[str, Timing]) -> bool | None:
        """None if the peer was not there."""
        if self.peer is None:
            return times[DLIR].median <= self.limit
        return times[DLIR].ratio(times[self.peer]) <= self.limit if self.peer in times else None

    def __str__(self) -> str:
        return f"<= {self.limit:.3g}" + (f" x {self.peer}" if self.peer else " s")


@dataclass
class Row:
    """What was measured, under one name."""

    name: str
    times: dict[str, Timing] = field(default_factory=dict)
    """By contestant. Empty if `failure` or `skipped` says why."""
    errors: dict[str, float] = field(default_factory=dict)
    """By contestant, relative to the largest magnitude of what is right."""
    judge: str | None = None
    """What the errors are against: `float64`, or a peer."""
    absent: dict[str, str] = field(default_factory=dict)
    """Why a peer has no time here."""
    flop: float = 0
    moved: float = 0
    goal: Goal | None = None
    family: str = ""
    suite: bool = False
    """Whether it counts for the geometric means."""
    details: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None
    skipped: str | None = None

    def best_peer(self) -> str | None:
        """The one with the least ratio of times; None without peers or without dlir."""
        ours = self.times.get(DLIR)
        peers = [name for name in self.times if name != DLIR]
        return max(peers, key=lambda name: ours.ratio(self.times[name])) if ours and peers else None

    def speed(self) -> float | None:
        """The best peer's time over dlir's: above 1, dlir is faster."""
        best = self.best_peer()
        return None if best is None else 1 / self.times[DLIR].ratio(self.times[best])


@dataclass(frozen=True)
class Case:
    """A name on the command line, and what to measure: `measure` yields rows."""

    name: str
    measure: Callable[[str, Settings], Iterable[Row]]
    needs: tuple[str, ...] = ()
    """The packages without which there is nothing to measure."""
    make: Callable[[], Program] | None = None
    """What is measured, where that is one program."""
    suite: bool = False
    """Whether it is one of those that dlir is judged by."""
    of: str | None = None
    """The family, if it is not the first part of the name."""

    @property
    def family(self) -> str:
        return self.of or self.name.partition("/")[0]


class WrongResult(Exception):
    """A contestant's result differs by more than the program allows."""


def program_case(
    name: str, make: Callable[[], Program], goal: Goal | None = None, **options: Any
) -> Case:
    """A case that compiles a program, checks its result and times calls of it."""

    def measure(name: str, settings: Settings) -> Iterable[Row]:
        program = make()
        row = measure_program(Row(name, goal=goal), program, settings)
        if program.kind == "model" and (settings.compile or settings.memory):
            from bench.processes import measure_processes

            row.details |= measure_processes(program, settings)
        yield row

    return Case(name, measure, make=make, **options)


def measure_program(row: Row, program: Program, settings: Settings) -> Row:
    """Fill a row with the times of all contestants. Raises WrongResult, CompileError."""
    from bench.peers import contestants

    row.flop, row.moved = program.flop, program.moved
    with pinned(settings.cores):  # threads that a contestant starts stay on these cores
        calls: dict[str, Call] = {DLIR: dlir_call(program, settings.threads)}
        made, row.absent = contestants(program, settings)
        calls.update(made)
        check(row, program, calls)
    row.times = time_calls({name: calls[name] for name in row.errors}, settings)
    return row


def dlir_call(program: Program, threads: int) -> Call:
    """The program as compiled by dlir. Raises CompileError."""
    import dlir

    executable = dlir.compile(program.source, params=program.params, threads=threads)
    inputs = list(program.inputs.values())
    return lambda: executable(*inputs)


def check(row: Row, program: Program, calls: Mapping[str, Call]) -> None:
    """Fill in the errors of all that are right. Raises WrongResult if dlir is not."""
    row.judge, expected = _expected(program, calls)
    for name, call in calls.items():
        try:
            error = _error(arrays(call()), expected)
        except Exception as failure:  # a peer's, whatever it is, must not hide the others
            if name == DLIR:
                raise
            row.absent[name] = reason(failure)
            continue
        if error <= program.tolerance:  # not so when it is not a number
            row.errors[name] = error
        elif name == DLIR:
            raise WrongResult(f"differs from {row.judge} by {error:.1e} of the largest value")
        else:
            row.absent[name] = f"differs from {row.judge} by {error:.1e} of the largest value"


def _expected(program: Program, calls: Mapping[str, Call]) -> tuple[str, list[Array]]:
    """In double precision; by the first peer for operators that only peers have."""
    from bench.evaluate import Unsupported
    from bench.reference import float64

    try:
        return "float64", float64(program)
    except Unsupported:
        judge = next((name for name in calls if name != DLIR), DLIR)
        return judge, [result.copy() for result in arrays(calls[judge]())]


def _error(results: list[Array], expected: list[Array]) -> float:
    worst = 0.0
    for mine, right in zip(results, expected, strict=True):
        if mine.shape != right.shape:
            return float("inf")
        if right.dtype.kind in "iu":  # whose differences would wrap around
            right = right.astype(np.float64)
        difference = np.abs(mine - right).max(initial=0)
        error = float(difference / max(np.abs(right).max(initial=0), 1e-30))
        worst = error if not error <= worst else worst
    return worst


def arrays(result: Any) -> list[Array]:
    return [np.asarray(part) for part in (result if isinstance(result, list | tuple) else [result])]


def reason(error: Exception) -> str:
    """One line that says what went wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:160]
