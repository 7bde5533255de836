"""`accel-interleave`: an engine that would wait takes work of the next layer."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.accel.attrs import Memory
from dlir.dialects.accel.footprint import Rows, shifted
from dlir.dialects.accel.lifetimes import live_lines, tiles_of
from dlir.dialects.accel.listing import Form, Line, Listing, reorder_program
from dlir.dialects.accel.ops import BinaryOp, GatherOp, MatmulOp, ProgramOp, UnaryOp
from dlir.targets.accel.description import Machine, load_machine

SHARES = (0.75, 0.55, 0.4, 0.25)
"""How much of a memory may be alive so that an op still goes ahead: less where the ops that cannot
wait need more."""
ROOMY, MOST_MOVED = 0.55, 0.75
"""The part of the scratchpad that may be alive already, or else the part of the busier engine's
cycles that loads and stores may take: tiles that are alive for longer hold these up."""
FULL = 0.9
"""The part of a memory beyond which a new order is not worth the risk that tiles find no place."""
SMALL = 100
"""Loads of so few cycles go ahead of larger ones: weights of a channel, numbers of a column."""
CHOICES = 16
"""Ops of an engine that are looked at for one that can start."""
LEAST = 0.2
"""Of two engines, the one that is less busy has at least so much of the other's work; if it has
less, there is little to gain."""


@dataclass(frozen=True)
class AccelInterleave(ModulePass):
    """Let the vector unit begin a layer while the array still works on the layer before it.

    Each engine takes its ops in order, and kernels stand one after the other. Where a layer of
    products is followed by a layer that the vector unit computes, one of the two engines would
    always wait. So ops are put in the order in which engines would take them if each could choose
    among its next `depth` ops: the one that can start first. Only ops whose tiles find room go
    ahead. Loads stay in front of the first op that needs them.

    A program keeps its order where little is to be gained (one of the two engines does most),
    where copies and memory bind (loads and stores take about as long as the busier engine, and the
    scratchpad is more than half full), and where the new order would need more than the memory has.

    Before:
    ```mlir
    %1 = accel.matmul %x[8], %w[0] into %c1[0] {nx = 8, k = 16, n = 16, start = 1} : ...
    %2 = accel.unary relu %c1[0] to %a[8] {nx = 8} : ...
    %3 = accel.unary exp %a[0] to %b[0] {nx = 8} : ...
    ```
    After:
    ```mlir
    %1 = accel.matmul %x[8], %w[0] into %c1[0] {nx = 8, k = 16, n = 16, start = 1} : ...
    %3 = accel.unary exp %a[0] to %b[0] {nx = 8} : ...
    %2 = accel.unary relu %c1[0] to %a[8] {nx = 8} : ...
    ```
    """

    name = "accel-interleave"

    depth: int = 512
    """Among how many of its next ops an engine chooses."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for program in op.ops:
            if isinstance(program, ProgramOp):
                reorder_program(program, lambda listing: interleave_listing(listing, self.depth))


def interleave_listing(listing: Listing, depth: int) -> None:
    """Reorder a program without tokens."""
    machine = listing.program.machine
    described = load_machine(machine.preset.data, machine.overrides)
    cycles = _Cycles(described).of(listing)
    work: dict[str, float] = dict.fromkeys(("ld", "mx", "vx", "st"), 0.0)
    for line, count in zip(listing.lines, cycles, strict=True):
        work[line.form.kind.ENGINE] += count
    less, more = sorted((work["mx"], work["vx"]))
    if less > LEAST * more:
        moved, peaks, sizes = work["ld"] + work["st"], _peaks(listing), described.sizes
        roomy = peaks.get(Memory.SPM, 0) <= ROOMY * sizes[Memory.SPM.value]
        if roomy or moved < MOST_MOVED * more:
            most = {m: max(n, int(FULL * sizes[m.value])) for m, n in peaks.items()}
            _reorder(listing, sizes, most, cycles, depth)


def _reorder(
    listing: Listing,
    sizes: Mapping[str, int],
    most: Mapping[Memory, int],
    cycles: Sequence[float],
    depth: int,
) -> None:
    """The order in which ops start, if no more is alive in it than there may be."""
    before = _predecessors(listing)
    for share in SHARES:
        order = _Schedule(listing, before, _Use(listing, sizes, share), cycles, depth).order()
        listing.reorder(order)
        if all(n <= most[memory] for memory, n in _peaks(listing).items()):
            return
        listing.reorder(np.argsort(order).tolist())


def _peaks(listing: Listing) -> dict[Memory, int]:
    """Per memory, the most that is alive."""
    tiles = tiles_of(listing)
    return {
        memory: int(live_lines(tile for tile in tiles if tile.memory is memory).max(initial=0))
        for memory in {tile.memory for tile in tiles}
    }


# --- how long an op takes -------------------------------------------------------------------------


@dataclass
class _Cycles:
    """About how long each op holds its engine."""

    machine: Machine
    known: dict[Form, float] = field(default_factory=dict[Form, float])

    def of(self, listing: Listing) -> list[float]:
        return [self.one(listing, line) for line in listing.lines]

    def one(self, listing: Listing, line: Line) -> float:
        found = self.known.get(line.form)
        if found is None:
            found = self.known[line.form] = self.measured(listing, line)
        return found

    def measured(self, listing: Listing, line: Line) -> float:
        form, machine = line.form, self.machine
        times, cols = prod(form.trips), machine.array.cols
        held = dict(zip(form.kind.FIELDS, form.fields, strict=True))
        if form.kind is MatmulOp:
            wide = listing.memrefs[line.memrefs[0]].unit > 1
            rows = held["nx"] * held["ny"] * machine.array.rate["bf16" if wide else "i8"]
            return times * max(rows, held["k"] / machine.array.load_rows_per_cycle)
        if form.kind in (UnaryOp, BinaryOp):
            rows = held["rows"] if form.kind is BinaryOp else held["nx"] * held["ny"]
            cost = machine.vector.cost_of(held["fn"])
            return times * -(-rows * cols // machine.vector.lanes) * cost
        rows = held["rows" if form.kind is GatherOp else "count"]
        unit = max(listing.memrefs[memref].unit for memref in line.memrefs)
        return times * rows * unit * cols / machine.dma.bytes_per_cycle


# --- what an op comes after -----------------------------------------------------------------------


class _History:
    """Per row of a memref: the op that wrote it last, and per engine the one that read it last."""

    def __init__(self, rows: int) -> None:
        self.written = np.full(rows, -1, np.int32)
        self.read: dict[str, NDArray[np.int32]] = {}

    def before(self, rows: Rows, write: bool, engine: str) -> set[int]:
        """The ops that an access comes after. Readers of one engine stay in order."""
        found = _members(self.written[rows])
        for other, read in self.read.items():
            if write or other == engine:
                found |= _members(read[rows])
        return found

    def record(self, rows: Rows, write: bool, engine: str, op: int) -> None:
        if write:
            self.written[rows] = op
            return
        if engine not in self.read:
            self.read[engine] = np.full_like(self.written, -1)
        self.read[engine][rows] = op


def _members(ops: NDArray[np.int32]) -> set[int]:
    """The ops in an array, of which there is one as a rule; -1 is none."""
    first = int(ops[0]) if ops.size else -1
    found = {first} if (ops == first).all() else set(np.unique(ops).tolist())
    found.discard(-1)
    return found


def _predecessors(listing: Listing) -> list[set[int]]:
    """Per op, the ops that it must come after."""
    history: dict[int, _History] = {}
    needed: list[set[int]] = []
    for number, line in enumerate(listing.lines):
        engine, before = line.form.kind.ENGINE, set[int]()
        accesses = [
            (line.memrefs[position], shifted(rows, line.bases[position]), write)
            for position, write, rows in line.form.touches
        ]
        for memref, rows, write in accesses:
            if memref not in history:
                history[memref] = _History(listing.memrefs[memref].rows)
            before |= history[memref].before(rows, write, engine)
        for memref, rows, write in accesses:
            history[memref].record(rows, write, engine, number)
        before.discard(number)
        needed.append(before)
    return needed


# --- the order ------------------------------------------------------------------------------------


class _Schedule:
    """A run of a program in which engines choose."""

    def __init__(
        self,
        listing: Listing,
        before: Sequence[set[int]],
        memory: _Use,
        cycles: Sequence[float],
        depth: int,
    ) -> None:
        self.lines, self.before, self.memory = listing.lines, before, memory
        self.cycles, self.depth = cycles, depth
        count = len(listing.lines)
        self.behind: list[list[int]] = [[] for _ in range(count)]
        for op, others in enumerate(self.before):
            for other in others:
                self.behind[other].append(op)
        self.missing = [len(others) for others in self.before]
        """Per op, the ops before it that have not been scheduled."""
        self.ready = [0.0] * count
        self.end = [-1.0] * count
        """When an op ends; -1 before it is scheduled."""
        self.queues = _queues(listing)
        self.places = {op: i for queue in self.queues.values() for i, op in enumerate(queue)}
        self.heads = dict.fromkeys(self.queues, 0)
        self.free = dict.fromkeys(self.queues, 0.0)
        self.waiting: dict[str, list[int]] = {engine: [] for engine in self.queues}
        """Per engine, ops that could start, in order."""
        self.found: list[int] = []
        self.written = [False] * count
        for op in range(count):
            if not self.missing[op]:
                insort(self.waiting[self.engine(op)], op)

    def engine(self, op: int) -> str:
        return self.lines[op].form.kind.ENGINE

    def order(self) -> list[int]:
        """The ops in the order in which they start; loads in front of their first reader."""
        front, count = 0, len(self.lines)
        while front < count:
            self.load()
            if self.end[front] >= 0:
                front += 1
                continue
            chosen = self.choice(front)
            self.run(chosen)
            self.write(chosen)
        return self.found + [op for op in range(count) if not self.written[op]]

    def load(self) -> None:
        """Run the loads that need not wait: in order, but for small ones, which go ahead. Memory is
        not what they wait for here."""
        queue = self.queues["ld"]
        for op in [op for op in self.waiting["ld"] if self.cycles[op] <= SMALL]:
            self.run(op)
        while self.heads["ld"] < len(queue) and not self.missing[queue[self.heads["ld"]]]:
            self.run(queue[self.heads["ld"]])

    def choice(self, front: int) -> int:
        """The op that can start first; the first op of all if no other finds room."""
        best, start = front, max(self.free[self.engine(front)], self.ready[front])
        for engine, waiting in self.waiting.items():
            if engine == "ld":
                continue
            last = self.heads[engine] + self.depth
            for op in waiting[:CHOICES]:
                at = max(self.free[engine], self.ready[op])
                sooner = at < start or (at == start and op < best)
                if sooner and self.places[op] < last and self.memory.has_room(op):
                    best, start = op, at
                if at == self.free[engine]:
                    break
        return best

    def run(self, op: int) -> None:
        """Let an op hold its engine."""
        engine = self.engine(op)
        self.waiting[engine].remove(op)
        start = max(self.free[engine], self.ready[op])
        self.end[op] = self.free[engine] = start + self.cycles[op]
        if engine == "ld" and self.cycles[op] <= SMALL:
            self.end[op] = self.ready[op]
        queue = self.queues[engine]
        while self.heads[engine] < len(queue) and self.end[queue[self.heads[engine]]] >= 0:
            self.heads[engine] += 1
        for other in self.behind[op]:
            self.missing[other] -= 1
            self.ready[other] = max(self.ready[other], self.end[op])
            if not self.missing[other]:
                insort(self.waiting[self.engine(other)], other)

    def write(self, op: int) -> None:
        """Append an op, behind the loads that it needs."""
        for other in sorted(self.before[op]):
            if not self.written[other]:
                self.write(other)
        self.written[op] = True
        self.found.append(op)
        self.memory.touch(op)


def _queues(listing: Listing) -> dict[str, list[int]]:
    """The ops of each engine, in order."""
    queues: dict[str, list[int]] = {"ld": []}
    for op, line in enumerate(listing.lines):
        queues.setdefault(line.form.kind.ENGINE, []).append(op)
    return queues


class _Use:
    """What is alive, as ops are written."""

    def __init__(self, listing: Listing, sizes: Mapping[str, int], share: float) -> None:
        self.lines, self.memrefs = listing.lines, listing.memrefs
        self.room = {memory: int(share * sizes[memory.value]) for memory in Memory}
        """Per memory, the lines that are left for ops that go ahead."""
        self.left = Counter(m for line in listing.lines for m in set(line.memrefs))
        """Per memref, the ops that are still to touch it."""
        self.alive: set[int] = set()

    def has_room(self, op: int) -> bool:
        """Whether the tiles that an op begins may be alive now."""
        new = [m for n in self.lines[op].memrefs if n not in self.alive and (m := self.memrefs[n])]
        needed = Counter[Memory]()
        for memref in new:
            if memref.memory is not None:
                needed[memref.memory] += memref.lines
        return all(lines <= self.room[memory] for memory, lines in needed.items())

    def touch(self, op: int) -> None:
        """An op begins and ends the lives of its tiles."""
        for number in set(self.lines[op].memrefs):
            memref = self.memrefs[number]
            if memref.memory is None:
                continue
            if number not in self.alive:
                self.alive.add(number)
                self.room[memref.memory] -= memref.lines
            self.left[number] -= 1
            if not self.left[number]:
                self.alive.discard(number)
                self.room[memref.memory] += memref.lines
