"""Instructions in counted loops, as short as they can be, and the words they make.

A *code* is a tuple of instructions and loops. Its addresses are relative: an op of the program
brings one base per operand, so that ops that differ in their bases alone share a `Template`.

    code = repeat(8, (0, 32), (Instruction("ld", {"rows": 4, "len": 16}, (0, 0)),))
    template = assemble(code)
    template.words          # loop, ld, aadd, endl, aadd
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.accel.attrs import Memory
from dlir.dialects.isa.encoding import Value
from dlir.dialects.isa.fields import ISA
from dlir.targets.accel.stream import Words, pack

Vector: TypeAlias = tuple[int, ...]
"""A number per operand, in the units of its memory: lines, accumulator rows, bytes of DRAM."""


class Operand(NamedTuple):
    """Where an operand lies, and how its rows are laid out."""

    memory: Memory | None
    type: str
    unit: int
    """Lines of a row (accumulators: 1; DRAM: bytes)."""
    line: int
    """Bytes of such a line (DRAM: 1)."""


ADDRESSES: dict[str, dict[int, tuple[str, str | None]]] = {
    "ld": {0: ("dram", "ar_d"), 1: ("line", "ar_l")},
    "st": {0: ("line", "ar_l"), 1: ("dram", "ar_d")},
    "ldx": {0: ("dram", None), 1: ("idx", "ar_i"), 2: ("line", "ar_l")},
    "lw": {1: ("line", "ar")},
    "mm": {0: ("a", "ar_a"), 2: ("c", "ar_c")},
    "vv": {0: ("x", "x_ar"), 1: ("y", "y_ar"), 2: ("d", "d_ar")},
    "vs": {0: ("x", "x_ar"), 1: ("d", "d_ar")},
    "mark": {0: ("tag", None)},
    "sync": {},
}
"""Instruction -> operand of the op -> its field and its address register; operand i steps
register a(i+1)."""

MAX_STEP = (1 << 31) - 1
"""What one `aadd` can add."""


@dataclass(frozen=True)
class Instruction:
    """One instruction without its addresses, which are `base + offset` of each operand."""

    mnemonic: str
    fields: Mapping[str, Value]
    offsets: Vector = (0, 0, 0)


@dataclass(frozen=True)
class Loop:
    """`count` times the body, each trip `steps` further on."""

    count: int
    steps: Vector
    body: Code


Code: TypeAlias = "tuple[Instruction | Loop, ...]"


def moved(code: Code, by: Vector) -> Code:
    """The same code, `by` further on."""
    if not any(by):
        return code
    return tuple(
        Loop(one.count, one.steps, moved(one.body, by))
        if isinstance(one, Loop)
        else Instruction(one.mnemonic, one.fields, _sum(one.offsets, by))
        for one in code
    )


def _sum(left: Vector, right: Vector) -> Vector:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def times(number: int, vector: Vector) -> Vector:
    """`number * vector`."""
    return tuple(number * v for v in vector)


def repeat(count: int, steps: Vector, code: Code, *, loops: bool = True) -> Code:
    """`count` times a code, each `steps` further on: a loop when that is shorter."""
    if count == 1 or not code:
        return code if count else ()
    loop = Loop(count, steps, code)
    if loops and _can_step(loop) and size((loop,)) < count * size(code):
        return (loop,)
    return tuple(one for i in range(count) for one in moved(code, times(i, steps)))


def _can_step(loop: Loop) -> bool:
    """Whether registers can do it."""
    stepped = [i for i, step in enumerate(loop.steps) if step]
    fits = all(abs(step) * loop.count <= MAX_STEP for step in loop.steps)
    return fits and all(
        ADDRESSES[one.mnemonic].get(i, ("", ""))[1] is not None
        for one in _instructions(loop.body)
        for i in stepped
    )


def _instructions(code: Code) -> Iterator[Instruction]:
    for one in code:
        if isinstance(one, Loop):
            yield from _instructions(one.body)
        else:
            yield one


def size(code: Code) -> int:
    """How many instructions it is, before steps of one register are added up."""
    return sum(
        size(one.body) + 2 + 2 * sum(map(bool, one.steps)) if isinstance(one, Loop) else 1
        for one in code
    )


@dataclass(frozen=True)
class Slot:
    """The places of one address field in a template's words."""

    operand: int
    positions: NDArray[np.int64]
    offsets: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Template:
    """Words with empty address fields, and what goes into these."""

    words: Words
    slots: Mapping[tuple[str, str], Slot]
    """(mnemonic, field) -> where."""
    waits: bool
    """Whether the first instruction is executed once and first, so that it can wait."""
    signals: bool
    """Whether the last instruction is executed once and last."""

    def __len__(self) -> int:
        return len(self.words)


@dataclass
class _Assembly:
    """Words as they are put together."""

    words: list[int] = field(default_factory=list[int])
    slots: dict[tuple[str, str], list[tuple[int, int, int]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[int, int, int]]]
    )
    pending: dict[int, int] = field(default_factory=dict[int, int])
    """Register -> what the next `aadd` will add to it."""

    def add(self, code: Code, stepped: frozenset[int]) -> None:
        """Append a code; `stepped` are the operands that a loop around it moves."""
        for one in code:
            self.flush()
            if isinstance(one, Loop):
                self.add_loop(one, stepped)
            else:
                self.add_instruction(one, stepped)

    def add_loop(self, loop: Loop, stepped: frozenset[int]) -> None:
        self.words.append(ISA.encode("loop", {"count": loop.count}))
        self.add(loop.body, stepped | {i for i, step in enumerate(loop.steps) if step})
        self.step(loop.steps)
        self.flush()
        self.words.append(ISA.encode("endl", {}))
        self.step(times(-loop.count, loop.steps))

    def step(self, by: Vector) -> None:
        for i, step in enumerate(by):
            self.pending[i + 1] = self.pending.get(i + 1, 0) + step

    def flush(self) -> None:
        """Write the steps that are due."""
        for register, step in self.pending.items():
            if step:
                self.words.append(ISA.encode("aadd", {"ar": register, "imm": step}))
        self.pending.clear()

    def add_instruction(self, one: Instruction, stepped: frozenset[int]) -> None:
        values = dict(one.fields)
        for operand, (name, register) in ADDRESSES[one.mnemonic].items():
            values[name] = 0
            if register is not None and operand in stepped:
                values[register] = operand + 1
            place = (len(self.words), operand, one.offsets[operand])
            self.slots.setdefault((one.mnemonic, name), []).append(place)
        self.words.append(ISA.encode(one.mnemonic, values))


def assemble(code: Code) -> Template:
    """The words of a code. Raises EncodingError for a field out of range."""
    assembly = _Assembly()
    assembly.add(code, frozenset())
    assembly.flush()
    return Template(
        pack(assembly.words),
        {key: _slot(places) for key, places in assembly.slots.items()},
        isinstance(code[0], Instruction),
        isinstance(code[-1], Instruction),
    )


def _slot(places: list[tuple[int, int, int]]) -> Slot:
    positions, operands, offsets = zip(*places, strict=True)
    return Slot(operands[0], np.array(positions, np.int64), np.array(offsets, np.int64))
