"""What `dlir-run` does around a call: make it ready, and write down what it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dlir import api
from dlir.commandline import Streams
from dlir.executable import CompileOptions, Executable, MachineTarget, ModelledExecutable, Timing
from dlir.files import write_text
from dlir.numpy_types import Value
from dlir.outputs import Span, write_trace
from dlir.progress import shown_on
from dlir.registry import misuse
from dlir.report import write_report


def ready(
    flags: Any, options: CompileOptions, inputs: Sequence[Value], streams: Streams
) -> Executable:
    """The executable of the command line's model or artifact. Raises CompileError."""
    if api.is_artifact(flags.model):
        return api.open_artifact(flags.model, options, flags.target or "", flags.params)
    target = flags.target or "cpu"
    model = api.load_from(flags.model, streams.stdin, flags.params, options.registry)
    if isinstance(api.find_target(target, options.registry), MachineTarget):
        options = api.with_shapes_of(model, inputs, options)
    with shown_on(streams.stderr) as progress:
        return api.compile_with(model, target, replace(options, progress=progress))


class Observed:
    """A call that a report and a trace are written of."""

    def __init__(
        self, executable: Executable, report: str | None, trace: str | None, serial: bool
    ) -> None:
        self.executable, self.report, self.trace = executable, report, trace
        self.serial = serial
        modelled = isinstance(executable, ModelledExecutable)
        if serial and not modelled:
            raise misuse(f"target '{executable.report.target}' runs here: --serial is for models")
        if serial and not (report or trace):
            raise misuse("--serial changes the times: say with --report or --trace where they go")
        self.needs_no_inputs = modelled and bool(report or trace) and bool(executable.entry.args)
        """Whether everything that was asked for follows from the program alone."""
        self.spans: list[Span] = []
        if trace and not modelled:
            executable.on_event = lambda name, start, end: self.spans.append((name, start, end))

    def write(self) -> str:
        """After the call: the files that were asked for. Gives a line that sums up a modelled run,
        else nothing."""
        one = self.executable
        one.on_event = None
        timing: Timing | None = None
        if isinstance(one, ModelledExecutable) and (self.report or self.trace):
            timing = one.timing(serial=self.serial)
        if self.report:
            write_report(self.report, timing or one.report)
        if self.trace and timing is not None:
            write_text(self.trace, timing.to_trace())
        elif self.trace:
            write_trace(self.trace, one.report.phases, self.spans)
        return "" if timing is None else timing.summary()
