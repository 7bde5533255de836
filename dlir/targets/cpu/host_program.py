"""Programs whose control flow the host runs: what is divided how, and the executable.

The host interprets `func.call`, `scf` and what else `dl-outline-segments` leaves to it; everything
between is machine code, compiled as one module.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import Operation
from xdsl.traits import IsTerminator

from dlir.diagnostics import fail
from dlir.executable import Artifact, CompileOptions, Event
from dlir.interpreter import Interpreter
from dlir.numpy_types import Array, Value
from dlir.report import Report
from dlir.targets.cpu.executable import LEVELS, Compiled, NativeExecutable
from dlir.targets.cpu.native_entry import NativeEntry
from dlir.targets.cpu.trace import KernelTracer
from dlir.transforms.dl_loop_recurrent import loop_recurrent
from dlir.transforms.dl_outline_segments import HOST, host_functions, host_op, outline_segments

# --- what is divided how --------------------------------------------------------------------------


def needs_host(module: ModuleOp, entry: FuncOp) -> bool:
    """Whether a function cannot be machine code as a whole."""
    return entry in host_functions(module)


def refuse_host(module: ModuleOp) -> None:
    """Raises CompileError for a module that is no machine code as a whole."""
    for function in host_functions(module):
        op = host_op(function)
        if op is not None:
            fail(
                op,
                f"is run by the host, so @{function.sym_name.data} has no level below 'dl'",
                rule="cpu-host-program",
                help="dlir-run runs it; dlir-opt --dl-outline-segments shows what is compiled",
            )


def divided(module: ModuleOp, entry: FuncOp) -> tuple[ModuleOp, ModuleOp]:
    """The program for the host, and its segments as public functions of another module."""
    program = module.clone()
    loop_recurrent(program)
    outline_segments(program)
    functions = {o.sym_name.data: o for o in program.ops if isinstance(o, FuncOp)}
    reached = [functions[entry.sym_name.data]]
    for function in reached:
        names = (o.callee.string_value() for o in function.walk() if isinstance(o, CallOp))
        reached += [f for name in names if (f := functions.get(name)) and f not in reached]
    segments = [function.clone() for function in reached if HOST not in function.attributes]
    for segment in segments:
        segment.properties.pop("sym_visibility", None)
    return program, ModuleOp(segments)


def host_ops(program: ModuleOp) -> dict[str, int]:
    """How often each op occurs that the host runs, calls of segments included."""
    functions = (o for o in program.ops if isinstance(o, FuncOp) and HOST in o.attributes)
    ops = (op for function in functions for op in function.body.walk())
    counts = Counter(op.name for op in ops if not op.has_trait(IsTerminator))
    return dict(sorted(counts.items()))


# --- running --------------------------------------------------------------------------------------


class HostProgram(NativeExecutable):
    """A function whose control flow is interpreted, and whose segments are machine code.

    `program` is what `dl-outline-segments` made of the module. Below level `host`, stages show the
    segments alone.
    """

    def __init__(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        report: Report,
        compiled: Compiled,
        program: ModuleOp,
    ) -> None:
        super().__init__(module, params, options, report, compiled)
        self._program = program
        self._interpreter = _Host(program, options, params, self.functions)

    def _run(self, arguments: Sequence[Value], tracer: KernelTracer | None) -> tuple[Value, ...]:
        host = self._interpreter
        host.tracer = tracer
        host.observers = [] if self.on_event is None else [_Clock(self.on_event)]
        return host.call(self.entry.sym_name.data, *arguments)

    def stages(self) -> tuple[str, ...]:
        return ("dl", "host", *LEVELS[1:])

    def _stage(self, level: str) -> Artifact:
        return {"dl": self._module, "host": self._program}.get(level) or self._lowered(level)


class _Host(Interpreter):
    """Interprets what the host runs; calls of segments are calls of machine code."""

    def __init__(
        self,
        program: ModuleOp,
        options: CompileOptions,
        params: Mapping[str, Array],
        functions: Mapping[str, NativeEntry],
    ) -> None:
        super().__init__(program, options.registry, params)
        self._native = functions
        self.tracer: KernelTracer | None = None

    def run_function(self, op: FuncOp, *args: Value) -> tuple[Value, ...]:
        native = self._native.get(op.sym_name.data)
        if native is None:
            return super().run_function(op, *args)
        return native(args, self.tracer)


class _Clock:
    """An observer that reports each op of the host; segments report their kernels themselves."""

    def __init__(self, on_event: Event) -> None:
        self._on_event = on_event
        self._last = time.perf_counter()

    def __call__(self, op: Operation, results: tuple[Value, ...]) -> None:
        now = time.perf_counter()
        if not op.regions and not isinstance(op, CallOp):
            self._on_event(f"host {op.name}", self._last, now)
        self._last = now
