"""A computation that dlir and its peers all run, and a row of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.harness import Settings, Timing, time_calls

if TYPE_CHECKING:
    from onnx import ModelProto

Array = np.ndarray
DLIR = "dlir"


@dataclass(frozen=True)
class Program:
    """One computation on given inputs, as each contestant wants it."""

    source: str | Path
    """For dlir: text, or the path of a file."""
    inputs: Mapping[str, Array]
    model: Callable[[], ModelProto | Path]
    """For onnxruntime; its inputs are named as ours."""
    params: Mapping[str, Array] | Path | None = None
    numpy: Callable[..., Any] | None = None
    """Called with the inputs as numpy arrays; None where numpy has nothing of the kind."""
    torch: Callable[..., Any] | None = None
    """Called with the inputs as torch tensors."""
    flop: float = 0
    moved: float = 0
    """Bytes that have to be read and written."""
    tolerance: float = 1e-4
    """The error that is allowed, relative to the largest magnitude in the result."""


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
    error: float | None = None
    """Relative to the judge's largest magnitude; the judge is the first peer that is there."""
    absolute_error: float | None = None
    flop: float = 0
    moved: float = 0
    goal: Goal | None = None
    details: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None
    skipped: str | None = None


@dataclass(frozen=True)
class Case:
    """A name on the command line, and what to measure: `measure` yields rows."""

    name: str
    measure: Callable[[str, Settings], Iterable[Row]]
    needs: tuple[str, ...] = ()
    """The packages without which there is nothing to measure."""


class WrongResult(Exception):
    """dlir and the judge differ by more than the program allows."""


def program_case(
    name: str,
    make: Callable[[], Program],
    goal: Goal | None = None,
    needs: tuple[str, ...] = (),
) -> Case:
    """A case that compiles a program, checks its result and times calls of it."""

    def measure(name: str, settings: Settings) -> Iterable[Row]:
        yield measure_program(Row(name, goal=goal), make(), settings)

    return Case(name, measure, needs)


def measure_program(row: Row, program: Program, settings: Settings) -> Row:
    """Fill a row with the times of all contestants. Raises WrongResult, CompileError."""
    import dlir
    from bench.peers import contestants

    executable = dlir.compile(program.source, params=program.params, threads=1)
    inputs = list(program.inputs.values())
    calls = {DLIR: lambda: executable(*inputs), **contestants(program, settings)}
    row.error, row.absolute_error = _check(program, {n: call() for n, call in calls.items()})
    row.flop, row.moved = program.flop, program.moved
    row.times = time_calls(calls, settings)
    return row


def _check(program: Program, results: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The relative and the absolute error of dlir; None where there is nobody to judge."""
    if len(results) < 2:
        return None, None
    ours, judge, *_ = map(_arrays, results.values())
    relative = absolute = 0.0
    for mine, right in zip(ours, judge, strict=True):
        difference = float(np.abs(mine.astype(np.float64) - right).max())
        absolute = max(absolute, difference)
        relative = max(relative, difference / max(float(np.abs(right).max()), 1e-30))
    if not relative <= program.tolerance:  # also when it is not a number
        raise WrongResult(f"differs by {relative:.1e} of the largest value")
    return relative, absolute


def _arrays(result: Any) -> list[Array]:
    return [np.asarray(part) for part in (result if isinstance(result, list | tuple) else [result])]
