"""What a target is to the rest of dlir, and what it makes of a module.

A target is an object with the members of `Target`, named in `registry.TARGETS`; dlir never asks
for more. Its `compile` returns an `Executable`, of which it writes only `execute` and `stage`.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.diagnostics import fail
from dlir.files import write_text
from dlir.model import KnownModel
from dlir.numpy_types import Array, Value
from dlir.printer import print_module
from dlir.registry import Registry, default_registry, misuse
from dlir.report import Report
from dlir.signature import Binding, entry_function, result_names

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called as `(what is being done, steps done, steps in all)` while compiling."""

Artifact: TypeAlias = ModuleOp | str | bytes
"""A module at some level, text below MLIR (LLVM IR, assembly), or a binary."""

Event: TypeAlias = Callable[[str, float, float], None]
"""Called as `(name, start, end)`, in seconds of `time.perf_counter`, while running."""

PRECISIONS = ("bf16", "f16")
"""What a model in f32 can be stored in."""


@dataclass(frozen=True)
class CompileOptions:
    """What the caller of `compile` asked for; the same for every target."""

    function: str | None = None
    """The entry; None means `main`, or the only function."""
    cache: bool = True
    """Whether compiled objects may be taken from, and left in, the cache on disk."""
    threads: int | None = None
    """None: the environment's DLIR_NUM_THREADS, else the target's own choice."""
    winograd: bool = True
    """Whether Winograd's algorithm may be chosen, which rounds a little more than direct sums."""
    integerize: bool = True
    """Whether quantised models are computed on integers, see `dl-integerize`; else as written."""
    bf16_dots: bool = True
    """Whether products of bf16 may be summed by instructions that take subnormals for zero."""
    explain_fusion: bool = False
    """Whether the report tells what was fused and why; the model is then compiled anew."""
    dump_phases_to: Path | None = None
    """A folder that receives the module after every phase, as `<number>-<level>.mlir`."""
    progress: Progress | None = None
    machine: str | None = None
    """The machine to make programs for, of a target that has several: a preset or a file."""
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys of the machine that are to be other than in its file: `spm.bytes` -> `131072`."""
    schedule: Path | None = None
    """A file of schedules; None: what was measured on this machine (see docs/tuning.md)."""
    dump_schedule: Path | None = None
    """A file that receives the schedules of the kernels."""
    shapes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Argument (a name, or a number from 0) -> all of its sizes: `ids` -> `1x128`."""
    precision: str | None = None
    """One of `PRECISIONS`: what tensors of f32 are stored in."""
    registry: Registry = field(default_factory=default_registry)

    def thread_count(self) -> int | None:
        """`threads`, else DLIR_NUM_THREADS, else None. Raises UsageError unless it is positive."""
        given = self.threads if self.threads is not None else os.environ.get("DLIR_NUM_THREADS")
        if given is None:
            return None
        if not str(given).isdecimal() or int(given) == 0:
            raise misuse(f"the number of threads must be positive, got '{given}'")
        return int(given)

    def finish_phase(self, level: str, done: int, total: int, module: Artifact) -> None:
        """To be called by a target after each phase: dumps the module and shows progress."""
        if self.dump_phases_to is not None and not isinstance(module, bytes):
            is_text = isinstance(module, str)
            suffix, text = (".txt", module) if is_text else (".mlir", f"{print_module(module)}\n")
            write_text(self.dump_phases_to / f"{done}-{level}{suffix}", text)
        if self.progress is not None:
            self.progress(level, done, total)


class Executable(ABC):
    """A compiled function: call it with arrays, look at its stages, read its report.

    A call checks its inputs against the signature before anything runs (TypeError, ValueError).
    One result comes back as it is, several as a tuple, none as None.
    """

    def __init__(self, module: ModuleOp, options: CompileOptions, report: Report) -> None:
        self.entry: FuncOp = entry_function(module, options.function)
        self.report = report
        self._bound = Binding(self.entry)
        self.on_event: Event | None = None
        """When set, told about everything that ran (for `dlir-run --trace`)."""

    def __call__(self, *arguments: Any) -> Any:
        results = self.execute(self._bound(arguments))
        return None if not results else results[0] if len(results) == 1 else results

    @property
    def result_names(self) -> list[str]:
        """The results' names where the text gives them, else `o0`, `o1`, ..."""
        return result_names(self.entry)

    @abstractmethod
    def execute(self, arguments: Sequence[Value]) -> tuple[Value, ...]:
        """Run on arguments that have been checked; results are arrays the caller may keep."""

    @abstractmethod
    def stages(self) -> tuple[str, ...]:
        """The levels that `stage` knows, in the order of compilation."""

    @abstractmethod
    def _stage(self, level: str) -> Artifact:
        """The program at one of `stages()`."""

    def stage(self, level: str) -> Artifact:
        """The IR at a level (`dl`, `structured`, `loops`, `llvm`, ...). Raises CompileError."""
        if level not in self.stages():
            fail(None, f"no stage '{level}'", help=f"stages here: {', '.join(self.stages())}")
        return self._stage(level)


class Timing(Protocol):
    """What a modelled machine took for a program, known without running it."""

    @property
    def cycles(self) -> int:
        """Of one call."""
        ...

    def cycles_of_ops(self) -> Mapping[str, int]:
        """Op of the model -> the cycles in which nothing but it holds the end of the call up."""
        ...

    def summary(self) -> str:
        """One line of text."""
        ...

    def to_json(self) -> str:
        """One JSON object."""
        ...

    def to_html(self) -> str:
        """One page that needs nothing else."""
        ...

    def to_trace(self) -> str:
        """A Chrome trace, as JSON."""
        ...


class ModelledExecutable(Executable):
    """An executable whose machine is modelled, so that its time follows from the program alone."""

    @abstractmethod
    def timing(self, *, serial: bool = False) -> Timing:
        """What one call takes; `serial`: nothing in a matrix unit overlaps."""


class Frontend(Protocol):
    """What reads a foreign format; named in `registry.FRONTENDS` under the files' suffix."""

    def load(self, source: Any) -> tuple[ModuleOp, Mapping[str, Array]]:
        """The module and weights of a path or of an object in memory. Raises CompileError."""
        ...

    def support(self, source: Any) -> tuple[str, bool]:
        """A table of the operators of `source`, and whether all can be imported."""
        ...


class Target(Protocol):
    """The members a target has."""

    @property
    def name(self) -> str:
        """The name after `--target=`."""
        ...

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels from the first it accepts to the last it makes."""
        ...

    def compile(
        self, module: ModuleOp, params: Mapping[str, Array], options: CompileOptions
    ) -> Executable:
        """Make `module`, which is left unchanged, ready to run. Raises CompileError.

        The module has been verified and `params` hold every weight it names, of the right type.
        """
        ...

    def unsupported(self, module: ModuleOp, options: CompileOptions) -> dict[str, str]:
        """The names of ops in `module` that the target cannot run, and why."""
        ...

    def lower(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        start: str,
        stop: str,
    ) -> Artifact:
        """Bring `module`, which may be changed, from level `start` to a later level `stop`.

        `params` are the weights that are known; a level that holds none does not ask for them.
        """
        ...


@runtime_checkable
class RecallingTarget(Target, Protocol):
    """A target that finds what it compiled before by an outline of the model."""

    def recall(self, model: KnownModel, options: CompileOptions) -> Executable | None:
        """What `compile` would make of the model, without reading it; None if that is not known."""
        ...


@runtime_checkable
class ScheduledTarget(Target, Protocol):
    """A target whose schedules can be read from, and written to, files."""

    def schedule_file(self, options: CompileOptions) -> Path | None:
        """The file that a compilation takes schedules from."""
        ...


@runtime_checkable
class MachineTarget(Target, Protocol):
    """A target for machines that it models: `--machine` chooses one, programs have known sizes."""

    @property
    def tolerances(self) -> Mapping[str, float]:
        """Element type -> allowed relative difference, where that is not `compare`'s own."""
        ...

    def remarks(self, module: ModuleOp, options: CompileOptions) -> list[str]:
        """What runs, but not on the machine, and why; one sentence each."""
        ...

    def open(self, data: bytes, name: str, options: CompileOptions) -> Executable:
        """Make an artifact of this target ready to run. Raises CompileError."""
        ...


@runtime_checkable
class LibraryTarget(Target, Protocol):
    """A target whose functions can be called from C, in a process without dlir."""

    def library(
        self,
        module: ModuleOp,
        params: Mapping[str, Array],
        options: CompileOptions,
        name: str,
        *,
        shared: bool,
    ) -> tuple[bytes, str]:
        """A shared library, or an object to link, and its C header.

        `module` may be changed; `params` hold every weight it names. `name` is an identifier of C
        with which all symbols begin. Raises CompileError.
        """
        ...
