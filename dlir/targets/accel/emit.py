"""`convert-accel-to-isa`: a program of engine ops becomes four streams of instructions.

An op's words are a template, which is made once for all ops of one form, with its addresses set;
all templates of a stream are filled in together, so the work per op is small.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import LocationAttr, ModuleOp
from xdsl.passes import ModulePass

from dlir.diagnostics import fail, node_notes, place_of
from dlir.dialects.accel.attrs import Memory, Role, lanes_of
from dlir.dialects.accel.listing import Line, Listing, Memref, listing_of
from dlir.dialects.accel.ops import BinaryOp, GatherOp, ProgramOp, StoreOp
from dlir.dialects.accel.verify import width_of
from dlir.dialects.isa.encoding import EncodingError, Kind
from dlir.dialects.isa.fields import ISA
from dlir.targets.accel import view
from dlir.targets.accel.code import Instruction, Operand, Template, assemble
from dlir.targets.accel.packing import pack
from dlir.targets.accel.program import Program, ProgramBuilder, SymbolKind
from dlir.targets.accel.selection import Form, Unencodable, template_of
from dlir.targets.accel.semaphores import Semaphores, semaphores_of
from dlir.targets.accel.stream import HALF, Words, no_words
from dlir.types import element_of, shape_of


@dataclass(frozen=True)
class ConvertAccelToIsa(ModulePass):
    """Turn the program of a module into the machine's instructions.

    The module holds one `accel.program` and nothing else. Tiles have to have places, and tokens
    are all that is kept of the order; nests become `loop`s where that is shorter.

    Before:
    ```mlir
    accel.program @copy machine <"gemmini"> (%x: memref<4x16xi8> input "x", %y: memref<4x16xi8> output "y") {
      %t = accel.alloc at 0 : memref<4x16xi8, "spm">
      %0 = accel.load %x[0] to %t[0] {count = 4} : memref<4x16xi8>, memref<4x16xi8, "spm">
      %1 = accel.store %t[0] to %y[0] {count = 4} after %0 : memref<4x16xi8, "spm">, memref<4x16xi8>
    }
    ```
    After:
    ```mlir
    isa.program machine <"gemmini"> {
      isa.symbol input "x" at 0 size 64 "tensor<4x16xi8>"
      isa.symbol output "y" at 64 size 64 "tensor<4x16xi8>"
      isa.stream "ld" {
        isa.ld d=%0 dram=0 rows=1 len=64 sig=s1
        isa.halt
      } ...
    }
    ```
    """  # noqa: E501

    name = "convert-accel-to-isa"

    loops: bool = True
    """Whether nests may become loops of the machine; without, everything is unrolled."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        ops = list(op.ops)
        if len(ops) != 1 or not isinstance(program := ops[0], ProgramOp):
            fail(op, f"expected one accel.program and nothing else, got {len(ops)} ops")
        emitted = view.module_of(emit_program(program, loops=self.loops))
        program.detach()
        program.erase()
        for made in list(emitted.ops):
            made.detach()
            op.body.block.add_op(made)


def emit_program(
    op: ProgramOp, weights: Mapping[str, NDArray[Any]] | None = None, *, loops: bool = True
) -> Program:
    """The machine program of an `accel.program` whose tiles have places.

    `weights` are the contents of arguments that are weights, by name, of any type and of the
    argument's size in bytes. Raises CompileError for what the machine cannot do.
    """
    return emit_listing(listing_of(op), weights, loops=loops)


def emit_listing(
    listing: Listing, weights: Mapping[str, NDArray[Any]] | None = None, *, loops: bool = True
) -> Program:
    """The same of a listing."""
    return _Emitter(listing, weights or {}, loops).program()


Bases: TypeAlias = tuple[int, int, int]
"""Where the operands of an op begin."""


class _Place(NamedTuple):
    """Where row 0 of a memref lies."""

    base: int
    operand: Operand


@dataclass
class _Items:
    """What a stream consists of: templates, and per template the bases of its operands."""

    templates: list[Template] = field(default_factory=list[Template])
    bases: list[Bases] = field(default_factory=list[Bases])
    wait: list[int] = field(default_factory=list[int])
    sig: list[int] = field(default_factory=list[int])
    tag: int = 0

    def add(
        self,
        template: Template,
        bases: Bases = (0, 0, 0),
        wait: int = 0,
        sig: int = 0,
    ) -> None:
        self.templates.append(template)
        self.bases.append(bases)
        self.wait.append(wait)
        self.sig.append(sig)


class _Emitter:
    """The state of `emit_listing`."""

    def __init__(self, listing: Listing, weights: Mapping[str, NDArray[Any]], loops: bool) -> None:
        self.listing, self.op, self.weights, self.loops = listing, listing.program, weights, loops
        self.machine = view.machine_of(self.op.machine)
        self.builder = ProgramBuilder(self.machine)
        self.places: list[_Place] = []
        self.tiles: dict[int, Operand] = {}
        self.items = {name: _Items() for name in self.machine.streams}
        self.tags: dict[str, int] = {}
        self.tag_of: dict[LocationAttr, int] = {}
        self.templates: dict[Hashable, Template] = {}

    def program(self) -> Program:
        """Symbols, then items op by op, then the words of each stream at once."""
        listing = self.listing
        self.place_arguments()
        for number, memref in enumerate(listing.memrefs):
            if number >= len(self.op.names.data):
                self.place_tile(number, memref)
        semaphores = semaphores_of(listing)
        for number, (line, location) in enumerate(
            zip(listing.lines, listing.locations, strict=True)
        ):
            self.add(number, line, location, semaphores)
        for name, items in self.items.items():
            self.builder.emit_words(name, words_of_items(items))
        for text, tag in self.tags.items():
            self.builder.origin(tag, text)
        return self.builder.build()

    # --- memory -------------------------------------------------------------------------------

    def place_arguments(self) -> None:
        """A symbol per argument; on machines with a host, inputs and outputs lie there."""
        arguments = self.listing.memrefs[: len(self.op.names.data)]
        roles = [role.data for role in self.op.roles.data]
        gathers = (line for line in self.listing.lines if line.form.kind is GatherOp)
        tables = [self.listing.memrefs[line.memrefs[0]] for line in gathers]
        for memref, role, name in zip(arguments, roles, self.op.names.data, strict=True):
            host = self.machine.host is not None and role is not Role.WEIGHT
            contents = self.weights.get(name.data) if role is Role.WEIGHT else None
            packed = None if memref in tables else self.packed(memref, contents)
            kind = role.value if packed is None else SymbolKind.PACKED
            contents = contents if packed is None else packed
            self.place_symbol(memref, name.data, kind, contents=contents, host=host)
        for number, line in enumerate(self.listing.lines):
            written = line.memrefs[-1] if line.form.kind is StoreOp else len(roles)
            if written < len(roles) and roles[written] is not Role.OUTPUT:
                op, role = self.listing.op(number), roles[written]
                fail(op, f"writes to an argument that is {role}, not output")

    def packed(self, memref: Memref, contents: NDArray[Any] | None) -> NDArray[np.uint8] | None:
        """The contents of a weight without zeros, where the machine expands that and it is less."""
        format = self.machine.dma.compression
        if contents is None or format == "none":
            return None
        plain = np.ascontiguousarray(contents).reshape(-1).view(np.uint8)
        type = memref.value.type
        return pack(plain, format, width_of(type), lanes_of(type))

    def place_symbol(self, memref: Memref, name: str, kind: str, **options: Any) -> None:
        """DRAM for a memref."""
        type = memref.value.type
        text = f"tensor<{'x'.join(map(str, shape_of(type)))}x{element_of(type)}>"
        row = lanes_of(type) * width_of(type)
        base = self.builder.symbol(name, memref.rows * row, kind=kind, type=text, **options)
        self.places.append(_Place(base, Operand(None, str(element_of(type)), row, 1)))

    def place_tile(self, number: int, memref: Memref) -> None:
        """Lines of a tile, which are known, or DRAM to spill to."""
        if memref.memory is None:
            taken = {name.data for name in self.op.names.data}
            spilled = sum(place.operand.memory is None for place in self.places)
            name = f"temp{spilled}"
            while name in taken:
                name += "_"
            self.place_symbol(memref, name, "temp")
            return
        at = self.listing.places.get(number)
        if at is None:
            fail(self.listing.alloc(number), "has no place", help="run accel-allocate first")
        # Tiles of one type share their operand: its id, unlike itself, is quick to hash.
        key = id(memref.value.type)
        if key not in self.tiles:
            self.tiles[key] = self.tile_operand(number, memref, memref.memory)
        self.places.append(_Place(at, self.tiles[key]))

    def tile_operand(self, number: int, memref: Memref, memory: Memory) -> Operand:
        """How the rows of a tile lie."""
        type, machine = memref.value.type, self.machine
        if lanes_of(type) != machine.array.cols:
            fail(
                self.listing.alloc(number),
                f"has rows of {lanes_of(type)} lanes; {machine.name} has "
                f"{machine.array.cols} columns",
            )
        line = machine.acc_row_bytes if memory is Memory.ACC else machine.line_bytes
        return Operand(memory, str(element_of(type)), memref.unit, line)

    # --- ops ----------------------------------------------------------------------------------

    def add(self, number: int, line: Line, location: LocationAttr, semaphores: Semaphores) -> None:
        """The items of one op: its mark, its tokens, its words."""
        items = self.items[line.form.kind.ENGINE]
        tag = self.tag(location)
        if tag != items.tag:
            items.tag = tag
            items.add(MARK, (tag, 0, 0))
        template, bases = self.template(number, line)
        takes, gives = semaphores.takes.get(number, []), semaphores.gives.get(number, [])
        wait = takes[-1] if takes and template.waits else 0
        sig = gives[0] if gives and template.signals else 0
        for semaphore in takes[: len(takes) - bool(wait)]:
            items.add(sync(semaphore, "take"))
        items.add(template, bases, wait, sig)
        for semaphore in gives[bool(sig) :]:
            items.add(sync(semaphore, "give"))

    def template(self, number: int, line: Line) -> tuple[Template, Bases]:
        """The words of an op, and where each of its operands begins."""
        places = [self.places[memref] for memref in line.memrefs]
        key = (line.form, *[id(place.operand) for place in places])
        template = self.templates.get(key)
        if template is None:
            template = self.templates[key] = self.new_template(number, line, places)
        bases = [
            place.base + base * place.operand.unit
            for place, base in zip(places, line.bases, strict=True)
        ]
        if len(bases) == 2:
            if line.form.kind is BinaryOp:
                return template, (bases[0], 0, bases[1])
            return template, (bases[0], bases[1], 0)
        return template, (bases[0], bases[1], bases[2])

    def new_template(self, number: int, line: Line, places: Sequence[_Place]) -> Template:
        """The words of all ops that differ in nothing but where their operands begin."""
        operands = tuple([place.operand for place in places])
        own = line.form
        steps = tuple(
            [
                tuple([step * operand.unit for step in walk])
                for walk, operand in zip(own.steps, operands, strict=True)
            ]
        )
        form = Form(own.kind.name, own.trips, steps, own.fields, operands)
        try:
            return template_of(form, self.machine.array.rows, self.loops)
        except (Unencodable, EncodingError) as error:
            fail(self.listing.op(number), str(error), rule="accel-to-isa-fields")

    def tag(self, location: LocationAttr) -> int:
        """The number of an op of the model; 0 for one that nobody knows."""
        known = self.tag_of.get(location)
        if known is None:
            text = origin_text(location)
            known = self.tags.setdefault(text, len(self.tags) + 1) if text else 0
            self.tag_of[location] = known
        return known


def origin_text(location: LocationAttr) -> str:
    """`from node "conv1" of model.onnx`, else `model.mlir:12:8`."""
    names = node_notes(location)
    if names:
        return names[0].removeprefix("from node ")
    place = place_of(location)
    return str(place) if place is not None else ""


# --- words ----------------------------------------------------------------------------------------

MARK = assemble((Instruction("mark", {}),))
_SYNCS: dict[tuple[int, str], Template] = {}


def sync(semaphore: int, dir: str) -> Template:
    """A wait or a signal of its own."""
    if (semaphore, dir) not in _SYNCS:
        _SYNCS[semaphore, dir] = assemble((Instruction("sync", {"sem": semaphore, "dir": dir}),))
    return _SYNCS[semaphore, dir]


def words_of_items(items: _Items) -> Words:
    """The words of a stream; all uses of a template are filled in together."""
    if not items.templates:
        return no_words()
    lengths = np.array([len(t) for t in items.templates], np.int64)
    starts = np.cumsum(lengths) - lengths
    words = np.concatenate([t.words for t in items.templates])
    bases = np.array(items.bases, np.int64)
    for template, uses in _uses(items.templates):
        for (mnemonic, name), slot in template.slots.items():
            positions = starts[uses][:, None] + slot.positions
            values = bases[uses, slot.operand][:, None] + slot.offsets
            _fill(words, mnemonic, name, positions.reshape(-1), values.reshape(-1))
    header = {part.name: part for part in ISA.header}
    words[starts, 0] |= np.array(items.wait, np.uint64) << np.uint64(header["wait"].low)
    ends = starts + lengths - 1
    words[ends, 0] |= np.array(items.sig, np.uint64) << np.uint64(header["sig"].low)
    return words


def _uses(templates: Iterable[Template]) -> Iterable[tuple[Template, NDArray[np.int64]]]:
    uses: dict[int, tuple[Template, list[int]]] = {}
    for i, template in enumerate(templates):
        if template.slots:
            uses.setdefault(id(template), (template, []))[1].append(i)
    return ((template, np.array(where, np.int64)) for template, where in uses.values())


def _fill(
    words: Words, mnemonic: str, name: str, positions: NDArray[np.int64], values: NDArray[np.int64]
) -> None:
    """Set an empty field of some words."""
    part = ISA.layouts[mnemonic].fields[name]
    assert part.kind is Kind.UNSIGNED
    wrong = (values < part.minimum) | (values > part.maximum)
    if wrong.any():
        fail(None, f"{mnemonic}: {name} = {int(values[wrong][0])} is beyond {part.maximum}",
             rule="isa-encoding")  # fmt: skip
    bits = values.astype(np.uint64)
    if part.low < HALF:
        words[positions, 0] |= bits << np.uint64(part.low)
    if part.high >= HALF:
        shift = part.low - HALF
        words[positions, 1] |= bits << np.uint64(shift) if shift >= 0 else bits >> np.uint64(-shift)
