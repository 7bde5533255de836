"""Programs whose control flow the host runs: what is divided how, and the executable.

The host interprets `func.call`, `scf` and what else `dl-outline-segments` leaves to it; everything
between is machine code, compiled as one module.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from xdsl.dialects import scf, tensor
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import Operation
from xdsl.traits import IsTerminator

from dlir.diagnostics import fail
from dlir.executable import Artifact, CompileOptions, Event
from dlir.interpreter import Interpreter, Semantics
from dlir.numpy_types import Array, Value
from dlir.report import Report
from dlir.targets.cpu.executable import LEVELS, Compiled, NativeExecutable
from dlir.targets.cpu.host_loop import NativeLoop
from dlir.targets.cpu.native_entry import NativeEntry
from dlir.targets.cpu.trace import KernelTracer
from dlir.transforms.dl_loop_recurrent import loop_recurrent
from dlir.transforms.dl_outline_segments import HOST, host_functions, host_op, outline_segments
from dlir.transforms.dl_stack_in_place import place_of_row, stack_in_place

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
    stack_in_place(program)
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
        ops = [*program.walk()]
        loops = ((o, NativeLoop.of(o, functions)) for o in ops if isinstance(o, scf.ForOp))
        self._loops = {id(op): loop for op, loop in loops if loop is not None}
        puts = (o for o in ops if isinstance(o, tensor.InsertSliceOp))
        self._places = {id(op): place_of_row(op) for op in puts}

    def _lookup(self, op: Operation) -> Semantics | None:
        found = super()._lookup(op)
        if found is None or not isinstance(op, scf.ForOp | tensor.InsertSliceOp):
            return found
        run = _Host._repeat if isinstance(op, scf.ForOp) else _Host._put
        return partial(_by_host, run, found)

    def _repeat(self, op: scf.ForOp, first: Value, last: Value, step: Value, *carried: Value):
        """A loop by machine code, if it can be, and nobody looks at what happens inside."""
        loop = self._loops.get(id(op))
        if loop is None or self.tracer is not None or self.observers or step <= 0:
            return None
        numbers = range(int(first), int(last), int(step))
        return loop.run(self._frame, numbers, carried) if len(numbers) > 1 else None

    def _put(self, op: tensor.InsertSliceOp, row: Array, stack: Array, *places: Value):
        """A row into a stack that nothing else uses, without a copy of the stack."""
        if self._places[id(op)] is None or row.size != stack[:1].size:
            return None
        place = int(places[0])
        if not 0 <= place < len(stack):
            raise IndexError(f"place {place} is outside of {len(stack)} rows")
        stack[place] = row.reshape(stack.shape[1:])
        return stack

    def run_function(self, op: FuncOp, *args: Value) -> tuple[Value, ...]:
        native = self._native.get(op.sym_name.data)
        if native is None:
            return super().run_function(op, *args)
        return native(args, self.tracer)


def _by_host(run: Semantics, otherwise: Semantics, host: _Host, op: Operation, *values: Value):
    """What the host does with an op in its own way, or else its semantics."""
    made = run(host, op, *values)
    return otherwise(host, op, *values) if made is None else made


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
