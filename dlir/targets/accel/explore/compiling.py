"""Compiling for exploration: programs to be timed, which never see a weight or a host.

So nothing is computed that does not decide what a program costs: no constants, no code for the
host, no IR of the programs, no checks of what the compiler's tests check on every model. And
what machines share is done once: down to `structured` all machines go together; below, those of one
array and the same memories do, as long as they choose the same tiles (see `decisions`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeAlias

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.accel.listing import Listing
from dlir.executable import CompileOptions
from dlir.lowering.structured_to_accel.decisions import Answer, Decisions, Question, decisions
from dlir.lowering.structured_to_accel.drafts import Listings, without_ops
from dlir.parser import parse_module
from dlir.pipeline import Item, PassManager, parse_pipeline
from dlir.printer import print_module
from dlir.registry import default_registry
from dlir.signature import entry_function
from dlir.targets.accel import view
from dlir.targets.accel.description import Machine, settings_text
from dlir.targets.accel.emit import emit_listing
from dlir.targets.accel.host import launched_programs
from dlir.targets.accel.pipeline import phase_text
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.events import Events, events_of
from dlir.targets.accel.simulator.simulation import Simulation, time_events
from dlir.targets.accel.target import TARGET
from dlir.transforms.accel_allocate import allocate_listing
from dlir.transforms.accel_interleave import AccelInterleave, interleave_listing
from dlir.transforms.accel_place_tokens import place_tokens_in
from dlir.transforms.accel_prefetch import AccelPrefetch, prefetch_listing

FOR_REPORTS = ("accel-count-work",)
"""Passes that change nothing."""
OF_TILES = 3
"""The last passes of the level `accel`: the choices of homes and of tiles, and the conversion."""


@dataclass(frozen=True)
class Compiled:
    """Programs, in the order of one run."""

    programs: Sequence[Program]

    @cached_property
    def executed(self) -> list[list[Events]]:
        """What they execute, on whatever machine."""
        return [events_of(program) for program in self.programs]

    def simulations(self, machine: Machine) -> Iterator[Simulation]:
        """Every program, timed on a machine for which the compiler would have made the same."""
        for program, events in zip(self.programs, self.executed, strict=True):
            yield time_events(events, machine, program.debug)


@dataclass
class _Node:
    """What the compiler does after some decisions: it decides on, or is done."""

    question: Question | None = None
    after: dict[Answer, _Node] = field(default_factory=dict[Answer, "_Node"])
    compiled: Compiled | None = None


Key: TypeAlias = tuple[str, tuple[object, ...]]
"""A module as the machine is to compute it, and the form of the machine."""


@dataclass
class Cache:
    """What was compiled lately, as a tree of the compiler's decisions for each module and form."""

    size: int = 32
    known: OrderedDict[Key, _Node] = field(default_factory=OrderedDict[Key, _Node])

    def find(self, key: Key, machine: Machine) -> Compiled | None:
        """What was compiled for a machine for which the compiler does the same."""
        node = self.known.get(key)
        while node is not None and node.question is not None:
            node = node.after.get(node.question(machine))
        return None if node is None else node.compiled

    def add(self, key: Key, decided: Decisions, compiled: Compiled) -> None:
        """Keep it, and forget what was not asked for in the longest time."""
        node = self.known.setdefault(key, _Node())
        for question, answer in decided:
            node.question = node.question or question
            node = node.after.setdefault(answer, _Node())
        node.compiled = compiled
        self.known.move_to_end(key)
        while len(self.known) > self.size:
            self.known.popitem(last=False)


CACHE = Cache()
"""That of this process."""


def compiled(layer: str, machine: Machine, cache: Cache = CACHE) -> Compiled:
    """The programs of one run of a layer, without what their weights hold; perhaps those of another
    machine, to be timed on this one. Raises CompileError."""
    prepared = _prepared(layer, machine)
    key = (prepared.text, form_of(machine))
    found = cache.find(key, machine)
    if found is None:
        module = prepared.module.clone()
        with decisions() as decided, without_ops() as listings:
            _run(_passes("accel", machine)[-OF_TILES:], module)
        found = Compiled(_programs(module, listings))
        cache.add(key, decided, found)
    return found


def form_of(machine: Machine) -> tuple[object, ...]:
    """What the compiler looks at in a machine, but for `decided` questions and what it does before
    there are tiles."""
    array = machine.array
    return (
        array.rows, array.cols, array.types, machine.sizes["acc"], machine.spm, machine.wbuf,
        machine.streams, machine.host is None, machine.fast_vector,
    )  # fmt: skip


@dataclass(frozen=True)
class _Prepared:
    """A layer before it is cut into tiles."""

    module: ModuleOp
    text: str


_PREPARED: OrderedDict[tuple[object, ...], _Prepared] = OrderedDict()
MOST_PREPARED = 256


def _prepared(layer: str, machine: Machine) -> _Prepared:
    """The layer as the machine is to compute it; `structured-fold-windows` looks at the bus."""
    key = (layer, form_of(machine), machine.dma.bytes_per_cycle)
    if key not in _PREPARED:
        module = _structured(layer).clone()
        passes = _passes("accel", machine)[:-OF_TILES]
        _run([one for one in passes if _name_of(one) not in FOR_REPORTS], module)
        _PREPARED[key] = _Prepared(module, print_module(module))
        if len(_PREPARED) > MOST_PREPARED:
            _PREPARED.popitem(last=False)
    return _PREPARED[key]


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


def _programs(module: ModuleOp, listings: Listings) -> list[Program]:
    """The programs, each as often as it is launched."""
    launched = launched_programs(module, entry_function(module))
    made = {op: _scheduled(listings[op]) for op in dict.fromkeys(launched)}
    return [made[op] for op in launched]


def _scheduled(listing: Listing) -> Program:
    """What the passes of the level `scheduled` and the code generator do."""
    interleave_listing(listing, AccelInterleave().depth)
    prefetch_listing(listing, AccelPrefetch().depth)
    allocate_listing(listing)
    place_tokens_in(listing)
    return emit_listing(listing)
