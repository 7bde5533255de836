"""Loops executed away: what an engine really does, in order, with its addresses.

The trip counts of `loop` are constants and nothing branches on data, so the executed instructions
follow from the text alone. A loop is expanded by tiling the arrays of its body: `count` copies of
the positions, and of the register values with `count` multiples of what one trip adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

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
    brackets = stream.where("loop", "endl")
    _check_size(stream, brackets, limit)
    steps = _steps(stream)
    frame, outer = _Frame(0), list[_Frame]()
    begin = 0
    is_loop = stream.opcode[brackets] == stream.isa.instructions["loop"].opcode
    counts = stream.column("loop.count")
    kept = _kept(stream)
    for position, opens in zip(brackets.tolist(), is_loop.tolist(), strict=True):
        frame.add_run(kept, steps, begin, position)
        begin = position + 1
        if opens:
            outer.append(frame)
            frame = _Frame(int(counts[position]))
        else:
            body, frame = frame, outer.pop()
            frame.add(body.repeated(position))
    frame.add_run(kept, steps, begin, len(stream))
    return Expanded(stream, frame.index(), {r: frame.register(r) for r in steps})


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


def _check_size(stream: Stream, brackets: Column, limit: int) -> None:
    """Loops match and nest, and the executed instructions are at most `limit`."""
    counts, opcode = stream.column("loop.count"), stream.opcode
    opening = stream.isa.instructions["loop"].opcode
    kept = np.concatenate([[0], np.cumsum(np.isin(np.arange(len(stream)), _kept(stream)))])
    sizes, open_loops, begin = [0], list[int](), 0
    for position in [*brackets.tolist(), len(stream)]:
        sizes[-1] += int(kept[position] - kept[begin])
        begin = min(position + 1, len(stream))
        if position == len(stream):
            break
        if opcode[position] == opening:
            open_loops.append(position)
            sizes.append(0)
            if len(open_loops) > MAX_NEST:
                raise _BadLoop(position, f"loops nest {len(open_loops)} deep; at most {MAX_NEST}")
        elif not open_loops:
            raise _BadLoop(position, "'endl' without a loop")
        else:
            size = sizes.pop() * int(counts[open_loops.pop()])
            sizes[-1] += size
    if open_loops:
        raise _BadLoop(open_loops[-1], "the loop that begins here never ends")
    if sizes[0] > limit:
        message = f"the loops make {sizes[0]} instructions; at most {limit} are expanded"
        raise _BadLoop(int(brackets[0]) if len(brackets) else 0, message)


@dataclass
class _Piece:
    """Executed instructions, with register values relative to the piece's beginning."""

    index: Column
    registers: dict[int, Column]
    totals: dict[int, int]
    """What the whole piece adds to each register."""


@dataclass
class _Frame:
    """A loop's body, or the whole stream, while it is read."""

    count: int
    pieces: list[_Piece] = field(default_factory=list[_Piece])
    totals: dict[int, int] = field(default_factory=dict[int, int])

    def add_run(self, kept: Column, steps: dict[int, Column], begin: int, end: int) -> None:
        """Instructions `begin` to `end`, among which there are no loops."""
        first, last = np.searchsorted(kept, [begin, end]).tolist()
        index = kept[first:last]
        registers = {r: sums[index] - sums[begin] for r, sums in steps.items()}
        totals = {r: int(sums[end] - sums[begin]) for r, sums in steps.items()}
        self.add(_Piece(index, registers, totals))

    def add(self, piece: _Piece) -> None:
        """Append a piece, shifted by what came before it."""
        shifted = {r: v + self.totals.get(r, 0) for r, v in piece.registers.items()}
        self.pieces.append(_Piece(piece.index, shifted, {}))
        for register, total in piece.totals.items():
            self.totals[register] = self.totals.get(register, 0) + total

    def index(self) -> Column:
        return np.concatenate([p.index for p in self.pieces])

    def register(self, register: int) -> Column:
        return np.concatenate([p.registers[register] for p in self.pieces])

    def repeated(self, end: int) -> _Piece:
        """The body `count` times."""
        index = self.index()
        registers: dict[int, Column] = {}
        for register, total in self.totals.items():
            if abs(total * self.count) >= _REGISTER_LIMIT:
                raise _BadLoop(end, f"register a{register} leaves the range of 63 bits")
            once = self.register(register)
            trips = np.arange(self.count if len(once) else 0, dtype=np.int64) * total
            registers[register] = (trips[:, None] + once[None, :]).reshape(-1)
        totals = {r: total * self.count for r, total in self.totals.items()}
        repeats = self.count if len(index) else 0
        return _Piece(np.tile(index, repeats), registers, totals)
