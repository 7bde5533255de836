"""The target `accel`: programs for a modelled machine, run by its simulator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from math import prod

from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation

from dlir.diagnostics import CompileError, fail, place_of, warn
from dlir.dialects.accel.ops import AllocOp, LaunchOp, ProgramOp
from dlir.dialects.dl.attrs import ui8
from dlir.dialects.isa import ProgramOp as IsaProgramOp
from dlir.dialects.isa.fields import HOST_BASE
from dlir.executable import Artifact, CompileOptions, Executable
from dlir.numpy_types import Array
from dlir.params import check_params
from dlir.pipeline import PassManager
from dlir.report import Report
from dlir.signature import argument_names, entry_function, public_types
from dlir.targets.accel import view
from dlir.targets.accel.bundle import Bundle, of_program, read_file
from dlir.targets.accel.description import Machine, load_machine, preset_names, settings_text
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.execute import AccelCompileReport, AccelExecutable
from dlir.targets.accel.formats import TEXT
from dlir.targets.accel.hardware_file import contrast
from dlir.targets.accel.host import constant_values, separate
from dlir.targets.accel.pipeline import PHASES, phase_text
from dlir.targets.accel.program import Program
from dlir.targets.accel.steps import why_on_host
from dlir.targets.accel.verifier import verify_program
from dlir.types import element_of, held_type, shape_of

LEVELS = ("dl", *PHASES, "isa", "isa-text", "isa-binary")


class AccelTarget:
    """Compiles `dl`, or any level below, to programs of a machine; `--machine` says of which.

    What the machine cannot do runs on the host, through the target `cpu`; the report and
    `--check-support` say what, and why. Programs run bit for bit on the functional simulator, and
    are timed by the timing simulator.
    """

    name = "accel"
    levels: tuple[str, ...] = LEVELS
    tolerances: Mapping[str, float] = {"float32": 5e-2, "float16": 5e-2}
    """The matrix unit multiplies bf16, whatever type the results have."""

    def compile(
        self, module: ModuleOp, params: Mapping[str, Array], options: CompileOptions
    ) -> Executable:
        report = _report_on(module, params, options)
        bundle = _Compilation(module.clone(), params, options, report).bundle("isa-binary")
        report.memory["code"] = sum(16 * program.size for program in bundle.programs.values())
        report.memory["weights"] = sum(
            data.nbytes for program in bundle.programs.values() for data in program.data.values()
        )
        first = LEVELS.index(level_of(module))
        levels = LEVELS[first:]
        stages = {one: partial(self._stage, module, params, options, one) for one in levels}
        with report.phase("host"):
            return AccelExecutable(bundle, options, report, stages)

    def _stage(
        self, module: ModuleOp, params: Mapping[str, Array], options: CompileOptions, level: str
    ) -> Artifact:
        return self.lower(module.clone(), params, options, "dl", level)

    def lower(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        start: str,
        stop: str,
    ) -> Artifact:
        """Levels from `isa` on are the programs alone; `isa-binary` is the whole model."""
        work = _Compilation(module, params, options, None, start)
        if stop == "dl" or stop in PHASES:
            work.run_phases(stop)
            return module
        check_params(module, params)
        is_bare = not any(isinstance(op, FuncOp) for op in module.ops)
        bundle = work.bundle(stop)
        if stop == "isa-binary":
            return next(iter(bundle.programs.values())).to_bytes() if is_bare else bundle.to_bytes()
        if stop == "isa-text":
            return TEXT.write(bundle.programs)
        return view.module_of_all(bundle.programs.values())

    def open(self, data: bytes, name: str, options: CompileOptions) -> Executable:
        """A `.dlx`: a model, or a single program."""
        machine = None
        if options.machine is None:
            _refuse_settings(options)
        else:
            machine = load_machine(options.machine, options.settings)
        bundle = read_file(data, machine, name, options.registry)
        for program in bundle.programs.values():
            verify_program(program)
        report = AccelCompileReport.of(self.name, bundle.host, bundle.entry, bundle.constants)
        stages = {
            "isa": partial(view.module_of_all, bundle.programs.values()),
            "isa-text": partial(TEXT.write, bundle.programs),
            "isa-binary": lambda: data,
        }
        return AccelExecutable(bundle, options, report, stages)

    def unsupported(self, module: ModuleOp, options: CompileOptions) -> dict[str, str]:
        """The ops that neither the machine nor the host takes, found by going down."""
        work = _Compilation(module.clone(), {}, options)
        try:
            work.run_phases("accel")
        except CompileError as error:
            return {
                d.message.split("'")[1] if "'" in d.message else "?": d.message
                for d in error.diagnostics
            }
        return {}

    def remarks(self, module: ModuleOp, options: CompileOptions) -> list[str]:
        """What runs on the host, where it comes from, and why."""
        lowered = module.clone()
        _Compilation(lowered, {}, options).run_phases("accel")
        counts: Counter[tuple[str, str]] = Counter()
        places: dict[tuple[str, str], str] = {}
        for op in _host_ops(lowered):
            key = (op.name, why_on_host(op))
            counts[key] += 1
            places.setdefault(key, f" ({place})" if (place := place_of(op.location)) else "")
        return [
            f"on the host: {count} {name}{places[name, why]}: {why}"
            for (name, why), count in counts.items()
        ]


def _host_ops(module: ModuleOp) -> Iterator[Operation]:
    """The ops of the host's functions that depend on arguments."""
    for function in module.ops:
        if isinstance(function, FuncOp) and function.body.blocks:
            constant = constant_values(function)
            for op in function.body.block.ops:
                known = all(result in constant for result in op.results)
                if not known and not isinstance(op, LaunchOp):
                    yield op


def level_of(module: ModuleOp) -> str:
    """The level that a module is at, as far as its ops tell."""
    if any(isinstance(op, IsaProgramOp) for op in module.ops):
        return "isa"
    programs = [op for op in module.ops if isinstance(op, ProgramOp)]
    if not programs:
        return "dl"
    tiles = (op for p in programs for op in p.body.block.ops if isinstance(op, AllocOp))
    return "accel" if any(op.at is None for op in tiles) else "scheduled"


def _report_on(
    module: ModuleOp, params: Mapping[str, Array], options: CompileOptions
) -> AccelCompileReport:
    """An empty report; of a module without a function, the function is that of its program."""
    if any(isinstance(op, FuncOp) for op in module.ops):
        entry = entry_function(module, options.function)
        return AccelCompileReport.of(AccelTarget.name, module, entry, params)
    return AccelCompileReport(AccelTarget.name, "main", [], [], {})


class _Compilation:
    """The way of one module, which is used up by it."""

    def __init__(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        report: Report | None = None,
        start: str = "dl",
    ) -> None:
        self.module, self.params, self.options = module, params, options
        self.report = report or Report("accel", "", [], [], {})
        self.level = max(start, level_of(module), key=LEVELS.index)
        self.machine = self._machine()
        self._check_sizes()
        _refuse_elements(self.module)

    def _machine(self) -> Machine | None:
        """The machine that was asked for or that programs are for already."""
        options = self.options
        attributes = [op.machine for op in self.module.ops if isinstance(op, ProgramOp)]
        there = {view.machine_of(attribute) for attribute in attributes}
        if options.machine is None:
            _refuse_settings(options)
            return next(iter(there), None)
        machine = load_machine(options.machine, options.settings)
        for one in there:
            if one != machine:
                fail(
                    None,
                    f"the module holds programs {contrast(one, machine)}",
                    help="leave --machine and --set out, or compile the model again",
                )
        return machine

    def _check_sizes(self) -> None:
        """Programs have static sizes, so the function's arguments must; all of them fit in DRAM."""
        if self.level != "dl" or not any(isinstance(op, FuncOp) for op in self.module.ops):
            return
        entry = entry_function(self.module, self.options.function)
        names = argument_names(entry)
        for number, (name, argument) in enumerate(zip(names, entry.args, strict=True)):
            shape = shape_of(argument.type)
            if DYNAMIC_INDEX in shape:
                given = "x".join("8" if n == DYNAMIC_INDEX else str(n) for n in shape)
                plain = name.lstrip("%#") or str(number)
                fail(
                    entry,
                    f"argument {number} ({name}) is a {argument.type}, but programs of target "
                    "'accel' have known sizes",
                    help=f"give them all, such as --shape {plain}={given}",
                )
        least = sum(prod(shape_of(argument.type)) for argument in entry.args)
        if least > HOST_BASE:
            fail(
                entry,
                f"has {least} elements as arguments, but the machine has {HOST_BASE} bytes of DRAM",
                help="choose smaller sizes with --shape",
            )

    def run_phases(self, stop: str) -> None:
        """The passes down to a level."""
        last = LEVELS.index(stop)
        done = [level for level in PHASES if LEVELS.index(self.level) < LEVELS.index(level) <= last]
        for number, level in enumerate(done, 1):
            with self.report.phase(level):
                self._run_phase(level)
            self.options.finish_phase(level, number, len(done) + 1, self.module)
            self.level = level

    def _run_phase(self, level: str) -> None:
        name = settings = ""
        if level != "structured":
            if self.machine is None:
                fail(None, "target 'accel' needs a machine", help=_machine_help())
            attribute = view.machine_attribute(self.machine)
            name, settings = attribute.preset.data, settings_text(attribute.overrides)
        registry = self.options.registry
        text = phase_text(level, name, settings, self.options.integerize)
        manager = PassManager(text, registry=registry)
        manager.run(registry.context(), self.module)
        if level == "structured":
            _refuse_elements(self.module)

    def bundle(self, stop: str) -> Bundle:
        """All of the way to binaries."""
        if self.level == "isa":
            return of_program(view.program_of(self.module))
        self.run_phases("scheduled")
        functions = [op for op in self.module.ops if isinstance(op, FuncOp)]
        if not functions:
            return of_program(self._only_program())
        entry = entry_function(self.module, self.options.function)
        with self.report.phase("constants"):
            parts = separate(self.module, entry, self.params, self.options)
        if not parts.programs:
            warn(
                entry,
                "leaves nothing to the machine: all of it runs on the host",
                help="dlir-compile --check-support says why",
            )
        with self.report.phase("emit"):
            programs = {n: emit_program(op, weights) for n, op, weights in parts.programs}
        with self.report.phase("verify"):
            for program in programs.values():
                verify_program(program)
        count = len(PHASES) + 1
        self.options.finish_phase(stop, count, count, b"")
        return Bundle(parts.host, programs, parts.constants)

    def _only_program(self) -> Program:
        """The program of a module that holds no function."""
        programs = [op for op in self.module.ops if isinstance(op, ProgramOp)]
        if len(programs) != 1:
            fail(self.module, f"holds {len(programs)} programs and no function to launch them")
        program = emit_program(programs[0])
        verify_program(program)
        return program


def _refuse_elements(module: ModuleOp) -> None:
    """The machine's integers are signed, as are those of the host; bytes are whole.

    Unsigned bytes become signed ones, which the host does with those of callers.
    """
    for op in module.walk():
        types = [value.type for value in op.results]
        if isinstance(op, FuncOp):
            types = [type for side in public_types(op) for type in side]
        for type in types:
            if held_type(type) is not type and element_of(type) != ui8:
                fail(
                    op,
                    f"works on {type}, but target 'accel' has no {element_of(type)}",
                    help="use --target=cpu, or integers of 8 bits, or signed ones of more",
                )


def _refuse_settings(options: CompileOptions) -> None:
    """Without `--machine` there is nothing that `--set` could change."""
    if options.settings:
        fail(None, "--set changes a machine, but none is given", help=_machine_help())


def _machine_help() -> str:
    return f"--machine=NAME, of {', '.join(preset_names())}, or --machine=FILE.toml"


def compile_programs(
    module: ModuleOp,
    params: Mapping[str, Array],
    machine: Machine,
    options: CompileOptions | None = None,
) -> list[Program]:
    """The programs of a model for a machine, for looking at them and timing them.

    The module is left as it was; its sizes must be known. Raises CompileError.
    """
    work = _Compilation(module.clone(), params, options or CompileOptions())
    work.machine = machine
    return list(work.bundle("isa-binary").programs.values())


TARGET = AccelTarget()
