"""`accel-place-tokens`: the order of a program's ops, as far as its engines have to keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import DenseArrayBase, ModuleOp, i32
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.accel.attrs import Memory
from dlir.dialects.accel.footprint import Rows, scaled
from dlir.dialects.accel.listing import Line, Listing, listing_of
from dlir.dialects.accel.ops import EngineOp, ProgramOp
from dlir.targets.accel.description import load_machine

ENGINES = ("ld", "mx", "vx", "st")


@dataclass(frozen=True)
class AccelPlaceTokens(ModulePass):
    """Give each engine op the tokens of the ops on other engines that it has to come after.

    These are the last ones that wrote a row it reads, or read or wrote a row it writes; rows on the
    chip are told apart by their places, so tiles that share a place in turn are kept apart. What
    follows from other tokens is left out: engines run their own ops in order, so of another engine
    only the last op counts, and that op's own tokens come with it. Tokens that were there are
    replaced.

    Before:
    ```mlir
    %0 = accel.load %x[0] to %t[0] {count = 4} : memref<4x16xi8>, memref<4x16xi8, "spm">
    %1 = accel.store %t[0] to %y[0] {count = 4} : memref<4x16xi8, "spm">, memref<4x16xi8>
    ```
    After:
    ```mlir
    %0 = accel.load %x[0] to %t[0] {count = 4} : memref<4x16xi8>, memref<4x16xi8, "spm">
    %1 = accel.store %t[0] to %y[0] {count = 4} after %0 : memref<4x16xi8, "spm">, memref<4x16xi8>
    ```
    """

    name = "accel-place-tokens"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for program in op.ops:
            if isinstance(program, ProgramOp):
                place_tokens(program)


def place_tokens(program: ProgramOp) -> None:
    """Replace the tokens of a program whose tiles have places. Raises CompileError."""
    listing = listing_of(program)
    place_tokens_in(listing)
    ops = listing.ops
    for op, givers in zip(ops, listing.after, strict=True):
        _set_tokens(op, [ops[giver].token for giver in givers])


def place_tokens_in(listing: Listing) -> None:
    """The same for a listing."""
    order = _Order(listing, _places(listing))
    listing.after = [order.add(number, line) for number, line in enumerate(listing.lines)]


def _set_tokens(op: EngineOp, tokens: Sequence[SSAValue]) -> None:
    count, operands = len(op.walks.data), op.operands
    if tokens or len(operands) != count:
        op.operands = [*operands[:count], *tokens]
        op.properties["operandSegmentSizes"] = _segments(count, len(tokens))


@cache
def _segments(addresses: int, tokens: int) -> DenseArrayBase:
    return DenseArrayBase.from_list(i32, [addresses, tokens])


@dataclass
class _History:
    """Per engine and line of a memory: the last op that wrote it, and the last that read it.

    Ops are numbered from 1 within their engine; rows 0 to 3 are writers, 4 to 7 readers.
    """

    last: NDArray[np.int32]

    @staticmethod
    def of(lines: int) -> _History:
        return _History(np.zeros((2 * len(ENGINES), lines), np.int32))

    def before(self, lines: Rows, write: bool) -> list[int]:
        """Per engine, the last op that an access has to come after."""
        count = len(ENGINES)
        found = np.maximum.reduce(self.last[: 2 * count if write else count, lines], 1).tolist()
        return list(map(max, found[:count], found[count:])) if write else found

    def record(self, engine: int, number: int, lines: Rows, write: bool) -> None:
        """Note an access."""
        self.last[engine if write else engine + len(ENGINES), lines] = number


@dataclass(frozen=True)
class _Place:
    """Where the rows of a memref are kept account of."""

    history: _History
    first: int
    lines: int


def _places(listing: Listing) -> list[_Place | None]:
    """By memref; tiles share the history of their memory. None for DRAM that nothing writes."""
    machine = listing.program.machine
    sizes = load_machine(machine.preset.data, machine.overrides).sizes
    chip: dict[Memory, _History] = {}
    places: list[_Place | None] = []
    for number, memref in enumerate(listing.memrefs):
        memory = memref.memory
        if memory is None:
            history = _History.of(memref.rows) if number in listing.stored else None
            places.append(None if history is None else _Place(history, 0, 1))
            continue
        if number not in listing.places:
            tile = listing.alloc(number)
            fail(tile, "has no place, and may share one", help="run accel-allocate first")
        if memory not in chip:
            chip[memory] = _History.of(sizes[memory.value])
        places.append(_Place(chip[memory], listing.places[number], memref.unit))
    return places


Clock = list[int]
"""Per engine, how many of its ops have ended."""


@dataclass
class _Order:
    """What is known after some ops of a program."""

    listing: Listing
    places: list[_Place | None]
    ops: list[list[int]] = field(default_factory=lambda: [[] for _ in ENGINES])
    """Per engine, the numbers of its ops."""
    clocks: list[list[Clock]] = field(default_factory=lambda: [[] for _ in ENGINES])
    """What is known when an op starts, per engine and op."""

    def add(self, op: int, line: Line) -> list[int]:
        """The ops whose tokens the next op needs."""
        engine = ENGINES.index(line.form.kind.ENGINE)
        number = len(self.ops[engine]) + 1
        needed = [0] * len(ENGINES)
        accesses: list[tuple[_History, Rows, bool]] = []
        for position, write, rows in line.form.touches:
            place = self.places[line.memrefs[position]]
            if place is not None:
                first = place.first + line.bases[position] * place.lines
                lines = scaled(rows, place.lines, first)
                accesses.append((place.history, lines, write))
                needed = list(map(max, needed, place.history.before(lines, write)))
        for history, lines, write in accesses:
            history.record(engine, number, lines, write)
        needed[engine] = 0
        clock = self.clocks[engine][-1] if number > 1 else [0] * len(ENGINES)
        givers, clock = self.reduced(needed, clock)
        self.ops[engine].append(op)
        self.clocks[engine].append(clock)
        return [self.ops[other][needed[other] - 1] for other in givers]

    def reduced(self, needed: Clock, clock: Clock) -> tuple[list[int], Clock]:
        """The engines to wait for, but for those that follow from others; what is known then."""
        missing = [other for other, n in enumerate(needed) if n > clock[other]]
        if not missing:
            return [], clock
        known = {other: list(self.clocks[other][needed[other] - 1]) for other in missing}
        for other in missing:
            known[other][other] = needed[other]
        givers = [
            one for one in missing
            if not any(known[other][one] >= needed[one] for other in missing if other != one)
        ]  # fmt: skip
        return givers, [max(column) for column in zip(clock, *known.values(), strict=True)]
