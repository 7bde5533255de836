"""A program as plain Python values, for passes that look at every op of a large one.

Reading an attribute or an operand through its accessors costs more than most of what is done with
it. So a pass reads a program once, works on the listing, and writes back what it found out; whoever
runs these passes one after the other, and wants no IR in the end, hands on the listing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Attribute, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.accel.access import integers
from dlir.dialects.accel.attrs import Memory, memory_of, rows_of
from dlir.dialects.accel.footprint import Touch, touches_of
from dlir.dialects.accel.ops import ENGINE_OPS, AllocOp, BinaryOp, EngineOp, ProgramOp, StoreOp
from dlir.dialects.accel.verify import width_of


class Memref(NamedTuple):
    """A tile, or an argument of the program."""

    value: SSAValue
    memory: Memory | None
    rows: int
    unit: int
    """Lines of a row; 1 for accumulators, whose rows are counted, and for DRAM."""

    @property
    def lines(self) -> int:
        """What it takes of its memory."""
        return self.rows * self.unit


@dataclass(frozen=True, eq=False)
class Form:
    """What engine ops have in common that differ in their memrefs and first rows alone."""

    kind: type[EngineOp]
    steps: tuple[tuple[int, ...], ...]
    """What each loop adds, per walk."""
    trips: tuple[int, ...]
    fields: tuple[Any, ...]
    """The values of all fields, in the order of the op's FIELDS."""
    touches: tuple[Touch, ...]
    """The rows that it reads or writes, from the first row of each walk on."""

    @staticmethod
    def of(op: EngineOp) -> Form:
        """That of an op."""
        _, (kind, steps, trips, fields) = _read(op)
        return Form(kind, steps, trips, fields, touches_of(op, steps, trips))

    @cached_property
    def fills(self) -> bool:
        """Whether it writes a number everywhere and reads nothing."""
        return self.kind is BinaryOp and self.fields[0] == "fill"


class Line(NamedTuple):
    """An engine op."""

    form: Form
    memrefs: tuple[int, ...]
    """The number of the memref of each address."""
    bases: tuple[int, ...]
    """The first row of each walk."""


@dataclass
class Listing:
    """A program; ops and memrefs go by their numbers, which are their places in the lists."""

    program: ProgramOp
    memrefs: list[Memref] = field(default_factory=list[Memref])
    """The arguments, then what is allocated, in order."""
    lines: list[Line] = field(default_factory=list[Line])
    locations: list[LocationAttr] = field(default_factory=list[LocationAttr])
    """Where each op comes from."""
    ops: list[EngineOp] = field(default_factory=list[EngineOp])
    """The op of each line, or nothing, where there is no IR."""
    places: dict[int, int] = field(default_factory=dict[int, int])
    """Memref -> its first line, for tiles that have a place."""
    after: list[Sequence[int]] = field(default_factory=list[Sequence[int]])
    """Per op, those whose tokens it takes."""

    @cached_property
    def stored(self) -> set[int]:
        """Memrefs in DRAM that the program writes."""
        return {line.memrefs[-1] for line in self.lines if line.form.kind is StoreOp}

    def op(self, number: int) -> EngineOp | None:
        """An op, for messages."""
        return self.ops[number] if self.ops else None

    def alloc(self, memref: int) -> AllocOp:
        """The op that makes a tile."""
        op = self.memrefs[memref].value.owner
        assert isinstance(op, AllocOp), "an argument is no tile"
        return op

    def add_memref(self, value: SSAValue) -> int:
        """The number of another argument or tile."""
        self.memrefs.append(Memref(value, *_LAYOUTS.of(value.type)))
        return len(self.memrefs) - 1

    def reorder(self, order: Sequence[int]) -> None:
        """Put the ops in another order; they must have no tokens yet."""
        self.lines = [self.lines[n] for n in order]
        self.locations = [self.locations[n] for n in order]
        self.ops = [self.ops[n] for n in order] if self.ops else []


def listing_of(program: ProgramOp) -> Listing:
    """The listing of a verified program. Raises CompileError for ops that no program has."""
    return _Reader(program).listing


def reorder_program(program: ProgramOp, change: Callable[[Listing], None]) -> None:
    """Put the ops of a program in the order that `change` gives its listing; each tile goes in
    front of the first op that uses it. Raises CompileError when the program has tokens."""
    listing = listing_of(program)
    for number, tokens in enumerate(listing.after):
        if tokens:
            fail(
                listing.op(number),
                "has tokens; ops move before `accel-place-tokens`, not after it",
            )
    before = list(listing.ops)
    change(listing)
    if listing.ops == before:
        return
    block = program.body.block
    allocs = [op for op in block.ops if isinstance(op, AllocOp)]
    for op in [*allocs, *listing.ops]:
        op.detach()
    waiting: dict[SSAValue, AllocOp] = {alloc.tile: alloc for alloc in allocs}
    for op in listing.ops:
        for value in op.operands:
            if value in waiting:
                block.add_op(waiting.pop(value))
        block.add_op(op)
    block.add_ops(waiting.values())


class _Reader:
    """Reads one program."""

    def __init__(self, program: ProgramOp) -> None:
        listing = self.listing = Listing(program)
        self.numbers = {v: listing.add_memref(v) for v in program.body.block.args}
        self.tokens: dict[SSAValue, int] = {}
        self.forms: dict[Any, Form] = {}
        for op in program.body.block.ops:
            kind = op.__class__
            if kind is AllocOp:
                self.add_tile(op)
            elif kind in _KINDS:
                self.add_op(op)
            else:
                fail(op, "is no op of an accel.program")

    def add_tile(self, op: Any) -> None:
        tile = op.results[0]
        number = self.numbers[tile] = self.listing.add_memref(tile)
        if (at := op.properties.get("at")) is not None:
            self.listing.places[number] = at.value.data

    def add_op(self, op: Any) -> None:
        bases, key = _read(op)
        form = self.forms.get(key)
        if form is None:
            form = self.forms[key] = Form.of(op)
        listing, operands, numbers, count = self.listing, op.operands, self.numbers, len(bases)
        memrefs = tuple([numbers[value] for value in operands[:count]])
        listing.after.append([self.tokens[value] for value in operands[count:]])
        self.tokens[op.results[0]] = len(listing.lines)
        listing.lines.append(Line(form, memrefs, bases))
        listing.locations.append(op.location)
        listing.ops.append(op)


def _read(op: Any) -> Any:
    """The first row of each walk; kind, steps, trips and fields."""
    properties, kind = op.properties, op.__class__
    bases, steps = _WALKS.of(properties["walks"])
    nest = properties.get("nest")
    fields = _FIELDS[kind].of(properties.get("fields"))
    return bases, (kind, steps, () if nest is None else _NESTS.of(nest), fields)


_KINDS: frozenset[Any] = frozenset(ENGINE_OPS)

# --- what was read of attributes ------------------------------------------------------------------


class _Memo:
    """What was read of an attribute, by the object: ops share attributes, and hashing one costs
    more than reading it. The attributes are kept, so that no other can get the same id."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read
        self.known: dict[int, tuple[Any, Any]] = {}

    def of(self, attribute: Any) -> Any:
        """What `read` makes of an attribute, which never changes."""
        found = self.known.get(id(attribute))
        if found is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            found = self.known[id(attribute)] = attribute, self.read(attribute)
        return found[1]


MOST_KNOWN = 1 << 16
Walks: TypeAlias = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]


def _walks(attribute: Any) -> Walks:
    walks = [integers(walk) for walk in attribute.data]
    return tuple([walk[0] for walk in walks]), tuple([walk[1:] for walk in walks])


def _layout(type: Attribute) -> tuple[Memory | None, int, int]:
    memory = memory_of(type)
    return memory, rows_of(type), 1 if memory in (None, Memory.ACC) else width_of(type)


def _fields(kind: type[EngineOp], attribute: Any) -> tuple[Any, ...]:
    held: dict[str, Attribute] = {} if attribute is None else attribute.data
    return tuple(
        [_value(held[name]) if name in held else default for name, default in kind.FIELDS.items()]
    )


def _value(attribute: Any) -> Any:
    """Of a StringAttr, or of a number."""
    data = getattr(attribute, "data", None)
    return attribute.value.data if data is None else data


_WALKS = _Memo(_walks)
_NESTS = _Memo(integers)
_LAYOUTS = _Memo(_layout)
_FIELDS: dict[Any, _Memo] = {kind: _Memo(partial(_fields, kind)) for kind in ENGINE_OPS}
