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
from xdsl.ir import Attribute, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail, node_notes, place_of
from dlir.dialects.accel.attrs import Memory, Role, lanes_of, memory_of, rows_of
from dlir.dialects.accel.decode import Decoded, decode
from dlir.dialects.accel.ops import AllocOp, EngineOp, ProgramOp, StoreOp
from dlir.dialects.accel.verify import width_of
from dlir.dialects.isa.encoding import EncodingError, Kind
from dlir.dialects.isa.fields import ISA
from dlir.targets.accel import view
from dlir.targets.accel.code import Instruction, Operand, Template, assemble
from dlir.targets.accel.program import Program, ProgramBuilder
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
    return _Emitter(op, weights or {}, loops).program()


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
    """The state of `emit_program`."""

    def __init__(self, op: ProgramOp, weights: Mapping[str, NDArray[Any]], loops: bool) -> None:
        self.op, self.weights, self.loops = op, weights, loops
        self.machine = view.machine_of(op.machine)
        self.builder = ProgramBuilder(self.machine)
        self.places: dict[SSAValue, _Place] = {}
        self.kinds: dict[SSAValue, Role] = {}
        self.tiles: dict[Attribute, Operand] = {}
        self.items = {name: _Items() for name in self.machine.streams}
        self.tags: dict[str, int] = {}
        self.tag_of: dict[LocationAttr, int] = {}
        self.templates: dict[Hashable, Template] = {}

    def program(self) -> Program:
        """Symbols, then items op by op, then the words of each stream at once."""
        self.place_arguments()
        ops: list[EngineOp] = []
        for op in self.op.body.block.ops:
            if isinstance(op, AllocOp):
                self.place_tile(op)
            elif isinstance(op, EngineOp):
                self.check_store(op)
                ops.append(op)
            else:
                fail(op, "is no op of an accel.program")
        semaphores = semaphores_of(ops)
        for op in ops:
            self.add(op, semaphores)
        for name, items in self.items.items():
            self.builder.emit_words(name, words_of_items(items))
        for text, tag in self.tags.items():
            self.builder.origin(tag, text)
        return self.builder.build()

    # --- memory -------------------------------------------------------------------------------

    def place_arguments(self) -> None:
        """A symbol per argument; on machines with a host, inputs and outputs lie there."""
        arguments = self.op.body.block.args
        for value, role, name in zip(
            arguments, self.op.roles.data, self.op.names.data, strict=True
        ):
            host = self.machine.host is not None and role.data is not Role.WEIGHT
            contents = self.weights.get(name.data) if role.data is Role.WEIGHT else None
            self.kinds[value] = role.data
            self.place_symbol(value, name.data, role.data.value, contents=contents, host=host)

    def place_symbol(self, value: SSAValue, name: str, kind: str, **options: Any) -> None:
        """DRAM for a memref."""
        shape, element = shape_of(value.type), element_of(value.type)
        text = f"tensor<{'x'.join(map(str, shape))}x{element}>"
        row = lanes_of(value.type) * width_of(value.type)
        base = self.builder.symbol(name, rows_of(value.type) * row, kind=kind, type=text, **options)
        self.places[value] = _Place(base, Operand(None, str(element), row, 1))

    def place_tile(self, op: AllocOp) -> None:
        """Lines of a tile, which are known, or DRAM to spill to."""
        memory = memory_of(op.tile.type)
        if memory is None:
            taken = {name.data for name in self.op.names.data}
            number = sum(place.operand.memory is None for place in self.places.values())
            name = f"temp{number}"
            while name in taken:
                name += "_"
            self.place_symbol(op.tile, name, "temp")
            return
        if op.at is None:
            fail(op, "has no place", help="run accel-allocate first")
        self.places[op.tile] = _Place(op.at.value.data, self.tile_operand(op, memory))

    def tile_operand(self, op: AllocOp, memory: Memory) -> Operand:
        """How the rows of a tile lie; tiles of one type share it."""
        type = op.tile.type
        if type not in self.tiles:
            cols = self.machine.array.cols
            if lanes_of(type) != cols:
                fail(
                    op,
                    f"has rows of {lanes_of(type)} lanes; {self.machine.name} has {cols} columns",
                )
            wide = memory is Memory.ACC
            unit = 1 if wide else width_of(type)
            line = self.machine.acc_row_bytes if wide else self.machine.line_bytes
            self.tiles[type] = Operand(memory, str(element_of(type)), unit, line)
        return self.tiles[type]

    def check_store(self, op: EngineOp) -> None:
        """Programs write their outputs and what they spill, nothing else."""
        kind = self.kinds.get(op.operands[1]) if isinstance(op, StoreOp) else None
        if kind in (Role.INPUT, Role.WEIGHT):
            fail(op, f"writes to an argument that is {kind}, not output")

    # --- ops ----------------------------------------------------------------------------------

    def add(self, op: EngineOp, semaphores: Semaphores) -> None:
        """The items of one op: its mark, its tokens, its words."""
        items = self.items[op.ENGINE]
        tag = self.tag(op.location)
        if tag != items.tag:
            items.tag = tag
            items.add(MARK, (tag, 0, 0))
        template, bases = self.template(op)
        takes, gives = semaphores.takes.get(op, []), semaphores.gives.get(op, [])
        wait = takes[-1] if takes and template.waits else 0
        sig = gives[0] if gives and template.signals else 0
        for semaphore in takes[: len(takes) - bool(wait)]:
            items.add(sync(semaphore, "take"))
        items.add(template, bases, wait, sig)
        for semaphore in gives[bool(sig) :]:
            items.add(sync(semaphore, "give"))

    def template(self, op: EngineOp) -> tuple[Template, Bases]:
        """The words of an op, and where each of its operands begins."""
        decoded = decode(op)
        places = [self.places[value] for value in decoded.values]
        # Tiles of one type share their operand, so that its id, unlike itself, is quick to hash.
        key = (op.name, decoded[2:], *[id(place.operand) for place in places])
        template = self.templates.get(key)
        if template is None:
            template = self.templates[key] = self.new_template(op, decoded, places)
        bases = [
            place.base + base * place.operand.unit
            for place, base in zip(places, decoded.bases, strict=True)
        ]
        if op.name == "accel.binary" and len(bases) == 2:
            bases.insert(1, 0)
        return template, (bases[0], bases[1], bases[2] if len(bases) > 2 else 0)

    def new_template(self, op: EngineOp, decoded: Decoded, places: Sequence[_Place]) -> Template:
        """The words of all ops that differ in nothing but where their operands begin."""
        operands = tuple([place.operand for place in places])
        steps = tuple(
            [
                tuple([step * operand.unit for step in own])
                for own, operand in zip(decoded.steps, operands, strict=True)
            ]
        )
        form = Form(op.name, decoded.trips, steps, decoded.fields, operands)
        try:
            return template_of(form, self.machine.array.rows, self.loops)
        except (Unencodable, EncodingError) as error:
            fail(op, str(error), rule="accel-to-isa-fields")

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
