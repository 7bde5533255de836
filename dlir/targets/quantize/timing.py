"""What one call takes on a target, and where the time goes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from dlir.api import Model, compile_with, with_shapes_of
from dlir.diagnostics import CompileError
from dlir.executable import CompileOptions, Executable, ModelledExecutable
from dlir.numpy_types import Array

CALLS = 7


@dataclass(frozen=True)
class Times:
    """Seconds, or the cycles of a modelled machine."""

    call: float | None = None
    places: Mapping[str, float] = field(default_factory=dict[str, float])
    """Of the kernels that compute an op, by where the op comes from."""
    problem: str = ""
    """Why nothing was measured."""


def measure(model: Model, target: str, options: CompileOptions, inputs: Sequence[Array]) -> Times:
    """Compile for one sample and call; a model that cannot run has no times, but a reason."""
    try:
        executable = compile_with(model, target, with_shapes_of(model, inputs, options))
        if isinstance(executable, ModelledExecutable):
            timing = executable.timing()
            return Times(timing.cycles, timing.cycles_of_ops())
        executable(*inputs)
        return Times(_call(executable, inputs), _places(executable, inputs))
    except CompileError as error:
        return Times(problem=error.diagnostics[0].message)


def _call(executable: Executable, inputs: Sequence[Array]) -> float:
    times: list[float] = []
    for _ in range(CALLS):
        start = time.perf_counter()
        executable(*inputs)
        times.append(time.perf_counter() - start)
    return median(times)


def _places(executable: Executable, inputs: Sequence[Array]) -> dict[str, float]:
    """The least time of each place over a few calls."""
    calls: list[dict[str, float]] = []
    for _ in range(CALLS):
        spans: defaultdict[str, float] = defaultdict(float)

        def add(name: str, start: float, end: float, spans: dict[str, float] = spans) -> None:
            spans[name.partition(" ")[2]] += end - start

        executable.on_event = add
        executable(*inputs)
        calls.append(spans)
    executable.on_event = None
    return {place: min(call.get(place, 0.0) for call in calls) for place in calls[0]}
