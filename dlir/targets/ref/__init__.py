"""The target `ref`: the interpreter, on whatever level the module has."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from dlir.diagnostics import fail
from dlir.executable import Artifact, CompileOptions, Executable
from dlir.interpreter import Interpreter
from dlir.numpy_types import Array, Value
from dlir.report import Report
from dlir.signature import entry_function


class RefExecutable(Executable):
    """A function that the interpreter runs, op by op."""

    def __init__(
        self, module: ModuleOp, params: Mapping[str, Array], options: CompileOptions, report: Report
    ) -> None:
        super().__init__(module, options, report)
        self.module = module
        self._interpreter = Interpreter(module, options.registry, params)

    def execute(self, arguments: Sequence[Value]) -> tuple[Value, ...]:
        """Interpret; an op's time runs from the end of the op before it."""
        self._interpreter.observers = [_Clock(self.on_event)] if self.on_event else []
        return self._interpreter.call(self.entry.sym_name.data, *arguments)

    def stages(self) -> tuple[str, ...]:
        """Only the module as it was given."""
        return ("input",)

    def _stage(self, level: str) -> Artifact:
        return self.module


class _Clock:
    """An observer that reports each op as an event."""

    def __init__(self, on_event: object) -> None:
        self.on_event = on_event
        self.last = time.perf_counter()

    def __call__(self, op: Operation, results: tuple[Value, ...]) -> None:
        now = time.perf_counter()
        assert callable(self.on_event)
        self.on_event(op.name, self.last, now)
        self.last = now


class RefTarget:
    """Runs any module whose ops have reference semantics; lowers nothing."""

    name = "ref"
    levels: tuple[str, ...] = ("input",)

    def compile(
        self, module: ModuleOp, params: Mapping[str, Array], options: CompileOptions
    ) -> Executable:
        """There is nothing to prepare; an op without semantics is found when it is reached."""
        entry = entry_function(module, options.function)
        report = Report.of(self.name, module, entry, params)
        executable = RefExecutable(module, params, options, report)
        options.finish_phase("input", 1, 1, module)
        return executable

    def unsupported(self, module: ModuleOp, options: CompileOptions) -> dict[str, str]:
        """The ops without reference semantics."""
        interpreter = Interpreter(module, options.registry)
        names = {op.name for f in module.ops for op in f.walk() if not interpreter.can_run(op)}
        return dict.fromkeys(sorted(names), "no reference semantics")

    def lower(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        start: str,
        stop: str,
    ) -> Artifact:
        """The interpreter has no levels."""
        if stop != "input":
            fail(None, f"target 'ref' interprets its input and has no level '{stop}'")
        return module


TARGET = RefTarget()
