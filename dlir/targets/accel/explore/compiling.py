"""Compiling for exploration: programs to be timed, which never see a weight or a host.

So nothing is computed that does not decide what a program costs: no constants, no code for the
host, no checks of what the compiler's tests check on every model. And what machines share is done
once: down to `structured` all machines go together; below, those of one array and the same memories
do, as long as they choose the same tiles (see `tiling.decisions`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.executable import CompileOptions
from dlir.lowering.structured_to_accel.tiling import Decisions, choose, decisions
from dlir.parser import parse_module
from dlir.pipeline import Item, PassManager, parse_pipeline
from dlir.printer import print_module
from dlir.registry import default_registry
from dlir.signature import entry_function
from dlir.targets.accel import view
from dlir.targets.accel.description import Machine, settings_text
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.host import launched_programs
from dlir.targets.accel.pipeline import phase_text
from dlir.targets.accel.program import Program
from dlir.targets.accel.target import TARGET

FOR_REPORTS = ("accel-count-work",)
"""Passes that change nothing."""


@dataclass(frozen=True)
class Compiled:
    """Programs, in the order of one run, and what they depend on beyond arrays and memories."""

    programs: Sequence[Program]
    decisions: Decisions

    def is_for(self, machine: Machine) -> bool:
        """Whether the compiler would decide the same for this machine."""
        return all(choose(problem, machine) == chosen for problem, chosen in self.decisions)


Key: TypeAlias = tuple[str, tuple[object, ...]]
"""A module as the machine is to compute it, and the form of the machine."""


@dataclass
class Cache:
    """What was compiled lately."""

    size: int = 128
    known: OrderedDict[Key, list[Compiled]] = field(
        default_factory=OrderedDict[Key, list[Compiled]]
    )

    def find(self, key: Key, machine: Machine) -> Compiled | None:
        """What was compiled for a machine for which the compiler does the same."""
        return next((c for c in self.known.get(key, ()) if c.is_for(machine)), None)

    def add(self, key: Key, compiled: Compiled) -> None:
        """Keep it, and forget what was not asked for in the longest time."""
        self.known.setdefault(key, []).append(compiled)
        self.known.move_to_end(key)
        while len(self.known) > self.size:
            self.known.popitem(last=False)


CACHE = Cache()
"""That of this process."""


def programs_of(layer: str, machine: Machine, cache: Cache = CACHE) -> Sequence[Program]:
    """The programs of one run of a layer, without what their weights hold; perhaps of another
    machine, to be timed on this one. Raises CompileError."""
    module = _structured(layer).clone()
    *prepare, convert = _passes("accel", machine)
    _run([one for one in prepare if _name_of(one) not in FOR_REPORTS], module)
    key = (print_module(module), form_of(machine))
    found = cache.find(key, machine)
    if found is None:
        with decisions() as decided:
            _run([convert, *_passes("scheduled", machine)], module)
        found = Compiled(_emitted(module), decided)
        cache.add(key, found)
    return found.programs


def form_of(machine: Machine) -> tuple[object, ...]:
    """What the compiler looks at in a machine, but for `tiling.choose`."""
    array = machine.array
    return (
        array.rows, array.cols, array.types, machine.sizes["acc"], machine.spm, machine.wbuf,
        machine.streams, machine.host is None,
    )  # fmt: skip


@lru_cache(maxsize=512)
def _structured(layer: str) -> ModuleOp:
    """The layer as far down as all machines go together."""
    module = parse_module(layer, default_registry().context())
    TARGET.lower(module, {}, CompileOptions(), "dl", "structured")
    return module


@lru_cache(maxsize=16)
def _passes(level: str, machine: Machine) -> tuple[Item, ...]:
    attribute = view.machine_attribute(machine)
    return parse_pipeline(
        phase_text(level, attribute.preset.data, settings_text(attribute.overrides))
    )


def _name_of(item: Item) -> str:
    return item.name if isinstance(item, ModulePass) else ""


def _run(items: Sequence[Item], module: ModuleOp) -> None:
    registry = default_registry()
    PassManager(items, registry=registry).run(registry.context(), module)


def _emitted(module: ModuleOp) -> list[Program]:
    """The programs, each as often as it is launched."""
    launched = launched_programs(module, entry_function(module))
    made = {op: emit_program(op) for op in dict.fromkeys(launched)}
    return [made[op] for op in launched]
