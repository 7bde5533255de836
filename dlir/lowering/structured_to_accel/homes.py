"""Where the tensors of a program are: inside of a kernel, on chip between kernels, or in DRAM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import NoReturn

from xdsl.ir import Attribute, Operation, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.accel.attrs import Memory, rows_of, tile_type
from dlir.dialects.accel.verify import width_of
from dlir.dialects.structured.ops import element_type_of, shape_of
from dlir.lowering.structured_to_accel.contraction import packed_shape
from dlir.lowering.structured_to_accel.evaluate import is_immediate
from dlir.lowering.structured_to_accel.expression import Call, Const, Expr
from dlir.lowering.structured_to_accel.fuse import Fusion
from dlir.lowering.structured_to_accel.plan import (
    ContractionPlan,
    Operand,
    Plan,
    VectorPlan,
    storage_type,
)
from dlir.lowering.structured_to_accel.schedule import DRAM, SPM, TILE, home_of
from dlir.lowering.structured_to_accel.section import Section
from dlir.lowering.structured_to_accel.stored import Layout, blocks_of, physical_shape

TILE_SHARE = 0.92
"""The part that tiles may fill of what is left of the scratchpad: allocation never packs
perfectly."""
FUSED_PARTS = 16
"""A tensor is fused into a kernel only if a row of its tile takes so small a part of it."""
WEIGHT_SHARE = 0.4
"""The part that weights of several kernels may take."""


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

    @property
    def life(self) -> range:
        """The numbers of the ops from the one that writes it to the last that reads it."""
        return range(self.first, max(self.first, self.last) + 1)

    def lines(self, cols: int) -> int:
        """Lines of the scratchpad that it would take."""
        shape = physical_shape(shape_of(self.value), self.layout, cols)
        return prod(shape) * width_of(tile_type(Memory.SPM, (1, cols), self.element))


@dataclass
class Homes:
    """The decision for one program."""

    section: Section
    fused: Mapping[SSAValue, Plan] = field(default_factory=dict[SSAValue, Plan])
    """Tensors that are computed in the kernel that reads them."""
    of: dict[SSAValue, Home] = field(default_factory=dict[SSAValue, Home])
    """Tensors that are stored as a whole."""
    roots: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """A view, or one more part, of a tensor -> the tensor."""
    resident: set[SSAValue] = field(default_factory=set[SSAValue])
    """Those of them that are on chip."""
    shared: set[Hashable] = field(default_factory=set[Hashable])
    """Weights that several kernels read and that are on chip; see `packing`."""
    lines: list[int] = field(default_factory=list[int])
    """Lines of the scratchpad that are taken while each op runs."""

    def root(self, value: SSAValue) -> SSAValue:
        return self.roots.get(value, value)

    def is_on_chip(self, value: SSAValue) -> bool:
        """Whether a tensor is in the scratchpad when it is read."""
        return value in self.fused or self.root(value) in self.resident

    def is_argument(self, value: SSAValue) -> bool:
        """Whether it is in DRAM because the host gives it, or takes it."""
        home = self.of.get(self.root(value))
        return value not in self.fused and (home is None or home.output)

    def fused_lines(self, plan: Plan) -> int:
        """Lines per result row that tensors inside of the kernel take."""
        per_row = 0
        seen: set[SSAValue] = set()
        waiting = [o.value for o in (*plan.operands, *plan.extras)]
        while waiting:
            value = waiting.pop()
            inner = self.fused.get(value)
            if inner is None or value in seen:
                continue
            seen.add(value)
            lanes = 1 if inner.out_lane is None else shape_of(value)[inner.out_lane]
            per_row += 4 * blocks_of(lanes, self.section.cols)
            waiting += [o.value for o in (*inner.operands, *inner.extras)]
        return per_row

    def free_lines(self, number: int) -> int:
        """Lines that the tiles of an op may take."""
        return int(TILE_SHARE * (self.section.machine.spm_lines - self.lines[number]))


def stored_homes(section: Section) -> Homes:
    """Fuse, as the text says or as is best; nothing else is on chip yet. Raises CompileError."""
    homes = Homes(section)
    most = section.machine.spm_lines // FUSED_PARTS
    homes.fused = Fusion(section.plans, _stored(section), section.cols, most).run()
    for op in section.plans:
        if home_of(op) == TILE and op.results[0] not in homes.fused:
            refuse(op, TILE, "not all of its readers can compute it tile by tile")
    _Placement(homes).run()
    homes.shared, taken = _shared_weights(section)
    homes.lines = [taken + _constant_lines(section)] * len(section.ops)
    return homes


def home_named(homes: Homes, value: SSAValue) -> str:
    """The word for the home of an op's result."""
    if value in homes.fused:
        return TILE
    return SPM if homes.root(value) in homes.resident else DRAM


def _stored(section: Section) -> set[SSAValue]:
    """Tensors that others than kernels read, or that are asked for as a whole."""
    found = section.found
    viewed = {v for op in section.ops if op in found.views for v in op.operands}
    gathered = {
        op.results[0] for op in section.ops if op in found.plans and op not in section.plans
    }
    wanted = {op.results[0] for op in section.plans if home_of(op) in (SPM, DRAM)}
    return {*section.outputs, *viewed, *gathered, *found.whole, *wanted}


def refuse(op: Operation, word: str, reason: str) -> NoReturn:
    fail(
        op,
        f"cannot have the home '{word}': {reason}",
        rule="accel-home",
        help="another home, or none: `accel-fuse` chooses one",
    )


# --- lives ----------------------------------------------------------------------------------------


@dataclass
class _Placement:
    """Finds the layout, the type and the life of every tensor that is stored as a whole."""

    homes: Homes

    def __post_init__(self) -> None:
        self.section = self.homes.section
        self.order = {op: i for i, op in enumerate(self.section.ops)}

    def run(self) -> None:
        homes, found = self.homes, self.section.found
        for op, number in self.order.items():
            value = op.results[0]
            before = part_before(self.section, op)
            if op in found.views:
                homes.roots[value] = homes.root(op.operands[0])
            elif before is not None:
                homes.roots[value] = homes.root(before)
            elif value not in homes.fused:
                homes.of[value] = self.home(op, number)
            for operand in op.operands:
                home = homes.of.get(homes.root(operand))
                if home is not None:
                    home.last = max(home.last, self.last_reader(op, number))
        self.add_borders()

    def home(self, op: Operation, number: int) -> Home:
        """The result of an op as it is stored."""
        value, plan = op.results[0], self.section.found.plans[op]
        lane = plan.out_lane if isinstance(plan, Plan) else len(shape_of(value)) - 1
        home = Home(value, Layout(lane), self.section.found.stored_type(value), number)
        home.output = self.section.found.whole.get(value, value) in self.section.outputs
        return home

    def last_reader(self, op: Operation, number: int) -> int:
        """When an op reads: where its own kernel stands, which for fused ops is a later one."""
        last = number
        waiting = [op]
        while waiting:
            one = waiting.pop()
            value = one.results[0]
            last = max(last, self.order.get(one, number))
            if value in self.homes.fused or one in self.section.found.views:
                waiting += [u.operation for u in value.uses if u.operation in self.order]
        return last

    def add_borders(self) -> None:
        """Rows around a tensor for windows that leave it, where all readers agree."""
        section, roots = self.section, set(self.homes.roots.values())
        for value, home in self.homes.of.items():
            if value in roots or home.output or value in section.found.whole:
                continue
            reads = [
                (o, p) for p in section.plans.values() for o in operands_of(p)
                if o.value is value and o.filler is not None
            ]  # fmt: skip
            if reads and len({o.filler for o, _ in reads}) == 1:
                home.filler = reads[0][0].filler
                home.layout = Layout(home.layout.lane, _border(reads, shape_of(value)))


def part_before(section: Section, op: Operation) -> SSAValue | None:
    """The tensor that an op writes a further part of."""
    plan = section.found.plans.get(op)
    if isinstance(plan, Plan) and plan.op.outs in section.found.whole:
        return plan.op.outs
    return None


def operands_of(plan: Plan) -> list[Operand]:
    """Operands that kernels read; packed weights and what was folded into them are not."""
    operands = list(plan.operands)
    extras = list(plan.extras)
    if isinstance(plan, ContractionPlan) and plan.constant:
        operands = operands[:1]
        if plan.scale is not None:
            extras.pop(plan.scale)
    return [*operands, *extras]


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


# --- weights --------------------------------------------------------------------------------------


def packing(plan: ContractionPlan, cols: int) -> Hashable:
    """What two contractions must have in common to read the same packed weights."""
    scale = None if plan.scale is None else plan.extras[plan.scale].value
    roles = (plan.lane, plan.k, plan.batch, plan.taps, plan.diagonal)
    return (plan.w.value, tuple(plan.w.forms), packed_shape(plan, cols), scale, roles)


def _shared_weights(section: Section) -> tuple[set[Hashable], int]:
    """Weights of several kernels that may stay on chip, as in a recurrence; their lines."""
    plans = [p for p in section.plans.values() if isinstance(p, ContractionPlan) and p.constant]
    keys = [packing(plan, section.cols) for plan in plans]
    count = Counter(keys)
    budget = int(WEIGHT_SHARE * section.machine.spm_lines)
    shared: set[Hashable] = set()
    taken = 0
    for key, plan in dict(zip(keys, plans, strict=True)).items():
        type = packed_type(plan, section.cols)
        lines = rows_of(type) * width_of(type)
        if count[key] > 1 and taken + lines <= budget:
            taken += lines
            shared.add(key)
    return shared, taken


def packed_type(plan: ContractionPlan, cols: int) -> Attribute:
    """The packed weights of a contraction in DRAM."""
    element = storage_type(element_type_of(plan.w.value))
    return tile_type(None, (*packed_shape(plan, cols), cols), element)


def _constant_lines(section: Section) -> int:
    """Lines of the rows that hold numbers too long for an instruction."""
    exprs = [p.epilogue for p in section.plans.values()]
    exprs += [p.term for p in section.plans.values() if isinstance(p, VectorPlan)]
    numbers = {n for e in exprs if e is not None for n in _numbers(e) if not is_immediate(n, False)}
    return 4 * len(numbers)


def _numbers(expr: Expr) -> Iterator[float]:
    if isinstance(expr, Const):
        yield expr.value
    elif isinstance(expr, Call):
        for argument in expr.args:
            yield from _numbers(argument)
