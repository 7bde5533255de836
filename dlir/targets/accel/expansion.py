"""Loops executed away: what an engine really does, in order, with its addresses.

The trip counts of `loop` are constants and nothing branches on data, so the executed instructions
follow from the text alone. All loops of one depth are expanded together, the outermost first: each
piece of the instructions that lies in one of them is repeated, and its register values move on by
what a trip adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from dlir.diagnostics import fail
from dlir.dialects.isa.fields import MAX_NEST
from dlir.targets.accel.stream import Column, Stream

LIMIT = 1 << 24
"""The most instructions that `expand` makes, unless another limit is given."""
_REGISTER_LIMIT = 1 << 62


@dataclass(frozen=True, eq=False)
class Expanded:
    """The executed instructions of a stream, without `loop`, `endl` and `aadd`.

    `index[i]` is the position in the stream of the i-th executed instruction; `registers[r][i]` is
    what address register r holds then (registers that are never stepped are 0 and left out).
    """

    stream: Stream
    index: Column
    registers: dict[int, Column] = field(default_factory=dict[int, Column])

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def opcode(self) -> Column:
        """The opcode of every executed instruction."""
        return self.stream.opcode[self.index].astype(np.int64)

    def where(self, *mnemonics: str) -> Column:
        """Which executed instructions have one of these mnemonics."""
        opcodes = [self.stream.isa.instructions[name].opcode for name in mnemonics]
        return np.flatnonzero(np.isin(self.opcode, opcodes))

    def column(self, name: str, rows: Column | None = None) -> Column:
        """A field of the executed instructions, or of those in `rows`.

        Bases of addresses (`mm.a`, `ld.dram`) come with their register added; such a sum may lie
        outside of every memory.
        """
        index = self.index if rows is None else self.index[rows]
        values = self.stream.column(name)[index]
        mnemonic, _, base = name.rpartition(".")
        register = _register_of(self.stream, mnemonic, base) if mnemonic else None
        if register is None:
            return values
        used = self.stream.column(f"{mnemonic}.{register}")[index]
        for number, held in self.registers.items():
            chosen = used == number
            values[chosen] += (held if rows is None else held[rows])[chosen]
        return values


def _register_of(stream: Stream, mnemonic: str, base: str) -> str | None:
    """The field that names the register of an address."""
    addresses = stream.isa.instructions[mnemonic].addresses
    return next((a.register for a in addresses if a.base == base), None)


class _BadLoop(Exception):
    """A loop that cannot be executed, at a position of the stream."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position


def expand(
    stream: Stream, limit: int = LIMIT, origins: Mapping[int, str] = MappingProxyType({})
) -> Expanded:
    """Execute the loops of a stream. Raises CompileError, before memory is taken, for loops that
    do not match, that nest too deep, or that make more than `limit` instructions.

    `origins` is what the error calls the op of the model: MARK tag -> op.
    """
    try:
        return _expand(stream, limit)
    except _BadLoop as bad:
        fail(None, f"{stream.place(bad.position, origins)}: {bad}", rule="isa-loops")


def _expand(stream: Stream, limit: int) -> Expanded:
    loops = _loops_of(stream, limit)
    index = _kept(stream)
    sums = {one: _executed(one, before, loops) for one, before in _steps(stream).items()}
    registers = {register: values[index] for register, (values, _) in sums.items()}
    for depth in range(MAX_NEST):
        if len(index) and depth in loops.depth:
            loop, source, trip = _repeated(index, loops.inside(depth, len(stream)), loops.count)
            index = index[source]
            for register, (_, added) in sums.items():
                registers[register] = registers[register][source] + trip * added[loop[source]]
    return Expanded(stream, index, registers)


def _kept(stream: Stream) -> Column:
    """The positions of all instructions that are not executed away."""
    gone = [stream.isa.instructions[name].opcode for name in ("loop", "endl", "aadd")]
    return np.flatnonzero(~np.isin(stream.opcode, gone))


def _steps(stream: Stream) -> dict[int, Column]:
    """Register -> n + 1 sums: what all `aadd` before a position have added."""
    steps: dict[int, Column] = {}
    positions = stream.where("aadd")
    registers = stream.column("aadd.ar")[positions]
    amounts = stream.column("aadd.imm")[positions]
    for register in np.unique(registers).tolist():
        if register:  # a0 stays 0
            added = np.zeros(len(stream) + 1, np.int64)
            mine = registers == register
            added[positions[mine] + 1] = amounts[mine]
            steps[register] = np.cumsum(added)
    return steps


# --- loops ----------------------------------------------------------------------------------------


class _Bracket(NamedTuple):
    """Where a loop begins or ends."""

    position: int
    loop: int
    opens: bool


@dataclass
class _Loops:
    """The loops of a stream in order of their beginnings."""

    brackets: list[_Bracket] = field(default_factory=list[_Bracket])
    """In order of their positions."""
    counts: list[int] = field(default_factory=list[int])
    depth: list[int] = field(default_factory=list[int])
    """How many loops are around each."""

    @cached_property
    def count(self) -> Column:
        return np.array(self.counts, np.int64)

    def inside(self, depth: int, size: int) -> Column:
        """Per position, the loop of that depth around it; -1 for none."""
        numbers, begin = np.full(size, -1, np.int64), 0
        for position, loop, opens in self.brackets:
            if self.depth[loop] == depth:
                if not opens:
                    numbers[begin:position] = loop
                begin = position + 1
        return numbers


def _loops_of(stream: Stream, limit: int) -> _Loops:
    """Loops match and nest, and the executed instructions are at most `limit`."""
    brackets, counts = stream.where("loop", "endl"), stream.column("loop.count")
    opening = stream.isa.instructions["loop"].opcode
    kept = np.searchsorted(_kept(stream), np.append(brackets, len(stream))).tolist()
    loops, sizes, around, before = _Loops(), [0], list[int](), 0
    for position, upto in zip(brackets.tolist(), kept, strict=False):
        sizes[-1] += upto - before
        before = upto
        opens = bool(stream.opcode[position] == opening)
        if opens:
            loops.depth.append(len(around))
            around.append(len(loops.counts))
            loops.counts.append(int(counts[position]))
            sizes.append(0)
        elif not around:
            raise _BadLoop(position, "'endl' without a loop")
        if len(around) > MAX_NEST:
            raise _BadLoop(position, f"loops nest {len(around)} deep; at most {MAX_NEST}")
        loops.brackets.append(_Bracket(position, around[-1], opens))
        if not opens:
            size = sizes.pop() * loops.counts[around.pop()]
            sizes[-1] += size
    sizes[-1] += kept[-1] - before
    if around:
        begin = next(b.position for b in loops.brackets if b.loop == around[-1])
        raise _BadLoop(begin, "the loop that begins here never ends")
    if sizes[0] > limit:
        message = f"the loops make {sizes[0]} instructions; at most {limit} are expanded"
        raise _BadLoop(int(brackets[0]) if len(brackets) else 0, message)
    return loops


def _executed(register: int, sums: Column, loops: _Loops) -> tuple[Column, Column]:
    """A register at every position in the first trip of all loops around it, when those before it
    have ended; and what a trip of each loop adds to it."""
    added = np.zeros(max(1, len(loops.counts)), np.int64)
    later, more = np.zeros_like(sums), 0
    begun = [0] * len(loops.counts)
    for (position, loop, opens), value in zip(
        loops.brackets, sums[[b.position for b in loops.brackets]].tolist(), strict=True
    ):
        if opens:
            begun[loop] = value + more
            continue
        total, count = value + more - begun[loop], loops.counts[loop]
        if abs(total * count) >= _REGISTER_LIMIT:
            raise _BadLoop(position, f"register a{register} leaves the range of 63 bits")
        added[loop] = total
        later[position + 1] = (count - 1) * total
        more += (count - 1) * total
    return sums + np.cumsum(later), added


def _repeated(index: Column, inside: Column, counts: Column) -> tuple[Column, Column, Column]:
    """Repeat what lies in loops: the loop of each of the given instructions, which of these each of
    the new ones is, and in which trip.

    Within one trip of the loops around, positions go up; so where they do not, another one begins.
    """
    loop = inside[index]
    apart = (loop[1:] != loop[:-1]) | (index[1:] <= index[:-1])
    start = np.flatnonzero(np.append(True, apart))
    length = np.diff(np.append(start, len(index)))
    size = length * np.where(loop[start] < 0, 1, counts[loop[start]])
    piece = np.repeat(np.arange(len(start)), size)
    offset = np.arange(len(piece)) - (np.cumsum(size) - size)[piece]
    trip = offset // length[piece]
    return loop, start[piece] + offset - trip * length[piece], trip
