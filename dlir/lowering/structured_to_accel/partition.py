"""Which ops run on the machine, in how many programs, and why the others run on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects import func, tensor
from xdsl.dialects.builtin import StringAttr, bf16
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.rewriter import Rewriter

from dlir.dialects.accel.attrs import HOST
from dlir.dialects.structured.ops import (
    GatherOp,
    GenericOp,
    ReshapeOp,
    YieldOp,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.quantization import match_quantize
from dlir.dialects.structured.roles import (
    flips_sign,
    is_constant,
    is_copy,
    is_elementwise,
    only_casts,
    only_moves,
    overwrites_outs,
)
from dlir.lowering.structured_to_accel.expression import Unsupported
from dlir.lowering.structured_to_accel.plan import (
    HostTensor,
    Plan,
    Planned,
    keeps_f32,
    stored_type,
)
from dlir.lowering.structured_to_accel.planner import Planner
from dlir.lowering.structured_to_accel.split import split
from dlir.lowering.structured_to_accel.stored import Layout, Stored, copied, reshaped


@dataclass
class GatherPlan:
    """Rows of a constant table at indices that the host gives."""

    op: GatherOp
    table: HostTensor


@dataclass
class Partition:
    """What became of every op."""

    plans: dict[Operation, Plan | GatherPlan] = field(
        default_factory=dict[Operation, "Plan | GatherPlan"]
    )
    """The ops that the machine computes."""
    views: dict[Operation, Stored] = field(default_factory=dict[Operation, Stored])
    """Copies and reshapes that are other views of a tensor on the machine."""
    level: dict[Operation, int] = field(default_factory=dict[Operation, int])
    """Programs by number; host ops of level n run before program n."""
    reasons: dict[Operation, str] = field(default_factory=dict[Operation, str])
    """Why an op stays on the host."""
    constant: set[SSAValue] = field(default_factory=set[SSAValue])
    whole: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """A tensor that is written part by part -> the tensor after its last part."""
    lanes: dict[SSAValue, int | None] = field(default_factory=dict[SSAValue, "int | None"])
    """The dimension of each machine tensor that lies on the lanes."""
    keeps_f32: bool = False
    """See `keeps_f32`."""

    @property
    def is_shared(self) -> bool:
        """Whether the host computes something, and does not just move what it has."""
        generics = (op for op in self.reasons if isinstance(op, GenericOp))
        gathers = any(isinstance(op, GatherOp) for op in self.reasons)
        return gathers or not all(map(_only_formats, generics))

    def stored_type(self, value: SSAValue) -> Attribute:
        """The type that a tensor has on the machine."""
        return stored_type(value, self.keeps_f32)


def partition(
    block: Block,
    cols: int,
    types: Sequence[str] = ("i8", "bf16"),
    *,
    fast_vector: frozenset[str] = frozenset(),
) -> Partition:
    """Decide op by op, in order; `types` are what the array multiplies."""
    found = Partition(whole=_parts(block), keeps_f32=keeps_f32(block))
    planned: Planned = {}
    planner = Planner(
        cols, planned, lambda v: v in found.constant, types, fast_vector, found.keeps_f32
    )
    waiting = list(reversed(list(block.ops)))
    while waiting:
        op = waiting.pop()
        if is_constant(op, found.constant):
            found.constant.update(op.results)
        on_machine = any(o in planned for o in op.operands)
        constant = all(r in found.constant for r in op.results)
        if constant or isinstance(op, func.ReturnOp | tensor.EmptyOp):
            found.level[op] = _host_level(op, found)
            continue
        stored = _view(op, planned, cols) if on_machine and HOST not in op.attributes else None
        if stored is not None:
            found.views[op] = stored
            planned[op.results[0]] = stored
            found.level[op] = _machine_level(op, found)
            continue
        if not (parts := _place(op, found, planner, planned, on_machine)):
            continue
        _replace(op, parts)
        waiting += reversed(parts)
    found.lanes = {value: stored.lane for value, stored in planned.items()}
    return found


def _place(
    op: Operation, found: Partition, planner: Planner, planned: Planned, on_machine: bool
) -> list[Operation]:
    """On the machine if it can be planned and is work, else on the host.

    If only its epilogue cannot be, gives the ops to put in its place.
    """
    given = op.attributes.get(HOST)
    try:
        if given is not None:
            raise Unsupported(given.data if isinstance(given, StringAttr) else "the text says so")
        if not on_machine and isinstance(op, GenericOp) and only_moves(op):
            raise Unsupported("a copy of what the host has")
        if not on_machine and isinstance(op, GenericOp) and only_casts(op):
            raise Unsupported("a cast of what the host has")
        if isinstance(op, GenericOp) and flips_sign(op):
            raise Unsupported("bytes that are unsigned outside of the machine")
        if not on_machine and isinstance(op, GenericOp) and _only_quantizes(op):
            raise Unsupported("a quantisation of what the host has, which is not rounded there")
        plan, layout = _plan(op, planner, found)
        _require_one_program(op, found)
    except Unsupported as reason:
        if given is None and isinstance(op, GenericOp):
            parts = split(op, planner.can_plan)
            if parts:
                return parts
        for part in (*_parts_before(op, found), op):
            found.plans.pop(part, None)
            planned.pop(part.results[0], None)
            _keep_on_host(part, found, str(reason))
        return []
    found.plans[op] = plan
    planned[op.results[0]] = planner.placeholder(op.results[0], layout)
    found.level[op] = _machine_level(op, found)
    return []


def _only_formats(op: GenericOp) -> bool:
    """Whether the host gives or takes numbers in another form."""
    return only_moves(op) or only_casts(op) or flips_sign(op)


def _only_widens(op: GenericOp) -> bool:
    """Whether the body gives its only input, of bf16, as f32: it is stored as bf16 nevertheless."""
    return only_casts(op) and element_type_of(op.inputs[0]) == bf16 and is_elementwise(op)


def _only_quantizes(op: GenericOp) -> bool:
    """Whether the body rounds its first input to int8, and computes nothing else."""
    last = op.body.block.last_op
    if not isinstance(last, YieldOp) or op.reduction_dims:
        return False
    found = match_quantize(last.value)
    return found is not None and found.x is op.body.block.args[0]


def _replace(op: Operation, parts: Sequence[Operation]) -> None:
    """The parts of an op stand in its place; the last one has its result."""
    parts[-1].results[0].name_hint = op.results[0].name_hint
    Rewriter.replace_op(op, parts)


def _keep_on_host(op: Operation, found: Partition, reason: str) -> None:
    found.reasons[op] = reason
    op.attributes[HOST] = StringAttr(reason)
    found.level[op] = _host_level(op, found)


def _parts_before(op: Operation, found: Partition) -> list[Operation]:
    """Ops of the machine that have written the other parts of the tensor, in order."""
    parts: list[Operation] = []
    while isinstance(op, GenericOp) and op.outs.owner in found.plans:
        assert isinstance(op.outs.owner, Operation)
        op = op.outs.owner
        parts.insert(0, op)
    return parts


def _require_one_program(op: Operation, found: Partition) -> None:
    before = _parts_before(op, found)
    if before and found.level[before[-1]] != _machine_level(op, found):
        raise Unsupported("another part of the tensor is written by an earlier program")


def _plan(op: Operation, planner: Planner, found: Partition) -> tuple[Plan | GatherPlan, Layout]:
    if isinstance(op, GenericOp):
        plan = planner.plan(op)
        if not overwrites_outs(op) and not _fills(op) and op.results[0] not in found.whole:
            raise Unsupported("it writes a part of a tensor")
        before = planner.planned.get(op.outs)
        if before is None and isinstance(op.outs.owner, GenericOp):
            raise Unsupported("another part of the tensor is written by the host")
        if before is not None and before.lane != plan.out_lane:
            raise Unsupported("parts of a tensor on different lanes")
        return plan, Layout(plan.out_lane)
    if isinstance(op, GatherOp):
        return _plan_gather(op, planner)
    raise Unsupported(f"the machine has nothing like '{op.name}'")


def _parts(block: Block) -> dict[SSAValue, SSAValue]:
    """Chains of ops that each write a part of one tensor, and all of it together."""
    whole: dict[SSAValue, SSAValue] = {}
    for op in block.ops:
        if not isinstance(op, GenericOp) or op.result is None or overwrites_outs(op):
            continue
        if any(isinstance(u.operation, GenericOp) and u.index == len(u.operation.inputs)
               for u in op.result.uses):  # fmt: skip
            continue  # not the last part
        chain = _chain(op)
        if sum(_points(part) for part in chain) == prod(shape_of(op.outs)):
            whole |= {part.results[0]: op.result for part in chain}
    return whole


def _chain(last: GenericOp) -> list[GenericOp]:
    """The ops that wrote the parts before, as long as nobody else reads them."""
    chain = [last]
    while isinstance(owner := chain[-1].outs.owner, GenericOp):
        if chain[-1].outs.get_unique_use() is None or overwrites_outs(owner):
            break
        chain.append(owner)
    return chain


def _points(op: GenericOp) -> int:
    extents = op.static_extents()
    return prod(extents[d] for d in op.parallel_dims)


def _fills(op: GenericOp) -> bool:
    """Whether linear forms with several iterators cover the whole result."""
    started = op.init is not None or not op.reduction_dims
    return started and _points(op) == prod(shape_of(op.outs))


def _plan_gather(op: GatherOp, planner: Planner) -> tuple[GatherPlan, Layout]:
    table, indices = op.input, op.indices
    if op.axis_number != 0 or len(shape_of(table)) != 2:
        raise Unsupported("a gather of other than rows of a matrix")
    if not planner.is_constant(table) or indices in planner.planned:
        raise Unsupported("a gather from a computed table, or at computed indices")
    if any(n < 1 for n in (*shape_of(table), *shape_of(indices))):
        raise Unsupported("the machine's programs have static sizes of at least 1")
    element = stored_type(op.results[0], planner.keeps_f32)
    plan = GatherPlan(op, HostTensor(table, Layout(1), element))
    return plan, Layout(len(shape_of(op.results[0])) - 1)


def _view(op: Operation, planned: Planned, cols: int) -> Stored | None:
    """The result as another view of the operand, where it is one."""
    if isinstance(op, ReshapeOp) and op.input in planned:
        return reshaped(planned[op.input], shape_of(op.result), cols)
    if isinstance(op, GenericOp) and (is_copy(op) or _only_widens(op)) and op.inputs[0] in planned:
        if op.padding is not None or not _writes_all_in_order(op):
            return None
        return copied(planned[op.inputs[0]], op.input_forms[0], shape_of(op.outs), cols)
    return None


def _writes_all_in_order(op: GenericOp) -> bool:
    """Whether the iterators are the result's dimensions."""
    plain = [form.plain_dim for form in op.out_forms]
    return overwrites_outs(op) and plain == [*range(len(op.kinds))]


def _host_level(op: Operation, found: Partition) -> int:
    """After every program whose results it reads."""
    return max([0, *(_after(o, found, host=True) for o in op.operands)])


def _machine_level(op: Operation, found: Partition) -> int:
    return max([0, *(_after(o, found, host=False) for o in op.operands)])


def _after(value: SSAValue, found: Partition, *, host: bool) -> int:
    """The first level at which a value can be read by the host, or by the machine."""
    owner = value.owner
    if not isinstance(owner, Operation) or owner not in found.level:
        return 0
    on_machine = owner in found.plans or owner in found.views
    return found.level[owner] + int(on_machine and host)


def host_needs(block: Block, found: Partition) -> set[SSAValue]:
    """Machine results that the host reads, or passes on to a later program.

    Views of what the host has are made by the host itself.
    """
    needed: set[SSAValue] = set()
    for op in reversed(list(block.ops)):
        if op in found.plans:
            needed.update(o for o in op.operands if _is_earlier(o, op, found))
        elif op not in found.views or any(r in needed for r in op.results):
            needed.update(op.operands)
    return needed


def _is_earlier(value: SSAValue, op: Operation, found: Partition) -> bool:
    """Whether a value comes from a program before that of an op."""
    owner = value.owner
    if not isinstance(owner, Operation) or not (owner in found.plans or owner in found.views):
        return False
    return found.level[owner] < found.level[op]
