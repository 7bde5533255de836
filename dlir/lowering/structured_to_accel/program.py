"""One program of the machine: its arguments, what stays on chip, and its kernels in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType, i32
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.accel.access import Access
from dlir.dialects.accel.attrs import Memory, Role, RoleAttr, rows_of, tile_type
from dlir.dialects.accel.ops import AllocOp, ProgramOp
from dlir.dialects.accel.ops import GatherOp as AccelGatherOp
from dlir.dialects.accel.verify import width_of
from dlir.dialects.isa.attrs import MachineAttr
from dlir.dialects.structured.ops import GenericOp, element_type_of, shape_of
from dlir.lowering.structured_to_accel.contraction import packed_shape
from dlir.lowering.structured_to_accel.drafts import Draft, Drafts, write
from dlir.lowering.structured_to_accel.emitter import Emitter, View, dense
from dlir.lowering.structured_to_accel.expression import Unsupported
from dlir.lowering.structured_to_accel.fuse import Fusion
from dlir.lowering.structured_to_accel.host import Host
from dlir.lowering.structured_to_accel.kernels import Kernels
from dlir.lowering.structured_to_accel.partition import GatherPlan, Partition
from dlir.lowering.structured_to_accel.plan import (
    ContractionPlan,
    HostTensor,
    Operand,
    Plan,
    storage_type,
)
from dlir.lowering.structured_to_accel.stored import (
    Layout,
    Stored,
    copied,
    physical_shape,
    reshaped,
)
from dlir.lowering.structured_to_accel.tiles import Tiles, domain_of
from dlir.targets.accel.description import Machine
from dlir.types import AnyTensor, element_of, is_tensor
from dlir.types import shape_of as shape_of_type

RESIDENT_SHARE, TILE_SHARE = 0.55, 0.92
"""Parts of the scratchpad: what may stay in it between kernels, and what tiles may fill of the
rest (allocation never packs perfectly)."""
FUSED_PARTS = 16
"""A tensor is fused into a kernel only if a row of its tile takes so small a part of it."""
WEIGHT_SHARE = 0.4
"""The part that weights of several kernels may take."""


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
    """Lowers the machine ops of one level."""

    machine: Machine
    attribute: MachineAttr
    name: str
    found: Partition
    ops: Sequence[Operation]
    outputs: Sequence[SSAValue]
    """Machine results that leave the program."""
    host: Host
    arguments: list[Argument] = field(default_factory=list[Argument])
    _known: dict[object, SSAValue] = field(default_factory=dict[object, SSAValue])
    _constants: dict[tuple[float, Attribute], View] = field(
        default_factory=dict[tuple[float, Attribute], View]
    )
    prologue: Drafts = field(default_factory=list[AllocOp | Draft])

    def __post_init__(self) -> None:
        self.emit = Emitter(self.machine)
        self.block = Block()
        self.tiles = Tiles(self.emit, self.constant)
        self.plans = {op: p for op in self.ops if isinstance(p := self.found.plans.get(op), Plan)}

    @property
    def cols(self) -> int:
        return self.machine.array.cols

    def write(self) -> ProgramOp:
        """The program; `arguments` tells the host what to pass."""
        viewed = {v for op in self.ops if op in self.found.views for v in op.operands}
        gathered = {op.results[0] for op in self.ops if op in self.found.plans} - {
            op.results[0] for op in self.plans
        }
        kept = set(self.outputs) | viewed | gathered | set(self.found.whole)
        most = self.machine.spm_lines // FUSED_PARTS
        fused = Fusion(self.plans, kept, self.cols, most).run()
        packed = self._pack_weights()
        weights = self._shared_weights(packed)
        kernels = Kernels(self.tiles, fused, packed, plans=self.plans)
        self._place_inputs()
        homes = self._homes(fused)
        taken = sum(_lines_of(v.type) for v in weights)
        resident = _resident(self.machine, self.cols, self.ops, homes, taken)
        for number, op in enumerate(self.ops):
            self.emit.location = op.location
            if packed.get(op.results[0]) in weights:
                packed[op.results[0]] = self._on_chip(packed[op.results[0]], weights)
            try:
                self._lower(op, number, kernels, homes, resident)
            except Unsupported as reason:
                help = "a machine with more scratchpad (spm.bytes) or accumulators (acc.rows)"
                fail(op, f"does not fit the machine: {reason}", rule="accel-fit", help=help)
        return self._program()

    def _lower(
        self,
        op: Operation,
        number: int,
        kernels: Kernels,
        homes: Mapping[SSAValue, Home],
        resident: Residency,
    ) -> None:
        value = op.results[0]
        if op in self.found.views:
            self.tiles.stored[value] = self._as_view(op)
            return
        if value in kernels.fused:
            return
        if value in homes:
            home = homes[value]
            self.tiles.stored[value] = self._home(value, home, value in resident.chosen)
        else:  # one more part of a tensor
            self.tiles.stored[value] = self.tiles.stored[op.operands[len(self.plans[op].op.inputs)]]
        plan = self.found.plans[op]
        if isinstance(plan, GatherPlan):
            self._gather(plan, value)
            return
        free = self.machine.spm_lines - resident.lines[number] - 4 * len(self._constants)
        kernels.free_lines = int(TILE_SHARE * free)
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
        role = Role.WEIGHT if source in self.found.constant else Role.INPUT
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
        for op, plan in self.plans.items():
            if isinstance(plan, ContractionPlan) and plan.constant:
                key = _packing(plan, self.cols)
                if key not in self._known:
                    self._known[key] = self._packed(plan)
                packed[op.results[0]] = self._known[key]
        return packed

    def _packed(self, plan: ContractionPlan) -> SSAValue:
        element = storage_type(element_type_of(plan.w.value))
        value = self._argument(Role.WEIGHT, "", packed_shape(plan, self.cols), element)
        made = self.host.packed(plan, element)
        self.arguments.append(Argument(value, Role.WEIGHT, _name_of(plan.w.value), made))
        return value

    def _shared_weights(
        self, packed: Mapping[SSAValue, SSAValue]
    ) -> dict[SSAValue, SSAValue | None]:
        """Weights that several kernels read, and that may stay on chip: those of a recurrence."""
        budget = int(WEIGHT_SHARE * self.machine.spm_lines)
        shared: dict[SSAValue, SSAValue | None] = {}
        for value, count in Counter(packed.values()).items():
            if count > 1 and _lines_of(value.type) <= budget:
                budget -= _lines_of(value.type)
                shared[value] = None
        return shared

    def _on_chip(self, value: SSAValue, weights: dict[SSAValue, SSAValue | None]) -> SSAValue:
        """The tile that holds shared weights, loaded by the first kernel that reads them."""
        if (tile := weights[value]) is None:
            shape = shape_of_type(value.type)[:-1]
            tile = self.emit.alloc(Memory.SPM, shape, element_of(value.type))
            self.emit.load(dense(value, shape), dense(tile, shape), shape)
            weights[value] = tile
        return tile

    def _place_inputs(self) -> None:
        """Operands that the host prepares."""
        own = {r for op in self.ops for r in op.results}
        for plan in self.plans.values():
            for operand in _read(plan):
                if operand.host is None and operand.value not in own:
                    operand.host = self._passed_on(operand)
                if operand.host is not None:
                    self._place_input(operand)

    def _passed_on(self, operand: Operand) -> HostTensor:
        """The result of an earlier program, in the layout that was planned for it."""
        layout = Layout(self.found.lanes[operand.value])
        return HostTensor(operand.value, layout, storage_type(element_type_of(operand.value)))

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

    def _homes(self, fused: Mapping[SSAValue, Plan]) -> dict[SSAValue, Home]:
        """Layout, type and lifetime of every tensor that is stored as a whole."""
        homes: dict[SSAValue, Home] = {}
        roots: dict[SSAValue, SSAValue] = {}
        order = {op: i for i, op in enumerate(self.ops)}
        for op, number in order.items():
            value = op.results[0]
            before = self._part_before(op)
            if op in self.found.views:
                roots[value] = roots.get(op.operands[0], op.operands[0])
            elif before is not None:
                roots[value] = roots.get(before, before)
            elif value not in fused:
                plan = self.found.plans[op]
                lane = plan.out_lane if isinstance(plan, Plan) else len(shape_of(value)) - 1
                element = storage_type(element_type_of(value))
                homes[value] = Home(value, Layout(lane), element, number)
                homes[value].output = self.found.whole.get(value, value) in self.outputs
            for operand in op.operands:
                root = roots.get(operand, operand)
                for home in self._sources(root, homes, fused):
                    home.last = max(home.last, self._reader(op, number, fused, order))
        self._add_borders(homes, roots)
        return homes

    def _part_before(self, op: Operation) -> SSAValue | None:
        """The tensor that an op writes a further part of."""
        plan = self.found.plans.get(op)
        if isinstance(plan, Plan) and plan.op.outs in self.found.whole:
            return plan.op.outs
        return None

    def _sources(
        self, value: SSAValue, homes: Mapping[SSAValue, Home], fused: Mapping[SSAValue, Plan]
    ) -> list[Home]:
        return [homes[value]] if value in homes and value not in fused else []

    def _reader(
        self,
        op: Operation,
        number: int,
        fused: Mapping[SSAValue, Plan],
        order: Mapping[Operation, int],
    ) -> int:
        """When an op reads: where its own kernel stands, which for fused ops is a later one."""
        last = number
        waiting = [op]
        while waiting:
            one = waiting.pop()
            value = one.results[0]
            last = max(last, order.get(one, number))
            if value in fused or one in self.found.views:
                waiting += [u.operation for u in value.uses if u.operation in order]
        return last

    def _add_borders(self, homes: dict[SSAValue, Home], roots: Mapping[SSAValue, SSAValue]) -> None:
        """Rows around a tensor for windows that leave it, where all readers agree."""
        for value, home in homes.items():
            if value in roots.values() or home.output or value in self.found.whole:
                continue
            reads = [
                (o, p) for p in self.plans.values() for o in _read(p)
                if o.value is value and o.filler is not None
            ]  # fmt: skip
            if reads and len({o.filler for o, _ in reads}) == 1:
                home.filler = reads[0][0].filler
                home.layout = Layout(home.layout.lane, _border(reads, shape_of(value)))

    def _home(self, value: SSAValue, home: Home, resident: bool) -> Stored:
        """The memory of a tensor: an output, the scratchpad, or DRAM to spill to."""
        shape = shape_of(value)
        layout = home.layout if resident else Layout(home.layout.lane)
        physical = physical_shape(shape, layout, self.cols)
        if home.output:
            memref = self._argument(Role.OUTPUT, "", physical, home.element)
            whole = self.found.whole.get(value, value)
            type = whole.type
            assert is_tensor(type)
            name = whole.name_hint or f"o{len(self.outputs)}"
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
        most = max(1, min(total, self.machine.spm_lines // (8 * blocks * 4)) // cols) * cols
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
        program = ProgramOp(self.name, self.attribute, roles, names, Region(self.block))
        write(program, [*self.prologue, *self.emit.ops])
        return program


@dataclass
class Home:
    """Where a tensor will be: its layout, its type, and the ops between which it lives."""

    value: SSAValue
    layout: Layout
    element: Attribute
    first: int
    output: bool = False
    last: int = -1
    filler: float | None = None

    def lines(self, cols: int) -> int:
        """Lines of the scratchpad that it would take."""
        shape = physical_shape(shape_of(self.value), self.layout, cols)
        return prod(shape) * width_of(tile_type(Memory.SPM, (1, cols), self.element))


@dataclass
class Residency:
    """The tensors that stay on chip, and the lines that they take while each op runs."""

    chosen: set[SSAValue]
    lines: list[int]


def _resident(
    machine: Machine,
    cols: int,
    ops: Sequence[Operation],
    homes: Mapping[SSAValue, Home],
    taken: int,
) -> Residency:
    """In order, as long as they fit beside those that are there already (`taken` lines always)."""
    budget = max(taken, int(RESIDENT_SHARE * machine.spm_lines))
    result = Residency(set(), [taken] * len(ops))
    for home in homes.values():
        span = range(home.first, max(home.first, home.last) + 1)
        need = home.lines(cols)
        if home.output or home.last < 0:
            continue
        if all(result.lines[i] + need <= budget for i in span):
            result.chosen.add(home.value)
            for i in span:
                result.lines[i] += need
    return result


def _packing(plan: ContractionPlan, cols: int) -> Hashable:
    """What two contractions must have in common to read the same packed weights."""
    scale = None if plan.scale is None else plan.extras[plan.scale].value
    roles = (plan.lane, plan.k, plan.batch, plan.taps, plan.diagonal)
    return (plan.w.value, tuple(plan.w.forms), packed_shape(plan, cols), scale, roles)


def _lines_of(type: Attribute) -> int:
    """Lines of the scratchpad that a memref would take."""
    return rows_of(type) * width_of(type)


def _border(
    reads: Sequence[tuple[Operand, Plan]], shape: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """How far windows reach out of a tensor, on each side of each dimension."""
    result: list[tuple[int, int]] = []
    for d, n in enumerate(shape):
        spans = [o.forms[d].bounds(p.extents) for o, p in reads]
        before = max(0, *(-low for low, _ in spans), 0)
        after = max(0, *(high - n + 1 for _, high in spans), 0)
        result.append((before, after))
    return tuple(result)


def _read(plan: Plan) -> list[Operand]:
    """Operands that kernels read; packed weights and what was folded into them are not."""
    operands = list(plan.operands)
    extras = list(plan.extras)
    if isinstance(plan, ContractionPlan) and plan.constant:
        operands = operands[:1]
        if plan.scale is not None:
            extras.pop(plan.scale)
    return [*operands, *extras]


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
