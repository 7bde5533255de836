"""Executables of the target `cpu`: machine code, linked and with its weights."""

from __future__ import annotations

import os
import weakref
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from dlir.executable import Artifact, CompileOptions, Executable
from dlir.numpy_types import Array, Value
from dlir.object_cache import default_cache
from dlir.report import Report
from dlir.signature import entry_function, public_types
from dlir.targets.cpu.bundle import Bundle
from dlir.targets.cpu.execute import NativeModule
from dlir.targets.cpu.native_entry import Arena, NativeEntry
from dlir.targets.cpu.pipeline import PHASES
from dlir.targets.cpu.stored_constants import all_constants
from dlir.targets.cpu.teams import TEAM, possible, settle
from dlir.targets.cpu.trace import KernelTracer, with_public_kernels

LEVELS = ("dl", *PHASES, "llvm-ir", "asm", "object")

Lower = Callable[[ModuleOp, str, str], Artifact]
"""Brings a module, which may be changed, from one level to another."""


@dataclass(frozen=True)
class Compiled:
    """What a compilation made: the functions that became code, and how to see them at a level."""

    functions: ModuleOp
    """At level `dl`, or an outline: the types of the functions."""
    read: Callable[[], ModuleOp]
    """The module at level `dl`."""
    bundles: Sequence[Bundle]
    """One per function; the first holds the objects of all."""
    lower: Lower
    threads: int


class NativeExecutable(Executable):
    """Functions compiled to machine code, their packed weights, and an arena that is kept."""

    def __init__(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        report: Report,
        compiled: Compiled,
    ) -> None:
        super().__init__(module, options, report)
        self._module, self._compiled = module, compiled
        self._options = replace(options, dump_phases_to=None, progress=None)  # later
        self._lock = Lock()
        self._tracer: KernelTracer | None = None
        self._native = _linked(compiled.bundles)
        self._set_threads(possible(compiled.threads))
        _LIVE.add(self)
        arena = Arena()
        self.functions: dict[str, NativeEntry] = {}
        if self._native is not None:
            store = default_cache() if options.cache else None
            lists = all_constants(self._native, compiled.bundles, params, store)
            for bundle, constants in zip(compiled.bundles, lists, strict=True):
                _, outputs = public_types(entry_function(compiled.functions, bundle.entry))
                self.functions[bundle.entry] = NativeEntry(
                    self._native, bundle, constants, arena, outputs
                )

    def _set_threads(self, count: int) -> None:
        modules = (self._native, self._tracer and self._tracer.native)
        self._team = max((m.set_threads(count) for m in modules if m is not None), default=1)

    def _lead(self) -> None:
        """Settle the team of the calling thread, if the code has work for one."""
        if self._team > 1 and TEAM.size != self._team:
            settle(self._team)

    @property
    def bundles(self) -> Sequence[Bundle]:
        """What is known of the functions, in the order of `functions`."""
        return self._compiled.bundles

    @property
    def constants(self) -> list[Array]:
        """All weights, as the code reads them."""
        return [c for function in self.functions.values() for c in function.constants]

    def execute(self, arguments: Sequence[Value]) -> tuple[Value, ...]:
        """One call at a time."""
        self._lead()
        with self._lock:
            return self._run(arguments, None if self.on_event is None else self._traced())

    @abstractmethod
    def _run(self, arguments: Sequence[Value], tracer: KernelTracer | None) -> tuple[Value, ...]:
        """Run; native functions by the tracer, if one is given."""

    def _traced(self) -> KernelTracer:
        """The functions with a clock around every kernel, made when they are first asked for."""
        if self._tracer is None:
            module = self._lowered("buffers")
            assert isinstance(module, ModuleOp)
            lowered = self._compiled.lower(with_public_kernels(module), "buffers", "llvm")
            assert isinstance(lowered, ModuleOp)
            native = NativeModule(lowered, use_cache=self._options.cache)
            self._tracer = KernelTracer(module, native)
        self._set_threads(possible(self._compiled.threads))
        self._tracer.on_event = self.on_event
        return self._tracer

    def stay_alone(self) -> None:
        """In a forked process, where the threads of the parent's team are not: do without."""
        self._set_threads(1)
        self._lock = Lock()

    def _lowered(self, level: str) -> Artifact:
        return self._compiled.lower(self._compiled.read().clone(), "dl", level)


class CpuExecutable(NativeExecutable):
    """A function that is machine code as a whole."""

    def __call__(self, *arguments: Any) -> Any:
        if self.on_event is None:
            (function,) = self.functions.values()
            self._lead()
            with self._lock:
                results = function.call_again(arguments)
            if results is not None:
                return results[0] if len(results) == 1 else (tuple(results) or None)
        return super().__call__(*arguments)

    def _run(self, arguments: Sequence[Value], tracer: KernelTracer | None) -> tuple[Value, ...]:
        (function,) = self.functions.values()
        results = function(arguments, tracer)
        if tracer is None:
            function.expect(self._bound.wanted)
        return results

    def stages(self) -> tuple[str, ...]:
        return LEVELS

    def _stage(self, level: str) -> Artifact:
        return self._lowered(level)


def _linked(bundles: Sequence[Bundle]) -> NativeModule | None:
    """The code of all functions, which the first bundle holds; None if there are none."""
    if not bundles:
        return None
    first = bundles[0]
    signatures = {name: first.signature(name) for name in first.signatures}
    return NativeModule.from_objects(first.objects, signatures, first.messages, first.has_teams)


_LIVE: weakref.WeakSet[NativeExecutable] = weakref.WeakSet()


def _after_fork() -> None:
    for executable in _LIVE:
        executable.stay_alone()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
