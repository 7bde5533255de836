"""What one call takes on the cpu, and where the time goes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import CompileError
from dlir.executable import CompileOptions, Executable
from dlir.numpy_types import Array
from dlir.targets.cpu.target import TARGET

CALLS = 7


@dataclass(frozen=True)
class Times:
    """Seconds."""

    call: float | None = None
    places: Mapping[str, float] = field(default_factory=dict[str, float])
    """Of the kernels that compute an op, by where the op comes from."""
    problem: str = ""
    """Why nothing was measured."""


def measure(
    module: ModuleOp, params: Mapping[str, Array], options: CompileOptions, inputs: Sequence[Array]
) -> Times:
    """Compile and call; a model that the cpu cannot run has no times, but a reason."""
    try:
        executable = TARGET.compile(module, params, options)
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
