"""The target `cpu`: machine code made here, run in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.diagnostics import CompileError, fail
from dlir.executable import Artifact, CompileOptions, Executable
from dlir.model import KnownModel, digest_of
from dlir.numpy_types import Array
from dlir.object_cache import compiler_id, default_cache, key_of
from dlir.pipeline import PassManager
from dlir.pipeline_text import pass_text
from dlir.report import Report
from dlir.signature import entry_function
from dlir.targets.cpu import compile_client, cores, openmp, schedules
from dlir.targets.cpu.bundle import Bundle, joined, known_bundles
from dlir.targets.cpu.compiling import compile_many, emit_assembly
from dlir.targets.cpu.description import CpuDescription, host
from dlir.targets.cpu.executable import LEVELS, Compiled, CpuExecutable, NativeExecutable
from dlir.targets.cpu.pipeline import PHASES, phase_text
from dlir.types import is_memref

if TYPE_CHECKING:  # the dialects that it needs are slow to import, for models that are known
    from dlir.targets.cpu.host_program import HostProgram


def _refuse_memory(entry: FuncOp) -> None:
    """A function on memrefs has been lowered already: nothing plans its memory any more."""
    types = (*entry.function_type.inputs, *entry.function_type.outputs)
    for type in types:
        if is_memref(type):
            fail(
                entry,
                f"@{entry.sym_name.data} works on memory ({type}); cpu calls functions on tensors",
                help="use --target=ref, or make an object: dlir-compile --compile-from=LEVEL",
            )


class CpuTarget:
    """Compiles `dl` (or any later level) for this machine."""

    name = "cpu"
    levels: tuple[str, ...] = LEVELS

    def compile(
        self, module: ModuleOp, params: Mapping[str, Array], options: CompileOptions
    ) -> Executable:
        from dlir.targets.cpu.host_program import needs_host

        entry = entry_function(module, options.function)
        _refuse_memory(entry)
        report = Report.of(self.name, module, entry, params)
        if needs_host(module, entry):
            executable = self._compile_program(module, entry, params, options, report)
        else:
            bundles = self._bundles(module, [entry.sym_name.data], options, report)
            with report.phase("load"):
                executable = self.link(module, params, options, report, bundles[0])
        _report_memory(report, executable)
        return executable

    def recall(self, model: KnownModel, options: CompileOptions) -> Executable | None:
        """See `RecallingTarget`."""
        outline = model.outline
        entry = entry_function(outline.functions, options.function)
        bundles = self._known(outline.digest, [entry.sym_name.data], options)
        if bundles is None:
            return None
        report = Report.on(self.name, entry, outline.ops, outline.params)
        compiled = self._compiled(outline.functions, bundles, options, model.peek)
        with report.phase("load"):
            executable = CpuExecutable(outline.functions, model.params, options, report, compiled)
        _report_memory(report, executable)
        return executable

    def _compile_program(
        self,
        module: ModuleOp,
        entry: FuncOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        report: Report,
    ) -> HostProgram:
        """What the host runs is interpreted; its segments are compiled together."""
        from dlir.targets.cpu.host_program import HostProgram, divided, host_ops

        with report.phase("host"):
            program, segments = divided(module, entry)
        names = [o.sym_name.data for o in segments.ops if isinstance(o, FuncOp)]
        bundles = self._bundles(segments, names, options, report)
        report.details["host"] = host_ops(program)
        compiled = self._compiled(segments, bundles, options)
        with report.phase("load"):
            return HostProgram(module, params, options, report, compiled, program)

    def link(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        report: Report,
        bundle: Bundle,
    ) -> CpuExecutable:
        """A function whose code was made before."""
        compiled = self._compiled(module, [bundle], options)
        return CpuExecutable(module, params, options, report, compiled)

    def _compiled(
        self,
        module: ModuleOp,
        bundles: Sequence[Bundle],
        options: CompileOptions,
        read: Callable[[], ModuleOp] | None = None,
    ) -> Compiled:
        """`read` gives the module, where there is only an outline of it."""
        quiet = replace(options, dump_phases_to=None, dump_schedule=None, progress=None)

        def lower(module: ModuleOp, start: str, stop: str) -> Artifact:
            return self._lowered(module, quiet, start, stop)

        return Compiled(module, read or (lambda: module), bundles, lower, threads_of(options))

    def _bundles(
        self, module: ModuleOp, entries: Sequence[str], options: CompileOptions, report: Report
    ) -> list[Bundle]:
        """The code of these functions of a module, from the cache if it is known."""
        digest = digest_of(module)
        bundles = self._known(digest, entries, options)
        if bundles is None:
            bundles = self._build(module, entries, options, report) if entries else []
            if options.cache:
                default_cache().put(_code_key(digest, entries, host(), options), joined(bundles))
        return bundles

    def _known(
        self, digest: str, entries: Sequence[str], options: CompileOptions
    ) -> list[Bundle] | None:
        """What the cache has of these functions of a module with that digest."""
        dumps = options.dump_phases_to or options.dump_schedule or options.explain_fusion
        if not options.cache or dumps:
            return None
        found = known_bundles(default_cache().get(_code_key(digest, entries, host(), options)))
        return found if found and [bundle.entry for bundle in found] == [*entries] else None

    def _build(
        self, module: ModuleOp, entries: Sequence[str], options: CompileOptions, report: Report
    ) -> list[Bundle]:
        compile_client.prepare()
        lowered = module.clone()
        for done, level in enumerate(PHASES, 1):
            with report.phase(level), self._explained(options, report):
                self._run_phase(lowered, level, options)
            options.finish_phase(level, done, len(PHASES) + 1, lowered)
        with report.phase("object"):
            from dlir.targets.cpu.emit import emit_parts  # not needed for known models

            bundles = Bundle.describe_all(lowered, entries)
            store = default_cache() if options.cache else None
            bundles[0].objects = compile_many(emit_parts(lowered, host(), PART), host(), store)
        options.finish_phase("object", len(PHASES) + 1, len(PHASES) + 1, b"")
        return bundles

    @contextmanager
    def _explained(self, options: CompileOptions, report: Report) -> Generator[None, None, None]:
        """Keep what is decided inside about fusion, if that is asked for."""
        if not options.explain_fusion:
            yield
            return
        from dlir.transforms.fusion.decisions import as_dict, collect_decisions

        with collect_decisions() as decisions:
            yield
        report.details.setdefault("fusion", []).extend(map(as_dict, decisions))

    def _run_phase(self, module: ModuleOp, level: str, options: CompileOptions) -> None:
        from dlir.transforms.dump_schedule import DumpSchedule  # not needed for known models

        cpu = host()
        threads = threads_of(options)
        text = phase_text(
            level,
            vector_bits=cpu.vector_bits,
            registers=cpu.vector_registers,
            dots=dots_of(options),
            threads=threads,
            winograd=options.winograd,
            integerize=options.integerize,
            apply=schedules.applied(options, threads),
            dump=DumpSchedule(str(options.dump_schedule)) if options.dump_schedule else None,
        )
        PassManager(text, registry=options.registry).run(options.registry.context(), module)

    def schedule_file(self, options: CompileOptions) -> Path | None:
        apply = schedules.applied(options, threads_of(options))
        return None if apply is None else Path(apply.file)

    def unsupported(self, module: ModuleOp, options: CompileOptions) -> dict[str, str]:
        """The ops that the way down to loops refuses, found by going it."""
        from dlir.targets.cpu.host_program import divided, needs_host

        entry = entry_function(module, options.function)
        checked = divided(module, entry)[1] if needs_host(module, entry) else module.clone()
        try:
            self._lowered(checked, options, "dl", "structured")
        except CompileError as error:
            return {
                d.message.split("'")[1] if "'" in d.message else "?": d.message
                for d in error.diagnostics
            }
        return {}

    def lower(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        start: str,
        stop: str,
    ) -> Artifact:
        """Bring the module from one level to a later one; levels below llvm are text and bytes."""
        from dlir.targets.cpu.host_program import refuse_host

        if start == "dl" and stop != "dl":
            refuse_host(module)
        return self._lowered(module, options, start, stop)

    def _lowered(
        self, module: ModuleOp, options: CompileOptions, start: str, stop: str
    ) -> Artifact:
        first, last = self.levels.index(start), self.levels.index(stop)
        if first > last:
            fail(None, f"cannot go from level '{start}' back to '{stop}'")
        steps = self.levels[first + 1 : last + 1]
        if options.dump_schedule and "buffers" not in steps:
            fail(None, "schedules are chosen on the way to level 'buffers', which is not passed")
        for done, level in enumerate(steps, 1):
            if level in PHASES:
                self._run_phase(module, level, options)
                options.finish_phase(level, done, len(steps), module)
        if stop in PHASES or stop == "dl":
            return module
        from dlir.targets.cpu.emit import emit_ir

        ir = emit_ir(module, host())
        if stop == "llvm-ir":
            return ir
        return emit_assembly(ir) if stop == "asm" else compile_many([ir], processes=1)[0]

    def library(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        name: str,
        *,
        shared: bool,
    ) -> tuple[bytes, str]:
        """See `LibraryTarget`."""
        from dlir.targets.cpu.library import build_library
        from dlir.targets.cpu.library.interface import interface_of
        from dlir.targets.cpu.library.linker import find_linker, link

        linker = find_linker() if shared else None
        entry = entry_function(module, options.function)
        _refuse_memory(entry)
        interface, function = interface_of(entry, name), entry.sym_name.data
        lowered = self.lower(module, params, options, "dl", "llvm")
        assert isinstance(lowered, ModuleOp)
        threads = options.thread_count()
        image, header = build_library(
            lowered, interface, params, host(), entry=function, threads=threads
        )
        return link(image, linker) if linker else image, header


def _report_memory(report: Report, executable: NativeExecutable) -> None:
    """What is kept for code and constants, and the arena beside its lower bound.

    Of several functions, which run in turn, the one with the largest arena counts.
    """
    bundles = executable.bundles
    report.memory["code"] = sum(len(part) for bundle in bundles for part in bundle.objects)
    report.memory["constants"] = sum(
        constant.nbytes
        for bundle in bundles
        for constant, source in zip(
            executable.functions[bundle.entry].constants, bundle.constants, strict=True
        )
        if not isinstance(source, str)
    )
    _report_arena(report, [bundle.arena for bundle in bundles])


def _report_arena(report: Report, arenas: Sequence[Sequence[Mapping[str, int]]]) -> None:
    """Rows of all functions where sizes are to be multiplied with dynamic ones; else bytes."""
    if any(region["factors"] for regions in arenas for region in regions):
        report.details["arena"] = [region for regions in arenas for region in regions]
        return
    for name, count in (("arena", "bytes"), ("arena, least", "live")):
        report.memory[name] = max((sum(r[count] for r in regions) for regions in arenas), default=0)


PART = 5000  # operations per LLVM module: small enough to compile in parallel


def threads_of(options: CompileOptions) -> int:
    """The threads to plan for: those that were asked for, else all; one without a runtime."""
    count = options.thread_count() or cores.default_threads()
    return count if count == 1 or openmp.runtime() is not None else 1


def dots_of(options: CompileOptions) -> list[str]:
    """The kinds of dot products to schedule and to make instructions of."""
    return [kind for kind in host().dots if options.bf16_dots or kind != "bf16"]


def _code_key(
    digest: str, entries: Sequence[str], cpu: CpuDescription, options: CompileOptions
) -> str:
    """The cache's name for the code of these functions of a module with that digest."""
    threads = threads_of(options)
    apply = schedules.applied(options, threads)
    given = ["", ""] if apply is None else [schedules.content(apply), pass_text(apply)]
    choices = [cpu.cpu, cpu.features, str(threads), str(options.winograd)]
    choices += [str(options.integerize), *dots_of(options)]
    return key_of("model", compiler_id(), *entries, *choices, *given, digest)


TARGET = CpuTarget()
