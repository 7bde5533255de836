"""Compiles a model for a machine, times its programs, and holds them against the bounds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from dlir import api
from dlir.dialects.accel.ops import ProgramOp
from dlir.pipeline import PassManager
from dlir.registry import Registry, default_registry
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator import work
from dlir.targets.accel.simulator.bounds import Bound, Work, bound_of
from dlir.targets.accel.simulator.report import AccelReport, report_of
from dlir.targets.accel.simulator.simulation import time_program

STRUCTURED = (
    "dl-simplify,dl-assign-layout{layout=nhwc},dl-simplify,convert-dl-to-structured,cse,"
    "structured-fuse,cse"
)
SCHEDULE = ("accel-prefetch", "accel-allocate", "accel-place-tokens")
ROOFS = ("compute", "dram", "host", "array_load", "vector")


@dataclass
class Result:
    """One line of the table."""

    name: str
    machine: str
    cycles: int = 0
    serial_cycles: int = 0
    layers: list[tuple[str, Bound]] = field(default_factory=list[tuple[str, Bound]])
    fused: Bound = field(default_factory=lambda: Bound({"compute": 0.0}))
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Stage -> CPU seconds."""
    instructions: int = 0
    host_ops: dict[str, str] = field(default_factory=dict[str, str])
    reports: list[AccelReport] = field(default_factory=list[AccelReport])
    failure: str | None = None

    @property
    def bound(self) -> float:
        """The sum over the layers."""
        return sum(b.cycles for _, b in self.layers)

    @property
    def percent(self) -> float:
        return 100 * self.bound / max(1, self.cycles)

    @property
    def percent_fused(self) -> float:
        return 100 * self.fused.cycles / max(1, self.cycles)

    @property
    def roof(self) -> str:
        """The roof that binds most of the layers' cycles."""
        shares = {r: sum(b.cycles for _, b in self.layers if b.name == r) for r in ROOFS}
        return max(shares, key=lambda r: shares[r])

    @property
    def compile_seconds(self) -> float:
        return sum(s for stage, s in self.seconds.items() if stage not in ("simulate", "serial"))


class Stages:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def run(self, name: str, passes: str, registry: Registry, module: ModuleOp) -> None:
        start = time.process_time()
        PassManager(passes, registry=registry).run(registry.context(), module)
        self.add(name, start)

    def add(self, name: str, start: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0) + time.process_time() - start


def measure(name: str, text: str, machine_name: str, *, serial: bool = False) -> Result:
    """Compile, time and compare."""
    registry, machine = default_registry(), load_machine(machine_name)
    stages = Stages()
    start = time.process_time()
    module = api.load(text).module
    stages.add("load", start)
    stages.run("structured", STRUCTURED, registry, module)
    result = Result(name, machine_name, seconds=stages.seconds)
    _bounds(module, machine, result)
    programs = _compile(module, machine_name, registry, stages)
    result.instructions = sum(p.size for p in programs)
    start = time.process_time()
    simulations = [time_program(p) for p in programs]
    stages.add("simulate", start)
    result.cycles = sum(s.cycles for s in simulations)
    if serial:
        result.serial_cycles = sum(time_program(p, serial=True).cycles for p in programs)
    result.reports = [report_of(s) for s in simulations]
    return result


def _bounds(module: ModuleOp, machine: Machine, result: Result) -> None:
    block = _main(module).body.block
    layers = work.layers_of(block)
    works = work.work_of_layers(block, layers, machine)
    result.layers = [
        (layer.name, bound_of(w, machine)) for layer, w in zip(layers, works, strict=True)
    ]
    result.fused = bound_of(work.total_of(block, layers, machine), machine)


def _main(module: ModuleOp) -> FuncOp:
    return next(op for op in module.ops if isinstance(op, FuncOp))


def _compile(
    module: ModuleOp, machine: str, registry: Registry, stages: Stages
) -> list[Program]:
    known = registry.names("pass")
    if "structured-fold-windows" in known:
        stages.run("structured", f"structured-fold-windows{{machine={machine}}}", registry, module)
    stages.run("accel", f"convert-structured-to-accel{{machine={machine}}}", registry, module)
    for name in SCHEDULE:
        if name in known:
            stages.run(name, name, registry, module)
    start = time.process_time()
    programs = [emit_program(op) for op in module.ops if isinstance(op, ProgramOp)]
    stages.add("emit", start)
    return programs


def total(works: Sequence[Work]) -> Work:
    """All of them."""
    return Work(
        macs={t: sum(w.macs[t] for w in works) for t in works[0].macs},
        dram_bytes=sum(w.dram_bytes for w in works),
        host_bytes=sum(w.host_bytes for w in works),
        load_rows=sum(w.load_rows for w in works),
        vector_cycles=sum(w.vector_cycles for w in works),
    )
