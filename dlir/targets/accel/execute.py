"""A compiled model that runs: host code here, programs on the functional simulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from xdsl.ir import SSAValue

from dlir.executable import Artifact, CompileOptions, ModelledExecutable
from dlir.interpreter import with_types
from dlir.numpy_types import Array, Value, dtype_of
from dlir.report import Report
from dlir.signature import public_types
from dlir.targets.accel.bundle import Bundle
from dlir.targets.accel.program import SymbolKind
from dlir.targets.accel.simulator import functional
from dlir.targets.accel.steps import HostStep, LaunchStep, returned, steps_of
from dlir.targets.accel.work.model import bound_in
from dlir.types import element_of, shape_of

if TYPE_CHECKING:
    from dlir.targets.accel.model_report import ModelReport

Stage: TypeAlias = Callable[[], Artifact]
"""Makes the text, module or bytes of a level."""


class AccelCompileReport(Report):
    """The report of a compilation; in JSON and HTML with what a call takes on the machine."""

    executable: AccelExecutable

    @property
    def accel(self) -> ModelReport:
        """What a call takes on the machine."""
        return self.executable.timing()

    def to_json(self) -> str:
        return self.accel.to_json()

    def to_html(self) -> str:
        return self.accel.to_html()


class AccelExecutable(ModelledExecutable):
    """A model on the simulated machine."""

    report: AccelCompileReport

    def __init__(
        self,
        bundle: Bundle,
        options: CompileOptions,
        report: AccelCompileReport,
        stages: Mapping[str, Stage],
    ) -> None:
        super().__init__(bundle.host, CompileOptions(registry=options.registry), report)
        report.executable = self
        self.bundle, self._stages = bundle, stages
        self.steps = steps_of(bundle.host, self.entry, bundle.constants, options)
        self._timings: dict[bool, ModelReport] = {}

    def execute(self, arguments: Sequence[Value]) -> tuple[Value, ...]:
        """Step by step; values live until the call ends."""
        held = with_types(self.entry.function_type.inputs, arguments)
        values: dict[SSAValue, Value] = dict(zip(self.entry.args, held, strict=True))
        for step in self.steps:
            start = time.perf_counter()
            inputs = [values[v] for v in step.inputs]
            if isinstance(step, HostStep):
                results, name = step.executable.execute(inputs), "host"
            else:
                results, name = self._launch(step, inputs), f"@{step.program}"
            values.update(zip(step.outputs, results, strict=True))
            if self.on_event is not None:
                self.on_event(name, start, time.perf_counter())
        return with_types(public_types(self.entry)[1], [values[v] for v in returned(self.entry)])

    def _launch(self, step: LaunchStep, inputs: Sequence[Array]) -> list[Array]:
        """Run a program on the bytes of its inputs."""
        program = self.bundle.programs[step.program]
        names = self.bundle.arguments(step.program)
        given = dict(zip(names[SymbolKind.INPUT], inputs, strict=True))
        with np.errstate(all="ignore"):  # infinities and NaNs are numbers of the machine
            found = functional.run(program, given)
        return [
            found[name].view(dtype_of(element_of(value.type))).reshape(shape_of(value.type))
            for name, value in zip(names[SymbolKind.OUTPUT], step.outputs, strict=True)
        ]

    def timing(self, *, serial: bool = False) -> ModelReport:
        if serial not in self._timings:
            self._timings[serial] = self._time(serial)
        return self._timings[serial]

    def _time(self, serial: bool) -> ModelReport:
        # Late: a call that nobody asks the time of does not load what measures it.
        from dlir.targets.accel.model_report import ModelReport
        from dlir.targets.accel.simulator.simulation import time_program

        simulations = {
            name: time_program(program, serial=serial)
            for name, program in self.bundle.programs.items()
        }
        launches = [step.program for step in self.steps if isinstance(step, LaunchStep)]
        rows = [row for step in self.steps if isinstance(step, HostStep) for row in step.ops]
        kept = {key: value for key, value in asdict(self.report).items() if key != "ops"}
        details = {**kept, "module_ops": self.report.ops, "serial": serial}
        timed = [(name, simulations[name]) for name in launches]
        return ModelReport(timed, rows, details, bound_in(self.bundle.entry, self.bundle.machine))

    def stages(self) -> tuple[str, ...]:
        return tuple(self._stages)

    def _stage(self, level: str) -> Artifact:
        return self._stages[level]()
