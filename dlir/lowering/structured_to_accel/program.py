"""One program of the machine: its arguments, what stays on chip, and its kernels in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType, i32
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.accel.access import Access
from dlir.dialects.accel.attrs import Memory, Role, RoleAttr, tile_type
from dlir.dialects.accel.ops import AllocOp, ProgramOp
from dlir.dialects.accel.ops import GatherOp as AccelGatherOp
from dlir.dialects.isa.attrs import MachineAttr
from dlir.dialects.structured.ops import GenericOp, element_type_of, shape_of
from dlir.lowering.structured_to_accel.choose import LARGER, tilings_of
from dlir.lowering.structured_to_accel.drafts import Draft, Drafts, write
from dlir.lowering.structured_to_accel.emitter import Emitter, View, dense
from dlir.lowering.structured_to_accel.expression import Unsupported
from dlir.lowering.structured_to_accel.homes import (
    Home,
    operands_of,
    packed_type,
    packing,
    part_before,
)
from dlir.lowering.structured_to_accel.host import Host
from dlir.lowering.structured_to_accel.kernels import Kernels
from dlir.lowering.structured_to_accel.partition import GatherPlan
from dlir.lowering.structured_to_accel.plan import (
    ContractionPlan,
    HostTensor,
    Operand,
    storage_type,
)
from dlir.lowering.structured_to_accel.residents import homes_of
from dlir.lowering.structured_to_accel.section import Section
from dlir.lowering.structured_to_accel.stored import (
    Layout,
    Stored,
    copied,
    physical_shape,
    reshaped,
)
from dlir.lowering.structured_to_accel.tiles import Tiles, domain_of
from dlir.types import AnyTensor, element_of, is_tensor
from dlir.types import shape_of as shape_of_type


@dataclass
class Argument:
    """A DRAM argument: what the host passes, or the tensor that comes out."""

    value: SSAValue
    role: Role
    name: str
    host: SSAValue | None = None
    """The formatted tensor, for inputs and weights."""
    type: TensorType[Attribute] | None = None
    layout: Layout | None = None
    source: SSAValue | None = None
    """The tensor that comes out, for outputs."""


@dataclass
class ProgramWriter:
    """Writes one program."""

    section: Section
    attribute: MachineAttr
    host: Host
    arguments: list[Argument] = field(default_factory=list[Argument])
    _known: dict[object, SSAValue] = field(default_factory=dict[object, SSAValue])
    _constants: dict[tuple[float, Attribute], View] = field(
        default_factory=dict[tuple[float, Attribute], View]
    )
    _shared: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """Weights of several kernels -> the tile that holds them."""
    prologue: Drafts = field(default_factory=list[AllocOp | Draft])

    def __post_init__(self) -> None:
        self.emit = Emitter(self.section.machine)
        self.block = Block()
        self.tiles = Tiles(self.emit, self.constant)
        self.homes = homes_of(self.section)

    @property
    def cols(self) -> int:
        return self.section.cols

    def write(self) -> ProgramOp:
        """The program; `arguments` tells the host what to pass."""
        packed = self._pack_weights()
        kernels = Kernels(self.tiles, self.homes, tilings_of(self.homes), packed)
        self._place_inputs()
        for number, op in enumerate(self.section.ops):
            self.emit.location = op.location
            if op.results[0] in packed:
                packed[op.results[0]] = self._on_chip(op, packed[op.results[0]])
            try:
                self._lower(op, number, kernels)
            except Unsupported as reason:
                fail(op, f"does not fit the machine: {reason}", rule="accel-fit", help=LARGER)
        return self._program()

    def _lower(self, op: Operation, number: int, kernels: Kernels) -> None:
        found, value = self.section.found, op.results[0]
        if op in found.views:
            self.tiles.stored[value] = self._as_view(op)
            return
        if value in self.homes.fused:
            return
        part = part_before(self.section, op)
        stored = self._home(self.homes.of[value]) if part is None else self.tiles.stored[part]
        self.tiles.stored[value] = stored
        plan = found.plans[op]
        if isinstance(plan, GatherPlan):
            self._gather(plan, value)
            return
        kernels.free_lines = self.homes.free_lines(number)
        kernels.lower(plan, value)

    # --- arguments --------------------------------------------------------------------------------

    def _argument(
        self, role: Role, name: str, shape: Sequence[int], element: Attribute
    ) -> SSAValue:
        """A new DRAM argument of rows of lanes."""
        type = tile_type(None, (*shape, self.cols), element)
        return self.block.insert_arg(type, len(self.block.args))

    def host_tensor(self, tensor: HostTensor) -> SSAValue:
        """The argument that holds a tensor of the host in some layout."""
        key = (tensor.value, tensor.layout, tensor.element)
        if key not in self._known:
            shape = physical_shape(shape_of(tensor.value), tensor.layout, self.cols)
            self._known[key] = self._argument(Role.INPUT, "", shape, tensor.element)
            self._add(tensor.value, self._known[key], self.host.formatted(tensor))
        return self._known[key]

    def _add(self, source: SSAValue, value: SSAValue, formatted: SSAValue) -> None:
        role = Role.WEIGHT if source in self.section.found.constant else Role.INPUT
        self.arguments.append(Argument(value, role, _name_of(source), formatted))

    def constant(self, number: float, element: Attribute) -> View:
        """A row in the scratchpad that holds a number in every lane, loaded once."""
        if (number, element) not in self._constants:
            type: AnyTensor = TensorType(element, [1, self.cols])
            value = int(number) if element == i32 else number
            splat: Any = DenseIntOrFPElementsAttr.from_list(cast(Any, type), [value])
            made = self.host.add(arith.ConstantOp(splat, type))
            argument = self._argument(Role.WEIGHT, "", (1,), element)
            self.arguments.append(Argument(argument, Role.WEIGHT, f"constant {number:g}", made))
            outer, self.emit.ops = self.emit.ops, self.prologue
            tile = self.emit.alloc(Memory.SPM, (1,), element)
            self.emit.load(View(argument, 0, ()), View(tile, 0, ()), ())
            self.emit.ops = outer
            self._constants[number, element] = View(tile, 0, ())
        return self._constants[number, element]

    def _pack_weights(self) -> dict[SSAValue, SSAValue]:
        """The result of a contraction -> its weights; equal ones are packed once."""
        packed: dict[SSAValue, SSAValue] = {}
        for op, plan in self.section.plans.items():
            if isinstance(plan, ContractionPlan) and plan.constant:
                key = packing(plan, self.cols)
                if key not in self._known:
                    self._known[key] = self._packed(plan)
                packed[op.results[0]] = self._known[key]
        return packed

    def _packed(self, plan: ContractionPlan) -> SSAValue:
        value = self.block.insert_arg(packed_type(plan, self.cols), len(self.block.args))
        made = self.host.packed(plan, storage_type(element_type_of(plan.w.value)))
        self.arguments.append(Argument(value, Role.WEIGHT, _name_of(plan.w.value), made))
        return value

    def _on_chip(self, op: Operation, packed: SSAValue) -> SSAValue:
        """Weights as a kernel reads them: shared ones in a tile that its first reader loads."""
        plan = self.section.plans[op]
        assert isinstance(plan, ContractionPlan)
        if packing(plan, self.cols) not in self.homes.shared:
            return packed
        if packed not in self._shared:
            shape = shape_of_type(packed.type)[:-1]
            tile = self.emit.alloc(Memory.SPM, shape, element_of(packed.type))
            self.emit.load(dense(packed, shape), dense(tile, shape), shape)
            self._shared[packed] = tile
        return self._shared[packed]

    def _place_inputs(self) -> None:
        """Operands that the host prepares."""
        own = {r for op in self.section.ops for r in op.results}
        for plan in self.section.plans.values():
            for operand in operands_of(plan):
                if operand.host is None and operand.value not in own:
                    operand.host = self._passed_on(operand)
                if operand.host is not None:
                    self._place_input(operand)

    def _passed_on(self, operand: Operand) -> HostTensor:
        """The result of an earlier program, in the layout that was planned for it."""
        layout = Layout(self.section.found.lanes[operand.value])
        return HostTensor(operand.value, layout, self.section.found.stored_type(operand.value))

    def _place_input(self, operand: Operand) -> None:
        assert operand.host is not None
        memref = self.host_tensor(operand.host)
        stored = Stored.whole(memref, shape_of(operand.value), operand.host.layout, self.cols)
        known = self.tiles.stored.get(operand.value)
        if known is not None and known != stored:  # the same tensor in another layout
            self.tiles.stored[memref] = stored
            operand.value = memref
            return
        self.tiles.stored[operand.value] = stored

    # --- where results live -----------------------------------------------------------------------

    def _home(self, home: Home) -> Stored:
        """The memory of a tensor: an output, the scratchpad, or DRAM to spill to."""
        value, resident = home.value, home.value in self.homes.resident
        shape = shape_of(value)
        layout = home.layout if resident else Layout(home.layout.lane)
        physical = physical_shape(shape, layout, self.cols)
        if home.output:
            memref = self._argument(Role.OUTPUT, "", physical, home.element)
            whole = self.section.found.whole.get(value, value)
            type = whole.type
            assert is_tensor(type)
            name = whole.name_hint or f"o{len(self.section.outputs)}"
            self.arguments.append(Argument(memref, Role.OUTPUT, name, None, type, layout, whole))
            return Stored.whole(memref, shape, layout, self.cols)
        memref = self.emit.alloc(Memory.SPM if resident else None, physical, home.element)
        stored = Stored.whole(memref, shape, layout, self.cols)
        if layout.border and home.filler is not None:
            stored = Stored(
                memref,
                stored.base,
                stored.shape,
                stored.steps,
                stored.lane,
                layout.border,
                home.filler,
            )
            self._fill_around(stored)
        return stored

    def _fill_around(self, stored: Stored) -> None:
        """The rows around a tensor on chip."""
        first = [-before for before, _ in stored.border]
        last = [n + after for n, (_, after) in zip(stored.shape, stored.border, strict=True)]
        for d, (before, after) in enumerate(stored.border):
            for start, count in ((-before, before), (stored.shape[d], after)):
                if count:
                    at = [*first[:d], start, *first[d + 1 :]]
                    sizes = [b - a for a, b in zip(first, last, strict=True)]
                    sizes[d] = count
                    assert stored.filler is not None
                    self.tiles.fill(stored.box(at, sizes, self.cols), stored.filler)
            first[d], last[d] = 0, stored.shape[d]

    def _as_view(self, op: Operation) -> Stored:
        source = self.tiles.stored[op.operands[0]]
        shape = shape_of(op.results[0])
        if isinstance(op, GenericOp):
            found = copied(source, op.input_forms[0], shape, self.cols)
        else:
            found = reshaped(source, shape, self.cols)
        assert found is not None, "planned before"
        return found

    def _gather(self, plan: GatherPlan, value: SSAValue) -> None:
        """Rows of a table in DRAM, block by block, through the scratchpad."""
        cols, emit = self.cols, self.emit
        table = self.host_tensor(plan.table)
        size, width = shape_of(plan.op.input)
        indices = self._argument(
            Role.INPUT, "", (-(-prod(shape_of(plan.op.indices)) // cols),), i32
        )
        made = self.host.indices(plan.op.indices, size)
        self._add(plan.op.indices, indices, made)
        target = self.tiles.stored[value]
        total = prod(shape_of(plan.op.indices))
        blocks = -(-width // cols)
        most = max(1, min(total, self.section.machine.spm_lines // (8 * blocks * 4)) // cols) * cols
        self.tiles.begin()
        for first in range(0, total, most):
            rows = min(most, total - first)
            index = emit.alloc(Memory.SPM, (-(-rows // cols),), i32)
            lines = (-(-rows // cols),)
            emit.load(View(indices, first // cols, (1,)), View(index, 0, (1,)), lines)
            tile = self.tiles.tile((rows, width), 1, plan.table.element)
            walks = (table, Access(0, (size,))), (index, Access(0, (0,)))
            written = tile.memref, Access(0, (rows,))
            emit.add(AccelGatherOp, (*walks, written), (blocks,), rows=rows, of=size)
            domain = domain_of((rows, width), 1, cols)
            flat = View(target.memref, target.base + first, (1, total))
            source = View(tile.memref, 0, tile.steps)
            if target.memory is Memory.SPM:
                emit.unary("copy", source, flat, domain)
            else:
                emit.store(source, flat, domain)

    # --- the op -----------------------------------------------------------------------------------

    def _program(self) -> ProgramOp:
        order = {a.value: a for a in self.arguments}
        arguments = [order[v] for v in self.block.args]
        names: list[str] = []
        for argument in arguments:
            names.append(_unique(argument.name, names))
            argument.name = names[-1]
        self.arguments = arguments
        roles = [RoleAttr(a.role) for a in arguments]
        name = self.section.name
        program = ProgramOp(name, self.attribute, roles, names, Region(self.block))
        write(program, [*self.prologue, *self.emit.ops])
        return program


def _name_of(value: SSAValue) -> str:
    owner = value.owner
    if isinstance(owner, Operation) and owner.name == "dl.param":
        held = owner.get_attr_or_prop("name") or owner.get_attr_or_prop("param")
        return str(getattr(held, "data", value.name_hint or "weight"))
    return value.name_hint or "value"


def _unique(name: str, taken: Sequence[str]) -> str:
    count, found = 1, name
    while found in taken:
        count += 1
        found = f"{name}.{count}"
    return found
