"""The target `cpu`: machine code made here, run in this process."""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.diagnostics import CompileError, fail
from dlir.executable import Artifact, CompileOptions, Executable
from dlir.numpy_types import Array, Value, dtype_of, signless_values
from dlir.pipeline import PassManager
from dlir.pipeline_text import pass_text
from dlir.printer import print_module
from dlir.report import Report
from dlir.signature import entry_function, public_types
from dlir.targets.cpu import openmp, schedules
from dlir.targets.cpu.bundle import Bundle
from dlir.targets.cpu.constants import allocate, array_type, contiguous, load_constants, room_of
from dlir.targets.cpu.description import CpuDescription, host
from dlir.targets.cpu.entry import EntryCall
from dlir.targets.cpu.execute import NativeModule, compile_many, emit_assembly
from dlir.targets.cpu.object_cache import default_cache, key_of
from dlir.targets.cpu.pipeline import PHASES, phase_text
from dlir.targets.cpu.trace import KernelTracer, with_public_kernels
from dlir.transforms.dump_schedule import DumpSchedule
from dlir.types import is_memref

KNOWN_PLANS = 64
"""Combinations of input sizes whose plans are kept."""
LEVELS = ("dl", *PHASES, "llvm-ir", "asm", "object")


class CpuExecutable(Executable):
    """A function compiled to machine code, its packed weights, and an arena that is kept."""

    def __init__(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        report: Report,
        bundle: Bundle,
    ) -> None:
        super().__init__(module, options, report)
        self._module, self._bundle = module, bundle
        self._options = replace(options, dump_phases_to=None, progress=None)  # later
        signatures = {name: bundle.signature(name) for name in bundle.signatures}
        self._native = NativeModule.from_objects(
            bundle.objects, signatures, bundle.messages, bundle.has_teams
        )
        self._native.set_threads(threads_of(options))
        self._lock = Lock()
        _LIVE.add(self)
        self._functions = self._native.functions
        self._arena = np.empty(0, np.int8)
        self._tracer: KernelTracer | None = None
        self.constants = load_constants(self._native, bundle, params)
        types = signatures[bundle.entry].inputs
        last = len(types) - 1  # the arena
        _, outputs = public_types(self.entry)
        self._outputs = [
            (array_type(buffer)[0], dtype_of(type))
            for buffer, type in zip(types[last - bundle.results : last], outputs, strict=True)
        ]
        inputs = last - bundle.results - len(self.constants)
        self._plans: dict[tuple[Any, ...], tuple[int, ...]] = {}
        self._call = EntryCall(self._functions[bundle.entry], inputs, self.constants)

    def execute(self, arguments: Sequence[Value]) -> tuple[Value, ...]:
        """Plan for these sizes, make room for the results, run; one call at a time."""
        with self._lock:
            return self._run(arguments)

    def _run(self, arguments: Sequence[Value]) -> tuple[Value, ...]:
        inputs = [*map(contiguous, arguments)]
        arena, *sizes = self._plan(inputs)
        results = allocate(self._outputs, sizes)
        room = self._room(arena)
        if self.on_event is None:
            self._call(inputs, results, room)
            self._check()
        else:
            tracer = self._traced()
            tracer.native.set_threads(threads_of(self._options))
            buffers = map(signless_values, [*inputs, *self.constants, *results, room])
            tracer.call(self._bundle.entry, *buffers)
            self._check(tracer.native)
        return tuple(results)

    def _plan(self, inputs: Sequence[Value]) -> tuple[int, ...]:
        """Bytes of the arena, and the results' dynamic sizes; known for sizes that came before."""
        key = tuple([np.shape(value) for value in inputs])
        known = self._plans.get(key)
        if known is None:
            plan = self._functions[f"{self._bundle.entry}.plan"](*inputs, *self.constants)
            self._check()
            known = tuple(map(int, plan))
            if self._bundle.plans_by_sizes and len(self._plans) < KNOWN_PLANS:
                self._plans[key] = known
        return known

    def _traced(self) -> KernelTracer:
        """The entry with a clock around every kernel, made when it is first asked for."""
        if self._tracer is None:
            module = self._stage("buffers")
            assert isinstance(module, ModuleOp)
            lowered = TARGET.lower(
                with_public_kernels(module), {}, self._options, "buffers", "llvm"
            )
            assert isinstance(lowered, ModuleOp)
            native = NativeModule(lowered, use_cache=self._options.cache)
            self._tracer = KernelTracer(module, native)
        self._tracer.on_event = self.on_event
        return self._tracer

    def stay_alone(self) -> None:
        """In a forked process, where the threads of the parent's team are not: do without."""
        self._native.set_threads(1)
        self._lock = Lock()

    def _check(self, native: NativeModule | None = None) -> None:
        message = (native or self._native).status()
        if message is not None:
            raise ValueError(f"@{self._bundle.entry}: {message}")

    def _room(self, size: int) -> Array:
        """The arena, grown when a call needs more than any before."""
        if len(self._arena) < size:
            self._arena = room_of(size)
        return self._arena

    def stages(self) -> tuple[str, ...]:
        return LEVELS

    def _stage(self, level: str) -> Artifact:
        return TARGET.lower(self._module.clone(), {}, self._options, "dl", level)


_LIVE: weakref.WeakSet[CpuExecutable] = weakref.WeakSet()


def _after_fork() -> None:
    for executable in _LIVE:
        executable.stay_alone()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


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
        entry = entry_function(module, options.function)
        _refuse_memory(entry)
        report = Report.of(self.name, module, entry, params)
        store = default_cache() if options.cache else None
        key = _model_key(module, entry, host(), options)
        dumps = options.dump_phases_to or options.dump_schedule
        bundle = _known_bundle(store.get(key)) if store and not dumps else None
        if bundle is None:
            bundle = self._build(module, entry, options, report)
            if store:
                store.put(key, bundle.to_bytes())
        with report.phase("load"):
            executable = CpuExecutable(module, params, options, report, bundle)
        _report_arena(report, bundle.arena)
        report.memory["code"] = sum(map(len, bundle.objects))
        report.memory["constants"] = sum(
            c.nbytes
            for c, s in zip(executable.constants, bundle.constants, strict=True)
            if isinstance(s, int)
        )
        return executable

    def _build(
        self, module: ModuleOp, entry: FuncOp, options: CompileOptions, report: Report
    ) -> Bundle:
        lowered = module.clone()
        for done, level in enumerate(PHASES, 1):
            with report.phase(level):
                self._run_phase(lowered, level, options)
            options.finish_phase(level, done, len(PHASES) + 1, lowered)
        with report.phase("object"):
            from dlir.targets.cpu.emit import emit_parts  # not needed for known models

            bundle = Bundle.describe(lowered, entry.sym_name.data)
            store = default_cache() if options.cache else None
            bundle.objects = compile_many(emit_parts(lowered, host(), PART), host(), store)
        options.finish_phase("object", len(PHASES) + 1, len(PHASES) + 1, b"")
        return bundle

    def _run_phase(self, module: ModuleOp, level: str, options: CompileOptions) -> None:
        cpu = host()
        threads = threads_of(options)
        text = phase_text(
            level,
            vector_bits=cpu.vector_bits,
            registers=cpu.vector_registers,
            threads=threads,
            winograd=options.winograd,
            apply=schedules.applied(options, threads),
            dump=DumpSchedule(str(options.dump_schedule)) if options.dump_schedule else None,
        )
        PassManager(text, registry=options.registry).run(options.registry.context(), module)

    def schedule_file(self, options: CompileOptions) -> Path | None:
        apply = schedules.applied(options, threads_of(options))
        return None if apply is None else Path(apply.file)

    def unsupported(self, module: ModuleOp, options: CompileOptions) -> dict[str, str]:
        """The ops that the way down to loops refuses, found by going it."""
        try:
            self.lower(module.clone(), {}, options, "dl", "structured")
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


def _report_arena(report: Report, regions: Sequence[Mapping[str, int]]) -> None:
    """The plan beside its lower bound; rows, where both are to be multiplied with dynamic sizes."""
    if any(region["factors"] for region in regions):
        report.details["arena"] = [*regions]
        return
    report.memory["arena"] = sum(region["bytes"] for region in regions)
    report.memory["arena, least"] = sum(region["live"] for region in regions)


PART = 5000  # operations per LLVM module: small enough to compile in parallel


def threads_of(options: CompileOptions) -> int:
    """The threads to plan for: those that were asked for, else all; one without a runtime."""
    count = options.thread_count() or openmp.default_threads()
    return count if count == 1 or openmp.runtime() is not None else 1


def _model_key(
    module: ModuleOp, entry: FuncOp, cpu: CpuDescription, options: CompileOptions
) -> str:
    text = print_module(module, print_debuginfo=False)
    threads, name = threads_of(options), entry.sym_name.data
    apply = schedules.applied(options, threads)
    given = ["", ""] if apply is None else [schedules.content(apply), pass_text(apply)]
    choices = [cpu.cpu, cpu.features, str(threads), str(options.winograd)]
    return key_of("model", _compiler_id(), name, *choices, *given, text)


@cache
def _compiler_id() -> str:
    """Changes whenever a file of dlir does, so that no other compiler's code is ever run."""
    root = Path(__file__).parents[2]
    files = sorted(root.rglob("*.py"))
    return key_of(*(f"{f.name} {(s := f.stat()).st_mtime_ns} {s.st_size}" for f in files))


def _known_bundle(block: bytes | None) -> Bundle | None:
    """The bundle of the cache, or None if it has none that can be read."""
    if block is None:
        return None
    try:
        return Bundle.from_bytes(block)
    except (ValueError, KeyError, TypeError):
        return None


TARGET = CpuTarget()
