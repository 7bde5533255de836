"""A program as the simulator sees it: what each stream executes, without loops and registers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.isa.encoding import Field, Kind
from dlir.dialects.isa.fields import ISA, MEMORIES, VECTOR
from dlir.targets.accel.expansion import LIMIT, Expanded, expand
from dlir.targets.accel.packing import PackedMemory
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.timing import Ints

_NAMES = {one.opcode: name for name, one in ISA.instructions.items()}


@dataclass(frozen=True, eq=False)
class Events:
    """The executed instructions of one stream, in order; one array element each.

    An instruction in a loop gives one event per trip. LOOP, ENDL, AADD and MARK give none, and what
    stands behind a HALT gives none. What waits for two things gives two: a SYNC that takes, or a
    RECV, with a wait in its header too; first the header's wait, then its own.
    """

    name: str
    """The stream: `ld`, `mx`, `vx`, `st` or `nt`."""
    expanded: Expanded
    chosen: Ints
    """The element of `expanded` of each event."""
    tag: Ints
    """The tag of the last MARK before it; 0 without one."""
    split: NDArray[np.bool_]
    """Which events are only the header's wait of a SYNC or RECV."""
    packed: PackedMemory = field(default_factory=lambda: PackedMemory.of([]))
    """Where its loads find packed weights."""
    _fields: dict[str, Ints] = field(default_factory=dict[str, Ints])
    derived: dict[str, Any] = field(default_factory=dict[str, Any])
    """What others made of the events and keep for the next who asks."""

    def __len__(self) -> int:
        return len(self.chosen)

    @cached_property
    def instruction(self) -> Ints:
        """The number of the instruction in the stream of the program."""
        return self.expanded.index[self.chosen]

    @cached_property
    def opcode(self) -> Ints:
        """The opcode; of a split-off wait, that of NOP."""
        opcode = self.expanded.opcode[self.chosen]
        return np.where(self.split, ISA.instructions["nop"].opcode, opcode)

    @cached_property
    def wait(self) -> Ints:
        """The header's semaphore to take from; 0 for none."""
        wait = self.expanded.column("wait", self.chosen)
        second = np.append(False, self.split[:-1])[: len(wait)]
        return np.where(second, 0, wait)

    @cached_property
    def sig(self) -> Ints:
        """The header's semaphore to give to; 0 for none."""
        return np.where(self.split, 0, self.expanded.column("sig", self.chosen))

    def mnemonic(self, event: int) -> str:
        """The name of an event's instruction."""
        return _NAMES[int(self.expanded.opcode[self.chosen[event]])]

    @cached_property
    def mnemonics(self) -> set[str]:
        """Every instruction that occurs."""
        return {_NAMES[opcode] for opcode in np.unique(self.opcode).tolist()}

    def is_op(self, *mnemonics: str) -> NDArray[np.bool_]:
        """Which events are one of these instructions."""
        key = f"is {mnemonics}"
        if key not in self.derived:
            chosen = np.zeros(1 << ISA.opcode.width, bool)
            chosen[[ISA.instructions[name].opcode for name in mnemonics]] = True
            self.derived[key] = chosen[self.opcode]
            self.derived[key].flags.writeable = False
        return self.derived[key]

    def __getitem__(self, name: str) -> Ints:
        """A body field of every event, 0 where its instruction has none.

        Address registers are added. A choice is its position; a memory is its place in MEMORIES.
        """
        if name not in self._fields:
            column = np.zeros(len(self), np.int64)
            for mnemonic in self.mnemonics:
                part = ISA.layouts[mnemonic].fields.get(name)
                if part is not None:
                    mine = np.flatnonzero(self.is_op(mnemonic))
                    values = self.expanded.column(f"{mnemonic}.{name}", self.chosen[mine])
                    column[mine] = _memory_numbers(part)[values] if _is_memory(part) else values
            self._fields[name] = column
        return self._fields[name]

    def words(self, mnemonic: str, name: str) -> list[str] | list[int]:
        """A field of the events of one instruction, choices by their names."""
        values = self[name][self.is_op(mnemonic)].tolist()
        part = ISA.layouts[mnemonic].fields[name]
        if part.kind is not Kind.CHOICE:
            return values
        choices = MEMORIES if _is_memory(part) else part.choices
        return [choices[value] for value in values]

    def function(self, event: int) -> str:
        """The function of an event of the vector unit, else nothing."""
        table = VECTOR.get(self.mnemonic(event))
        return table[int(self["fn"][event])] if table else ""


def _is_memory(part: Field) -> bool:
    return bool(part.choices) and set(part.choices) <= set(MEMORIES)


def _memory_numbers(part: Field) -> Ints:
    return np.array([MEMORIES.index(name) for name in part.choices])


def events_of(program: Program, limit: int = LIMIT) -> list[Events]:
    """The events of every stream of a program, in the machine's order of streams.

    Raises CompileError for loops that are not closed or make more events than `limit`.
    """
    names = [name for name in program.machine.streams if name in program.streams]
    streams = [program.streams[name] for name in names]
    packed = program.packed
    return [stream_events(expand(stream, limit, program.debug), packed) for stream in streams]


def stream_events(expanded: Expanded, packed: PackedMemory | None = None) -> Events:
    """The events of one expanded stream."""
    marks = expanded.where("mark")
    count = len(expanded)
    halts = expanded.where("halt")
    end = int(halts[0]) + 1 if len(halts) else count
    tags = np.append(0, expanded.column("mark.tag", marks))
    tag = tags[np.searchsorted(marks, np.arange(end), "right")]
    kept = np.flatnonzero(expanded.opcode[:end] != ISA.instructions["mark"].opcode)
    syncs = expanded.where("sync")
    takes = syncs[expanded.column("sync.dir", syncs) == 0]
    waiting = np.concatenate([takes, expanded.where("recv")])
    double = np.zeros(count, bool)
    double[waiting[expanded.column("wait", waiting) > 0]] = True
    chosen = np.repeat(kept, 1 + double[kept])
    split = double[chosen] & np.append(chosen[1:] == chosen[:-1], False)[: len(chosen)]
    packed = PackedMemory.of([]) if packed is None else packed
    return Events(expanded.stream.name, expanded, chosen, tag[chosen], split, packed)
