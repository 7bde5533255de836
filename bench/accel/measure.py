"""Compiles a model for a machine, times its programs, and holds them against the bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from dlir import api
from dlir.dialects.accel.attrs import HOST
from dlir.dialects.accel.ops import ProgramOp
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.model_report import ModelReport
from dlir.targets.accel.pipeline import PHASES, phase_text
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.simulation import time_program
from dlir.targets.accel.work.model import ModelBound, bound_in

SINGLE_BUFFERED = "accel-allocate{early},accel-place-tokens"
"""What takes the place of the last phase: no load goes ahead, and places are used again at once."""


@dataclass
class Result:
    """One line of the table."""

    name: str
    machine: str
    cycles: int
    whole: float
    """Percent of the bound of the whole."""
    layers: float
    """Percent of the bounds of the layers, one after the other; more than 100 is well."""
    roof: str
    """What binds most of the layers' cycles."""
    single: int
    """Cycles of the single-buffered programs; 0 if there are none."""
    instructions: int
    engines: dict[str, dict[str, Any]]
    """Cycles by what an engine does; see `AccelReport.engines`."""
    traffic: dict[str, int]
    distinct_bytes: int
    """Of the whole, as the bound counts them."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """CPU seconds by stage."""
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Layer by layer; see `ModelReport.total`."""

    @property
    def factor(self) -> float:
        """How many times faster than single-buffered."""
        return self.single / max(1, self.cycles)


class Stages:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0) + time.process_time() - start


PREPARED = {"bf16": "dl-convert-precision"}
"""Set of models -> the passes that bring them into its number format."""


def measure(name: str, text: str, machine: str, *, single: bool = True) -> Result:
    """Compile, time and compare."""
    stages, slow = Stages(), 0
    with stages.stage("load"):
        module = api.load(text).module
        run_passes(PREPARED.get(name.partition("/")[0], ""), module)
    for level in ("structured", "accel"):
        with stages.stage(level):
            run_passes(phase_text(level, machine), module)
    if single:
        with stages.stage("single"):
            slow = _single(module.clone())
    with stages.stage("scheduled"):
        run_passes(phase_text([*PHASES][-1], machine), module)
    with stages.stage("emit"):
        programs = programs_of(module)
    with stages.stage("simulate"):
        timed = [(name, time_program(program)) for name, program in programs.items()]
    bound = _bound(module, machine)
    total = ModelReport(timed, (), {}, bound).total
    return Result(
        name,
        machine,
        total["cycles"],
        total["percent_of_bound"],
        total["percent_of_layers"],
        bound.roof_of_layers,
        slow,
        sum(program.size for program in programs.values()),
        total["engines"],
        total["traffic"],
        total["bound"]["distinct_bytes"],
        stages.seconds,
        total["layers"]["rows"],
    )


def run_passes(passes: str, module: ModuleOp) -> None:
    registry = default_registry()
    PassManager(passes, registry=registry).run(registry.context(), module)


def programs_of(module: ModuleOp) -> dict[str, Program]:
    programs = [op for op in module.ops if isinstance(op, ProgramOp)]
    return {op.sym_name.data: emit_program(op) for op in programs}


def _bound(module: ModuleOp, machine: str) -> ModelBound:
    """Of the function; a model of which the host computes a part has none."""
    function = next(op for op in module.ops if isinstance(op, FuncOp))
    bound = bound_in(function, load_machine(machine))
    if bound is None:
        reasons = {r.data for op in module.walk() if (r := op.attributes.get(HOST))}
        raise ValueError(f"computed on the host: {', '.join(sorted(reasons))}")
    return bound


def _single(module: ModuleOp) -> int:
    """Cycles of the same tiles without double buffering."""
    run_passes(SINGLE_BUFFERED, module)
    return sum(time_program(program).cycles for program in programs_of(module).values())
